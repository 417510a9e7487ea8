//! The commands, one file each, and the one place that tells which is which.
//!
//! Not here: what the commands decide (`engine::ops`). Invariant: a command reads files
//! and the environment, calls one operation, and prints; it has no policy of its own.

mod admin;
mod apply;
mod approve;
mod completion;
mod console;
mod credentials;
mod explain;
mod fmt;
mod generate;
mod graph;
mod import;
mod init;
mod inventory;
mod plan;
mod session;
mod show;
mod state;
mod validate;
mod version;

use std::collections::BTreeSet;

use crate::args::{Cli, Command};
use crate::error::CommandResult;
use crate::project;
use crate::surroundings;
use crate::terminal::Terminal;

/// `roleform -version`.
pub(crate) fn version(terminal: &Terminal) -> CommandResult {
    version::run(&crate::args::Version { json: false }, terminal)
}

/// Runs the command that was typed.
pub(crate) fn run(cli: Cli, terminal: &Terminal) -> CommandResult {
    surroundings::check_clock()?;
    if let Some(directory) = &cli.global.chdir {
        project::enter(directory)?;
    }
    match cli.command {
        Command::Demo(args) => crate::demo::story::tell(&args, terminal),
        Command::Fmt(args) => fmt::run(&args, terminal),
        Command::Apply(args) => apply::run(&args, terminal),
        Command::Approve(args) => approve::run(&args, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Completion(args) => completion::run(&args, terminal),
        Command::Session(args) => session::run(&args, terminal),
        Command::Generate(args) => generate::run(&args, terminal),
        Command::Graph(args) => graph::run(&args, terminal),
        Command::Init => init::run(terminal),
        Command::Credentials(args) => credentials::run(&args, terminal),
        Command::Import(args) => import::run(&args, terminal),
        Command::Plan(args) => plan::run(&args, &BTreeSet::new(), terminal),
        Command::Show(args) => show::run(&args, terminal),
        Command::Admin(args) => admin::run(&args, terminal),
        Command::Inventory(args) => inventory::run(&args, terminal),
        Command::State(args) => state::run(&args, terminal),
        Command::Validate(args) => validate::run(&args, terminal),
        Command::Version(args) => version::run(&args, terminal),
        Command::Console(args) => console::run(&args, terminal),
    }
}
