//! The store: the state and the audit trail in a directory beside the configuration.
//!
//! Its parts alone name sled (`store/database`). Opening, making and recovering is
//! `store/open`, files are `store/files`. Bytes in, bytes out; what they mean is known elsewhere. Invariants:
//! what a method has acknowledged survives `kill -9` and power loss; the state is read
//! once, proven by its digest, and then kept in memory, so that reading cannot fail half-way.

mod closing;
mod database;
mod files;
mod handle;
mod open;
#[cfg(any(test, feature = "testing"))]
mod tampering;

#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod disk_tests;
#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::audit::chain::{Head, Record};
use crate::audit::log::{self, Log};
use crate::state::audit_entries::{AuditPosition, AuditWrite, SessionKey, SessionRange};
use crate::state::contents::{Contents, StateWrite, WriteRefused};
use crate::state::error::{Damage, StoreError};
use crate::state::store::database::Database;

/// How to open a store.
pub struct Opening<'a> {
    /// The state directory, usually `.roleform` beside the configuration.
    pub directory: &'a Path,
    /// One line that tells who holds the lock, for those who wait: `apply by ana, process 4711`.
    pub holder: &'a str,
    /// Called with that line while another process has the lock: sleeps, and says whether to try again.
    pub wait: &'a mut dyn FnMut(&str) -> bool,
}

/// An open store. It holds the directory's lock until it is dropped.
pub struct Store {
    directory: PathBuf,
    database: Database,
    contents: Contents,
    audit: AuditPosition,
    /// Frames that the database has and the audit log does not have yet.
    unlogged: Vec<u8>,
    /// A write failed: what is on disk is unknown until the next open.
    failed: bool,
    /// Dropped last, after the database.
    _lock: files::Lock,
}

impl Store {
    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The state as of the last commit.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Where the audit trail begins: at its genesis, unless a recovery lost the records before.
    pub fn audit_base(&self) -> Head {
        self.audit.base
    }

    /// Where the audit trail ends.
    pub fn audit_head(&self) -> Head {
        self.audit.head
    }

    /// Changes the state, as a whole or not at all, and brings everything written so far
    /// to the disk, the audit trail included.
    ///
    /// After an error other than `Refused`, nothing more can be written through this store.
    pub fn commit(&mut self, write: &StateWrite) -> Result<(), StoreError> {
        self.check_usable()?;
        let next = self.contents.after(write)?;
        self.failed = true;
        self.database.commit(&self.contents, &next, write)?;
        self.bring_to_disk()?;
        self.contents = next;
        open::write_snapshot(&self.directory, &self.contents, self.audit)?;
        self.failed = false;
        Ok(())
    }

    /// Appends to the audit trail. Durable only after `sync` or `commit`.
    pub fn append_audit(&mut self, write: &AuditWrite) -> Result<(), StoreError> {
        self.check_usable()?;
        let mut audit = self.audit;
        let mut frames = Vec::new();
        for record in &write.records {
            if !record.follows(audit.head) {
                return Err(WriteRefused::NotTheNextRecord(record.sequence).into());
            }
            audit.head = record.head();
            frames.extend(log::frame(record));
        }
        // A length in memory always fits.
        audit.log_bytes += frames.len() as u64;
        self.failed = true;
        self.database.append(write, audit)?;
        self.unlogged.extend(frames);
        self.audit = audit;
        self.failed = false;
        Ok(())
    }

    /// Brings everything written so far to the disk.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.check_usable()?;
        self.failed = true;
        self.bring_to_disk()?;
        self.failed = false;
        Ok(())
    }

    /// The records with these sequence numbers, as far as they exist, in order.
    pub fn records(&self, range: RangeInclusive<u64>) -> Result<Vec<Record>, StoreError> {
        self.database.records(range).map_err(|error| self.recoverable(error))
    }

    /// All sessions, oldest first.
    pub fn sessions(&self) -> Result<BTreeMap<SessionKey, SessionRange>, StoreError> {
        self.database.sessions().map_err(|error| self.recoverable(error))
    }

    /// The range of one session, when there is such a session.
    pub fn session(&self, key: SessionKey) -> Result<Option<SessionRange>, StoreError> {
        self.database.session(key).map_err(|error| self.recoverable(error))
    }

    /// The second copy of the trail; `None` when the file is not an audit log any more.
    pub fn audit_log(&self) -> Result<Option<Log>, StoreError> {
        Ok(files::read(&open::audit_log(&self.directory))?.as_deref().and_then(log::decode))
    }

    fn recoverable(&self, error: StoreError) -> StoreError {
        error.with_snapshot(Some(self.contents.serial))
    }

    fn check_usable(&self) -> Result<(), StoreError> {
        if self.failed { Err(StoreError::Failed) } else { Ok(()) }
    }

    fn bring_to_disk(&mut self) -> Result<(), StoreError> {
        self.database.bring_to_disk()?;
        if !self.unlogged.is_empty() {
            files::append(&open::audit_log(&self.directory), &self.unlogged)?;
            self.unlogged.clear();
        }
        Ok(())
    }
}

/// Whether there is a snapshot to recover from is added by those who know.
fn damaged(folder: &Path, damage: Damage) -> StoreError {
    let directory = folder.parent().unwrap_or(folder).to_owned();
    StoreError::Damaged { directory, damage, snapshot: None }
}
