//! The advisory lock that keeps a second roleform away from a server.
//!
//! Session-level, in the resource's own database, on the home session: it goes with that
//! session, however it ends. Not here: the state's lock (the engine).
//! Invariant: whoever does not get it is told who holds it.

use std::time::Duration;

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::name::printable;
use engine::provider::ProviderError;
use tokio::time::{Instant, sleep};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::{self, Failure, Site};
use crate::link::Link;

const LOCK: &str = include_str!("session/lock.sql");
const HOLDER: &str = include_str!("session/lock_holder.sql");

/// The key, of all versions of roleform: its name in ASCII.
pub const KEY: i64 = i64::from_be_bytes(*b"roleform");

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// Takes the lock, trying again for as long as `patience`.
pub(crate) async fn take(home: &Link, patience: Duration) -> Result<(), ProviderError> {
    let deadline = Instant::now() + patience;
    loop {
        if attempt(home).await? {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let holder = home.work("asking who holds the lock", holder(home)).await?;
            return Err(error::lasting(refusal(&home.site, holder.as_ref())));
        }
        sleep(PAUSE.min(deadline.saturating_duration_since(Instant::now()))).await;
    }
}

async fn attempt(home: &Link) -> Result<bool, ProviderError> {
    home.work("taking the lock", async {
        let row = home.client().query_typed_one(LOCK, &[(&KEY, Type::INT8)]).await?;
        row.try_get("taken").map_err(Failure::from)
    })
    .await
}

/// The session that holds the lock, as far as the administrator may see it.
#[derive(Debug)]
struct Holder {
    pid: i32,
    user: Option<String>,
    application: Option<String>,
    client: Option<String>,
    since: Option<String>,
}

async fn holder(home: &Link) -> Result<Option<Holder>, Failure> {
    let row = home.client().query_typed_opt(HOLDER, &[(&KEY, Type::INT8)]).await?;
    Ok(row.map(|row| read(&row)).transpose()?)
}

fn read(row: &Row) -> Result<Holder, tokio_postgres::Error> {
    Ok(Holder {
        pid: row.try_get("pid")?,
        user: row.try_get("username")?,
        application: row.try_get("application_name")?,
        client: row.try_get("client")?,
        since: row.try_get("since")?,
    })
}

fn refusal(site: &Site, holder: Option<&Holder>) -> Diagnostic {
    let who = match holder {
        // It was released between the two questions.
        None => "The lock was held a moment ago by a session that is gone".to_owned(),
        Some(holder) => {
            let mut text = format!("The lock is held by the session with process {}", holder.pid);
            let facts = [
                (" of user ", &holder.user),
                (", application ", &holder.application),
                (", from ", &holder.client),
                (", connected since ", &holder.since),
            ];
            for (word, fact) in facts {
                if let Some(fact) = fact.as_deref().filter(|fact| !fact.is_empty()) {
                    text.push_str(word);
                    text.push_str(&printable(fact));
                }
            }
            text
        }
    };
    site.tell(Code::PGS017, who).hint("Wait for the other run, or give `-lock-timeout`.")
}
