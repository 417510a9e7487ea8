//! Puts together what was read from the places of one server.
//!
//! Not here: reading (`shared`, `local`). Invariant: nothing is dropped or judged again.

use std::collections::BTreeMap;

use engine::catalog::Catalog;
use engine::change::Place;
use engine::name::{DatabaseName, RoleName};
use engine::observed::{Identity, LeftAlone, Observed, Owned};
use engine::provider::Possessions;

use super::local::Local;
use super::shared::Shared;

/// One observation of a whole server.
pub fn assemble(
    (identity, room): (Identity, Option<u64>),
    shared: Shared,
    locals: BTreeMap<DatabaseName, Local>,
) -> Observed {
    let mut owned: BTreeMap<RoleName, Vec<Owned>> = BTreeMap::new();
    let mut dependent_objects: BTreeMap<RoleName, Vec<Owned>> = BTreeMap::new();
    let mut dependents = shared.dependents;
    let mut obstacles = shared.obstacles;
    let mut grant_options = BTreeMap::from([(Place::Shared, shared.grant_options)]);
    let mut everybody = BTreeMap::from([(Place::Shared, shared.everybody)]);
    let mut left_alone = shared.left_alone;
    let mut serial = BTreeMap::new();
    let mut databases = BTreeMap::new();
    for (owner, what) in shared.owned {
        owned.entry(owner).or_default().push(what);
    }
    for (database, local) in locals {
        for (owner, what) in local.owned {
            owned.entry(owner).or_default().push(what);
        }
        for (owner, what) in local.dependent_objects {
            dependent_objects.entry(owner).or_default().push(what);
        }
        dependents.extend(local.dependents);
        obstacles.extend(local.obstacles);
        grant_options.insert(Place::Database(database.clone()), local.grant_options);
        everybody.insert(Place::Database(database.clone()), local.everybody);
        add(&mut left_alone, &local.left_alone);
        if !local.serial.is_empty() {
            serial.insert(database.clone(), local.serial);
        }
        databases.insert(database, local.grants);
    }
    owned.values_mut().for_each(|all| all.sort());
    dependents.sort();
    obstacles.sort();
    grant_options.retain(|_, options| !options.is_empty());
    everybody.retain(|_, held| !held.is_empty());
    let closed =
        |name: &&DatabaseName| shared.databases.get(*name).is_some_and(|fact| !fact.accepts_connections);
    let unseen = shared.elsewhere.iter().filter(closed).cloned().collect();
    Observed {
        identity,
        unseen,
        parameters: shared.parameters,
        catalog: Catalog {
            roles: shared.roles,
            memberships: shared.memberships,
            shared: shared.grants,
            databases,
        },
        admin: shared.admin,
        roles: shared.all_roles,
        md5: shared.md5,
        databases: shared.databases,
        serial,
        owned,
        closed: shared.closed,
        dependent_objects,
        members: shared.members,
        sessions: shared.sessions,
        dependents,
        obstacles,
        grant_options,
        room,
        everybody,
        left_alone,
    }
}

/// The catalog alone, of one transaction in one database; `shared` when it looks at that too.
pub fn catalog(database: DatabaseName, local: Local, shared: Option<Shared>) -> Catalog {
    let databases = BTreeMap::from([(database, local.grants)]);
    match shared {
        None => Catalog { databases, ..Catalog::default() },
        Some(shared) => {
            Catalog { roles: shared.roles, memberships: shared.memberships, shared: shared.grants, databases }
        }
    }
}

/// What roles leave behind, of one transaction; with `shared` also what the server shares.
pub fn possessions(local: Local, shared: Option<Shared>) -> Possessions {
    let mut possessions = Possessions::default();
    let (owned, elsewhere) = shared.map_or_else(Default::default, |shared| (shared.owned, shared.elsewhere));
    for (owner, what) in local.owned.into_iter().chain(owned) {
        possessions.owned.entry(owner).or_default().push(what);
    }
    Possessions { elsewhere, ..possessions }
}

fn add(sum: &mut LeftAlone, more: &LeftAlone) {
    sum.roles += more.roles;
    sum.entries += more.entries;
    sum.external_entries += more.external_entries;
}
