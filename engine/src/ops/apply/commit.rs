//! The commits of an apply, and taking stage 1 back.
//!
//! Two databases cannot share a transaction, so commits come one after the other, each after
//! the proof of all. Not here: the proof (`ops::apply::prove`). Invariant: a failure before
//! the first commit leaves nothing; one after it is told as torn, stays in the journal, and
//! what is missing then is access, never protection (design 6).

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::name::ResourceName;
use crate::ops::apply::intent::Intent;
use crate::ops::apply::open::Opened;
use crate::ops::apply::{AllHeld, ApplyRequest, prove};
use crate::plan::verify::VerifiedPlan;
use crate::provider::{Quiet, Server, Transaction};
use crate::state::store::Store;

/// Commits everything that is held, then drops roles. Returns what each server showed last.
pub(super) async fn all<'a, S: Server>(
    servers: &BTreeMap<&'a ResourceName, Opened<S>>,
    held: AllHeld<'a, S>,
    verified: VerifiedPlan<'a>,
    (intent, store, request): (&Intent, &mut Store, &ApplyRequest<'_>),
) -> Result<BTreeMap<&'a ResourceName, Catalog>, Diagnostic> {
    let trail = request.trail;
    let mut seen: BTreeMap<&ResourceName, Catalog> = BTreeMap::new();
    let mut committed = trail.parts();
    let mut rest = held.into_iter().flat_map(|(name, all)| all.into_iter().map(move |one| (name, one)));
    while let Some((name, one)) = rest.next() {
        let database = &one.part.database;
        if let Err(error) = one.transaction.commit().await {
            let unknown = error.diagnostic.code == Code::PGS019;
            if unknown {
                trail.unknown(name.as_str(), database)
            } else {
                trail.rolled_back(name.as_str(), database)
            }
            // What is still held goes back before stage 1 does.
            rest.for_each(drop);
            if committed == 0 && !unknown {
                undo(servers, verified, intent, request).await?;
                intent.withdraw(store, trail)?;
                return Err(*error.diagnostic);
            }
            trail.flush(store)?;
            return Err(torn(name, database.as_str(), (committed, unknown), *error.diagnostic));
        }
        trail.committed(name.as_str(), database);
        committed += 1;
        merge(seen.entry(name).or_default(), one.seen);
    }
    drop_roles(servers, verified, (intent, request)).await?;
    Ok(seen)
}

fn merge(into: &mut Catalog, seen: Catalog) {
    into.roles.extend(seen.roles);
    into.databases.extend(seen.databases);
}

async fn drop_roles<'a, S: Server>(
    servers: &BTreeMap<&'a ResourceName, Opened<S>>,
    verified: VerifiedPlan<'a>,
    (intent, request): (&Intent, &ApplyRequest<'_>),
) -> Result<(), Diagnostic> {
    for (name, opened) in servers {
        let Some(plan) = verified.plan().resources.get(*name) else { continue };
        let case = intent.case(name, plan, request);
        prove::run_alone(&opened.server, &case, (&opened.home, &plan.stages.finish)).await?;
    }
    Ok(())
}

/// Takes stage 1 back on every server where it was committed.
pub(super) async fn undo<'a, S: Server>(
    servers: &BTreeMap<&'a ResourceName, Opened<S>>,
    verified: VerifiedPlan<'a>,
    intent: &Intent,
    request: &ApplyRequest<'_>,
) -> Result<(), Diagnostic> {
    // What is taken back is no part of the work that was counted.
    let request = ApplyRequest { progress: &Quiet, ..*request };
    for (name, opened) in servers {
        let Some(plan) = verified.plan().resources.get(*name) else { continue };
        if !request.trail.was_committed(name.as_str(), &opened.home) {
            continue;
        }
        let case = intent.case(name, plan, &request);
        prove::run_alone(&opened.server, &case, (&opened.home, &plan.stages.undo)).await?;
    }
    Ok(())
}

fn torn(
    name: &ResourceName,
    database: &str,
    (committed, unknown): (usize, bool),
    cause: Diagnostic,
) -> Diagnostic {
    let detail = format!(
        "{committed} transaction(s) committed, then the commit in {database} on {name} failed: {} The journal remembers; no role has more access than planned.",
        cause.detail
    );
    let (code, summary) = if unknown {
        (Code::APL005, "Outcome of the commit is unknown")
    } else {
        (Code::APL004, "Commit was torn")
    };
    Diagnostic::error(code, summary, detail)
        .hint("run `roleform plan`: it observes the servers, repairs the state, and plans what is left")
}
