//! How the store is told about the audit trail, and the bytes it notes about it.
//!
//! Not here: the records themselves (`audit`). Invariant: a session's key sorts by its
//! start, and its range is that of the records which opened and closed it.

use std::collections::BTreeMap;

use crate::audit::chain::{Head, Record};
use crate::state::snapshot::{decode_head, encode_head};

/// The identity of a session, as bytes that sort by its start.
pub type SessionKey = [u8; 16];

/// Records to append, and which sessions they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditWrite {
    /// In order, each following the one before; the first follows the store's head.
    pub records: Vec<Record>,
    /// For each session that begins or ends with them: its range from now on.
    pub sessions: BTreeMap<SessionKey, SessionRange>,
}

/// Which records of the trail are a session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRange {
    /// The one that opened it.
    pub first: u64,
    /// The one that closed it; `None` while it runs, and for ever when it ended uncleanly.
    pub last: Option<u64>,
}

impl SessionRange {
    /// First and last sequence number, 8 bytes each, big endian; 0 for no last one.
    pub fn encode(self) -> Vec<u8> {
        [self.first.to_be_bytes(), self.last.unwrap_or(0).to_be_bytes()].concat()
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Option<SessionRange> {
        let (first, last) = bytes.split_first_chunk::<8>()?;
        let last = u64::from_be_bytes(last.try_into().ok()?);
        let last = if last == 0 { None } else { Some(last) };
        Some(SessionRange { first: u64::from_be_bytes(*first), last })
    }
}

/// Where the trail begins and ends, and how long its second copy must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditPosition {
    /// The head before the first record.
    pub base: Head,
    /// The head after the last one.
    pub head: Head,
    /// Size of `audit.log` in bytes when it has all of them.
    pub log_bytes: u64,
}

impl AuditPosition {
    /// Base and head (40 bytes each), size of the log (8 bytes, big endian).
    pub fn encode(self) -> Vec<u8> {
        let (base, head) = (encode_head(self.base), encode_head(self.head));
        [base.as_slice(), &head, &self.log_bytes.to_be_bytes()].concat()
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Option<AuditPosition> {
        let (base, rest) = bytes.split_first_chunk::<40>()?;
        let (head, rest) = rest.split_first_chunk::<40>()?;
        let log_bytes = u64::from_be_bytes(rest.try_into().ok()?);
        Some(AuditPosition { base: decode_head(base), head: decode_head(head), log_bytes })
    }
}
