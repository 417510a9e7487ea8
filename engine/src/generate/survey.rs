//! Which roles of a server a generated configuration declares, and why not the others.
//!
//! Not here: what they hold. Invariant: every role of the server is either declared or left
//! with a reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::declared::Declared;
use crate::name::{ResourceName, RoleName, SchemaPath};
use crate::object::ObjectKind;
use crate::observed::{Observed, Scope};
use crate::resolve::reserved::keeper;

/// Why a role is not declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// The configuration declares it already.
    Declared,
    /// It is the administrator that roleform logs in as.
    Administrator,
    /// It is a superuser.
    Superuser,
    /// PostgreSQL or the provider of the server keeps it for itself.
    Reserved,
}

impl Left {
    /// The reason, after the names of several roles.
    pub fn words(self) -> &'static str {
        match self {
            Left::Declared => "declared already",
            Left::Administrator => "the administrator",
            Left::Superuser => "superusers, which are not taken over",
            Left::Reserved => "kept by the provider of the server",
        }
    }
}

/// A server's roles, sorted out, and what must be observed to declare those that can be.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// All that the roles to declare hold, in every database, and what they could hold.
    pub scope: Scope,
    /// The others; predefined roles (`pg_*`) are not counted.
    pub left: BTreeMap<RoleName, Left>,
    /// Labels of role blocks that the configuration has.
    pub labels: BTreeSet<String>,
    /// Schemas of the server that have a block in it.
    pub schemas: BTreeSet<SchemaPath>,
    /// Labels of its schema blocks.
    pub schema_labels: BTreeSet<String>,
}

impl Survey {
    /// Sorts the roles of a server, observed with any scope. The configuration may
    /// declare some of them already.
    pub fn of(observed: &Observed, declared: &Declared, resource: &ResourceName) -> Survey {
        let labels = declared.roles.keys().map(|address| address.label.to_string()).collect();
        let schema_labels = declared.schemas.keys().map(|address| address.label.to_string()).collect();
        let schemas = declared.schemas.values().filter(|schema| schema.resource == *resource);
        let schemas = schemas.map(|schema| schema.path.clone()).collect();
        let mut survey = Survey { labels, schema_labels, schemas, ..Survey::default() };
        let roles = declared.roles.values().filter(|role| role.resource == *resource);
        let declared: BTreeSet<&RoleName> = roles.map(|role| &role.name).collect();
        for (name, fact) in &observed.roles {
            let left = if declared.contains(name) {
                Left::Declared
            } else if *name == observed.admin.name {
                Left::Administrator
            } else if name.as_str().starts_with("pg_") {
                continue;
            } else if keeper(name).is_some() {
                Left::Reserved
            } else if fact.superuser {
                Left::Superuser
            } else {
                survey.scope.managed.insert(name.clone());
                continue;
            };
            survey.left.insert(name.clone(), left);
        }
        let open = observed.databases.iter().filter(|(_, fact)| fact.accepts_connections && !fact.template);
        survey.scope.databases = open.map(|(name, _)| name.clone()).collect();
        // Listed whole, so that "everything there is" can be told from a long list.
        survey.scope.kinds = BTreeSet::from([
            ObjectKind::Database,
            ObjectKind::Schema,
            ObjectKind::Table,
            ObjectKind::Sequence,
            ObjectKind::Routine,
            ObjectKind::Type,
        ]);
        survey
    }
}
