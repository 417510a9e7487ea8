//! `roleform credentials reencrypt`: stored passwords for the readers that the configuration
//! names now.
//!
//! A command of its own and no part of `apply`: who gets to read passwords is decided by a
//! person who can read them. Not here: encryption (`engine::credentials::seal`). Invariant:
//! nothing of a credential changes but its readers; one that cannot be read here stays as it is.

use engine::audit::event::{CredentialAction, SessionKind, What};
use engine::code::Code;
use engine::credentials::error::CredentialError;
use engine::credentials::ledger::{Entry, Ledger};
use engine::credentials::recipient::Recipient;
use engine::credentials::{Account, Credential, seal};
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::state::contents::{Changes, StateWrite};

use crate::args::kept::CredentialsReencrypt;
use crate::audit::Session;
use crate::error::{CommandResult, Exit};
use crate::state_directory::Purpose;
use crate::terminal::Terminal;
use crate::{configuration, identity};

/// Encrypts anew what is for others.
pub(super) fn run(args: &CredentialsReencrypt, terminal: &Terminal) -> CommandResult {
    let configuration = configuration::load(&args.variables)?;
    let recipients = identity::recipients(&configuration.declared.settings.recipients)?;
    let purpose = Purpose { command: "credentials reencrypt", timeout: args.lock.lock_timeout, terminal };
    let mut store = purpose.open()?;
    let identities = identity::keys(args.identity.as_deref())?;
    let ledger = super::ledger(store.contents())?;
    let (mut changes, mut done, mut unread) = (Changes::default(), Vec::new(), Diagnostics::default());
    for (account, entry) in for_others(&ledger, &recipients) {
        match entry.replace(|credential| seal::reseal(credential, &identities, &recipients)) {
            Ok(replaced) => {
                changes.merge(replaced);
                done.push(account.to_string());
            }
            Err(error @ CredentialError::NoRecipients) => return Err(error.diagnostic().into()),
            Err(error) => unread.push(error.diagnostic()),
        }
    }
    if !done.is_empty() {
        let session = Session::open(&mut store, SessionKind::Credentials, Vec::new(), None)?;
        for account in &done {
            let action = CredentialAction::Reencrypted;
            session.trail.tell(What::Credential { account: account.clone(), action });
        }
        session.trail.flush(&mut store)?;
        let write = StateWrite { credentials: changes, ..StateWrite::default() };
        store.commit(&write).map_err(|error| error.diagnostic())?;
        session.done(&mut store, None, format!("{} encrypted anew.", passwords(done.len())))?;
    }
    done.iter().for_each(|account| terminal.data(&format!("{}\n", engine::name::printable(account))));
    let readers: Vec<&str> = recipients.iter().map(|recipient| recipient.fingerprint.as_str()).collect();
    terminal.data(&format!(
        "{} encrypted anew; readers are {}.\n",
        passwords(done.len()),
        readers.join(", ")
    ));
    if unread.has_errors() { Err(unread.into()) } else { Ok(Exit::Done) }
}

fn passwords(number: usize) -> String {
    if number == 1 { "1 password".to_owned() } else { format!("{number} passwords") }
}

/// Entries with a password that is encrypted to others than these.
fn for_others<'a>(
    ledger: &'a Ledger,
    recipients: &'a [Recipient],
) -> impl Iterator<Item = (&'a Account, &'a Entry)> {
    let other = |credential: &Credential| !seal::is_for(credential, recipients);
    ledger.0.iter().filter(move |(_, entry)| entry.current.iter().chain(&entry.pending).any(other))
}

/// Says so when the configuration names recipients, and stored passwords are for others.
pub(super) fn warning(ledger: &Ledger, recipients: &[Recipient]) -> Option<Diagnostic> {
    let number = for_others(ledger, recipients).count();
    (number > 0).then(|| {
        Diagnostic::warning(
            Code::CRD008,
            "Stored passwords are for other readers",
            format!("{} encrypted to other recipients than the configuration names.", are(number)),
        )
        .hint("run `roleform credentials reencrypt` where one of the present readers is")
    })
}

fn are(number: usize) -> String {
    format!("{} {}", passwords(number), if number == 1 { "is" } else { "are" })
}
