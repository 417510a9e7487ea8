//! Stage 1 of an apply: new roles, which may not log in and hold nothing.
//!
//! Other databases must see them, so they are committed before anything else is proven, and
//! taken back when that fails (`ops::apply::retreat`). Not here: the facts, which were compared
//! before (`ops::apply::facts`). Invariant: no server commits before every server has run its part.

use futures::future::try_join_all;

use crate::diagnostic::Diagnostic;
use crate::name::{DatabaseName, ResourceName};
use crate::ops::apply::commit::{self, NotCommitted};
use crate::ops::apply::prove;
use crate::ops::apply::{Run, Stopped};
use crate::provider::Server;

/// A server's stage 1, executed and not committed.
pub(super) struct Made<'a, T> {
    name: &'a ResourceName,
    home: &'a DatabaseName,
    transaction: T,
}

/// Executes stage 1 on every server that has one, side by side.
pub(super) async fn run<'a, S: Server>(
    run: &Run<'a, S>,
) -> Result<Vec<Made<'a, S::Transaction>>, Diagnostic> {
    let cases = run.cases().filter(|(_, _, case)| !case.plan.stages.prepare.is_empty());
    let made = cases.map(|(name, opened, case)| async move {
        let steps = (&opened.home, case.plan.stages.prepare.as_slice());
        let transaction = prove::hold(&opened.server, &case, steps).await?;
        Ok(Made { name, home: &opened.home, transaction })
    });
    try_join_all(made).await
}

/// Commits stage 1 everywhere.
pub(super) async fn commit<S: Server>(
    run: &Run<'_, S>,
    made: Vec<Made<'_, S::Transaction>>,
) -> Result<(), Stopped> {
    for Made { name, home, transaction } in made {
        match commit::one(transaction, (name, home), run.request.trail).await {
            Ok(()) => {}
            Err(NotCommitted::RolledBack(cause)) => return Err(Stopped::Before(cause)),
            Err(NotCommitted::Unknown(cause)) => {
                return Err(Stopped::Between(Box::new(commit::unknown((name, home), 0, *cause))));
            }
        }
    }
    Ok(())
}
