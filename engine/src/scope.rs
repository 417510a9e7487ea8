//! Which names a run may look at and change on one server.
//!
//! From the configuration, the state and the command line's choice; the server has not been
//! asked yet. Not here: what is found in scope (`observed`). Invariant: a role is in scope
//! exactly if the run's choice includes its block, declared or remembered.

use std::collections::BTreeSet;

use crate::acl::Grantee;
use crate::change::Place;
use crate::declared::{
    Declared, DeclaredPublic, DeclaredResource, DeclaredRole, GrantBlock, Implied, Mark, Patterns, RoleKind,
    Schemas, Selector,
};
use crate::name::{AddressPattern, BlockAddress, Name, RoleName};
use crate::object::ObjectKind;
use crate::observed::{PublicReach, Scope};
use crate::state::{RecordedResource, RecordedRole};

/// What of the configuration and the state takes part in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// `-target`: only these; empty means all.
    pub targets: BTreeSet<AddressPattern>,
    /// `-exclude`: none of these.
    pub excludes: BTreeSet<AddressPattern>,
}

impl Choice {
    /// Whether a block takes part.
    pub fn includes(&self, address: &BlockAddress) -> bool {
        let named = |set: &BTreeSet<AddressPattern>| set.iter().any(|pattern| pattern.matches(address));
        (self.targets.is_empty() || named(&self.targets)) && !named(&self.excludes)
    }
}

/// The declared roles of a server that take part.
pub fn declared_roles<'a>(
    declared: &'a Declared,
    resource: &'a DeclaredResource,
    choice: &'a Choice,
) -> impl Iterator<Item = &'a DeclaredRole> {
    declared.roles.values().filter(|role| role.resource == resource.name && choice.includes(&role.address))
}

/// The recorded roles of a server that take part and are not to be forgotten.
pub fn recorded_roles<'a>(
    declared: &'a Declared,
    recorded: Option<&'a RecordedResource>,
    choice: &'a Choice,
) -> impl Iterator<Item = (&'a RoleName, &'a RecordedRole)> {
    recorded
        .into_iter()
        .flat_map(|resource| &resource.roles)
        .filter(|(_, role)| choice.includes(&role.address) && !is_forgotten(declared, &role.address))
}

/// Whether a `removed` block says to leave the role in PostgreSQL.
pub fn is_forgotten(declared: &Declared, address: &BlockAddress) -> bool {
    declared.removed.iter().any(|removed| !removed.destroy && removed.from.matches(address))
}

/// The scope of a run on one server.
pub fn scope(
    declared: &Declared,
    resource: &DeclaredResource,
    recorded: Option<&RecordedResource>,
    choice: &Choice,
) -> Scope {
    let mut scope = Scope::default();
    let mut add = |name: &RoleName, kind: RoleKind| match kind {
        RoleKind::Managed => scope.managed.insert(name.clone()),
        RoleKind::External => scope.external.insert(name.clone()),
    };
    for role in declared_roles(declared, resource, choice) {
        add(&role.name, role.kind);
    }
    // What is no longer declared is dropped, which needs all that it holds: looked at whole.
    let declared_names: BTreeSet<&RoleName> =
        declared_roles(declared, resource, choice).map(|role| &role.name).collect();
    for (name, _) in recorded_roles(declared, recorded, choice) {
        if !declared_names.contains(name) {
            add(name, RoleKind::Managed);
        }
    }
    // A role that was external and is managed now is looked at whole.
    let managed = scope.managed.clone();
    scope.external.retain(|name| !managed.contains(name));
    for role in declared_roles(declared, resource, choice) {
        role.grants.iter().for_each(|grant| widen(&mut scope, grant));
        scope.databases.extend(role.settings.keys().filter_map(|(database, _)| database.clone()));
    }
    for public in publics(declared, resource, choice) {
        for grant in &public.grants {
            widen(&mut scope, grant);
            let places = [Some(Place::Shared), grant.database.clone().map(Place::Database)];
            let unresolved = |place| (place, PublicReach::Unresolved);
            scope.public.extend(places.into_iter().flatten().map(unresolved));
        }
    }
    if choice.targets.is_empty() {
        given_to_public(&mut scope, recorded);
    }
    scope
}

/// The name that a pattern without open signs is.
pub(crate) fn exact_name(pattern: &str) -> Option<Name> {
    let characters = Patterns::marks(pattern).map(|mark| match mark {
        Mark::Character(character) => Some(character),
        Mark::Many | Mark::One => None,
    });
    Name::new(&characters.collect::<Option<String>>()?).ok()
}

/// The `public` blocks of a server. They belong to the whole of a configuration, not to chosen roles.
pub fn publics<'a>(
    declared: &'a Declared,
    resource: &'a DeclaredResource,
    choice: &'a Choice,
) -> impl Iterator<Item = &'a DeclaredPublic> {
    let whole = choice.targets.is_empty();
    declared.publics.iter().filter(move |public| whole && public.resource == resource.name)
}

/// What was given to PUBLIC beyond what it has built in is looked at, whether it is still
/// declared or not.
fn given_to_public(scope: &mut Scope, recorded: Option<&RecordedResource>) {
    let Some(recorded) = recorded else { return };
    for (place, grants) in recorded.catalog.places() {
        let given = grants.objects().iter().filter(|(object, held)| {
            let held = grants.acl(held.acl).privileges_of(&Grantee::Public);
            !held.minus(object.public_default()).is_empty()
        });
        let kinds: BTreeSet<ObjectKind> = given.map(|(object, _)| object.kind()).collect();
        if kinds.is_empty() {
            continue;
        }
        scope.kinds.extend(kinds);
        if let Place::Database(database) = &place {
            scope.databases.insert(database.clone());
        }
        scope.public.insert(place, PublicReach::Unresolved);
    }
}

fn widen(scope: &mut Scope, grant: &GrantBlock) {
    scope.databases.extend(grant.database.clone());
    scope.kinds.extend([ObjectKind::Database, ObjectKind::Schema]);
    match &grant.selector {
        Selector::Database | Selector::Schemas(_) => {}
        Selector::InSchemas { kind, .. } => {
            scope.kinds.insert(*kind);
            if *kind == ObjectKind::Table && grant.implied == Implied::Everything {
                scope.kinds.insert(ObjectKind::Sequence);
            }
        }
        Selector::Columns { schemas, tables, .. } => {
            scope.kinds.insert(ObjectKind::Table);
            if let (Some(database), Schemas::These(schemas)) = (&grant.database, schemas) {
                for schema in schemas {
                    let names = tables.include.iter().filter_map(|pattern| exact_name(pattern));
                    scope.columns.extend(names.map(|name| (database.clone(), schema.clone(), name)));
                }
            }
        }
        Selector::Named { kind, .. } => {
            scope.kinds.insert(*kind);
        }
        Selector::LargeObjects(_) => {
            scope.kinds.insert(ObjectKind::LargeObject);
        }
    }
}
