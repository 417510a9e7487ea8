//! The chain of audit records: each digest covers the one before it.
//!
//! Bytes only: what a record says is `event`'s business, where it is kept is the
//! store's. Invariant: `digest(n) = SHA-256(digest(n - 1) || bytes(n))`, and digest 0
//! is that of a fixed text and the state's lineage, so that an edited, removed,
//! reordered or cut record shows, and so does a trail taken from another state.

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;
use crate::state::Lineage;

/// The end of a chain: how many records it has, and the digest of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Head {
    /// Records so far; also the sequence number of the last one.
    pub count: u64,
    /// Its digest.
    pub digest: Digest,
}

/// One link: the canonical bytes of an event and its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// From 1, without gaps.
    pub sequence: u64,
    /// Covers the previous digest and the bytes.
    pub digest: Digest,
    /// The canonical bytes (`audit::format_v1`).
    pub bytes: Vec<u8>,
}

impl Head {
    /// The chain of a lineage before its first record.
    pub fn genesis(lineage: Lineage) -> Head {
        Head { count: 0, digest: Digest::of(&[b"roleform audit 1\n", &lineage.0]) }
    }

    /// The record that follows.
    pub fn extend(self, bytes: Vec<u8>) -> Record {
        let digest = Digest::of(&[&self.digest.0, &bytes]);
        Record { sequence: self.count + 1, digest, bytes }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.count, self.digest)
    }
}

/// The text is not a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the head of an audit trail is a number, a colon and 64 hexadecimal digits")]
pub struct NotAHead;

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Head, NotAHead> {
        let (count, digest) = text.split_once(':').ok_or(NotAHead)?;
        Ok(Head {
            count: count.parse().map_err(|_| NotAHead)?,
            digest: digest.parse().map_err(|_| NotAHead)?,
        })
    }
}

impl Record {
    /// The chain that ends with this record.
    pub fn head(&self) -> Head {
        Head { count: self.sequence, digest: self.digest }
    }

    /// Whether this is the record after that head.
    pub fn follows(&self, head: Head) -> bool {
        self.sequence == head.count + 1 && self.is_linked_to(head.digest)
    }

    fn is_linked_to(&self, before: Digest) -> bool {
        Digest::of(&[&before.0, &self.bytes]) == self.digest
    }
}

/// Where a chain breaks: the first record that is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// The record's digest does not cover its bytes and its predecessor's digest.
    #[error("record {0} was edited, or a record before it was taken out")]
    Altered(u64),
    /// The record is genuine but was written after another one.
    #[error("record {0} stands in the wrong place")]
    Moved(u64),
    /// There is no record of this number, though there are later ones.
    #[error("record {0} is missing")]
    Missing(u64),
    /// The chain ends before the head that was noted.
    #[error("the records end after {found}, and there were {noted}")]
    Truncated {
        /// The last record that is there.
        found: u64,
        /// The last one of the noted head.
        noted: u64,
    },
    /// There are records after the head that was noted.
    #[error("record {0} was added behind the end of the trail")]
    Surplus(u64),
    /// All records fit together, but the last is not the one that was noted.
    #[error("record {0} and those before it were written anew")]
    Rewritten(u64),
}

/// Checks that the records lead from one head to another, and names the first that is wrong.
///
/// `base` is where the records begin: `Head::genesis`, or the head that a recovery of a
/// damaged store noted. `noted` is the end as known from elsewhere.
pub fn verify(base: Head, noted: Head, records: &[Record]) -> Result<(), Break> {
    let mut head = base;
    for record in records {
        if record.sequence > head.count + 1 {
            return Err(Break::Missing(head.count + 1));
        }
        if !record.follows(head) {
            return Err(name_break(record, records));
        }
        if record.sequence > noted.count {
            return Err(Break::Surplus(record.sequence));
        }
        head = record.head();
    }
    if head.count < noted.count {
        return Err(Break::Truncated { found: head.count, noted: noted.count });
    }
    if head.digest != noted.digest {
        return Err(Break::Rewritten(head.count));
    }
    Ok(())
}

/// A record that follows some other digest of the trail was moved; else it was altered.
fn name_break(record: &Record, records: &[Record]) -> Break {
    let elsewhere = records.iter().any(|other| record.is_linked_to(other.digest));
    if elsewhere { Break::Moved(record.sequence) } else { Break::Altered(record.sequence) }
}

/// Whether the trail goes through a head that was noted elsewhere (a build log, a mail):
/// the only proof against someone who writes the whole trail anew.
pub fn passes(base: Head, records: &[Record], anchor: Head) -> bool {
    base == anchor || records.iter().any(|record| record.head() == anchor)
}
