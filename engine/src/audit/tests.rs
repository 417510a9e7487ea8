//! The chain against every kind of tampering, and the frozen bytes of events.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::audit::chain::{Head, Record, passes, verify};
use crate::audit::event::{
    Answer, CredentialAction, End, Event, Notice, Outcome, SessionId, SessionKind, Start, Statement,
    TransactionStep, What,
};
use crate::audit::format_v1::{NotAnEvent, decode, encode};
use crate::audit::log;
use crate::digest::hex;
use crate::plan::saved::PlanId;
use crate::state::Lineage;

fn base() -> Head {
    Head::genesis(Lineage([1; 16]))
}

fn chain(base: Head, texts: &[&str]) -> Vec<Record> {
    let mut head = base;
    let extend = |text: &&str| {
        let record = head.extend(text.as_bytes().to_vec());
        head = record.head();
        record
    };
    texts.iter().map(extend).collect()
}

/// Tampers with a chain of five records and says what a check finds.
fn tampered(tamper: impl FnOnce(&mut Vec<Record>)) -> String {
    let mut records = chain(base(), &["a", "b", "c", "d", "e"]);
    let noted = records[4].head();
    tamper(&mut records);
    match verify(base(), noted, &records) {
        Ok(()) => "whole".to_owned(),
        Err(found) => found.to_string(),
    }
}

fn renumber(records: &mut [Record]) {
    for (sequence, record) in (1..).zip(records) {
        record.sequence = sequence;
    }
}

#[test]
fn every_kind_of_tampering_is_named() {
    let check = |found: String, expected: Expect| expected.assert_eq(&found);
    check(tampered(|_| {}), expect!["whole"]);
    check(
        tampered(|records| records[2].bytes = b"x".to_vec()),
        expect!["record 3 was edited, or a record before it was taken out"],
    );
    check(
        tampered(|records| records[2].digest.0[0] ^= 1),
        expect!["record 3 was edited, or a record before it was taken out"],
    );
    check(tampered(|records| drop(records.remove(2))), expect!["record 3 is missing"]);
    check(
        tampered(|records| {
            records.remove(2);
            renumber(records);
        }),
        expect!["record 3 was edited, or a record before it was taken out"],
    );
    check(
        tampered(|records| {
            records.swap(2, 3);
            renumber(records);
        }),
        expect!["record 3 stands in the wrong place"],
    );
    check(tampered(|records| drop(records.remove(0))), expect!["record 1 is missing"]);
    check(tampered(|records| records.truncate(3)), expect!["the records end after 3, and there were 5"]);
    check(tampered(Vec::clear), expect!["the records end after 0, and there were 5"]);
    check(
        tampered(|records| {
            let next = records[4].head().extend(b"f".to_vec());
            records.push(next);
        }),
        expect!["record 6 was added behind the end of the trail"],
    );
    check(
        tampered(|records| *records = chain(base(), &["a", "b", "x", "d", "e"])),
        expect!["record 5 and those before it were written anew"],
    );
    check(
        tampered(|records| *records = chain(Head::genesis(Lineage([2; 16])), &["a", "b", "c", "d", "e"])),
        expect!["record 1 was edited, or a record before it was taken out"],
    );
}

#[test]
fn a_head_noted_elsewhere_shows_a_new_trail() {
    let records = chain(base(), &["a", "b", "c"]);
    let noted = records[1].head();
    assert!(passes(base(), &records, noted) && passes(base(), &records, base()));
    assert!(!passes(base(), &chain(base(), &["a", "x", "c"]), noted));
    assert!(!passes(base(), &records[..1], noted));
    assert_eq!(noted.to_string().parse(), Ok(noted));
    for wrong in ["", "2", "2:", ":", &format!("x:{}", noted.digest), &format!("{noted}0")] {
        assert!(wrong.parse::<Head>().is_err(), "{wrong}");
    }
}

fn of_every_kind() -> Vec<Event> {
    let start = Start {
        kind: SessionKind::Apply,
        who: "ana".to_owned(),
        host: "h".to_owned(),
        version: "0.1.0".to_owned(),
        resources: vec!["main".to_owned()],
        plan: Some(PlanId([0xab; 32])),
    };
    let refusal = Notice { sqlstate: "42501".to_owned(), text: "no".to_owned() };
    let statement = Statement {
        resource: "main".to_owned(),
        database: "app".to_owned(),
        step: Some(3),
        node: "role.r".to_owned(),
        text: "CREATE ROLE r".to_owned(),
        duration: 300,
        answer: Answer::Rows(Some(2)),
        notices: vec![refusal.clone()],
    };
    let failed = Statement { step: None, answer: Answer::Error(refusal), ..statement.clone() };
    let end = End {
        outcome: Outcome::Failed,
        plan: None,
        serial: 300,
        code: Some("PGS001".to_owned()),
        text: "t".to_owned(),
    };
    let (resource, database) = ("main".to_owned(), "app".to_owned());
    let whats = vec![
        What::Started(start),
        What::Ended(end),
        What::Statement(Box::new(statement)),
        What::Statement(Box::new(failed)),
        What::Transaction { resource, database, step: TransactionStep::Unknown },
        What::Credential { account: "main/r".to_owned(), action: CredentialAction::Reencrypted },
        What::Note { code: None, text: "n".to_owned() },
    ];
    let session = SessionId::new(1_700_000_000_123_456, [9; 10]);
    whats.into_iter().map(|what| Event { session, at: -1, what }).collect()
}

/// These bytes are frozen: a change here is a new format, not a new expectation.
#[test]
fn version_1_is_written_as_ever() {
    let lines: Vec<String> = of_every_kind().iter().map(|event| hex(&encode(event))).collect();
    expect![[r#"
        01018bcfe5687b0909090909090909090901000103616e61016805302e312e3001046d61696e01abababababababababababababababababababababababababababababababab
        01018bcfe5687b0909090909090909090901010200ac0201065047533030310174
        01018bcfe5687b090909090909090909090102046d61696e03617070010306726f6c652e720d43524541544520524f4c452072ac0200010201053432353031026e6f
        01018bcfe5687b090909090909090909090102046d61696e036170700006726f6c652e720d43524541544520524f4c452072ac0201053432353031026e6f01053432353031026e6f
        01018bcfe5687b090909090909090909090103046d61696e0361707003
        01018bcfe5687b090909090909090909090104066d61696e2f7204
        01018bcfe5687b09090909090909090909010500016e
    "#]].assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn what_is_written_is_read_and_nothing_else() {
    for event in of_every_kind() {
        let bytes = encode(&event);
        assert_eq!(decode(&bytes), Ok(event));
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), Err(NotAnEvent::Malformed));
        }
        assert_eq!(decode(&[&bytes[..], b"x"].concat()), Err(NotAnEvent::Malformed));
        assert_eq!(decode(&[b"\x02", &bytes[1..]].concat()), Err(NotAnEvent::Malformed));
    }
}

#[test]
fn sessions_sort_by_their_start() {
    let ids = [(0, 9), (1_000, 8), (1_700_000_000_000_000, 7), (1_700_000_000_001_000, 0)]
        .map(|(started, random)| SessionId::new(started, [random; 10]));
    assert!(ids.is_sorted());
    assert_eq!(ids.map(|id| SessionId::parse(&id.to_string())), ids.map(Some));
    assert_eq!(SessionId::parse("00"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
        let _ = decode(&[&[1], &bytes[..]].concat());
        let header = log::header(base());
        let log = log::decode(&[&header[..], &bytes].concat()).unwrap();
        prop_assert!(log.records.len() <= bytes.len() / 36);
        prop_assert_eq!(log::decode(&header[1..]), None);
    }

    #[test]
    fn the_log_keeps_every_whole_frame(texts in prop::collection::vec("[a-z]{0,9}", 0..6), cut in 0..40_usize) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let records = chain(base(), &texts);
        let mut bytes = log::header(base());
        bytes.extend(records.iter().flat_map(log::frame));
        prop_assert_eq!(log::decode(&bytes).unwrap().records, records.clone());
        let header = log::header(base()).len();
        let short = &bytes[..bytes.len().saturating_sub(cut).max(header)];
        let found = log::decode(short).unwrap().records;
        prop_assert_eq!(&found[..], &records[..found.len()]);
        prop_assert!(cut == 0 || records.is_empty() || found.len() < records.len());
    }
}
