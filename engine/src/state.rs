//! State: what roleform believes it manages.
//!
//! Not here: where it is kept (`state::store`), its bytes (`state::format_v1`).
//! Invariant: state is written after the database, never before; losing it loses
//! nothing in PostgreSQL, since planning observes and can adopt again.

pub mod audit_entries;
pub mod contents;
pub mod error;
pub mod format_v1;
pub mod recorded;
pub mod snapshot;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::catalog::Catalog;
use crate::declared::{OnDestroy, OpenSessions, RoleKind};
use crate::digest::hex;
use crate::name::{BlockAddress, ResourceName, RoleName, SchemaPath};
use crate::observed::Identity;

/// The identity of one history of states: 128 random bits, drawn when the state is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lineage(pub [u8; 16]);

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Everything recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which history.
    pub lineage: Lineage,
    /// Grows with every apply.
    pub serial: u64,
    /// Per server, by label.
    pub resources: BTreeMap<ResourceName, RecordedResource>,
}

/// What is recorded about one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedResource {
    /// The server that it was recorded from.
    pub identity: Identity,
    /// What is remembered about roles besides the catalog.
    pub roles: BTreeMap<RoleName, RecordedRole>,
    /// The blocks of the schemas whose owners are managed.
    pub schemas: BTreeMap<SchemaPath, BlockAddress>,
    /// The picture as of the last apply.
    pub catalog: Catalog,
}

/// What is remembered about a role, also after its block is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRole {
    /// Its block.
    pub address: BlockAddress,
    /// Managed or external.
    pub kind: RoleKind,
    /// `prevent_destroy` as of the last apply: still holds after the block is deleted.
    pub prevent_destroy: bool,
    /// `on_destroy` as of the last apply.
    pub on_destroy: OnDestroy,
    /// `terminate_sessions` as of the last apply.
    pub open_sessions: OpenSessions,
    /// `depends_on` as of the last apply: it is dropped before these.
    pub depends_on: BTreeSet<RoleName>,
    /// When its password was generated, in microseconds since 1970-01-01 UTC.
    pub password_set_at: Option<i64>,
}
