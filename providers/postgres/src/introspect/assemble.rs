//! Puts together what was read from the places of one server.
//!
//! Not here: reading (`shared`, `local`). Invariant: nothing is dropped or judged again.

use std::collections::{BTreeMap, BTreeSet};

use engine::catalog::{Catalog, Grants, Owner};
use engine::change::Place;
use engine::name::{DatabaseName, RoleName, SchemaPath};
use engine::object::Object;
use engine::observed::{
    Dependent, Everybody, GrantOptions, Identity, Lapses, LeftAlone, Observed, Obstacle, Owned,
};
use engine::provider::Possessions;

use super::local::Local;
use super::shared::Shared;

/// What is told of every place, put together.
#[derive(Default)]
struct Places {
    owned: BTreeMap<RoleName, Vec<Owned>>,
    dependent_objects: BTreeMap<RoleName, Vec<Owned>>,
    dependents: Vec<Dependent>,
    obstacles: Vec<Obstacle>,
    grant_options: BTreeMap<Place, GrantOptions>,
    lapses: BTreeMap<Place, Lapses>,
    everybody: Everybody,
    made_for_public: BTreeMap<Place, BTreeMap<Object, u64>>,
    left_alone: LeftAlone,
    serial: BTreeMap<DatabaseName, BTreeMap<Object, Vec<Object>>>,
    owners: BTreeMap<SchemaPath, Owner>,
    of_database_owner: BTreeMap<DatabaseName, BTreeSet<Object>>,
    may_create_in: BTreeSet<DatabaseName>,
    barred: BTreeSet<SchemaPath>,
    grants: BTreeMap<DatabaseName, Grants>,
}

impl Places {
    fn add(&mut self, database: DatabaseName, local: Local) {
        pile(&mut self.owned, local.owned);
        pile(&mut self.dependent_objects, local.dependent_objects);
        self.dependents.extend(local.dependents);
        self.obstacles.extend(local.obstacles);
        self.grant_options.insert(Place::Database(database.clone()), local.grant_options);
        self.lapses.insert(Place::Database(database.clone()), local.lapses);
        self.everybody.insert(Place::Database(database.clone()), local.everybody);
        self.made_for_public.insert(Place::Database(database.clone()), local.made_for_public);
        self.left_alone.roles += local.left_alone.roles;
        self.left_alone.entries += local.left_alone.entries;
        self.left_alone.external_entries += local.left_alone.external_entries;
        if !local.serial.is_empty() {
            self.serial.insert(database.clone(), local.serial);
        }
        self.owners.extend(local.schemas.owners);
        self.of_database_owner.insert(database.clone(), local.of_database_owner);
        self.may_create_in.extend(local.schemas.may_create.then(|| database.clone()));
        let path = |schema| SchemaPath { database: database.clone(), schema };
        self.barred.extend(local.barred.into_iter().map(path));
        self.grants.insert(database, local.grants);
    }

    /// The same in order, without what is empty.
    fn settled(mut self) -> Places {
        self.owned.values_mut().for_each(|all| all.sort());
        self.dependents.sort();
        self.obstacles.sort();
        self.grant_options.retain(|_, options| !options.is_empty());
        self.lapses.retain(|_, lapses| !lapses.is_empty());
        self.everybody.retain(|_, held| !held.is_empty());
        self.of_database_owner.retain(|_, objects| !objects.is_empty());
        self
    }
}

fn pile(piles: &mut BTreeMap<RoleName, Vec<Owned>>, more: Vec<(RoleName, Owned)>) {
    for (owner, what) in more {
        piles.entry(owner).or_default().push(what);
    }
}

/// One observation of a whole server.
pub fn assemble(
    (identity, room): (Identity, Option<u64>),
    mut shared: Shared,
    locals: BTreeMap<DatabaseName, Local>,
) -> Observed {
    let unseen = unseen(&shared);
    let mut places = Places {
        dependents: std::mem::take(&mut shared.dependents),
        obstacles: std::mem::take(&mut shared.obstacles),
        grant_options: BTreeMap::from([(Place::Shared, std::mem::take(&mut shared.grant_options))]),
        lapses: BTreeMap::from([(Place::Shared, std::mem::take(&mut shared.lapses))]),
        everybody: BTreeMap::from([(Place::Shared, std::mem::take(&mut shared.everybody))]),
        made_for_public: BTreeMap::from([(Place::Shared, std::mem::take(&mut shared.made_for_public))]),
        left_alone: std::mem::take(&mut shared.left_alone),
        ..Places::default()
    };
    pile(&mut places.owned, std::mem::take(&mut shared.owned));
    locals.into_iter().for_each(|(database, local)| places.add(database, local));
    let places = places.settled();
    Observed {
        identity,
        unseen,
        parameters: shared.parameters,
        catalog: Catalog {
            roles: shared.roles,
            memberships: shared.memberships,
            owners: places.owners,
            shared: shared.grants,
            databases: places.grants,
        },
        admin: shared.admin,
        roles: shared.all_roles,
        md5: shared.md5,
        databases: shared.databases,
        serial: places.serial,
        owned: places.owned,
        closed: shared.closed,
        dependent_objects: places.dependent_objects,
        members: shared.members,
        granted: shared.granted,
        sessions: shared.sessions,
        dependents: places.dependents,
        obstacles: places.obstacles,
        grant_options: places.grant_options,
        lapses: places.lapses,
        of_database_owner: places.of_database_owner,
        may_create_in: places.may_create_in,
        barred: places.barred,
        room,
        everybody: places.everybody,
        made_for_public: places.made_for_public,
        left_alone: places.left_alone,
        coming: BTreeMap::new(),
        former: BTreeMap::new(),
    }
}

/// Databases in which roles in scope hold something, and that let nobody in.
fn unseen(shared: &Shared) -> BTreeSet<DatabaseName> {
    let closed =
        |name: &&DatabaseName| shared.databases.get(*name).is_some_and(|fact| !fact.accepts_connections);
    shared.elsewhere.iter().filter(closed).cloned().collect()
}

/// The catalog alone, of one transaction in one database; `shared` when it looks at that too.
pub fn catalog(database: DatabaseName, local: Local, shared: Option<Shared>) -> Catalog {
    let databases = BTreeMap::from([(database, local.grants)]);
    let own = Catalog { databases, owners: local.schemas.owners, ..Catalog::default() };
    match shared {
        None => own,
        Some(shared) => {
            Catalog { roles: shared.roles, memberships: shared.memberships, shared: shared.grants, ..own }
        }
    }
}

/// What roles leave behind, of one transaction; with `shared` also what the server shares.
pub fn possessions(local: Local, shared: Option<Shared>) -> Possessions {
    let (owned, elsewhere) = shared.map_or_else(Default::default, |shared| (shared.owned, shared.elsewhere));
    let mut possessions = Possessions { elsewhere, ..Possessions::default() };
    pile(&mut possessions.owned, local.owned);
    pile(&mut possessions.owned, owned);
    possessions
}
