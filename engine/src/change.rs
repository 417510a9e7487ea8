//! Changes: what happens to which address, and why.
//!
//! Like grants on many objects are one `GrantChange` (design 11): its entries all apply to
//! each of its objects, so a change is as large as its distinct facts. Not here: how changes
//! are found (`diff`), in which order they run (`graph`). Invariant: no change without a reason.

use crate::acl::{Grantee, Holding};
use crate::catalog::{Membership, MembershipOptions, Role};
use crate::declared::{OpenSessions, RoleKind};
use crate::diagnostic::Origin;
use crate::name::{BlockAddress, DatabaseName, RoleName, SchemaPath, quoted};
use crate::object::Object;
use crate::observed::Owned;

/// What happens to an address. Words and signs of Terraform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Made on the server.
    Create,
    /// Changed on the server.
    Update,
    /// Taken off the server.
    Delete,
    /// Written into the state only: the server already has it.
    Adopt,
    /// Taken out of the state only: the server has it no longer, or shall keep it.
    Forget,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Desired, recorded and observed agree.
    Unchanged,
    /// Declared, and on the server already.
    AlreadySo,
    /// The server no longer has what was recorded.
    ChangedOutside,
    /// The configuration changed.
    ChangedInConfiguration,
    /// Recorded, declared, and gone from the server.
    DeletedOutside,
    /// Declared for the first time.
    New,
    /// Recorded, no longer declared.
    RemovedFromConfiguration,
    /// Recorded, no longer declared, and gone from the server already.
    AlreadyGone,
    /// On the server for a managed role, never declared.
    NotDeclared,
    /// PUBLIC has it built in, never declared.
    BuiltIn,
    /// A `removed` block says to leave it in PostgreSQL.
    LeftInPlace,
    /// Desired and observed, but taken along by a REVOKE on the column's table.
    LostWithTable,
    /// A password is as old as it may get, or its rotation was asked for.
    PasswordDue,
    /// Not ours.
    NotOurs,
}

impl Reason {
    /// The words in parentheses; `None` when there is nothing to say.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Reason::Unchanged | Reason::NotOurs => None,
            Reason::AlreadySo => Some("already so"),
            Reason::ChangedOutside => Some("changed outside"),
            Reason::ChangedInConfiguration => Some("changed in configuration"),
            Reason::DeletedOutside => Some("deleted outside"),
            Reason::New => Some("new"),
            Reason::RemovedFromConfiguration => Some("removed from configuration"),
            Reason::AlreadyGone => Some("already gone"),
            Reason::NotDeclared => Some("not declared for a managed role"),
            Reason::BuiltIn => Some("built into PostgreSQL, not declared"),
            Reason::LostWithTable => Some("granted again: the table's REVOKE takes it along"),
            Reason::PasswordDue => Some("password rotation"),
            Reason::LeftInPlace => Some("forgotten, left in PostgreSQL"),
        }
    }

    /// Whether someone changed the server behind roleform's back.
    pub fn is_drift(self) -> bool {
        matches!(self, Reason::ChangedOutside | Reason::DeletedOutside | Reason::NotDeclared)
    }
}

/// All changes of one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Roles, by name.
    pub roles: Vec<RoleChange>,
    /// Memberships, by key.
    pub memberships: Vec<MembershipChange>,
    /// Owners of schemas, by schema.
    pub owners: Vec<OwnerChange>,
    /// Grants, by place and first object.
    pub grants: Vec<GrantChange>,
}

/// A change of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// The block, declared or remembered.
    pub address: BlockAddress,
    /// Its name after the change.
    pub name: RoleName,
    /// Its name before, when it is renamed.
    pub renamed_from: Option<RoleName>,
    /// Its name in between, when two roles swap theirs.
    pub aside: Option<RoleName>,
    /// Managed or external.
    pub kind: RoleKind,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// As observed.
    pub before: Option<Role>,
    /// As desired.
    pub after: Option<Role>,
    /// What goes with it, for a Delete.
    pub departure: Option<Departure>,
    /// Where it is declared.
    pub origin: Option<Origin>,
}

/// What goes with a role that is dropped: decided while planning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Departure {
    /// What becomes of the objects that it owns.
    pub fate: OwnedFate,
    /// What it owned when the plan was made: what it owns by the time of the apply must be the same.
    pub owned: Vec<Owned>,
    /// The databases in which something of it is to be given away, dropped or cleared.
    pub databases: Vec<DatabaseName>,
    /// What becomes of its sessions.
    pub sessions: OpenSessions,
    /// Roles that the run is not about and that lose what they have through it.
    pub members: Vec<RoleName>,
}

/// What becomes of the objects that a role owns when it is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OwnedFate {
    /// It owns none; what else there is (default privileges, policies, user mappings) is of no
    /// use without it and is cleared.
    #[default]
    None,
    /// They go to this role.
    Reassigned(RoleName),
    /// They are dropped.
    Dropped,
}

/// A change of a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipChange {
    /// The member's block.
    pub address: BlockAddress,
    /// Which.
    pub membership: Membership,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Options as observed.
    pub before: Option<MembershipOptions>,
    /// Options as desired.
    pub after: Option<MembershipOptions>,
    /// Where it is declared.
    pub origin: Option<Origin>,
}

/// A change of whose a schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerChange {
    /// The `schema` block, declared or remembered.
    pub address: BlockAddress,
    /// Which schema.
    pub path: SchemaPath,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// Whose it was observed to be.
    pub before: Option<RoleName>,
    /// Whose it shall be.
    pub after: Option<RoleName>,
    /// Where it is declared.
    pub origin: Option<Origin>,
}

/// Where objects are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Shared by the server.
    Shared,
    /// Inside a database.
    Database(DatabaseName),
}

impl Place {
    /// An object's name with its database, e.g. `app.billing.orders`.
    pub fn path(&self, object: &Object) -> String {
        match self {
            Place::Shared => object.to_string(),
            Place::Database(database) => format!("{database}.{object}"),
        }
    }
}

/// Like changes on like objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantChange {
    /// Where the objects are.
    pub place: Place,
    /// All of one kind, in order; never empty.
    pub objects: Vec<Object>,
    /// What changes on each of them, by grantee; never empty.
    pub entries: Vec<EntryChange>,
}

/// A change of what one grantee holds on each object of a `GrantChange`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryChange {
    /// The block that answers for it.
    pub address: BlockAddress,
    /// Who holds.
    pub grantee: Grantee,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// As observed, by grantor.
    pub before: Vec<Holding>,
    /// As desired.
    pub after: Vec<Holding>,
    /// Where it is declared.
    pub origin: Option<Origin>,
}

impl EntryChange {
    /// What is held by more than it shall be, by grantor: `grantable` alone where only the
    /// grant option goes.
    pub fn revoked(&self) -> Vec<Holding> {
        surplus(&self.before, &self.after)
    }

    /// What is missing, by grantor: a privilege whose grant option is missing is granted again.
    pub fn added(&self) -> Vec<Holding> {
        surplus(&self.after, &self.before)
            .into_iter()
            .map(|holding| Holding { privileges: holding.privileges.union(holding.grantable), ..holding })
            .collect()
    }
}

/// What `these` have and `those` have not. `privileges` are the whole privileges, `grantable`
/// the grant options, of privileges that are whole or only lack the option.
fn surplus(these: &[Holding], those: &[Holding]) -> Vec<Holding> {
    these
        .iter()
        .filter_map(|this| {
            let that = those.iter().find(|that| that.grantor == this.grantor);
            let (privileges, grantable) = match that {
                Some(that) => (this.privileges.minus(that.privileges), this.grantable.minus(that.grantable)),
                None => (this.privileges, this.grantable),
            };
            (!privileges.is_empty() || !grantable.is_empty()).then(|| Holding {
                grantor: this.grantor.clone(),
                privileges,
                grantable,
            })
        })
        .collect()
}

impl GrantChange {
    /// The address of one entry on one object, e.g. `table_grant.reader["app.billing.orders"]`.
    pub fn address_of(&self, entry: &EntryChange, object: &Object) -> String {
        let word = entry.address.of_kind(object.grant_word());
        format!("{word}[{}]", quoted(&self.place.path(object)))
    }
}

impl MembershipChange {
    /// The address.
    pub fn address_text(&self) -> String {
        self.address.of_membership(&self.membership.role, self.membership.grantor.role())
    }
}

impl OwnerChange {
    /// The address, e.g. `schema.billing`.
    pub fn address_text(&self) -> String {
        self.address.of_kind("schema")
    }
}

impl Changes {
    /// Whether nothing at all is to be done or written.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
            && self.memberships.is_empty()
            && self.owners.is_empty()
            && self.grants.is_empty()
    }
}
