//! What a server told: the catalog in scope, and what planning must know besides.
//!
//! Not here: how it is read (the provider). Invariant: nothing outside the scope is in
//! `catalog`; what stands beside it is used for planning and never goes into a plan,
//! but for the counts of what was left alone.

mod renamed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::acl::Grantee;
use crate::catalog::{Catalog, Membership};
use crate::change::Place;
use crate::name::{DatabaseName, Name, RoleName, SchemaName, SchemaPath};
use crate::object::{Object, ObjectKind};
use crate::privilege::PrivilegeSet;
use crate::public::PublicReach;

/// Which server this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `pg_control_system().system_identifier`: made by initdb, shared by physical copies;
    /// `None` when the server does not offer it.
    pub system_identifier: Option<u64>,
    /// Host and port as configured, e.g. `10.0.3.4:5432`.
    pub address: String,
    /// `server_version_num`, e.g. 150018.
    pub version: u32,
}

impl Identity {
    /// The major version, e.g. 15.
    pub fn major(&self) -> u32 {
        self.version / 10_000
    }
}

/// The names a run may look at and change on one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Managed roles, declared or recorded: every entry of theirs is looked at.
    pub managed: BTreeSet<RoleName>,
    /// External roles: their attributes and memberships, not their direct grants.
    pub external: BTreeSet<RoleName>,
    /// Those of the managed roles that shall be dropped: what stands in the way of that is looked at.
    pub leaving: BTreeSet<RoleName>,
    /// Where PUBLIC's entries are looked at too.
    pub public: BTreeMap<Place, PublicReach>,
    /// Schemas whose owners are looked at.
    pub schemas: BTreeSet<SchemaPath>,
    /// Databases that the configuration names, which must exist and be open.
    pub databases: BTreeSet<DatabaseName>,
    /// Kinds of objects that selectors may name without anyone holding anything on them yet:
    /// these are listed whole, other kinds only where an ACL is set.
    pub kinds: BTreeSet<ObjectKind>,
    /// Schemas of the system that selectors name: they are listed as others are.
    pub system_schemas: BTreeSet<SchemaPath>,
    /// Types that selectors name, in whichever schema: row types of relations and multiranges are
    /// listed only then.
    pub types: BTreeSet<Name>,
    /// Columns that selectors name.
    pub columns: BTreeSet<NamedColumn>,
    /// Roles that `granted_by` names, which must be able to reach what they shall grant.
    pub grantors: BTreeSet<RoleName>,
    /// Parameters that selectors name and that no server need know (`object::is_custom_parameter`).
    pub parameters: BTreeSet<Name>,
}

/// A column by its name, in one relation or in any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedColumn {
    /// Where.
    pub database: DatabaseName,
    /// In this schema; `None`: in any.
    pub schema: Option<SchemaName>,
    /// Of this relation; `None`: of any.
    pub relation: Option<Name>,
    /// Its name.
    pub column: Name,
}

impl Scope {
    /// Whether PUBLIC's entries in a database are looked at.
    pub fn has_public_in(&self, database: &DatabaseName) -> bool {
        self.public.contains_key(&Place::Database(database.clone()))
    }

    /// Whether there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.managed.is_empty()
            && self.external.is_empty()
            && self.public.is_empty()
            && self.schemas.is_empty()
    }

    /// Whether a role belongs to the run, managed or external.
    pub fn has_role(&self, role: &RoleName) -> bool {
        self.managed.contains(role) || self.external.contains(role)
    }
}

/// Everything one observation brings.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The server.
    pub identity: Identity,
    /// The picture in scope. Objects of the kinds in scope are all here, also those on which
    /// nobody in scope holds anything (selectors are matched against them).
    pub catalog: Catalog,
    /// What the administrator may do.
    pub admin: Admin,
    /// Every role of the server.
    pub roles: BTreeMap<RoleName, RoleFact>,
    /// Roles in scope whose password is stored as MD5, as far as the administrator may see.
    pub md5: BTreeSet<RoleName>,
    /// Every database of the server: whether it accepts connections.
    pub databases: BTreeMap<DatabaseName, DatabaseFact>,
    /// Per database: relation to the sequences that its column defaults own (`serial`, not identity).
    pub serial: BTreeMap<DatabaseName, BTreeMap<Object, Vec<Object>>>,
    /// What roles in scope own or otherwise leave behind.
    pub owned: BTreeMap<RoleName, Vec<Owned>>,
    /// Databases that let nobody in and where roles in scope hold or own something unseen.
    pub closed: BTreeMap<DatabaseName, BTreeSet<RoleName>>,
    /// Objects of others that depend on what a role owns that shall be dropped.
    pub dependent_objects: BTreeMap<RoleName, Vec<Owned>>,
    /// Roles outside the scope by what they are members of: roles in scope, and each other below those.
    pub members: BTreeMap<RoleName, BTreeSet<RoleName>>,
    /// Memberships of roles outside the scope that roles in scope granted (16+).
    pub granted: BTreeSet<Membership>,
    /// Sessions open now, by role in scope.
    pub sessions: BTreeMap<RoleName, u32>,
    /// Grants by a role in scope to roles outside it: a revoke of its grant option would
    /// need CASCADE and take them along.
    pub dependents: Vec<Dependent>,
    /// What keeps roles from revoking what they granted to roles in scope; where the administrator is
    /// no superuser, owners from granting too.
    pub obstacles: Vec<Obstacle>,
    /// Grants to roles in scope whose grantors have lost the option for them.
    pub lapses: BTreeMap<Place, Lapses>,
    /// Grant options of roles other than the owner, by place and object.
    pub grant_options: BTreeMap<Place, GrantOptions>,
    /// What belongs to `pg_database_owner`, in whose place the catalog has the owner of the database.
    pub of_database_owner: BTreeMap<DatabaseName, BTreeSet<Object>>,
    /// Databases in which the administrator may create schemas, of those where the owners of
    /// schemas are looked at.
    pub may_create_in: BTreeSet<DatabaseName>,
    /// Schemas in which the administrator cannot name anything, for want of USAGE.
    pub barred: BTreeSet<SchemaPath>,
    /// How many objects the statements of one transaction may name before the server has no
    /// room for their locks; `None` where it keeps none.
    pub room: Option<u64>,
    /// Databases that refuse connections while roles in scope hold or own something in them.
    pub unseen: BTreeSet<DatabaseName>,
    /// Every parameter that the server knows, in lower case. Those of modules that are not loaded
    /// have a dot in their names and are not here.
    pub parameters: BTreeMap<String, ParameterFact>,
    /// What PUBLIC holds on objects of the catalog where it is not in scope: everybody has it
    /// in effect.
    pub everybody: Everybody,
    /// How many entries PUBLIC has that somebody made, by place and object, where it may be in
    /// scope: they are among those left alone until the plan knows on what PUBLIC is managed.
    pub made_for_public: BTreeMap<Place, BTreeMap<Object, u64>>,
    /// How much was seen and left alone.
    pub left_alone: LeftAlone,
    /// Grant options that a plan gives to roles whose privileges the administrator has.
    pub coming: BTreeMap<Place, GrantOptions>,
    /// What roles are called that a plan gives other names, by those names: see `renamed`.
    pub former: BTreeMap<RoleName, RoleName>,
}

/// What PUBLIC holds, by place and object. Objects on which it holds nothing are left out.
pub type Everybody = BTreeMap<Place, BTreeMap<Object, PrivilegeSet>>;

/// What the administrator is and may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `current_user`.
    pub name: RoleName,
    /// Superuser: may do all.
    pub superuser: bool,
    /// CREATEROLE.
    pub createrole: bool,
    /// CREATEDB, which from 16 on it needs to give it.
    pub createdb: bool,
    /// REPLICATION, likewise.
    pub replication: bool,
    /// BYPASSRLS, likewise.
    pub bypassrls: bool,
    /// Roles whose privileges it has (itself, memberships inherited, transitively).
    pub has_privileges_of: BTreeSet<RoleName>,
    /// The same by memberships alone, in the order in which the server looks among them for one that may
    /// grant what it is told to: itself first.
    pub acts_as: Vec<RoleName>,
    /// Roles that it may act as with SET ROLE.
    pub may_become: BTreeSet<RoleName>,
    /// Roles that it may grant to others (ADMIN option, transitively; CREATEROLE before 16).
    pub may_grant: BTreeSet<RoleName>,
    /// Whom the server records as the grantor of a membership that this administrator grants
    /// (16+: the bootstrap superuser for superusers).
    pub membership_grantor: RoleName,
}

impl Admin {
    /// Whether it grants on objects of `owner` as the owner: a superuser, who has the owner's
    /// privileges, and who may SET ROLE to it.
    pub fn may_act_as(&self, owner: &RoleName) -> bool {
        self.superuser || self.has_privileges_of.contains(owner) || self.may_become.contains(owner)
    }
}

impl Observed {
    /// What a role may grant on an object, on a column also by its option on the relation.
    pub fn options_of(&self, role: &RoleName, (place, object): (&Place, &Object)) -> PrivilegeSet {
        let direct = |object: &Object| {
            let holders = self.grant_options.get(place).and_then(|objects| objects.get(object));
            holders.and_then(|holders| holders.get(role)).copied().unwrap_or_default()
        };
        let relations = object.relations();
        relations.iter().flatten().fold(direct(object), |all, relation| all.union(direct(relation)))
    }
}

/// A role that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleFact {
    /// Its OID.
    pub oid: u32,
    /// SUPERUSER.
    pub superuser: bool,
}

/// Who may set a parameter for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFact {
    /// Whoever may change the role.
    Free,
    /// Superusers, and from 15 on who was granted SET on it: not this administrator.
    Guarded,
    /// Nobody: it is read from files, or stands when a server or session has started.
    Fixed,
}

/// A database that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseFact {
    /// Its OID.
    pub oid: u32,
    /// `datallowconn`.
    pub accepts_connections: bool,
    /// `datistemplate`.
    pub template: bool,
}

/// Something that keeps PostgreSQL from dropping a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owned {
    /// Where; `None` for shared objects (databases, tablespaces).
    pub database: Option<DatabaseName>,
    /// What DROP OWNED would do to it.
    pub kind: OwnedKind,
    /// `table billing.orders`, as `pg_describe_object` says; after the first hundred a count.
    pub description: String,
}

impl Owned {
    /// Whether it is this schema.
    pub fn is_schema(&self, path: &SchemaPath) -> bool {
        let schema = Object::Schema(path.schema.clone());
        self.database.as_ref() == Some(&path.database)
            && self.kind == OwnedKind::Object
            && self.description == format!("{} {schema}", schema.kind().singular())
    }
}

/// Kinds of what a role leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnedKind {
    /// An object inside a database: DROP OWNED drops it.
    Object,
    /// A database, tablespace or subscription: DROP OWNED leaves it, REASSIGN OWNED does not.
    Shared,
    /// Its own default privileges, its place in policies, its user mappings, initial privileges
    /// of extensions: of no use without it, and cleared by DROP OWNED.
    Trace,
    /// A membership of others that it granted (16+).
    Membership,
}

impl OwnedKind {
    /// Every kind, in the order of its codes.
    pub const ALL: [OwnedKind; 4] =
        [OwnedKind::Object, OwnedKind::Shared, OwnedKind::Trace, OwnedKind::Membership];
}

/// A grant that depends on a grant option of a role in scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependent {
    /// Where; `None` for shared objects.
    pub database: Option<DatabaseName>,
    /// On what.
    pub object: Object,
    /// By whom (in scope).
    pub grantor: RoleName,
    /// To whom (outside the scope; PUBLIC as `None`).
    pub grantee: Option<RoleName>,
    /// What.
    pub privileges: PrivilegeSet,
}

/// Grant options by object and role. Objects with the same ACL share them.
pub type GrantOptions = BTreeMap<Object, Arc<BTreeMap<RoleName, PrivilegeSet>>>;

/// Lapses by object and grantor. Objects with the same ACL share them, but for columns.
pub type Lapses = BTreeMap<Object, Arc<BTreeMap<RoleName, Lapse>>>;

/// What a role granted on an object and has no grant option for any more. PostgreSQL leaves such
/// grants on columns when the option on their table goes, and where the grantor is a member of its
/// own grantee, whose option it takes for the grantor's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lapse {
    /// For what it has no option, of what it granted.
    pub privileges: PrivilegeSet,
    /// What of that it holds all the same, from the owner.
    pub held: PrivilegeSet,
    /// What of that it granted, to whomever.
    pub granted: BTreeMap<Grantee, PrivilegeSet>,
}

/// Why a role cannot revoke what it granted on the objects of a schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// Where the objects are.
    pub place: Place,
    /// Their schema, when they live in one.
    pub schema: Option<SchemaName>,
    /// Who granted.
    pub grantor: RoleName,
    /// Why it cannot revoke.
    pub why: ObstacleKind,
}

/// What stands between a grantor and its own grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObstacleKind {
    /// The role is gone: the ACL has a number in its place.
    Gone,
    /// It has no USAGE on the schema.
    NoUsage,
    /// It is a superuser by now, so the server takes it for the owner.
    Superuser,
}

/// Counts of what is there and not roleform's business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftAlone {
    /// Roles that exist and are not in scope (predefined `pg_*` ones not counted).
    pub roles: u64,
    /// ACL entries of grantees that are not in scope.
    pub entries: u64,
    /// Direct grants of external roles.
    pub external_entries: u64,
    /// What roles of the run own, as people read it, by the names that a plan gives them: the first of
    /// each, and how many there are.
    pub owned: BTreeMap<RoleName, (u64, Vec<String>)>,
}
