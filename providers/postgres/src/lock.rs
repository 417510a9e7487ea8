//! The advisory lock that keeps a second roleform away from a server.
//!
//! Session-level, in the resource's own database, on the home session: it goes with that
//! session, however it ends. A run that is killed can leave transactions behind that outlive
//! its home session, a COMMIT on its way for instance; each has a mark, a shared advisory lock
//! that it takes first and that goes with it. Not here: the state's lock (the engine).
//! Invariant: whoever does not get the lock is told who holds it; whoever gets it knows that
//! nothing of an earlier run can still be committed.

use std::time::Duration;

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::name::{DatabaseName, printable};
use engine::provider::ProviderError;
use tokio::time::{Instant, sleep};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::error::{self, Failure, Site};
use crate::link::Link;

const LOCK: &str = include_str!("session/lock.sql");
const HOLDER: &str = include_str!("session/lock_holder.sql");
const MARK: &str = include_str!("session/mark.sql");
const LEFT_BEHIND: &str = include_str!("session/left_behind.sql");

/// The key, of all versions of roleform: its name in ASCII.
pub const KEY: i64 = i64::from_be_bytes(*b"roleform");

/// Between two tries: short first, since most are over at once.
const PAUSES: [u64; 6] = [10, 20, 40, 80, 160, 250];

/// The class of marks: `role` in ASCII.
const CLASS: i32 = i32::from_be_bytes(*b"role");

/// How long the sessions of a run that was killed are waited for in any case: a server takes
/// a moment to notice, and up to two seconds where it waits for a lock itself.
const GRACE: Duration = Duration::from_secs(4);

/// The pauses between tries, the last one over and over.
fn pauses() -> impl Iterator<Item = Duration> {
    let last = PAUSES[PAUSES.len() - 1];
    PAUSES.into_iter().chain(std::iter::repeat(last)).map(Duration::from_millis)
}

/// Takes the lock, trying again for as long as `patience`; then waits until nothing of an
/// earlier run is at work.
pub(crate) async fn take(home: &Link, patience: Duration) -> Result<(), ProviderError> {
    let (deadline, mut pauses) = (Instant::now() + patience, pauses());
    while !attempt(home).await? {
        if Instant::now() >= deadline {
            let holder = home.work("asking who holds the lock", holder(home)).await?;
            return Err(error::lasting(refusal(&home.site, holder.as_ref())));
        }
        let pause = pauses.next().unwrap_or_default();
        sleep(pause.min(deadline.saturating_duration_since(Instant::now()))).await;
    }
    outwait(home, Instant::now() + patience.max(GRACE)).await
}

/// Marks a transaction that has just begun as one of the run whose home is this database.
pub(crate) async fn mark(link: &Link, home: &DatabaseName) -> Result<(), Failure> {
    let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&CLASS, Type::INT4), (&home.as_str(), Type::TEXT)];
    link.client().query_typed(MARK, &parameters).await?;
    Ok(())
}

/// Waits until no transaction with this home is open.
pub(crate) async fn settle(home: &Link) -> Result<(), ProviderError> {
    outwait(home, Instant::now() + GRACE).await
}

async fn outwait(home: &Link, deadline: Instant) -> Result<(), ProviderError> {
    let mut pauses = pauses();
    loop {
        let left = home.work("looking for transactions of an earlier run", left_behind(home)).await?;
        match left {
            None => return Ok(()),
            Some(left) if Instant::now() >= deadline => {
                return Err(error::lasting(refusal(&home.site, Some(&left))));
            }
            Some(_) => sleep(pauses.next().unwrap_or_default()).await,
        }
    }
}

async fn left_behind(home: &Link) -> Result<Option<Holder>, Failure> {
    let row = home.client().query_typed_opt(LEFT_BEHIND, &[(&CLASS, Type::INT4)]).await?;
    Ok(row.map(|row| Holder::read(&row)).transpose()?)
}

async fn attempt(home: &Link) -> Result<bool, ProviderError> {
    home.work("taking the lock", async {
        let row = home.client().query_typed_one(LOCK, &[(&KEY, Type::INT8)]).await?;
        row.try_get("taken").map_err(Failure::from)
    })
    .await
}

/// A session that holds what another one wants, as far as the administrator may see it.
#[derive(Debug)]
pub(crate) struct Holder {
    pid: i32,
    user: Option<String>,
    application: Option<String>,
    client: Option<String>,
    since: Option<String>,
}

async fn holder(home: &Link) -> Result<Option<Holder>, Failure> {
    let row = home.client().query_typed_opt(HOLDER, &[(&KEY, Type::INT8)]).await?;
    Ok(row.map(|row| Holder::read(&row)).transpose()?)
}

impl Holder {
    /// Reads what `lock_holder.sql` and `blocker.sql` say.
    pub(crate) fn read(row: &Row) -> Result<Holder, tokio_postgres::Error> {
        Ok(Holder {
            pid: row.try_get("pid")?,
            user: row.try_get("username")?,
            application: row.try_get("application_name")?,
            client: row.try_get("client")?,
            since: row.try_get("since")?,
        })
    }

    /// `the session with process 12 of user ana, application psql, from 10.0.0.7, connected since …`.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("the session with process {}", self.pid);
        let facts = [
            (" of user ", &self.user),
            (", application ", &self.application),
            (", from ", &self.client),
            (", connected since ", &self.since),
        ];
        for (word, fact) in facts {
            if let Some(fact) = fact.as_deref().filter(|fact| !fact.is_empty()) {
                text.push_str(word);
                text.push_str(&printable(fact));
            }
        }
        text
    }
}

fn refusal(site: &Site, holder: Option<&Holder>) -> Diagnostic {
    let who = match holder {
        // It was released between the two questions.
        None => "The lock was held a moment ago by a session that is gone".to_owned(),
        Some(holder) => format!("The lock is held by {}", holder.text()),
    };
    site.tell(Code::PGS017, who).hint("Wait for the other run, or give `-lock-timeout`.")
}
