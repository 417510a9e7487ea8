//! The audit trail in a real store, tampered with behind its back.

use std::fs;

use expect_test::expect;

use crate::audit::check::{AuditError, check};
use crate::audit::event::SessionId;
use crate::audit::trail::{self, append};
use crate::state::store::Store;
use crate::state::store::tests::{Place, session, write};

fn prepared(place: &Place) -> Store {
    let mut store = place.create();
    for number in 1..=3 {
        append(&mut store, &session(number)).unwrap();
    }
    store.commit(&write(1)).unwrap();
    store
}

fn found(store: &mut Store) -> String {
    match check(store, None) {
        Ok(checked) => format!("{} records", checked.records),
        Err(error) => format!("{}: {error}", error.diagnostic().code),
    }
}

#[test]
fn tampering_with_the_records_is_found() {
    let place = Place::new();
    let mut store = prepared(&place);
    let events = store.database.events.clone();
    let key = |sequence: u64| sequence.to_be_bytes();
    let original = events.get(key(5)).unwrap().unwrap();
    expect!["12 records"].assert_eq(&found(&mut store));

    store.tamper_with_record(5).unwrap();
    expect!["AUD001: record 5 was edited, or a record before it was taken out"].assert_eq(&found(&mut store));

    events.remove(key(5)).unwrap();
    expect!["AUD001: record 5 is missing"].assert_eq(&found(&mut store));

    let sixth = events.insert(key(6), original.clone()).unwrap().unwrap();
    events.insert(key(5), &sixth).unwrap();
    expect!["AUD001: record 5 stands in the wrong place"].assert_eq(&found(&mut store));

    events.insert(key(5), &original).unwrap();
    events.insert(key(6), &sixth).unwrap();
    let last = events.remove(key(12)).unwrap().unwrap();
    expect!["AUD001: the records end after 11, and there were 12"].assert_eq(&found(&mut store));

    events.insert(key(12), &last).unwrap();
    expect!["12 records"].assert_eq(&found(&mut store));
}

#[test]
#[expect(clippy::print_stderr, reason = "how much was tried is for people to read")]
fn every_record_is_watched() {
    let place = Place::new();
    let mut store = prepared(&place);
    let events = store.database.events.clone();
    let records = store.audit_head().count;
    let (key, mut mutations) = (|sequence: u64| sequence.to_be_bytes(), 0);
    let mut is_found = |store: &mut Store, story: &str| {
        let said = found(store);
        assert!(said.starts_with("AUD") || said.starts_with("STA006"), "{story}: {said}");
        mutations += 1;
    };
    for sequence in 1..=records {
        let original = events.get(key(sequence)).unwrap().unwrap();
        // Every byte of it, the digest included.
        for at in 0..original.len() {
            let mut edited = original.to_vec();
            edited[at] ^= 1 << (at % 8);
            events.insert(key(sequence), edited).unwrap();
            is_found(&mut store, &format!("byte {at} of record {sequence}"));
        }
        events.remove(key(sequence)).unwrap();
        is_found(&mut store, &format!("record {sequence} removed"));
        events.insert(key(sequence), &original).unwrap();
        let other = if sequence == records { 1 } else { sequence + 1 };
        let swapped = events.insert(key(other), &original).unwrap().unwrap();
        events.insert(key(sequence), &swapped).unwrap();
        is_found(&mut store, &format!("records {sequence} and {other} swapped"));
        events.insert(key(sequence), &original).unwrap();
        events.insert(key(other), &swapped).unwrap();
        let cut: Vec<_> =
            (sequence..=records).map(|gone| (gone, events.remove(key(gone)).unwrap().unwrap())).collect();
        is_found(&mut store, &format!("cut before record {sequence}"));
        for (gone, bytes) in cut {
            events.insert(key(gone), bytes).unwrap();
        }
    }
    expect!["12 records"].assert_eq(&found(&mut store));
    eprintln!("{mutations} changes of an audit trail of {records} records, each found");
}

#[test]
fn hiding_a_session_is_found() {
    let place = Place::new();
    let mut store = prepared(&place);
    let key = trail::sessions(&store).unwrap()[1].id.0;
    store.database.sessions.remove(key).unwrap();
    expect!["AUD004: the index of sessions does not match the records"].assert_eq(&found(&mut store));
}

#[test]
fn a_changed_second_copy_is_found() {
    let place = Place::new();
    let mut store = prepared(&place);
    let log = place.file("audit.log");
    let mut bytes = fs::read(&log).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&log, bytes).unwrap();
    expect!["AUD003: the two copies of the audit trail differ from record 12 on"]
        .assert_eq(&found(&mut store));
}

#[test]
fn a_trail_written_anew_is_found_by_a_noted_head() {
    let place = Place::new();
    let noted = prepared(&place).audit_head();
    let other = Place::new();
    let mut store = other.create();
    for number in [1, 2, 4] {
        append(&mut store, &session(number)).unwrap();
    }
    check(&mut store, None).unwrap();
    assert!(matches!(check(&mut store, Some(noted)), Err(AuditError::Anchor(_))));
    append(&mut place.open().unwrap(), &session(4)).unwrap();
    assert!(check(&mut place.open().unwrap(), Some(noted)).is_ok());
}

#[test]
fn a_session_that_never_ended_is_seen() {
    let place = Place::new();
    let mut store = place.create();
    append(&mut store, &session(1)).unwrap();
    let events = session(2);
    append(&mut store, &events[..1]).unwrap();
    append(&mut store, &events[1..3]).unwrap();
    store.sync().unwrap();
    let unended = SessionId::new(2_000_000, [2; 10]);
    let ended = |store: &Store| {
        let sessions = trail::sessions(store).unwrap();
        sessions.iter().map(|session| (session.id == unended, session.end.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(ended(&store), [(false, true), (true, false)]);
    assert_eq!(check(&mut store, None).unwrap().unended, 1);
    let sessions = trail::sessions(&store).unwrap();
    assert_eq!(trail::of(&store, &sessions[1]).unwrap().len(), 3);
    // A process that goes on with it, and others in between.
    append(&mut store, &session(3)).unwrap();
    append(&mut store, &events[3..]).unwrap();
    assert_eq!(ended(&store), [(false, true), (true, true), (false, true)]);
    let sessions = trail::sessions(&store).unwrap();
    assert_eq!(trail::of(&store, &sessions[1]).unwrap().len(), 4);
}
