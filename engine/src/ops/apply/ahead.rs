//! Parts of an apply: each proven and committed before the next begins.
//!
//! A plan has parts where one transaction would name more objects than its server has room to
//! lock (`graph::parts`). Not here: the proof (`ops::apply::prove`), what stands between parts
//! (`plan::moments::halves`). Invariant: before a part is committed its statements are in the
//! audit on the disk; what a run that stops between parts has done stays, is in the journal,
//! and is finished by the next plan.

use std::pin::Pin;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::ops::apply::commit::{self, NotCommitted};
use crate::ops::apply::open::Opened;
use crate::ops::apply::prove::{self, Case, Expected};
use crate::ops::apply::{Run, Stopped, unless};
use crate::plan::moments::{self, halves};
use crate::provider::Server;
use crate::state::store::Store;

/// Carries out the parts of one server. Their commits are never interrupted.
pub(super) async fn parts<S: Server>(
    run: &Run<'_, S>,
    (opened, case): (&Opened<S>, &Case<'_>),
    store: &mut Store,
    mut interrupt: Pin<&mut impl Future<Output = ()>>,
) -> Result<(), Stopped> {
    let mut now = moments::facts(case.plan).into_owned();
    for part in &case.plan.stages.parts {
        let next = halves::after(case.plan, part, &now);
        let expected = Expected { before: &now, after: &next };
        let proof = prove::prove(&opened.server, case, &part.transaction, expected);
        let held = unless(interrupt.as_mut(), proof).await.map_err(|cause| stopped(run, cause))?;
        case.trail.flush(store).map_err(|cause| stopped(run, cause))?;
        let place = (case.name, &part.transaction.database);
        match commit::one(held.transaction, place, case.trail).await {
            Ok(()) => case.trail.part_committed(),
            Err(NotCommitted::RolledBack(cause)) => return Err(stopped(run, *cause)),
            Err(NotCommitted::Unknown(cause)) => {
                let unknown = commit::unknown(place, case.trail.parts(), *cause);
                return Err(Stopped::Between(Box::new(unknown)));
            }
        }
        now = next;
    }
    Ok(())
}

/// A failure before the last commits: with parts that are committed, those stay.
pub(super) fn stopped<S>(run: &Run<'_, S>, cause: Diagnostic) -> Stopped {
    let done = run.request.trail.parts();
    if done == 0 {
        return Stopped::Before(Box::new(cause));
    }
    let plans = run.verified.plan().resources.values();
    let all: usize = plans.map(|plan| plan.stages.parts.len()).sum();
    let detail = format!(
        "{done} of {all} parts that are committed ahead are done and stay. Then: {}. {} What was under way was rolled back.\n\
         The journal remembers; no role has more access than before or than planned.",
        cause.summary, cause.detail
    );
    let told = Diagnostic::error(Code::APL007, "Apply stopped between its parts", detail)
        .hint("run `roleform plan`: it observes the servers, repairs the state, and plans what is left");
    Stopped::Between(Box::new(told))
}
