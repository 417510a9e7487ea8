//! `grant` blocks: one selector, its privileges, and what is yet to come.
//!
//! Invariant: an empty list selects nothing; everything is only ever said by `*`.

use std::collections::BTreeSet;

use hcl::edit::structure::Block;

use super::privilege::privileges;
use super::proven;
use super::reading::{Read, Reading, Schema, check};
use super::role_value;
use crate::code::Code;
use crate::config::value::Data;
use crate::declared::{GrantBlock, Implied, LargeObjects, Patterns, Schemas, Selector};
use crate::name::{DatabaseName, Name, RoleName, SchemaName};
use crate::object::ObjectKind;

const GRANT: Schema = Schema {
    arguments: &[
        "database",
        "schemas",
        "tables",
        "columns",
        "except",
        "sequences",
        "functions",
        "types",
        "languages",
        "foreign_data_wrappers",
        "foreign_servers",
        "large_objects",
        "tablespaces",
        "parameters",
        "privileges",
        "grant_option",
        "granted_by",
        "implied",
    ],
    blocks: &["future"],
    once: &["future"],
};

const FUTURE: Schema = Schema { arguments: &["creators"], blocks: &[], once: &[] };

/// Where the objects of a selector live.
#[derive(Clone, Copy, PartialEq)]
enum Home {
    Schema,
    Database,
    Server,
}

const SELECTORS: &[(&str, ObjectKind, Home)] = &[
    ("tables", ObjectKind::Table, Home::Schema),
    ("sequences", ObjectKind::Sequence, Home::Schema),
    ("functions", ObjectKind::Routine, Home::Schema),
    ("types", ObjectKind::Type, Home::Schema),
    ("languages", ObjectKind::Language, Home::Database),
    ("foreign_data_wrappers", ObjectKind::ForeignDataWrapper, Home::Database),
    ("foreign_servers", ObjectKind::ForeignServer, Home::Database),
    ("large_objects", ObjectKind::LargeObject, Home::Database),
    ("tablespaces", ObjectKind::Tablespace, Home::Server),
    ("parameters", ObjectKind::Parameter, Home::Server),
];

/// The chosen selector: the argument, its kind, and where its objects live.
type Chosen = (&'static str, ObjectKind, Home);

/// One `grant` block of a role or public block that says `implied` of all its grants, or not.
pub(super) fn grant(reading: &mut Reading<'_>, block: &Block, usually: Option<bool>) -> Option<GrantBlock> {
    check(block, &GRANT, reading.place, reading.diagnostics);
    let sequences = implied_sequences(reading, block);
    let implied = implied(reading, block, (usually, sequences));
    let chosen = chosen(reading, block, sequences.is_some())?;
    let kind = match chosen {
        Some((_, ObjectKind::Table, _)) if block.body.has_attribute("columns") => ObjectKind::Column,
        Some((_, kind, _)) => kind,
        None if block.body.has_attribute("schemas") => ObjectKind::Schema,
        None => ObjectKind::Database,
    };
    if !block.body.has_attribute("privileges") {
        reading.missing(block, "privileges");
    }
    let privileges = privileges(reading, block, kind);
    let database = database(reading, block, chosen);
    let selector = selector(reading, block, chosen);
    let future_creators = future(reading, block, (kind, selector.as_ref()));
    Some(GrantBlock {
        database: database?,
        selector: selector?,
        privileges: privileges?,
        grant_option: reading.flag(block, "grant_option").unwrap_or_default(),
        future_creators,
        implied,
        granted_by: granted_by(reading, block),
        span: reading.block_span(block),
    })
}

/// What comes along. `implied = false` says it of all, `sequences = "none"` of sequences alone.
fn implied(
    reading: &mut Reading<'_>,
    block: &Block,
    (usually, sequences): (Option<bool>, Option<bool>),
) -> Implied {
    let own = reading.flag(block, "implied");
    if own == Some(false) && sequences == Some(true) {
        let span = reading.block_span(block);
        let detail =
            "\"implied = false\" says that nothing comes along, and \"sequences\" that something does.";
        reading.error(Code::CFG056, "Contradiction in a grant", detail, &span);
    }
    match (own.or(usually).unwrap_or(true), sequences) {
        (true, Some(true) | None) => Implied::Everything,
        (true, Some(false)) => Implied::NoSequences,
        (false, _) => Implied::Nothing,
    }
}

/// The role that stands as the grantor.
fn granted_by(reading: &mut Reading<'_>, block: &Block) -> Option<RoleName> {
    let read = reading.open(block, "granted_by")?;
    role_value(reading, &read, "The grantor")
}

/// `sequences = "none"` or `"implied"`: about the sequences behind columns, no selector.
fn implied_sequences(reading: &mut Reading<'_>, block: &Block) -> Option<bool> {
    let read = reading.open(block, "sequences")?;
    match read.value.as_str() {
        Some("none") => Some(false),
        Some("implied") => Some(true),
        Some(_) => {
            let detail = "As a text, \"sequences\" is \"none\" or \"implied\" (whether INSERT and UPDATE bring USAGE on the sequences behind columns); as a list it names sequences.";
            reading.error(Code::CFG057, "Invalid value", detail, &read.span);
            Some(true)
        }
        None => None,
    }
}

/// The one selector of the block; the outer `None` when there are several.
fn chosen(reading: &mut Reading<'_>, block: &Block, sequences_are_implied: bool) -> Option<Option<Chosen>> {
    let given =
        |word: &str| block.body.has_attribute(word) && !(word == "sequences" && sequences_are_implied);
    let found: Vec<&Chosen> = SELECTORS.iter().filter(|(word, ..)| given(word)).collect();
    let span = reading.block_span(block);
    let is_table = found.first().is_some_and(|(word, ..)| *word == "tables");
    if let [first, second, ..] = found.as_slice() {
        let detail = format!(
            "This grant has both \"{}\" and \"{}\"; write a grant block for each.",
            first.0, second.0
        );
        reading.error(Code::CFG056, "Several selectors in one grant", detail, &span);
        return None;
    }
    if block.body.has_attribute("columns") && !is_table {
        reading.error(
            Code::CFG056,
            "Columns without tables",
            "\"columns\" needs \"tables\" to say whose columns.",
            &span,
        );
        return None;
    }
    let patterned = found.first().is_some_and(|(word, ..)| *word != "large_objects");
    if block.body.has_attribute("except") && !patterned {
        let detail =
            "\"except\" takes names away from a selector with names, such as \"tables\", and there is none.";
        reading.error(Code::CFG056, "Exception without a selector", detail, &span);
        return None;
    }
    Some(found.first().map(|chosen| **chosen))
}

/// The database; the outer `None` means that it is wrong.
fn database(
    reading: &mut Reading<'_>,
    block: &Block,
    chosen: Option<Chosen>,
) -> Option<Option<DatabaseName>> {
    let given = block.body.get_attribute("database");
    match (chosen, given) {
        (Some((word, _, Home::Server)), Some(attribute)) => {
            let span = reading.span(attribute);
            let detail = format!("\"{word}\" belong to the server as a whole; leave \"database\" out.");
            reading.error(Code::CFG056, "Database of a shared object", detail, &span);
            None
        }
        (Some((_, _, Home::Server)), None) => Some(None),
        (_, None) => {
            reading.missing(block, "database");
            None
        }
        (_, Some(_)) => {
            let text = reading.text(block, "database")?;
            proven(reading, "database", &text, DatabaseName::new).map(Some)
        }
    }
}

fn selector(reading: &mut Reading<'_>, block: &Block, chosen: Option<Chosen>) -> Option<Selector> {
    let has_schemas = block.body.has_attribute("schemas");
    match chosen {
        None if has_schemas => schemas(reading, block).map(Selector::Schemas),
        None => Some(Selector::Database),
        Some((word, kind, Home::Schema)) => {
            if !has_schemas {
                let span = reading.block_span(block);
                let detail = format!(
                    "\"{word}\" needs \"schemas\" to say in which schemas; [\"*\"] is every schema of the database."
                );
                reading.error(Code::CFG056, "Selector without schemas", detail, &span);
            }
            let names = patterns(reading, block, word);
            let schemas = schemas(reading, block)?;
            if block.body.has_attribute("columns") {
                return Some(Selector::Columns {
                    schemas,
                    tables: names?,
                    columns: columns(reading, block)?,
                });
            }
            Some(Selector::InSchemas { kind, schemas, names: names? })
        }
        Some((word, ..)) if has_schemas => {
            let span = reading.block_span(block);
            let detail = format!("\"{word}\" live in no schema; leave \"schemas\" out.");
            reading.error(Code::CFG056, "Selector with schemas", detail, &span);
            None
        }
        Some((_, ObjectKind::LargeObject, _)) => large_objects(reading, block).map(Selector::LargeObjects),
        Some((word, ObjectKind::Parameter, _)) => {
            // PostgreSQL compares the names of parameters in lower case, and keeps them so.
            let Patterns { include, except } = patterns(reading, block, word)?;
            let lower = |set: BTreeSet<String>| set.iter().map(|name| name.to_ascii_lowercase()).collect();
            let names = Patterns { include: lower(include), except: lower(except) };
            Some(Selector::Named { kind: ObjectKind::Parameter, names })
        }
        Some((word, kind, _)) => Some(Selector::Named { kind, names: patterns(reading, block, word)? }),
    }
}

fn schemas(reading: &mut Reading<'_>, block: &Block) -> Option<Schemas> {
    let texts = reading.texts(block, "schemas")?;
    if texts.iter().any(|text| text.value == "*") {
        if let Some(other) = texts.iter().find(|text| text.value != "*") {
            let detail = "\"*\" is every schema already; write it alone.";
            reading.error(Code::CFG056, "Schema beside \"*\"", detail, &other.span);
        }
        return Some(Schemas::All);
    }
    let mut names = BTreeSet::new();
    for text in texts {
        let Some(name) = Patterns::name(&text.value) else {
            let detail = "Schemas are named exactly; only \"*\" alone means every schema.";
            reading.error(Code::CFG056, "Pattern for a schema", detail, &text.span);
            continue;
        };
        names.extend(proven(reading, "schema", &Read { value: name, ..text }, SchemaName::new));
    }
    Some(Schemas::These(names))
}

fn patterns(reading: &mut Reading<'_>, block: &Block, word: &str) -> Option<Patterns> {
    let include = pattern_set(reading, block, word)?;
    let except = match block.body.has_attribute("except") {
        true => pattern_set(reading, block, "except")?,
        false => BTreeSet::new(),
    };
    Some(Patterns { include, except })
}

fn pattern_set(reading: &mut Reading<'_>, block: &Block, word: &str) -> Option<BTreeSet<String>> {
    let mut set = BTreeSet::new();
    for text in reading.texts(block, word)? {
        if text.value.is_empty() {
            let detail =
                format!("An element of \"{word}\" is empty. Elements are names, or patterns with * and ?.");
            reading.error(Code::CFG056, "Empty pattern", detail, &text.span);
            return None;
        }
        set.insert(text.value);
    }
    Some(set)
}

fn columns(reading: &mut Reading<'_>, block: &Block) -> Option<BTreeSet<Name>> {
    let texts = reading.texts(block, "columns")?;
    texts.iter().map(|text| proven(reading, "column", text, Name::new)).collect()
}

fn large_objects(reading: &mut Reading<'_>, block: &Block) -> Option<LargeObjects> {
    let mut oids = BTreeSet::new();
    let elements = reading.elements(block, "large_objects")?;
    if let [only] = elements.as_slice()
        && only.value.as_str() == Some("*")
    {
        return Some(LargeObjects::All);
    }
    for element in elements {
        let oid = match &element.value.data {
            Data::Number(number) => number.to_i64().and_then(|oid| u32::try_from(oid).ok()),
            Data::String(text) => text.parse().ok(),
            _ => None,
        };
        match oid.filter(|oid| *oid > 0) {
            Some(oid) => drop(oids.insert(oid)),
            None => {
                let detail = "A large object is named by its OID, a whole number from 1 to 4294967295; \"*\" alone means all of them.";
                reading.error(Code::CFG057, "Invalid value", detail, &element.span);
                return None;
            }
        }
    }
    Some(LargeObjects::These(oids))
}

/// The creators whose future objects are granted too.
fn future(
    reading: &mut Reading<'_>,
    block: &Block,
    (kind, selector): (ObjectKind, Option<&Selector>),
) -> Vec<RoleName> {
    let mut creators = Vec::new();
    for inner in block.body.get_blocks("future") {
        check(inner, &FUTURE, reading.place, reading.diagnostics);
        if let Some(detail) = no_future(kind, selector) {
            let span = reading.block_span(inner);
            reading.error(Code::CFG056, "No default privileges for this kind", detail, &span);
        }
        if !inner.body.has_attribute("creators") {
            reading.missing(inner, "creators");
        }
        for element in reading.elements(inner, "creators").unwrap_or_default() {
            creators.extend(role_value(reading, &element, "A creator"));
        }
    }
    creators.sort();
    creators.dedup();
    creators
}

/// Why a selector cannot be about objects to come.
fn no_future(kind: ObjectKind, selector: Option<&Selector>) -> Option<String> {
    match (kind, selector) {
        (ObjectKind::Table | ObjectKind::Sequence | ObjectKind::Routine | ObjectKind::Type, _)
        | (_, None | Some(Selector::Schemas(Schemas::All) | Selector::LargeObjects(LargeObjects::All))) => {
            None
        }
        (_, Some(Selector::Schemas(Schemas::These(none)))) if none.is_empty() => None,
        (_, Some(Selector::LargeObjects(LargeObjects::These(none)))) if none.is_empty() => None,
        (ObjectKind::Schema | ObjectKind::LargeObject, Some(_)) => Some(format!(
            "Default privileges on {} are about all that are to come in the database: select [\"*\"], or [] for those to come alone.",
            kind.plural()
        )),
        (
            ObjectKind::Database
            | ObjectKind::Column
            | ObjectKind::Language
            | ObjectKind::ForeignDataWrapper
            | ObjectKind::ForeignServer
            | ObjectKind::Tablespace
            | ObjectKind::Parameter,
            Some(_),
        ) => Some(format!(
            "PostgreSQL has default privileges for schemas, tables, sequences, functions, types and large objects, not for a {}.",
            kind.singular()
        )),
    }
}
