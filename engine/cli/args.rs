//! The command line: every command, its flags, and their words.
//!
//! Words are Terraform's where Terraform has the flag. Not here: what a command does
//! (`commands`), single dashes (`terraform_flags`), what is said about a command line that
//! is wrong (`usage`). Invariant: what is parsed here needs no further check of form.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use engine::choice::Target;
use engine::name::AddressPattern;
use engine::plan::saved::PlanId;

use crate::variable_flags::VariableFlags;
use crate::{address, usage};

pub(crate) mod kept;

/// Terraform-style plans for PostgreSQL access.
#[derive(Debug, Parser)]
#[command(
    name = "roleform",
    version,
    disable_version_flag = true,
    arg_required_else_help = true,
    max_term_width = 100,
    subcommand_value_name = "COMMAND",
    help_template = "Usage: {usage}\n\n{about}\n\n{all-args}{after-help}",
    after_help = "`roleform COMMAND -help` tells about one command, `roleform explain CODE` about one message."
)]
pub(crate) struct Cli {
    /// Flags before or after the command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command has.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// Switch to a different working directory before executing the given command
    #[arg(long, value_name = "DIR", global = true, help_heading = "Global options")]
    pub(crate) chdir: Option<PathBuf>,
    /// If specified, output won't contain any color
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_color: bool,
    /// An alias for the "version" command
    #[arg(short = 'v', long = "version", action = clap::ArgAction::Version, help_heading = "Global options")]
    pub(crate) version: Option<bool>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prepare your working directory for other commands
    Init,
    /// Check whether the configuration is valid
    Validate(Validate),
    /// Show changes required by the current configuration
    Plan(Plan),
    /// Show the current state or a saved plan
    Show(Show),
    /// Agree to a saved plan that somebody else has made
    Approve(Approve),
    /// Carry out a saved plan, and nothing else
    Apply(Apply),
    /// Plan to take over roles that exist; nothing is taken before the plan is applied
    Import(Import),
    /// Reformat your configuration in the standard style
    Fmt(Fmt),
    /// Try expressions at an interactive command prompt
    Console(Console),
    /// Generate a graph of the managed nodes and what they need
    Graph(Graph),
    /// Write the configuration for a server as it is
    Generate(Generate),
    /// Look at the state, and correct it
    #[command(subcommand, arg_required_else_help = true, disable_help_subcommand = true)]
    State(kept::State),
    /// Generated passwords
    #[command(subcommand, arg_required_else_help = true, disable_help_subcommand = true)]
    Credentials(kept::Credentials),
    /// Audited runs
    #[command(subcommand, arg_required_else_help = true, disable_help_subcommand = true)]
    Session(kept::Session),
    /// Administrators' passwords
    #[command(subcommand, arg_required_else_help = true, disable_help_subcommand = true)]
    Admin(kept::Admin),
    /// Servers that the configuration declares
    #[command(subcommand, arg_required_else_help = true, disable_help_subcommand = true)]
    Inventory(kept::Inventory),
    /// Explain the code of a message
    Explain(Explain),
    /// Walk through everything on a throwaway server
    Demo(Demo),
    /// Print a completion script for a shell
    Completion(Completion),
    /// Show the current version
    Version(Version),
}

/// `validate`.
#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// Produce output in a machine-readable JSON format
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
}

/// `plan`.
#[derive(Args, Debug)]
pub(crate) struct Plan {
    /// Write a plan file to the given path, to be used as input to the "apply" command
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Sign the plan file with this SSH key, as its author: a private key, or a public one whose
    /// private key an ssh-agent has
    #[arg(long, value_name = "KEYFILE", requires = "out")]
    pub(crate) sign: Option<PathBuf>,
    /// Return detailed exit codes: 0 no changes, 1 error, 2 changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Plan a new password for this role, or for every role without a value
    #[arg(long, value_name = "ROLE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) rotate_password: Vec<String>,
    /// Limit the planning operation to only the given role, module or resource and all that it
    /// requires. Use this option more than once for more
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse_target)]
    pub(crate) target: Vec<Target>,
    /// Leave the given role, module or resource out, and all that requires it. Use this option
    /// more than once for more
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse_target)]
    pub(crate) exclude: Vec<Target>,
    /// Plan to destroy all roles that are currently managed
    #[arg(long)]
    pub(crate) destroy: bool,
    /// Only check whether the servers still match the outcome of the most recent apply
    #[arg(long, conflicts_with = "destroy")]
    pub(crate) refresh_only: bool,
    /// Limit the number of databases of one server that are read at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) parallelism: u8,
    #[command(flatten)]
    pub(crate) view: View,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The roles' addresses, as in role.analytics_ro: declared, and there on the server
    #[arg(value_name = "ADDRESS", required = true, value_parser = address::parse,
          conflicts_with_all = ["destroy", "refresh_only", "target", "exclude"])]
    pub(crate) addresses: Vec<AddressPattern>,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// How a plan is shown.
#[derive(Args, Debug)]
pub(crate) struct View {
    /// Produce output in a machine-readable JSON format
    #[arg(long, conflicts_with_all = ["sql", "full"])]
    pub(crate) json: bool,
    /// Show the statements too
    #[arg(long)]
    pub(crate) sql: bool,
    /// List every object instead of the first ones
    #[arg(long)]
    pub(crate) full: bool,
}

/// How long to wait for the state.
#[derive(Args, Debug)]
pub(crate) struct Lock {
    /// Duration to retry a state lock, as in 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true,
          value_parser = usage::duration)]
    pub(crate) lock_timeout: Duration,
}

/// `show`.
#[derive(Args, Debug)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) view: View,
    /// Write it for pull requests
    #[arg(long, conflicts_with_all = ["json", "sql"])]
    pub(crate) markdown: bool,
    /// Judge signatures by the allowed signers of this file, not by those that the plan names
    #[arg(long, value_name = "FILE", requires = "file")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// The plan file; without one, what the state records is shown
    #[arg(value_name = "PLANFILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `apply`.
#[derive(Args, Debug)]
pub(crate) struct Apply {
    /// Refuse the file unless this is its plan id
    #[arg(long, value_name = "ID", value_parser = usage::plan_id)]
    pub(crate) expect: Option<PlanId>,
    /// Refuse the file unless its author has signed it and is an allowed signer
    #[arg(long)]
    pub(crate) require_signature: bool,
    /// The same, with the allowed signers of this file, as `ssh-keygen -Y verify -f` reads it
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Produce output in a machine-readable JSON format
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) lock: Lock,
    /// The plan file
    #[arg(value_name = "PLANFILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `approve`.
#[derive(Args, Debug)]
pub(crate) struct Approve {
    /// Approve with this SSH key: a private key, or a public one whose private key an ssh-agent has
    #[arg(long, value_name = "KEYFILE")]
    pub(crate) sign: PathBuf,
    /// Refuse the file unless this is its plan id
    #[arg(long, value_name = "ID", value_parser = usage::plan_id)]
    pub(crate) expect: Option<PlanId>,
    #[command(flatten)]
    pub(crate) lock: Lock,
    /// The plan file
    #[arg(value_name = "PLANFILE")]
    pub(crate) file: PathBuf,
}

/// `fmt`.
#[derive(Args, Debug)]
pub(crate) struct Fmt {
    /// Check if the input is formatted. Exit status will be 0 if all input is properly formatted,
    /// 3 otherwise
    #[arg(long)]
    pub(crate) check: bool,
    /// Display diffs of formatting changes
    #[arg(long)]
    pub(crate) diff: bool,
    /// Also process files in subdirectories
    #[arg(long)]
    pub(crate) recursive: bool,
    /// Don't list files whose formatting differs (with =false)
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_default_value = true,
          hide_possible_values = true)]
    pub(crate) list: bool,
    /// Don't write to source files (with =false)
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_default_value = true,
          hide_possible_values = true)]
    pub(crate) write: bool,
    /// Files and directories; "-" is standard input; without any, the current directory
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,
}

/// `console`.
#[derive(Args, Debug)]
pub(crate) struct Console {
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
}

/// `graph`.
#[derive(Args, Debug)]
pub(crate) struct Graph {
    /// How to write it
    #[arg(long, value_enum, default_value = "dot")]
    pub(crate) format: GraphFormat,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
}

/// `generate`.
#[derive(Args, Debug)]
pub(crate) struct Generate {
    /// Write to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The server, as in postgres.main
    #[arg(value_name = "RESOURCE")]
    pub(crate) resource: String,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// Formats of `graph`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
    /// JSON
    Json,
}

/// `explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The code, as in CFG001; without one, all codes are listed
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// `demo`.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Leave the server and the directory, and say how to connect
    #[arg(long)]
    pub(crate) keep: bool,
    /// The directory with initdb and postgres
    #[arg(long, value_name = "DIR")]
    pub(crate) pg_bin: Option<PathBuf>,
}

/// `completion`.
#[derive(Args, Debug)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `version`.
#[derive(Args, Debug)]
pub(crate) struct Version {
    /// Output the version information as a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
