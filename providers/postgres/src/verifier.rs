//! Password verifiers: what the server stores instead of a password.
//!
//! Not here: making passwords, keeping them (the engine). Invariant: the password itself
//! never goes to a server, so that it is in no server's log.

use engine::secret::Secret;
use postgres_protocol::password::scram_sha_256;
use sha2::{Digest, Sha256};

/// A SCRAM-SHA-256 verifier with a random salt and 4096 iterations, of the password as
/// SASLprep has it (PostgreSQL, "SCRAM-SHA-256 Authentication"; RFC 5802, RFC 4013).
pub fn verifier(password: &Secret) -> Secret {
    // Revealed to the function that computes the verifier, and to nobody else.
    Secret::new(scram_sha_256(password.reveal().as_bytes()))
}

/// SHA-256 of a verifier: for telling whether a server still holds the same one.
pub fn digest(verifier: &Secret) -> [u8; 32] {
    // Revealed to the hash; the digest of 256 random bits gives nothing away.
    Sha256::digest(verifier.reveal().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifiers_are_salted_and_well_formed() {
        let password = Secret::new("correct horse battery staple".to_owned());
        let (one, two) = (verifier(&password), verifier(&password));
        assert!(one.reveal().starts_with("SCRAM-SHA-256$4096:"), "{}", one.reveal());
        assert_ne!(one.reveal(), two.reveal());
        assert_ne!(digest(&one), digest(&two));
        assert_eq!(digest(&one), digest(&one));
    }
}
