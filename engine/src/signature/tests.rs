//! Signatures and lists of signers as tables, with keys that were made for tests.
//!
//! Against the real `ssh-keygen` and a real agent: `tests/cli/trust`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::demand::{Demand, Source, meet};
use super::key::{KeyError, SigningKey};
use super::roster::Seals;
use super::seal::{Seal, SealError};
use super::signers::AllowedSigners;
use super::{Moment, Purpose, agent};
use crate::secret::Secret;

macro_rules! test_key {
    ($name:literal) => {
        include_str!(concat!("../credentials/test_keys/", $name))
    };
}

const PLAN: &[u8] = b"the bytes of a plan";
const KEYS: [(&str, &str); 3] = [
    (test_key!("ed25519"), test_key!("ed25519.pub")),
    (test_key!("rsa"), test_key!("rsa.pub")),
    (test_key!("ecdsa"), test_key!("ecdsa.pub")),
];

fn key(text: &str) -> SigningKey {
    SigningKey::read(&Secret::new(text.to_owned())).expect("a test key")
}

fn sign(number: usize, purpose: Purpose, bytes: &[u8]) -> Vec<u8> {
    let signed = key(KEYS[number].0).sign(purpose, bytes, &|_| Err("there is no agent".to_owned()));
    signed.expect("a private key signs").into_bytes()
}

/// 2027-01-15 08:00 UTC, in UTC.
fn moment() -> Moment {
    Moment { now: 1_800_000_000_000_000, zone: TimeZone::UTC }
}

#[test]
fn every_kind_of_key_signs_for_one_purpose_and_one_file() {
    for (number, (_, public)) in KEYS.iter().enumerate() {
        let text = sign(number, Purpose::Plan, PLAN);
        let seal = Seal::open(&text, Purpose::Plan, PLAN).expect("its own signature");
        assert_eq!(seal.fingerprint(), key(public).fingerprint());
        assert_eq!(Seal::open(&text, Purpose::Plan, b"other").unwrap_err(), SealError::OtherBytes);
        let other = Seal::open(&text, Purpose::Approval, PLAN).unwrap_err();
        assert_eq!(other, SealError::Namespace("roleform-plan".to_owned()));
        // Behind the version, which is signed by nobody.
        for at in (64..text.len() - 40).step_by(5) {
            let mut text = text.clone();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            let opened = Seal::open(&text, Purpose::Plan, PLAN);
            assert!(opened.is_err(), "{at} of {public}");
        }
    }
    for wrong in
        [&b""[..], b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n", b"\xff"]
    {
        assert_eq!(Seal::open(wrong, Purpose::Plan, PLAN).unwrap_err(), SealError::Malformed);
    }
}

#[test]
fn what_cannot_sign_says_why() {
    let nobody = |_: &[u8]| Err("nobody answers".to_owned());
    let refusing = |_: &[u8]| Ok(vec![5]);
    for public in [KEYS[0].1, test_key!("protected")] {
        let key = key(public);
        let asked = key.sign(Purpose::Plan, PLAN, &nobody).unwrap_err();
        assert_eq!(asked, KeyError::Agent("nobody answers".to_owned()));
        assert_eq!(key.sign(Purpose::Plan, PLAN, &refusing).unwrap_err(), KeyError::Refused);
    }
    for (text, why) in [
        ("", KeyError::Malformed),
        ("ssh-ed25519 AAAA", KeyError::Malformed),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", KeyError::OldFormat),
    ] {
        let read = SigningKey::read(&Secret::new(text.to_owned()));
        assert_eq!(read.err(), Some(why), "{text}");
    }
    for answer in [&[][..], &[14], &[14, 0, 0, 0, 9, 1], &[14, 0xff, 0xff, 0xff, 0xff], &[14, 0, 0, 0, 0]] {
        assert!(agent::signature(answer).is_none(), "{answer:?}");
    }
}

/// Lists and what they say about the first key: the principals, or why not.
#[test]
fn allowed_signers_are_read_as_ssh_keygen_does() {
    let key = KEYS[0].1.trim();
    let text = sign(0, Purpose::Plan, PLAN);
    let seal = Seal::open(&text, Purpose::Plan, PLAN).expect("a signature");
    for (list, wanted) in [
        ("ana KEY", "ana"),
        ("# a comment\n\n  ana,ana@example.com KEY\r\n", "ana,ana@example.com"),
        ("\"ana b\" KEY", "ana b"),
        ("", "Unknown"),
        ("ana OTHER", "Unknown"),
        ("ana cert-authority KEY", "Unknown"),
        ("ana namespaces=\"roleform-plan\" KEY", "ana"),
        ("ana NAMESPACES=\"git,roleform-*\" KEY", "ana"),
        ("ana namespaces=\"git\" KEY", "Namespace"),
        ("ana namespaces=\"*,!roleform-plan\" KEY", "Namespace"),
        ("ana valid-after=\"20270115Z\" KEY", "ana"),
        ("ana valid-after=\"202701150800Z\" KEY", "ana"),
        ("ana valid-after=\"20270115080001Z\" KEY", "NotYet"),
        ("ana valid-before=\"20270115\" KEY", "Expired"),
        (
            "ana valid-before=\"20270116\",valid-after=\"2026010100\" KEY",
            "line 1: \"2026010100\" is not a time of its format",
        ),
        ("ana valid-before=\"20261301\" KEY", "line 1: \"20261301\" is not a time of its format"),
        ("ana valid-before=\"20270101Z\" KEY\nana KEY", "ana"),
        ("ana", "line 1: it has no public key after the principals"),
        ("\n, KEY", "line 2: it begins with no principal"),
        ("ana forever KEY", "line 1: the option \"forever\" is not known"),
        ("ana ssh-ed25519 AAAA", "line 1: it has no public key after the principals and options"),
    ] {
        let list = list.replace("KEY", key).replace("OTHER", KEYS[1].1.trim());
        let found = match AllowedSigners::parse(&list) {
            Err(error) => error.to_string(),
            Ok(signers) => match signers.allow(&seal, Purpose::Plan, &moment()) {
                Ok(signer) => signer.principals.join(","),
                Err(why) => format!("{why:?}"),
            },
        };
        assert_eq!(found, wanted, "{list}");
    }
}

#[test]
fn times_without_a_zone_are_local() {
    let list = format!("ana valid-after=\"202701150930\" {}", KEYS[0].1);
    let signers = AllowedSigners::parse(&list).expect("a list");
    let text = sign(0, Purpose::Plan, PLAN);
    let seal = Seal::open(&text, Purpose::Plan, PLAN).expect("a signature");
    for (hours, allowed) in [(0, false), (1, false), (2, true)] {
        let zone = TimeZone::fixed(jiff::tz::offset(hours));
        let moment = Moment { zone, ..moment() };
        assert_eq!(signers.allow(&seal, Purpose::Plan, &moment).is_ok(), allowed, "UTC+{hours}");
    }
}

/// Who signed, who approved, what is demanded: nothing, or the code of the refusal.
#[test]
fn demands_are_met_one_by_one() {
    let all = "ana 0\nbo 1\ncy 2";
    type Case<'a> = (&'a str, Option<usize>, &'a [usize], u32, &'a str);
    let cases: [Case<'_>; 12] = [
        (all, None, &[], 0, "SAV014"),
        (all, Some(0), &[], 0, "ana"),
        (all, Some(0), &[], 1, "SAV018"),
        (all, Some(0), &[1], 1, "ana, bo"),
        (all, Some(0), &[0], 1, "SAV019"),
        (all, Some(0), &[0, 1], 1, "ana, bo"),
        (all, Some(0), &[1, 2], 2, "ana, bo, cy"),
        (all, Some(0), &[1], 2, "SAV018"),
        (all, None, &[1, 2], 1, "SAV014"),
        ("ana 0\nana,bo 1", Some(0), &[1], 1, "SAV019"),
        ("ana 0\nbo 1\nbo 2", Some(0), &[1, 2], 2, "SAV018"),
        ("bo 1", Some(0), &[1], 1, "SAV016"),
    ];
    for (list, author, approvers, approvals, wanted) in cases {
        let mut list = list.to_owned();
        for (number, key) in KEYS.iter().enumerate() {
            list = list.replace(&format!(" {number}"), &format!(" {}", key.1.trim()));
        }
        let signers = AllowedSigners::parse(&list).expect("a list");
        let demand = Demand { source: Source::Plan, signature: true, approvals, signers };
        let approval = |number: &usize| (number.to_string(), sign(*number, Purpose::Approval, PLAN));
        let seals = Seals {
            signature: author.map(|number| sign(number, Purpose::Plan, PLAN)),
            approvals: approvers.iter().map(approval).collect::<BTreeMap<_, _>>(),
        };
        let found = match meet(PLAN, &seals, &[demand], &moment()) {
            Err(refusal) => refusal.code.to_string(),
            Ok(all) => {
                let names = all.author.iter().chain(&all.approvers).map(|signer| signer.principals.join(","));
                names.collect::<Vec<_>>().join(", ")
            }
        };
        assert_eq!(found, wanted, "{list} {author:?} {approvers:?} {approvals}");
    }
}

/// The plan's list and the configuration's must both allow whoever signed.
#[test]
fn no_demand_weakens_another() {
    let list = |number: usize| AllowedSigners::parse(&format!("x {}", KEYS[number].1)).expect("a list");
    let demand = |number, source| Demand { source, signature: true, approvals: 0, signers: list(number) };
    let seals = Seals { signature: Some(sign(0, Purpose::Plan, PLAN)), ..Seals::default() };
    let both = [demand(0, Source::Plan), demand(1, Source::Configuration)];
    let refusal = meet(PLAN, &seals, &both, &moment()).unwrap_err();
    assert_eq!(refusal.code.name(), "SAV016");
    assert!(refusal.detail.contains("the configuration's allowed signers"), "{}", refusal.detail);
    let same = [demand(0, Source::Plan), demand(0, Source::Configuration)];
    assert!(meet(PLAN, &seals, &same, &moment()).is_ok());
}
