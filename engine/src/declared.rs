//! What a configuration declares, after evaluation: the input of planning.
//!
//! Not here: HCL (`config` makes this), objects that only a server knows (`resolve`).
//! Invariant: every name is proven, every reference leads somewhere, and has its place.

mod resource;
mod values;

use std::collections::{BTreeMap, BTreeSet};

pub use resource::{DeclaredResource, SecretSource, SslMode};

use crate::dependency::Dependency;
use crate::diagnostic::Span;
use crate::ignored::Ignored;
use crate::moved::{Moved, Removed};
use crate::name::{BlockAddress, DatabaseName, Name, ResourceName, RoleName, SchemaName, SchemaPath};
use crate::object::ObjectKind;
use crate::policy::DeclaredPolicy;
use crate::privilege::PrivilegeSet;

/// The whole configuration of one directory.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// Settings of the `roleform` block.
    pub settings: Settings,
    /// The inventory, by label.
    pub resources: BTreeMap<ResourceName, DeclaredResource>,
    /// Roles, by the address of their block.
    pub roles: BTreeMap<BlockAddress, DeclaredRole>,
    /// `policy` blocks, by label.
    pub policies: BTreeMap<String, DeclaredPolicy>,
    /// `public` blocks: where PUBLIC is managed, and what it may hold there.
    pub publics: Vec<DeclaredPublic>,
    /// `schema` blocks, by their address: whose schemas are.
    pub schemas: BTreeMap<BlockAddress, DeclaredSchema>,
    /// `removed` blocks.
    pub removed: Vec<Removed>,
    /// `moved` blocks.
    pub moved: Vec<Moved>,
    /// `import` blocks: roles to take over.
    pub imports: BTreeSet<BlockAddress>,
    /// `output` blocks: name and value as JSON text (`None` when sensitive).
    pub outputs: BTreeMap<String, Option<String>>,
}

/// The `roleform` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Public keys that generated passwords are encrypted to (age or SSH).
    pub recipients: Vec<String>,
    /// Apply needs a signature by someone in the allowed-signers file.
    pub require_signature: bool,
    /// Apply needs so many approvals by others than the author, and the author's signature.
    pub require_approvals: u32,
    /// File of allowed signers (`ssh-keygen` format), relative to the configuration.
    pub allowed_signers: Option<String>,
    /// How long a plan may be applied, in seconds; `None` means the default of 7 days.
    pub plan_expiry_seconds: Option<u64>,
}

/// A `role` block.
#[derive(Clone, Debug)]
pub struct DeclaredRole {
    /// The block.
    pub address: BlockAddress,
    /// The server.
    pub resource: ResourceName,
    /// The name in PostgreSQL.
    pub name: RoleName,
    /// Managed or external.
    pub kind: RoleKind,
    /// Attributes, all of them (defaults filled in).
    pub attributes: Attributes,
    /// `valid_until` as RFC 3339 in UTC, with a fraction as short as can be and at most of microseconds;
    /// in years that it has not as `10000-01-02T03:04:05Z` and `0044-03-15T12:00:00Z BC`; `infinity` or
    /// `-infinity`.
    pub valid_until: Option<String>,
    /// `COMMENT ON ROLE`.
    pub comment: Option<String>,
    /// Settings: for every database (`None`) or in one; parameter to value.
    pub settings: BTreeMap<(Option<DatabaseName>, String), String>,
    /// What to do about the password.
    pub password: PasswordPolicy,
    /// Roles that it is a member of, with the place of each.
    pub member_of: Vec<DeclaredMembership>,
    /// Grants, from `scopes` with `privileges` and from `grant` blocks.
    pub grants: Vec<GrantBlock>,
    /// `adopt = true`: take it over if it exists.
    pub adopt: bool,
    /// `lifecycle { prevent_destroy = true }`.
    pub prevent_destroy: bool,
    /// `lifecycle { on_destroy { … } }`.
    pub on_destroy: OnDestroy,
    /// `lifecycle { on_destroy { terminate_sessions = true } }`.
    pub open_sessions: OpenSessions,
    /// `lifecycle { ignore_changes = […] }`: what is left as it is once the role exists.
    pub ignore_changes: BTreeSet<Ignored>,
    /// `depends_on`, of the role and of the modules around it.
    pub depends_on: Vec<Dependency>,
    /// Where the block stands.
    pub span: Span,
}

/// Whether roleform owns the role whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleKind {
    /// Owned whole: attributes, memberships, every ACL entry.
    Managed,
    /// Created, and a member of its source roles; direct grants are left alone.
    External,
}

/// Role attributes (PostgreSQL, CREATE ROLE).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attributes {
    /// LOGIN.
    pub login: bool,
    /// INHERIT.
    pub inherit: bool,
    /// SUPERUSER.
    pub superuser: bool,
    /// CREATEDB.
    pub createdb: bool,
    /// CREATEROLE.
    pub createrole: bool,
    /// REPLICATION.
    pub replication: bool,
    /// BYPASSRLS.
    pub bypassrls: bool,
    /// CONNECTION LIMIT; -1 is unlimited.
    pub connection_limit: i32,
}

/// What a configuration says about a role's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordPolicy {
    /// Nothing is said: generated when the role may log in. One that was generated stays while
    /// the role may not, so that a role can be suspended.
    WithLogin,
    /// Generated at apply; rotated after so many seconds, when given.
    Generated {
        /// `rotate_after`, in seconds.
        rotate_after_seconds: Option<u64>,
    },
    /// `password = "none"`: the role has none.
    None,
    /// `password = "unmanaged"`: whatever it is, roleform leaves it alone.
    Unmanaged,
}

/// One entry of `member_of` or `source_role`.
#[derive(Clone, Debug)]
pub struct DeclaredMembership {
    /// The role to be a member of.
    pub role: RoleName,
    /// Its block, when it was written as a reference.
    pub block: Option<BlockAddress>,
    /// ADMIN option.
    pub admin: bool,
    /// INHERIT option (16+); `None`: as the member's INHERIT attribute says.
    pub inherit: Option<bool>,
    /// SET option (16+).
    pub set: bool,
    /// `granted_by` (16+): the role that is to stand as the grantor; `None`: whoever the
    /// administrator's GRANT records.
    pub granted_by: Option<RoleName>,
    /// Where it was written.
    pub span: Span,
}

/// One grant to one role, on all that the selector matches.
#[derive(Clone, Debug)]
pub struct GrantBlock {
    /// The database; `None` for kinds that the whole server shares (tablespaces, parameters).
    pub database: Option<DatabaseName>,
    /// What it grants on.
    pub selector: Selector,
    /// Which privileges.
    pub privileges: Privileges,
    /// WITH GRANT OPTION.
    pub grant_option: bool,
    /// `future { creators = […] }`: also as default privileges of these creators.
    pub future_creators: Vec<RoleName>,
    /// What comes along without being written.
    pub implied: Implied,
    /// `granted_by`: the role that is to stand as the grantor; `None`: the owner, or whoever
    /// the administrator's GRANT records.
    pub granted_by: Option<RoleName>,
    /// Where it was written: the scope or the block.
    pub span: Span,
}

/// What a grant brings along so that it is of use (design 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Implied {
    /// USAGE on the schema, CONNECT on the database, and for INSERT and UPDATE USAGE on the
    /// sequences behind column defaults.
    Everything,
    /// `sequences = "none"`: the schema and the database only.
    NoSequences,
    /// `implied = false`: nothing, the grant is just what it says.
    Nothing,
}

/// Which privileges a grant names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privileges {
    /// `["ALL"]`: what the server's version grants on the kind.
    All,
    /// These; possibly none.
    These(PrivilegeSet),
}

/// What a grant is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// The database itself.
    Database,
    /// Schemas.
    Schemas(Schemas),
    /// Objects inside schemas: tables, sequences, types. Patterns match names.
    InSchemas {
        /// Table, Sequence, Routine or Type.
        kind: ObjectKind,
        /// Where.
        schemas: Schemas,
        /// Which; a routine pattern with parentheses is a signature.
        names: Patterns,
    },
    /// Columns of relations.
    Columns {
        /// Where.
        schemas: Schemas,
        /// Which relations.
        tables: Patterns,
        /// Which columns, by name.
        columns: BTreeSet<Name>,
    },
    /// Objects of a database or server that live in no schema, by exact name or glob.
    Named {
        /// Language, ForeignDataWrapper, ForeignServer, Tablespace or Parameter.
        kind: ObjectKind,
        /// Which.
        names: Patterns,
    },
    /// Large objects.
    LargeObjects(LargeObjects),
}

/// Which large objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LargeObjects {
    /// Every one of the database.
    All,
    /// Just these, by OID, which must exist.
    These(BTreeSet<u32>),
}

/// Which schemas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Schemas {
    /// Every schema of the database but the system's and temporary ones.
    All,
    /// Just these, which must exist.
    These(BTreeSet<SchemaName>),
}

/// Names and globs (`*`, `?`, a backslash before what is to mean itself), with exceptions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Patterns {
    /// Match any of these; `["*"]` is everything.
    pub include: BTreeSet<String>,
    /// But none of these.
    pub except: BTreeSet<String>,
}

/// One sign of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `*`: any text.
    Many,
    /// `?`: one character.
    One,
    /// This character.
    Character(char),
}

/// A `public` block: PUBLIC is managed on what the selectors of its grants match, and holds just
/// these privileges there.
#[derive(Clone, Debug)]
pub struct DeclaredPublic {
    /// Label.
    pub address: BlockAddress,
    /// The server.
    pub resource: ResourceName,
    /// What PUBLIC shall hold; the selectors also say where it is managed.
    pub grants: Vec<GrantBlock>,
    /// Where the block stands.
    pub span: Span,
}

/// A `schema` block: whose a schema is. It neither makes the schema nor drops it.
#[derive(Clone, Debug)]
pub struct DeclaredSchema {
    /// The block.
    pub address: BlockAddress,
    /// The server.
    pub resource: ResourceName,
    /// Which schema.
    pub path: SchemaPath,
    /// Whose it shall be.
    pub owner: RoleName,
    /// Where the block stands.
    pub span: Span,
}

/// What happens to what a role owns when it is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnDestroy {
    /// Refuse, with a list.
    #[default]
    Refuse,
    /// REASSIGN OWNED to this role.
    Reassign(RoleName),
    /// DROP OWNED.
    Drop,
}

/// What happens to the sessions of a role that is dropped. PostgreSQL itself would let them go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpenSessions {
    /// Refuse while there are any.
    #[default]
    Refuse,
    /// End them.
    Terminate,
}
