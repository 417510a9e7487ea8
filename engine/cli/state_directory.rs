//! The state directory: opened for a purpose, waiting for others as long as asked.
//!
//! Not here: what is in it (`engine::state`). Invariant: who waits says whom it waits for.

use std::path::Path;
use std::time::{Duration, Instant};

use engine::diagnostic::Diagnostic;
use engine::state::contents::Contents;
use engine::state::error::StoreError;
use engine::state::store::{Opening, Store};
use engine::state::{Recorded, recorded};

use crate::project::STATE_DIRECTORY;
use crate::surroundings;
use crate::terminal::Terminal;

/// How long between two looks at a lock.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the database under a state may stay locked without another roleform there: it
/// takes a moment to let go after it was closed.
const LETTING_GO: Duration = Duration::from_secs(3);

/// How the store calls a holder of that lock alone.
const NOT_ROLEFORM: &str = "another program";

/// How a command opens the state.
#[derive(Clone, Copy)]
pub(crate) struct Purpose<'a> {
    /// The command, for those who wait for it: `apply`.
    pub(crate) command: &'a str,
    /// `-lock-timeout`.
    pub(crate) timeout: Duration,
    /// Where waiting is told.
    pub(crate) terminal: &'a Terminal,
}

impl Purpose<'_> {
    /// Opens a state that exists.
    pub(crate) fn open(self) -> Result<Store, Diagnostic> {
        self.with(Store::open).map_err(|error| error.diagnostic())
    }

    /// Calls one of the store's ways to open it.
    pub(crate) fn with<T>(
        self,
        open: impl FnOnce(Opening<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let holder = format!("{} by {}, process {}", self.command, surroundings::user(), std::process::id());
        let mut told = false;
        let mut wait = |other: &str| {
            let quietly = other == NOT_ROLEFORM && begun.elapsed() < LETTING_GO;
            let left = self.timeout.saturating_sub(begun.elapsed());
            if left.is_zero() && !quietly {
                return false;
            }
            if !told && !quietly {
                self.terminal.say(&format!("Waiting for the state, held by {other}\n"));
                told = true;
            }
            std::thread::sleep(if quietly { PAUSE / 10 } else { PAUSE.min(left) });
            true
        };
        open(Opening { directory: Path::new(STATE_DIRECTORY), holder: &holder, wait: &mut wait })
    }
}

/// What the state records about servers.
pub(crate) fn recorded(contents: &Contents) -> Result<Recorded, Diagnostic> {
    recorded::read(contents).map_err(|error| error.diagnostic())
}

/// What the state held at its last commit, for showing it: needs no lock, and goes on
/// while another process works.
pub(crate) fn peek() -> Result<Contents, Diagnostic> {
    let snapshot = Store::peek(Path::new(STATE_DIRECTORY)).map_err(|error| error.diagnostic())?;
    Ok(snapshot.contents)
}
