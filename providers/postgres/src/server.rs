//! An open server: who it is, and the sessions on it.
//!
//! Not here: opening sessions (`connect`), the advisory lock (`lock`), reading side by
//! side (`observe`). Invariant: the home session, in the resource's own database, only
//! ever reads; whatever writes has a session of its own, on the same server.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::name::DatabaseName;
use engine::observed::{Identity, Observed, Scope};
use engine::provider::{Progress, ProviderError, Server};
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;

use crate::Postgres;
use crate::connect::Target;
use crate::connect::dial::Deadline;
use crate::connect::failure::{ConnectError, Phase};
use crate::connect::pins::Mode;
use crate::error::{Failure, Site};
use crate::link::Link;
use crate::lock;
use crate::observe::{self, Reading};
use crate::transaction::PostgresTransaction;

const PINS: &str = include_str!("session/pins.sql");
const PINNED: &str = include_str!("session/pinned.sql");
const WATCH: &str = include_str!("session/watch.sql");
const SERVER: &str = include_str!("session/server.sql");
const SYSTEM: &str = include_str!("session/system.sql");
const BACKEND: &str = include_str!("session/backend.sql");
const BEGIN_WRITE: &str = include_str!("session/begin_write.sql");

/// Who may have changed the settings of a session that has just begun.
const UNTOUCHED: &str = "Connect to the server itself, not to a pooler before it; an event trigger on login must leave these settings as they are.";

/// The oldest `server_version_num` that roleform works with.
const OLDEST: u32 = 130_000;

/// The first `server_version_num` whose GRANT and REVOKE keep a lock on each object they name
/// until the transaction ends. Three quarters of the lock table are for them: it is made larger
/// than the settings say, and the other sessions need little of it.
const LOCKS_KEPT: u32 = 180_000;

/// A server of PostgreSQL, with a session in the resource's own database.
pub struct PostgresServer {
    pub(crate) target: Arc<Target>,
    pub(crate) home: Link,
    pub(crate) options: Postgres,
    pub(crate) identity: Identity,
    /// `Observed::room`.
    pub(crate) room: Option<u64>,
    /// One user of the home session at a time: transactions on it do not nest. Says whether
    /// the lock is held.
    turn: Mutex<bool>,
}

impl PostgresServer {
    /// Connects, and asks the server who it is.
    pub(crate) async fn connect(target: Target, options: Postgres) -> Result<PostgresServer, ProviderError> {
        let target = Arc::new(target);
        let database = target.site.database.clone();
        let home = target.open(&database, Mode::Read).await?;
        let Greeting { identity, room } = greet(&home).await?;
        Ok(PostgresServer { target, home, options, identity, room, turn: Mutex::new(false) })
    }
}

impl Server for PostgresServer {
    type Transaction = PostgresTransaction;

    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn observe_without(
        &self,
        scope: &Scope,
        unread: &BTreeSet<DatabaseName>,
        progress: &dyn Progress,
    ) -> Result<Observed, ProviderError> {
        let _turn = self.turn.lock().await;
        let reading = Reading { target: &self.target, options: self.options, scope, unread, progress };
        let greeting = Greeting { identity: self.identity.clone(), room: self.room };
        observe::observe(reading, &self.home, greeting).await
    }

    async fn lock(&self) -> Result<(), ProviderError> {
        let mut held = self.turn.lock().await;
        if *held && self.home.is_closed() {
            return Err(self.home.lost("holding the lock"));
        }
        if !*held {
            lock::take(&self.home, self.options.lock_wait).await?;
            *held = true;
        }
        Ok(())
    }

    async fn settle(&self) -> Result<(), ProviderError> {
        let _turn = self.turn.lock().await;
        lock::settle(&self.home).await
    }

    async fn begin(&self, database: &DatabaseName) -> Result<PostgresTransaction, ProviderError> {
        let held = *self.turn.lock().await;
        let link = self.target.open(database, Mode::Write).await?;
        let known = self.identity.system_identifier;
        let pid = link
            .work("beginning a transaction", async {
                // All at once: requests are sent when first polled, and answered in order.
                let (pinned, found, backend, begun, marked) = futures::join!(
                    pin(&link),
                    system_identifier(&link),
                    link.client().query_typed_one(BACKEND, &[]),
                    link.client().batch_execute(BEGIN_WRITE),
                    lock::mark(&link, &self.target.site.database)
                );
                pinned?;
                same_server(&link.site, known, found?)?;
                begun.map_err(|error| no_writing(&link, error))?;
                marked?;
                Ok(backend?.try_get("pid")?)
            })
            .await?;
        let lock = held.then(|| Arc::clone(&self.home.desk));
        Ok(PostgresTransaction::new(link, (self.identity.major(), pid), lock))
    }
}

/// BEGIN READ WRITE is not supported (0A000) where nothing can be written: on a standby.
fn no_writing(link: &Link, error: tokio_postgres::Error) -> Failure {
    if error.code() != Some(&SqlState::FEATURE_NOT_SUPPORTED) {
        return error.into();
    }
    let what = "The server is a standby, on which nothing can be written";
    link.site.tell(Code::PGS025, what).hint("Name the primary server in `host`.").into()
}

/// The settings that the startup options could not name; and a look whether those that
/// they did name have arrived.
pub(crate) async fn pin(link: &Link) -> Result<(), Failure> {
    let client = link.client();
    let (arrived, pinned, watched) = futures::join!(
        client.query_typed_one(PINNED, &[]),
        client.execute_typed(PINS, &[]),
        client.execute_typed(WATCH, &[])
    );
    if !arrived?.try_get::<_, bool>("pinned")? {
        let what = "The session does not have the settings that it was started with";
        return Err(link.site.tell(Code::PGS026, what).hint(UNTOUCHED).into());
    }
    pinned?;
    match watched {
        // A system where the server cannot look: it then notices later that we are gone.
        Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => Ok(()),
        other => Ok(other.map(|_| ())?),
    }
}

/// What a server says about itself.
pub(crate) struct Greeting {
    /// Which one it is.
    pub(crate) identity: Identity,
    /// `Observed::room`.
    pub(crate) room: Option<u64>,
}

/// Asks a server who it is, in one round trip, and whether the session is as it must be.
pub(crate) async fn greet(home: &Link) -> Result<Greeting, ProviderError> {
    let greeting = async { Ok(ask(home).await) };
    let greeted = Deadline::after(home.target.patience).within(Phase::Greet, greeting).await;
    let (version, locks, system_identifier) = greeted.map_err(|late| late.tell(&home.site))??;
    if version < OLDEST {
        return Err(ConnectError::Version(version).tell(&home.site));
    }
    let identity = Identity { system_identifier, address: home.target.site.address.clone(), version };
    Ok(Greeting { identity, room: (version >= LOCKS_KEPT).then_some(locks / 4 * 3) })
}

/// Version, size of the lock table, system identifier.
async fn ask(home: &Link) -> Result<(u32, u64, Option<u64>), ProviderError> {
    home.work("asking the server who it is", async {
        let client = home.client();
        let (pinned, server, system) =
            futures::join!(pin(home), client.query_typed_one(SERVER, &[]), system_identifier(home));
        let server = server?;
        let (version, locks): (i32, i64) = (server.try_get("version")?, server.try_get("locks")?);
        // What a server says that is too old may fail in other ways: its version goes first.
        let version = u32::try_from(version).unwrap_or(0);
        if version >= OLDEST {
            pinned?;
        }
        Ok((version, u64::try_from(locks).unwrap_or(0), system?))
    })
    .await
}

/// `None` when the server does not tell.
pub(crate) async fn system_identifier(link: &Link) -> Result<Option<u64>, Failure> {
    match link.client().query_typed_one(SYSTEM, &[]).await {
        // An int8 on the wire, made from 64 bits without a sign.
        Ok(row) => Ok(Some(row.try_get::<_, i64>(0)?.cast_unsigned())),
        Err(error) => match error.code() {
            Some(state)
                if *state == SqlState::INSUFFICIENT_PRIVILEGE || *state == SqlState::UNDEFINED_FUNCTION =>
            {
                Ok(None)
            }
            _ => Err(error.into()),
        },
    }
}

/// Something between that distributes connections would break every promise.
pub(crate) fn same_server(site: &Site, known: Option<u64>, found: Option<u64>) -> Result<(), Diagnostic> {
    match (known, found) {
        (Some(known), Some(found)) if found != known => {
            let what = format!(
                "A session in this database reached the server with system identifier {found}, the first session the one with {known}"
            );
            Err(site.tell(Code::PGS027, what).hint("Name one server in `host`."))
        }
        _ => Ok(()),
    }
}
