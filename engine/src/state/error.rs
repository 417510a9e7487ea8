//! What can go wrong with the state directory, and how each is told.
//!
//! Not here: the checks themselves (`store`). Invariant: every message says what to do
//! next, and nothing in PostgreSQL depends on a state that cannot be read.

use std::io;
use std::path::{Path, PathBuf};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::state::contents::WriteRefused;

/// Why the store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no state here, and this command does not make one.
    #[error("there is no state in {}", directory.display())]
    Missing {
        /// The state directory.
        directory: PathBuf,
    },
    /// The directory is not a state that this version can read.
    #[error("{} does not hold a state of this format", directory.display())]
    Foreign {
        /// The state directory.
        directory: PathBuf,
        /// What its FORMAT file says; `None` when there is none.
        found: Option<String>,
    },
    /// Other accounts may read or write it.
    #[error("{} is open to other accounts (mode {mode:04o})", path.display())]
    TooOpen {
        /// The directory or file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It cannot be written by this account.
    #[error("{} cannot be written", path.display())]
    NotWritable {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds it, and waiting was not wanted or did not help.
    #[error("another process holds the state")]
    Locked {
        /// What that process said about itself; possibly nothing.
        holder: String,
    },
    /// It was damaged from outside, or lost what had been written.
    #[error("the state in {} is damaged: {damage}", directory.display())]
    Damaged {
        /// The state directory.
        directory: PathBuf,
        /// What is wrong.
        damage: Damage,
        /// The serial of the snapshot beside it that it can be recovered from.
        snapshot: Option<u64>,
    },
    /// The write makes no sense; nothing was written.
    #[error(transparent)]
    Refused(#[from] WriteRefused),
    /// An earlier write of this run failed, so nothing more is written: what is on disk
    /// is read again by the next run.
    #[error("an earlier write of the state failed")]
    Failed,
    /// The system said no.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done, as an infinitive: `read`, `write`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What is wrong with a damaged store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The database under it is gone.
    #[error("its database is gone")]
    Gone,
    /// The database under it says so, or stopped in the middle of reading.
    #[error("its database cannot be read ({0})")]
    Database(String),
    /// The contents do not match the digest that was noted with them.
    #[error("its contents do not match their digest")]
    Contents,
    /// The snapshot or the audit log beside it is further on: writes were lost.
    #[error("it lost its latest writes")]
    Behind,
    /// The files beside it belong to another history.
    #[error("its files come from different states")]
    Mixed,
}

/// sled passes some of the system's answers on as a text for programmers.
fn answer(error: io::Error) -> io::Error {
    let text = error.to_string();
    let number = || text.strip_prefix("Os { code: ")?.split(',').next()?.parse().ok();
    number().map_or(error, io::Error::from_raw_os_error)
}

impl StoreError {
    /// An error of the system, with what was being done to which path.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> StoreError {
        let source = answer(source);
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if doing != "read" => {
                StoreError::NotWritable { path: path.to_owned(), source }
            }
            _ => StoreError::Io { doing, path: path.to_owned(), source },
        }
    }

    /// The same damage, knowing whether there is a snapshot to recover from.
    pub(crate) fn with_snapshot(self, serial: Option<u64>) -> StoreError {
        match self {
            StoreError::Damaged { directory, damage, snapshot: _ } => {
                StoreError::Damaged { directory, damage, snapshot: serial }
            }
            other => other,
        }
    }

    /// The message for people.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            StoreError::Missing { directory } => Diagnostic::error(
                Code::STA002,
                "There is no state here",
                format!("The directory {} does not exist or holds no state.", directory.display()),
            )
            .hint("`roleform init` makes one; `-chdir` chooses another directory"),
            StoreError::Foreign { directory, found } => foreign(directory, found.as_deref()),
            StoreError::TooOpen { path, mode } => Diagnostic::error(
                Code::STA004,
                "State is open to other accounts",
                format!("{} has mode {mode:04o}; only its owner may have access.", path.display()),
            )
            .hint(format!("`chmod -R go= {}`", path.display())),
            StoreError::NotWritable { path, source } => Diagnostic::error(
                Code::STA005,
                "State cannot be written",
                format!("{} cannot be written by this account: {source}.", path.display()),
            ),
            StoreError::Locked { holder } => locked(holder),
            StoreError::Damaged { directory, damage, snapshot } => damaged(directory, damage, *snapshot),
            StoreError::Refused(refused) => {
                let detail = format!("A write of the state was refused: {refused}. Nothing was written.");
                Diagnostic::error(Code::CLI010, Code::CLI010.title(), detail)
                    .hint("report this, and what was run")
            }
            StoreError::Failed => Diagnostic::error(
                Code::STA008,
                "State could not be written",
                "An earlier write of the state failed in this run, so nothing more was written.",
            )
            .hint("run `roleform plan`: it reads what is on disk and compares it with the servers"),
            StoreError::Io { doing, path, source } => Diagnostic::error(
                Code::STA008,
                "State could not be read or written",
                format!("Could not {doing} {}: {source}.", path.display()),
            ),
        }
    }
}

fn foreign(directory: &Path, found: Option<&str>) -> Diagnostic {
    let detail = match found {
        Some(found) => format!(
            "The FORMAT file of {} says {found:?}, which this version of roleform does not know.",
            directory.display()
        ),
        None => {
            format!("{} holds files but no FORMAT file, so it is not read as a state.", directory.display())
        }
    };
    Diagnostic::error(Code::STA003, "State has another format", detail).hint(
        "use the version of roleform that wrote it, or move the directory aside: \
         `roleform plan` then starts from what the servers hold",
    )
}

fn locked(holder: &str) -> Diagnostic {
    let detail = if holder.is_empty() {
        "Another process holds the state.".to_owned()
    } else {
        format!("The state is held by {holder}.")
    };
    Diagnostic::error(Code::STA001, "State is in use", detail)
        .hint("wait for it to end, or give `-lock-timeout=5m` to wait here")
}

fn damaged(directory: &Path, damage: &Damage, snapshot: Option<u64>) -> Diagnostic {
    let hint = match snapshot {
        Some(serial) => {
            format!("`roleform state recover` restores it from the snapshot of serial {serial} beside it")
        }
        None => format!(
            "move {} aside and run `roleform init` and `roleform plan`: roles that exist are adopted again, \
             and nothing in PostgreSQL is lost; passwords stored there can only be rotated",
            directory.display()
        ),
    };
    let detail = format!("The state in {} cannot be relied upon: {damage}.", directory.display());
    Diagnostic::error(Code::STA006, "State is damaged", detail).hint(hint)
}
