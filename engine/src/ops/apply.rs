//! The operation `apply`: a saved plan in, exactly that plan carried out, or nothing.
//!
//! ```text
//! bytes -> decode -> verify against the state
//!   -> connect, same server?, lock                        (open)
//!   -> journal the intent, store passwords as pending     (intent)
//!   -> new roles; parts, each proven and committed        (ahead)
//!   -> per database: compare, execute, compare            (prove)
//!   -> commit all, drop what is to be dropped             (commit)
//!   -> state, credentials, end of the journal             (conclude)
//! ```
//!
//! Not here: what to do (the plan says), SQL (in the plan), observation (the provider).
//! Invariants: database first, then state; nothing but parts is committed on any server before
//! every transaction on every server has proven its outcome; what was interrupted in between
//! is in the journal, and `ops::recover` reads it.

mod ahead;
mod commit;
pub(in crate::ops) mod intent;
mod open;
mod prove;
pub mod trail;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;

use futures::future::{Either, join_all, select};

use crate::catalog::Catalog;
use crate::code::Code;
use crate::credentials::keyring::Keyring;
use crate::declared::Declared;
use crate::diagnostic::Diagnostic;
use crate::name::{ResourceName, RoleName};
use crate::ops::apply::intent::Intent;
use crate::ops::apply::open::Opened;
use crate::ops::apply::prove::{Case, Expected, Held};
use crate::ops::apply::trail::Trail;
use crate::plan::saved::{self, PlanId, SavedPlan};
use crate::plan::verify::{self, Demands, Ledger, VerifiedPlan};
use crate::plan::{ResourcePlan, compare, moments};
use crate::provider::{Dialect, Progress, Provider, Quiet, Server};
use crate::secret::Secret;
use crate::state::contents::Contents;
use crate::state::store::Store;

/// What an apply is made of.
#[derive(Clone, Copy)]
pub struct ApplyRequest<'a> {
    /// The plan's file.
    pub bytes: &'a [u8],
    /// What the caller demands of it.
    pub demands: Demands,
    /// The configuration: only its resources matter, to reach the servers.
    pub declared: &'a Declared,
    /// Administrators' passwords, of those resources that have one.
    pub passwords: &'a BTreeMap<ResourceName, Secret>,
    /// Makes passwords and encrypts them.
    pub keyring: Keyring<'a>,
    /// What the audit is told.
    pub trail: &'a Trail<'a>,
    /// What whoever waits is told: statements, of all that the plan has.
    pub progress: &'a dyn Progress,
}

/// What an apply did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The plan.
    pub id: PlanId,
    /// The state's serial now.
    pub serial: u64,
    /// How many statements were executed.
    pub statements: usize,
    /// Accounts that have a new password: `resource/role`.
    pub passwords: Vec<String>,
}

/// Carries out a plan. `interrupt` resolves when a person wants it to stop; until the first
/// commit it does, and nothing has changed.
pub async fn apply<P: Provider>(
    provider: &P,
    store: &mut Store,
    request: ApplyRequest<'_>,
    interrupt: impl Future<Output = ()>,
) -> Result<Applied, Diagnostic> {
    let saved = saved::decode(request.bytes)?;
    let verified = verify::verify(&saved, ledger(store.contents(), &saved), request.demands)?;
    let servers = open::all(provider, &request, verified).await?;
    let intent = Intent::of(verified, &request, provider as &dyn Dialect)?;
    intent.write(store, request.bytes, request.trail)?;
    let statements = saved.plan.resources.values().map(|plan| plan.stages.statements().count()).sum();
    request.progress.expect(statements as u64);
    let proven = {
        let work = Box::pin(prove_all(&servers, verified, (&intent, &request), store));
        match select(work, pin!(interrupt)).await {
            Either::Left((proven, _)) => proven,
            Either::Right(_) => Err(interrupted(request.trail)),
        }
    };
    // Dropping what was interrupted cancels and rolls back; what stage 1 made is taken back here.
    let held = match proven {
        Ok(held) => held,
        Err(diagnostic) if request.trail.parts() > 0 => {
            request.trail.flush(store)?;
            return Err(ahead::stopped(request.trail, verified, diagnostic));
        }
        Err(diagnostic) => {
            commit::undo(&servers, verified, &intent, &request).await?;
            intent.withdraw(store, request.trail)?;
            return Err(diagnostic);
        }
    };
    request.trail.flush(store)?;
    let seen = commit::all(&servers, held, verified, (&intent, store, &request)).await?;
    let serial = intent.conclude(store, verified, &seen, request.trail)?;
    Ok(Applied { id: saved.id, serial, statements, passwords: intent.accounts() })
}

fn ledger(contents: &Contents, saved: &SavedPlan) -> Ledger {
    Ledger {
        lineage: contents.lineage,
        serial: contents.serial,
        applied: contents.applied.get(&saved.id).copied(),
    }
}

fn interrupted(trail: &Trail<'_>) -> Diagnostic {
    let detail = match trail.parts() {
        0 => "Everything was rolled back; nothing changed on any server.",
        _ => "The part that was under way was rolled back.",
    };
    Diagnostic::error(Code::APL006, "Apply was interrupted", detail)
}

/// Transactions that wait for the commit, per server.
type AllHeld<'a, S> = BTreeMap<&'a ResourceName, Vec<Held<'a, <S as Server>::Transaction>>>;

/// Brings every server of the plan to the point before its last commits, side by side.
async fn prove_all<'a, S: Server>(
    servers: &BTreeMap<&'a ResourceName, Opened<S>>,
    verified: VerifiedPlan<'a>,
    (intent, request): (&Intent, &ApplyRequest<'_>),
    store: &mut Store,
) -> Result<AllHeld<'a, S>, Diagnostic> {
    let plan = verified.plan();
    let opened = || plan.resources.iter().filter_map(|(name, plan)| Some((name, plan, servers.get(name)?)));
    let has_parts = plan.resources.values().any(|plan| !plan.stages.parts.is_empty());
    let prepared = join_all(opened().map(|(name, plan, opened)| async move {
        let case = intent.case(name, plan, request);
        // What is committed ahead must not rest on facts that are no longer so.
        if has_parts || !plan.stages.prepare.is_empty() {
            compare_facts(opened, &case).await?;
        }
        prove::run_alone(&opened.server, &case, (&opened.home, &plan.stages.prepare)).await
    }));
    prepared.await.into_iter().collect::<Result<(), Diagnostic>>()?;
    for (name, plan, opened) in opened() {
        let case = intent.case(name, plan, request);
        Box::pin(ahead::parts(&opened.server, &case, store)).await?;
    }
    let proven = join_all(opened().map(|(name, plan, opened)| async move {
        let case = intent.case(name, plan, request);
        Ok((name, prove_one(opened, &case, plan, intent.digests(name)).await?))
    }));
    proven.await.into_iter().collect()
}

/// The databases side by side, then what the server shares.
async fn prove_one<'a, S: Server>(
    opened: &Opened<S>,
    case: &Case<'_>,
    plan: &'a ResourcePlan,
    digests: &BTreeMap<RoleName, [u8; 32]>,
) -> Result<Vec<Held<'a, S::Transaction>>, Diagnostic> {
    let (before, after) = (moments::after_parts(plan), moments::outcome(plan, digests));
    let expected = Expected { before: &before, after: &after };
    let (shared, local): (Vec<_>, Vec<_>) = plan.stages.transactions.iter().partition(|part| part.shared);
    let mut held = Vec::new();
    for proven in
        join_all(local.into_iter().map(|part| prove::prove(&opened.server, case, part, expected))).await
    {
        held.push(proven?);
    }
    for part in shared {
        held.push(prove::prove(&opened.server, case, part, expected).await?);
    }
    Ok(held)
}

/// Refuses a plan whose facts are no longer so.
async fn compare_facts<S: Server>(opened: &Opened<S>, case: &Case<'_>) -> Result<(), Diagnostic> {
    let now = opened.server.observe(&case.plan.scope, &Quiet).await.map_err(|error| *error.diagnostic)?;
    let mut differences = compare::shared(&case.plan.before, &now.catalog);
    for database in now.catalog.databases.keys() {
        differences.extend(compare::local(database, &case.plan.before, &now.catalog));
    }
    if differences.is_empty() { Ok(()) } else { Err(prove::stale(case, &differences)) }
}

/// What a server showed last, for the state: the outcome with the OIDs that it gave.
fn recorded(digests: &BTreeMap<RoleName, [u8; 32]>, plan: &ResourcePlan, seen: &Catalog) -> Catalog {
    moments::recorded(&moments::outcome(plan, digests), seen, plan)
}
