//! A provider that tells a witness of every boundary of an apply, and is PostgreSQL in everything
//! else.
//!
//! A boundary is the moment before or after something that apply asks of a server: connecting, the
//! lock, a transaction's begin, a look, its statements, COMMIT, ROLLBACK. Not here: what happens
//! there, a fault (`crash::faulty`) or the act of somebody else (`between`). Invariant: what passes
//! is unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use engine::catalog::Catalog;
use engine::declared::DeclaredResource;
use engine::diagnostic::Diagnostic;
use engine::name::{DatabaseName, RoleName};
use engine::observed::{Identity, Observed, Scope};
use engine::plan::{Batch, Statement, Step};
use engine::provider::{
    Dialect, Executed, Possessions, Progress, Provider, ProviderError, Server, Transaction, View,
};
use engine::secret::Secret;

/// What is asked of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Connecting,
    LookAtServer,
    Lock,
    Settling,
    Begin,
    /// A transaction looks, before it has executed anything.
    Look,
    /// One of several statements, for witnesses that want each.
    Statement,
    /// All statements of a transaction.
    Statements,
    /// A transaction looks at what it has done.
    Proof,
    Commit,
    Rollback,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Connecting => "connecting",
            Work::LookAtServer => "the look at the server",
            Work::Lock => "the lock",
            Work::Settling => "settling",
            Work::Begin => "begin",
            Work::Look | Work::Proof => "a look",
            Work::Statement => "a statement",
            Work::Statements => "the statements",
            Work::Commit => "COMMIT",
            Work::Rollback => "ROLLBACK",
        })
    }
}

/// A moment of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    Before(Work),
    After(Work),
    /// After work that failed.
    Failed(Work),
}

/// Who is told of boundaries. What is asked goes on when it is done with them.
pub(crate) trait Witness: Clone {
    /// Whether statements are sent one by one, so that there is a boundary between any two.
    const EACH_STATEMENT: bool;

    /// One more boundary.
    fn passes(&self, boundary: Boundary);
}

/// What is wrapped, and who watches.
pub(crate) struct Watched<T, W> {
    inner: T,
    witness: W,
    executed: bool,
}

impl<T, W: Witness> Watched<T, W> {
    /// Watches.
    pub(crate) fn new(inner: T, witness: W) -> Watched<T, W> {
        Watched { inner, witness, executed: false }
    }

    fn also<U>(&self, inner: U) -> Watched<U, W> {
        Watched::new(inner, self.witness.clone())
    }

    /// How a transaction's look counts.
    fn look(&self) -> Work {
        if self.executed { Work::Proof } else { Work::Look }
    }
}

async fn around<T, E>(
    witness: &impl Witness,
    work: Work,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    witness.passes(Boundary::Before(work));
    let done = asked.await;
    witness.passes(if done.is_ok() { Boundary::After(work) } else { Boundary::Failed(work) });
    done
}

impl<T: Dialect, W> Dialect for Watched<T, W> {
    fn write(&self, observed: &Observed, batch: &Batch<'_>) -> Vec<Step> {
        self.inner.write(observed, batch)
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

impl<P: Provider, W: Witness> Provider for Watched<P, W> {
    type Server = Watched<P::Server, W>;

    async fn connect(
        &self,
        resource: &DeclaredResource,
        password: Option<&Secret>,
    ) -> Result<Self::Server, ProviderError> {
        let asked = self.inner.connect(resource, password);
        Ok(self.also(around(&self.witness, Work::Connecting, asked).await?))
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

impl<S: Server, W: Witness> Server for Watched<S, W> {
    type Transaction = Watched<S::Transaction, W>;

    fn identity(&self) -> &Identity {
        self.inner.identity()
    }

    async fn observe_without(
        &self,
        scope: &Scope,
        unread: &BTreeSet<DatabaseName>,
        progress: &dyn Progress,
    ) -> Result<Observed, ProviderError> {
        around(&self.witness, Work::LookAtServer, self.inner.observe_without(scope, unread, progress)).await
    }

    async fn lock(&self) -> Result<(), ProviderError> {
        around(&self.witness, Work::Lock, self.inner.lock()).await
    }

    async fn settle(&self) -> Result<(), ProviderError> {
        around(&self.witness, Work::Settling, self.inner.settle()).await
    }

    async fn begin(&self, database: &DatabaseName) -> Result<Self::Transaction, ProviderError> {
        Ok(self.also(around(&self.witness, Work::Begin, self.inner.begin(database)).await?))
    }
}

impl<T: Transaction, W: Witness> Transaction for Watched<T, W> {
    async fn observe(&mut self, scope: &Scope, view: View) -> Result<Catalog, ProviderError> {
        let look = self.look();
        around(&self.witness, look, self.inner.observe(scope, view)).await
    }

    async fn possessions(&mut self, scope: &Scope, view: View) -> Result<Possessions, ProviderError> {
        let look = self.look();
        around(&self.witness, look, self.inner.possessions(scope, view)).await
    }

    async fn execute(
        &mut self,
        statements: &[Statement],
        verifiers: &BTreeMap<RoleName, Secret>,
        report: &mut dyn FnMut(Executed),
    ) -> Result<(), ProviderError> {
        if W::EACH_STATEMENT {
            for (index, statement) in statements.iter().enumerate() {
                let mut shifted = |executed| report(Executed { index, ..executed });
                let one = self.inner.execute(std::slice::from_ref(statement), verifiers, &mut shifted);
                around(&self.witness, Work::Statement, one).await?;
            }
        } else {
            let all = self.inner.execute(statements, verifiers, report);
            around(&self.witness, Work::Statements, all).await?;
        }
        self.executed = true;
        Ok(())
    }

    async fn commit(self) -> Result<(), ProviderError> {
        around(&self.witness, Work::Commit, self.inner.commit()).await
    }

    async fn rollback(self) -> Result<(), ProviderError> {
        around(&self.witness, Work::Rollback, self.inner.rollback()).await
    }
}
