//! How a plan reaches a server, as bytes, format version 1.
//!
//! Not here: what it means (`plan::target`). Invariant: there is no place for a password.

use serde::{Deserialize, Serialize};

use crate::catalog::format_v1::Malformed;
use crate::declared::{DeclaredResource, SecretSource, SslMode};
use crate::name::{DatabaseName, ResourceName};

/// Twin of a resource in a plan; its label stands beside it.
#[derive(Serialize, Deserialize)]
pub(super) struct WireTarget {
    host: String,
    port: u16,
    database: String,
    sslmode: u8,
    sslrootcert: Option<String>,
    username: Option<String>,
    password: WireSource,
    connect_timeout: u32,
}

#[derive(Serialize, Deserialize)]
enum WireSource {
    Unset,
    Environment(String),
    File(String),
    Command(Vec<String>),
    InConfiguration,
}

/// Writes a target.
pub(super) fn write(target: &DeclaredResource) -> WireTarget {
    WireTarget {
        host: target.host.clone(),
        port: target.port,
        database: target.database.to_string(),
        sslmode: target.sslmode.number(),
        sslrootcert: target.sslrootcert.clone(),
        username: target.admin_username.clone(),
        password: match &target.admin_password {
            SecretSource::Unset => WireSource::Unset,
            SecretSource::Environment(name) => WireSource::Environment(name.clone()),
            SecretSource::File(path) => WireSource::File(path.clone()),
            SecretSource::Command(words) => WireSource::Command(words.clone()),
            SecretSource::Literal(_) | SecretSource::InConfiguration => WireSource::InConfiguration,
        },
        connect_timeout: target.connect_timeout_seconds,
    }
}

/// Reads a target.
pub(super) fn read(name: &ResourceName, wire: WireTarget) -> Result<DeclaredResource, Malformed> {
    Ok(DeclaredResource {
        name: name.clone(),
        host: wire.host,
        port: wire.port,
        database: DatabaseName::new(&wire.database)?,
        sslmode: SslMode::numbered(wire.sslmode).ok_or(Malformed::Code)?,
        sslrootcert: wire.sslrootcert,
        admin_username: wire.username,
        admin_password: match wire.password {
            WireSource::Unset => SecretSource::Unset,
            WireSource::Environment(name) => SecretSource::Environment(name),
            WireSource::File(path) => SecretSource::File(path),
            WireSource::Command(words) => SecretSource::Command(words),
            WireSource::InConfiguration => SecretSource::InConfiguration,
        },
        connect_timeout_seconds: wire.connect_timeout,
        span: None,
        admin_span: None,
    })
}
