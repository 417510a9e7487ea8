//! Private keys that passwords are decrypted with.
//!
//! Reads the text of key files; where those are is the binary's business. Invariant: no
//! error repeats any part of a key file.

use age::secrecy::ExposeSecret as _;

use crate::credentials::error::IdentityError;
use crate::credentials::recipient::Recipient;
use crate::secret::Secret;

/// A private key.
pub struct Identity(pub(super) Key);

pub(super) enum Key {
    Age(age::x25519::Identity),
    Ssh(Box<age::ssh::Identity>),
}

/// A new identity, as the text of a file, and its public key.
pub struct NewIdentity {
    /// What to write into the file: two lines of comment and the key, as `age-keygen` does.
    pub file: Secret,
    /// Its public key.
    pub recipient: Recipient,
}

impl Identity {
    /// Reads a file of age identities, or an SSH private key without passphrase.
    pub fn parse(file: &Secret) -> Result<Vec<Identity>, IdentityError> {
        let text = file.reveal();
        if text.trim_start().starts_with("-----BEGIN ") {
            return parse_ssh(text.trim_start()).map(|key| vec![Identity(Key::Ssh(Box::new(key)))]);
        }
        let lines = (1..).zip(text.lines().map(str::trim));
        let keys = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let identities: Vec<Identity> = keys
            .map(|(number, line)| {
                line.parse().map(|key| Identity(Key::Age(key))).map_err(|_| IdentityError::Line(number))
            })
            .collect::<Result<_, _>>()?;
        if identities.is_empty() { Err(IdentityError::Empty) } else { Ok(identities) }
    }

    /// Makes an age identity.
    pub fn generate() -> NewIdentity {
        let key = age::x25519::Identity::generate();
        let recipient = Recipient::age(key.to_public());
        // The full size at once: a string that grows leaves copies behind.
        let mut file = String::with_capacity(512);
        file.push_str("# roleform identity: reads the passwords that were encrypted to its public key\n");
        file.push_str("# public key: ");
        file.push_str(&recipient.fingerprint);
        file.push('\n');
        file.push_str(key.to_string().expose_secret());
        file.push('\n');
        NewIdentity { file: Secret::new(file), recipient }
    }

    /// Its public key.
    pub fn recipient(&self) -> Option<Recipient> {
        match &self.0 {
            Key::Age(key) => Some(Recipient::age(key.to_public())),
            Key::Ssh(key) => {
                let public = age::ssh::Recipient::try_from(key.as_ref().clone()).ok()?;
                public.to_string().parse().ok()
            }
        }
    }

    pub(super) fn as_age(&self) -> &dyn age::Identity {
        match &self.0 {
            Key::Age(key) => key,
            Key::Ssh(key) => key.as_ref(),
        }
    }
}

fn parse_ssh(text: &str) -> Result<age::ssh::Identity, IdentityError> {
    match age::ssh::Identity::from_buffer(text.as_bytes(), None) {
        Ok(key @ age::ssh::Identity::Unencrypted(_)) => Ok(key),
        Ok(age::ssh::Identity::Encrypted(_)) => Err(IdentityError::Passphrase),
        Ok(age::ssh::Identity::Unsupported(age::ssh::UnsupportedKey::EncryptedPem)) => {
            Err(IdentityError::Passphrase)
        }
        Ok(age::ssh::Identity::Unsupported(_)) => Err(IdentityError::Unsupported),
        Err(_) => Err(IdentityError::Damaged),
    }
}
