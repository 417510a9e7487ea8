//! The facts of a plan that no transaction will look at, compared before its first statement.
//!
//! A role in scope is in scope in every database. Each transaction compares its own database and
//! one of them what the server shares (`ops::apply::prove`); here are the databases in which the
//! plan has nothing to do, and everything where something is committed ahead of the others.
//! Invariant: after this and the proofs, every fact of the plan has been seen again before the
//! last commits.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::name::{DatabaseName, printable};
use crate::observed::{Observed, Scope};
use crate::ops::apply::Run;
use crate::ops::apply::open::Opened;
use crate::ops::apply::prove::{self, Case};
use crate::plan::compare::{self, Differences};
use crate::provider::{Quiet, Server};

/// Refuses a plan whose facts do not hold any more, on all servers side by side.
pub(super) async fn check<S: Server>(run: &Run<'_, S>) -> Result<(), Diagnostic> {
    // What one server commits ahead must not rest on facts that are no longer so on another.
    let parts = run.cases().any(|(_, _, case)| !case.plan.stages.parts.is_empty());
    let looks = run.cases().map(|(_, opened, case)| async move {
        let stages = &case.plan.stages;
        let ahead = parts || !stages.prepare.is_empty();
        let transactions = stages.transactions.iter().filter(|_| !ahead);
        look(opened, &case, &transactions.map(|part| part.database.clone()).collect()).await
    });
    try_join_all(looks).await.map(drop)
}

/// Looks at one server, but for the databases that are looked at later.
async fn look<S: Server>(
    opened: &Opened<S>,
    case: &Case<'_>,
    later: &BTreeSet<DatabaseName>,
) -> Result<(), Diagnostic> {
    let plan = case.plan;
    let mut scope = Scope::clone(&plan.scope);
    // Also where nobody in scope holds anything any more.
    scope.databases.extend(plan.before.databases.keys().cloned());
    let now =
        opened.server.observe_without(&scope, later, &Quiet).await.map_err(|error| *error.diagnostic)?;
    let found = differences(&plan.before, &now, later);
    if found.is_empty() {
        return Ok(());
    }
    let already = differences(&plan.after, &now, later).is_empty();
    Err(if already { prove::already(case, &found) } else { prove::stale(case, &found) })
}

fn differences(expected: &Catalog, now: &Observed, later: &BTreeSet<DatabaseName>) -> Differences {
    // What the server shares is seen again beside the databases of transactions.
    let mut found =
        if later.is_empty() { compare::shared(expected, &now.catalog) } else { Differences::default() };
    let databases: BTreeSet<_> = expected.databases.keys().chain(now.catalog.databases.keys()).collect();
    for database in databases.into_iter().filter(|database| !later.contains(*database)) {
        let what = match now.databases.get(database) {
            Some(fact) if fact.accepts_connections => {
                found.extend(compare::local(database, expected, &now.catalog));
                continue;
            }
            Some(_) => "lets nobody in",
            None => "is gone",
        };
        let line = format!("database {}: {what}", printable(database.as_str()));
        // What the server shares may have told it.
        if !found.lines.contains(&line) {
            found.add(|| line);
        }
    }
    found
}
