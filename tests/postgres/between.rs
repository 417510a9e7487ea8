//! A provider that stops at a chosen moment of an apply, for others to act meanwhile.
//!
//! Everything is done by the real one. Not here: what others do (the tests). Invariant: the act
//! happens once, at the first such moment, and is over before the apply goes on.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::catalog::Catalog;
use engine::declared::DeclaredResource;
use engine::diagnostic::Diagnostic;
use engine::name::{DatabaseName, RoleName};
use engine::observed::{Identity, Observed, Scope};
use engine::plan::{Batch, Statement};
use engine::provider::{
    Dialect, Executed, Possessions, Progress, Provider, ProviderError, Server, Transaction, View,
};
use engine::secret::Secret;
use provider_postgres::Postgres;

use crate::wire::aside;

/// Moments of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The server is reached, and no transaction is open.
    Connected,
    /// A transaction is open, and has not looked.
    Begun,
    /// It has seen the facts, and nothing is executed.
    Looked,
    /// All is executed, and the outcome not seen.
    Executed,
    /// The outcome is proven, and nothing committed.
    Proven,
}

/// What others do, and when.
struct Act<'a> {
    moment: Moment,
    act: &'a (dyn Fn() + Sync),
    done: Cell<bool>,
}

impl Act<'_> {
    fn at(&self, moment: Moment) {
        if moment == self.moment && !self.done.replace(true) {
            aside(self.act);
        }
    }
}

/// The real provider, and what others do.
pub(crate) struct Between<'a> {
    inner: Postgres,
    act: Rc<Act<'a>>,
}

impl<'a> Between<'a> {
    /// Others act at this moment.
    pub(crate) fn new(inner: Postgres, moment: Moment, act: &'a (dyn Fn() + Sync)) -> Between<'a> {
        Between { inner, act: Rc::new(Act { moment, act, done: Cell::new(false) }) }
    }

    /// Whether the moment came.
    pub(crate) fn came(&self) -> bool {
        self.act.done.get()
    }
}

impl Dialect for Between<'_> {
    fn write(&self, identity: &Identity, batch: &Batch<'_>) -> Vec<Statement> {
        self.inner.write(identity, batch)
    }

    fn canonical_setting(&self, name: &str, value: &str) -> String {
        self.inner.canonical_setting(name, value)
    }

    fn verifier(&self, password: &Secret) -> Secret {
        self.inner.verifier(password)
    }

    fn preflight(&self, observed: &Observed, batch: &Batch<'_>) -> Vec<Diagnostic> {
        self.inner.preflight(observed, batch)
    }
}

impl<'a> Provider for Between<'a> {
    type Server = OpenServer<'a>;

    async fn connect(
        &self,
        resource: &DeclaredResource,
        password: Option<&Secret>,
    ) -> Result<OpenServer<'a>, ProviderError> {
        let inner = self.inner.connect(resource, password).await?;
        self.act.at(Moment::Connected);
        Ok(OpenServer { inner, act: Rc::clone(&self.act) })
    }

    async fn look(
        &self,
        server: (&DeclaredResource, Option<&Secret>),
        scope: &Scope,
        progress: &dyn Progress,
    ) -> Result<Observed, ProviderError> {
        self.inner.look(server, scope, progress).await
    }
}

/// A real server.
pub(crate) struct OpenServer<'a> {
    inner: <Postgres as Provider>::Server,
    act: Rc<Act<'a>>,
}

impl<'a> Server for OpenServer<'a> {
    type Transaction = OpenTransaction<'a>;

    fn identity(&self) -> &Identity {
        self.inner.identity()
    }

    async fn observe(&self, scope: &Scope, progress: &dyn Progress) -> Result<Observed, ProviderError> {
        self.inner.observe(scope, progress).await
    }

    async fn lock(&self) -> Result<(), ProviderError> {
        self.inner.lock().await
    }

    async fn settle(&self) -> Result<(), ProviderError> {
        self.inner.settle().await
    }

    async fn begin(&self, database: &DatabaseName) -> Result<OpenTransaction<'a>, ProviderError> {
        let inner = self.inner.begin(database).await?;
        self.act.at(Moment::Begun);
        Ok(OpenTransaction { inner, act: Rc::clone(&self.act), executed: false })
    }
}

/// A real transaction.
pub(crate) struct OpenTransaction<'a> {
    inner: <<Postgres as Provider>::Server as Server>::Transaction,
    act: Rc<Act<'a>>,
    executed: bool,
}

impl Transaction for OpenTransaction<'_> {
    async fn observe(&mut self, scope: &Scope, view: View) -> Result<Catalog, ProviderError> {
        let seen = self.inner.observe(scope, view).await?;
        self.act.at(if self.executed { Moment::Proven } else { Moment::Looked });
        Ok(seen)
    }

    async fn possessions(&mut self, scope: &Scope, view: View) -> Result<Possessions, ProviderError> {
        self.inner.possessions(scope, view).await
    }

    async fn execute(
        &mut self,
        statements: &[Statement],
        verifiers: &BTreeMap<RoleName, Secret>,
        report: &mut dyn FnMut(Executed),
    ) -> Result<(), ProviderError> {
        self.inner.execute(statements, verifiers, report).await?;
        self.executed = true;
        self.act.at(Moment::Executed);
        Ok(())
    }

    async fn commit(self) -> Result<(), ProviderError> {
        self.inner.commit().await
    }

    async fn rollback(self) -> Result<(), ProviderError> {
        self.inner.rollback().await
    }
}
