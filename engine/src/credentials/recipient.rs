//! Public keys that passwords are encrypted to.
//!
//! Not here: private keys (`identity`), encryption (`seal`). Invariant: two recipients
//! are the same key exactly when their fingerprints are equal.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::credentials::error::RecipientError;
use crate::digest::Digest;

/// A public key: `age1…`, `ssh-ed25519 … comment` or `ssh-rsa … comment`.
#[derive(Clone)]
pub struct Recipient {
    /// What identifies the key: an age key itself, or `SHA256:…` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// The comment behind an SSH key; possibly empty.
    pub comment: String,
    pub(super) key: Key,
}

#[derive(Clone)]
pub(super) enum Key {
    Age(age::x25519::Recipient),
    Ssh(age::ssh::Recipient),
}

impl Recipient {
    pub(super) fn age(key: age::x25519::Recipient) -> Recipient {
        Recipient { fingerprint: key.to_string(), comment: String::new(), key: Key::Age(key) }
    }

    pub(super) fn as_age(&self) -> &dyn age::Recipient {
        match &self.key {
            Key::Age(key) => key,
            Key::Ssh(key) => key,
        }
    }
}

impl FromStr for Recipient {
    type Err = RecipientError;

    /// Reads one public key. What cannot be read is not repeated in the error: people
    /// paste private keys.
    fn from_str(text: &str) -> Result<Recipient, RecipientError> {
        let text = text.trim();
        if text.contains("PRIVATE KEY-----") || text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            return Err(RecipientError::PrivateKey);
        }
        if text.starts_with("age1") {
            return text.parse().map(Recipient::age).map_err(|_| RecipientError::Invalid);
        }
        let key = age::ssh::Recipient::from_str(text).map_err(RecipientError::from_ssh)?;
        let mut words = text.split_whitespace().skip(1);
        let blob = words.next().and_then(|blob| STANDARD.decode(blob).ok()).ok_or(RecipientError::Invalid)?;
        let fingerprint = format!("SHA256:{}", STANDARD_NO_PAD.encode(Digest::of(&[&blob]).0));
        let comment = words.collect::<Vec<_>>().join(" ");
        Ok(Recipient { fingerprint, comment, key: Key::Ssh(key) })
    }
}

/// The fingerprints of some keys, sorted, each once: what is stored with a credential.
pub fn fingerprints(recipients: &[Recipient]) -> Vec<String> {
    let mut fingerprints: Vec<String> =
        recipients.iter().map(|recipient| recipient.fingerprint.clone()).collect();
    fingerprints.sort();
    fingerprints.dedup();
    fingerprints
}
