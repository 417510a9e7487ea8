//! Encrypts and decrypts passwords.
//!
//! Not here: keys (`recipient`, `identity`), the bytes around it (`format_v1`).
//! Invariant: what is encrypted names its account, so that a ciphertext put into another
//! record is refused, and what it was encrypted to can be told without decrypting it. A record
//! of a role that was renamed remembers the name that its ciphertext has.

use std::io::{Read as _, Write as _};

use zeroize::Zeroizing;

use crate::credentials::error::CredentialError;
use crate::credentials::format_v1::account_bytes;
use crate::credentials::identity::Identity;
use crate::credentials::recipient::{Recipient, fingerprints};
use crate::credentials::{Account, Credential, Sealed};
use crate::digest::Digest;
use crate::secret::Secret;

/// Longer than any password; a decrypted one is read into a buffer of this size at once.
const LONGEST: usize = 64 * 1024;

/// Encrypts a password of an account, made at that moment, to public keys.
pub fn seal(
    account: &Account,
    created_at: i64,
    password: &Secret,
    recipients: &[Recipient],
) -> Result<Sealed, CredentialError> {
    let failed = |_| CredentialError::NotEncrypted;
    let keys = recipients.iter().map(Recipient::as_age);
    let encryptor = age::Encryptor::with_recipients(keys).map_err(|error| match error {
        age::EncryptError::MissingRecipients => CredentialError::NoRecipients,
        _ => CredentialError::NotEncrypted,
    })?;
    let mut ciphertext = Vec::new();
    let mut writer = encryptor.wrap_output(&mut ciphertext).map_err(failed)?;
    for piece in [password.reveal(), "\n", &binding(account, created_at).to_string()] {
        writer.write_all(piece.as_bytes()).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    Ok(Sealed { role: account.role().clone(), recipients: fingerprints(recipients), ciphertext })
}

/// Decrypts a password. Reading one is to be audited by the caller.
pub fn open(credential: &Credential, identities: &[Identity]) -> Result<Secret, CredentialError> {
    let account = || credential.account.clone();
    let damaged = || CredentialError::Damaged { account: account() };
    let decryptor =
        age::Decryptor::new_buffered(credential.sealed.ciphertext.as_slice()).map_err(|_| damaged())?;
    let keys = identities.iter().map(Identity::as_age);
    let reader = decryptor.decrypt(keys).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => CredentialError::NoIdentity {
            account: account(),
            recipients: credential.sealed.recipients.clone(),
        },
        _ => damaged(),
    })?;
    let mut plain = Zeroizing::new(Vec::with_capacity(LONGEST));
    let read = reader.take(LONGEST as u64).read_to_end(&mut plain).map_err(|_| damaged())?;
    let text = str::from_utf8(&plain[..read]).map_err(|_| damaged())?;
    // The password may have line feeds, the digest has none.
    let (password, bound_to) = text.rsplit_once('\n').ok_or_else(damaged)?;
    let sealed_as = credential.account.called(&credential.sealed.role);
    if bound_to.parse() != Ok(binding(&sealed_as, credential.created_at)) {
        return Err(CredentialError::Misplaced { account: account() });
    }
    Ok(Secret::new(password.to_owned()))
}

/// Whether it is encrypted to exactly these keys.
pub fn is_for(credential: &Credential, recipients: &[Recipient]) -> bool {
    credential.sealed.recipients == fingerprints(recipients)
}

/// The same credential, encrypted to other keys. Nothing else of it changes.
pub fn reseal(
    credential: &Credential,
    identities: &[Identity],
    recipients: &[Recipient],
) -> Result<Credential, CredentialError> {
    let password = open(credential, identities)?;
    let sealed = seal(&credential.account, credential.created_at, &password, recipients)?;
    Ok(Credential { sealed, ..credential.clone() })
}

/// What a ciphertext belongs to.
fn binding(account: &Account, created_at: i64) -> Digest {
    Digest::of(&[b"roleform credential 1\n", &account_bytes(account), &created_at.to_be_bytes()])
}
