//! What can go wrong with keys and credentials, and how each is told.
//!
//! Invariant: no text here contains a password, a private key, or what was given in the
//! place of a key.

use age::ssh::ParseRecipientKeyError;

use crate::code::Code;
use crate::credentials::Account;
use crate::credentials::format_v1::NotACredential;
use crate::diagnostic::Diagnostic;
use crate::name::printable;

/// Why a text is not a public key to encrypt to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// It is a private key.
    #[error("it is a private key; what is wanted is the public one")]
    PrivateKey,
    /// It is no key, or a damaged one.
    #[error("it is not a public key that begins with age1, ssh-ed25519 or ssh-rsa")]
    Invalid,
    /// An SSH key of a type that age cannot encrypt to.
    #[error("age cannot encrypt to SSH keys of type {0}")]
    Unsupported(String),
    /// An RSA key that is too short to be safe.
    #[error("it is an RSA key of less than 2048 bits")]
    TooShort,
    /// An RSA key that is longer than age takes.
    #[error("it is an RSA key of more than 4096 bits")]
    TooLong,
}

impl RecipientError {
    pub(super) fn from_ssh(error: ParseRecipientKeyError) -> RecipientError {
        match error {
            ParseRecipientKeyError::RsaModulusTooSmall => RecipientError::TooShort,
            ParseRecipientKeyError::RsaModulusTooLarge => RecipientError::TooLong,
            ParseRecipientKeyError::Unsupported(kind) => RecipientError::Unsupported(printable(&kind)),
            // `Invalid`, `Ignore`, and what a later version of age may add.
            _ => RecipientError::Invalid,
        }
    }

    /// The message for people. `number` counts the recipients of the configuration from 1.
    pub fn diagnostic(&self, number: usize) -> Diagnostic {
        Diagnostic::error(
            Code::CRD002,
            "Recipient is not a public key",
            format!("Recipient {number} cannot be used: {self}."),
        )
        .hint("recipients look like `age1…`, `ssh-ed25519 AAAA… ana@laptop` or `ssh-rsa AAAA…`")
    }
}

/// Why a file has no private key to decrypt with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Nothing but comments.
    #[error("it holds no key")]
    Empty,
    /// A line that is no age identity.
    #[error("line {0} is not a key that begins with AGE-SECRET-KEY-1")]
    Line(u32),
    /// An SSH key with a passphrase.
    #[error("it is protected with a passphrase, which roleform does not ask for")]
    Passphrase,
    /// An SSH key of a type that age does not decrypt with.
    #[error("age can decrypt with SSH keys of type ed25519 and rsa only")]
    Unsupported,
    /// It begins like an SSH key and does not go on like one.
    #[error("it begins like an SSH private key, but cannot be read as one")]
    Damaged,
}

impl IdentityError {
    /// The message for people; `path` is the file's.
    pub fn diagnostic(&self, path: &str) -> Diagnostic {
        Diagnostic::error(
            Code::CRD003,
            "Identity file cannot be used",
            format!("The identity file {} cannot be used: {self}.", printable(path)),
        )
    }
}

/// Why a credential cannot be stored or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Nobody to encrypt to.
    #[error("there is no public key to encrypt to")]
    NoRecipients,
    /// The encryption itself failed.
    #[error("the password could not be encrypted")]
    NotEncrypted,
    /// None of the identities at hand is one of the recipients.
    #[error("no identity at hand can read the password of {account}")]
    NoIdentity {
        /// Whose password.
        account: Account,
        /// Fingerprints of the keys that it is encrypted to.
        recipients: Vec<String>,
    },
    /// The ciphertext was changed.
    #[error("the stored password of {account} is damaged")]
    Damaged {
        /// Whose password.
        account: Account,
    },
    /// The ciphertext is genuine, but another account's or an earlier one.
    #[error("what is stored as the password of {account} was encrypted for another record")]
    Misplaced {
        /// Whose password it should be.
        account: Account,
    },
    /// A stored record is not one.
    #[error("a stored credential cannot be read: {0}")]
    Unreadable(#[from] NotACredential),
}

impl CredentialError {
    /// The message for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let rotate = |account: &Account| {
            format!(
                "`roleform plan -rotate-password` makes a new password for {}",
                printable(account.role().as_str())
            )
        };
        match self {
            CredentialError::NoRecipients => Diagnostic::error(
                Code::CRD005,
                "Nobody could read the password",
                "There is no public key to encrypt generated passwords to.",
            )
            .hint("run `roleform init`, or name recipients in the `credentials` block"),
            CredentialError::NotEncrypted => {
                Diagnostic::error(Code::CRD005, "Password could not be encrypted", sentence(self))
            }
            CredentialError::NoIdentity { recipients, .. } => Diagnostic::error(
                Code::CRD001,
                "No identity can read this credential",
                format!("{} It is encrypted to {}.", sentence(self), listed(recipients)),
            )
            .hint("read it where one of these keys is, or give its file with `-identity`"),
            CredentialError::Damaged { account } => {
                Diagnostic::error(Code::CRD004, "Credential is damaged", sentence(self)).hint(rotate(account))
            }
            CredentialError::Misplaced { account } => {
                Diagnostic::error(Code::CRD004, "Credential is in the wrong place", sentence(self))
                    .hint(rotate(account))
            }
            CredentialError::Unreadable(_) => {
                Diagnostic::error(Code::CRD006, "Credential has another format", sentence(self))
                    .hint("use the version of roleform that wrote it")
            }
        }
    }
}

fn listed(recipients: &[String]) -> String {
    let printable: Vec<String> = recipients.iter().map(|recipient| printable(recipient)).collect();
    printable.join(", ")
}

/// The error as a sentence; names in it come from the state and are made printable.
fn sentence(error: &CredentialError) -> String {
    let text = printable(&error.to_string());
    let mut characters = text.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
