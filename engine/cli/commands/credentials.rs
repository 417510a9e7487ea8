//! `roleform credentials …`: which passwords are stored, and one of them in clear.
//!
//! Not here: keys and encryption (`engine::credentials`). Invariant: a password is handed out
//! only after the event of reading it is on the disk.

mod exec;
mod reencrypt;

use std::path::Path;

use engine::audit::event::SessionKind;
use engine::code::Code;
use engine::credentials::ledger::{Entry, Ledger};
use engine::credentials::{Account, Credential, seal};
use engine::declared::Declared;
use engine::diagnostic::{Diagnostic, Diagnostics, nearest};
use engine::name::printable;
use engine::secret::Secret;
use engine::state::contents::Contents;

use crate::args::kept::{CredentialFormat, Credentials, CredentialsShow};
use crate::audit::Session;
use crate::error::{CommandResult, Exit, unknown, usage};
use crate::state_directory::{self, Purpose};
use crate::terminal::Terminal;
use crate::time::readable;
use crate::{address, identity};

/// Runs one of the commands.
pub(crate) fn run(args: &Credentials, terminal: &Terminal) -> CommandResult {
    match args {
        Credentials::List => list(terminal),
        Credentials::Show(args) => show(args, terminal),
        Credentials::Exec(args) => exec::run(args, terminal),
        Credentials::Reencrypt(args) => reencrypt::run(args, terminal),
    }
}

fn ledger(contents: &Contents) -> Result<Ledger, Diagnostic> {
    Ledger::read(&contents.credentials).map_err(|error| error.diagnostic())
}

/// Says so when stored passwords are for others than the configuration names. When it names
/// nobody, each reads what it made.
pub(super) fn other_readers(declared: &Declared, contents: &Contents) -> Result<Diagnostics, Diagnostics> {
    if declared.settings.recipients.is_empty() {
        return Ok(Diagnostics::default());
    }
    let recipients = identity::recipients(&declared.settings.recipients)?;
    Ok(reencrypt::warning(&ledger(contents)?, &recipients).map_or_else(Diagnostics::default, Into::into))
}

fn list(terminal: &Terminal) -> CommandResult {
    let ledger = ledger(&state_directory::peek()?)?;
    for (account, entry) in &ledger.0 {
        let current = entry.current.as_ref().map(|credential| {
            let readers = credential.sealed.recipients.len();
            let plural = if readers == 1 { "" } else { "s" };
            format!("made {}, for {readers} reader{plural}", readable(credential.created_at))
        });
        let pending = (!entry.pending.is_empty()).then(|| format!("{} pending", entry.pending.len()));
        let facts: Vec<String> = current.into_iter().chain(pending).collect();
        terminal.data(&format!("{}  ({})\n", printable(&account.to_string()), facts.join(", ")));
    }
    Ok(Exit::Done)
}

fn show(args: &CredentialsShow, terminal: &Terminal) -> CommandResult {
    let purpose = Purpose { command: "credentials show", timeout: args.lock.lock_timeout, terminal };
    let (credential, password) = read(purpose, &args.role, args.identity.as_deref())?;
    match args.format {
        // Here the password leaves its wrapping: this is what the command is for.
        CredentialFormat::Text => terminal.data(&format!("{}\n", password.reveal())),
        CredentialFormat::Json => {
            let object = serde_json::json!({
                "host": credential.host,
                "port": credential.port,
                "database": credential.database.as_str(),
                "sslmode": credential.sslmode.word(),
                "user": credential.account.role().as_str(),
                "password": password.reveal(),
            });
            terminal.data(&format!("{object:#}\n"));
        }
    }
    Ok(Exit::Done)
}

/// Decrypts the password of a role, and puts that on record first.
fn read(
    purpose: Purpose<'_>,
    role: &str,
    identity: Option<&Path>,
) -> Result<(Credential, Secret), Diagnostic> {
    let mut store = purpose.open()?;
    let ledger = ledger(store.contents())?;
    let credential = find(role, store.contents(), &ledger)?.clone();
    let password = seal::open(&credential, &identity::keys(identity)?).map_err(|error| error.diagnostic())?;
    if store.contents().journal.is_some() {
        purpose.terminal.report(&unsettled().into());
    }
    let account = credential.account.to_string();
    let resources = vec![credential.account.resource().to_string()];
    let session = Session::open(&mut store, SessionKind::Credentials, resources, None)?;
    session.password_read(account.clone());
    session.done(&mut store, None, format!("The password of {account} was read."))?;
    Ok((credential, password))
}

/// The server may have a newer password than the current one.
fn unsettled() -> Diagnostic {
    let detail = "The servers may have newer passwords than those that are on record as current.";
    Diagnostic::warning(Code::STA091, "An interrupted apply was found", detail)
        .hint("run `roleform plan`, which asks the servers and settles it")
}

/// The credential of a role that is named by address, by `resource/role`, or by its name.
fn find<'a>(wanted: &str, contents: &Contents, ledger: &'a Ledger) -> Result<&'a Credential, Diagnostic> {
    let recorded = state_directory::recorded(contents)?;
    let pattern = address::parse(wanted).ok();
    let means = |account: &Account| {
        let (resource, role) = (account.resource(), account.role());
        let recorded = recorded.resources.get(resource).and_then(|resource| resource.roles.get(role));
        role.as_str() == wanted
            || account.to_string() == wanted
            || recorded
                .zip(pattern.as_ref())
                .is_some_and(|(recorded, pattern)| pattern.matches(&recorded.address))
    };
    let roles = ledger.0.iter().filter(|(account, _)| matches!(account, Account::Role { .. }));
    let found: Vec<(&Account, &Entry)> = roles.filter(|(account, _)| means(account)).collect();
    match found.as_slice() {
        [] => Err(absent(wanted, ledger)),
        [(account, entry)] => entry.current.as_ref().ok_or_else(|| {
            usage(format!("The password of {account} was never confirmed: its apply did not end."))
                .hint("run `roleform plan`, which finds out what the server has; `-rotate-password` makes a new one")
        }),
        several => {
            let names: Vec<String> = several.iter().map(|(account, _)| account.to_string()).collect();
            Err(usage(format!("\"{wanted}\" means several roles: {}.", names.join(", ")))
                .hint(format!("as in `roleform credentials show {}`", names[0])))
        }
    }
}

fn absent(wanted: &str, ledger: &Ledger) -> Diagnostic {
    let names: Vec<String> = ledger.0.keys().map(|account| account.role().to_string()).collect();
    let error = unknown(format!("No password of \"{wanted}\" is stored."));
    match nearest(wanted, names.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`roleform credentials list` tells whose are"),
    }
}
