//! The operation `apply`: a saved plan in, exactly that plan carried out, or nothing.
//!
//! ```text
//! bytes -> decode -> verify against the state
//!   -> connect, same server?, lock                        (open)
//!   -> journal the intent, store passwords as pending     (intent)
//!   -> new roles; per database: compare, execute, compare (prove)
//!   -> commit all, drop what is to be dropped             (commit)
//!   -> state, credentials, end of the journal             (conclude)
//! ```
//!
//! Not here: what to do (the plan says), SQL (in the plan), observation (the provider).
//! Invariants: database first, then state; nothing is committed on any server before every
//! transaction on every server has proven its outcome; what was interrupted in between is in
//! the journal, and `ops::recover` reads it.

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
use crate::ops::apply::prove::{Case, Held};
use crate::ops::apply::trail::Trail;
use crate::plan::saved::{self, PlanId, SavedPlan};
use crate::plan::verify::{self, Demands, Ledger, VerifiedPlan};
use crate::plan::{ResourcePlan, compare, moments};
use crate::provider::{Dialect, Provider, Server};
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
    let work = pin!(prove_all(&servers, verified, &intent, request.trail));
    let proven = match select(work, pin!(interrupt)).await {
        Either::Left((proven, _)) => proven,
        Either::Right(_) => Err(interrupted()),
    };
    // Dropping what was interrupted cancels and rolls back; what stage 1 made is taken back here.
    let held = match proven {
        Ok(held) => held,
        Err(diagnostic) => {
            commit::undo(&servers, verified, &intent, request.trail).await?;
            intent.withdraw(store, request.trail)?;
            return Err(diagnostic);
        }
    };
    request.trail.flush(store)?;
    let seen = commit::all(&servers, held, verified, (&intent, store, request.trail)).await?;
    let serial = intent.conclude(store, verified, &seen, request.trail)?;
    Ok(Applied {
        id: saved.id,
        serial,
        statements: saved.plan.resources.values().map(|plan| plan.stages.statements().count()).sum(),
        passwords: intent.accounts(),
    })
}

fn ledger(contents: &Contents, saved: &SavedPlan) -> Ledger {
    Ledger {
        lineage: contents.lineage,
        serial: contents.serial,
        applied: contents.applied.get(&saved.id).copied(),
    }
}

fn interrupted() -> Diagnostic {
    Diagnostic::error(
        Code::APL006,
        "Apply was interrupted",
        "Everything was rolled back; nothing changed on any server.",
    )
}

/// Transactions that wait for the commit, per server.
type AllHeld<'a, S> = BTreeMap<&'a ResourceName, Vec<Held<'a, <S as Server>::Transaction>>>;

/// Brings every server of the plan to the point before its commits, side by side.
async fn prove_all<'a, S: Server>(
    servers: &BTreeMap<&'a ResourceName, Opened<S>>,
    verified: VerifiedPlan<'a>,
    intent: &'a Intent,
    trail: &'a Trail<'a>,
) -> Result<AllHeld<'a, S>, Diagnostic> {
    let work = verified.plan().resources.iter().filter_map(|(name, plan)| {
        let opened = servers.get(name)?;
        Some(async move { (name, prove_one(opened, (name, plan), intent, trail).await) })
    });
    let mut held = BTreeMap::new();
    for (name, proven) in join_all(work).await {
        held.insert(name, proven?);
    }
    Ok(held)
}

/// Stage 1, then the databases side by side, then what the server shares.
async fn prove_one<'a, S: Server>(
    opened: &Opened<S>,
    (name, plan): (&'a ResourceName, &'a ResourcePlan),
    intent: &'a Intent,
    trail: &'a Trail<'a>,
) -> Result<Vec<Held<'a, S::Transaction>>, Diagnostic> {
    let case = intent.case(name, plan, trail);
    prepare(opened, &case).await?;
    let (shared, local): (Vec<_>, Vec<_>) = plan.stages.transactions.iter().partition(|part| part.shared);
    let mut held = Vec::new();
    for proven in join_all(local.into_iter().map(|part| prove::prove(&opened.server, &case, part))).await {
        held.push(proven?);
    }
    for part in shared {
        held.push(prove::prove(&opened.server, &case, part).await?);
    }
    Ok(held)
}

/// Stage 1 commits at once, so the facts are compared before it as well.
async fn prepare<S: Server>(opened: &Opened<S>, case: &Case<'_>) -> Result<(), Diagnostic> {
    if case.plan.stages.prepare.is_empty() {
        return Ok(());
    }
    let quiet = crate::provider::Quiet;
    let now = opened.server.observe(&case.plan.scope, &quiet).await.map_err(|error| *error.diagnostic)?;
    let mut differences = compare::shared(&case.plan.before, &now.catalog);
    for database in now.catalog.databases.keys() {
        differences.extend(compare::local(database, &case.plan.before, &now.catalog));
    }
    if !differences.is_empty() {
        return Err(prove::stale(case.resource, &differences));
    }
    prove::run_alone(&opened.server, case, (&opened.home, &case.plan.stages.prepare)).await
}

/// What a server showed last, for the state: the outcome with the OIDs that it gave.
fn recorded(digests: &BTreeMap<RoleName, [u8; 32]>, plan: &ResourcePlan, seen: &Catalog) -> Catalog {
    moments::recorded(&moments::outcome(plan, digests), seen, plan)
}
