//! A plan: everything that apply needs, and nothing that it would have to decide.
//!
//! Not here: how a plan is made (`plan::make`), its bytes (`plan::format_v1`), its check
//! against state and server (`plan::verify`). Invariant: a plan holds no secret, and the
//! same inputs give the same plan but for the header.

mod batch;
pub mod compare;
pub mod format_v1;
pub mod hazard;
pub mod make;
pub mod moments;
pub mod saved;
mod subject;
pub mod summary;
pub mod target;
pub mod verify;

use std::collections::BTreeMap;

pub use batch::Batch;
pub use subject::Subject;

use crate::catalog::Catalog;
use crate::change::{Changes, GrantChange};
use crate::declared::DeclaredResource;
use crate::name::{BlockAddress, DatabaseName, ResourceName, RoleName, SchemaPath};
use crate::observed::{Everybody, Identity, LeftAlone, Scope};
use crate::policy::{Policy, Violation};
use crate::state::{Lineage, RecordedRole};

/// A plan for all resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When, by whom, with what: the only part that differs between equal plans.
    pub header: Header,
    /// What kind of run it was made for.
    pub mode: Mode,
    /// The history of state that it was made in.
    pub lineage: Lineage,
    /// The state's serial that it was made from.
    pub serial: u64,
    /// SHA-256 over the configuration's files and variables.
    pub configuration: [u8; 32],
    /// Per server, by label.
    pub resources: BTreeMap<ResourceName, ResourcePlan>,
    /// `output` values as JSON text; `None` when sensitive.
    pub outputs: BTreeMap<String, Option<String>>,
    /// What it takes to apply it.
    pub terms: Terms,
    /// The policies that it was made under.
    pub policies: Vec<Policy>,
    /// What they say about its changes: all that apply may find is what only warns.
    pub violations: Vec<Violation>,
}

/// What it takes to apply a plan, as the configuration said when it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The author's signature.
    pub signature: bool,
    /// How many approvals by others.
    pub approvals: u32,
    /// Who may sign and approve: the text of the allowed-signers file.
    pub signers: Option<String>,
    /// Who will be able to read passwords that it makes; nobody: whoever applies it.
    pub recipients: Vec<String>,
}

/// Kinds of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Servers shall become as declared.
    #[default]
    Normal,
    /// `-destroy`: all that is recorded goes.
    Destroy,
    /// `-refresh-only`: the state shall say what is so, and servers stay as they are.
    RefreshOnly,
}

/// Who made a plan, when, with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Microseconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// Microseconds since 1970-01-01 UTC after which it is refused.
    pub expires_at: i64,
    /// `user@host`.
    pub created_by: String,
    /// roleform's version.
    pub version: String,
}

/// The plan for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePlan {
    /// The server that it was made for.
    pub identity: Identity,
    /// How to reach it, without the administrator's password.
    pub target: DeclaredResource,
    /// What the run may look at and change.
    pub scope: Scope,
    /// Facts: what was observed in scope.
    pub before: Catalog,
    /// Expected outcome: what must be observed after the last statement.
    pub after: Catalog,
    /// What PUBLIC, where it is not in scope, holds on objects where something changes: for the
    /// access that everybody has anyway.
    pub everybody: Everybody,
    /// What happens, and why.
    pub changes: Changes,
    /// Dangers, beside the address that they are about.
    pub hazards: Vec<Hazard>,
    /// The statements in order.
    pub stages: Stages,
    /// What the state remembers about roles when this is done.
    pub roles: BTreeMap<RoleName, RecordedRole>,
    /// The blocks of schemas whose owners the state remembers then.
    pub schemas: BTreeMap<SchemaPath, BlockAddress>,
    /// Changes by others that the configuration overrides or confirms: addresses that drifted.
    pub left_alone: LeftAlone,
}

/// A change that can hurt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hazard {
    /// The address.
    pub address: String,
    /// What it can do.
    pub kind: HazardKind,
}

/// Kinds of hazards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HazardKind {
    /// The role becomes a superuser.
    Superuser,
    /// The role may create roles.
    CreateRole,
    /// The role bypasses row security.
    BypassRls,
    /// The role may stream the server's whole data.
    Replication,
    /// Everybody gains something.
    Public,
    /// The grantee may grant on.
    GrantOption,
    /// DROP ROLE.
    DropRole,
    /// The role can no longer log in.
    LoginLost,
    /// Owned objects change hands.
    OwnedReassigned,
    /// Owned objects are dropped.
    OwnedDropped,
    /// The role gets a predefined role that reaches outside the database
    /// (`pg_execute_server_program`, `pg_read_server_files`, `pg_write_server_files`).
    ServerAccess,
    /// The password changes: sessions to come need the new one.
    PasswordRotated,
    /// Sessions of the role are ended.
    SessionsEnded,
    /// Members that the run is not about lose what they have through the role.
    MembersLose,
    /// A schema gets another owner.
    SchemaOwner,
}

/// Ordered work on one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// Stage 1: new roles, NOLOGIN, holding nothing, committed at once because other databases
    /// must see them; and what roles lose that the other transactions would wait for each other
    /// about. Empty when one transaction does everything.
    pub prepare: Vec<Step>,
    /// Takes stage 1 back, in order, when what follows fails.
    pub undo: Vec<Step>,
    /// Work that is committed ahead, part by part. Empty where one server has room for the
    /// locks of everything at once, which is nearly always.
    pub parts: Vec<Part>,
    /// Stages 2 and 3: one transaction per database, held open until all are proven; what the
    /// server shares is done in the last one.
    pub transactions: Vec<TransactionPlan>,
    /// After the commits: role drops, whose grants must be gone everywhere first. Empty when
    /// one transaction does everything.
    pub finish: Vec<Step>,
}

impl Stages {
    /// Whether nothing runs on the server.
    pub fn is_empty(&self) -> bool {
        self.statements().next().is_none()
    }

    /// Every step, in order of execution, without the undoing of stage 1.
    pub fn statements(&self) -> impl Iterator<Item = &Step> {
        let parts = self.parts.iter().map(|part| &part.transaction);
        let transactions = parts.chain(&self.transactions).flat_map(|one| &one.steps);
        self.prepare.iter().chain(transactions).chain(&self.finish)
    }
}

/// Work that is proven and committed by itself, before the next part begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it runs and what.
    pub transaction: TransactionPlan,
    /// Which half of the changes it makes.
    pub half: Half,
    /// Of which grants it makes that half: what must be seen afterwards follows from it.
    pub shares: Vec<Share>,
}

/// Half of a change. All that is taken is taken before anything is given, so that nobody holds
/// the old and the new together between two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Half {
    /// Revokes.
    Take,
    /// Grants.
    Give,
}

/// Some of the objects of one `GrantChange`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its place in `Changes::grants`.
    pub change: usize,
    /// The first of the objects.
    pub from: usize,
    /// The one after the last.
    pub to: usize,
}

impl Share {
    /// The change, with its objects only.
    pub fn of(self, changes: &[GrantChange]) -> GrantChange {
        let GrantChange { place, objects, entries } = &changes[self.change];
        let objects = objects[self.from..self.to].to_vec();
        GrantChange { place: place.clone(), objects, entries: entries.clone() }
    }
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionPlan {
    /// Where it runs.
    pub database: DatabaseName,
    /// Whether it also does, and proves, what the server shares.
    pub shared: bool,
    /// What it runs, in order.
    pub steps: Vec<Step>,
}

/// One statement and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub subject: Subject,
    /// What is sent.
    pub statement: Statement,
}

/// One SQL text, exactly as sent but for a verifier that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The role whose verifier apply makes; it goes, as a literal, to `verifier_at`.
    pub verifier_for: Option<RoleName>,
    /// Byte offset in `sql`.
    pub verifier_at: u32,
}

impl Statement {
    /// A statement that is complete as it stands.
    pub fn complete(sql: String) -> Statement {
        Statement { sql, verifier_for: None, verifier_at: 0 }
    }

    /// For people: the text with a mark where the verifier goes.
    pub fn display(&self) -> String {
        match &self.verifier_for {
            None => self.sql.clone(),
            Some(_) => {
                let (head, tail) = self.sql.split_at(self.verifier_at as usize);
                format!("{head}'(generated at apply)'{tail}")
            }
        }
    }
}
