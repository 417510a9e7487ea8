//! `roleform admin …`: administrators' passwords, and what administrators may do.
//!
//! Not here: many passwords at once (`import`), other places of passwords (`secrets`). Invariant: a password comes from a
//! terminal without echo or from standard input, never from the command line.

mod import;

use std::io::{IsTerminal, Read};

use engine::audit::event::{CredentialAction, SessionKind, What};
use engine::code::Code;
use engine::credentials::ledger::store_current;
use engine::credentials::recipient::Recipient;
use engine::credentials::{Account, Credential, Sealed, seal};
use engine::declared::{DeclaredResource, SecretSource};
use engine::diagnostic::Diagnostic;
use engine::name::{RoleName, printable};
use engine::observed::Admin as Rights;
use engine::secret::Secret;
use engine::state::contents::{Changes, StateWrite};
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
        Admin::Import(args) => import::run(args, terminal),
        Admin::Test(args) => test(args, terminal),
    }
}

/// An administrator's password.
struct Given<'a> {
    resource: &'a DeclaredResource,
    account: Account,
    password: Secret,
}

fn set(args: &AdminSet, terminal: &Terminal) -> CommandResult {
    let configuration = configuration::load(&args.variables)?;
    let resource = servers::find(&configuration.declared, &args.resource)?;
    let recipients = identity::recipients(&configuration.declared.settings.recipients)?;
    let account = account(resource)?;
    let prompt = format!("Password of {} on postgres.{}: ", account.role(), resource.name);
    let password = ask(&prompt, terminal)?;
    let purpose = Purpose { command: "admin set", timeout: args.lock.lock_timeout, terminal };
    let text = format!("The password of {account} was stored.");
    let shown = printable(&account.to_string());
    store(&[Given { resource, account, password }], &recipients, (purpose, text))?;
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
    terminal.data(&format!("Stored the password of {shown}, encrypted.{used}\n"));
    Ok(Exit::Done)
}

/// The administrator of a resource.
fn account(resource: &DeclaredResource) -> Result<Account, Diagnostic> {
    let user = administrator(resource).map_err(|error| *error.diagnostic)?;
    let role = RoleName::new(&user).map_err(|why| nowhere(format!("\"{user}\" is no role: {why}.")))?;
    Ok(Account::Admin { resource: resource.name.clone(), role })
}

/// Stores passwords, encrypted, all in one write; `text` says so on record.
fn store(
    passwords: &[Given<'_>],
    recipients: &[Recipient],
    (purpose, text): (Purpose<'_>, String),
) -> Result<(), CommandError> {
    let mut store = purpose.open()?;
    let created_at = surroundings::now();
    let mut credentials = Changes::default();
    for given in passwords {
        let sealed = seal::seal(&given.account, created_at, &given.password, recipients);
        let sealed = sealed.map_err(|error| error.diagnostic())?;
        credentials.merge(store_current(&credential(given, created_at, sealed)));
    }
    let resources = passwords.iter().map(|given| given.resource.name.to_string()).collect();
    let session = Session::open(&mut store, SessionKind::Admin, resources, None)?;
    for given in passwords {
        let (account, action) = (given.account.to_string(), CredentialAction::Stored);
        session.trail.tell(What::Credential { account, action });
    }
    session.trail.flush(&mut store)?;
    let write = StateWrite { credentials, ..StateWrite::default() };
    store.commit(&write).map_err(|error| error.diagnostic())?;
    Ok(session.done(&mut store, None, text)?)
}

fn credential(given: &Given<'_>, created_at: i64, sealed: Sealed) -> Credential {
    let resource = given.resource;
    Credential {
        account: given.account.clone(),
        host: resource.host.clone(),
        port: resource.port,
        database: resource.database.clone(),
        sslmode: resource.sslmode,
        sslrootcert: resource.sslrootcert.clone(),
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
