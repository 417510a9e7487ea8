//! The bytes of a credential, version 1. Frozen: read for ever, never changed.
//!
//! Not here: what the fields mean (`credentials`). Invariant: the key tells account and
//! slot, the value (a version byte, then postcard over the twin below) tells the rest, and
//! there is one encoding for each credential.

use serde::{Deserialize, Serialize};

use crate::credentials::{Account, Credential, Sealed};
use crate::declared::SslMode;
use crate::digest::Digest;
use crate::format::OtherVersion;
use crate::name::{DatabaseName, ResourceName, RoleName};
use crate::plan::saved::PlanId;

const VERSION: u8 = 1;
const ROLE: u8 = 1;
const ADMIN: u8 = 2;
const CURRENT: u8 = 0;
const PENDING: u8 = 1;

/// Whether a server is known to have a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The one that the server has, as far as is known.
    Current,
    /// One that a transaction is about to give it, or was when roleform was stopped.
    Pending,
}

/// Why bytes are no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACredential {
    /// Of a version that is not read here.
    #[error(transparent)]
    Version(#[from] OtherVersion),
    /// Changed, or never one.
    #[error("its bytes make no sense")]
    Malformed,
}

/// The bytes of an account: its kind (1 role, 2 administrator), the resource, a zero
/// byte, the role. Names have no zero bytes.
pub fn account_bytes(account: &Account) -> Vec<u8> {
    let kind = match account {
        Account::Role { .. } => ROLE,
        Account::Admin { .. } => ADMIN,
    };
    let (resource, role) = (account.resource().as_str(), account.role().as_str());
    [&[kind], resource.as_bytes(), &[0], role.as_bytes()].concat()
}

/// The key: the account, a zero byte, the slot (0 current, 1 pending), and for a pending
/// one when it was made (8 bytes, big endian), since there can be several.
pub fn key(credential: &Credential, slot: Slot) -> Vec<u8> {
    let account = account_bytes(&credential.account);
    match slot {
        Slot::Current => [account.as_slice(), &[0, CURRENT]].concat(),
        Slot::Pending => [account.as_slice(), &[0, PENDING], &credential.created_at.to_be_bytes()].concat(),
    }
}

/// The value.
pub fn encode(credential: &Credential) -> Vec<u8> {
    // Writing plain data into a growing buffer has nothing that could fail.
    postcard::to_extend(&CredentialV1::from(credential), vec![VERSION]).expect("plain data always encodes")
}

/// Reads a key and its value.
pub fn decode(key: &[u8], value: &[u8]) -> Result<(Slot, Credential), NotACredential> {
    let (account, slot) = decode_key(key).ok_or(NotACredential::Malformed)?;
    let twin = match value.split_first() {
        Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|_| NotACredential::Malformed)?,
        _ => return Err(NotACredential::Malformed),
    };
    let credential = restore(account, twin).ok_or(NotACredential::Malformed)?;
    if self::key(&credential, slot) != key || encode(&credential) != value {
        return Err(NotACredential::Malformed);
    }
    Ok((slot, credential))
}

fn decode_key(key: &[u8]) -> Option<(Account, Slot)> {
    let (kind, rest) = key.split_first()?;
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let mut text = || parts.next().and_then(|part| str::from_utf8(part).ok());
    let resource = ResourceName::new(text()?).ok()?;
    let role = RoleName::new(text()?).ok()?;
    let account = match *kind {
        ROLE => Account::Role { resource, role },
        ADMIN => Account::Admin { resource, role },
        _ => return None,
    };
    match *parts.next()?.first()? {
        CURRENT => Some((account, Slot::Current)),
        PENDING => Some((account, Slot::Pending)),
        _ => None,
    }
}

#[derive(Serialize, Deserialize)]
struct CredentialV1 {
    host: String,
    port: u16,
    database: String,
    sslmode: u8,
    sslrootcert: Option<String>,
    created_at: i64,
    plan: Option<[u8; 32]>,
    verifier: Option<[u8; 32]>,
    sealed_as: Option<String>,
    recipients: Vec<String>,
    ciphertext: Vec<u8>,
}

impl From<&Credential> for CredentialV1 {
    fn from(credential: &Credential) -> CredentialV1 {
        let Credential { account, host, port, database, sslmode, sslrootcert, .. } = credential;
        let Credential { created_at, plan, verifier, sealed, .. } = credential;
        let renamed = sealed.role != *account.role();
        CredentialV1 {
            host: host.clone(),
            port: *port,
            database: database.as_str().to_owned(),
            sslmode: sslmode.number(),
            sslrootcert: sslrootcert.clone(),
            created_at: *created_at,
            plan: plan.map(|plan| plan.0),
            verifier: verifier.map(|verifier| verifier.0),
            sealed_as: renamed.then(|| sealed.role.as_str().to_owned()),
            recipients: sealed.recipients.clone(),
            ciphertext: sealed.ciphertext.clone(),
        }
    }
}

fn restore(account: Account, twin: CredentialV1) -> Option<Credential> {
    let role = match twin.sealed_as {
        Some(name) => RoleName::new(&name).ok()?,
        None => account.role().clone(),
    };
    Some(Credential {
        account,
        host: twin.host,
        port: twin.port,
        database: DatabaseName::new(&twin.database).ok()?,
        sslmode: SslMode::numbered(twin.sslmode)?,
        sslrootcert: twin.sslrootcert,
        created_at: twin.created_at,
        plan: twin.plan.map(PlanId),
        verifier: twin.verifier.map(Digest),
        sealed: Sealed { role, recipients: twin.recipients, ciphertext: twin.ciphertext },
    })
}
