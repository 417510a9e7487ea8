//! `roleform show FILE`: a saved plan, from the file and the signatures beside it; without a
//! file, the state.
//!
//! Not here: what it looks like (`engine::render`). Invariant: a plan needs neither server,
//! nor configuration, nor state to be shown, and nothing but it is printed on stdout.

use engine::plan::{saved, verify};
use engine::signature::roster;

use crate::args::Show;
use crate::error::{CommandResult, Exit, usage};
use crate::terminal::Terminal;
use crate::{files, plan_view, state_directory, state_json, state_text, trust};

/// Prints the plan of the file, or the state without one.
pub(crate) fn run(args: &Show, terminal: &Terminal) -> CommandResult {
    let Some(file) = &args.file else { return state(args, terminal) };
    let bytes = files::read(file)?;
    let saved = saved::decode(&bytes)?;
    let signers = match &args.allowed_signers {
        Some(path) => trust::signers(path)?.1,
        None => verify::own_demand(&saved.plan)?.signers,
    };
    let signatories = roster::roster(&bytes, &trust::seals(file)?, &signers, &trust::moment());
    let wanted = plan_view::Wanted::of(&args.view, Some(file)).signed_by(signatories);
    let wanted = if args.markdown { wanted.markdown() } else { wanted };
    plan_view::show(&saved.plan, saved.id, &wanted, terminal);
    Ok(Exit::Done)
}

/// Prints what the state records, as `state show` and `state export` do.
fn state(args: &Show, terminal: &Terminal) -> CommandResult {
    if args.markdown || args.view.sql || args.view.full {
        let error =
            usage("\"-markdown\", \"-sql\" and \"-full\" are about a plan, and no plan file is given.");
        return Err(error.hint("`roleform show plan.bin`").into());
    }
    let recorded = state_directory::recorded(&state_directory::peek()?)?;
    if args.view.json {
        terminal.data(&format!("{:#}\n", state_json::state(&recorded)));
        return Ok(Exit::Done);
    }
    if recorded.resources.is_empty() {
        terminal.data("The state is empty. No roles are recorded.\n");
    }
    for (name, resource) in &recorded.resources {
        for role in resource.roles.keys() {
            terminal.data(&state_text::role(name, resource, role));
        }
    }
    Ok(Exit::Done)
}
