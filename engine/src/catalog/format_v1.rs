//! Catalogs as bytes, format version 1: frozen twins of the domain types.
//!
//! Names and objects are written once, in a pool, and referred to by number, so the bytes
//! follow the distinct facts. Not here: plans and states around catalogs. Invariant: what is
//! here never changes; a new format is a new file. `state-format.md` is normative.

mod read;
mod write;

pub use read::Reader;
pub use write::Writer;

use serde::{Deserialize, Serialize};

use crate::catalog::MembershipOptions;
use crate::declared::Attributes;
use crate::name::NameError;
use crate::object::ObjectKind;

/// The bytes say something that no catalog can be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A number points outside its pool.
    #[error("a number points outside its pool")]
    Number,
    /// A text is not a name.
    #[error("a text is not a name")]
    Name(#[from] NameError),
    /// Few bytes say much, over and over.
    #[error("its texts repeat too often")]
    Repetition,
    /// A code stands for nothing.
    #[error("a code stands for nothing")]
    Code,
}

/// Names and objects, each once, in order of first use.
#[derive(Default, Serialize, Deserialize)]
pub struct Pool {
    names: Vec<String>,
    objects: Vec<WireObject>,
}

#[derive(Clone, Serialize, Deserialize)]
struct WireObject {
    kind: u8,
    default: bool,
    names: Vec<u32>,
    number: u32,
}

/// Twin of `Catalog`.
#[derive(Serialize, Deserialize)]
pub struct WireCatalog {
    roles: Vec<(u32, WireRole)>,
    memberships: Vec<(u32, u32, Option<u32>, u8)>,
    owners: Vec<WireOwner>,
    shared: WireGrants,
    databases: Vec<(u32, WireGrants)>,
}

/// Twin of `Owner` with its key: database, schema, OID, role.
type WireOwner = (u32, u32, u32, u32);

/// Twin of `Role`.
#[derive(Serialize, Deserialize)]
pub struct WireRole {
    oid: u32,
    flags: u8,
    connection_limit: i32,
    valid_until: Option<String>,
    comment: Option<String>,
    settings: Vec<(Option<u32>, String, String)>,
    password: WirePassword,
}

#[derive(Serialize, Deserialize)]
enum WirePassword {
    Unknown,
    Absent,
    Verifier([u8; 32]),
    Fresh,
}

#[derive(Serialize, Deserialize)]
struct WireGrants {
    acls: Vec<Vec<(Option<u32>, WireHolding)>>,
    objects: Vec<(u32, u32, u32, u32)>,
}

/// Twin of `Holding`: grantor, privileges, grantable.
pub type WireHolding = (Option<u32>, u16, u16);

/// The code of a kind: its place in `ObjectKind::ALL`.
pub fn kind_code(kind: ObjectKind) -> u8 {
    let place = ObjectKind::ALL.iter().position(|known| *known == kind).unwrap_or(usize::MAX);
    u8::try_from(place).unwrap_or(u8::MAX)
}

/// The kind of a code.
pub fn kind_of(code: u8) -> Result<ObjectKind, Malformed> {
    ObjectKind::ALL.get(usize::from(code)).copied().ok_or(Malformed::Code)
}

/// Membership options as bits: admin 1, inherit 2, set 4.
pub fn option_bits(options: MembershipOptions) -> u8 {
    u8::from(options.admin) | u8::from(options.inherit) << 1 | u8::from(options.set) << 2
}

/// The options behind bits.
pub fn options_of(bits: u8) -> Result<MembershipOptions, Malformed> {
    if bits > 7 {
        return Err(Malformed::Code);
    }
    Ok(MembershipOptions { admin: bits & 1 != 0, inherit: bits & 2 != 0, set: bits & 4 != 0 })
}

fn flags(attributes: &Attributes) -> u8 {
    let Attributes { login, inherit, superuser, createdb, createrole, replication, bypassrls, .. } =
        attributes;
    [login, inherit, superuser, createdb, createrole, replication, bypassrls]
        .iter()
        .enumerate()
        .fold(0, |bits, (place, set)| bits | u8::from(**set) << place)
}

fn attributes(flags: u8, connection_limit: i32) -> Result<Attributes, Malformed> {
    let bit = |place: u8| flags & (1 << place) != 0;
    if bit(7) {
        return Err(Malformed::Code);
    }
    Ok(Attributes {
        login: bit(0),
        inherit: bit(1),
        superuser: bit(2),
        createdb: bit(3),
        createrole: bit(4),
        replication: bit(5),
        bypassrls: bit(6),
        connection_limit,
    })
}
