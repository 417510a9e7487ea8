//! The command line of roleform: arguments in, exit code out.
//!
//! Not here: decisions (`engine`), SQL (`provider-postgres`). Invariant: the process ends
//! by returning from `main`, so that whatever is open is closed and flushed.

mod address;
mod args;
mod audit;
mod commands;
mod configuration;
mod core_file;
mod demo;
mod drawing;
mod error;
mod expression_input;
mod files;
mod identity;
mod interrupt;
mod panic;
mod plan_view;
mod progress;
mod project;
mod secrets;
mod server_list;
mod servers;
mod session_text;
mod standing;
mod state_directory;
mod state_json;
mod state_text;
mod surroundings;
mod terminal;
mod terraform_flags;
mod time;
mod trust;
mod usage;
mod variable_flags;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::Cli;
use crate::error::{CommandError, Exit};
use crate::terminal::Terminal;

fn main() -> ExitCode {
    core_file::forbid();
    panic::caught(run).unwrap_or_else(|mistake| {
        Terminal::new(false).report(&mistake.into());
        Exit::Error.into()
    })
}

fn run() -> ExitCode {
    let arguments = terraform_flags::normalise(std::env::args_os());
    let no_color = arguments.iter().take_while(|argument| *argument != "--").any(|flag| flag == "--no-color");
    let terminal = Terminal::new(no_color);
    let result = match Cli::try_parse_from(arguments) {
        Ok(cli) => commands::run(cli, &terminal),
        Err(asked) if asked.kind() == ErrorKind::DisplayHelp => {
            terminal.data(&terraform_flags::help(&asked.render().to_string()));
            Ok(Exit::Done)
        }
        Err(asked) if asked.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            terminal.say(&terraform_flags::help(&asked.render().to_string()));
            Ok(Exit::Error)
        }
        Err(asked) if asked.kind() == ErrorKind::DisplayVersion => commands::version(&terminal),
        Err(mistake) => Err(usage::diagnostic(&mistake).into()),
    };
    finish(result, &terminal)
}

/// Tells what went wrong, and turns the result into the exit code.
fn finish(result: Result<Exit, CommandError>, terminal: &Terminal) -> ExitCode {
    let exit = match result {
        Ok(exit) => exit,
        Err(error) => {
            terminal.report(&error.diagnostics);
            error.exit()
        }
    };
    match terminal.failure() {
        None => exit.into(),
        Some(failure) => {
            terminal.report(&failure.into());
            Exit::Error.into()
        }
    }
}
