//! The seam: what the engine asks of a provider.
//!
//! The engine decides what to do and in which order; a provider knows one kind of
//! server: how to connect, observe, write statements and run them. Not here: any SQL.
//! Invariant: `Dialect` is pure (same batch, same statements), and a `Transaction` that
//! is dropped without `commit` leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use crate::catalog::Catalog;
use crate::declared::DeclaredResource;
use crate::diagnostic::Diagnostic;
use crate::name::{DatabaseName, RoleName};
use crate::observed::{Identity, Observed, Owned, Scope};
use crate::plan::{Batch, Statement, Step};
use crate::secret::Secret;

/// A failure of a server or of the wire, with the message that people read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {}", diagnostic.summary, diagnostic.detail)]
pub struct ProviderError {
    /// What to tell.
    pub diagnostic: Box<Diagnostic>,
    /// Whether the same may succeed if it is verified and tried again
    /// (40001, 40P01, 55P03, "tuple concurrently updated").
    pub transient: bool,
}

/// Writes statements for one kind of server. Pure.
pub trait Dialect {
    /// The statements of one batch of like work, coalesced, in order, and what each is about.
    fn write(&self, observed: &Observed, batch: &Batch<'_>) -> Vec<Step>;

    /// A setting's value as the server will store it (`search_path` is a list of identifiers, …).
    fn canonical_setting(&self, name: &str, value: &str) -> String;

    /// The verifier to store for a password, e.g. SCRAM-SHA-256 with a random salt.
    fn verifier(&self, password: &Secret) -> Secret;

    /// What of a batch the administrator would not be allowed to do, named per object.
    fn preflight(&self, observed: &Observed, batch: &Batch<'_>) -> Vec<Diagnostic>;
}

/// Opens servers.
pub trait Provider: Dialect {
    /// An open server.
    type Server: Server;

    /// Connects to a resource's own database as its administrator.
    fn connect(
        &self,
        resource: &DeclaredResource,
        password: Option<&Secret>,
    ) -> impl Future<Output = Result<Self::Server, ProviderError>>;

    /// Connects to a resource (with its administrator's password), observes and hangs up:
    /// `Server::observe` for who wants nothing else, in as few round trips as that takes.
    fn look(
        &self,
        whom: (&DeclaredResource, Option<&Secret>),
        scope: &Scope,
        progress: &dyn Progress,
    ) -> impl Future<Output = Result<Observed, ProviderError>>;
}

/// What long work tells on the way, for progress bars.
pub trait Progress {
    /// So many units of work were found to do.
    fn expect(&self, units: u64);
    /// So many were done.
    fn done(&self, units: u64);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Progress for Quiet {
    fn expect(&self, _: u64) {}
    fn done(&self, _: u64) {}
}

/// An open server.
pub trait Server {
    /// A transaction in one of its databases.
    type Transaction: Transaction;

    /// Which server it is.
    fn identity(&self) -> &Identity;

    /// Reads all that is in scope, in REPEATABLE READ READ ONLY transactions, all databases
    /// side by side. Databases that the scope does not name but where its roles hold
    /// something are found and read too.
    fn observe(
        &self,
        scope: &Scope,
        progress: &dyn Progress,
    ) -> impl Future<Output = Result<Observed, ProviderError>> {
        async { self.observe_without(scope, &BTreeSet::new(), progress).await }
    }

    /// The same, without what is in some databases.
    fn observe_without(
        &self,
        scope: &Scope,
        unread: &BTreeSet<DatabaseName>,
        progress: &dyn Progress,
    ) -> impl Future<Output = Result<Observed, ProviderError>>;

    /// Takes the advisory lock that keeps a second roleform away, for as long as the value lives.
    fn lock(&self) -> impl Future<Output = Result<(), ProviderError>>;

    /// Waits a while until transactions of this run that were dropped are over on the server.
    fn settle(&self) -> impl Future<Output = Result<(), ProviderError>>;

    /// Begins a read-write transaction in a database.
    fn begin(
        &self,
        database: &DatabaseName,
    ) -> impl Future<Output = Result<Self::Transaction, ProviderError>>;
}

/// What became of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Its place in the slice that was executed.
    pub index: usize,
    /// Time between the answer before and this one, in microseconds: statements are pipelined.
    pub micros: u64,
    /// Rows affected, when the server says.
    pub rows: Option<u64>,
    /// SQLSTATE and message; `None` for success.
    pub failure: Option<(String, String)>,
    /// Notices and warnings meanwhile: SQLSTATE and message.
    pub notices: Vec<(String, String)>,
}

/// Which part of a server a transaction looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The database's own ACLs only.
    Local,
    /// Those, and what the whole server shares: roles, memberships, shared ACLs.
    LocalAndShared,
}

/// What roles that shall be dropped leave behind, as a transaction sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Possessions {
    /// By role; with the shared view also what the server shares.
    pub owned: BTreeMap<RoleName, Vec<Owned>>,
    /// Databases in which any role in scope holds or owns something, beside those that the scope
    /// names; only with the shared view.
    pub elsewhere: BTreeSet<DatabaseName>,
}

/// An open read-write transaction.
pub trait Transaction {
    /// Reads the scope as this transaction sees it. The database's own ACLs come under its
    /// name in `Catalog::databases`.
    fn observe(&mut self, scope: &Scope, view: View) -> impl Future<Output = Result<Catalog, ProviderError>>;

    /// Looks at what keeps roles from being dropped.
    fn possessions(
        &mut self,
        scope: &Scope,
        view: View,
    ) -> impl Future<Output = Result<Possessions, ProviderError>>;

    /// Runs statements, pipelined, and reports each. `verifiers` has what statements with a
    /// `verifier_for` need. Stops at the first failure; warnings 01006 and 01007 are failures.
    fn execute(
        &mut self,
        statements: &[Statement],
        verifiers: &BTreeMap<RoleName, Secret>,
        report: &mut dyn FnMut(Executed),
    ) -> impl Future<Output = Result<(), ProviderError>>;

    /// Commits.
    fn commit(self) -> impl Future<Output = Result<(), ProviderError>>;

    /// Rolls back.
    fn rollback(self) -> impl Future<Output = Result<(), ProviderError>>;
}
