//! Reads all files of a configuration and its modules: names first, then every block.
//!
//! Not here: what single blocks mean (`lower`). Invariant: every file and every block is
//! looked at, whatever is wrong with the others; a role's syntax tree lives only while
//! the role is lowered.

mod blocks;
mod calls;
mod constants;
mod constraint;
mod depended;
mod directory;
mod given;
mod imports;
pub(crate) mod index;
mod instances;
pub(crate) mod namespace;
mod report;
pub(crate) mod scope;
pub(crate) mod space;
mod standing;
mod values;
mod variable;
mod whole;

use super::inputs::Inputs;
use super::sources::{ROOT, Sources};
use super::surroundings::Surroundings;
use crate::declared::Declared;
use crate::diagnostic::Diagnostics;

use blocks::Loading;
use constants::Constants;
use directory::directories;
use namespace::Namespace;
use report::Report;
use space::{Space, SpaceId, Spaces};
pub(crate) use standing::standing;

/// Reads a configuration.
pub(crate) fn load(
    sources: &Sources,
    inputs: &Inputs,
    surroundings: &Surroundings<'_>,
) -> (Option<Declared>, Diagnostics) {
    let namespace = open(sources, inputs, surroundings);
    let mut loading = Loading::of(namespace);
    loading.run();
    let Loading { mut namespace, mut declared, imports, unknown, .. } = loading;
    let said = imports::settle(imports, &mut declared, &namespace);
    namespace.report.hear(SpaceId::ROOT, said);
    let said = depended::undeclared(&declared, &namespace);
    namespace.report.hear(SpaceId::ROOT, said);
    namespace.report.hear(SpaceId::ROOT, whole::check(&declared));
    let diagnostics = namespace.take_report();
    let complete = !unknown && !diagnostics.has_errors();
    (complete.then_some(declared), diagnostics)
}

/// Reads what has a name: variables, local values and modules are settled, roles on demand.
pub(crate) fn open<'a>(
    sources: &Sources,
    inputs: &Inputs,
    surroundings: &'a Surroundings<'a>,
) -> Namespace<'a> {
    let mut said = Diagnostics::default();
    let constants = Constants { surroundings };
    let directories = directories(sources, &constants, &mut said);
    let mut spaces = Spaces::default();
    if let Some(directory) = directories.get(ROOT) {
        let mut root = Space::root(std::sync::Arc::clone(directory));
        root.variables = variable::values(&directory.variables, inputs, &constants, &mut said);
        spaces.add(root);
    }
    let mut namespace = Namespace { surroundings, directories, spaces, report: Report::default() };
    namespace.report.hear(SpaceId::ROOT, said);
    namespace.settle_space(SpaceId::ROOT);
    namespace
}
