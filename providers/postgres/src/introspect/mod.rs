//! Reads a server's catalogs: what is in scope, exactly, in ACL classes.
//!
//! A `Reader` works on a client that someone else connected and put into a transaction
//! (REPEATABLE READ READ ONLY to plan, the open one to apply) with pinned settings:
//! `search_path = pg_catalog`, UTC, ISO dates, `standard_conforming_strings`. With that path
//! no user's function or operator can stand in for the server's, and every relation and
//! function is qualified all the same, so that temporary ones cannot either.
//!
//! All queries of one observation are sent at once: one round trip, whatever they find.
//! Not here: connections, transactions, messages (`server`, `transaction`, `error`).
//! Invariant: nothing outside the scope enters a `Catalog`; the queries read, never write.

mod assemble;
mod class;
mod collect;
mod departure;
mod grantors;
mod local;
mod objects;
mod owners;
mod roles;
mod shared;
mod shared_grants;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use engine::name::NameError;
use engine::object::ObjectKind;
use engine::observed::Scope;

use crate::acl::AclError;

pub use assemble::{assemble, catalog, possessions};
pub use local::Local;
pub use shared::Shared;

/// Reads one database through one client.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    client: &'a Client,
    major: u32,
    superuser: bool,
}

/// Why a catalog could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The server or the wire.
    #[error(transparent)]
    Wire(#[from] tokio_postgres::Error),
    /// An ACL that roleform does not understand whole.
    #[error("on {on}: {source}")]
    Acl {
        /// Whose ACL: kind and a name.
        on: String,
        /// What is wrong with it.
        source: AclError,
    },
    /// A name that PostgreSQL should not have let in.
    #[error("the catalog has the name {text:?}: {source}")]
    Name {
        /// As found.
        text: String,
        /// What is wrong with it.
        source: NameError,
    },
    /// Default privileges on a kind of object that came after PostgreSQL 18.
    #[error("default privileges of {creator} are about a kind of object that is not known (`{kind}`)")]
    UnknownDefault {
        /// Whose default privileges.
        creator: String,
        /// `pg_default_acl.defaclobjtype`.
        kind: char,
    },
    /// The administrator's own row is missing.
    #[error("the server does not show the role that this session runs as")]
    NoAdmin,
}

impl<'a> Reader<'a> {
    /// `major` is the server's major version, `superuser` whether this session is one: the
    /// server reports both when a session starts (`server_version`, `is_superuser`).
    pub fn new(client: &'a Client, major: u32, superuser: bool) -> Reader<'a> {
        Reader { client, major, superuser }
    }

    /// Sends one query; queries that are awaited together travel together.
    async fn ask(&self, sql: &str, values: Vec<Value<'_>>) -> Result<Vec<Row>, ReadError> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = values.iter().map(Value::parameter).collect();
        Ok(self.client.query_typed(sql, &parameters).await?)
    }
}

/// A query's parameter, with its type, so that no round trip is spent on asking for it.
enum Value<'a> {
    Flag(bool),
    Names(&'a [&'a str]),
}

impl Value<'_> {
    fn parameter(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Value::Flag(flag) => (flag, Type::BOOL),
            Value::Names(names) => (names, Type::NAME_ARRAY),
        }
    }
}

/// A text as one of the engine's names.
fn name<T>(text: &str, new: impl Fn(&str) -> Result<T, NameError>) -> Result<T, ReadError> {
    new(text).map_err(|source| ReadError::Name { text: text.to_owned(), source })
}

/// All roles in scope, as a query parameter.
fn scope_roles(scope: &Scope) -> Vec<&str> {
    scope.managed.iter().chain(&scope.external).map(|role| role.as_str()).collect()
}

/// Whether objects of this kind are listed whole.
fn wants(scope: &Scope, kind: ObjectKind) -> bool {
    scope.kinds.contains(&kind)
}
