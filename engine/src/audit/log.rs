//! The bytes of `audit.log`, the append-only second copy of the audit trail.
//!
//! Pure: the store reads and writes the file. It exists because one damaged byte can
//! make sled lose everything without a word. Invariant: the file is a header and then
//! one frame per record; what stands behind the last whole frame was never relied upon.

use crate::audit::chain::{Head, Record};
use crate::digest::Digest;

const MAGIC: &[u8; 18] = b"roleform auditlog\n";

/// Size of the header in bytes.
pub const HEADER_BYTES: u64 = 18 + 8 + 32;

/// The header: the text `roleform auditlog` and a line feed, then the head before the
/// first record (count of 8 bytes, big endian, and digest).
pub fn header(base: Head) -> Vec<u8> {
    [MAGIC.as_slice(), &base.count.to_be_bytes(), &base.digest.0].concat()
}

/// A frame: length of the bytes (4 bytes, big endian), digest, bytes.
pub fn frame(record: &Record) -> Vec<u8> {
    // A record comes from one statement or one session: far below 4 GiB.
    let length = u32::try_from(record.bytes.len()).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &record.digest.0, &record.bytes].concat()
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The head before the first record.
    pub base: Head,
    /// The whole frames, numbered on from there; not verified.
    pub records: Vec<Record>,
}

/// Reads as many whole frames as there are; `None` when not even the header is right.
pub fn decode(bytes: &[u8]) -> Option<Log> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (count, rest) = rest.split_first_chunk::<8>()?;
    let (digest, mut rest) = rest.split_first_chunk::<32>()?;
    let base = Head { count: u64::from_be_bytes(*count), digest: Digest(*digest) };
    let mut records = Vec::new();
    let mut sequence = base.count;
    while let Some((record, behind)) = next(rest, sequence) {
        sequence = record.sequence;
        records.push(record);
        rest = behind;
    }
    Some(Log { base, records })
}

fn next(bytes: &[u8], before: u64) -> Option<(Record, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (digest, rest) = rest.split_first_chunk::<32>()?;
    let (content, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let sequence = before.checked_add(1)?;
    Some((Record { sequence, digest: Digest(*digest), bytes: content.to_vec() }, rest))
}
