//! Names and objects of a change against the patterns of a rule.
//!
//! Invariant: what a row of default privileges will be about is not known yet, so a rule that
//! forbids catches it when it may be meant, and a rule that allows only when it is surely meant.

use crate::acl::Grantee;
use crate::change::Place;
use crate::declared::Patterns;
use crate::object::{Object, ObjectKind};
use crate::policy::{Extent, To};
use crate::resolve::patterns::Matcher;

/// When something that is not known yet is caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is.
    Caught,
    /// It is not.
    Spared,
}

/// An extent, ready to match.
pub(super) struct Net<'a> {
    databases: Option<Matcher<'a>>,
    schemas: Option<Matcher<'a>>,
    tables: Option<Matcher<'a>>,
    doubt: Doubt,
}

impl<'a> Net<'a> {
    /// Prepares an extent.
    pub(super) fn new(extent: &'a Extent, doubt: Doubt) -> Net<'a> {
        let prepare = |patterns: &'a Option<Patterns>| patterns.as_ref().map(Matcher::new);
        Net {
            databases: prepare(&extent.databases),
            schemas: prepare(&extent.schemas),
            tables: prepare(&extent.tables),
            doubt,
        }
    }

    /// Whether it catches an object.
    pub(super) fn catches(&mut self, place: &Place, object: &Object) -> bool {
        let database = match (place, object) {
            (Place::Database(database), _) | (Place::Shared, Object::Database(database)) => {
                Some(database.as_str())
            }
            (Place::Shared, _) => None,
        };
        let schema = object.schema().map(|schema| schema.as_str());
        // Rows of default privileges know no names, and global ones no schema.
        let (table, doubtful) = match object {
            Object::Table(_, table) | Object::Column(_, table, _) => (Some(table.as_str()), false),
            Object::Default(default) => (None, default.kind == ObjectKind::Table),
            Object::Database(_)
            | Object::Tablespace(_)
            | Object::Parameter(_)
            | Object::Schema(_)
            | Object::Sequence(..)
            | Object::Routine(..)
            | Object::Type(..)
            | Object::Language(_)
            | Object::ForeignDataWrapper(_)
            | Object::ForeignServer(_)
            | Object::LargeObject(_) => (None, false),
        };
        let caught = self.doubt == Doubt::Caught;
        let global = schema.is_none() && matches!(object, Object::Default(_));
        meets(&mut self.databases, database, false)
            && meets(&mut self.schemas, schema, global && caught)
            && meets(&mut self.tables, table, doubtful && caught)
    }
}

fn meets(matcher: &mut Option<Matcher<'_>>, name: Option<&str>, open: bool) -> bool {
    match (matcher, name) {
        (None, _) => true,
        (Some(matcher), Some(name)) => matcher.matches(&[name]),
        (Some(_), None) => open,
    }
}

/// Whether a rule is about a grantee.
pub(super) fn concerns(to: &To, grantee: &Grantee) -> bool {
    match (to, grantee) {
        (To::Anyone, _) | (To::Public, Grantee::Public) => true,
        (To::Public, Grantee::Role(_)) | (To::Roles(_), Grantee::Public) => false,
        (To::Roles(roles), Grantee::Role(role)) => named(roles, role.as_str()),
    }
}

/// Whether patterns match a name.
pub(super) fn named(patterns: &Patterns, name: &str) -> bool {
    Matcher::new(patterns).matches(&[name])
}
