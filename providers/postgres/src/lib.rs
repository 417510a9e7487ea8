//! The PostgreSQL provider: the only part of roleform that speaks to servers.
//!
//! What it is for stands in `engine::provider`, the seam it implements. Not here: HCL,
//! state, plan files, terminals. Invariant: SQL stands in `sql/` and in `.sql` files only.

pub mod acl;
mod acting;
pub mod connect;
mod desk;
mod error;
mod execute;
pub mod introspect;
mod link;
pub mod lock;
mod observe;
mod outcome;
mod preflight;
pub mod server;
pub mod sql;
mod tls;
pub mod transaction;
pub mod verifier;
mod watch;

use std::time::Duration;

use engine::declared::DeclaredResource;
use engine::diagnostic::Diagnostic;
use engine::observed::{Observed, Scope};
use engine::plan::{Batch, Step};
use engine::provider::{Dialect, Progress, Provider, ProviderError};
use engine::secret::Secret;

use connect::Target;
use server::PostgresServer;

/// PostgreSQL, and how patient to be with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// How long to try for the advisory lock (`-lock-timeout`); zero: once.
    pub lock_wait: Duration,
    /// How many databases of one server to read at a time.
    pub parallelism: usize,
}

impl Default for Postgres {
    /// One try for the lock, as Terraform; eight databases, since each costs the server a process.
    fn default() -> Postgres {
        Postgres { lock_wait: Duration::ZERO, parallelism: 8 }
    }
}

impl Dialect for Postgres {
    fn write(&self, observed: &Observed, batch: &Batch<'_>) -> Vec<Step> {
        sql::write(&sql::Known { identity: &observed.identity, observed: Some(observed) }, batch)
    }

    fn canonical_setting(&self, name: &str, value: &str) -> String {
        sql::setting::canonical_setting(name, value)
    }

    fn verifier(&self, password: &Secret) -> Secret {
        verifier::verifier(password)
    }

    fn preflight(&self, observed: &Observed, batch: &Batch<'_>) -> Vec<Diagnostic> {
        preflight::preflight(observed, batch)
    }
}

impl Provider for Postgres {
    type Server = PostgresServer;

    async fn connect(
        &self,
        resource: &DeclaredResource,
        password: Option<&Secret>,
    ) -> Result<PostgresServer, ProviderError> {
        PostgresServer::connect(Target::new(resource, password)?, *self).await
    }

    async fn look(
        &self,
        (resource, password): (&DeclaredResource, Option<&Secret>),
        scope: &Scope,
        progress: &dyn Progress,
    ) -> Result<Observed, ProviderError> {
        observe::look(Target::new(resource, password)?, *self, (scope, progress)).await
    }
}
