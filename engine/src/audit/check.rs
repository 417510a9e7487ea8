//! Whether the trail is as it was written, and how it is told when it is not.
//!
//! `session verify` in one function. Not here: the chain itself (`chain`). Invariant:
//! the first wrong record is named, and a trail that could be read is never called
//! whole when a record of either copy differs from its digest.

use crate::audit::chain::{self, Break, Head, Record};
use crate::audit::format_v1::NotAnEvent;
use crate::audit::trail::sessions_of;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::format;
use crate::state::error::StoreError;
use crate::state::store::Store;

/// What a check found to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Where the trail ends. Noted elsewhere, it proves later that nothing was rewritten.
    pub head: Head,
    /// Records that were checked.
    pub records: u64,
    /// Records that an earlier recovery of a damaged store could not restore.
    pub lost: u64,
    /// Sessions that never ended: their process was killed, or it is running now.
    pub unended: u64,
}

/// What is wrong with the trail.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A record is not as it was written.
    #[error(transparent)]
    Broken(#[from] Break),
    /// A record is chained, but is no event.
    #[error("record {sequence} cannot be read")]
    Unreadable {
        /// The record.
        sequence: u64,
        /// Why.
        source: NotAnEvent,
    },
    /// The two copies of the trail differ.
    #[error("the two copies of the audit trail differ from record {0} on")]
    Copies(u64),
    /// The index does not say which sessions the records tell of.
    #[error("the index of sessions does not match the records")]
    Index,
    /// The trail does not go through the head that was noted elsewhere.
    #[error("the trail does not go through record {} with digest {}", .0.count, .0.digest)]
    Anchor(Head),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks both copies of the trail, the index, and the way through a head noted elsewhere.
pub fn check(store: &mut Store, anchor: Option<Head>) -> Result<Checked, AuditError> {
    // The second copy follows at the next sync only.
    store.sync()?;
    let (base, head) = (store.audit_base(), store.audit_head());
    let records = store.records(0..=u64::MAX)?;
    chain::verify(base, head, &records)?;
    for record in &records {
        format::event(&record.bytes)
            .map_err(|source| AuditError::Unreadable { sequence: record.sequence, source })?;
    }
    let sessions = store.sessions()?;
    if sessions != sessions_of(&records) {
        return Err(AuditError::Index);
    }
    compare_copies(store, &records)?;
    if let Some(anchor) = anchor.filter(|anchor| !chain::passes(base, &records, *anchor)) {
        return Err(AuditError::Anchor(anchor));
    }
    let unended = sessions.values().filter(|range| range.last.is_none()).count() as u64;
    Ok(Checked { head, records: records.len() as u64, lost: base.count, unended })
}

fn compare_copies(store: &Store, records: &[Record]) -> Result<(), AuditError> {
    let base = store.audit_base();
    let copy = store.audit_log()?.filter(|log| log.base == base).map(|log| log.records).unwrap_or_default();
    if copy == records {
        return Ok(());
    }
    let same = records.iter().zip(&copy).take_while(|(one, other)| one == other).count();
    Err(AuditError::Copies(base.count + 1 + same as u64))
}

impl AuditError {
    /// The message for people.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            AuditError::Broken(found) => Diagnostic::error(
                Code::AUD001,
                "Audit chain is broken",
                format!("In the audit trail, {found}. The records before it are as they were written."),
            ),
            AuditError::Unreadable { sequence, source } => Diagnostic::error(
                Code::AUD002,
                "Audit record cannot be read",
                format!("Record {sequence} of the audit trail cannot be read: {source}."),
            ),
            AuditError::Copies(sequence) => Diagnostic::error(
                Code::AUD003,
                "Copies of the audit trail differ",
                format!(
                    "The audit trail in the store and the one in audit.log differ from record {sequence} on. \
                     The one in the store is chained as it should be."
                ),
            ),
            AuditError::Index => Diagnostic::error(
                Code::AUD004,
                "Index of sessions is wrong",
                "The records of the audit trail are as they were written, but the list of sessions was changed.",
            ),
            AuditError::Anchor(head) => Diagnostic::error(
                Code::AUD005,
                "Audit trail was rewritten",
                format!(
                    "The audit trail is chained as it should be, but record {} of it does not have the digest \
                     {} that was noted before.",
                    head.count, head.digest
                ),
            ),
            AuditError::Store(error) => error.diagnostic(),
        }
    }
}
