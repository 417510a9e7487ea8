//! Reads a whole server: all its databases side by side.
//!
//! Not here: what is read (`introspect`). The home session reads what the server shares,
//! while sessions in the databases that the scope names are being opened; where else roles
//! in scope hold something is known only then, and read last.
//! Invariant: every database is read in one REPEATABLE READ READ ONLY transaction, and
//! no more than `parallelism` at a time besides the home session.

use std::collections::BTreeMap;

use engine::code::Code;
use engine::name::DatabaseName;
use engine::observed::{Observed, Scope};
use engine::provider::{Progress, ProviderError};
use futures::stream::{self, StreamExt as _};

use crate::connect::pins::Mode;
use crate::error::Failure;
use crate::introspect::{Local, Reader, Shared, assemble};
use crate::link::{Calm, Link};
use crate::server::{PostgresServer, pin, same_server};

const BEGIN_READ: &str = include_str!("session/begin_read.sql");
const ROLLBACK: &str = include_str!("session/rollback.sql");

/// What is being read, and for whom.
#[derive(Clone, Copy)]
struct Reading<'a> {
    server: &'a PostgresServer,
    scope: &'a Scope,
    progress: &'a dyn Progress,
}

/// Reads all that is in scope.
pub(crate) async fn observe(
    server: &PostgresServer,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<Observed, ProviderError> {
    let reading = Reading { server, scope, progress };
    let home = &server.home.site.database;
    let named: Vec<&DatabaseName> = scope.databases.iter().filter(|database| *database != home).collect();
    progress.expect(1);
    let (at_home, elsewhere) = futures::try_join!(reading.home(), reading.databases(named))?;
    let (shared, local) = at_home;
    let mut locals = local.map(|local| (home.clone(), local)).into_iter().collect::<BTreeMap<_, _>>();
    for (database, outcome) in elsewhere {
        match outcome {
            Ok(local) => drop(locals.insert(database, local)),
            // The engine sees it in `Observed::databases`, and knows which line names it.
            Err(_) if !is_open(&shared, &database) => {}
            Err(error) => return Err(error),
        }
    }
    let open = |database: &&DatabaseName| is_open(&shared, database);
    for (database, outcome) in reading.databases(shared.elsewhere.iter().filter(open).collect()).await? {
        locals.insert(database, outcome?);
    }
    Ok(assemble(server.identity.clone(), shared, locals))
}

fn is_open(shared: &Shared, database: &DatabaseName) -> bool {
    shared.databases.get(database).is_some_and(|fact| fact.accepts_connections)
}

impl<'a> Reading<'a> {
    /// What the server shares, and the home database when the scope names it.
    async fn home(self) -> Result<(Shared, Option<Local>), ProviderError> {
        let link = &self.server.home;
        let home = &link.site.database;
        let wanted = self.scope.databases.contains(home);
        if wanted {
            self.progress.expect(1);
        }
        if link.calm().await == Calm::Interrupted {
            // An observation was given up; its own ROLLBACK may have been cancelled with it.
            let end = async { link.client().batch_execute(ROLLBACK).await.map_err(Failure::from) };
            link.work("reading the catalogs", end).await?;
        }
        let _transaction = Begun(link);
        let reader = self.reader(link);
        let both = async {
            // Sent together: a request is sent when it is first polled.
            let (begun, shared, local) =
                futures::join!(link.client().batch_execute(BEGIN_READ), reader.shared(self.scope), async {
                    if wanted { Some(reader.local(home, self.scope).await) } else { None }
                });
            begun?;
            Ok((shared?, local.transpose()?))
        };
        let read = link.work("reading the catalogs", both).await?;
        self.progress.done(1 + u64::from(wanted));
        Ok(read)
    }

    /// Several databases. Only that a database is closed is no failure of the whole.
    async fn databases(
        self,
        databases: Vec<&'a DatabaseName>,
    ) -> Result<Vec<(DatabaseName, Result<Local, ProviderError>)>, ProviderError> {
        self.progress.expect(databases.len() as u64);
        let reads = databases.into_iter().map(|database| async move {
            let outcome = self.database(database).await;
            self.progress.done(1);
            (database.clone(), outcome)
        });
        let mut reads = stream::iter(reads).buffer_unordered(self.server.options.parallelism.max(1));
        let mut all = Vec::new();
        while let Some((database, outcome)) = reads.next().await {
            match outcome {
                Err(error) if !lets_nobody_in(&error) => return Err(error),
                other => all.push((database, other)),
            }
        }
        Ok(all)
    }

    /// One database, on a session of its own.
    async fn database(self, database: &DatabaseName) -> Result<Local, ProviderError> {
        let link = self.server.target.open(database, Mode::Read).await?;
        let known = self.server.identity.system_identifier;
        let reader = self.reader(&link);
        link.work("reading the catalogs", async {
            let (pinned, same, begun, local) = futures::join!(
                pin(&link),
                same_server(&link, known),
                link.client().batch_execute(BEGIN_READ),
                reader.local(database, self.scope)
            );
            pinned?;
            same?;
            begun?;
            local.map_err(Failure::from)
        })
        .await
    }

    fn reader<'l>(&self, link: &'l Link) -> Reader<'l> {
        Reader::new(link.client(), self.server.identity.major(), link.superuser)
    }
}

fn lets_nobody_in(error: &ProviderError) -> bool {
    matches!(error.diagnostic.code, Code::PGS013 | Code::PGS014)
}

/// A transaction on the home session; ends with this value, without waiting.
struct Begun<'a>(&'a Link);

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.send(ROLLBACK);
    }
}
