//! Whether `import` blocks lead to roles that are declared, under the names they say.
//!
//! Not here: taking a role over (`resolve`). Invariant: an import that leads nowhere is an
//! error, unless why was said already.

use std::sync::Arc;

use crate::code::Code;
use crate::config::lower::moves::Import;
use crate::config::lower::reading::Read;
use crate::declared::Declared;
use crate::diagnostic::{Diagnostic, nearest};
use crate::name::BlockAddress;

use super::instances::Instance;
use super::namespace::Namespace;
use super::space::{Shape, SpaceId};

/// What an address leads to.
pub(super) enum Place<'n> {
    /// An instance of a role block.
    Here(&'n Instance),
    /// There is no such block; the labels of its kind.
    NoBlock(Vec<&'n str>),
    /// The block has other instances.
    NoInstance,
    /// Something is wrong or not known, which others say.
    Unknown,
}

/// Takes the imports into the declaration; reports those that lead nowhere.
pub(super) fn settle(
    imports: Vec<Import>,
    declared: &mut Declared,
    namespace: &Namespace<'_>,
) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for import in imports {
        let problem = wrong(&import, declared, namespace);
        let twice = !declared.imports.insert(import.to.clone());
        said.extend(problem.or_else(|| {
            let detail = format!("{} is imported twice.", import.to);
            twice.then(|| Diagnostic::error(Code::CFG005, "Duplicate import", detail).at(import.span))
        }));
    }
    said
}

fn wrong(import: &Import, declared: &Declared, namespace: &Namespace<'_>) -> Option<Diagnostic> {
    let to = &import.to;
    let error = |summary: &str, detail: String| {
        Some(Diagnostic::error(Code::CFG007, summary, detail).at(import.span.clone()))
    };
    match namespace.place(to) {
        Place::Unknown => None,
        Place::Here(instance) => import.id.as_ref().and_then(|id| other_name(to, id, (instance, declared))),
        Place::NoInstance => {
            let detail = format!(
                "{to} is to be imported, but it is no instance of its block: an address has the key of for_each or count, like role.team[\"x\"], if the block has one."
            );
            error("Import of an undeclared instance", detail)
        }
        Place::NoBlock(known) => {
            let label = to.modules.first().map_or(to.label.as_ref(), |step| step.as_ref());
            let near = nearest(label, known);
            let detail = format!("{to} is to be imported, but the configuration does not declare it.");
            let said = error("Import of an undeclared role", detail)?;
            Some(match near {
                Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
                None => said,
            })
        }
    }
}

/// The block says another name than the role has.
fn other_name(
    to: &BlockAddress,
    id: &Read<String>,
    (instance, declared): (&Instance, &Declared),
) -> Option<Diagnostic> {
    let name = instance.name.as_ref()?;
    let resource = declared.roles.get(to).map(|role| role.resource.to_string()).unwrap_or_default();
    let same = id.value.as_str() == name.as_ref() || id.value == format!("{resource}/{name}");
    (!same).then(|| {
        let detail = format!(
            "The import says {:?}, and {to} is the role {name:?} in PostgreSQL: roles are known by their names.",
            id.value
        );
        Diagnostic::error(Code::CFG057, "Import of another role", detail).at(id.span.clone())
    })
}

impl Namespace<'_> {
    /// What the address of a role leads to.
    pub(super) fn place(&self, address: &BlockAddress) -> Place<'_> {
        let space = match self.inside(&address.modules) {
            Ok(space) => space,
            Err(place) => return place,
        };
        let here = &self.spaces[space];
        let labels = &here.directory.index.roles;
        if !labels.contains_key(&address.label) {
            return Place::NoBlock(labels.keys().map(AsRef::as_ref).collect());
        }
        let Some(Some(head)) = here.heads.get(&address.label) else { return Place::Unknown };
        if head.value.is_unknown() {
            return Place::Unknown;
        }
        match head.instances.iter().find(|instance| instance.each.key() == address.key) {
            Some(instance) => Place::Here(instance),
            None => Place::NoInstance,
        }
    }

    /// What the address of a module leads to: not to a role, in any case.
    pub(super) fn module_place(&self, around: &[Arc<str>], last: &str) -> Place<'_> {
        let space = match self.inside(around) {
            Ok(space) => space,
            Err(place) => return place,
        };
        let labels = &self.spaces[space].directory.index.modules;
        match labels.contains_key(label(last)) {
            true => Place::Unknown,
            false => Place::NoBlock(labels.keys().map(AsRef::as_ref).collect()),
        }
    }

    /// The module instance that steps lead to, or where they end.
    fn inside(&self, steps: &[Arc<str>]) -> Result<SpaceId, Place<'_>> {
        let mut space = SpaceId::ROOT;
        for step in steps {
            let here = &self.spaces[space];
            let labels = &here.directory.index.modules;
            if !labels.contains_key(label(step)) {
                return Err(Place::NoBlock(labels.keys().map(AsRef::as_ref).collect()));
            }
            let Some(Some(instances)) = here.calls.get(label(step)) else { return Err(Place::Unknown) };
            if instances.shape == Shape::Unknown {
                return Err(Place::Unknown);
            }
            let found = instances.spaces.iter().find(|(each, _)| each.step(label(step)) == *step);
            let Some((_, inner)) = found else { return Err(Place::NoInstance) };
            space = *inner;
        }
        Ok(space)
    }
}

/// The label in a step of a module's address.
fn label(step: &str) -> &str {
    step.split('[').next().unwrap_or_default()
}
