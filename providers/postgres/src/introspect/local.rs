//! What one database holds: ACLs of everything in it, default privileges, serial sequences,
//! possessions.
//!
//! Not here: what the whole server shares (`shared`). Invariant: all queries go out at
//! once, and none asks per object.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::try_join;
use tokio_postgres::Row;

use engine::catalog::Grants;
use engine::name::{DatabaseName, Name, RoleName, SchemaName};
use engine::object::{Object, ObjectKind};
use engine::observed::{Dependent, GrantOptions, Lapses, LeftAlone, Obstacle, Owned, OwnedKind, Scope};
use engine::privilege::PrivilegeSet;
use engine::public::PublicReach;

use super::collect::{Collector, Found};
use super::owners::Owners;
use super::{ReadError, Reader, Value, name, scope_roles, wants};

const WORK_MEMORY: &str = include_str!("queries/work_memory.sql");
const PLACE: &str = include_str!("queries/place.sql");
const SCHEMA: &str = include_str!("queries/schema.sql");
const RELATION: &str = include_str!("queries/relation.sql");
const COLUMN: &str = include_str!("queries/column.sql");
const ROUTINE: &str = include_str!("queries/routine.sql");
const TYPE_13: &str = include_str!("queries/type_13.sql");
const TYPE_14: &str = include_str!("queries/type_14.sql");
const LANGUAGE: &str = include_str!("queries/language.sql");
const FOREIGN_DATA_WRAPPER: &str = include_str!("queries/foreign_data_wrapper.sql");
const FOREIGN_SERVER: &str = include_str!("queries/foreign_server.sql");
const LARGE_OBJECT: &str = include_str!("queries/large_object.sql");
const DEFAULT_PRIVILEGES: &str = include_str!("queries/default_privileges.sql");
const SERIAL: &str = include_str!("queries/serial.sql");
const OWNED: &str = include_str!("queries/owned.sql");

/// In a list of names, all of them: no name is empty.
const ANY: &str = "";

/// What one database holds.
#[derive(Debug, Default)]
pub struct Local {
    /// Who holds what in it.
    pub grants: Grants,
    /// Whose its schemas in scope are.
    pub schemas: Owners,
    /// What in it belongs to `pg_database_owner`.
    pub of_database_owner: BTreeSet<Object>,
    /// What PUBLIC holds in it where it is not managed.
    pub everybody: BTreeMap<Object, PrivilegeSet>,
    /// How many entries somebody made for it where it is.
    pub made_for_public: BTreeMap<Object, u64>,
    /// Relation to the sequences that its columns own (`serial`, not identity).
    pub serial: BTreeMap<Object, Vec<Object>>,
    /// What roles in scope own in it.
    pub owned: Vec<(RoleName, Owned)>,
    /// Objects of others that depend on what roles own that shall be dropped.
    pub dependent_objects: Vec<(RoleName, Owned)>,
    /// Grants that stand on a grant option of a role in scope.
    pub dependents: Vec<Dependent>,
    /// What keeps grantors from revoking what they granted to roles in scope.
    pub obstacles: Vec<Obstacle>,
    /// Grant options of roles other than the owner.
    pub grant_options: GrantOptions,
    /// Grants to roles in scope whose grantors have lost the option for them.
    pub lapses: Lapses,
    /// Schemas in which the administrator cannot name anything, for want of USAGE.
    pub barred: BTreeSet<SchemaName>,
    /// Entries seen and left alone.
    pub left_alone: LeftAlone,
}

/// The rows of one database, as they came.
struct Rows {
    place: Vec<Row>,
    schemas: Vec<Row>,
    relations: Vec<Row>,
    columns: Vec<Row>,
    routines: Vec<Row>,
    types: Vec<Row>,
    languages: Vec<Row>,
    wrappers: Vec<Row>,
    servers: Vec<Row>,
    large_objects: Vec<Row>,
    defaults: Vec<Row>,
    serial: Vec<Row>,
    owned: Vec<Row>,
}

impl Reader<'_> {
    /// Reads the database that the client is connected to, whose name is `database`.
    pub async fn local(&self, database: &DatabaseName, scope: &Scope) -> Result<Local, ReadError> {
        // Boxed, since what is large here is a part of larger futures.
        let (rows, dependent_objects, temporary, schemas) = Box::pin(async {
            try_join!(
                self.local_rows(database, scope),
                self.dependent_objects(database, scope),
                self.temporary(database, scope),
                self.owners(database, scope)
            )
        })
        .await?;
        let mut local = Local { schemas, ..Local::default() };
        for row in &rows.place {
            let barred: Vec<&str> = row.try_get(1)?;
            local.barred =
                barred.into_iter().map(|text| name(text, SchemaName::new)).collect::<Result<_, _>>()?;
        }
        let mut collector = Collector::new(scope, Some(database));
        collector.asks_owners = !self.superuser;
        let found = interpret(&rows, collector)?;
        local.serial = serial(&rows.serial, &found.grants)?;
        (local.obstacles, local.lapses) =
            try_join!(self.obstacles(&found.place, &found.questions), self.lapses(found.lapses))?;
        local.owned = found.owned.list(Some(database)).chain(temporary).collect();
        local.dependent_objects = dependent_objects;
        local.grants = found.grants;
        if let Some(PublicReach::Objects(objects)) = scope.public.get(&found.place) {
            objects.with_built_in(&mut local.grants);
        }
        local.of_database_owner = found.of_database_owner;
        local.everybody = found.everybody;
        local.made_for_public = found.made_for_public;
        local.dependents = found.dependents;
        local.grant_options = found.grant_options;
        local.left_alone = found.left_alone;
        Ok(local)
    }

    async fn local_rows(&self, database: &DatabaseName, scope: &Scope) -> Result<Rows, ReadError> {
        let names = scope_roles(scope);
        let roles = || Value::Names(&names);
        let whole = |kind| Value::Flag(wants(scope, kind));
        let class = |kind| vec![whole(kind), roles()];
        let system = scope.system_schemas.iter().filter(|path| path.database == *database);
        let system: Vec<&str> = system.map(|path| path.schema.as_str()).collect();
        let system = || Value::Names(&system);
        let named_types: Vec<&str> = scope.types.iter().map(Name::as_str).collect();
        let public = Value::Flag(scope.has_public_in(database));
        let selected = || scope.columns.iter().filter(|named| named.database == *database);
        let in_schemas: Vec<&str> =
            selected().map(|named| named.schema.as_ref().map_or(ANY, SchemaName::as_str)).collect();
        let in_relations: Vec<&str> =
            selected().map(|named| named.relation.as_ref().map_or(ANY, Name::as_str)).collect();
        let columns: Vec<&str> = selected().map(|named| named.column.as_str()).collect();
        let columns = vec![Value::Names(&in_schemas), Value::Names(&in_relations), Value::Names(&columns)];
        let types = if self.major >= 14 { TYPE_14 } else { TYPE_13 };
        let (_, place, schemas, relations, columns, routines, types, languages, wrappers, rest) = try_join!(
            self.ask(WORK_MEMORY, vec![]),
            self.ask(PLACE, vec![]),
            self.ask(SCHEMA, vec![whole(ObjectKind::Schema), roles(), system()]),
            self.ask(
                RELATION,
                vec![whole(ObjectKind::Table), whole(ObjectKind::Sequence), roles(), system()]
            ),
            self.ask(COLUMN, columns),
            self.ask(ROUTINE, vec![whole(ObjectKind::Routine), roles(), public, system()]),
            self.ask(types, vec![whole(ObjectKind::Type), roles(), system(), Value::Names(&named_types)]),
            self.ask(LANGUAGE, class(ObjectKind::Language)),
            self.ask(FOREIGN_DATA_WRAPPER, class(ObjectKind::ForeignDataWrapper)),
            async {
                try_join!(
                    self.ask(FOREIGN_SERVER, class(ObjectKind::ForeignServer)),
                    self.ask(LARGE_OBJECT, class(ObjectKind::LargeObject)),
                    self.ask(DEFAULT_PRIVILEGES, vec![]),
                    self.ask(SERIAL, vec![whole(ObjectKind::Sequence)]),
                    self.ask(OWNED, vec![roles()]),
                )
            },
        )?;
        let (servers, large_objects, defaults, serial, owned) = rest;
        Ok(Rows {
            place,
            schemas,
            relations,
            columns,
            routines,
            types,
            languages,
            wrappers,
            servers,
            large_objects,
            defaults,
            serial,
            owned,
        })
    }
}

fn interpret<'a>(rows: &'a Rows, mut found: Collector<'a>) -> Result<Found, ReadError> {
    for row in &rows.place {
        found.database_owner = Some(row.try_get(0)?);
    }
    found.named(ObjectKind::Schema, &rows.schemas, |text| SchemaName::new(text).map(Object::Schema))?;
    found.named(ObjectKind::Language, &rows.languages, |text| Name::new(text).map(Object::Language))?;
    found.named(ObjectKind::ForeignDataWrapper, &rows.wrappers, |text| {
        Name::new(text).map(Object::ForeignDataWrapper)
    })?;
    found
        .named(ObjectKind::ForeignServer, &rows.servers, |text| Name::new(text).map(Object::ForeignServer))?;
    found.relations(&rows.relations)?;
    found.columns(&rows.columns)?;
    found.routines(&rows.routines)?;
    found.types(&rows.types)?;
    found.large_objects(&rows.large_objects)?;
    found.default_privileges(&rows.defaults)?;
    for row in &rows.owned {
        let owner = found.judge.role(row.try_get(0)?)?;
        // NULL when the thing went away between the query's snapshot and now.
        if let Some(description) = row.try_get::<_, Option<&str>>(1)? {
            let kind = if row.try_get(2)? { OwnedKind::Trace } else { OwnedKind::Object };
            found.found.owned.add(&owner, kind, || description.to_owned());
        }
    }
    Ok(found.finish())
}

/// Pairs relations with their sequences, where both are listed.
fn serial(rows: &[Row], grants: &Grants) -> Result<BTreeMap<Object, Vec<Object>>, ReadError> {
    let mut pairs = Vec::new();
    for row in rows {
        let relations: Option<Vec<u32>> = row.try_get(0)?;
        let sequences: Option<Vec<u32>> = row.try_get(1)?;
        pairs.extend(relations.unwrap_or_default().into_iter().zip(sequences.unwrap_or_default()));
    }
    let mut serial = BTreeMap::new();
    if pairs.is_empty() {
        return Ok(serial);
    }
    let relations = grants
        .objects()
        .iter()
        .filter(|(object, _)| matches!(object.kind(), ObjectKind::Table | ObjectKind::Sequence));
    let by_oid: HashMap<u32, &Object> = relations.map(|(object, held)| (held.oid, object)).collect();
    for (relation, sequence) in pairs {
        if let (Some(relation), Some(sequence)) = (by_oid.get(&relation), by_oid.get(&sequence)) {
            let sequences: &mut Vec<Object> = serial.entry((*relation).clone()).or_default();
            sequences.push((*sequence).clone());
        }
    }
    serial.values_mut().for_each(|sequences| sequences.sort());
    Ok(serial)
}
