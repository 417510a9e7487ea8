//! `roleform completion SHELL`: a script that completes commands and flags.
//!
//! Flags are offered with one dash, as help shows them and Terraform has them. Not here:
//! installing it. Invariant: the script is made from the same description of the command
//! line that parses it.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::{Cli, Completion};
use crate::error::{CommandResult, Exit};
use crate::terminal::Terminal;

/// Prints the script.
pub(crate) fn run(args: &Completion, terminal: &Terminal) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "roleform", &mut script);
    terminal.data(&one_dash(args.shell, &String::from_utf8_lossy(&script)));
    Ok(Exit::Done)
}

/// The script with one dash before the long names of flags, in the notation of its shell.
fn one_dash(shell: Shell, script: &str) -> String {
    match shell {
        // The script holds no prose, so that a double dash before a letter is a flag.
        Shell::Bash => script
            .split("--")
            .enumerate()
            .map(|(at, piece)| match (at, piece.starts_with(|first: char| first.is_ascii_lowercase())) {
                (0, _) => piece.to_owned(),
                (_, true) => format!("-{piece}"),
                (_, false) => format!("--{piece}"),
            })
            .collect(),
        // Without -s, for letters cannot be put together when names have one dash.
        Shell::Zsh => script
            .replace("\n'--", "\n'-")
            .replace("\n'*--", "\n'*-")
            .replace("(-s -S -C)", "(-S -C)")
            .replace("(-s -C)", "(-C)"),
        Shell::Fish => {
            script
                .split_inclusive('\n')
                .map(|line| {
                    if line.starts_with("complete ") { line.replace(" -l ", " -o ") } else { line.to_owned() }
                })
                .collect()
        }
        _ => script.to_owned(),
    }
}
