//! Everything the store holds except the audit trail, in memory, and its bytes.
//!
//! Not here: where the bytes are kept (`store`) and what a node's or credential's bytes
//! mean (opaque here). Invariant: equal contents give equal bytes, so that one digest
//! proves what was read back; `revision` grows with every write, `serial` with every apply.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::plan::saved::PlanId;
use crate::state::Lineage;

/// Keys to values, both opaque.
pub type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// What the store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Which history this is.
    pub lineage: Lineage,
    /// Counts applies; 0 before the first one.
    pub serial: u64,
    /// Counts writes of any kind, so that a store that lost its latest ones is noticed.
    pub revision: u64,
    /// Plans that were applied, each with the serial it led to: none is applied twice.
    pub applied: BTreeMap<PlanId, u64>,
    /// The recorded catalog, as encoded by its own format.
    pub nodes: Entries,
    /// Credential records, as encoded by theirs.
    pub credentials: Entries,
    /// The intent of an apply that has not been finished, if there is one.
    pub journal: Option<Vec<u8>>,
}

/// One atomic change of the contents. `Default` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateWrite {
    /// The recorded catalog.
    pub nodes: Changes,
    /// Credential records.
    pub credentials: Changes,
    /// The new serial, which must be greater than the present one.
    pub serial: Option<u64>,
    /// The plan whose apply this write concludes; it must not have been applied before.
    pub applied: Option<PlanId>,
    /// The journal.
    pub journal: JournalWrite,
}

/// Entries to set and to take away. What is in both is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New or replaced.
    pub put: Entries,
    /// Removed; what is not there is no error.
    pub remove: BTreeSet<Vec<u8>>,
}

impl Changes {
    /// Takes others in, which come after these: what they remove is not set.
    pub fn merge(&mut self, other: Changes) {
        self.put.retain(|key, _| !other.remove.contains(key));
        self.put.extend(other.put);
        self.remove.extend(other.remove);
    }
}

impl StateWrite {
    fn sizes(&self) -> impl Iterator<Item = usize> {
        let entries = self.nodes.put.iter().chain(&self.credentials.put);
        let journal = match &self.journal {
            JournalWrite::Put(bytes) => bytes.len(),
            JournalWrite::Keep | JournalWrite::Clear => 0,
        };
        entries.flat_map(|(key, value)| [key.len(), value.len()]).chain([journal])
    }
}

/// What happens to the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum JournalWrite {
    /// Stays as it is.
    #[default]
    Keep,
    /// Holds this from now on.
    Put(Vec<u8>),
    /// The apply is finished: nothing is under way.
    Clear,
}

/// Why a write makes no sense. The store is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteRefused {
    /// Serials only grow.
    #[error("the state has serial {present}, so it cannot become {given}")]
    SerialNotNewer {
        /// The state's.
        present: u64,
        /// The write's.
        given: u64,
    },
    /// A plan is applied once.
    #[error("plan {plan} was applied before and led to serial {serial}")]
    AlreadyApplied {
        /// The plan's id.
        plan: PlanId,
        /// The serial it led to then.
        serial: u64,
    },
    /// Audit records are appended in order.
    #[error("audit record {0} does not follow the last one")]
    NotTheNextRecord(u64),
    /// Lengths have four bytes.
    #[error("an entry of {0} bytes does not fit")]
    TooLarge(usize),
}

/// Bytes that are not contents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotContents {
    /// The bytes end inside an entry, or an entry is out of order.
    #[error("entries are cut or out of order")]
    Cut,
    /// An entry of the kind that this version does not write.
    #[error("unknown entry {0:?}")]
    Unknown(String),
    /// A known entry with the wrong size.
    #[error("malformed entry {0:?}")]
    Malformed(&'static str),
    /// One that must be there is not.
    #[error("entry {0:?} is missing")]
    Missing(&'static str),
}

/// The collections of entries, numbered as in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// Lineage, serial, revision, applied plans.
    Meta = 1,
    /// The recorded catalog.
    Nodes = 2,
    /// Credential records.
    Credentials = 3,
    /// The intent of an unfinished apply.
    Journal = 4,
}

impl Tree {
    /// All of them, in order.
    pub const ALL: [Tree; 4] = [Tree::Meta, Tree::Nodes, Tree::Credentials, Tree::Journal];
}

/// Key prefix of applied plans; the plan's id follows.
const APPLIED: &[u8] = b"applied/";
/// The one key of the journal.
const INTENT: &[u8] = b"intent";

impl Contents {
    /// A state without history.
    pub fn new(lineage: Lineage) -> Contents {
        Contents {
            lineage,
            serial: 0,
            revision: 0,
            applied: BTreeMap::new(),
            nodes: Entries::new(),
            credentials: Entries::new(),
            journal: None,
        }
    }

    /// The serial of the next apply. There is none after the last number: a write of that one is refused.
    pub fn next_serial(&self) -> u64 {
        self.serial.saturating_add(1)
    }

    /// The contents after a write.
    pub fn after(&self, write: &StateWrite) -> Result<Contents, WriteRefused> {
        if let Some(size) = write.sizes().find(|size| u32::try_from(*size).is_err()) {
            return Err(WriteRefused::TooLarge(size));
        }
        let mut next = self.clone();
        next.revision += 1;
        if let Some(given) = write.serial {
            if given <= self.serial {
                return Err(WriteRefused::SerialNotNewer { present: self.serial, given });
            }
            next.serial = given;
        }
        if let Some(plan) = write.applied
            && let Some(serial) = next.applied.insert(plan, next.serial)
        {
            return Err(WriteRefused::AlreadyApplied { plan, serial });
        }
        change(&mut next.nodes, &write.nodes);
        change(&mut next.credentials, &write.credentials);
        match &write.journal {
            JournalWrite::Keep => {}
            JournalWrite::Put(bytes) => next.journal = Some(bytes.clone()),
            JournalWrite::Clear => next.journal = None,
        }
        Ok(next)
    }

    /// The entries of one collection, as the store keeps them.
    pub fn entries(&self, tree: Tree) -> Entries {
        match tree {
            Tree::Meta => {
                let counters = [
                    (b"lineage".to_vec(), self.lineage.0.to_vec()),
                    (b"serial".to_vec(), self.serial.to_be_bytes().to_vec()),
                    (b"revision".to_vec(), self.revision.to_be_bytes().to_vec()),
                ];
                let applied = self.applied.iter().map(|(plan, serial)| {
                    ([APPLIED, plan.0.as_slice()].concat(), serial.to_be_bytes().to_vec())
                });
                counters.into_iter().chain(applied).collect()
            }
            Tree::Nodes => self.nodes.clone(),
            Tree::Credentials => self.credentials.clone(),
            Tree::Journal => self.journal.iter().map(|bytes| (INTENT.to_vec(), bytes.clone())).collect(),
        }
    }

    /// Contents from the entries of each collection.
    pub fn from_entries(mut of: impl FnMut(Tree) -> Entries) -> Result<Contents, NotContents> {
        let mut meta = of(Tree::Meta);
        let mut take = |name: &'static str| meta.remove(name.as_bytes()).ok_or(NotContents::Missing(name));
        let lineage = exact(&take("lineage")?).map(Lineage).ok_or(NotContents::Malformed("lineage"))?;
        let serial = number(&take("serial")?).ok_or(NotContents::Malformed("serial"))?;
        let revision = number(&take("revision")?).ok_or(NotContents::Malformed("revision"))?;
        let applied = meta
            .iter()
            .map(|(key, value)| {
                let plan = key.strip_prefix(APPLIED).ok_or_else(|| unknown(key))?;
                let plan = exact(plan).map(PlanId).ok_or(NotContents::Malformed("applied"))?;
                Ok((plan, number(value).ok_or(NotContents::Malformed("applied"))?))
            })
            .collect::<Result<_, _>>()?;
        let mut journal = of(Tree::Journal);
        let intent = journal.remove(INTENT);
        if let Some(key) = journal.keys().next() {
            return Err(unknown(key));
        }
        let (nodes, credentials) = (of(Tree::Nodes), of(Tree::Credentials));
        Ok(Contents { lineage, serial, revision, applied, nodes, credentials, journal: intent })
    }

    /// The bytes of all entries: for each the number of its collection, the lengths of
    /// key and value (4 bytes each, big endian), key, value.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_to(&mut |piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// The SHA-256 of `encode`, without holding those bytes.
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        self.write_to(&mut |piece| hasher.update(piece));
        Digest(hasher.finalize().into())
    }

    fn write_to(&self, write: &mut dyn FnMut(&[u8])) {
        write_entries(Tree::Meta, &self.entries(Tree::Meta), write);
        write_entries(Tree::Nodes, &self.nodes, write);
        write_entries(Tree::Credentials, &self.credentials, write);
        write_entries(Tree::Journal, &self.entries(Tree::Journal), write);
    }

    /// Reads what `encode` wrote; refuses anything that it would not have written.
    pub fn decode(mut bytes: &[u8]) -> Result<Contents, NotContents> {
        let mut trees: BTreeMap<Tree, Entries> = BTreeMap::new();
        let mut last: Option<(Tree, Vec<u8>)> = None;
        while let Some((number, rest)) = bytes.split_first() {
            let tree = Tree::ALL.into_iter().find(|tree| *tree as u8 == *number).ok_or(NotContents::Cut)?;
            let (key_length, rest) = rest.split_first_chunk::<4>().ok_or(NotContents::Cut)?;
            let (value_length, rest) = rest.split_first_chunk::<4>().ok_or(NotContents::Cut)?;
            let (key, rest) = split(rest, u32::from_be_bytes(*key_length))?;
            let (value, rest) = split(rest, u32::from_be_bytes(*value_length))?;
            let place = Some((tree, key.to_vec()));
            if place <= last {
                return Err(NotContents::Cut);
            }
            trees.entry(tree).or_default().insert(key.to_vec(), value.to_vec());
            last = place;
            bytes = rest;
        }
        Contents::from_entries(|tree| trees.remove(&tree).unwrap_or_default())
    }
}

fn change(entries: &mut Entries, changes: &Changes) {
    for key in &changes.remove {
        entries.remove(key);
    }
    for (key, value) in &changes.put {
        entries.insert(key.clone(), value.clone());
    }
}

fn write_entries(tree: Tree, entries: &Entries, write: &mut dyn FnMut(&[u8])) {
    for (key, value) in entries {
        write(&[tree as u8]);
        write(&length(key).to_be_bytes());
        write(&length(value).to_be_bytes());
        write(key);
        write(value);
    }
}

/// Nothing longer than four bytes can count comes in: `after` refuses it.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn split(bytes: &[u8], at: u32) -> Result<(&[u8], &[u8]), NotContents> {
    usize::try_from(at).ok().and_then(|at| bytes.split_at_checked(at)).ok_or(NotContents::Cut)
}

fn exact<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// Eight bytes, big endian.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    exact(bytes).map(u64::from_be_bytes)
}

fn unknown(key: &[u8]) -> NotContents {
    NotContents::Unknown(key.escape_ascii().to_string())
}
