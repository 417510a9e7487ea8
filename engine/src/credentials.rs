//! Credentials: passwords that roleform makes or keeps, encrypted to public keys.
//!
//! Not here: verifiers (the provider's), files and environment (the binary's), where the
//! bytes are kept (`state::store`). The age crate draws its own randomness from the
//! operating system; all other chance comes in as an argument. Invariant: a password is
//! stored before any server knows it, and the one before is kept until the server has
//! shown that it knows the new one.

pub mod error;
pub mod format_v1;
pub mod identity;
pub mod keyring;
pub mod ledger;
pub mod password;
pub mod recipient;
pub mod seal;

#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::declared::SslMode;
use crate::digest::Digest;
use crate::name::{DatabaseName, ResourceName, RoleName};
use crate::plan::saved::PlanId;

/// Whose password it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// A role that roleform manages.
    Role {
        /// The server.
        resource: ResourceName,
        /// The role.
        role: RoleName,
    },
    /// The administrator that roleform connects as (`roleform admin set`).
    Admin {
        /// The server.
        resource: ResourceName,
        /// The role.
        role: RoleName,
    },
}

impl Account {
    /// The server.
    pub fn resource(&self) -> &ResourceName {
        match self {
            Account::Role { resource, .. } | Account::Admin { resource, .. } => resource,
        }
    }

    /// The same account under another name of its role.
    #[must_use]
    pub fn called(&self, role: &RoleName) -> Account {
        let (resource, role) = (self.resource().clone(), role.clone());
        match self {
            Account::Role { .. } => Account::Role { resource, role },
            Account::Admin { .. } => Account::Admin { resource, role },
        }
    }

    /// The role that logs in with it.
    pub fn role(&self) -> &RoleName {
        match self {
            Account::Role { role, .. } | Account::Admin { role, .. } => role,
        }
    }
}

impl fmt::Display for Account {
    /// `analytics/billing_rw`; an administrator's as `analytics/postgres (admin)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource(), self.role())?;
        match self {
            Account::Role { .. } => Ok(()),
            Account::Admin { .. } => f.write_str(" (admin)"),
        }
    }
}

/// A password as it is kept, with what is needed to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose.
    pub account: Account,
    /// Host name, address, or directory of the unix socket, as declared.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The database to log in to.
    pub database: DatabaseName,
    /// Whether and how TLS is used.
    pub sslmode: SslMode,
    /// File with the root certificates to trust, as declared.
    pub sslrootcert: Option<String>,
    /// When it was made, in microseconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// The plan whose apply made it; `None` for what was stored by hand.
    pub plan: Option<PlanId>,
    /// SHA-256 of the verifier that the server was given, so that a password which was
    /// changed outside is seen; `None` for administrators.
    pub verifier: Option<Digest>,
    /// The encrypted password.
    pub sealed: Sealed,
}

/// An encrypted password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What the role was called when it was encrypted. That name is encrypted with it, and who
    /// keeps a password need not be able to decrypt it, so a role that is renamed leaves it behind.
    pub role: RoleName,
    /// Fingerprints of the public keys that it is encrypted to, sorted.
    pub recipients: Vec<String>,
    /// An age file.
    pub ciphertext: Vec<u8>,
}
