//! An open read-write transaction.
//!
//! Not here: pipelining (`execute`), reading catalogs (`introspect`), what became of a
//! COMMIT that was not answered (`outcome`).
//! Invariant: a transaction of which any part failed or was interrupted cannot be
//! committed, and one that is dropped leaves nothing behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::catalog::Catalog;
use engine::code::Code;
use engine::name::RoleName;
use engine::observed::Scope;
use engine::plan::Statement;
use engine::provider::{Executed, Possessions, ProviderError, Transaction, View};
use engine::secret::Secret;

use crate::desk::Desk;
use crate::error::{self, Failure};
use crate::execute::execute;
use crate::introspect::{self, Reader};
use crate::link::Link;
use crate::outcome::{self, Outcome};
use crate::watch;

const COMMIT: &str = include_str!("session/commit.sql");
const ROLLBACK: &str = include_str!("session/rollback.sql");
const TRANSACTION_ID: &str = include_str!("session/transaction_id.sql");

/// A transaction of PostgreSQL, on a connection of its own.
pub struct PostgresTransaction {
    link: Link,
    /// Major version of the server.
    major: u32,
    /// The process behind the session.
    pid: i32,
    /// Set while something runs and when it failed: what is interrupted stays so.
    spoiled: bool,
    /// The desk of the session that holds the advisory lock, if one does.
    lock: Option<Arc<Desk>>,
}

impl PostgresTransaction {
    /// Takes over a session on which a transaction was begun.
    pub(crate) fn new(link: Link, (major, pid): (u32, i32), lock: Option<Arc<Desk>>) -> PostgresTransaction {
        PostgresTransaction { link, major, pid, spoiled: false, lock }
    }

    /// Marks the transaction spoiled until `outcome` is known to be good.
    fn settle<T>(&mut self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        self.spoiled = outcome.is_err();
        outcome
    }

    /// Fails when something before has failed.
    fn fresh(&mut self) -> Result<(), ProviderError> {
        if std::mem::replace(&mut self.spoiled, true) { Err(self.refusal()) } else { Ok(()) }
    }

    fn refusal(&self) -> ProviderError {
        let what = "Something was to follow in a transaction of which a statement had failed or was interrupted; it was rolled back instead";
        error::lasting(self.link.site.tell(Code::CLI010, what))
    }

    /// The lock keeps other runs away; when the session that holds it is gone, another may
    /// be at work already.
    fn check_lock(&self) -> Result<(), ProviderError> {
        match self.lock.as_ref().and_then(|desk| desk.end()) {
            None => Ok(()),
            Some(end) => Err(error::lasting(self.link.site.lost("holding the lock", Some(end)))),
        }
    }
}

impl Transaction for PostgresTransaction {
    async fn observe(&mut self, scope: &Scope, view: View) -> Result<Catalog, ProviderError> {
        self.fresh()?;
        let database = &self.link.site.database;
        let reader = Reader::new(self.link.client(), self.major, self.link.superuser);
        let read = async {
            let (local, shared) = futures::join!(reader.local(database, scope), async {
                match view {
                    View::Local => Ok(None),
                    View::LocalAndShared => reader.shared(scope).await.map(Some),
                }
            });
            Ok(introspect::catalog(database.clone(), local?, shared?))
        };
        let outcome = self.link.work("reading the catalogs", Box::pin(read)).await;
        self.settle(outcome)
    }

    async fn possessions(&mut self, scope: &Scope, view: View) -> Result<Possessions, ProviderError> {
        self.fresh()?;
        let database = &self.link.site.database;
        let reader = Reader::new(self.link.client(), self.major, self.link.superuser);
        let read = async {
            let local = reader.local(database, scope).await?;
            let shared = match view {
                View::Local => None,
                View::LocalAndShared => Some(reader.shared(scope).await?),
            };
            Ok(introspect::possessions(local, shared))
        };
        let outcome = self.link.work("reading the catalogs", Box::pin(read)).await;
        self.settle(outcome)
    }

    async fn execute(
        &mut self,
        statements: &[Statement],
        verifiers: &BTreeMap<RoleName, Secret>,
        report: &mut dyn FnMut(Executed),
    ) -> Result<(), ProviderError> {
        self.fresh()?;
        let work = Box::pin(execute(&self.link, statements, verifiers, report));
        let outcome = watch::watched(&self.link, self.pid, work).await;
        self.settle(outcome)
    }

    async fn commit(mut self) -> Result<(), ProviderError> {
        let ready = match self.fresh() {
            Ok(()) => self.check_lock(),
            Err(error) => Err(error),
        };
        if let Err(error) = ready {
            // The reason matters; a rollback that fails as well is done by the server.
            let _ = self.rollback().await;
            return Err(error);
        }
        let client = self.link.client();
        let id = self
            .link
            .work("preparing to commit", async {
                let row = client.query_typed_one(TRANSACTION_ID, &[]).await?;
                Ok(row.try_get::<_, Option<String>>("id")?)
            })
            .await?;
        match client.batch_execute(COMMIT).await {
            Ok(()) => Ok(()),
            Err(refused) if refused.as_db_error().is_some() && !error::is_lost(&refused) => {
                Err(self.link.explain(Failure::Wire(refused), "committing"))
            }
            // Anything but a plain ERROR leaves open whether it was committed.
            Err(lost) => {
                let lost = self.link.explain(Failure::Wire(lost), "committing");
                match outcome::ask(&self.link.target, &self.link.site.database, id.as_deref()).await {
                    Outcome::Committed => Ok(()),
                    Outcome::RolledBack => Err(lost),
                    Outcome::Unknown(why) => Err(outcome::unknown(&self.link.site, &lost, &why)),
                }
            }
        }
    }

    async fn rollback(self) -> Result<(), ProviderError> {
        let patience = std::time::Duration::from_secs(self.link.target.patience);
        let end = async {
            self.link.calm().await;
            self.link.client().batch_execute(ROLLBACK).await
        };
        match tokio::time::timeout(patience, end).await {
            Ok(Ok(())) => Ok(()),
            // A server rolls back what it hears no more of.
            Ok(Err(error)) if error::is_lost(&error) => Ok(()),
            Ok(Err(error)) => Err(self.link.explain(Failure::Wire(error), "rolling back")),
            Err(_) => {
                let seconds = self.link.target.patience;
                let what = format!(
                    "The server did not answer ROLLBACK within {seconds} s; it rolls back when it notices that the session is gone"
                );
                Err(error::lasting(self.link.site.tell(Code::PGS018, what)))
            }
        }
    }
}
