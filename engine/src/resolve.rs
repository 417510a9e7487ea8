//! Resolves what is declared against what a server has: the desired catalog.
//!
//! Selectors become objects, defaults become values, references are checked. Not here:
//! decisions (`diff`). Invariant: with errors among the diagnostics nothing may be planned.

mod grants;
mod ignored;
pub(crate) mod patterns;
pub(crate) mod public;
pub mod reserved;
mod roles;
pub(crate) mod select;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::change::{OwnedObjects, Place};
use crate::code::Code;
use crate::declared::{Declared, DeclaredPublic, DeclaredResource, DeclaredRole, RoleKind};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diff::Blocks;
use crate::diff::roles::RoleFacts;
use crate::name::{DatabaseName, RoleName, printable};
use crate::object::Object;
use crate::observed::{Everybody, Observed, Scope};
use crate::provider::Dialect;
use crate::scope::{self, Choice};
use crate::state::{RecordedResource, RecordedRole};

/// Which passwords are to be generated anew beside those that must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rotate {
    /// Only those whose `rotate_after` has passed.
    #[default]
    Due,
    /// All in the run.
    All,
    /// These blocks, and those due.
    These(BTreeSet<crate::name::AddressPattern>),
}

/// How the run was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-target`, `-exclude`.
    pub choice: Choice,
    /// `-rotate-password`.
    pub rotate: Rotate,
    /// `-destroy`: nothing is desired.
    pub destroy: bool,
    /// `-refresh-only`: what is observed is desired.
    pub refresh_only: bool,
    /// Now, in microseconds since 1970-01-01 UTC: decides which passwords are due.
    pub now: i64,
}

/// One server's part of the question.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The whole configuration.
    pub declared: &'a Declared,
    /// The server's block.
    pub resource: &'a DeclaredResource,
    /// What the state says about the server.
    pub recorded: Option<&'a RecordedResource>,
    /// What the run looks at.
    pub scope: &'a Scope,
    /// The same as it is written, with the addresses of before any move.
    pub written: Option<&'a RecordedResource>,
    /// What the server says.
    pub observed: &'a Observed,
    /// How the run was asked for.
    pub options: &'a Options,
    /// Who knows how values look on this kind of server.
    pub dialect: &'a dyn Dialect,
}

impl<'a> Question<'a> {
    /// The declared roles that take part; none with `-destroy`.
    fn declared_roles(&self) -> impl Iterator<Item = &'a DeclaredRole> {
        let destroy = self.options.destroy;
        scope::declared_roles(self.declared, self.resource, &self.options.choice).filter(move |_| !destroy)
    }

    /// The `public` blocks that take part; none with `-destroy`.
    fn publics(&self) -> impl Iterator<Item = &'a DeclaredPublic> {
        let destroy = self.options.destroy;
        scope::publics(self.declared, self.resource, &self.options.choice).filter(move |_| !destroy)
    }

    /// The recorded roles that take part.
    fn recorded_roles(&self) -> impl Iterator<Item = (&'a RoleName, &'a RecordedRole)> {
        scope::recorded_roles(self.declared, self.recorded, &self.options.choice)
    }
}

/// What is desired on one server.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// The picture to reach. Objects carry the OIDs and owners that were observed.
    pub catalog: Catalog,
    /// The picture observed, with passwords that may not be seen taken as recorded, and
    /// with roles under the names that they are renamed to.
    pub observed: Catalog,
    /// The recorded picture, restricted to the run and with the new names.
    pub recorded: Catalog,
    /// Where PUBLIC is managed, what was observed before roles are renamed; `None`: all of it.
    pub facts: Option<Catalog>,
    /// On what PUBLIC is managed.
    pub public: BTreeMap<Place, BTreeSet<Object>>,
    /// What PUBLIC holds elsewhere.
    pub everybody: Everybody,
    /// Who answers for whom, declared or remembered.
    pub blocks: Blocks,
    /// What the state will remember about each declared role.
    pub roles: BTreeMap<RoleName, RecordedRole>,
    /// Roles to forget without touching them.
    pub forgotten: BTreeMap<RoleName, RecordedRole>,
    /// Roles to rename: old name to new.
    pub renames: BTreeMap<RoleName, RoleName>,
    /// What becomes of owned objects, for roles that are dropped.
    pub owned: BTreeMap<RoleName, OwnedObjects>,
    /// Managed or external, for every role in the run.
    pub kinds: BTreeMap<RoleName, RoleKind>,
}

impl RoleFacts for Desired {
    fn kind(&self, role: &RoleName) -> RoleKind {
        self.kinds.get(role).copied().unwrap_or(RoleKind::Managed)
    }

    fn renamed_from(&self, role: &RoleName) -> Option<RoleName> {
        self.renames.iter().find(|(_, new)| *new == role).map(|(old, _)| old.clone())
    }

    fn owned(&self, role: &RoleName) -> OwnedObjects {
        self.owned.get(role).cloned().unwrap_or_default()
    }
}

/// Resolves one server's part of the configuration.
pub fn resolve(question: &Question<'_>) -> (Desired, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let mut desired = Desired::default();
    roles::resolve(question, &mut desired, &mut diagnostics);
    grants::resolve(question, &mut desired, &mut diagnostics);
    public::resolve(question, &mut desired);
    ignored::keep(question, &mut desired);
    diagnostics.extend(question.observed.unseen.iter().map(|database| unseen(question, database)));
    if question.options.refresh_only {
        desired.catalog = desired.observed.clone();
    }
    (desired, diagnostics)
}

/// What a role holds in a closed database cannot be looked at, let alone changed.
fn unseen(question: &Question<'_>, database: &DatabaseName) -> Diagnostic {
    let (shown, resource) = (printable(database.as_str()), &question.resource.name);
    let said = Diagnostic::warning(
        Code::PLN031,
        "Database cannot be looked into",
        format!(
            "On {resource}, roles of this configuration hold or own something in \"{shown}\", which accepts no connections. It is left as it is."
        ),
    )
    .hint("let it accept connections (ALTER DATABASE … ALLOW_CONNECTIONS true) while a plan is made and applied");
    Diagnostic { span: question.resource.span.clone(), ..said }
}
