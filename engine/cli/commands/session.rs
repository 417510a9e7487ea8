//! `roleform session …`: the audit trail, as text and as JSON.
//!
//! Not here: the trail (`engine::audit`), how sessions look (`session_text`,
//! `engine::render::json_audit`). Invariant: looking changes nothing.

use engine::audit::check::{self, AuditError};
use engine::audit::trail::{self, Session as Run};
use engine::diagnostic::Diagnostic;
use engine::render::json_audit;
use engine::state::store::Store;

use crate::args::Lock;
use crate::args::kept::{Session, SessionList, SessionShow, SessionVerify, Waiting};
use crate::error::{CommandResult, Exit, unknown, usage};
use crate::session_text;
use crate::state_directory::Purpose;
use crate::terminal::Terminal;

/// Fewest digits of an id that are taken for one.
const FEWEST: usize = 4;

/// Runs one of the commands.
pub(crate) fn run(args: &Session, terminal: &Terminal) -> CommandResult {
    match args {
        Session::List(args) => list(args, terminal),
        Session::Show(args) => show(args, terminal),
        Session::Verify(args) => verify(args, terminal),
        Session::Export(args) => export(args, terminal),
    }
}

fn open(command: &str, lock: &Lock, terminal: &Terminal) -> Result<Store, Diagnostic> {
    Purpose { command, timeout: lock.lock_timeout, terminal }.open()
}

fn told(error: AuditError) -> Diagnostic {
    error.diagnostic()
}

fn list(args: &SessionList, terminal: &Terminal) -> CommandResult {
    let store = open("session list", &args.lock, terminal)?;
    let mut runs = trail::sessions(&store).map_err(told)?;
    runs.reverse();
    if args.json {
        let all: Vec<String> = runs.iter().map(json_audit::session).collect();
        terminal.data(&format!("[{}]\n", all.join(",\n")));
    } else {
        terminal.data(&session_text::table(&runs));
    }
    Ok(Exit::Done)
}

fn show(args: &SessionShow, terminal: &Terminal) -> CommandResult {
    let store = open("session show", &args.lock, terminal)?;
    let run = find(&store, &args.id)?;
    let records = trail::of(&store, &run).map_err(told)?;
    if args.json {
        terminal.data(&format!("{}\n", json_audit::whole_session(&run, &records)));
    } else {
        terminal.data(&session_text::whole(&run, &records));
    }
    Ok(Exit::Done)
}

/// The session whose id starts so.
fn find(store: &Store, start: &str) -> Result<Run, Diagnostic> {
    let runs = trail::sessions(store).map_err(told)?;
    let start = start.to_ascii_lowercase();
    let mut fitting =
        runs.into_iter().filter(|run| start.len() >= FEWEST && run.id.to_string().starts_with(&start));
    match (fitting.next(), fitting.next()) {
        (Some(run), None) => Ok(run),
        (Some(_), Some(_)) => {
            Err(usage(format!("Several sessions have an id that starts with \"{start}\"."))
                .hint("give more digits"))
        }
        (None, _) => Err(unknown(format!("There is no session with an id that starts with \"{start}\"."))
            .hint("`roleform session list` tells the ids")),
    }
}

fn verify(args: &SessionVerify, terminal: &Terminal) -> CommandResult {
    let mut store = open("session verify", &args.lock, terminal)?;
    let checked = check::check(&mut store, args.head).map_err(told)?;
    terminal.data(&session_text::checked(&checked));
    Ok(Exit::Done)
}

fn export(args: &Waiting, terminal: &Terminal) -> CommandResult {
    let store = open("session export", &args.lock, terminal)?;
    for linked in trail::all(&store).map_err(told)? {
        terminal.data(&format!("{}\n", json_audit::record(&linked)));
    }
    Ok(Exit::Done)
}
