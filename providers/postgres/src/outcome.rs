//! What became of a COMMIT that was not answered: the server knows, so it is asked.
//!
//! Source: PostgreSQL, `pg_xact_status`. Not here: the COMMIT itself (`transaction`).
//! Invariant: never a guess; who cannot be sure says so.

use std::sync::Arc;
use std::time::Duration;

use engine::code::Code;
use engine::name::DatabaseName;
use engine::provider::ProviderError;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::types::Type;

use crate::connect::Target;
use crate::connect::pins::Mode;
use crate::error::{self, Failure, Site};

const STATUS: &str = include_str!("session/transaction_status.sql");

/// Between two questions: a server that restarts after a crash needs a moment.
const PAUSE: Duration = Duration::from_millis(200);

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is committed.
    Committed,
    /// Nothing of it is left.
    RolledBack,
    /// The server could not be asked, and why.
    Unknown(String),
}

/// Asks for a transaction by its id, for as long as connecting may take. Without an id
/// it wrote nothing, and there is no difference.
pub(crate) async fn ask(target: &Arc<Target>, database: &DatabaseName, id: Option<&str>) -> Outcome {
    let Some(id) = id else { return Outcome::Committed };
    let deadline = Instant::now() + Duration::from_secs(target.patience);
    let mut why = "there was no time to ask".to_owned();
    while Instant::now() < deadline {
        match timeout_at(deadline, status(target, database, id)).await {
            Ok(Ok(status)) => match status.as_deref() {
                Some("committed") => return Outcome::Committed,
                Some("aborted") => return Outcome::RolledBack,
                Some(other) => why = format!("the transaction is {}", error::harmless(other)),
                None => return Outcome::Unknown("the server does not remember it".to_owned()),
            },
            Ok(Err(error)) => why = error.diagnostic.detail,
            Err(_) => break,
        }
        sleep(PAUSE).await;
    }
    Outcome::Unknown(why)
}

async fn status(
    target: &Arc<Target>,
    database: &DatabaseName,
    id: &str,
) -> Result<Option<String>, ProviderError> {
    let link = target.open(database, Mode::Read).await?;
    link.work("asking what became of the transaction", async {
        let row = link.client().query_typed_one(STATUS, &[(&id, Type::TEXT)]).await?;
        row.try_get::<_, Option<String>>("status").map_err(Failure::from)
    })
    .await
}

/// The message when nobody knows.
pub(crate) fn unknown(site: &Site, lost: &ProviderError, why: &str) -> ProviderError {
    // Where it was stands behind the whole.
    let here = format!(" ({site}).");
    let bare = |text: &str| text.replace(&here, "").trim_end_matches('.').to_owned();
    let detail = format!(
        "The connection was lost when COMMIT was on its way ({}), and the server could not be asked what became of it ({})",
        bare(&lost.diagnostic.detail),
        bare(why)
    );
    error::lasting(
        site.tell(Code::PGS019, detail)
            .hint("Run `roleform plan`: it reads the server and shows what is left to do."),
    )
}
