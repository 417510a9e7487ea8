//! Reads a whole server: all its databases side by side.
//!
//! Not here: what is read (`introspect`). The home session reads what the server shares,
//! while sessions in the databases that the scope names are being opened; where else roles
//! in scope hold something is known only then, and read last.
//! Invariant: every database is read in one REPEATABLE READ READ ONLY transaction, and
//! no more than `parallelism` at a time besides the home session; whatever fails, a failure of
//! the home session is told first.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use engine::code::Code;
use engine::name::DatabaseName;
use engine::observed::{Observed, Scope};
use engine::provider::{Progress, ProviderError};
use futures::future::{Either, select};
use futures::stream::{self, StreamExt as _};

use crate::Postgres;
use crate::connect::Target;
use crate::connect::pins::Mode;
use crate::error::{self, Failure, Site};
use crate::introspect::{Local, Reader, Shared, assemble};
use crate::link::{Calm, Link};
use crate::server::{Greeting, greet, pin, same_server, system_identifier};

const BEGIN_READ: &str = include_str!("session/begin_read.sql");
const ROLLBACK: &str = include_str!("session/rollback.sql");

/// What is being read, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// The server.
    pub(crate) target: &'a Arc<Target>,
    /// How patient to be with it.
    pub(crate) options: Postgres,
    /// What to look at.
    pub(crate) scope: &'a Scope,
    /// Databases that are not read.
    pub(crate) unread: &'a BTreeSet<DatabaseName>,
    /// Who waits.
    pub(crate) progress: &'a dyn Progress,
}

/// One database, and the system identifier of the server that it was read from.
type Read = (Local, Option<u64>);

/// Reads all that is in scope, on an open home session.
pub(crate) async fn observe(
    reading: Reading<'_>,
    home: &Link,
    greeting: Greeting,
) -> Result<Observed, ProviderError> {
    let at_home = Box::pin(async { Ok((greeting, reading.home(home).await?)) });
    reading.all(at_home).await
}

/// Opens the home session, and reads all that is in scope. Nothing waits for anything that it
/// does not need: sessions are opened side by side, and each asks everything at once.
pub(crate) async fn look(
    target: Target,
    options: Postgres,
    (scope, progress): (&Scope, &dyn Progress),
) -> Result<Observed, ProviderError> {
    let target = Arc::new(target);
    let unread = BTreeSet::new();
    let reading = Reading { target: &target, options, scope, unread: &unread, progress };
    let at_home = Box::pin(async {
        let home = target.open(&target.site.database, Mode::Read).await?;
        let (greeting, read) = futures::join!(greet(&home), reading.home(&home));
        Ok((greeting?, read?))
    });
    reading.all(at_home).await
}

fn is_open(shared: &Shared, database: &DatabaseName) -> bool {
    shared.databases.get(database).is_some_and(|fact| fact.accepts_connections)
}

impl<'a> Reading<'a> {
    /// Everything, given what comes from the home session.
    async fn all(
        self,
        at_home: impl Future<Output = Result<(Greeting, (Shared, Option<Local>)), ProviderError>> + Unpin,
    ) -> Result<Observed, ProviderError> {
        let home = &self.target.site.database;
        let named: Vec<&DatabaseName> =
            self.scope.databases.iter().filter(|name| *name != home && self.reads(name)).collect();
        self.progress.expect(1);
        // Boxed, as those who wait at home are: so many questions at once are large values.
        let others = Box::pin(self.databases(named));
        let ((greeting, (shared, local)), named) = match select(at_home, others).await {
            Either::Left((at_home, others)) => (at_home?, others.await?),
            Either::Right((others, at_home)) => (at_home.await?, others?),
        };
        let known = greeting.identity.system_identifier;
        let mut locals: BTreeMap<DatabaseName, Local> =
            local.map(|local| (home.clone(), local)).into_iter().collect();
        for (database, outcome) in named {
            match outcome {
                Ok(read) => drop(locals.insert(database.clone(), self.of_server(database, known, read)?)),
                // The engine sees it in `Observed::databases`, and knows which line names it.
                Err(_) if !is_open(&shared, &database) => {}
                Err(error) => return Err(error),
            }
        }
        let open = |database: &&DatabaseName| is_open(&shared, database) && self.reads(database);
        for (database, outcome) in self.databases(shared.elsewhere.iter().filter(open).collect()).await? {
            let local = self.of_server(database.clone(), known, outcome?)?;
            locals.insert(database, local);
        }
        Ok(assemble((greeting.identity, greeting.room), shared, locals))
    }

    fn reads(self, database: &DatabaseName) -> bool {
        !self.unread.contains(database)
    }

    /// What was read, if it is of the same server as the home session.
    fn of_server(
        self,
        database: DatabaseName,
        known: Option<u64>,
        (local, found): Read,
    ) -> Result<Local, ProviderError> {
        let site = Site { database, ..self.target.site.clone() };
        same_server(&site, known, found).map(|()| local).map_err(error::lasting)
    }

    /// What the server shares, and the home database when the scope names it.
    async fn home(self, link: &Link) -> Result<(Shared, Option<Local>), ProviderError> {
        let home = &link.site.database;
        let wanted = self.scope.databases.contains(home) && self.reads(home);
        if wanted {
            self.progress.expect(1);
        }
        if link.calm().await == Calm::Interrupted {
            // An observation was given up; its own ROLLBACK may have been cancelled with it.
            let end = async { link.client().batch_execute(ROLLBACK).await.map_err(Failure::from) };
            link.work("reading the catalogs", end).await?;
        }
        let _transaction = Begun(link);
        let reader = reader(link);
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
    ) -> Result<Vec<(DatabaseName, Result<Read, ProviderError>)>, ProviderError> {
        self.progress.expect(databases.len() as u64);
        let reads = databases.into_iter().map(|database| async move {
            let outcome = self.database(database).await;
            self.progress.done(1);
            (database.clone(), outcome)
        });
        let mut reads = stream::iter(reads).buffer_unordered(self.options.parallelism.max(1));
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
    async fn database(self, database: &DatabaseName) -> Result<Read, ProviderError> {
        let link = self.target.open(database, Mode::Read).await?;
        let reader = reader(&link);
        link.work("reading the catalogs", async {
            let (pinned, found, begun, local) = futures::join!(
                pin(&link),
                system_identifier(&link),
                link.client().batch_execute(BEGIN_READ),
                reader.local(database, self.scope)
            );
            pinned?;
            let found = found?;
            begun?;
            Ok((local?, found))
        })
        .await
    }
}

fn reader(link: &Link) -> Reader<'_> {
    Reader::new(link.client(), link.major, link.superuser)
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
