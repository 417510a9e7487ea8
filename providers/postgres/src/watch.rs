//! Who is in the way of statements that take long, asked on a session of its own.
//!
//! When a wait ends in failure the server no longer tells for whom it was. Not here: what a
//! failure means (`error`). Invariant: watching changes nothing about what is watched, and a
//! question that fails is no failure.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use engine::diagnostic::Diagnostic;
use engine::provider::ProviderError;
use tokio::time::sleep;
use tokio_postgres::types::Type;

use crate::connect::pins::Mode;
use crate::error::Failure;
use crate::link::Link;
use crate::lock::Holder;

const BLOCKER: &str = include_str!("session/blocker.sql");

/// Before the first question, and between two.
const PAUSE: Duration = Duration::from_secs(2);

/// Does work on a session, and names in its failure who was in the way last.
pub(crate) async fn watched<T>(
    link: &Link,
    pid: i32,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    let last = RefCell::new(Vec::new());
    let watch = async {
        loop {
            sleep(PAUSE).await;
            if let Ok(found) = Box::pin(blockers(link, pid)).await
                && !found.is_empty()
            {
                last.replace(found);
            }
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = watch => unreachable!("the watch has no end"),
    };
    outcome.map_err(|error| if error.transient { named(error, &last.borrow()) } else { error })
}

async fn blockers(link: &Link, pid: i32) -> Result<Vec<String>, ProviderError> {
    let aside = link.target.open(&link.site.database, Mode::Read).await?;
    aside
        .work("asking who is in the way", async {
            let rows = aside.client().query_typed(BLOCKER, &[(&pid, Type::INT4)]).await?;
            rows.iter().map(|row| Ok(Holder::read(row)?.text())).collect::<Result<_, Failure>>()
        })
        .await
}

fn named(error: ProviderError, blockers: &[String]) -> ProviderError {
    if blockers.is_empty() {
        return error;
    }
    let diagnostic = *error.diagnostic;
    let detail = format!("{} In the way was {}.", diagnostic.detail, blockers.join(" and "));
    ProviderError { diagnostic: Box::new(Diagnostic { detail, ..diagnostic }), ..error }
}
