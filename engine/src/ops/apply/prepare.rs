//! Stage 1 of an apply: new roles, which may not log in and hold nothing.
//!
//! Other databases must see them, so they are committed before anything else is proven, and
//! taken back when that fails (`ops::apply::retreat`). Invariant: the facts are compared
//! before, and no server commits before every server has run its part.

use futures::future::try_join_all;

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::name::{DatabaseName, ResourceName};
use crate::ops::apply::commit::{self, NotCommitted};
use crate::ops::apply::open::Opened;
use crate::ops::apply::prove::{self, Case};
use crate::ops::apply::{Run, Stopped};
use crate::plan::compare;
use crate::provider::{Quiet, Server};

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
    // What is committed ahead must not rest on facts that are no longer so.
    let ahead = run.cases().any(|(_, _, case)| !case.plan.stages.parts.is_empty());
    let cases = run.cases().filter(|(_, _, case)| ahead || !case.plan.stages.prepare.is_empty());
    let made = try_join_all(cases.map(|(name, opened, case)| async move { one(name, opened, &case).await }));
    Ok(made.await?.into_iter().flatten().collect())
}

async fn one<'a, S: Server>(
    name: &'a ResourceName,
    opened: &'a Opened<S>,
    case: &Case<'a>,
) -> Result<Option<Made<'a, S::Transaction>>, Diagnostic> {
    let plan = case.plan;
    let now = opened.server.observe(&plan.scope, &Quiet).await.map_err(|error| *error.diagnostic)?;
    let against = |expected: &Catalog| {
        let mut differences = compare::shared(expected, &now.catalog);
        for database in now.catalog.databases.keys() {
            differences.extend(compare::local(database, expected, &now.catalog));
        }
        differences
    };
    let differences = against(&plan.before);
    if !differences.is_empty() {
        let refusal = if against(&plan.after).is_empty() { prove::already } else { prove::stale };
        return Err(refusal(case, &differences));
    }
    if plan.stages.prepare.is_empty() {
        return Ok(None);
    }
    let transaction = prove::hold(&opened.server, case, (&opened.home, &plan.stages.prepare)).await?;
    Ok(Some(Made { name, home: &opened.home, transaction }))
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
