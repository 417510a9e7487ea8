//! Like grants of one role together, as `grant` blocks.
//!
//! Names are listed exactly; only where a role holds the same on all that a schema has (and it
//! has more than one) stands `*`, which then also covers what comes later. Not here: the short
//! form (`short`), what need not be written (`implied`). Invariant: the blocks together select
//! exactly the facts.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Place;
use crate::declared::{Implied, Patterns};
use crate::generate::body::{Body, Item, Value};
use crate::generate::facts::{GrantOption, Manner};
use crate::generate::implied::Settled;
use crate::generate::short::{self, Short};
use crate::name::{DatabaseName, RoleName, SchemaName};
use crate::object::{Object, ObjectKind};
use crate::observed::Observed;
use crate::privilege::PrivilegeSet;

/// The grants of one role.
#[derive(Default)]
pub(super) struct Blocks {
    /// The short form, when something fits it.
    pub(super) short: Option<Short>,
    /// `grant` blocks.
    pub(super) grants: Vec<Body>,
}

/// What grants must have in common to be written together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Where; `None` for what the server shares without a database.
    pub(super) database: Option<DatabaseName>,
    /// On what.
    pub(super) kind: ObjectKind,
    /// Which.
    pub(super) privileges: PrivilegeSet,
    /// How.
    pub(super) manner: Manner,
}

/// Which objects of a schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Names {
    /// All that there are.
    All,
    /// These, as patterns; none where only default privileges are meant.
    These(BTreeSet<String>),
}

/// What is selected in some schemas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Selection {
    /// Which objects.
    pub(super) names: Names,
    /// Columns, for column grants.
    pub(super) columns: BTreeSet<String>,
    /// Whose future objects too.
    pub(super) creators: BTreeSet<RoleName>,
}

impl Selection {
    fn these(names: BTreeSet<String>, columns: BTreeSet<String>) -> Selection {
        Selection { names: Names::These(names), columns, creators: BTreeSet::new() }
    }

    /// Nothing that there is, but what these make.
    fn future(creators: BTreeSet<RoleName>) -> Selection {
        Selection { creators, ..Selection::these(BTreeSet::new(), BTreeSet::new()) }
    }
}

/// Where a selection looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// In every schema of the database.
    Everywhere,
    /// In these.
    In(BTreeSet<SchemaName>),
}

/// What is selected, and where.
pub(super) type Selections = Vec<(Selection, Where)>;

/// Like grants, before they are selections.
#[derive(Default)]
struct Like {
    /// Names of what lives in no schema.
    names: BTreeSet<String>,
    /// Names per schema; for schemas themselves none.
    inside: BTreeMap<SchemaName, BTreeSet<String>>,
    /// Columns per relation.
    columns: BTreeMap<(SchemaName, String), BTreeSet<String>>,
    /// Creators per schema (`None`: everywhere) of default privileges.
    creators: BTreeMap<Option<SchemaName>, BTreeSet<RoleName>>,
}

/// How many objects of each kind a schema has, by owner.
pub(super) struct Objects<'a>(
    BTreeMap<(&'a DatabaseName, ObjectKind, &'a SchemaName), BTreeMap<&'a RoleName, usize>>,
);

impl<'a> Objects<'a> {
    /// Counts.
    pub(super) fn of(observed: &'a Observed) -> Objects<'a> {
        let mut counts: BTreeMap<_, BTreeMap<&RoleName, usize>> = BTreeMap::new();
        for (database, grants) in &observed.catalog.databases {
            for (object, held) in grants.objects() {
                let schema = object.schema().filter(|schema| !schema.is_system());
                if let (Some(schema), false) = (schema, matches!(object, Object::Default(_))) {
                    let owners = counts.entry((database, object.kind(), schema)).or_default();
                    *owners.entry(&held.owner).or_default() += 1;
                }
            }
        }
        Objects(counts)
    }

    /// The schemas of a database, but for the system's.
    pub(super) fn schemas(&self, database: &DatabaseName) -> BTreeSet<&'a SchemaName> {
        let kinds =
            self.0.keys().filter(|(place, kind, _)| *place == database && *kind == ObjectKind::Schema);
        kinds.map(|(.., schema)| *schema).collect()
    }

    /// How many objects of a kind a schema has that do not belong to a role: it needs no grants
    /// on its own.
    pub(super) fn count(&self, key: &Key, schema: &SchemaName, role: &RoleName) -> usize {
        let Some(database) = &key.database else { return 0 };
        let owners = self.0.get(&(database, key.kind, schema));
        owners.into_iter().flatten().filter(|(owner, _)| **owner != role).map(|(_, count)| count).sum()
    }
}

/// Writes what a role holds as blocks.
pub(super) fn blocks(
    observed: &Observed,
    objects: &Objects<'_>,
    role: &RoleName,
    settled: &Settled<'_>,
) -> Blocks {
    let mut blocks = Blocks::default();
    let mut likes: BTreeMap<Key, Like> = BTreeMap::new();
    for (place, held) in &settled.held {
        for (object, manners) in held {
            for (manner, privileges) in manners {
                let database = match (place, object) {
                    (_, Object::Database(name)) => Some(name.clone()),
                    (Place::Database(name), _) => Some(name.clone()),
                    (Place::Shared, _) => None,
                };
                let key =
                    Key { database, kind: object.kind(), privileges: *privileges, manner: manner.clone() };
                put(likes.entry(key).or_default(), object);
            }
        }
    }
    let mut chosen: BTreeMap<Key, Selections> = BTreeMap::new();
    for (key, like) in likes {
        match key.kind {
            ObjectKind::Database
            | ObjectKind::Language
            | ObjectKind::ForeignDataWrapper
            | ObjectKind::ForeignServer
            | ObjectKind::LargeObject
            | ObjectKind::Tablespace
            | ObjectKind::Parameter => blocks.grants.extend(plain(observed, &key, &like, settled.implied)),
            ObjectKind::Schema
            | ObjectKind::Table
            | ObjectKind::Column
            | ObjectKind::Sequence
            | ObjectKind::Routine
            | ObjectKind::Type => {
                let selections = selections(like, |schema, names| {
                    names.len() > 1 && objects.count(&key, schema, role) == names.len()
                });
                chosen.insert(key, selections);
            }
        }
    }
    blocks.short = short::take(&mut chosen, objects, (role, settled.implied));
    for (key, selections) in &chosen {
        let of_key = selections.iter().map(|selection| inside(observed, key, selection, settled.implied));
        blocks.grants.extend(of_key);
    }
    blocks
}

fn put(like: &mut Like, object: &Object) {
    match object {
        Object::Database(_) => {}
        Object::Schema(schema) => drop(like.inside.entry(schema.clone()).or_default()),
        Object::Table(schema, name) | Object::Sequence(schema, name) | Object::Type(schema, name) => {
            like.inside.entry(schema.clone()).or_default().insert(Patterns::exact(name.as_str()));
        }
        Object::Routine(schema, name, arguments) => {
            let pattern = Patterns::exact(&format!("{name}({arguments})"));
            like.inside.entry(schema.clone()).or_default().insert(pattern);
        }
        Object::Column(schema, relation, column) => {
            let relation = (schema.clone(), Patterns::exact(relation.as_str()));
            like.columns.entry(relation).or_default().insert(column.as_str().to_owned());
        }
        Object::Tablespace(name)
        | Object::Parameter(name)
        | Object::Language(name)
        | Object::ForeignDataWrapper(name)
        | Object::ForeignServer(name) => drop(like.names.insert(Patterns::exact(name.as_str()))),
        Object::LargeObject(oid) => drop(like.names.insert(oid.to_string())),
        Object::Default(default) => {
            like.creators.entry(default.schema.clone()).or_default().insert(default.creator.clone());
        }
    }
}

/// Schemas in which the same is selected, together.
fn selections(like: Like, whole: impl Fn(&SchemaName, &BTreeSet<String>) -> bool) -> Selections {
    let Like { inside, columns, mut creators, names: _ } = like;
    let nobody = creators.remove(&None).map(|creators| (Selection::future(creators), Where::Everywhere));
    let mut found: BTreeMap<Selection, BTreeSet<SchemaName>> = BTreeMap::new();
    let mut add = |selection, schema| found.entry(selection).or_default().extend([schema]);
    for (schema, names) in inside {
        if whole(&schema, &names) {
            let creators = creators.remove(&Some(schema.clone())).unwrap_or_default();
            add(Selection { names: Names::All, columns: BTreeSet::new(), creators }, schema);
        } else {
            add(Selection::these(names, BTreeSet::new()), schema);
        }
    }
    let mut by_columns: BTreeMap<(SchemaName, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for ((schema, relation), columns) in columns {
        by_columns.entry((schema, columns)).or_default().insert(relation);
    }
    for ((schema, columns), relations) in by_columns {
        add(Selection::these(relations, columns), schema);
    }
    for (schema, creators) in creators {
        schema.into_iter().for_each(|schema| add(Selection::future(creators.clone()), schema));
    }
    let found = found.into_iter().map(|(selection, schemas)| (selection, Where::In(schemas)));
    found.chain(nobody).collect()
}

/// Blocks about what lives in no schema: what there is, and what is to come.
fn plain(observed: &Observed, key: &Key, like: &Like, implied: Implied) -> Vec<Body> {
    let block = |names: &BTreeSet<String>, creators: &BTreeSet<RoleName>| {
        let mut body = Body::default();
        if let Some(database) = &key.database {
            body.argument("database", Value::text(database.as_str()));
        }
        if let Some(word) = argument(key.kind) {
            let number = key.kind == ObjectKind::LargeObject;
            let value = |name: &String| if number { Value::Code(name.clone()) } else { Value::text(name) };
            body.argument(word, Value::List(names.iter().map(value).collect()));
        }
        manner(observed, key, &mut body);
        future(&mut body, creators, (names.is_empty(), implied));
        body
    };
    let (nothing, nobody) = (BTreeSet::new(), BTreeSet::new());
    let to_come = like.creators.values().map(|creators| block(&nothing, creators));
    // A database has no name beside its own.
    let is_there = !like.names.is_empty() || key.kind == ObjectKind::Database;
    is_there.then(|| block(&like.names, &nobody)).into_iter().chain(to_come).collect()
}

/// Whose future objects too. A block that is about nothing else says that nothing comes along.
fn future(body: &mut Body, creators: &BTreeSet<RoleName>, (nothing_else, implied): (bool, Implied)) {
    if creators.is_empty() {
        return;
    }
    if nothing_else && implied != Implied::Nothing {
        body.argument("implied", Value::Code("false".to_owned()));
    }
    let mut future = Body::default();
    future.argument("creators", Value::List(creators.iter().map(Value::role).collect()));
    body.0.push(Item::Block("future", future));
}

/// A block about schemas or what lives in them.
fn inside(observed: &Observed, key: &Key, (selection, place): &(Selection, Where), implied: Implied) -> Body {
    let mut body = Body::default();
    if let Some(database) = &key.database {
        body.argument("database", Value::text(database.as_str()));
    }
    let only_future = selection.names == Names::These(BTreeSet::new()) && !selection.creators.is_empty();
    body.argument(
        "schemas",
        match place {
            // All that there are would be granted too.
            Where::Everywhere if key.kind == ObjectKind::Schema && only_future => Value::List(Vec::new()),
            Where::Everywhere => Value::texts(["*"]),
            Where::In(schemas) => Value::texts(schemas.iter().map(|schema| Patterns::exact(schema.as_str()))),
        },
    );
    if let Some(word) = argument(key.kind) {
        body.argument(
            word,
            match &selection.names {
                Names::All => Value::texts(["*"]),
                Names::These(names) => Value::texts(names),
            },
        );
    }
    if !selection.columns.is_empty() {
        body.argument("columns", Value::texts(&selection.columns));
    }
    manner(observed, key, &mut body);
    future(&mut body, &selection.creators, (only_future, implied));
    body
}

/// The argument that selects objects of a kind; none where database or schemas say it.
fn argument(kind: ObjectKind) -> Option<&'static str> {
    match kind {
        ObjectKind::Database | ObjectKind::Schema => None,
        ObjectKind::Table | ObjectKind::Column => Some("tables"),
        ObjectKind::Sequence => Some("sequences"),
        ObjectKind::Routine => Some("functions"),
        ObjectKind::Type => Some("types"),
        ObjectKind::Language => Some("languages"),
        ObjectKind::ForeignDataWrapper => Some("foreign_data_wrappers"),
        ObjectKind::ForeignServer => Some("foreign_servers"),
        ObjectKind::LargeObject => Some("large_objects"),
        ObjectKind::Tablespace => Some("tablespaces"),
        ObjectKind::Parameter => Some("parameters"),
    }
}

/// Privileges, grant option and grantor.
fn manner(observed: &Observed, key: &Key, body: &mut Body) {
    body.argument("privileges", words(key.kind, key.privileges, observed.identity.major()));
    if key.manner.option == GrantOption::With {
        body.argument("grant_option", Value::Code("true".to_owned()));
    }
    if let Some(grantor) = &key.manner.granted_by {
        if !observed.roles.contains_key(grantor) {
            body.0.push(Item::Comment(
                "granted by a role that is gone, of which only a number is left".to_owned(),
            ));
        }
        body.argument("granted_by", Value::role(grantor));
    }
}

/// Privileges as words; a long list that is all there are is `ALL`.
pub(super) fn words(kind: ObjectKind, privileges: PrivilegeSet, major: u32) -> Value {
    const LONG: usize = 5;
    if privileges.len() > LONG && privileges == kind.privileges(major) {
        return Value::texts(["ALL"]);
    }
    Value::texts(privileges.iter().map(|privilege| privilege.word()))
}
