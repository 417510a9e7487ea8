//! Objects: what PostgreSQL can grant on, by natural key.
//!
//! Default privileges are objects too: a row of `pg_default_acl` is an ACL with a
//! creator as its owner. Not here: who holds what on them (`acl`), where they are
//! found (the provider). Invariant: an `Object` names exactly one thing inside its
//! place (the server for shared kinds, else one database).

use std::fmt;

use crate::name::{DatabaseName, Name, RoleName, SchemaName, printable};
use crate::privilege::PrivilegeSet;

/// The kinds of objects with an ACL. PostgreSQL's GRANT has one form for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// `ON DATABASE`.
    Database,
    /// `ON SCHEMA`.
    Schema,
    /// `ON TABLE`: tables, partitioned and foreign tables, views, materialized views.
    Table,
    /// `(column) ON TABLE`.
    Column,
    /// `ON SEQUENCE`.
    Sequence,
    /// `ON ROUTINE`: functions, procedures, aggregates, window functions.
    Routine,
    /// `ON TYPE`: types and domains.
    Type,
    /// `ON LANGUAGE`.
    Language,
    /// `ON FOREIGN DATA WRAPPER`.
    ForeignDataWrapper,
    /// `ON FOREIGN SERVER`.
    ForeignServer,
    /// `ON LARGE OBJECT`.
    LargeObject,
    /// `ON TABLESPACE`.
    Tablespace,
    /// `ON PARAMETER` (PostgreSQL 15).
    Parameter,
}

/// One object, by natural key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A database: shared by the whole server.
    Database(DatabaseName),
    /// A tablespace: shared by the whole server.
    Tablespace(Name),
    /// A configuration parameter (PostgreSQL 15): shared by the whole server.
    Parameter(Name),
    /// A schema.
    Schema(SchemaName),
    /// A table or another relation with rows.
    Table(SchemaName, Name),
    /// A column of a relation: schema, relation, column.
    Column(SchemaName, Name, Name),
    /// A sequence.
    Sequence(SchemaName, Name),
    /// A routine: schema, name, and the types of its input arguments as the server prints
    /// them (qualified outside pg_catalog), with `, ` between: what tells overloads apart.
    Routine(SchemaName, Name, std::sync::Arc<str>),
    /// A type or domain.
    Type(SchemaName, Name),
    /// A procedural language.
    Language(Name),
    /// A foreign-data wrapper.
    ForeignDataWrapper(Name),
    /// A foreign server.
    ForeignServer(Name),
    /// A large object, by its OID, which is its only name.
    LargeObject(u32),
    /// What a creator's future objects will be granted: a row of `pg_default_acl`.
    Default(DefaultPrivileges),
}

/// The key of a row of `pg_default_acl`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefaultPrivileges {
    /// Whose future objects.
    pub creator: RoleName,
    /// Only in this schema; `None` is the global row.
    pub schema: Option<SchemaName>,
    /// Of which kind: Table, Sequence, Routine, Type, Schema or (18) LargeObject.
    pub kind: ObjectKind,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: &'static [ObjectKind] = &[
        ObjectKind::Database,
        ObjectKind::Schema,
        ObjectKind::Table,
        ObjectKind::Column,
        ObjectKind::Sequence,
        ObjectKind::Routine,
        ObjectKind::Type,
        ObjectKind::Language,
        ObjectKind::ForeignDataWrapper,
        ObjectKind::ForeignServer,
        ObjectKind::LargeObject,
        ObjectKind::Tablespace,
        ObjectKind::Parameter,
    ];

    /// One of them, in words.
    pub fn singular(self) -> &'static str {
        match self {
            ObjectKind::Database => "database",
            ObjectKind::Schema => "schema",
            ObjectKind::Table => "table",
            ObjectKind::Column => "column",
            ObjectKind::Sequence => "sequence",
            ObjectKind::Routine => "routine",
            ObjectKind::Type => "type",
            ObjectKind::Language => "language",
            ObjectKind::ForeignDataWrapper => "foreign data wrapper",
            ObjectKind::ForeignServer => "foreign server",
            ObjectKind::LargeObject => "large object",
            ObjectKind::Tablespace => "tablespace",
            ObjectKind::Parameter => "parameter",
        }
    }

    /// Several of them, in words.
    pub fn plural(self) -> String {
        format!("{}s", self.singular())
    }

    /// The word for a node that grants on this kind, as it stands in addresses.
    pub fn grant_word(self) -> &'static str {
        match self {
            ObjectKind::Database => "database_connect",
            ObjectKind::Schema => "schema_usage",
            ObjectKind::Table => "table_grant",
            ObjectKind::Column => "column_grant",
            ObjectKind::Sequence => "sequence_usage",
            ObjectKind::Routine => "routine_grant",
            ObjectKind::Type => "type_grant",
            ObjectKind::Language => "language_grant",
            ObjectKind::ForeignDataWrapper => "foreign_data_wrapper_grant",
            ObjectKind::ForeignServer => "foreign_server_grant",
            ObjectKind::LargeObject => "large_object_grant",
            ObjectKind::Tablespace => "tablespace_grant",
            ObjectKind::Parameter => "parameter_grant",
        }
    }
}

impl Object {
    /// The kind, which decides about the privileges. A row of default privileges has
    /// the kind of the objects that it is about.
    pub fn kind(&self) -> ObjectKind {
        match self {
            Object::Database(_) => ObjectKind::Database,
            Object::Tablespace(_) => ObjectKind::Tablespace,
            Object::Parameter(_) => ObjectKind::Parameter,
            Object::Schema(_) => ObjectKind::Schema,
            Object::Table(..) => ObjectKind::Table,
            Object::Column(..) => ObjectKind::Column,
            Object::Sequence(..) => ObjectKind::Sequence,
            Object::Routine(..) => ObjectKind::Routine,
            Object::Type(..) => ObjectKind::Type,
            Object::Language(_) => ObjectKind::Language,
            Object::ForeignDataWrapper(_) => ObjectKind::ForeignDataWrapper,
            Object::ForeignServer(_) => ObjectKind::ForeignServer,
            Object::LargeObject(_) => ObjectKind::LargeObject,
            Object::Default(default) => default.kind,
        }
    }

    /// The word for a node that grants on this object, as it stands in addresses.
    pub fn grant_word(&self) -> &'static str {
        match self {
            Object::Default(_) => "default_privilege",
            other => other.kind().grant_word(),
        }
    }

    /// The table of a column.
    pub fn table(&self) -> Option<Object> {
        let Object::Column(schema, table, _) = self else { return None };
        Some(Object::Table(schema.clone(), table.clone()))
    }

    /// What the relation of a column may be: a table or a sequence, which share their names.
    pub fn relations(&self) -> Option<[Object; 2]> {
        let Object::Column(schema, name, _) = self else { return None };
        let (table, sequence) = (Object::Table, Object::Sequence);
        Some([table(schema.clone(), name.clone()), sequence(schema.clone(), name.clone())])
    }

    /// What PUBLIC holds on it while nobody has changed that. A schema's row of default
    /// privileges only adds to the global one.
    pub fn public_default(&self) -> PrivilegeSet {
        match self {
            Object::Default(DefaultPrivileges { schema: Some(_), .. }) => PrivilegeSet::EMPTY,
            other => other.kind().public_default(),
        }
    }

    /// Whether the whole server shares it: such ACLs live outside any one database.
    pub fn is_shared(&self) -> bool {
        matches!(self, Object::Database(_) | Object::Tablespace(_) | Object::Parameter(_))
    }

    /// The schema that it lives in (for a schema: itself), when it lives in one.
    pub fn schema(&self) -> Option<&SchemaName> {
        match self {
            Object::Schema(schema)
            | Object::Table(schema, _)
            | Object::Column(schema, ..)
            | Object::Sequence(schema, _)
            | Object::Routine(schema, ..)
            | Object::Type(schema, _) => Some(schema),
            Object::Default(default) => default.schema.as_ref(),
            Object::Database(_)
            | Object::Tablespace(_)
            | Object::Parameter(_)
            | Object::Language(_)
            | Object::ForeignDataWrapper(_)
            | Object::ForeignServer(_)
            | Object::LargeObject(_) => None,
        }
    }

    /// The name inside its schema, or its whole name when it lives in none.
    pub fn short_name(&self) -> String {
        match self {
            Object::Database(name) => printable(name.as_str()),
            Object::Schema(name) => printable(name.as_str()),
            Object::Tablespace(name)
            | Object::Parameter(name)
            | Object::Table(_, name)
            | Object::Sequence(_, name)
            | Object::Type(_, name)
            | Object::Language(name)
            | Object::ForeignDataWrapper(name)
            | Object::ForeignServer(name) => printable(name.as_str()),
            Object::Column(_, relation, column) => {
                format!("{}.{}", printable(relation.as_str()), printable(column.as_str()))
            }
            Object::Routine(_, name, arguments) => {
                format!("{}({})", printable(name.as_str()), printable(arguments))
            }
            Object::LargeObject(oid) => oid.to_string(),
            Object::Default(default) => format!("{} of {}", default.kind.plural(), default.creator),
        }
    }
}

impl fmt::Display for Object {
    /// `billing.orders`: qualified inside its database, escaped for printing, not SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.schema()) {
            (Object::Schema(_), _) | (_, None) => f.write_str(&self.short_name()),
            (_, Some(schema)) => write!(f, "{}.{}", printable(schema.as_str()), self.short_name()),
        }
    }
}

/// Whether a parameter may have this name without being known to a server: PostgreSQL takes any two
/// or more identifiers with dots between, and keeps them for extensions and applications.
///
/// Source: `valid_custom_variable_name` of PostgreSQL 15 to 18.
pub fn is_custom_parameter(name: &str) -> bool {
    let is_identifier = |part: &str| {
        let begins = |first: char| first.is_ascii_alphabetic() || first == '_' || !first.is_ascii();
        let goes_on = |next: char| begins(next) || next.is_ascii_digit() || next == '$';
        part.starts_with(begins) && part.chars().all(goes_on)
    };
    name.contains('.') && name.split('.').all(is_identifier)
}
