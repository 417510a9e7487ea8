//! Checks a saved plan against the state: may it be applied here, now, at all?
//!
//! Not here: whether its facts still hold on the server (`plan::compare`, inside apply's
//! transactions). Invariant: a `VerifiedPlan` can only come from `verify`.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::observed::Identity;
use crate::plan::Plan;
use crate::plan::saved::{PlanId, SavedPlan};
use crate::state::Lineage;

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

/// What the caller demands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demands {
    /// `-expect`.
    pub id: Option<PlanId>,
    /// Now, in microseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// Accepts or refuses a plan.
pub fn verify(saved: &SavedPlan, ledger: Ledger, demands: Demands) -> Result<VerifiedPlan<'_>, Diagnostic> {
    let plan = &saved.plan;
    if let Some(expected) = demands.id
        && expected != saved.id
    {
        return Err(Diagnostic::error(
            Code::SAV010,
            "Plan id is not the expected one",
            format!("The file's plan id is {}, expected was {expected}.", saved.id),
        )
        .hint("apply the file that was reviewed"));
    }
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
    if plan.header.expires_at <= demands.now {
        return Err(Diagnostic::error(
            Code::SAV009,
            "Plan has expired",
            "Too much time has passed since it was made; what was reviewed may no longer be wanted.",
        )
        .hint("make a new plan, or allow more with `plan_expiry` in the roleform block"));
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
