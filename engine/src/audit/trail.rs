//! From events to records of the chain, and from records back to sessions.
//!
//! Reads and writes through the store alone. Not here: whether the trail is as it was
//! written (`check`). Invariant: the index of sessions can always be made anew from the
//! records.

use std::collections::BTreeMap;

use crate::audit::chain::{Break, Head, Record};
use crate::audit::check::AuditError;
use crate::audit::event::{End, Event, Micros, SessionId, Start, What};
use crate::audit::format_v1;
use crate::digest::Digest;
use crate::format;
use crate::state::audit_entries::{AuditWrite, SessionKey, SessionRange};
use crate::state::error::StoreError;
use crate::state::store::Store;

/// A session as the trail tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its identity.
    pub id: SessionId,
    /// When it began.
    pub started: Micros,
    /// How it began.
    pub start: Start,
    /// When and how it ended; `None` while it runs, and when its process ended uncleanly.
    pub end: Option<(Micros, End)>,
    /// Its first and last record.
    pub range: SessionRange,
}

/// Appends events to the trail. Durable after the store's next `sync` or `commit`.
pub fn append(store: &mut Store, events: &[Event]) -> Result<Head, StoreError> {
    let mut head = store.audit_head();
    let mut records = Vec::with_capacity(events.len());
    let mut sessions = BTreeMap::new();
    for event in events {
        let record = head.extend(format_v1::encode(event));
        head = record.head();
        let key = event.session.0;
        if matches!(event.what, What::Ended(_)) && !sessions.contains_key(&key) {
            // It began in an earlier call.
            sessions.extend(store.session(key)?.map(|range| (key, range)));
        }
        index(&mut sessions, event, record.sequence);
        records.push(record);
    }
    store.append_audit(&AuditWrite { records, sessions })?;
    Ok(head)
}

/// All sessions, oldest first.
pub fn sessions(store: &Store) -> Result<Vec<Session>, AuditError> {
    store.sessions()?.into_iter().map(|(key, range)| session(store, SessionId(key), range)).collect()
}

/// A record with its event, and the digest of the record before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The digest that its own covers.
    pub previous: Digest,
    /// The record.
    pub record: Record,
    /// What it says.
    pub event: Event,
}

/// The whole trail, in order.
pub fn all(store: &Store) -> Result<Vec<Linked>, AuditError> {
    linked(store, 1, u64::MAX)
}

/// The records of one session, in order.
pub fn of(store: &Store, session: &Session) -> Result<Vec<Linked>, AuditError> {
    let last = session.range.last.unwrap_or(u64::MAX);
    let mut records = linked(store, session.range.first, last)?;
    records.retain(|linked| linked.event.session == session.id);
    Ok(records)
}

fn linked(store: &Store, first: u64, last: u64) -> Result<Vec<Linked>, AuditError> {
    // One earlier, for its digest; where the trail begins, its base stands for that.
    let mut previous = store.audit_base().digest;
    let mut found = Vec::new();
    for record in store.records(first.saturating_sub(1)..=last)? {
        let digest = record.digest;
        if record.sequence >= first {
            found.push(Linked { previous, event: read(&record)?, record });
        }
        previous = digest;
    }
    Ok(found)
}

fn session(store: &Store, id: SessionId, range: SessionRange) -> Result<Session, AuditError> {
    let (mut started, mut end) = (None, None);
    for sequence in [Some(range.first), range.last].into_iter().flatten() {
        for record in store.records(sequence..=sequence)? {
            let event = read(&record)?;
            match event.what {
                What::Started(start) => started = Some((event.at, start)),
                What::Ended(ended) => end = Some((event.at, ended)),
                What::Statement(_)
                | What::Transaction { .. }
                | What::Credential { .. }
                | What::Note { .. } => {}
            }
        }
    }
    let (started, start) = started.ok_or(AuditError::Broken(Break::Missing(range.first)))?;
    Ok(Session { id, started, start, end, range })
}

fn read(record: &Record) -> Result<Event, AuditError> {
    format::event(&record.bytes)
        .map_err(|source| AuditError::Unreadable { sequence: record.sequence, source })
}

/// The index of sessions, from their records. Records that are no events are left out.
pub fn sessions_of(records: &[Record]) -> BTreeMap<SessionKey, SessionRange> {
    let mut sessions = BTreeMap::new();
    for record in records {
        if let Ok(event) = format::event(&record.bytes) {
            index(&mut sessions, &event, record.sequence);
        }
    }
    sessions
}

fn index(sessions: &mut BTreeMap<SessionKey, SessionRange>, event: &Event, sequence: u64) {
    match event.what {
        What::Started(_) => {
            sessions.insert(event.session.0, SessionRange { first: sequence, last: None });
        }
        What::Ended(_) => {
            if let Some(range) = sessions.get_mut(&event.session.0) {
                range.last = Some(sequence);
            }
        }
        What::Statement(_) | What::Transaction { .. } | What::Credential { .. } | What::Note { .. } => {}
    }
}
