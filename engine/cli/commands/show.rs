//! `roleform show FILE`: a saved plan, from the file alone.
//!
//! Not here: what it looks like (`engine::render`). Invariant: needs neither server, nor
//! configuration, nor state, and prints nothing but the plan on stdout.

use engine::plan::saved;

use crate::args::Show;
use crate::error::{CommandResult, Exit};
use crate::terminal::Terminal;
use crate::{files, plan_view};

/// Prints the plan.
pub(crate) fn run(args: &Show, terminal: &Terminal) -> CommandResult {
    let saved = saved::decode(&files::read(&args.file)?)?;
    let wanted = plan_view::Wanted::of(&args.view, Some(&args.file));
    let wanted = if args.markdown { wanted.markdown() } else { wanted };
    plan_view::show(&saved.plan, saved.id, &wanted, terminal);
    Ok(Exit::Done)
}
