//! Whether `depends_on` names roles and modules that are declared.
//!
//! Not here: circles (`graph::cycles`). Invariant: an entry that leads nowhere is an error,
//! unless why was said already.

use crate::code::Code;
use crate::declared::Declared;
use crate::dependency::Dependency;
use crate::diagnostic::{Diagnostic, nearest};
use crate::name::AddressPattern;

use super::imports::Place;
use super::namespace::Namespace;

/// Reports entries of `depends_on` that lead nowhere.
pub(super) fn undeclared(declared: &Declared, namespace: &Namespace<'_>) -> Vec<Diagnostic> {
    let mut said: Vec<Diagnostic> = Vec::new();
    for Dependency { on, span } in declared.roles.values().flat_map(|role| &role.depends_on) {
        if declared.roles.keys().any(|address| on.matches(address)) {
            continue;
        }
        let (place, label) = match on {
            AddressPattern::Block(block) => (namespace.place(block), &block.label),
            AddressPattern::Module(steps) => match steps.split_last() {
                Some((last, around)) => (namespace.module_place(around, last), last),
                None => continue,
            },
        };
        let Place::NoBlock(known) = place else { continue };
        let detail = format!("{on} is to be complete before, but the configuration does not declare it.");
        let problem =
            Diagnostic::error(Code::CFG007, "Dependency on something undeclared", detail).at(span.clone());
        said.push(match nearest(label, known) {
            Some(near) => problem.hint(format!("Did you mean \"{near}\"?")),
            None => problem,
        });
    }
    said
}
