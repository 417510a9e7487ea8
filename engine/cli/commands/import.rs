//! `roleform import ADDRESS…`: plans to take roles over, for review like any other plan.
//!
//! The same as an `import` block and a targeted plan, without a change of files. Not here: the
//! plan itself (`commands::plan`). Invariant: nothing is taken over but by an apply.

use crate::args::Import;
use crate::commands::plan;
use crate::error::CommandResult;
use crate::terminal::Terminal;

/// Makes the plan and shows it.
pub(crate) fn run(args: &Import, terminal: &Terminal) -> CommandResult {
    plan::run(&args.plan, &args.addresses.iter().cloned().collect(), terminal)
}
