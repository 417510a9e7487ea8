//! An open server: who it is, and the sessions on it.
//!
//! Not here: opening sessions (`connect`), the advisory lock (`lock`), reading side by
//! side (`observe`). Invariant: the home session, in the resource's own database, only
//! ever reads; whatever writes has a session of its own, on the same server.

use std::sync::Arc;

use engine::code::Code;
use engine::name::DatabaseName;
use engine::observed::{Identity, Observed, Scope};
use engine::provider::{Progress, ProviderError, Server};
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;

use crate::Postgres;
use crate::connect::Target;
use crate::connect::dial::Deadline;
use crate::connect::failure::{ConnectError, NO_POOLER, Phase};
use crate::connect::pins::Mode;
use crate::error::Failure;
use crate::link::Link;
use crate::lock;
use crate::observe;
use crate::transaction::PostgresTransaction;

const PINS: &str = include_str!("session/pins.sql");
const PINNED: &str = include_str!("session/pinned.sql");
const WATCH: &str = include_str!("session/watch.sql");
const SERVER: &str = include_str!("session/server.sql");
const SYSTEM: &str = include_str!("session/system.sql");
const BEGIN_WRITE: &str = include_str!("session/begin_write.sql");

/// The oldest `server_version_num` that roleform works with.
const OLDEST: u32 = 130_000;

/// A server of PostgreSQL, with a session in the resource's own database.
pub struct PostgresServer {
    pub(crate) target: Arc<Target>,
    pub(crate) home: Link,
    pub(crate) options: Postgres,
    pub(crate) identity: Identity,
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
        let greeting = async { Ok(greet(&home).await) };
        let deadline = Deadline::after(target.patience);
        let greeted = deadline.within(Phase::Greet, greeting).await;
        let (version, system_identifier) = greeted.map_err(|late| late.tell(&home.site))??;
        if version < OLDEST {
            return Err(ConnectError::Version(version).tell(&home.site));
        }
        let identity = Identity { system_identifier, address: target.site.address.clone(), version };
        Ok(PostgresServer { target, home, options, identity, turn: Mutex::new(false) })
    }
}

impl Server for PostgresServer {
    type Transaction = PostgresTransaction;

    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn observe(&self, scope: &Scope, progress: &dyn Progress) -> Result<Observed, ProviderError> {
        let _turn = self.turn.lock().await;
        observe::observe(self, scope, progress).await
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

    async fn begin(&self, database: &DatabaseName) -> Result<PostgresTransaction, ProviderError> {
        let held = *self.turn.lock().await;
        let link = self.target.open(database, Mode::Write).await?;
        let known = self.identity.system_identifier;
        link.work("beginning a transaction", async {
            // All at once: requests are sent when first polled, and answered in order.
            let (pinned, same, begun) = futures::join!(
                pin(&link),
                same_server(&link, known),
                link.client().batch_execute(BEGIN_WRITE)
            );
            pinned?;
            same?;
            begun.map_err(Failure::from)
        })
        .await?;
        let lock = held.then(|| Arc::clone(&self.home.desk));
        Ok(PostgresTransaction::new(link, self.identity.major(), lock))
    }
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
        return Err(link.site.tell(Code::PGS026, what).hint(NO_POOLER).into());
    }
    pinned?;
    match watched {
        // A system where the server cannot look: it then notices later that we are gone.
        Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => Ok(()),
        other => Ok(other.map(|_| ())?),
    }
}

/// Version and system identifier, in one round trip.
async fn greet(home: &Link) -> Result<(u32, Option<u64>), ProviderError> {
    home.work("asking the server who it is", async {
        let client = home.client();
        let (pinned, server, system) =
            futures::join!(pin(home), client.query_typed_one(SERVER, &[]), system_identifier(home));
        let version: i32 = server?.try_get("version")?;
        // What a server says that is too old may fail in other ways: its version goes first.
        let version = u32::try_from(version).unwrap_or(0);
        if version >= OLDEST {
            pinned?;
        }
        Ok((version, system?))
    })
    .await
}

/// `None` when the server does not tell.
async fn system_identifier(link: &Link) -> Result<Option<u64>, Failure> {
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
pub(crate) async fn same_server(link: &Link, known: Option<u64>) -> Result<(), Failure> {
    let Some(known) = known else { return Ok(()) };
    match system_identifier(link).await? {
        Some(found) if found != known => {
            let what = format!(
                "A session in this database reached the server with system identifier {found}, the first session the one with {known}"
            );
            Err(link.site.tell(Code::PGS027, what).hint("Name one server in `host`.").into())
        }
        _ => Ok(()),
    }
}
