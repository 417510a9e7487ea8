//! The store: the state and the audit trail in a directory beside the configuration.
//!
//! The only file that names sled. Opening, making and recovering is `store/open`, files
//! are `store/files`. Bytes in, bytes out; what they mean is known elsewhere. Invariants:
//! what a method has acknowledged survives `kill -9` and power loss; the state is read
//! once, proven by its digest, and then kept in memory, so that reading cannot fail half-way.

mod closing;
mod files;
mod open;

#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use crate::audit::chain::{Head, Record};
use crate::audit::log::{self, Log};
use crate::digest::Digest;
use crate::state::audit_entries::{AuditPosition, AuditWrite, SessionKey, SessionRange};
use crate::state::contents::{Contents, Entries, StateWrite, Tree, WriteRefused};
use crate::state::error::{Damage, StoreError};
use crate::state::store::closing::Closing;

/// How to open a store.
pub struct Opening<'a> {
    /// The state directory, usually `.roleform` beside the configuration.
    pub directory: &'a Path,
    /// One line that tells who holds the lock, for those who wait: `apply by ana, process 4711`.
    pub holder: &'a str,
    /// Called with the holder's line while another process has the lock: sleeps a little
    /// and says whether to try again.
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

    /// Where the audit trail begins: later than its genesis only after a recovery that
    /// could not restore the records before.
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

/// The sled database in its own folder.
struct Database {
    folder: PathBuf,
    handle: Closing<sled::Db>,
    trees: Closing<BTreeMap<Tree, sled::Tree>>,
    sessions: Closing<sled::Tree>,
    events: Closing<sled::Tree>,
    /// Files of large values, which never change once they are written.
    sealed: BTreeSet<PathBuf>,
}

/// Meta entries that are not part of the contents.
const DIGEST: &[u8] = b"digest";
const AUDIT: &[u8] = b"audit";

impl Database {
    /// Opens the database, or makes an empty one.
    fn open(folder: &Path) -> Result<Database, StoreError> {
        let handle = Closing::new(guarded(folder, || {
            sled::Config::new().path(folder).flush_every_ms(None).cache_capacity(64 << 20).open()
        })?);
        let tree = |name: &str| guarded(folder, || handle.open_tree(name));
        let trees = Closing::new(BTreeMap::from([
            (Tree::Meta, tree("meta")?),
            (Tree::Nodes, tree("nodes")?),
            (Tree::Credentials, tree("credentials")?),
            (Tree::Journal, tree("journal")?),
        ]));
        let (sessions, events) = (Closing::new(tree("sessions")?), Closing::new(tree("events")?));
        for file in files::files_in(folder)? {
            files::seal(&file)?;
        }
        let folder = folder.to_owned();
        let mut database = Database { folder, handle, trees, sessions, events, sealed: BTreeSet::new() };
        database.seal_blobs()?;
        files::sync_directory(&database.folder)?;
        Ok(database)
    }

    /// Reads everything but the audit trail, proven by the digest that was stored with it.
    fn load(&self) -> Result<(Contents, AuditPosition), StoreError> {
        let mut trees = BTreeMap::new();
        for (tree, handle) in self.trees.iter() {
            trees.insert(*tree, self.entries(handle)?);
        }
        let meta = trees.entry(Tree::Meta).or_insert_with(Entries::new);
        let (digest, audit) = (meta.remove(DIGEST), meta.remove(AUDIT));
        let (Some(digest), Some(audit)) = (digest, audit.as_deref().and_then(AuditPosition::decode)) else {
            return Err(damaged(&self.folder, Damage::Behind));
        };
        let contents = Contents::from_entries(|tree| trees.remove(&tree).unwrap_or_default())
            .map_err(|error| damaged(&self.folder, Damage::Database(error.to_string())))?;
        if contents.digest().0.as_slice() != digest {
            return Err(damaged(&self.folder, Damage::Contents));
        }
        Ok((contents, audit))
    }

    /// Fills an empty database.
    fn fill(&self, contents: &Contents) -> Result<(), StoreError> {
        let nothing = Entries::new();
        self.transact(&[
            (&self.trees[&Tree::Meta], changes(&nothing, &meta(contents))),
            (&self.trees[&Tree::Nodes], changes(&nothing, &contents.nodes)),
            (&self.trees[&Tree::Credentials], changes(&nothing, &contents.credentials)),
            (&self.trees[&Tree::Journal], changes(&nothing, &contents.entries(Tree::Journal))),
        ])
    }

    fn commit(&self, before: &Contents, after: &Contents, write: &StateWrite) -> Result<(), StoreError> {
        let journal = changes(&before.entries(Tree::Journal), &after.entries(Tree::Journal));
        self.transact(&[
            (&self.trees[&Tree::Meta], changes(&meta(before), &meta(after))),
            (&self.trees[&Tree::Nodes], batch(&write.nodes.remove, &write.nodes.put)),
            (&self.trees[&Tree::Credentials], batch(&write.credentials.remove, &write.credentials.put)),
            (&self.trees[&Tree::Journal], journal),
        ])
    }

    fn append(&self, write: &AuditWrite, audit: AuditPosition) -> Result<(), StoreError> {
        let events = write.records.iter().map(|record| {
            (record.sequence.to_be_bytes().to_vec(), [&record.digest.0, record.bytes.as_slice()].concat())
        });
        let sessions = write.sessions.iter().map(|(key, range)| (key.to_vec(), range.encode()));
        let position = Entries::from([(AUDIT.to_vec(), audit.encode())]);
        let nothing = Entries::new();
        self.transact(&[
            (&*self.events, changes(&nothing, &events.collect())),
            (&*self.sessions, changes(&nothing, &sessions.collect())),
            (&self.trees[&Tree::Meta], changes(&nothing, &position)),
        ])
    }

    /// All or nothing, over several trees; in memory until `bring_to_disk`.
    fn transact(&self, writes: &[(&sled::Tree, sled::Batch)]) -> Result<(), StoreError> {
        let trees: Vec<&sled::Tree> = writes.iter().map(|(tree, _)| *tree).collect();
        let apply = |views: &Vec<TransactionalTree>| {
            for (view, (_, batch)) in views.iter().zip(writes) {
                view.apply_batch(batch)?;
            }
            Ok::<(), ConflictableTransactionError<sled::Error>>(())
        };
        guarded(&self.folder, || {
            trees.as_slice().transaction(apply).map_err(|error| match error {
                TransactionError::Abort(error) | TransactionError::Storage(error) => error,
            })
        })
    }

    /// sled's own flush does not reach the disk on every system: sync its files as well.
    fn bring_to_disk(&mut self) -> Result<(), StoreError> {
        guarded(&self.folder, || self.handle.flush().map(|_| ()))?;
        files::seal(&self.folder.join("db"))?;
        self.seal_blobs()
    }

    fn seal_blobs(&mut self) -> Result<(), StoreError> {
        let folder = self.folder.join("blobs");
        let before = self.sealed.len();
        for file in files::files_in(&folder)? {
            if self.sealed.insert(file.clone()) {
                files::seal(&file)?;
            }
        }
        if self.sealed.len() > before { files::sync_directory(&folder) } else { Ok(()) }
    }

    fn entries(&self, tree: &sled::Tree) -> Result<Entries, StoreError> {
        guarded(&self.folder, || read_all(tree.iter()))
    }

    fn records(&self, range: RangeInclusive<u64>) -> Result<Vec<Record>, StoreError> {
        let range = range.start().to_be_bytes()..=range.end().to_be_bytes();
        let entries = guarded(&self.folder, || read_all(self.events.range::<[u8; 8], _>(range)))?;
        entries.into_iter().map(|(key, value)| self.record(&key, &value)).collect()
    }

    fn record(&self, key: &[u8], value: &[u8]) -> Result<Record, StoreError> {
        let (Ok(sequence), Some((digest, bytes))) = (key.try_into(), value.split_first_chunk::<32>()) else {
            return Err(self.malformed("audit record"));
        };
        let sequence = u64::from_be_bytes(sequence);
        Ok(Record { sequence, digest: Digest(*digest), bytes: bytes.to_vec() })
    }

    fn sessions(&self) -> Result<BTreeMap<SessionKey, SessionRange>, StoreError> {
        let parse = |(key, value): (Vec<u8>, Vec<u8>)| {
            Some((SessionKey::try_from(key).ok()?, SessionRange::decode(&value)?))
        };
        let sessions = self.entries(&self.sessions)?.into_iter().map(parse).collect::<Option<_>>();
        sessions.ok_or_else(|| self.malformed("session"))
    }

    fn session(&self, key: SessionKey) -> Result<Option<SessionRange>, StoreError> {
        let value = guarded(&self.folder, || self.sessions.get(key))?;
        let range = value.map(|value| SessionRange::decode(&value).ok_or_else(|| self.malformed("session")));
        range.transpose()
    }

    fn malformed(&self, what: &str) -> StoreError {
        damaged(&self.folder, Damage::Database(format!("malformed {what}")))
    }
}

/// Stops at the first error, and when the order is wrong: on a damaged database sled's
/// iterators can go on for ever.
fn read_all(iterator: sled::Iter) -> sled::Result<Entries> {
    let mut entries = Entries::new();
    for entry in iterator {
        let (key, value) = entry?;
        if entries.last_key_value().is_some_and(|(last, _)| last.as_slice() >= key.as_ref()) {
            return Err(sled::Error::ReportableBug("keys out of order".to_owned()));
        }
        entries.insert(key.to_vec(), value.to_vec());
    }
    Ok(entries)
}

/// The meta entries that belong to the contents, with their proof.
fn meta(contents: &Contents) -> Entries {
    let mut entries = contents.entries(Tree::Meta);
    entries.insert(DIGEST.to_vec(), contents.digest().0.to_vec());
    entries
}

fn changes(before: &Entries, after: &Entries) -> sled::Batch {
    let gone = before.keys().filter(|key| !after.contains_key(*key)).cloned().collect();
    batch(&gone, after)
}

fn batch(remove: &BTreeSet<Vec<u8>>, put: &Entries) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for key in remove {
        batch.remove(key.as_slice());
    }
    for (key, value) in put {
        batch.insert(key.as_slice(), value.as_slice());
    }
    batch
}

/// Runs something of sled, which reports damage as errors mostly and as panics sometimes.
fn guarded<T>(folder: &Path, run: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(translate(folder, error)),
        Err(_) => Err(damaged(folder, Damage::Database("it gave up".to_owned()))),
    }
}

fn translate(folder: &Path, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
            StoreError::Locked { holder: "another program".to_owned() }
        }
        // A file that is gone or ends early is damage; anything else is the system's answer.
        sled::Error::Io(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => {
            StoreError::io("use", folder, error)
        }
        sled::Error::Corruption { .. } => damaged(folder, Damage::Database("corrupted".to_owned())),
        error => damaged(folder, Damage::Database(error.to_string())),
    }
}

/// Whether there is a snapshot to recover from is added by those who know.
fn damaged(folder: &Path, damage: Damage) -> StoreError {
    let directory = folder.parent().unwrap_or(folder).to_owned();
    StoreError::Damaged { directory, damage, snapshot: None }
}
