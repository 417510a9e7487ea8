//! Policies: what no plan may do, whoever reviews it.
//!
//! A `policy` block is a list of rules over planned changes. It travels in the plan, with what
//! it found, and is asked again at apply, together with the policies that the configuration has
//! then. Not here: HCL (`config::lower::policy`), the verdict (`judge`). Invariant: a rule is
//! about what a change adds or takes, never about what merely is.

pub mod format_v1;
mod given;
pub mod judge;
mod matching;
pub mod message;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::declared::Patterns;
use crate::diagnostic::{Origin, Span};
use crate::name::ResourceName;
use crate::privilege::PrivilegeSet;

/// A `policy` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its label.
    pub name: String,
    /// Why it is there, in the words of whoever wrote it.
    pub description: Option<String>,
    /// What a violation means.
    pub enforcement: Enforcement,
    /// The servers that it is about; none named: all.
    pub resources: BTreeSet<ResourceName>,
    /// Its rules, in the order in which they are written.
    pub rules: Vec<Rule>,
}

/// A `policy` block, and where it is written.
#[derive(Clone, Debug)]
pub struct DeclaredPolicy {
    /// What it says.
    pub policy: Policy,
    /// Where each of its rules stands, in their order.
    pub rules: Vec<Span>,
}

/// What a violation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enforcement {
    /// No plan, no apply.
    Deny,
    /// A warning.
    Warn,
}

/// One rule: a block inside a policy, or one argument of `limit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Where it is written.
    pub origin: Origin,
    /// What it says.
    pub says: Says,
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// `deny { attributes = […] }`: these roles gain none of these.
    NoAttribute {
        /// Names in PostgreSQL.
        roles: Patterns,
        /// Which.
        attributes: BTreeSet<Attribute>,
    },
    /// `deny { member_of = […] }`: these roles become members of none of those.
    NoMember {
        /// Names in PostgreSQL.
        roles: Patterns,
        /// Names in PostgreSQL.
        of: Patterns,
    },
    /// `deny { privileges = […] }`, `deny { grant_option = true }`: they are not granted this.
    NoGrant {
        /// To whom.
        to: To,
        /// What.
        what: What,
        /// On what.
        on: Extent,
    },
    /// `allow { … }`: they are granted this, and what other `allow` blocks of the policy allow
    /// them, and nothing else.
    OnlyGrant {
        /// To whom.
        to: To,
        /// What.
        privileges: PrivilegeSet,
        /// On what.
        on: Extent,
    },
    /// `protect { roles = […] }`: these roles stay as they are.
    Protect {
        /// Names in PostgreSQL.
        roles: Patterns,
    },
    /// `limit { … }`: a plan does so much and no more.
    Limit {
        /// Of what.
        of: Counted,
        /// How much.
        most: u64,
    },
}

/// To whom a grant goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Whoever it is, PUBLIC included.
    Anyone,
    /// PUBLIC.
    Public,
    /// Roles, by their names in PostgreSQL.
    Roles(Patterns),
}

/// What of a grant is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// These privileges.
    Privileges(PrivilegeSet),
    /// The grant option for these.
    GrantOption(PrivilegeSet),
}

/// On what a grant is; what is `None` is any. Databases are names, not objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// In these databases, or on them.
    pub databases: Option<Patterns>,
    /// In these schemas, or on them.
    pub schemas: Option<Patterns>,
    /// On these tables and views, or columns of them.
    pub tables: Option<Patterns>,
}

/// An attribute that gives power over the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// SUPERUSER.
    Superuser,
    /// CREATEROLE.
    CreateRole,
    /// CREATEDB.
    CreateDb,
    /// REPLICATION.
    Replication,
    /// BYPASSRLS.
    BypassRls,
    /// LOGIN.
    Login,
}

/// What a limit counts in a plan, on the policy's servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Roles that are dropped.
    Drops,
    /// Addresses that are created.
    Adds,
    /// Addresses that are changed in place.
    Changes,
    /// Addresses that are destroyed.
    Destroys,
}

/// A change that a policy forbids, and those like it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The policy's place in the plan.
    pub policy: u32,
    /// The rule's place in the policy.
    pub rule: u32,
    /// The server; none for what is counted over several.
    pub resource: Option<ResourceName>,
    /// The address of the change, or the first one of like changes; empty for what is counted.
    pub address: String,
    /// How many like changes there are besides.
    pub others: u64,
    /// What is wrong, as a sentence without its full stop.
    pub detail: String,
    /// Where the change is declared.
    pub origin: Option<Origin>,
}

impl Attribute {
    /// Every attribute that a policy knows.
    pub const ALL: &'static [Attribute] = &[
        Attribute::Superuser,
        Attribute::CreateRole,
        Attribute::CreateDb,
        Attribute::Replication,
        Attribute::BypassRls,
        Attribute::Login,
    ];

    /// The SQL word.
    pub fn word(self) -> &'static str {
        match self {
            Attribute::Superuser => "SUPERUSER",
            Attribute::CreateRole => "CREATEROLE",
            Attribute::CreateDb => "CREATEDB",
            Attribute::Replication => "REPLICATION",
            Attribute::BypassRls => "BYPASSRLS",
            Attribute::Login => "LOGIN",
        }
    }
}

impl Counted {
    /// Everything that can be counted.
    pub const ALL: &'static [Counted] = &[Counted::Drops, Counted::Adds, Counted::Changes, Counted::Destroys];

    /// The argument of `limit`.
    pub fn argument(self) -> &'static str {
        match self {
            Counted::Drops => "drop_roles",
            Counted::Adds => "add",
            Counted::Changes => "change",
            Counted::Destroys => "destroy",
        }
    }

    /// What is counted, for people.
    pub fn words(self) -> &'static str {
        match self {
            Counted::Drops => "roles to drop",
            Counted::Adds => "addresses to add",
            Counted::Changes => "addresses to change",
            Counted::Destroys => "addresses to destroy",
        }
    }
}

impl Says {
    /// The block that the rule is written as.
    pub fn block(&self) -> &'static str {
        match self {
            Says::NoAttribute { .. } | Says::NoMember { .. } | Says::NoGrant { .. } => "deny",
            Says::OnlyGrant { .. } => "allow",
            Says::Protect { .. } => "protect",
            Says::Limit { .. } => "limit",
        }
    }
}
