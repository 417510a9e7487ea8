//! `roleform completion SHELL`: a script that completes commands and flags.
//!
//! Not here: installing it. Invariant: the script is made from the same description of the
//! command line that parses it.

use clap::CommandFactory;

use crate::args::{Cli, Completion};
use crate::error::{CommandResult, Exit};
use crate::terminal::Terminal;

/// Prints the script.
pub(crate) fn run(args: &Completion, terminal: &Terminal) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "roleform", &mut script);
    terminal.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
