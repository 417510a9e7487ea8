//! The state in sled, and nowhere else.
//!
//! Bytes in, bytes out. Not here: the files beside the database and what is acknowledged
//! (`store`), opening and recovering (`store/open`), a disk that fails (`store/handle`).
//! Invariant: no call panics, whatever is on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use crate::audit::chain::Record;
use crate::digest::Digest;
use crate::state::audit_entries::{AuditPosition, AuditWrite, SessionKey, SessionRange};
use crate::state::contents::{Contents, Entries, StateWrite, Tree};
use crate::state::error::{Damage, StoreError};
use crate::state::store::closing::Closing;
use crate::state::store::handle::{self, Handle};
use crate::state::store::{damaged, files};

/// The sled database in its own folder.
pub(super) struct Database {
    folder: PathBuf,
    handle: Handle,
    trees: Closing<BTreeMap<Tree, sled::Tree>>,
    pub(super) sessions: Closing<sled::Tree>,
    pub(super) events: Closing<sled::Tree>,
    /// Files of large values, which never change once they are written.
    sealed: BTreeSet<PathBuf>,
}

/// Meta entries that are not part of the contents.
const DIGEST: &[u8] = b"digest";
const AUDIT: &[u8] = b"audit";

impl Database {
    /// Opens the database, or makes an empty one.
    pub(super) fn open(folder: &Path) -> Result<Database, StoreError> {
        let config = sled::Config::new().path(folder).flush_every_ms(None).cache_capacity(64 << 20);
        handle::check_threads().map_err(|error| StoreError::io("start threads for", folder, error))?;
        let mut handle = guarded(folder, || Handle::open(&config))?;
        let mut tree = |name: &str| guarded(folder, || handle.write(|database| database.open_tree(name)));
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
    pub(super) fn load(&self) -> Result<(Contents, AuditPosition), StoreError> {
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
    pub(super) fn fill(&mut self, contents: &Contents) -> Result<(), StoreError> {
        let nothing = Entries::new();
        self.transact(&[
            (self.tree(Tree::Meta), changes(&nothing, &meta(contents))),
            (self.tree(Tree::Nodes), changes(&nothing, &contents.nodes)),
            (self.tree(Tree::Credentials), changes(&nothing, &contents.credentials)),
            (self.tree(Tree::Journal), changes(&nothing, &contents.entries(Tree::Journal))),
        ])
    }

    pub(super) fn commit(
        &mut self,
        before: &Contents,
        after: &Contents,
        write: &StateWrite,
    ) -> Result<(), StoreError> {
        let journal = changes(&before.entries(Tree::Journal), &after.entries(Tree::Journal));
        self.transact(&[
            (self.tree(Tree::Meta), changes(&meta(before), &meta(after))),
            (self.tree(Tree::Nodes), batch(&write.nodes.remove, &write.nodes.put)),
            (self.tree(Tree::Credentials), batch(&write.credentials.remove, &write.credentials.put)),
            (self.tree(Tree::Journal), journal),
        ])
    }

    pub(super) fn append(&mut self, write: &AuditWrite, audit: AuditPosition) -> Result<(), StoreError> {
        let events = write.records.iter().map(|record| {
            (record.sequence.to_be_bytes().to_vec(), [&record.digest.0, record.bytes.as_slice()].concat())
        });
        let sessions = write.sessions.iter().map(|(key, range)| (key.to_vec(), range.encode()));
        let position = Entries::from([(AUDIT.to_vec(), audit.encode())]);
        let nothing = Entries::new();
        self.transact(&[
            (sled::Tree::clone(&self.events), changes(&nothing, &events.collect())),
            (sled::Tree::clone(&self.sessions), changes(&nothing, &sessions.collect())),
            (self.tree(Tree::Meta), changes(&nothing, &position)),
        ])
    }

    /// All or nothing, over several trees; in memory until `bring_to_disk`.
    fn transact(&mut self, writes: &[(sled::Tree, sled::Batch)]) -> Result<(), StoreError> {
        let trees: Vec<&sled::Tree> = writes.iter().map(|(tree, _)| tree).collect();
        let apply = |views: &Vec<TransactionalTree>| {
            for (view, (_, batch)) in views.iter().zip(writes) {
                view.apply_batch(batch)?;
            }
            Ok::<(), ConflictableTransactionError<sled::Error>>(())
        };
        let transact = || {
            trees.as_slice().transaction(apply).map_err(|error| match error {
                TransactionError::Abort(error) | TransactionError::Storage(error) => error,
            })
        };
        guarded(&self.folder, || self.handle.write(|_| transact()))
    }

    fn tree(&self, tree: Tree) -> sled::Tree {
        self.trees[&tree].clone()
    }

    /// sled's own flush does not reach the disk on every system: sync its files as well.
    pub(super) fn bring_to_disk(&mut self) -> Result<(), StoreError> {
        guarded(&self.folder, || self.handle.flush())?;
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

    pub(super) fn records(&self, range: RangeInclusive<u64>) -> Result<Vec<Record>, StoreError> {
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

    pub(super) fn sessions(&self) -> Result<BTreeMap<SessionKey, SessionRange>, StoreError> {
        let parse = |(key, value): (Vec<u8>, Vec<u8>)| {
            Some((SessionKey::try_from(key).ok()?, SessionRange::decode(&value)?))
        };
        let sessions = self.entries(&self.sessions)?.into_iter().map(parse).collect::<Option<_>>();
        sessions.ok_or_else(|| self.malformed("session"))
    }

    pub(super) fn session(&self, key: SessionKey) -> Result<Option<SessionRange>, StoreError> {
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
