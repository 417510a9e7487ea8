//! Opening, making, recovering and peeking into a state directory.
//!
//! The order is what matters here: permissions, lock, FORMAT, database, proof against
//! the files beside it. Not here: reading and writing an open store (`store`).
//! Invariant: the database is never opened in a directory whose FORMAT is not ours, since
//! sled would silently make an empty one; and nothing is ever deleted, only moved aside.

use std::path::{Path, PathBuf};

use crate::audit::chain::{self, Head, Record};
use crate::audit::{log, trail};
use crate::state::Lineage;
use crate::state::audit_entries::{AuditPosition, AuditWrite};
use crate::state::contents::Contents;
use crate::state::error::{Damage, StoreError};
use crate::state::snapshot::{Snapshot, encode};
use crate::state::store::database::Database;
use crate::state::store::files::{self, Lock};
use crate::state::store::{Opening, Store, damaged};

/// What the FORMAT file says, newline included.
const FORMAT: &[u8] = b"roleform state 1\n";

fn format(directory: &Path) -> PathBuf {
    directory.join("FORMAT")
}

fn database(directory: &Path) -> PathBuf {
    directory.join("store")
}

pub(super) fn snapshot(directory: &Path) -> PathBuf {
    directory.join("state.snapshot")
}

pub(super) fn audit_log(directory: &Path) -> PathBuf {
    directory.join("audit.log")
}

/// What a recovery found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Where the damaged database is now; `None` when there was none.
    pub aside: Option<PathBuf>,
    /// The serial that was restored.
    pub serial: u64,
    /// Audit records that were restored.
    pub records: u64,
    /// Audit records that are known to have been written and could not be restored.
    pub records_lost: u64,
}

impl Store {
    /// Opens a state that exists. Never makes a directory or a file where there is none.
    pub fn open(opening: Opening<'_>) -> Result<Store, StoreError> {
        let directory = opening.directory;
        check_format(directory)?;
        let lock = files::lock(&directory.join("lock"), opening.holder, opening.wait)?;
        open_locked(opening, lock)
    }

    /// Opens a state, or makes an empty one of this lineage when there is none.
    pub fn open_or_create(opening: Opening<'_>, lineage: Lineage) -> Result<Store, StoreError> {
        let directory = opening.directory;
        files::create_directory(directory)?;
        files::check_private(directory)?;
        let is_made = || Ok::<_, StoreError>(files::read(&format(directory))?.is_some());
        // Before the lock, so that nothing is written into what another version made.
        if is_made()? {
            check_format(directory)?;
        }
        let lock = files::lock(&directory.join("lock"), opening.holder, opening.wait)?;
        if !is_made()? {
            create(directory, lineage)?;
        }
        check_format(directory)?;
        open_locked(opening, lock)
    }

    /// Replaces a damaged database by one made from the files beside it.
    pub fn recover(opening: Opening<'_>) -> Result<(Store, Recovery), StoreError> {
        let directory = opening.directory;
        check_format(directory)?;
        let lock = files::lock(&directory.join("lock"), opening.holder, opening.wait)?;
        let snapshot = read_snapshot(directory)?.ok_or_else(|| damage(directory, Damage::Gone))?;
        let trusted = trusted_records(directory, &snapshot)?;
        let recovery = Recovery {
            aside: files::set_aside(&database(directory))?,
            serial: snapshot.contents.serial,
            records: trusted.records.len() as u64,
            records_lost: trusted.lost,
        };
        if trusted.lost > 0 {
            files::set_aside(&audit_log(directory))?;
        }
        let audit = write_log(directory, trusted.base, &trusted.records)?;
        let sessions = trail::sessions_of(&trusted.records);
        fill(directory, &snapshot.contents, audit, &AuditWrite { records: trusted.records, sessions })?;
        Ok((open_locked(opening, lock)?, recovery))
    }

    /// The state as of the last commit, without the lock and without the database: for
    /// showing it while another process works, or in a directory that cannot be written.
    pub fn peek(directory: &Path) -> Result<Snapshot, StoreError> {
        check_format(directory)?;
        read_snapshot(directory)?.ok_or_else(|| damage(directory, Damage::Gone))
    }
}

/// An empty state. FORMAT comes last: without it, the next run begins anew.
fn create(directory: &Path, lineage: Lineage) -> Result<(), StoreError> {
    if read_snapshot(directory)?.is_some_and(|snapshot| snapshot.contents.revision > 0) {
        return Err(StoreError::Foreign { directory: directory.to_owned(), found: None });
    }
    files::set_aside(&database(directory))?;
    let audit = write_log(directory, Head::genesis(lineage), &[])?;
    fill(directory, &Contents::new(lineage), audit, &AuditWrite::default())?;
    files::replace(&format(directory), FORMAT)
}

/// A new database and a new snapshot with these contents.
fn fill(
    directory: &Path,
    contents: &Contents,
    audit: AuditPosition,
    trail: &AuditWrite,
) -> Result<(), StoreError> {
    files::create_directory(&database(directory))?;
    let mut database = Database::open(&database(directory))?;
    database.fill(contents)?;
    database.append(trail, audit)?;
    database.bring_to_disk()?;
    write_snapshot(directory, contents, audit)
}

fn open_locked(opening: Opening<'_>, lock: Lock) -> Result<Store, StoreError> {
    let directory = opening.directory;
    let beside = read_snapshot(directory)?;
    let recoverable = beside.as_ref().map(|snapshot| snapshot.contents.serial);
    let (database, contents, audit) =
        open_proven(opening, beside.as_ref()).map_err(|error| error.with_snapshot(recoverable))?;
    if files::size(&audit_log(directory)) != Some(audit.log_bytes) {
        let records = database.records(audit.base.count + 1..=audit.head.count)?;
        write_log(directory, audit.base, &records)?;
    }
    if beside.is_none_or(|beside| beside.contents.revision < contents.revision) {
        write_snapshot(directory, &contents, audit)?;
    }
    let directory = directory.to_owned();
    Ok(Store { directory, database, contents, audit, unlogged: Vec::new(), failed: false, _lock: lock })
}

/// The files beside the database are written after it: they can lag behind it, never lead.
fn open_proven(
    opening: Opening<'_>,
    beside: Option<&Snapshot>,
) -> Result<(Database, Contents, AuditPosition), StoreError> {
    let directory = opening.directory;
    let database = open_database(&database(directory), opening.wait)?;
    let (contents, audit) = database.load()?;
    if let Some(beside) = beside {
        let state = (beside.contents.revision, contents.revision);
        let trail = (beside.audit_head.count, audit.head.count);
        if beside.contents.lineage != contents.lineage
            || (state.0 == state.1 && beside.contents != contents)
            || (trail.0 == trail.1 && beside.audit_head != audit.head)
        {
            return Err(damage(directory, Damage::Mixed));
        }
        if state.0 > state.1 || trail.0 > trail.1 {
            return Err(damage(directory, Damage::Behind));
        }
    }
    if files::size(&audit_log(directory)).is_some_and(|size| size > audit.log_bytes) {
        return Err(damage(directory, Damage::Behind));
    }
    Ok((database, contents, audit))
}

/// sled's own snapshots (`snap.*`) only save time: a bad one, as a power cut leaves it,
/// is moved aside, and the log of the database is read instead.
///
/// sled has a lock of its own, which ours covers but for other programs. It lets go of it a
/// moment after a close returned, so a lock that is found here is waited out first.
fn open_database(folder: &Path, wait: &mut dyn FnMut(&str) -> bool) -> Result<Database, StoreError> {
    if files::size(&folder.join("db")).is_none() {
        return Err(damaged(folder, Damage::Gone));
    }
    let mut patience = 150;
    let error = loop {
        match Database::open(folder) {
            Err(StoreError::Locked { .. }) if patience > 0 => {
                patience -= 1;
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            Err(StoreError::Locked { holder }) if wait(&holder) => {}
            Err(error @ StoreError::Damaged { .. }) => break error,
            other => return other,
        }
    };
    let is_snapshot =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"snap."));
    let snapshots: Vec<PathBuf> = files::files_in(folder)?.into_iter().filter(is_snapshot).collect();
    if snapshots.is_empty() {
        return Err(error);
    }
    for snapshot in &snapshots {
        files::set_aside(snapshot)?;
    }
    Database::open(folder)
}

fn check_format(directory: &Path) -> Result<(), StoreError> {
    let directory_is_there = directory.is_dir();
    let found = if directory_is_there { files::read(&format(directory))? } else { None };
    match found {
        Some(found) if found == FORMAT => files::check_private(directory),
        Some(found) => Err(StoreError::Foreign {
            directory: directory.to_owned(),
            found: Some(String::from_utf8_lossy(&found).trim_end().chars().take(60).collect()),
        }),
        None => Err(StoreError::Missing { directory: directory.to_owned() }),
    }
}

/// The snapshot beside the database; `None` when there is none that proves itself.
fn read_snapshot(directory: &Path) -> Result<Option<Snapshot>, StoreError> {
    Ok(files::read(&snapshot(directory))?.and_then(|bytes| Snapshot::decode(&bytes).ok()))
}

pub(super) fn write_snapshot(
    directory: &Path,
    contents: &Contents,
    audit: AuditPosition,
) -> Result<(), StoreError> {
    files::replace(&snapshot(directory), &encode(contents, audit.base, audit.head))
}

fn write_log(directory: &Path, base: Head, records: &[Record]) -> Result<AuditPosition, StoreError> {
    let mut bytes = log::header(base);
    bytes.extend(records.iter().flat_map(log::frame));
    files::replace(&audit_log(directory), &bytes)?;
    let head = records.last().map_or(base, Record::head);
    Ok(AuditPosition { base, head, log_bytes: bytes.len() as u64 })
}

/// What of the audit log can be relied upon.
struct Trusted {
    base: Head,
    records: Vec<Record>,
    lost: u64,
}

/// The records of the audit log as far as they are chained, if they go through the head
/// that the snapshot noted; else none, and the trail goes on from that head.
fn trusted_records(directory: &Path, snapshot: &Snapshot) -> Result<Trusted, StoreError> {
    let noted = snapshot.audit_head;
    let nothing = Trusted {
        base: noted,
        records: Vec::new(),
        lost: noted.count.saturating_sub(snapshot.audit_base.count),
    };
    let Some(log) = files::read(&audit_log(directory))?.as_deref().and_then(log::decode) else {
        return Ok(nothing);
    };
    let mut head = log.base;
    let chained = log.records.into_iter().take_while(|record| {
        let follows = record.follows(head);
        head = record.head();
        follows
    });
    let records: Vec<Record> = chained.collect();
    let end = records.last().map_or(log.base, Record::head);
    let reaches = end.count < noted.count || chain::passes(log.base, &records, noted);
    if log.base != snapshot.audit_base || !reaches {
        return Ok(nothing);
    }
    Ok(Trusted { base: log.base, records, lost: noted.count.saturating_sub(end.count) })
}

fn damage(directory: &Path, damage: Damage) -> StoreError {
    StoreError::Damaged { directory: directory.to_owned(), damage, snapshot: None }
}
