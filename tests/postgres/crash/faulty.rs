//! A provider that fails at a chosen boundary, and is PostgreSQL in everything else.
//!
//! A boundary is a moment before or after something that apply asks of a server: connecting,
//! the lock, a transaction's begin, a look, one statement, COMMIT, ROLLBACK; and every event
//! that it tells its audit (through the clock), between which it writes its state. Invariant:
//! without a fault, what passes is unchanged.

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

/// What happens at the boundary.
pub(crate) type Act = Rc<dyn Fn(&str)>;

/// Counts boundaries and acts at one of them.
#[derive(Clone)]
pub(crate) struct Fault {
    passed: Rc<Cell<usize>>,
    /// How the names of the boundaries that are counted end.
    kind: &'static str,
    at: usize,
    act: Act,
}

impl Fault {
    /// Acts at boundary number `at`, counted from 1.
    pub(crate) fn new(at: usize, act: Act) -> Fault {
        Fault::among("", at, act)
    }

    /// The same, where only boundaries count whose names end so.
    pub(crate) fn among(kind: &'static str, at: usize, act: Act) -> Fault {
        Fault { passed: Rc::default(), kind, at, act }
    }

    /// One more boundary.
    pub(crate) fn pass(&self, name: &str) {
        if !name.ends_with(self.kind) {
            return;
        }
        self.passed.set(self.passed.get() + 1);
        if self.passed.get() == self.at {
            (self.act)(name);
        }
    }

    /// How many there were.
    pub(crate) fn passed(&self) -> usize {
        self.passed.get()
    }

    async fn around<T>(&self, name: &str, work: impl Future<Output = T>) -> T {
        self.pass(&format!("before {name}"));
        let done = work.await;
        self.pass(&format!("after {name}"));
        done
    }
}

/// What is wrapped, and the fault.
pub(crate) struct Faulty<T> {
    pub(crate) inner: T,
    pub(crate) fault: Fault,
}

impl<T: Dialect> Dialect for Faulty<T> {
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

impl<P: Provider> Provider for Faulty<P> {
    type Server = Faulty<P::Server>;

    async fn connect(
        &self,
        resource: &DeclaredResource,
        password: Option<&Secret>,
    ) -> Result<Self::Server, ProviderError> {
        let inner = self.fault.around("connecting", self.inner.connect(resource, password)).await?;
        Ok(Faulty { inner, fault: self.fault.clone() })
    }

    async fn look(
        &self,
        whom: (&DeclaredResource, Option<&Secret>),
        scope: &Scope,
        progress: &dyn Progress,
    ) -> Result<Observed, ProviderError> {
        self.inner.look(whom, scope, progress).await
    }
}

impl<S: Server> Server for Faulty<S> {
    type Transaction = Faulty<S::Transaction>;

    fn identity(&self) -> &Identity {
        self.inner.identity()
    }

    async fn observe(&self, scope: &Scope, progress: &dyn Progress) -> Result<Observed, ProviderError> {
        self.fault.around("the look at the server", self.inner.observe(scope, progress)).await
    }

    async fn lock(&self) -> Result<(), ProviderError> {
        self.fault.around("the lock", self.inner.lock()).await
    }

    async fn settle(&self) -> Result<(), ProviderError> {
        self.fault.around("settling", self.inner.settle()).await
    }

    async fn begin(&self, database: &DatabaseName) -> Result<Self::Transaction, ProviderError> {
        let inner = self.fault.around("begin", self.inner.begin(database)).await?;
        Ok(Faulty { inner, fault: self.fault.clone() })
    }
}

impl<T: Transaction> Transaction for Faulty<T> {
    async fn observe(&mut self, scope: &Scope, view: View) -> Result<Catalog, ProviderError> {
        self.fault.around("a look", self.inner.observe(scope, view)).await
    }

    async fn possessions(&mut self, scope: &Scope, view: View) -> Result<Possessions, ProviderError> {
        self.fault.around("a look", self.inner.possessions(scope, view)).await
    }

    /// One at a time, so that there is a boundary between any two.
    async fn execute(
        &mut self,
        statements: &[Statement],
        verifiers: &BTreeMap<RoleName, Secret>,
        report: &mut dyn FnMut(Executed),
    ) -> Result<(), ProviderError> {
        for (index, statement) in statements.iter().enumerate() {
            let mut shifted = |executed| report(Executed { index, ..executed });
            let one = self.inner.execute(std::slice::from_ref(statement), verifiers, &mut shifted);
            self.fault.around("a statement", one).await?;
        }
        Ok(())
    }

    async fn commit(self) -> Result<(), ProviderError> {
        self.fault.around("COMMIT", self.inner.commit()).await
    }

    async fn rollback(self) -> Result<(), ProviderError> {
        self.fault.around("ROLLBACK", self.inner.rollback()).await
    }
}
