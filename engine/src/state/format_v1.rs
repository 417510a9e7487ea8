//! The recorded state of one server as bytes, format version 1.
//!
//! Not here: where the bytes are kept (`state::store`), catalogs (`catalog::format_v1`).
//! Invariant: what is here never changes; a new format is a new file, and this one reads
//! forever. `state-format.md` is normative.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog::format_v1::{Malformed, Pool, Reader, WireCatalog, Writer};
use crate::code::Code;
use crate::declared::{OnDestroy, OpenSessions, RoleKind};
use crate::diagnostic::Diagnostic;
use crate::format::OtherVersion;
use crate::name::{BlockAddress, InstanceKey, RoleName, SchemaPath};
use crate::observed::Identity;
use crate::state::{RecordedResource, RecordedRole};

/// The first byte of every value.
pub const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct WireRecorded {
    pool: Pool,
    identity: WireIdentity,
    roles: Vec<(u32, WireRecordedRole)>,
    schemas: Vec<WireSchema>,
    catalog: WireCatalog,
}

/// The block of a schema whose owner is managed: database, schema, block.
pub type WireSchema = ((u32, u32), WireBlock);

/// Twin of `Identity`.
#[derive(Serialize, Deserialize)]
pub struct WireIdentity {
    system_identifier: Option<u64>,
    address: String,
    version: u32,
}

/// Twin of `RecordedRole`.
#[derive(Serialize, Deserialize)]
pub struct WireRecordedRole {
    address: WireBlock,
    external: bool,
    prevent_destroy: bool,
    on_destroy: WireOnDestroy,
    terminate_sessions: bool,
    depends_on: Vec<u32>,
    password_set_at: Option<i64>,
}

/// Twin of `BlockAddress`.
#[derive(Serialize, Deserialize)]
pub struct WireBlock {
    modules: Vec<u32>,
    label: u32,
    key: Option<WireKey>,
}

#[derive(Serialize, Deserialize)]
enum WireKey {
    Index(u32),
    Key(u32),
}

#[derive(Serialize, Deserialize)]
enum WireOnDestroy {
    Refuse,
    Reassign(u32),
    Drop,
}

/// Why bytes are not a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Of a version that is not read here.
    #[error(transparent)]
    Version(#[from] OtherVersion),
    /// Not the encoding.
    #[error("the bytes are damaged")]
    Damaged,
    /// The encoding of something impossible.
    #[error("the bytes say something impossible: {0}")]
    Malformed(#[from] Malformed),
}

impl StateError {
    /// The message for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let hint = match self {
            StateError::Version(_) => "use the version of roleform that wrote it",
            StateError::Damaged | StateError::Malformed(_) => {
                "move .roleform aside and run `roleform plan`: it observes the servers and adopts again; nothing in PostgreSQL is lost"
            }
        };
        let detail = format!("An entry of the state cannot be decoded: {self}.");
        Diagnostic::error(Code::STA090, "Recorded state cannot be read", detail).hint(hint)
    }
}

/// Encodes what is recorded about one server.
pub fn encode(recorded: &RecordedResource) -> Vec<u8> {
    let mut writer = Writer::default();
    let identity = write_identity(&recorded.identity);
    let roles = recorded.roles.iter();
    let roles =
        roles.map(|(name, role)| (writer.name(name.as_str()), write_role(&mut writer, role))).collect();
    let schemas = write_schemas(&mut writer, &recorded.schemas);
    let catalog = writer.catalog(&recorded.catalog);
    let wire = WireRecorded { identity, roles, schemas, catalog, pool: writer.finish() };
    let mut bytes = vec![VERSION];
    // Encoding into memory has no way to fail.
    bytes.extend(postcard::to_allocvec(&wire).unwrap_or_default());
    bytes
}

/// Decodes what `encode` made.
pub fn decode(bytes: &[u8]) -> Result<RecordedResource, StateError> {
    let body = bytes.strip_prefix(&[VERSION]).ok_or(StateError::Damaged)?;
    let wire: WireRecorded = postcard::from_bytes(body).map_err(|_| StateError::Damaged)?;
    let reader = Reader::new(wire.pool, bytes.len())?;
    let mut roles = BTreeMap::new();
    for (name, role) in wire.roles {
        roles.insert(reader.role_name(name)?, read_role(&reader, role)?);
    }
    let schemas = read_schemas(&reader, wire.schemas)?;
    let catalog = reader.catalog(wire.catalog)?;
    Ok(RecordedResource { identity: read_identity(wire.identity), roles, schemas, catalog })
}

/// Writes an identity.
pub fn write_identity(identity: &Identity) -> WireIdentity {
    WireIdentity {
        system_identifier: identity.system_identifier,
        address: identity.address.clone(),
        version: identity.version,
    }
}

/// Reads an identity.
pub fn read_identity(wire: WireIdentity) -> Identity {
    Identity { system_identifier: wire.system_identifier, address: wire.address, version: wire.version }
}

/// Writes the address of a block.
pub fn write_block(writer: &mut Writer, address: &BlockAddress) -> WireBlock {
    WireBlock {
        modules: address.modules.iter().map(|module| writer.name(module)).collect(),
        label: writer.name(&address.label),
        key: address.key.as_ref().map(|key| match key {
            InstanceKey::Index(index) => WireKey::Index(*index),
            InstanceKey::Key(key) => WireKey::Key(writer.name(key)),
        }),
    }
}

/// Reads the address of a block.
pub fn read_block(reader: &Reader, wire: WireBlock) -> Result<BlockAddress, Malformed> {
    let modules = wire.modules.into_iter().map(|module| Ok(reader.text(module)?.into()));
    Ok(BlockAddress {
        modules: modules.collect::<Result<_, Malformed>>()?,
        label: reader.text(wire.label)?.into(),
        key: match wire.key {
            None => None,
            Some(WireKey::Index(index)) => Some(InstanceKey::Index(index)),
            Some(WireKey::Key(key)) => Some(InstanceKey::Key(reader.text(key)?.into())),
        },
    })
}

/// Writes the blocks of schemas.
pub fn write_schemas(writer: &mut Writer, schemas: &BTreeMap<SchemaPath, BlockAddress>) -> Vec<WireSchema> {
    let write = |(path, block)| (writer.schema_path(path), write_block(writer, block));
    schemas.iter().map(write).collect()
}

/// Reads the blocks of schemas.
pub fn read_schemas(
    reader: &Reader,
    wire: Vec<WireSchema>,
) -> Result<BTreeMap<SchemaPath, BlockAddress>, Malformed> {
    wire.into_iter()
        .map(|(path, block)| Ok((reader.schema_path(path)?, read_block(reader, block)?)))
        .collect()
}

/// Writes what is remembered about a role.
pub fn write_role(writer: &mut Writer, role: &RecordedRole) -> WireRecordedRole {
    WireRecordedRole {
        address: write_block(writer, &role.address),
        external: role.kind == RoleKind::External,
        prevent_destroy: role.prevent_destroy,
        on_destroy: match &role.on_destroy {
            OnDestroy::Refuse => WireOnDestroy::Refuse,
            OnDestroy::Reassign(to) => WireOnDestroy::Reassign(writer.name(to.as_str())),
            OnDestroy::Drop => WireOnDestroy::Drop,
        },
        terminate_sessions: role.open_sessions == OpenSessions::Terminate,
        depends_on: role.depends_on.iter().map(|needed| writer.name(needed.as_str())).collect(),
        password_set_at: role.password_set_at,
    }
}

/// What a bit says about open sessions.
pub fn sessions_of(terminate: bool) -> OpenSessions {
    if terminate { OpenSessions::Terminate } else { OpenSessions::Refuse }
}

/// Reads what is remembered about a role.
pub fn read_role(reader: &Reader, wire: WireRecordedRole) -> Result<RecordedRole, Malformed> {
    let role = |number| -> Result<RoleName, Malformed> { reader.role_name(number) };
    Ok(RecordedRole {
        address: read_block(reader, wire.address)?,
        kind: if wire.external { RoleKind::External } else { RoleKind::Managed },
        prevent_destroy: wire.prevent_destroy,
        on_destroy: match wire.on_destroy {
            WireOnDestroy::Refuse => OnDestroy::Refuse,
            WireOnDestroy::Reassign(to) => OnDestroy::Reassign(role(to)?),
            WireOnDestroy::Drop => OnDestroy::Drop,
        },
        open_sessions: sessions_of(wire.terminate_sessions),
        depends_on: wire.depends_on.into_iter().map(role).collect::<Result<_, Malformed>>()?,
        password_set_at: wire.password_set_at,
    })
}
