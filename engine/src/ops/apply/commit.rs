//! The commits of an apply.
//!
//! Two databases cannot share a transaction, so commits come one after the other, each after
//! the proof of all. Not here: the proof (`ops::apply::prove`), taking stage 1 back
//! (`ops::apply::retreat`). Invariant: a failure before the first commit leaves nothing; one
//! after it is told as torn, stays in the journal, and what is missing then is access, never
//! protection (design 6).

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::name::{DatabaseName, ResourceName};
use crate::ops::apply::trail::Trail;
use crate::ops::apply::{AllHeld, Run, Seen, Stopped, prove};
use crate::provider::{Server, Transaction};

/// Where a commit takes place.
pub(super) type Place<'a> = (&'a ResourceName, &'a DatabaseName);

/// Why a transaction is not known to be committed.
pub(super) enum NotCommitted {
    /// Nothing of it is left.
    RolledBack(Box<Diagnostic>),
    /// The connection was lost on the way, and the server could not be asked.
    Unknown(Box<Diagnostic>),
}

/// Commits one transaction.
pub(super) async fn one<T: Transaction>(
    transaction: T,
    (name, database): Place<'_>,
    trail: &Trail<'_>,
) -> Result<(), NotCommitted> {
    match transaction.commit().await {
        Ok(()) => {
            trail.committed(name.as_str(), database);
            Ok(())
        }
        Err(error) if error.diagnostic.code == Code::PGS019 => {
            trail.unknown(name.as_str(), database);
            Err(NotCommitted::Unknown(error.diagnostic))
        }
        Err(error) => {
            trail.rolled_back(name.as_str(), database);
            Err(NotCommitted::RolledBack(error.diagnostic))
        }
    }
}

/// Commits everything that is held, then drops roles. Returns what each server showed last.
pub(super) async fn all<'a, S: Server>(run: &Run<'a, S>, held: AllHeld<'a, S>) -> Result<Seen<'a>, Stopped> {
    let mut seen: Seen<'a> = BTreeMap::new();
    let mut committed = run.request.trail.parts();
    let rest = held.into_iter().flat_map(|(name, all)| all.into_iter().map(move |one| (name, one)));
    for (name, held) in rest {
        let place = (name, &held.part.database);
        match one(held.transaction, place, run.request.trail).await {
            Ok(()) => committed += 1,
            Err(NotCommitted::RolledBack(cause)) if committed == 0 => return Err(Stopped::Before(cause)),
            Err(NotCommitted::RolledBack(cause)) => {
                return Err(Stopped::Between(Box::new(torn(place, committed, *cause))));
            }
            Err(NotCommitted::Unknown(cause)) => {
                return Err(Stopped::Between(Box::new(unknown(place, committed, *cause))));
            }
        }
        merge(seen.entry(name).or_default(), held.seen);
    }
    drop_roles(run).await?;
    Ok(seen)
}

fn merge(into: &mut Catalog, seen: Catalog) {
    into.roles.extend(seen.roles);
    into.databases.extend(seen.databases);
}

async fn drop_roles<S: Server>(run: &Run<'_, S>) -> Result<(), Stopped> {
    for (name, opened, case) in run.cases() {
        let dropped = prove::run_alone(&opened.server, &case, (name, &opened.home, &case.plan.stages.finish));
        dropped.await.map_err(|cause| Stopped::Between(Box::new(undropped(name, cause))))?;
    }
    Ok(())
}

const NEXT: &str = "run `roleform plan`: it observes the servers, repairs the state, and plans what is left";

/// What is true of every commit that was torn.
const REMAINS: &str = "The journal remembers; no role has more access than planned.";

fn torn((name, database): Place<'_>, committed: usize, cause: Diagnostic) -> Diagnostic {
    let detail = format!(
        "{committed} transaction(s) committed, then the commit in {database} on {name} failed: {} {REMAINS}",
        cause.as_cause()
    );
    Diagnostic::error(Code::APL004, "Commit was torn", detail).hint(NEXT)
}

/// Nobody knows what became of a commit.
pub(super) fn unknown((name, database): Place<'_>, committed: usize, cause: Diagnostic) -> Diagnostic {
    let detail = format!(
        "{committed} transaction(s) committed, then the answer to the commit in {database} on {name} was lost: {} {REMAINS}",
        cause.as_cause()
    );
    Diagnostic::error(Code::APL005, "Outcome of the commit is unknown", detail).hint(NEXT)
}

/// All databases committed; a role that was to go is still there, and holds nothing.
fn undropped(name: &ResourceName, cause: Diagnostic) -> Diagnostic {
    let detail = format!(
        "Every database committed, then dropping roles on {name} failed: {} {REMAINS}",
        cause.as_cause()
    );
    Diagnostic::error(Code::APL004, "Commit was torn", detail).hint(NEXT)
}
