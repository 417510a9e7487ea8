//! The way back of an apply that stopped before its first commit.
//!
//! What was proven is rolled back already; roles of stage 1 are dropped again, pending
//! passwords are forgotten, the journal is cleared. Not here: what may not be taken back
//! (`ops::recover` finds out). Invariant: the message says that nothing changed only when
//! nothing has.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::ops::apply::prove::Case;
use crate::ops::apply::{Run, also, prove};
use crate::provider::{Quiet, Server};
use crate::state::store::Store;

/// Goes back, and returns what is to be told about the cause.
pub(super) async fn retreat<S: Server>(run: &Run<'_, S>, store: &mut Store, cause: Diagnostic) -> Diagnostic {
    for opened in run.servers.values() {
        // What was dropped is cancelled by now; a server that does not say so rolls back in its
        // own time, since nothing of it was committed.
        let _ = opened.server.settle().await;
    }
    if let Err(more) = undo(run).await {
        return also(stuck(cause, more), run.request.trail.flush(store));
    }
    also(untouched(cause), run.intent.withdraw(store, run.request.trail))
}

/// A cause with the words that nothing changed.
pub(super) fn untouched(cause: Diagnostic) -> Diagnostic {
    // A list ends with its last line.
    let gap = if cause.detail.contains('\n') { '\n' } else { ' ' };
    let detail = format!("{}{gap}Nothing changed on any server.", cause.detail);
    Diagnostic { detail, ..cause }
}

/// Takes stage 1 back on every server where it was committed.
async fn undo<S: Server>(run: &Run<'_, S>) -> Result<(), Diagnostic> {
    for (name, opened, case) in run.cases() {
        if case.trail.was_committed(name.as_str(), &opened.home) {
            // What is taken back is no part of the work that was counted.
            let case = Case { progress: &Quiet, ..case };
            prove::run_alone(&opened.server, &case, (name, &opened.home, &case.plan.stages.undo)).await?;
        }
    }
    Ok(())
}

fn stuck(cause: Diagnostic, more: Diagnostic) -> Diagnostic {
    let detail = format!(
        "{}: {} Everything was rolled back but what the plan commits ahead, new roles that hold nothing and may not log in \
         and revokes: {} The journal remembers it.",
        cause.summary, cause.detail, more.detail
    );
    Diagnostic::error(Code::APL004, "Commit was torn", detail)
        .hint("run `roleform plan`: it observes the servers, repairs the state, and plans what is left")
}
