//! The operation `apply`: a saved plan in, exactly that plan carried out, or nothing.
//!
//! ```text
//! trusted plan -> verify against the state
//!   -> connect, same server?, lock                        (open)
//!   -> journal the intent, store passwords as pending     (intent)
//!   -> compare what no transaction will look at           (facts)
//!   -> new roles                                          (prepare)
//!   -> parts, each proven and committed                   (ahead)
//!   -> per database: compare, execute, compare            (prove)
//!   -> commit all, drop what is to be dropped             (commit; before the first: retreat)
//!   -> state, credentials, end of the journal             (conclude)
//! ```
//!
//! Not here: what to do (the plan says), SQL (in the plan), observation (the provider).
//! Invariants: database first, then state; nothing but parts is committed on any server before
//! every transaction on every server has proven its outcome; what was interrupted in between
//! is in the journal, and `ops::recover` reads it.

mod ahead;
mod commit;
mod departure;
mod facts;
pub(in crate::ops) mod intent;
mod open;
mod prepare;
mod prove;
mod retreat;
pub mod trail;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};

use futures::future::{Either, join_all, select};

use crate::catalog::Catalog;
use crate::code::Code;
use crate::credentials::keyring::Keyring;
use crate::declared::DeclaredResource;
use crate::diagnostic::Diagnostic;
use crate::name::{ResourceName, RoleName};
use crate::ops::apply::intent::Intent;
use crate::ops::apply::open::Opened;
use crate::ops::apply::prove::{Case, Expected, Held};
use crate::ops::apply::trail::Trail;
use crate::plan::saved::PlanId;
use crate::plan::verify::{self, Ledger, TrustedPlan, VerifiedPlan};
use crate::plan::{ResourcePlan, moments};
use crate::provider::{Dialect, Progress, Provider, Server};
use crate::secret::Secret;
use crate::state::contents::Contents;
use crate::state::store::Store;

/// What an apply is made of.
#[derive(Clone, Copy)]
pub struct ApplyRequest<'a> {
    /// The plan.
    pub plan: &'a TrustedPlan<'a>,
    /// Its file, for the journal.
    pub bytes: &'a [u8],
    /// How to reach the servers, as the plan says.
    pub targets: &'a BTreeMap<ResourceName, DeclaredResource>,
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
    let saved = request.plan.saved();
    let verified = check(request.plan, store.contents())?;
    let mut interrupt = pin!(interrupt);
    let opened = unless(interrupt.as_mut(), open::all(provider, &request, verified)).await;
    let servers = opened.map_err(retreat::untouched)?;
    let dialect = provider as &dyn Dialect;
    let intent = Intent::of(verified, &request, dialect, store.contents()).map_err(retreat::untouched)?;
    intent.write(store, request.bytes, request.trail)?;
    let statements = saved.plan.resources.values().map(|plan| plan.stages.statements().count()).sum();
    request.progress.expect(statements as u64);
    let run = Run { servers: &servers, verified, intent: &intent, request: &request };
    let carried = run.carry_out(store, interrupt).await;
    request.trail.dropped();
    let seen = match carried {
        Ok(seen) => seen,
        Err(Stopped::Before(cause)) => return Err(retreat::retreat(&run, store, *cause).await),
        Err(Stopped::Between(cause)) => return Err(also(*cause, request.trail.flush(store))),
    };
    let serial = intent.conclude(store, verified, &seen, request.trail).map_err(unrecorded)?;
    Ok(Applied { id: saved.id, serial, statements, passwords: intent.accounts() })
}

/// Accepts or refuses a plan for the state as it is; `apply` does so first of all.
pub fn check<'a>(plan: &TrustedPlan<'a>, contents: &Contents) -> Result<VerifiedPlan<'a>, Diagnostic> {
    let ledger = Ledger {
        lineage: contents.lineage,
        serial: contents.serial,
        applied: contents.applied.get(&plan.saved().id).copied(),
    };
    verify::verify(plan, ledger)
}

/// Does something, unless a person stops it first: then it is dropped, which cancels it on the
/// servers and rolls it back.
pub async fn unless<T>(
    interrupt: Pin<&mut impl Future<Output = ()>>,
    work: impl Future<Output = Result<T, Diagnostic>>,
) -> Result<T, Diagnostic> {
    // Owned here, so that it is gone when this returns; and large, so that it is boxed.
    match select(Box::pin(work), interrupt).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err(interrupted()),
    }
}

/// How an apply stopped on the way.
enum Stopped {
    /// Nothing was committed but new roles that hold nothing, and those can be taken back.
    Before(Box<Diagnostic>),
    /// Something was committed, or may have been: the journal stays.
    Between(Box<Diagnostic>),
}

impl From<Diagnostic> for Stopped {
    fn from(cause: Diagnostic) -> Stopped {
        Stopped::Before(Box::new(cause))
    }
}

/// What every step of an apply needs.
struct Run<'a, S> {
    servers: &'a BTreeMap<&'a ResourceName, Opened<S>>,
    verified: VerifiedPlan<'a>,
    intent: &'a Intent,
    request: &'a ApplyRequest<'a>,
}

/// What each server showed last.
type Seen<'a> = BTreeMap<&'a ResourceName, Catalog>;

/// Transactions that wait for the commit, per server.
type AllHeld<'a, S> = BTreeMap<&'a ResourceName, Vec<Held<'a, <S as Server>::Transaction>>>;

impl<'a, S: Server> Run<'a, S> {
    /// From the first statement to the last commit. Commits are never interrupted.
    async fn carry_out(
        &self,
        store: &mut Store,
        mut interrupt: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Seen<'a>, Stopped> {
        unless(interrupt.as_mut(), facts::check(self)).await?;
        let made = unless(interrupt.as_mut(), prepare::run(self)).await?;
        prepare::commit(self, made).await?;
        for (_, opened, case) in self.cases() {
            ahead::parts(self, (opened, &case), store, interrupt.as_mut()).await?;
        }
        let proven = unless(interrupt, self.prove()).await;
        let held = proven.map_err(|cause| ahead::stopped(self, cause))?;
        self.request.trail.flush(store).map_err(|cause| ahead::stopped(self, cause))?;
        commit::all(self, held).await
    }

    /// Every server that is open, with its plan.
    fn cases(&self) -> impl Iterator<Item = (&'a ResourceName, &'a Opened<S>, Case<'a>)> {
        self.servers.iter().filter_map(|(name, opened)| {
            let plan = self.verified.plan().resources.get(*name)?;
            Some((*name, opened, self.intent.case(name, plan, self.request)))
        })
    }

    /// Brings every server of the plan to the point before its last commits, side by side.
    async fn prove(&self) -> Result<AllHeld<'a, S>, Diagnostic> {
        let proven = join_all(self.cases().map(|(name, opened, case)| async move {
            Ok((name, prove_one(opened, &case, self.intent.digests(name)).await?))
        }));
        proven.await.into_iter().collect()
    }
}

/// The databases side by side, then what the server shares.
async fn prove_one<'a, S: Server>(
    opened: &Opened<S>,
    case: &Case<'a>,
    digests: &BTreeMap<RoleName, [u8; 32]>,
) -> Result<Vec<Held<'a, S::Transaction>>, Diagnostic> {
    let (before, after) = (moments::after_parts(case.plan), moments::outcome(case.plan, digests));
    let expected = Expected { before: &before, after: &after };
    let (shared, local): (Vec<_>, Vec<_>) =
        case.plan.stages.transactions.iter().partition(|part| part.shared);
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

fn interrupted() -> Diagnostic {
    Diagnostic::error(Code::APL006, "Apply was interrupted", "It was stopped before its commit.")
}

/// A failure, and what failed besides while it was dealt with.
fn also(cause: Diagnostic, besides: Result<(), Diagnostic>) -> Diagnostic {
    match besides {
        Ok(()) => cause,
        Err(more) => Diagnostic {
            detail: format!("{}\nBesides, {}: {}", cause.detail, more.summary, more.detail),
            ..cause
        },
    }
}

/// The servers have everything, and the state could not be told.
fn unrecorded(cause: Diagnostic) -> Diagnostic {
    let detail = format!(
        "Every transaction of the plan is committed, but the state could not be written: {} The journal remembers.",
        cause.detail
    );
    Diagnostic::error(Code::APL008, "Outcome could not be recorded", detail)
        .hint("mend what keeps the state from being written, then run `roleform plan`: it observes the servers and repairs the state")
}

/// What a server showed last, for the state: the outcome with the OIDs that it gave.
fn recorded(digests: &BTreeMap<RoleName, [u8; 32]>, plan: &ResourcePlan, seen: &Catalog) -> Catalog {
    moments::recorded(&moments::outcome(plan, digests), seen, plan)
}
