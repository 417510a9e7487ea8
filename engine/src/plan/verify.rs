//! Checks a saved plan: may it be applied at all, and then, may it be applied to this state?
//!
//! Not here: whether its facts still hold on the server (`plan::compare`, inside apply's
//! transactions). Invariant: a `TrustedPlan` can only come from `trust`, a `VerifiedPlan` only
//! from `verify`, which takes one.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::observed::Identity;
use crate::plan::Plan;
use crate::plan::saved::{PlanId, SavedPlan};
use crate::policy::{Policy, judge, message};
use crate::signature::Moment;
use crate::signature::demand::{self, Demand, Signatories, Source};
use crate::signature::roster::Seals;
use crate::signature::signers::AllowedSigners;
use crate::state::Lineage;

/// How far a clock may be behind the one that made a plan, in microseconds.
const SKEW: i64 = 3_600_000_000;

/// A plan with everything that was demanded of it: the id, signatures, age, policies.
#[derive(Clone, Debug)]
pub struct TrustedPlan<'a> {
    saved: &'a SavedPlan,
    /// Who stands for it.
    pub signatories: Signatories,
}

/// A plan that this state accepts.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedPlan<'a> {
    saved: &'a SavedPlan,
}

impl<'a> VerifiedPlan<'a> {
    /// Its id.
    pub fn id(self) -> PlanId {
        self.saved.id
    }

    /// The plan.
    pub fn plan(self) -> &'a Plan {
        &self.saved.plan
    }
}

impl<'a> TrustedPlan<'a> {
    /// The plan.
    pub fn saved(&self) -> &'a SavedPlan {
        self.saved
    }
}

/// What the state says that bears on a plan.
#[derive(Clone, Copy, Debug)]
pub struct Ledger {
    /// Which history.
    pub lineage: Lineage,
    /// How far it is.
    pub serial: u64,
    /// The serial that this very plan led to, when it was applied.
    pub applied: Option<u64>,
}

/// What is demanded of a plan besides what it demands itself.
#[derive(Clone, Copy, Debug)]
pub struct Demands<'a> {
    /// `-expect`.
    pub id: Option<PlanId>,
    /// When it is.
    pub moment: &'a Moment,
    /// Signature files beside the plan.
    pub seals: &'a Seals,
    /// What the configuration and the command line demand.
    pub demands: &'a [Demand],
    /// The configuration's policies as they stand.
    pub policies: &'a [Policy],
    /// How old the configuration allows a plan to be, in seconds; `None` when there is none.
    pub expiry_seconds: Option<u64>,
}

/// Trusts a plan, or refuses it. Nothing of it may be acted upon before.
pub fn trust<'a>(
    saved: &'a SavedPlan,
    bytes: &[u8],
    demands: Demands<'_>,
) -> Result<TrustedPlan<'a>, Diagnostic> {
    expected(saved, demands.id)?;
    in_time(&saved.plan, demands.moment, demands.expiry_seconds)?;
    let mut all = demands.demands.to_vec();
    all.push(own_demand(&saved.plan)?);
    let signatories = demand::meet(bytes, demands.seals, &all, demands.moment)?;
    policies(&saved.plan, demands.policies)?;
    Ok(TrustedPlan { saved, signatories })
}

/// Whether a plan is worth reviewing: the expected one, and still in time.
pub fn reviewable(saved: &SavedPlan, id: Option<PlanId>, moment: &Moment) -> Result<(), Diagnostic> {
    expected(saved, id)?;
    in_time(&saved.plan, moment, None)
}

/// What the plan itself demands.
pub fn own_demand(plan: &Plan) -> Result<Demand, Diagnostic> {
    let terms = &plan.terms;
    let signers = AllowedSigners::parse(terms.signers.as_deref().unwrap_or_default()).map_err(|error| {
        let detail = format!("Its list of allowed signers cannot be read: {error}. Nothing was done.");
        Diagnostic::error(Code::SAV001, Code::SAV001.title(), detail)
    })?;
    Ok(Demand { source: Source::Plan, signature: terms.signature, approvals: terms.approvals, signers })
}

fn expected(saved: &SavedPlan, id: Option<PlanId>) -> Result<(), Diagnostic> {
    match id {
        Some(expected) if expected != saved.id => Err(Diagnostic::error(
            Code::SAV010,
            "Plan id is not the expected one",
            format!("The file's plan id is {}, expected was {expected}.", saved.id),
        )
        .hint("apply the file that was reviewed")),
        Some(_) | None => Ok(()),
    }
}

/// Neither too old, by the plan or by the configuration as it stands, nor from the future.
fn in_time(plan: &Plan, moment: &Moment, expiry_seconds: Option<u64>) -> Result<(), Diagnostic> {
    let (header, now) = (&plan.header, moment.now);
    let limit = expiry_seconds.map(|seconds| {
        let micros = i64::try_from(seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        header.created_at.saturating_add(micros)
    });
    if header.expires_at <= now || limit.is_some_and(|limit| limit <= now) {
        return Err(Diagnostic::error(
            Code::SAV009,
            "Plan has expired",
            "Too much time has passed since it was made; what was reviewed may no longer be wanted.",
        )
        .hint("make a new plan, or allow more with `plan_expiry` in the roleform block"));
    }
    if header.created_at > now.saturating_add(SKEW) {
        return Err(Diagnostic::error(
            Code::SAV022,
            "Plan is from the future",
            "It says that it was made more than an hour from now, so its age cannot be told.",
        )
        .hint("set the clocks right, and make a new plan"));
    }
    Ok(())
}

/// The plan's own policies say what it says that they say, and neither they nor the
/// configuration's forbid it.
fn policies(plan: &Plan, standing: &[Policy]) -> Result<(), Diagnostic> {
    if judge::judge(&plan.policies, &plan.resources) != plan.violations {
        let detail = "What it says about its policies does not follow from its changes. Nothing was done.";
        return Err(Diagnostic::error(Code::SAV001, Code::SAV001.title(), detail)
            .hint("make a new plan with `roleform plan -out plan.bin`"));
    }
    message::refuse(&plan.policies, &plan.violations, "By the policies that it was made under:")?;
    let found = judge::judge(standing, &plan.resources);
    message::refuse(standing, &found, "By the policies that the configuration has now:")
}

/// Accepts or refuses a plan for a state.
pub fn verify<'a>(trusted: &TrustedPlan<'a>, ledger: Ledger) -> Result<VerifiedPlan<'a>, Diagnostic> {
    let saved = trusted.saved;
    let plan = &saved.plan;
    if plan.lineage != ledger.lineage {
        return Err(Diagnostic::error(
            Code::SAV006,
            "Plan belongs to another state",
            format!("The plan's lineage is {}, the state's is {}.", plan.lineage, ledger.lineage),
        )
        .hint("apply it where it was made, or make a new plan here"));
    }
    if let Some(serial) = ledger.applied {
        return Err(Diagnostic::error(
            Code::SAV004,
            "Plan was applied already",
            format!(
                "Applying it led to serial {serial} of the state, which has serial {} now.",
                ledger.serial
            ),
        )
        .hint("run `roleform plan` to see what is left to do"));
    }
    if plan.serial < ledger.serial {
        return Err(Diagnostic::error(
            Code::SAV005,
            "Plan is superseded",
            format!("It was made from serial {}; the state has serial {} now.", plan.serial, ledger.serial),
        )
        .hint("make a new plan"));
    }
    if plan.serial > ledger.serial {
        return Err(Diagnostic::error(
            Code::SAV011,
            "State is older than the plan",
            format!(
                "The plan was made from serial {}; the state has serial {}: it was restored from an older copy.",
                plan.serial, ledger.serial
            ),
        )
        .hint("make a new plan; it observes the servers and repairs the state"));
    }
    Ok(VerifiedPlan { saved })
}

/// Whether the server that answers is the one that the plan was made for.
pub fn same_server(resource: &str, planned: &Identity, now: &Identity) -> Result<(), Diagnostic> {
    let detail = match (planned.system_identifier, now.system_identifier) {
        (Some(then), Some(now)) if then != now => {
            format!(
                "The plan for {resource} was made for the server with system identifier {then}, and this one has {now}."
            )
        }
        _ if planned.major() != now.major() => format!(
            "The plan for {resource} was made for PostgreSQL {}, and this is PostgreSQL {}.",
            planned.major(),
            now.major()
        ),
        _ => return Ok(()),
    };
    Err(Diagnostic::error(Code::SAV007, "Plan was made for another server", detail).hint("make a new plan"))
}
