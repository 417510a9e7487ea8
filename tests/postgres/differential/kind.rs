//! Kinds of things that can be granted on, as this test knows them: from PostgreSQL's manual, not
//! from the product.
//!
//! Not here: the things themselves (`ground`). Invariant: one row per kind, and every privilege
//! with the first version that has it.

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Database,
    Schema,
    Table,
    Column,
    Sequence,
    Routine,
    Type,
    Language,
    Wrapper,
    Server,
    LargeObject,
    Tablespace,
    Parameter,
    /// A row of default privileges.
    Default,
}

/// What PostgreSQL's manual says about a kind.
pub(crate) struct Facts {
    /// As queries of `read` name it.
    pub(crate) word: &'static str,
    /// After ON in GRANT, and after ALTER.
    pub(crate) sql: &'static str,
    /// The argument of a grant block that selects it; none where the block does by itself.
    pub(crate) selector: &'static str,
    /// What can be granted, each with the first version that has it.
    privileges: &'static [(&'static str, u16)],
}

/// Every kind, in order of the enum.
const FACTS: [Facts; 14] = [
    Facts {
        word: "database",
        sql: "DATABASE",
        selector: "",
        privileges: &[("CREATE", 13), ("CONNECT", 13), ("TEMPORARY", 13)],
    },
    Facts {
        word: "schema",
        sql: "SCHEMA",
        selector: "schemas",
        privileges: &[("USAGE", 13), ("CREATE", 13)],
    },
    Facts {
        word: "table",
        sql: "TABLE",
        selector: "tables",
        privileges: &[
            ("SELECT", 13),
            ("INSERT", 13),
            ("UPDATE", 13),
            ("DELETE", 13),
            ("TRUNCATE", 13),
            ("REFERENCES", 13),
            ("TRIGGER", 13),
            ("MAINTAIN", 17),
        ],
    },
    Facts {
        word: "column",
        sql: "TABLE",
        selector: "columns",
        privileges: &[("SELECT", 13), ("INSERT", 13), ("UPDATE", 13), ("REFERENCES", 13)],
    },
    Facts {
        word: "sequence",
        sql: "SEQUENCE",
        selector: "sequences",
        privileges: &[("USAGE", 13), ("SELECT", 13), ("UPDATE", 13)],
    },
    Facts { word: "routine", sql: "ROUTINE", selector: "functions", privileges: &[("EXECUTE", 13)] },
    Facts { word: "type", sql: "TYPE", selector: "types", privileges: &[("USAGE", 13)] },
    Facts { word: "language", sql: "LANGUAGE", selector: "languages", privileges: &[("USAGE", 13)] },
    Facts {
        word: "wrapper",
        sql: "FOREIGN DATA WRAPPER",
        selector: "foreign_data_wrappers",
        privileges: &[("USAGE", 13)],
    },
    Facts {
        word: "server",
        sql: "FOREIGN SERVER",
        selector: "foreign_servers",
        privileges: &[("USAGE", 13)],
    },
    Facts {
        word: "large object",
        sql: "LARGE OBJECT",
        selector: "large_objects",
        privileges: &[("SELECT", 13), ("UPDATE", 13)],
    },
    Facts { word: "tablespace", sql: "TABLESPACE", selector: "tablespaces", privileges: &[("CREATE", 13)] },
    Facts {
        word: "parameter",
        sql: "PARAMETER",
        selector: "parameters",
        privileges: &[("SET", 15), ("ALTER SYSTEM", 15)],
    },
    Facts { word: "default", sql: "", selector: "", privileges: &[] },
];

/// Kinds that have default privileges, with the first version: the letter of the catalog, SQL's
/// word, and whether there are rows for one schema.
pub(crate) const FUTURE: [(Kind, &str, &str, bool, u16); 6] = [
    (Kind::Table, "r", "TABLES", true, 13),
    (Kind::Sequence, "S", "SEQUENCES", true, 13),
    (Kind::Routine, "f", "ROUTINES", true, 13),
    (Kind::Type, "T", "TYPES", true, 13),
    (Kind::Schema, "n", "SCHEMAS", false, 13),
    (Kind::LargeObject, "L", "LARGE OBJECTS", false, 18),
];

impl Kind {
    /// What is known about it.
    pub(crate) fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }

    /// The kind behind a word of `read`.
    pub(crate) fn of(word: &str) -> Kind {
        const ALL: [Kind; 14] = [
            Kind::Database,
            Kind::Schema,
            Kind::Table,
            Kind::Column,
            Kind::Sequence,
            Kind::Routine,
            Kind::Type,
            Kind::Language,
            Kind::Wrapper,
            Kind::Server,
            Kind::LargeObject,
            Kind::Tablespace,
            Kind::Parameter,
            Kind::Default,
        ];
        ALL.into_iter().find(|kind| kind.facts().word == word).expect("a kind of thing")
    }

    /// Some of the privileges that a version has: those whose bits are set; the first when none is.
    pub(crate) fn some(self, bits: u16, version: u16) -> Vec<&'static str> {
        let all = self.facts().privileges.iter().filter(|(_, since)| *since <= version);
        let all: Vec<&str> = all.map(|(word, _)| *word).collect();
        let some: Vec<&str> =
            all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, word)| *word).collect();
        if some.is_empty() { all[..1].to_vec() } else { some }
    }

    /// Whether things of this kind live in schemas.
    pub(crate) fn in_schema(self) -> bool {
        matches!(self, Kind::Table | Kind::Column | Kind::Sequence | Kind::Routine | Kind::Type)
    }

    /// Whether such things are made, dropped and renamed in stories.
    pub(crate) fn is_movable(self) -> bool {
        self == Kind::Schema || self.in_schema()
    }

    /// Whether the whole server shares it.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self, Kind::Database | Kind::Tablespace | Kind::Parameter)
    }
}

/// The row of `FUTURE` of a kind, where a version has it.
pub(crate) fn future(
    kind: Kind,
    version: u16,
) -> Option<&'static (Kind, &'static str, &'static str, bool, u16)> {
    FUTURE.iter().find(|row| row.0 == kind && row.4 <= version)
}
