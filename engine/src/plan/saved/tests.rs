//! plan.bin attacked: every bit flipped, every length cut, every byte made a length bomb, with
//! and without a digest that was made to fit.
//!
//! Invariant: nothing of it panics, and what decodes is written exactly as it would be written.

// How much was tried is worth printing.
#![allow(clippy::print_stdout)]

use super::{DIGEST_BYTES, HEAD, decode, encode};
use crate::code::Code;
use crate::declared::Patterns;
use crate::diagnostic::Origin;
use crate::digest::Digest;
use crate::plan::Plan;
use crate::policy::{Enforcement, Extent, Policy, Rule, Says, To, Violation, What};
use crate::privilege::{Privilege, PrivilegeSet};
use crate::testing::plan::plan;

/// A plan with something of everything.
fn sample() -> Plan {
    let mut plan = plan(
        "resource analytics 10.0.3.4:5432 150018
        + role reader: password=fresh (new) @main.hcl:14
        ~ role boss: login -> nologin (changed outside)
        + member reader of pg_monitor: plain
        ~ grant reader on app table s.t: SELECT,DELETE -> SELECT (changed outside)
        both grant reader on app schema s: USAGE
        sql app+shared membership.reader | GRANT pg_monitor TO reader",
    );
    let what = What::Privileges(PrivilegeSet::of(&[Privilege::Delete]));
    let says = Says::NoGrant { to: To::Roles(Patterns::everything()), what, on: Extent::default() };
    plan.policies.push(Policy {
        name: "careful".to_owned(),
        description: Some("Why not.".to_owned()),
        enforcement: Enforcement::Warn,
        resources: plan.resources.keys().cloned().collect(),
        rules: vec![Rule { origin: Origin { file: "p.hcl".to_owned(), line: 3 }, says }],
    });
    plan.violations.push(Violation {
        policy: 0,
        rule: 0,
        resource: plan.resources.keys().next().cloned(),
        address: "role.reader".to_owned(),
        others: 3,
        detail: "it gains DELETE".to_owned(),
        origin: Some(Origin { file: "main.hcl".to_owned(), line: 14 }),
    });
    plan.terms.signature = true;
    plan.terms.approvals = 2;
    plan.terms.signers = Some("ana ssh-ed25519 AAAA".to_owned());
    plan.terms.recipients = vec!["age1x".to_owned()];
    plan
}

/// The file with lengths and digest that fit its body.
fn mended(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(DIGEST_BYTES));
    let length = bytes.len().saturating_sub(HEAD) as u64;
    bytes[10..HEAD].copy_from_slice(&length.to_be_bytes());
    let digest = Digest::of(&[&bytes]);
    bytes.extend(digest.0);
    bytes
}

/// Whether a file is refused as damaged; one that is not must be written as it stands.
#[track_caller]
fn refused(bytes: &[u8]) -> bool {
    match decode(bytes) {
        Err(refusal) => {
            assert!(matches!(refusal.code, Code::SAV001 | Code::SAV002 | Code::SAV003), "{refusal:?}");
            true
        }
        Ok(saved) => {
            assert_eq!(encode(&saved.plan).1, bytes, "another encoding of the same plan");
            false
        }
    }
}

#[test]
fn what_is_written_is_read() {
    let (id, bytes) = encode(&sample());
    let saved = decode(&bytes).unwrap();
    assert_eq!((saved.id, saved.plan), (id, sample()));
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let (_, bytes) = encode(&sample());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(refused(&flipped), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(refused(&bytes[..length]), "cut to {length}");
        assert!(refused(&[&bytes[..length], &[0], &bytes[length..]].concat()), "grown at {length}");
    }
    println!(
        "{} bits flipped, {} cuts, {} insertions: all refused",
        bytes.len() * 8,
        bytes.len(),
        bytes.len()
    );
}

/// Somebody who can compute a digest can write any plan; what cannot happen is that a file has
/// two readings, or that reading it is what does the harm.
#[test]
fn forged_digests_give_no_second_reading() {
    let (_, bytes) = encode(&sample());
    let end = bytes.len() - DIGEST_BYTES;
    let (mut tried, mut other) = (0, 0);
    let mut attempt = |forged: Vec<u8>| {
        tried += 1;
        other += usize::from(!refused(&mended(forged)));
    };
    for bit in (HEAD * 8..end * 8).step_by(3) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        attempt(flipped);
    }
    for at in HEAD..end {
        attempt([&bytes[..at], &bytes[end..]].concat());
        // A length of four billion, and a zero in two bytes instead of one.
        for bomb in [&[0xff, 0xff, 0xff, 0xff, 0x0f][..], &[0x80, 0x00]] {
            attempt([&bytes[..at], bomb, &bytes[at + 1..]].concat());
        }
    }
    println!("{tried} bodies forged: {} refused, {other} are plans of their own", tried - other);
    assert!(tried > other, "nothing was refused");
}
