//! One signature file: proven to be made over these bytes, for this purpose.
//!
//! Not here: whether its key may sign (`signers`). Invariant: a `Seal` can only come from
//! `open`, which checks the mathematics.

use ssh_key::public::KeyData;
use ssh_key::{HashAlg, PublicKey, SshSig};

use crate::signature::Purpose;

/// Longest file that is read as a signature: an RSA key of 16384 bits makes one of 6 kB.
const LONGEST: usize = 64 * 1024;

/// A good signature by some key.
#[derive(Clone, Debug)]
pub struct Seal {
    key: KeyData,
}

/// Why a file is not a signature of these bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not an armored SSH signature, or one of a kind that is not known here.
    #[error("it is not an SSH signature as `ssh-keygen -Y sign` makes one")]
    Malformed,
    /// Made for something else.
    #[error("it was made for the namespace \"{0}\"")]
    Namespace(String),
    /// The key did not sign these bytes.
    #[error("it was made for another file, or the file was changed since")]
    OtherBytes,
}

impl Seal {
    /// Checks the text of a signature file.
    pub fn open(text: &[u8], purpose: Purpose, bytes: &[u8]) -> Result<Seal, SealError> {
        if text.len() > LONGEST {
            return Err(SealError::Malformed);
        }
        let signature = SshSig::from_pem(text.trim_ascii()).map_err(|_| SealError::Malformed)?;
        if signature.namespace() != purpose.namespace() {
            return Err(SealError::Namespace(signature.namespace().to_owned()));
        }
        let key = signature.public_key().clone();
        PublicKey::from(key.clone())
            .verify(purpose.namespace(), bytes, &signature)
            .map_err(|_| SealError::OtherBytes)?;
        Ok(Seal { key })
    }

    /// The key.
    pub(super) fn key(&self) -> &KeyData {
        &self.key
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.key)
    }
}

/// `SHA256:…` of a key.
pub(super) fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
