//! `roleform init`: makes the state and the user's identity, and keeps both out of git.
//!
//! Not here: what they hold (`engine::state`, `engine::credentials`). Invariant: what is
//! there already stays as it is, so `init` may be run again at any time.

use std::path::Path;
use std::time::Duration;

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::state::Lineage;
use engine::state::store::Store;

use crate::error::{CommandResult, Exit, system_words};
use crate::identity;
use crate::project::STATE_DIRECTORY;
use crate::state_directory::Purpose;
use crate::surroundings;
use crate::terminal::Terminal;

/// Prepares the directory.
pub(crate) fn run(terminal: &Terminal) -> CommandResult {
    let directory = Path::new(STATE_DIRECTORY);
    let was_there = directory.join("FORMAT").exists();
    let lineage = Lineage(surroundings::random()?);
    let purpose = Purpose { command: "init", timeout: Duration::ZERO, terminal };
    let store = purpose
        .with(|opening| Store::open_or_create(opening, lineage))
        .map_err(|error| error.diagnostic())?;
    identity::keep_out_of_git(directory).map_err(|error| {
        let detail = format!("\"{STATE_DIRECTORY}/.gitignore\": {}.", system_words(&error));
        Diagnostic::error(Code::CLI003, "Output cannot be written", detail)
    })?;
    let own = identity::ensure()?;
    let state = match was_there {
        false => format!("Made the state in {STATE_DIRECTORY}, which git ignores."),
        true => {
            format!("The state in {STATE_DIRECTORY} is there already, at serial {}.", store.contents().serial)
        }
    };
    let (path, key) = (own.path.display(), &own.recipient.fingerprint);
    let identity = match own.made {
        true => {
            format!("Made your identity {path}. Keep a copy: it alone reads the passwords encrypted to you.")
        }
        false => format!("Your identity is {path}."),
    };
    terminal.data(&format!(
        "{state}\n{identity}\nYour public key is {key}.\n\n\
         roleform has been successfully initialized!\n\n\
         Next, `roleform plan -out plan.bin` shows what would change, and `roleform apply plan.bin` does it.\n"
    ));
    Ok(Exit::Done)
}
