//! What a selector finds among the objects that a server has.
//!
//! Not here: what is granted on it (`resolve::grants`). Invariant: system schemas are found
//! only when they are named; a name that finds nothing is an error, a glob a warning.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Place;
use crate::code::Code;
use crate::declared::{GrantBlock, LargeObjects, Patterns, Schemas, Selector};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::name::{Name, SchemaName, printable};
use crate::object::{Object, ObjectKind};
use crate::observed::Observed;
use crate::resolve::patterns::{Matcher, is_glob};
use crate::resolve::signature;
use crate::scope::exact_name;

/// The objects of one place, by kind and schema.
pub(super) struct Candidates<'a> {
    place: &'a Place,
    schemas: BTreeSet<&'a SchemaName>,
    by_kind: BTreeMap<ObjectKind, BTreeMap<Option<&'a SchemaName>, Vec<&'a Object>>>,
}

/// What a selector found.
#[derive(Default)]
pub(super) struct Found {
    /// The objects, in order.
    pub(super) objects: Vec<Object>,
    /// The schemas that it looks into.
    pub(super) schemas: BTreeSet<SchemaName>,
    /// Whether it is about every schema of the database.
    pub(super) everywhere: bool,
    /// Whether columns of sequences are among the objects.
    pub(super) has_sequences: bool,
}

/// The kind of object that a selector is about, which decides what ALL means.
pub(super) fn kind(selector: &Selector) -> ObjectKind {
    match selector {
        Selector::Database => ObjectKind::Database,
        Selector::Schemas(_) => ObjectKind::Schema,
        Selector::InSchemas { kind, .. } | Selector::Named { kind, .. } => *kind,
        Selector::Columns { .. } => ObjectKind::Column,
        Selector::LargeObjects(_) => ObjectKind::LargeObject,
    }
}

impl<'a> Candidates<'a> {
    /// Sorts the objects of a place.
    pub(super) fn of(observed: &'a Observed, place: &'a Place) -> Candidates<'a> {
        let grants = match place {
            Place::Shared => Some(&observed.catalog.shared),
            Place::Database(database) => observed.catalog.databases.get(database),
        };
        let mut candidates = Candidates { place, schemas: BTreeSet::new(), by_kind: BTreeMap::new() };
        for object in grants.into_iter().flat_map(|grants| grants.objects().keys()) {
            if !matches!(object, Object::Default(_)) {
                // System schemas are listed when they are named, else known by what somebody holds in them.
                candidates.schemas.extend(object.schema());
                let schemas = candidates.by_kind.entry(object.kind()).or_default();
                schemas.entry(object.schema()).or_default().push(object);
            }
        }
        candidates
    }

    fn in_schema<'s>(&'s self, kind: ObjectKind, schema: Option<&'s SchemaName>) -> &'s [&'a Object] {
        let Some(schemas) = self.by_kind.get(&kind) else { return &[] };
        schemas.get(&schema).map_or(&[], Vec::as_slice)
    }

    fn where_text(&self) -> String {
        match self.place {
            Place::Shared => "the server".to_owned(),
            Place::Database(database) => format!("database \"{}\"", printable(database.as_str())),
        }
    }
}

/// Finds what a selector is about.
pub(super) fn select(
    candidates: &Candidates<'_>,
    selector: &Selector,
    block: &GrantBlock,
    diagnostics: &mut Diagnostics,
) -> Found {
    let mut found = Found::default();
    match selector {
        Selector::Database => {
            if let Place::Database(database) = candidates.place {
                found.objects.push(Object::Database(database.clone()));
            }
        }
        Selector::Schemas(schemas) => {
            look_into(candidates, schemas, block, (&mut found, diagnostics));
            found.objects = found.schemas.iter().cloned().map(Object::Schema).collect();
            // Schemas to come, if that is what it is about, are those of the database.
            found.everywhere |= found.schemas.is_empty();
        }
        Selector::InSchemas { kind, schemas, names } => {
            look_into(candidates, schemas, block, (&mut found, diagnostics));
            let printed = (*kind == ObjectKind::Routine).then(|| signature::printed(names));
            let names = printed.as_ref().unwrap_or(names);
            in_schemas(candidates, (*kind, names), block, (&mut found, diagnostics));
        }
        Selector::Columns { schemas, tables, columns } => {
            look_into(candidates, schemas, block, (&mut found, diagnostics));
            let (sequences, tables) = &named_sequences(candidates, tables, &found.schemas);
            in_schemas(candidates, (ObjectKind::Table, tables), block, (&mut found, diagnostics));
            found.has_sequences = !sequences.is_empty();
            found.objects.extend(sequences.iter().cloned());
            found.objects = columns_of(candidates, (&found.objects, tables), columns, (block, diagnostics));
        }
        Selector::Named { kind, names } => {
            pick(candidates.in_schema(*kind, None), names, (&mut found, block), diagnostics);
        }
        Selector::LargeObjects(LargeObjects::All) => {
            found.everywhere = true;
            let all = candidates.in_schema(ObjectKind::LargeObject, None);
            found.objects.extend(all.iter().map(|object| (*object).clone()));
        }
        Selector::LargeObjects(LargeObjects::These(oids)) => {
            found.everywhere = oids.is_empty();
            for oid in oids {
                let object = Object::LargeObject(*oid);
                if candidates.in_schema(ObjectKind::LargeObject, None).binary_search(&&object).is_ok() {
                    found.objects.push(object);
                } else {
                    diagnostics.push(missing(
                        ObjectKind::LargeObject,
                        &oid.to_string(),
                        (&found.schemas, block),
                    ));
                }
            }
        }
    }
    found
}

fn look_into(
    candidates: &Candidates<'_>,
    schemas: &Schemas,
    block: &GrantBlock,
    (found, diagnostics): (&mut Found, &mut Diagnostics),
) {
    match schemas {
        Schemas::All => {
            found.everywhere = true;
            found.schemas =
                candidates.schemas.iter().filter(|s| !s.is_system()).map(|s| (*s).clone()).collect();
        }
        Schemas::These(names) => {
            for name in names {
                if candidates.schemas.contains(name) {
                    found.schemas.insert(name.clone());
                } else {
                    diagnostics.push(missing_schema(candidates, name, block));
                }
            }
        }
    }
}

fn missing_schema(candidates: &Candidates<'_>, name: &SchemaName, block: &GrantBlock) -> Diagnostic {
    let known = candidates.schemas.iter().map(|schema| schema.as_str());
    let hint = nearest(name.as_str(), known).map(|near| format!("did you mean \"{}\"?", printable(near)));
    let diagnostic = Diagnostic::error(
        Code::PLN009,
        "Schema does not exist",
        format!("There is no schema \"{}\" in {}.", printable(name.as_str()), candidates.where_text()),
    )
    .at(block.span.clone());
    Diagnostic { hint, ..diagnostic }
}

fn in_schemas(
    candidates: &Candidates<'_>,
    (kind, names): (ObjectKind, &Patterns),
    block: &GrantBlock,
    (found, diagnostics): (&mut Found, &mut Diagnostics),
) {
    let schemas = found.schemas.clone();
    let objects = named(candidates, (kind, names), &schemas).unwrap_or_else(|| {
        schemas.iter().flat_map(|schema| candidates.in_schema(kind, Some(schema))).copied().collect()
    });
    // A schema that does not exist was reported; its names would only repeat it.
    if !schemas.is_empty() || found.everywhere {
        pick(&objects, names, (found, block), diagnostics);
    }
}

/// The objects that patterns can mean, looked up by name: thousands of roles may name a table
/// each. `None` where every object has to be looked at.
fn named<'a>(
    candidates: &Candidates<'a>,
    (kind, patterns): (ObjectKind, &Patterns),
    schemas: &BTreeSet<SchemaName>,
) -> Option<Vec<&'a Object>> {
    let make = match kind {
        ObjectKind::Table => Object::Table,
        ObjectKind::Sequence => Object::Sequence,
        ObjectKind::Type => Object::Type,
        ObjectKind::Database
        | ObjectKind::Schema
        | ObjectKind::Column
        | ObjectKind::Routine
        | ObjectKind::Language
        | ObjectKind::ForeignDataWrapper
        | ObjectKind::ForeignServer
        | ObjectKind::LargeObject
        | ObjectKind::Tablespace
        | ObjectKind::Parameter => return None,
    };
    let names = patterns.include.iter().map(|pattern| exact_name(pattern));
    let names: BTreeSet<Name> = names.collect::<Option<_>>()?;
    let mut found = Vec::new();
    let mut hit: BTreeSet<&Name> = BTreeSet::new();
    for schema in schemas {
        let objects = candidates.in_schema(kind, Some(schema));
        for name in &names {
            if let Ok(at) = objects.binary_search(&&make(schema.clone(), name.clone())) {
                found.push(objects[at]);
                hit.insert(name);
            }
        }
    }
    // What is not there is looked for among all, for a hint.
    (hit.len() == names.len()).then_some(found)
}

fn pick(
    objects: &[&Object],
    patterns: &Patterns,
    (found, block): (&mut Found, &GrantBlock),
    diagnostics: &mut Diagnostics,
) {
    let everything = patterns == &Patterns::everything();
    let mut matcher = Matcher::new(patterns);
    for object in objects {
        if everything || matcher.matches(&names(object).iter().map(String::as_str).collect::<Vec<_>>()) {
            found.objects.push((*object).clone());
        }
    }
    if everything {
        return;
    }
    let kind = kind(&block.selector);
    for pattern in matcher.unmatched() {
        if is_glob(pattern) {
            diagnostics.push(
                Diagnostic::warning(
                    Code::PLN011,
                    "Pattern matches nothing",
                    format!(
                        "No {} {} matches \"{}\" now.",
                        kind.singular(),
                        looked(&found.schemas, block),
                        printable(pattern)
                    ),
                )
                .at(block.span.clone()),
            );
        } else {
            let known: Vec<String> = objects.iter().flat_map(|object| names(object)).collect();
            let diagnostic = missing(kind, pattern, (&found.schemas, block));
            let hint = nearest(pattern, known.iter().map(String::as_str))
                .map(|near| format!("did you mean \"{}\"?", printable(near)));
            diagnostics.push(Diagnostic { hint: hint.or(diagnostic.hint.clone()), ..diagnostic });
        }
    }
}

fn missing(
    kind: ObjectKind,
    name: &str,
    (schemas, block): (&BTreeSet<SchemaName>, &GrantBlock),
) -> Diagnostic {
    let place = looked(schemas, block);
    let detail = format!("There is no {} \"{}\" {place}.", kind.singular(), printable(name));
    Diagnostic::error(Code::PLN010, "Nothing has this name", detail).at(block.span.clone())
}

/// Where a grant looked: `in app.sales`.
fn looked(schemas: &BTreeSet<SchemaName>, block: &GrantBlock) -> String {
    const FEW: usize = 3;
    let Some(database) = &block.database else { return "on the server".to_owned() };
    let database = printable(database.as_str());
    let path = |schema: &SchemaName| format!("{database}.{}", printable(schema.as_str()));
    match schemas.len() {
        0 => format!("in database \"{database}\""),
        1..=FEW => format!("in {}", schemas.iter().map(path).collect::<Vec<String>>().join(", ")),
        many => format!("in {many} schemas of database \"{database}\""),
    }
}

/// The names by which patterns may call an object.
fn names(object: &Object) -> Vec<String> {
    match object {
        Object::Routine(_, name, arguments) => vec![name.to_string(), format!("{name}({arguments})")],
        Object::Table(_, name) | Object::Sequence(_, name) | Object::Type(_, name) => vec![name.to_string()],
        Object::Tablespace(name)
        | Object::Parameter(name)
        | Object::Language(name)
        | Object::ForeignDataWrapper(name)
        | Object::ForeignServer(name) => vec![name.to_string()],
        Object::Database(name) => vec![name.to_string()],
        Object::Schema(name) => vec![name.to_string()],
        Object::Column(_, _, column) => vec![column.to_string()],
        Object::LargeObject(oid) => vec![oid.to_string()],
        Object::Default(_) => Vec::new(),
    }
}

/// Sequences whose columns are meant: those that are named where tables are, and no table has the
/// name. Besides, what is left to be found among tables.
fn named_sequences(
    candidates: &Candidates<'_>,
    tables: &Patterns,
    schemas: &BTreeSet<SchemaName>,
) -> (Vec<Object>, Patterns) {
    let (mut found, mut rest) = (Vec::new(), tables.clone());
    rest.include.retain(|pattern| {
        let Some(name) = exact_name(pattern) else { return true };
        let has = |object: &Object| {
            candidates.in_schema(object.kind(), object.schema()).binary_search(&object).is_ok()
        };
        let sequences = schemas.iter().map(|schema| Object::Sequence(schema.clone(), name.clone()));
        let sequences: Vec<Object> = sequences.filter(has).collect();
        let is_table = || schemas.iter().any(|schema| has(&Object::Table(schema.clone(), name.clone())));
        let keep = sequences.is_empty() || is_table();
        found.extend(sequences);
        keep
    });
    (found, rest)
}

/// The columns of these names. A table that a pattern found may be without some of them, as long as
/// another has them; one that is named must have them all.
fn columns_of(
    candidates: &Candidates<'_>,
    (tables, patterns): (&[Object], &Patterns),
    columns: &BTreeSet<Name>,
    (block, diagnostics): (&GrantBlock, &mut Diagnostics),
) -> Vec<Object> {
    let (mut found, mut schemas) = (Vec::new(), BTreeSet::new());
    let named: BTreeSet<Name> = patterns.include.iter().filter_map(|pattern| exact_name(pattern)).collect();
    let mut nowhere: BTreeSet<&Name> = columns.iter().filter(|_| !tables.is_empty()).collect();
    for table in tables {
        let (Object::Table(schema, name) | Object::Sequence(schema, name)) = table else { continue };
        let known = candidates.in_schema(ObjectKind::Column, Some(schema));
        schemas.insert(schema.clone());
        for column in columns {
            let object = Object::Column(schema.clone(), name.clone(), column.clone());
            if known.binary_search(&&object).is_ok() {
                found.push(object);
                nowhere.remove(column);
            } else if named.contains(name) {
                let path = format!("{}.{}", name.as_str(), column.as_str());
                diagnostics.push(missing(
                    ObjectKind::Column,
                    &path,
                    (&BTreeSet::from([schema.clone()]), block),
                ));
                nowhere.remove(column);
            }
        }
    }
    let nowhere = nowhere.into_iter().map(Name::as_str);
    diagnostics.extend(nowhere.map(|column| missing(ObjectKind::Column, column, (&schemas, block))));
    found
}
