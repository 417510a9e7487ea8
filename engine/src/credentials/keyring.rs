//! Makes passwords for an apply, and reads what a server shows of them.
//!
//! Not here: when (`ops::apply::intent`, `ops::recover`). Invariant: a password leaves this
//! file only encrypted, or as the text from which the provider makes a verifier.

use crate::catalog::Password;
use crate::credentials::error::CredentialError;
use crate::credentials::ledger::ServerSays;
use crate::credentials::recipient::Recipient;
use crate::credentials::{Account, Credential, password, seal};
use crate::declared::DeclaredResource;
use crate::digest::Digest;
use crate::name::RoleName;
use crate::plan::saved::PlanId;
use crate::secret::Secret;

/// What making passwords needs of the world.
#[derive(Clone, Copy)]
pub struct Keyring<'a> {
    /// The public keys that passwords are encrypted to.
    pub recipients: &'a [Recipient],
    /// Fills bytes with randomness of the operating system.
    pub random: &'a dyn Fn(&mut [u8]),
    /// Now, in microseconds since 1970-01-01 UTC.
    pub now: i64,
}

impl Keyring<'_> {
    /// A new password.
    pub fn generate(&self) -> Secret {
        password::generate(&mut |bytes| (self.random)(bytes))
    }

    /// A role's credential: the password encrypted, with what is needed to use it.
    pub fn credential(
        &self,
        (resource, role): (&DeclaredResource, &RoleName),
        (password, verifier): (&Secret, Digest),
        plan: PlanId,
    ) -> Result<Credential, CredentialError> {
        let account = Account::Role { resource: resource.name.clone(), role: role.clone() };
        Ok(Credential {
            sealed: seal::seal(&account, self.now, password, self.recipients)?,
            account,
            host: resource.host.clone(),
            port: resource.port,
            database: resource.database.clone(),
            sslmode: resource.sslmode,
            sslrootcert: resource.sslrootcert.clone(),
            created_at: self.now,
            plan: Some(plan),
            verifier: Some(verifier),
        })
    }
}

/// What an observation says about a role's password.
pub fn server_says(role: Option<&crate::catalog::Role>) -> ServerSays {
    match role.map(|role| role.password) {
        None => ServerSays::NoRole,
        Some(Password::Absent) => ServerSays::NoPassword,
        Some(Password::Verifier(digest)) => ServerSays::Verifier(Digest(digest)),
        Some(Password::Unknown | Password::Fresh) => ServerSays::Unknown,
    }
}
