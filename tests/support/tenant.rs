//! One test's corner of a shared server: a prefix for its roles and databases.
//!
//! Roles belong to a whole server, so tests that share one need names of their own.
//! `{p}` in a text stands for the prefix, which always has seven characters: columns
//! line up the same in every run, and [`Tenant::hide`] turns it back for snapshots.
//! Invariant: no two tenants of one server have the same prefix.

use crate::client::{Login, Rows, SqlError};
use crate::cluster::Cluster;

/// Letters of a prefix. No digits or capitals, so that names stay plain identifiers.
const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";

/// A test's own names on a server.
pub struct Tenant<'a> {
    /// The server.
    pub cluster: &'a Cluster,
    /// What its names start with, e.g. `qwhzrt_`.
    pub prefix: String,
}

impl<'a> Tenant<'a> {
    pub(crate) fn new(cluster: &'a Cluster) -> Tenant<'a> {
        Tenant { cluster, prefix: random_prefix() }
    }

    /// Creates an empty database; its name is `{p}` and `name`.
    #[track_caller]
    pub fn database(&self, name: &str) -> String {
        let database = format!("{}{name}", self.prefix);
        self.cluster.sql("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0"));
        database
    }

    /// `text` with `{p}` replaced by the prefix.
    pub fn fill(&self, text: &str) -> String {
        text.replace("{p}", &self.prefix)
    }

    /// `text` with the prefix replaced by `{p}`: the same in every run, if not the same width as what was filled.
    pub fn hide(&self, text: &str) -> String {
        text.replace(&self.prefix, "{p}")
    }

    /// Runs statements as the superuser, `{p}` filled in. `database` is the short name.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) {
        self.cluster.sql(&self.long(database), &self.fill(sql));
    }

    /// Runs statements as the superuser and returns their rows, with `{p}` in place of the prefix.
    #[track_caller]
    pub fn query(&self, database: &str, sql: &str) -> Rows {
        let rows = self.cluster.query(&self.long(database), &self.fill(sql));
        let hide = |field: Option<String>| field.map(|text| self.hide(&text));
        rows.into_iter().map(|row| row.into_iter().map(hide).collect()).collect()
    }

    /// Logs in and tries statements; names without prefix, `{p}` filled in, and hidden in the refusal.
    pub fn try_as(&self, login: Login<'_>, sql: &str) -> Result<Rows, SqlError> {
        let role = format!("{}{}", self.prefix, login.role);
        let login = Login { role: &role, database: &self.long(login.database), ..login };
        self.cluster
            .try_as(login, &self.fill(sql))
            .map_err(|error| SqlError { message: self.hide(&error.message), ..error })
    }

    /// `postgres` is everybody's; all other databases are the tenant's.
    fn long(&self, database: &str) -> String {
        if database == "postgres" { database.to_owned() } else { format!("{}{database}", self.prefix) }
    }
}

/// Six random letters and `_`: 300 million prefixes, for hundreds of tenants.
fn random_prefix() -> String {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes).expect("random bytes");
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    letters.chain(['_']).collect()
}
