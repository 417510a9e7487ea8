//! `roleform credentials …`: which passwords are stored, and one of them in clear.
//!
//! Not here: keys and encryption (`engine::credentials`). Invariant: a password is printed
//! only after the event of reading it is on the disk.

use engine::audit::event::SessionKind;
use engine::credentials::ledger::{Entry, Ledger};
use engine::credentials::{Account, Credential, seal};
use engine::diagnostic::{Diagnostic, nearest};
use engine::name::printable;
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
    }
}

fn ledger(contents: &Contents) -> Result<Ledger, Diagnostic> {
    Ledger::read(&contents.credentials).map_err(|error| error.diagnostic())
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
    let mut store = purpose.open()?;
    let ledger = ledger(store.contents())?;
    let credential = find(&args.role, store.contents(), &ledger)?.clone();
    let keys = identity::keys(args.identity.as_deref())?;
    let password = seal::open(&credential, &keys).map_err(|error| error.diagnostic())?;
    let account = credential.account.to_string();
    let resources = vec![credential.account.resource().to_string()];
    let session = Session::open(&mut store, SessionKind::Credentials, resources, None)?;
    session.password_read(account.clone());
    session.done(&mut store, None, format!("The password of {account} was read."))?;
    match args.format {
        // Here the password leaves its wrapping: this is what the command is for.
        CredentialFormat::Text => terminal.data(&format!("{}\n", password.reveal())),
        CredentialFormat::Json => {
            let object = serde_json::json!({
                "host": credential.host,
                "port": credential.port,
                "database": credential.database.as_str(),
                "user": credential.account.role().as_str(),
                "password": password.reveal(),
            });
            terminal.data(&format!("{object:#}\n"));
        }
    }
    Ok(Exit::Done)
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
                .hint("run `roleform plan`, which finds out what the server has")
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
