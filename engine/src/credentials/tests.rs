//! Credentials from password to bytes and back, with keys of every kind.
//!
//! The keys in `test_keys` were made for these tests and protect nothing.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::credentials::error::{CredentialError, IdentityError, RecipientError};
use crate::credentials::format_v1::{NotACredential, Slot, decode, encode, key};
use crate::credentials::identity::Identity;
use crate::credentials::recipient::{Recipient, fingerprints};
use crate::credentials::seal::{is_for, open, reseal, seal};
use crate::credentials::{Account, Credential, Sealed};
use crate::declared::SslMode;
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, hex};
use crate::name::{DatabaseName, ResourceName, RoleName};
use crate::plan::saved::PlanId;
use crate::secret::Secret;

macro_rules! test_key {
    ($name:literal) => {
        include_str!(concat!("test_keys/", $name))
    };
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn recipient(text: &str) -> Recipient {
    text.parse().unwrap()
}

fn identities(file: &str) -> Vec<Identity> {
    Identity::parse(&secret(file)).unwrap()
}

fn role(name: &str) -> Account {
    Account::Role { resource: ResourceName::new("main").unwrap(), role: RoleName::new(name).unwrap() }
}

fn admin(name: &str) -> Account {
    Account::Admin { resource: ResourceName::new("main").unwrap(), role: RoleName::new(name).unwrap() }
}

pub(super) fn credential(account: Account, created_at: i64, sealed: Sealed) -> Credential {
    Credential {
        account,
        host: "10.0.3.4".to_owned(),
        port: 5432,
        database: DatabaseName::new("app").unwrap(),
        sslmode: SslMode::VerifyFull,
        sslrootcert: None,
        created_at,
        plan: Some(PlanId([3; 32])),
        verifier: Some(Digest([4; 32])),
        sealed,
    }
}

fn sealed(account: &Account, password: &str, recipients: &[Recipient]) -> Credential {
    let sealed = seal(account, 7, &secret(password), recipients).unwrap();
    credential(account.clone(), 7, sealed)
}

#[test]
fn every_recipient_can_read_it_and_nobody_else() {
    let age = Identity::generate();
    let recipients =
        [age.recipient.clone(), recipient(test_key!("ed25519.pub")), recipient(test_key!("rsa.pub"))];
    let credential = sealed(&role("r"), "pass\nword", &recipients);
    for file in [age.file.reveal(), test_key!("ed25519"), test_key!("rsa")] {
        let with_a_stranger: Vec<Identity> =
            identities(Identity::generate().file.reveal()).into_iter().chain(identities(file)).collect();
        let password = open(&credential, &with_a_stranger).unwrap();
        assert!(password.reveal() == "pass\nword");
    }
    let expected = CredentialError::NoIdentity { account: role("r"), recipients: fingerprints(&recipients) };
    for nobody in [vec![], identities(Identity::generate().file.reveal())] {
        assert_eq!(open(&credential, &nobody).err(), Some(expected.clone()));
    }
    assert!(!credential.sealed.ciphertext.windows(4).any(|window| window == b"pass"));
    assert_eq!(seal(&role("r"), 7, &secret("x"), &[]).err(), Some(CredentialError::NoRecipients));
}

#[test]
fn a_ciphertext_in_another_place_is_refused() {
    let age = Identity::generate();
    let keys = identities(age.file.reveal());
    let genuine = sealed(&role("r"), "pw", std::slice::from_ref(&age.recipient));
    assert!(open(&genuine, &keys).is_ok());
    let renamed = Credential { account: role("s"), ..genuine.clone() };
    assert!(open(&renamed, &keys).unwrap().reveal() == "pw", "it is the same role, as the record says");
    let taken = Sealed { role: renamed.account.role().clone(), ..genuine.sealed.clone() };
    for moved in [
        Credential { sealed: taken, ..renamed },
        Credential { account: admin("r"), ..genuine.clone() },
        Credential { created_at: 8, ..genuine.clone() },
    ] {
        let misplaced = CredentialError::Misplaced { account: moved.account.clone() };
        assert_eq!(open(&moved, &keys).err(), Some(misplaced));
    }
    let damaged = CredentialError::Damaged { account: role("r") };
    for at in 0..genuine.sealed.ciphertext.len() {
        let mut changed = genuine.clone();
        changed.sealed.ciphertext[at] ^= 1;
        let error = open(&changed, &keys).err().unwrap();
        // A changed recipient line looks like somebody else's key.
        assert!(
            error == damaged || matches!(error, CredentialError::NoIdentity { .. }),
            "byte {at}: {error}"
        );
        changed.sealed.ciphertext.truncate(at);
        assert!(open(&changed, &keys).is_err(), "cut at {at}");
    }
}

#[test]
fn recipients_can_change() {
    let (old, new) = (Identity::generate(), Identity::generate());
    let old_keys = identities(old.file.reveal());
    let before = sealed(&role("r"), "pw", std::slice::from_ref(&old.recipient));
    let recipients = [new.recipient, recipient(test_key!("ed25519.pub"))];
    assert!(is_for(&before, &[old.recipient]) && !is_for(&before, &recipients));
    let after = reseal(&before, &old_keys, &recipients).unwrap();
    assert!(is_for(&after, &recipients));
    assert!(open(&after, &identities(new.file.reveal())).unwrap().reveal() == "pw");
    assert!(matches!(open(&after, &old_keys), Err(CredentialError::NoIdentity { .. })));
    assert_eq!(Credential { sealed: before.sealed.clone(), ..after }, before, "nothing else changes");
    let stranger = identities(Identity::generate().file.reveal());
    assert!(matches!(reseal(&before, &stranger, &recipients), Err(CredentialError::NoIdentity { .. })));
}

#[test]
fn fingerprints_are_those_of_ssh_keygen() {
    let found = [test_key!("ed25519.pub"), test_key!("rsa.pub")]
        .map(recipient)
        .map(|recipient| format!("{} ({})", recipient.fingerprint, recipient.comment));
    expect![[r#"
        SHA256:lSf9AUUvh04cn3bnmDhrF6gaclDNn46rM2EfXnBFTOM (ana@laptop)
        SHA256:3ThnZ3T4uC++9LCnAJIEXqrpaBVrqjmWBRdQ4nPemWc ()"#]]
    .assert_eq(&found.join("\n"));
    for (file, public) in [("ed25519", test_key!("ed25519")), ("rsa", test_key!("rsa"))] {
        let fingerprint = identities(public)[0].recipient().unwrap().fingerprint;
        assert!(found.iter().any(|found| found.starts_with(&fingerprint)), "{file}");
    }
    let age = Identity::generate();
    assert_eq!(identities(age.file.reveal())[0].recipient().unwrap().fingerprint, age.recipient.fingerprint);
    assert!(age.recipient.fingerprint.starts_with("age1"));
    let twice = [age.recipient.clone(), age.recipient];
    assert_eq!(fingerprints(&twice).len(), 1);
}

#[test]
fn what_is_no_public_key_is_refused_without_repeating_it() {
    let age = Identity::generate();
    let private = age.file.reveal().lines().last().unwrap();
    for (text, expected) in [
        (private, RecipientError::PrivateKey),
        (test_key!("ed25519"), RecipientError::PrivateKey),
        (test_key!("ecdsa.pub"), RecipientError::Unsupported("ecdsa-sha2-nistp256".to_owned())),
        (test_key!("weak.pub"), RecipientError::TooShort),
        ("", RecipientError::Invalid),
        ("age1xyz", RecipientError::Invalid),
        ("ssh-ed25519 AAAB", RecipientError::Invalid),
        ("hunter2", RecipientError::Invalid),
    ] {
        let error = text.parse::<Recipient>().err().unwrap();
        assert_eq!(error, expected);
        let shown = shown(&error.diagnostic(1));
        assert!(text.is_empty() || !shown.contains(text), "{shown}");
    }
}

#[test]
fn what_is_no_private_key_is_refused_without_repeating_it() {
    let age = Identity::generate();
    let file = age.file.reveal();
    let damaged = test_key!("ed25519").replace("b3BlbnNzaC1r", "AAAA");
    for (text, expected) in [
        (String::new(), IdentityError::Empty),
        ("# nothing\n\n".to_owned(), IdentityError::Empty),
        (format!("{file}hunter2\n"), IdentityError::Line(4)),
        (age.recipient.fingerprint.clone(), IdentityError::Line(1)),
        (test_key!("protected").to_owned(), IdentityError::Passphrase),
        (test_key!("ecdsa").to_owned(), IdentityError::Unsupported),
        (damaged, IdentityError::Damaged),
    ] {
        let error = Identity::parse(&secret(&text)).err().unwrap();
        assert_eq!(error, expected);
        let shown = shown(&error.diagnostic("id.txt"));
        assert!(text.lines().all(|line| line.is_empty() || !shown.contains(line)), "{shown}");
    }
    let two = format!("{file}\r\n  {}  \n", file.lines().last().unwrap());
    assert_eq!(identities(&two).len(), 2);
}

fn shown(diagnostic: &Diagnostic) -> String {
    let Diagnostic { code, summary, detail, hint, .. } = diagnostic;
    format!("{code}: {summary}\n{detail}\n{}\n", hint.as_deref().unwrap_or_default())
}

#[test]
fn messages() {
    let check = |error: CredentialError, expected: Expect| expected.assert_eq(&shown(&error.diagnostic()));
    let recipients = vec!["age1abc".to_owned(), "SHA256:x".to_owned()];
    check(
        CredentialError::NoIdentity { account: role("r"), recipients },
        expect![[r#"
        CRD001: No identity can read this credential
        No identity at hand can read the password of main/r. It is encrypted to age1abc, SHA256:x.
        read it where one of these keys is, or give its file with `-identity`
    "#]],
    );
    check(
        CredentialError::Misplaced { account: admin("bad\u{1b}name") },
        expect![[r#"
        CRD004: Credential is in the wrong place
        What is stored as the password of main/bad\u{1b}name (admin) was encrypted for another record.
        `roleform plan -rotate-password` makes a new password for bad\u{1b}name
    "#]],
    );
    check(
        CredentialError::NoRecipients,
        expect![[r#"
        CRD005: Nobody could read the password
        There is no public key to encrypt generated passwords to.
        run `roleform init`, or name recipients in the `credentials` block
    "#]],
    );
}

/// These bytes are frozen: a change here is a new format, not a new expectation.
#[test]
fn version_1_is_written_as_ever() {
    let sealed = |role: &str| {
        let role = RoleName::new(role).unwrap();
        Sealed { role, recipients: vec!["age1abc".to_owned()], ciphertext: b"age".to_vec() }
    };
    let whole = credential(role("r"), -1, sealed("r"));
    let bare = Credential { plan: None, verifier: None, ..credential(admin("p"), -1, sealed("p")) };
    let renamed = credential(role("s"), -1, sealed("r"));
    let lines = [
        hex(&key(&whole, Slot::Current)),
        hex(&key(&whole, Slot::Pending)),
        hex(&encode(&whole)),
        hex(&key(&bare, Slot::Current)),
        hex(&encode(&bare)),
        hex(&encode(&renamed)),
    ];
    expect![[r#"
        016d61696e00720000
        016d61696e00720001ffffffffffffffff
        010831302e302e332e34b82a036170700400010103030303030303030303030303030303030303030303030303030303030303030104040404040404040404040404040404040404040404040404040404040404040001076167653161626303616765
        026d61696e00700000
        010831302e302e332e34b82a0361707004000100000001076167653161626303616765
        010831302e302e332e34b82a0361707004000101030303030303030303030303030303030303030303030303030303030303030301040404040404040404040404040404040404040404040404040404040404040401017201076167653161626303616765"#]].assert_eq(&lines.join("\n"));
    for (slot, credential) in
        [(Slot::Current, &whole), (Slot::Pending, &whole), (Slot::Current, &bare), (Slot::Current, &renamed)]
    {
        let (key, value) = (key(credential, slot), encode(credential));
        assert_eq!(decode(&key, &value), Ok((slot, credential.clone())));
        assert_eq!(decode(&key, &[&value[..], b"x"].concat()), Err(NotACredential::Malformed));
        assert_eq!(decode(&[&key[..], b"x"].concat(), &value), Err(NotACredential::Malformed));
        assert_eq!(decode(&key, &[b"\x02", &value[1..]].concat()), Err(NotACredential::Malformed));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(key in prop::collection::vec(0..4_u8, 0..12), value in prop::collection::vec(any::<u8>(), 0..99)) {
        prop_assert_eq!(decode(&key, &value), Err(NotACredential::Malformed));
        let genuine = b"\x01main\0r\0\0";
        if let Ok((slot, credential)) = decode(genuine, &[&[1], &value[..]].concat()) {
            prop_assert_eq!(self::key(&credential, slot), genuine.to_vec());
        }
    }
}
