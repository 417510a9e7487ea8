//! The bytes of `state.snapshot`: the whole state in one file beside the store.
//!
//! Pure: the store reads and writes the file. It shows whether the store lost writes,
//! a damaged store is recovered from it, and reading it needs no lock. Invariant: the
//! last 32 bytes are the SHA-256 of all before them.

use crate::audit::chain::Head;
use crate::digest::Digest;
use crate::state::contents::{Contents, NotContents};

const MAGIC: &[u8; 20] = b"roleform snapshot 1\n";
const DIGEST_BYTES: usize = 32;

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The state.
    pub contents: Contents,
    /// Where the audit trail begins.
    pub audit_base: Head,
    /// Where it ended when this was written.
    pub audit_head: Head,
}

/// Why bytes are not a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASnapshot {
    /// It does not begin like one.
    #[error("it is not a snapshot of a state")]
    Foreign,
    /// The digest at its end is not that of its bytes.
    #[error("its digest does not match its bytes")]
    Damaged,
    /// Digest right, contents wrong: not written by roleform.
    #[error("its contents make no sense")]
    Contents(#[source] NotContents),
}

/// The bytes of the file: a line of magic, base and head of the audit trail (40 bytes
/// each), the contents, the digest of all that.
pub fn encode(contents: &Contents, audit_base: Head, audit_head: Head) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(encode_head(audit_base));
    bytes.extend(encode_head(audit_head));
    bytes.extend(contents.encode());
    bytes.extend(Digest::of(&[&bytes]).0);
    bytes
}

impl Snapshot {
    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Result<Snapshot, NotASnapshot> {
        if !bytes.starts_with(MAGIC) {
            return Err(NotASnapshot::Foreign);
        }
        let (covered, digest) = bytes.split_last_chunk::<DIGEST_BYTES>().ok_or(NotASnapshot::Damaged)?;
        if Digest::of(&[covered]) != Digest(*digest) {
            return Err(NotASnapshot::Damaged);
        }
        let rest = covered.strip_prefix(MAGIC).ok_or(NotASnapshot::Damaged)?;
        let (base, rest) = rest.split_first_chunk::<40>().ok_or(NotASnapshot::Damaged)?;
        let (head, rest) = rest.split_first_chunk::<40>().ok_or(NotASnapshot::Damaged)?;
        let contents = Contents::decode(rest).map_err(NotASnapshot::Contents)?;
        Ok(Snapshot { contents, audit_base: decode_head(base), audit_head: decode_head(head) })
    }
}

/// A head as 40 bytes: the count (big endian) and the digest.
pub fn encode_head(head: Head) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(&head.count.to_be_bytes());
    bytes[8..].copy_from_slice(&head.digest.0);
    bytes
}

/// Reads a head.
pub fn decode_head(bytes: &[u8; 40]) -> Head {
    let (mut count, mut digest) = ([0; 8], [0; 32]);
    count.copy_from_slice(&bytes[..8]);
    digest.copy_from_slice(&bytes[8..]);
    Head { count: u64::from_be_bytes(count), digest: Digest(digest) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NotASnapshot, Snapshot, encode};
    use crate::audit::chain::Head;
    use crate::digest::Digest;
    use crate::plan::saved::PlanId;
    use crate::state::Lineage;
    use crate::state::contents::{Contents, Entries};

    fn entries() -> impl Strategy<Value = Entries> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..20);
        prop::collection::btree_map(bytes(), bytes(), 0..6)
    }

    fn snapshots() -> impl Strategy<Value = Snapshot> {
        let applied = prop::collection::btree_map(any::<[u8; 32]>().prop_map(PlanId), any::<u64>(), 0..3);
        let journal = prop::option::of(prop::collection::vec(any::<u8>(), 0..20));
        let parts = (any::<[u8; 16]>(), any::<(u64, u64)>(), applied, entries(), entries(), journal);
        parts.prop_map(|(lineage, (serial, revision), applied, nodes, credentials, journal)| {
            let lineage = Lineage(lineage);
            let contents = Contents { lineage, serial, revision, applied, nodes, credentials, journal };
            let audit_head = Head { count: serial, digest: Digest([1; 32]) };
            Snapshot { contents, audit_base: Head::genesis(lineage), audit_head }
        })
    }

    fn bytes_of(snapshot: &Snapshot) -> Vec<u8> {
        encode(&snapshot.contents, snapshot.audit_base, snapshot.audit_head)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(snapshot in snapshots()) {
            prop_assert_eq!(Snapshot::decode(&bytes_of(&snapshot)), Ok(snapshot.clone()));
            prop_assert_eq!(Digest::of(&[&snapshot.contents.encode()]), snapshot.contents.digest());
        }

        #[test]
        fn a_changed_byte_is_never_read(snapshot in snapshots(), at in any::<prop::sample::Index>(), by in 1..=255_u8) {
            let mut bytes = bytes_of(&snapshot);
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            prop_assert!(Snapshot::decode(&bytes).is_err());
            prop_assert!(Snapshot::decode(&bytes[..at]).is_err());
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Snapshot::decode(&bytes), Err(NotASnapshot::Foreign));
            if let Ok(contents) = Contents::decode(&bytes) {
                prop_assert_eq!(contents.encode(), bytes);
            }
        }
    }
}
