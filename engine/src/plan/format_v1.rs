//! Plans as bytes, format version 1: the body of plan.bin.
//!
//! Not here: the frame with magic and digest (`plan::saved`), catalogs (`catalog::format_v1`).
//! Invariant: what is here never changes; a new format is a new file, and this one reads
//! forever. `state-format.md` is normative.

mod read;
mod target;
#[cfg(test)]
mod tests;
mod write;

pub use read::read;
pub use write::write;

use serde::{Deserialize, Serialize};

use crate::catalog::format_v1::{Pool, WireCatalog, WireHolding, WireRole};
use crate::change::{Action, Reason};
use crate::plan::{Half, HazardKind, Mode};
use crate::policy::format_v1::{WirePolicy, WireViolation};
use crate::state::format_v1::{WireBlock, WireIdentity, WireRecordedRole, WireSchema};

/// Twin of `Plan`.
#[derive(Serialize, Deserialize)]
pub struct WirePlan {
    mode: u8,
    created_at: i64,
    expires_at: i64,
    created_by: String,
    version: String,
    lineage: [u8; 16],
    serial: u64,
    configuration: [u8; 32],
    outputs: Vec<(String, Option<String>)>,
    terms: WireTerms,
    policies: Vec<WirePolicy>,
    violations: Vec<WireViolation>,
    pool: Pool,
    resources: Vec<(String, WireResource)>,
}

#[derive(Serialize, Deserialize)]
struct WireTerms {
    signature: bool,
    approvals: u32,
    signers: Option<String>,
    recipients: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WireResource {
    identity: WireIdentity,
    target: target::WireTarget,
    scope: WireScope,
    before: WireCatalog,
    after: WireCatalog,
    everybody: Vec<WireEverybody>,
    roles: Vec<WireRoleChange>,
    memberships: Vec<WireMembershipChange>,
    owners: Vec<WireOwnerChange>,
    grants: Vec<WireGrantChange>,
    hazards: Vec<(String, u8)>,
    prepare: Vec<WireStep>,
    undo: Vec<WireStep>,
    parts: Vec<WirePart>,
    transactions: Vec<(u32, bool, Vec<WireStep>)>,
    finish: Vec<WireStep>,
    recorded: Vec<(u32, WireRecordedRole)>,
    schemas: Vec<WireSchema>,
    left_alone: [u64; 3],
    owned: Vec<(u32, u64, Vec<String>)>,
}

#[derive(Serialize, Deserialize)]
struct WirePart {
    database: u32,
    shared: bool,
    half: u8,
    shares: Vec<(u32, u32, u32)>,
    steps: Vec<WireStep>,
}

#[derive(Serialize, Deserialize)]
struct WireScope {
    managed: Vec<u32>,
    leaving: Vec<u32>,
    external: Vec<u32>,
    public: Vec<WirePublic>,
    schemas: Vec<(u32, u32)>,
    databases: Vec<u32>,
    kinds: Vec<u8>,
    system_schemas: Vec<(u32, u32)>,
    types: Vec<u32>,
    columns: Vec<WireNamedColumn>,
    grantors: Vec<u32>,
    parameters: Vec<u32>,
}

/// Database, schema and relation (`None` for any), name.
type WireNamedColumn = (u32, Option<u32>, Option<u32>, u32);

/// On what PUBLIC is looked at in one place: a database, or what the server shares.
type WirePublic = (Option<u32>, WireReach);

#[derive(Serialize, Deserialize)]
enum WireReach {
    Unresolved,
    /// What is selected, and what is given back.
    Objects(Vec<u32>, Vec<u32>),
    Recorded(Vec<u32>),
}

/// What PUBLIC holds in one place: privileges and objects that have them.
type WireEverybody = (Option<u32>, Vec<(u16, Vec<u32>)>);

#[derive(Serialize, Deserialize)]
struct WireRoleChange {
    address: WireBlock,
    name: u32,
    renamed_from: Option<u32>,
    aside: Option<u32>,
    external: bool,
    action: u8,
    reason: u8,
    before: Option<WireRole>,
    after: Option<WireRole>,
    departure: Option<WireDeparture>,
    origin: Option<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct WireDeparture {
    fate: WireFate,
    owned: Vec<(Option<u32>, u8, String)>,
    databases: Vec<u32>,
    terminate_sessions: bool,
    members: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
enum WireFate {
    None,
    Reassigned(u32),
    Dropped,
}

#[derive(Serialize, Deserialize)]
struct WireMembershipChange {
    address: WireBlock,
    member: u32,
    role: u32,
    grantor: Option<u32>,
    action: u8,
    reason: u8,
    before: Option<u8>,
    after: Option<u8>,
    origin: Option<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct WireOwnerChange {
    address: WireBlock,
    path: (u32, u32),
    action: u8,
    reason: u8,
    before: Option<u32>,
    after: Option<u32>,
    origin: Option<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct WireGrantChange {
    database: Option<u32>,
    objects: Vec<u32>,
    entries: Vec<WireEntryChange>,
}

#[derive(Serialize, Deserialize)]
struct WireEntryChange {
    address: WireBlock,
    grantee: Option<u32>,
    action: u8,
    reason: u8,
    before: Vec<WireHolding>,
    after: Vec<WireHolding>,
    origin: Option<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct WireStep {
    subject: u32,
    origin: Option<(u32, u32)>,
    sql: String,
    verifier_for: Option<u32>,
    verifier_at: u32,
}

/// Kinds of runs by code: their place here.
const MODES: [Mode; 3] = [Mode::Normal, Mode::Destroy, Mode::RefreshOnly];

/// Actions by code: their place here.
const ACTIONS: [Action; 6] =
    [Action::NoOp, Action::Create, Action::Update, Action::Delete, Action::Adopt, Action::Forget];

/// Reasons by code: their place here.
const REASONS: [Reason; 14] = [
    Reason::Unchanged,
    Reason::AlreadySo,
    Reason::ChangedOutside,
    Reason::ChangedInConfiguration,
    Reason::DeletedOutside,
    Reason::New,
    Reason::RemovedFromConfiguration,
    Reason::AlreadyGone,
    Reason::NotDeclared,
    Reason::LeftInPlace,
    Reason::NotOurs,
    Reason::LostWithTable,
    Reason::PasswordDue,
    Reason::BuiltIn,
];

/// Halves by code: their place here.
const HALVES: [Half; 2] = [Half::Take, Half::Give];

/// Hazards by code: their place here.
const HAZARDS: [HazardKind; 15] = [
    HazardKind::Superuser,
    HazardKind::CreateRole,
    HazardKind::BypassRls,
    HazardKind::Replication,
    HazardKind::Public,
    HazardKind::GrantOption,
    HazardKind::DropRole,
    HazardKind::LoginLost,
    HazardKind::OwnedReassigned,
    HazardKind::OwnedDropped,
    HazardKind::ServerAccess,
    HazardKind::PasswordRotated,
    HazardKind::SessionsEnded,
    HazardKind::MembersLose,
    HazardKind::SchemaOwner,
];
