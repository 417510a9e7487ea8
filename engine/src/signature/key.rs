//! The key that someone signs with: a private key file, or a public one whose private half an
//! ssh-agent has.
//!
//! Not here: reading the file, the agent's socket (the binary). Invariant: what comes out has
//! been verified with the key that it names.

use rsa::signature::{SignatureEncoding as _, Signer as _};
use ssh_key::private::{KeypairData, RsaKeypair};
use ssh_key::{Algorithm, HashAlg, LineEnding, Mpint, PrivateKey, PublicKey, Signature, SshSig};

use crate::secret::Secret;
use crate::signature::seal::{Seal, fingerprint};
use crate::signature::signers::{AllowedSigners, NotAllowed, Signer};
use crate::signature::{Moment, Purpose, agent};

/// A key to sign with.
pub struct SigningKey {
    public: PublicKey,
    private: Option<PrivateKey>,
}

/// Why a key cannot sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key of OpenSSH.
    #[error("it is not a key as `ssh-keygen` makes one")]
    Malformed,
    /// PEM or PKCS#8.
    #[error("it is a private key in an older format; `ssh-keygen -p -f FILE` rewrites it")]
    OldFormat,
    /// The agent could not be asked.
    #[error("the private key is needed, or an ssh-agent that has it: {0}")]
    Agent(String),
    /// The agent does not have the key, or would not use it.
    #[error("the ssh-agent does not sign with it; `ssh-add FILE` gives it the key")]
    Refused,
    /// The mathematics failed, or the agent signed with another key.
    #[error("what it signed cannot be verified with its public half")]
    Unverified,
}

/// Asks an agent: the request with its length in, the answer without it out.
pub type Ask<'a> = &'a dyn Fn(&[u8]) -> Result<Vec<u8>, String>;

impl SigningKey {
    /// Reads a key file: an OpenSSH private key or a `.pub` file. An encrypted private key, or
    /// one that lives in hardware, is left to the agent.
    pub fn read(text: &Secret) -> Result<SigningKey, KeyError> {
        let text = text.reveal().trim();
        if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
            let key = PrivateKey::from_openssh(text).map_err(|_| KeyError::Malformed)?;
            let public = key.public_key().clone();
            let outside = key.is_encrypted() || public.algorithm().as_str().starts_with("sk-");
            return Ok(SigningKey { public, private: (!outside).then_some(key) });
        }
        if text.contains("PRIVATE KEY-----") {
            return Err(KeyError::OldFormat);
        }
        let public = PublicKey::from_openssh(text).map_err(|_| KeyError::Malformed)?;
        Ok(SigningKey { public, private: None })
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.public.key_data())
    }

    /// Who it is in a list of allowed signers.
    pub fn who(
        &self,
        signers: &AllowedSigners,
        purpose: Purpose,
        moment: &Moment,
    ) -> Result<Signer, NotAllowed> {
        signers.find(self.public.key_data(), purpose, moment)
    }

    /// Signs bytes: the text of the signature file, as `ssh-keygen -Y sign` writes it.
    pub fn sign(&self, purpose: Purpose, bytes: &[u8], ask: Ask<'_>) -> Result<String, KeyError> {
        let namespace = purpose.namespace();
        let signature = match &self.private {
            Some(key) => own(key, namespace, bytes).ok_or(KeyError::Unverified)?,
            None => self.ask(namespace, bytes, ask)?,
        };
        let text = signature.to_pem(LineEnding::LF).map_err(|_| KeyError::Unverified)?;
        let seal = Seal::open(text.as_bytes(), purpose, bytes).map_err(|_| KeyError::Unverified)?;
        if seal.key() == self.public.key_data() { Ok(text) } else { Err(KeyError::Unverified) }
    }

    fn ask(&self, namespace: &str, bytes: &[u8], ask: Ask<'_>) -> Result<SshSig, KeyError> {
        let data =
            SshSig::signed_data(namespace, HashAlg::Sha512, bytes).map_err(|_| KeyError::Unverified)?;
        let blob = self.public.to_bytes().map_err(|_| KeyError::Malformed)?;
        let answer = ask(&agent::request(&blob, &data)).map_err(KeyError::Agent)?;
        let signature = agent::signature(&answer).ok_or(KeyError::Refused)?;
        SshSig::new(self.public.key_data().clone(), namespace, HashAlg::Sha512, signature)
            .map_err(|_| KeyError::Unverified)
    }
}

/// Signs with a private key that is here.
fn own(key: &PrivateKey, namespace: &str, bytes: &[u8]) -> Option<SshSig> {
    let KeypairData::Rsa(pair) = key.key_data() else {
        return key.sign(namespace, HashAlg::Sha512, bytes).ok();
    };
    let data = SshSig::signed_data(namespace, HashAlg::Sha512, bytes).ok()?;
    SshSig::new(key.public_key().key_data().clone(), namespace, HashAlg::Sha512, with_rsa(pair, &data)?).ok()
}

/// ssh-key 0.6.7 takes the first prime of an RSA key for both, and so cannot sign with one.
fn with_rsa(pair: &RsaKeypair, data: &[u8]) -> Option<Signature> {
    let number = |part: &Mpint| Some(rsa::BigUint::from_bytes_be(part.as_positive_bytes()?));
    let primes = vec![number(&pair.private.p)?, number(&pair.private.q)?];
    let (n, e, d) = (number(&pair.public.n)?, number(&pair.public.e)?, number(&pair.private.d)?);
    let key = rsa::RsaPrivateKey::from_components(n, e, d, primes).ok()?;
    let signed = rsa::pkcs1v15::SigningKey::<sha2::Sha512>::new(key).try_sign(data).ok()?;
    Signature::new(Algorithm::Rsa { hash: Some(HashAlg::Sha512) }, signed.to_vec()).ok()
}
