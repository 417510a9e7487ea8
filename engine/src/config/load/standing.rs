//! What of a configuration binds an apply: settings, policies, and how servers are reached.
//!
//! Apply carries out a plan and needs no variables, so a server that depends on one that is not
//! there is left out: the plan tells how to reach it. Not here: roles. Invariant: a demand or a
//! policy that cannot be known is an error, never left out.

use super::open;
use super::space::SpaceId;
use super::{Loading, Sources};
use crate::code::Code;
use crate::config::inputs::Inputs;
use crate::config::parse::Chunk;
use crate::config::surroundings::Surroundings;
use crate::declared::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Reads what binds an apply; only that is filled in.
pub(crate) fn standing(
    sources: &Sources,
    inputs: &Inputs,
    surroundings: &Surroundings<'_>,
) -> (Option<Declared>, Diagnostics) {
    let mut loading = Loading::of(open(sources, inputs, surroundings));
    let root = SpaceId::ROOT;
    for chunk in loading.index(root, |index| &index.settings) {
        loading.settings(root, &chunk);
        loading.must_be_known(&chunk);
    }
    for (label, chunk) in loading.index(root, |index| &index.policies) {
        loading.policy(root, &label, &chunk);
        loading.must_be_known(&chunk);
    }
    for (label, chunk) in loading.index(root, |index| &index.servers) {
        loading.server(root, &label, &chunk);
        if std::mem::take(&mut loading.unknown) {
            loading.declared.resources.retain(|name, _| !name.is_of(&label));
        }
    }
    let Loading { mut namespace, declared, .. } = loading;
    let diagnostics = namespace.take_report();
    ((!diagnostics.has_errors()).then_some(declared), diagnostics)
}

impl Loading<'_> {
    fn must_be_known(&mut self, chunk: &Chunk) {
        if std::mem::take(&mut self.unknown) {
            let detail = "This block binds every apply, and it depends on a variable that has no value.";
            let said = Diagnostic::error(Code::CFG031, "No value for required variable", detail);
            let hint = "apply takes no variables: set ROLEFORM_VAR_ and its name in the environment, or write it into roleform.tfvars";
            self.namespace.report.hear(SpaceId::ROOT, [said.at(chunk.span()).hint(hint)]);
        }
    }
}
