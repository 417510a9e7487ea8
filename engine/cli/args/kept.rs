//! Commands about what is kept (state, credentials, sessions) and about servers.
//!
//! Not here: planning and the rest (`args`). Invariant: as in `args`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use engine::audit::chain::Head;
use engine::choice::Target;

use super::Lock;
use crate::variable_flags::VariableFlags;
use crate::{address, usage};

/// `state …`.
#[derive(Debug, Subcommand)]
pub(crate) enum State {
    /// List nodes in the state
    List(StateList),
    /// Show a role in the state
    Show(StateShow),
    /// Forget roles: they stay in PostgreSQL
    Rm(StateRm),
    /// Print the whole state as JSON
    Export,
    /// Restore a damaged state from the files beside it
    Recover(Waiting),
}

/// `state list`.
#[derive(Args, Debug)]
pub(crate) struct StateList {
    /// Only addresses that start with one of these
    #[arg(value_name = "ADDRESS")]
    pub(crate) addresses: Vec<String>,
}

/// `state show`.
#[derive(Args, Debug)]
pub(crate) struct StateShow {
    /// The address of a role, schema or module, as in role.analytics_ro or module.crm
    #[arg(value_name = "ADDRESS", value_parser = address::parse_block)]
    pub(crate) address: Target,
}

/// `state rm`.
#[derive(Args, Debug)]
pub(crate) struct StateRm {
    /// Addresses of roles, schemas or modules, as in role.analytics_ro or module.crm
    #[arg(value_name = "ADDRESS", required = true, value_parser = address::parse_block)]
    pub(crate) addresses: Vec<Target>,
    /// Only print out what would have been removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// A command that only reads the state.
#[derive(Args, Debug)]
pub(crate) struct Waiting {
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `credentials …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Credentials {
    /// List the roles whose passwords are stored
    List,
    /// Decrypt and print a role's password; reading it is an audited event
    Show(CredentialsShow),
    /// Run a program as a role: PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSFILE are set for it
    Exec(CredentialsExec),
    /// Encrypt every stored password to the recipients that the configuration names now
    Reencrypt(CredentialsReencrypt),
}

/// `credentials exec`.
#[derive(Args, Debug)]
pub(crate) struct CredentialsExec {
    /// The role's address or its name in PostgreSQL
    #[arg(value_name = "ROLE")]
    pub(crate) role: String,
    /// The program and its arguments, after `--`
    #[arg(value_name = "PROGRAM", required = true, last = true)]
    pub(crate) program: Vec<OsString>,
    /// The database to name in PGDATABASE, instead of the one of the resource
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// Use this identity file instead of your own
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `credentials reencrypt`.
#[derive(Args, Debug)]
pub(crate) struct CredentialsReencrypt {
    /// Use this identity file instead of your own
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `credentials show`.
#[derive(Args, Debug)]
pub(crate) struct CredentialsShow {
    /// The role's address or its name in PostgreSQL
    #[arg(value_name = "ROLE")]
    pub(crate) role: String,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CredentialFormat,
    /// Use this identity file instead of your own
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// Formats of `credentials show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CredentialFormat {
    /// The password alone
    Text,
    /// JSON with host, port, database, user, password
    Json,
}

/// `session …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// List sessions, newest first
    List(SessionList),
    /// Show one session with its statements
    Show(SessionShow),
    /// Check that no record was edited, removed or reordered
    Verify(SessionVerify),
    /// Print every record as a line of JSON
    Export(Waiting),
}

/// `session list`.
#[derive(Args, Debug)]
pub(crate) struct SessionList {
    /// Produce output in a machine-readable JSON format
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `session show`.
#[derive(Args, Debug)]
pub(crate) struct SessionShow {
    /// The session's id, or its first digits
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Produce output in a machine-readable JSON format
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `session verify`.
#[derive(Args, Debug)]
pub(crate) struct SessionVerify {
    /// Also check that the trail still goes through this head, as an earlier verify printed it
    #[arg(long, value_name = "COUNT:DIGEST", value_parser = usage::head)]
    pub(crate) head: Option<Head>,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `admin …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Store an administrator's password, encrypted; asks for it, or reads it from standard input
    Set(AdminSet),
    /// Store the passwords of a file for the servers of the configuration, encrypted
    Import(AdminImport),
    /// Connect to servers as their administrators, and say what they may do
    Test(InventoryCheck),
}

/// `admin set`.
#[derive(Args, Debug)]
pub(crate) struct AdminSet {
    /// The label of the resource, as in postgres.analytics or analytics
    #[arg(value_name = "RESOURCE")]
    pub(crate) resource: String,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// `admin import`.
#[derive(Args, Debug)]
pub(crate) struct AdminImport {
    /// The file, or - for standard input: a password file as libpq reads it, or a list of
    /// servers with passwords as `inventory import` reads it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How it is written, when neither its name nor its first character tells
    #[arg(long, value_enum)]
    pub(crate) format: Option<PasswordFormat>,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: Lock,
}

/// How passwords of several servers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PasswordFormat {
    /// Lines of host:port:database:user:password
    Passfile,
    /// Comma-separated, with names in the first line
    Csv,
    /// A list of objects, or one object
    Json,
    /// pg_service.conf
    Service,
}

/// `inventory …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Inventory {
    /// List the servers that the configuration declares
    List(InventoryList),
    /// Connect to each server and say which it is
    Check(InventoryCheck),
    /// Print the servers of a list as resource blocks
    Import(InventoryImport),
}

/// `inventory import`.
#[derive(Args, Debug)]
pub(crate) struct InventoryImport {
    /// The list: CSV, JSON, or a pg_service.conf
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How it is written, when the file's name does not tell
    #[arg(long, value_enum)]
    pub(crate) format: Option<crate::server_list::Format>,
}

/// `inventory list`.
#[derive(Args, Debug)]
pub(crate) struct InventoryList {
    /// Produce output in a machine-readable JSON format
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
}

/// `inventory check` and `admin test`.
#[derive(Args, Debug)]
pub(crate) struct InventoryCheck {
    /// Only these resources, as in postgres.analytics or analytics
    #[arg(value_name = "RESOURCE")]
    pub(crate) resources: Vec<String>,
    #[command(flatten)]
    pub(crate) variables: VariableFlags,
    #[command(flatten)]
    pub(crate) lock: Lock,
}
