//! Parts of an apply: each proven and committed before the next begins.
//!
//! A plan has parts where one transaction would name more objects than its server has room to
//! lock (`graph::parts`). Not here: the proof (`ops::apply::prove`), what stands between parts
//! (`plan::moments::halves`). Invariant: before a part is committed its statements are in the
//! audit on the disk; what a run that stops between parts has done stays, is in the journal,
//! and is finished by the next plan.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::ops::apply::prove::{self, Case, Expected};
use crate::ops::apply::trail::Trail;
use crate::plan::moments::{self, halves};
use crate::plan::verify::VerifiedPlan;
use crate::provider::{Server, Transaction};
use crate::state::store::Store;

/// Carries out the parts of one server.
pub(super) async fn parts<S: Server>(
    server: &S,
    case: &Case<'_>,
    store: &mut Store,
) -> Result<(), Diagnostic> {
    let mut now = moments::facts(case.plan).into_owned();
    for part in &case.plan.stages.parts {
        let next = halves::after(case.plan, part, &now);
        let expected = Expected { before: &now, after: &next };
        let held = prove::prove(server, case, &part.transaction, expected).await?;
        case.trail.flush(store)?;
        let database = &part.transaction.database;
        case.trail.committing_part();
        match held.transaction.commit().await {
            Ok(()) => case.trail.committed(case.resource, database),
            Err(error) => {
                if error.diagnostic.code == Code::PGS019 {
                    case.trail.unknown(case.resource, database);
                } else {
                    case.trail.part_refused(case.resource, database);
                }
                return Err(*error.diagnostic);
            }
        }
        now = next;
    }
    Ok(())
}

/// What is told when a run stops after some parts were committed.
pub(super) fn stopped(trail: &Trail<'_>, verified: VerifiedPlan<'_>, cause: Diagnostic) -> Diagnostic {
    let all: usize = verified.plan().resources.values().map(|plan| plan.stages.parts.len()).sum();
    let detail = format!(
        "{} of {all} parts that are committed ahead are done, or may be, and stay. Then: {}. {}\nThe journal remembers; no role has more access than before or than planned.",
        trail.parts(),
        cause.summary,
        cause.detail
    );
    Diagnostic::error(Code::APL007, "Apply stopped between its parts", detail)
        .hint("run `roleform plan`: it observes the servers, repairs the state, and plans what is left")
}
