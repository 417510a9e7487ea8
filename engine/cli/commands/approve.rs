//! `roleform approve FILE`: somebody else than the author agrees to a plan, by a signature of
//! their own beside it.
//!
//! Not here: whose approval counts (`engine::signature::demand`). Invariant: the plan file is
//! not changed, and an approval that apply would refuse is not written. Where a state is, the
//! approval is on record there; whoever approves elsewhere needs none.

use engine::audit::event::SessionKind;
use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::plan::saved;
use engine::plan::verify;
use engine::signature::Purpose;
use engine::signature::demand::may_approve;
use engine::state::store::Store;

use crate::args::Approve;
use crate::audit::Session;
use crate::error::{CommandResult, Exit};
use crate::state_directory::Purpose as Opening;
use crate::terminal::Terminal;
use crate::{files, plan_view, trust};

/// Approves the file.
pub(crate) fn run(args: &Approve, terminal: &Terminal) -> CommandResult {
    let bytes = files::read(&args.file)?;
    let saved = saved::decode(&bytes)?;
    let (moment, seals) = (trust::moment(), trust::seals(&args.file)?);
    verify::reviewable(&saved, args.expect, &moment)?;
    let key = trust::key(&args.sign)?;
    let demand = verify::own_demand(&saved.plan)?;
    let signer = may_approve((&bytes, &seals), &demand, &key, &moment)?;
    let target = trust::approval_path(&args.file, &key.fingerprint());
    trust::sign((&args.sign, &key), Purpose::Approval, &bytes, &target)?;
    let who = signer.map_or_else(|| key.fingerprint(), |signer| signer.text());
    let text = format!("Plan {} is approved by {who}.", saved.id);
    if let Some(mut store) = state(args, terminal)? {
        let resources = saved.plan.resources.keys().map(ToString::to_string).collect();
        let session = Session::open(&mut store, SessionKind::Approve, resources, Some(saved.id))?;
        session.done(&mut store, Some(saved.id), text.clone())?;
    }
    let sums = plan_view::sums(&saved.plan);
    terminal
        .data(&format!("{sums}\n{text}\nThe approval is {}; keep it beside the plan.\n", target.display()));
    Ok(Exit::Done)
}

/// The state, where there is one.
fn state(args: &Approve, terminal: &Terminal) -> Result<Option<Store>, Diagnostic> {
    let opening = Opening { command: "approve", timeout: args.lock.lock_timeout, terminal };
    match opening.open() {
        Ok(store) => Ok(Some(store)),
        Err(error) if error.code == Code::STA002 => Ok(None),
        Err(error) => Err(error),
    }
}
