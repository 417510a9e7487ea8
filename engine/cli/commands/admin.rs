//! `roleform admin …`: administrators' passwords, and what administrators may do.
//!
//! Not here: other places of passwords (`secrets`). Invariant: a password comes from a
//! terminal without echo or from standard input, never from the command line.

use std::io::{IsTerminal, Read};

use engine::audit::event::{CredentialAction, SessionKind, What};
use engine::code::Code;
use engine::credentials::ledger::store_current;
use engine::credentials::{Account, Credential, seal};
use engine::declared::{DeclaredResource, SecretSource};
use engine::diagnostic::Diagnostic;
use engine::name::{RoleName, printable};
use engine::observed::Admin as Rights;
use engine::secret::Secret;
use engine::state::contents::StateWrite;
use provider_postgres::connect::administrator;
use zeroize::Zeroizing;

use crate::args::kept::{Admin, AdminSet, InventoryCheck};
use crate::audit::Session;
use crate::error::{CommandError, CommandResult, Exit, system_words};
use crate::state_directory::Purpose;
use crate::terminal::Terminal;
use crate::{configuration, identity, servers, surroundings};

/// Longest password that is read.
const LONGEST: u64 = 4096;

/// Runs one of the commands.
pub(crate) fn run(args: &Admin, terminal: &Terminal) -> CommandResult {
    match args {
        Admin::Set(args) => set(args, terminal),
        Admin::Test(args) => test(args, terminal),
    }
}

fn set(args: &AdminSet, terminal: &Terminal) -> CommandResult {
    let configuration = configuration::load(&args.variables)?;
    let resource = servers::find(&configuration.declared, &args.resource)?;
    let recipients = identity::recipients(&configuration.declared.settings.recipients)?;
    let user = administrator(resource).map_err(|error| *error.diagnostic)?;
    let role = RoleName::new(&user).map_err(|why| nowhere(format!("\"{user}\" is no role: {why}.")))?;
    let account = Account::Admin { resource: resource.name.clone(), role };
    let password = ask(&format!("Password of {user} on postgres.{}: ", resource.name), terminal)?;
    let purpose = Purpose { command: "admin set", timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let created_at = surroundings::now();
    let sealed =
        seal::seal(&account, created_at, &password, &recipients).map_err(|error| error.diagnostic())?;
    let credential = credential(resource, account.clone(), created_at, sealed);
    let session = Session::open(&mut store, SessionKind::Admin, vec![resource.name.to_string()], None)?;
    session.trail.tell(What::Credential { account: account.to_string(), action: CredentialAction::Stored });
    session.trail.flush(&mut store)?;
    let write = StateWrite { credentials: store_current(&credential), ..StateWrite::default() };
    store.commit(&write).map_err(|error| error.diagnostic())?;
    session.done(&mut store, None, format!("The password of {account} was stored."))?;
    let used = match &resource.admin_password {
        SecretSource::Unset => "",
        SecretSource::Environment(_)
        | SecretSource::File(_)
        | SecretSource::Command(_)
        | SecretSource::Literal(_)
        | SecretSource::InConfiguration => {
            " It is not used as long as the admin block has an argument password."
        }
    };
    terminal.data(&format!("Stored the password of {}, encrypted.{used}\n", printable(&account.to_string())));
    Ok(Exit::Done)
}

fn credential(
    resource: &DeclaredResource,
    account: Account,
    created_at: i64,
    sealed: engine::credentials::Sealed,
) -> Credential {
    Credential {
        account,
        host: resource.host.clone(),
        port: resource.port,
        database: resource.database.clone(),
        created_at,
        plan: None,
        verifier: None,
        sealed,
    }
}

fn nowhere(detail: String) -> Diagnostic {
    Diagnostic::error(Code::CLI005, "Password cannot be had", detail)
}

/// Asks on the terminal, without echo; off a terminal, the first line of standard input.
fn ask(prompt: &str, terminal: &Terminal) -> Result<Secret, Diagnostic> {
    let failed =
        |error: std::io::Error| nowhere(format!("Standard input cannot be read: {}.", system_words(&error)));
    let text = if std::io::stdin().is_terminal() {
        terminal.say(prompt);
        Zeroizing::new(console::Term::stderr().read_secure_line().map_err(failed)?)
    } else {
        // The full size at once: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize));
        std::io::stdin().take(LONGEST).read_to_string(&mut text).map_err(failed)?;
        text
    };
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(Secret::new(line.to_owned())),
        None => Err(nowhere("Nothing was typed, and standard input has no first line.".to_owned())
            .hint("`roleform admin set RESOURCE < FILE`, or type it when asked")),
    }
}

fn test(args: &InventoryCheck, terminal: &Terminal) -> CommandResult {
    let (answers, diagnostics) = servers::ask("admin test", args, terminal)?;
    for answer in &answers {
        let name = printable(answer.admin.name.as_str());
        terminal.data(&format!("postgres.{}: {name} logs in; {}\n", answer.name, rights(&answer.admin)));
    }
    if diagnostics.has_errors() {
        return Err(CommandError { diagnostics });
    }
    terminal.report(&diagnostics);
    Ok(Exit::Done)
}

/// What an administrator may do, in a sentence.
fn rights(admin: &Rights) -> String {
    if admin.superuser {
        return "superuser, so it may do everything".to_owned();
    }
    let create = if admin.createrole { "may create roles" } else { "may not create roles (no CREATEROLE)" };
    let names = |roles: &std::collections::BTreeSet<RoleName>| {
        let others: Vec<String> =
            roles.iter().filter(|role| **role != admin.name).map(|role| printable(role.as_str())).collect();
        if others.is_empty() { "none".to_owned() } else { others.join(", ") }
    };
    format!(
        "{create}; acts with the rights of: {}; may grant membership in: {}",
        names(&admin.has_privileges_of),
        names(&admin.may_grant)
    )
}
