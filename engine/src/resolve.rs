//! Resolves what is declared against what a server has: the desired catalog.
//!
//! Selectors become objects, defaults become values, references are checked. Not here:
//! decisions (`diff`). Invariant: with errors among the diagnostics nothing may be planned.

mod circles;
mod databases;
mod grantors;
mod grants;
mod handed_on;
mod ignored;
mod lacking;
mod owners;
pub(crate) mod patterns;
mod pictures;
pub(crate) mod prospect;
pub(crate) mod public;
mod refresh;
mod removal;
pub mod renames;
pub mod reserved;
mod roles;
pub(crate) mod select;
mod signature;
mod standing;
mod usual;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::change::{Departure, Place};
use crate::choice::Choice;
use crate::code::Code;
use crate::declared::{DeclaredRole, RoleKind};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diff::roles::RoleFacts;
use crate::diff::{Block, Blocks};
use crate::name::{AddressPattern, BlockAddress, DatabaseName, RoleName, SchemaPath, printable};
use crate::observed::{Everybody, Observed, Scope};
use crate::plan::Mode;
use crate::provider::Dialect;
use crate::public::{PublicObjects, PublicReach};
use crate::resolve::renames::Rename;
use crate::scope::Part;
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
    These(BTreeSet<AddressPattern>),
}

/// How the run was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-target`, `-exclude`.
    pub choice: Choice,
    /// `-rotate-password`.
    pub rotate: Rotate,
    /// `-destroy`, `-refresh-only`.
    pub mode: Mode,
    /// Roles to take over beside those that the configuration names (`roleform import`).
    pub adopt: BTreeSet<AddressPattern>,
    /// Now, in microseconds since 1970-01-01 UTC: decides which passwords are due.
    pub now: i64,
}

/// What planning one server is about, with roles under the names that they have now.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The server's part of the run.
    pub part: Part<'a>,
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

impl Asked<'_> {
    /// Whether a role that exists may be taken over.
    fn adopts(&self, role: &DeclaredRole) -> bool {
        role.adopt
            || self.part.declared.imports.contains(&role.address)
            || self.options.adopt.iter().any(|pattern| pattern.matches(&role.address))
    }

    /// Which roles are renamed, and what the server says by their new names.
    pub fn renamed(&self) -> (After<'_>, Diagnostics) {
        let (renames, diagnostics) = match self.part.mode {
            Mode::Normal | Mode::Destroy => renames::find(self),
            Mode::RefreshOnly => Default::default(),
        };
        let names = renames.iter().map(|(old, rename)| (old.clone(), rename.to.clone())).collect();
        (After { observed: self.observed.renamed(&names), renames, names }, diagnostics)
    }

    /// The same, once it is known which roles are renamed.
    pub fn question<'b>(&'b self, after: &'b After<'b>) -> Question<'b> {
        let Asked { part, scope, written, options, dialect, .. } = *self;
        Question { asked: self, part, scope, written, observed: &after.observed, after, options, dialect }
    }
}

/// Renames, and the names that they lead to.
#[derive(Clone, Debug)]
pub struct After<'a> {
    /// What the server says, by the new names.
    pub observed: Cow<'a, Observed>,
    /// Roles to rename, by old name.
    renames: BTreeMap<RoleName, Rename>,
    /// Old name to new, of every role that is renamed.
    names: BTreeMap<RoleName, RoleName>,
}

/// What planning one server is about, with roles under the names that they have after the renames
/// of the plan.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// By the names of before.
    pub asked: &'a Asked<'a>,
    /// The server's part of the run.
    pub part: Part<'a>,
    /// What the run looks at.
    pub scope: &'a Scope,
    /// What is recorded as it is written, with the addresses of before any move.
    pub written: Option<&'a RecordedResource>,
    /// What the server says.
    pub observed: &'a Observed,
    /// Which roles are renamed.
    pub after: &'a After<'a>,
    /// How the run was asked for.
    pub options: &'a Options,
    /// Who knows how values look on this kind of server.
    pub dialect: &'a dyn Dialect,
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
    /// On what PUBLIC is managed, until it is settled.
    public: BTreeMap<Place, PublicObjects>,
    /// On what the plan looks at PUBLIC.
    pub reach: BTreeMap<Place, PublicReach>,
    /// What PUBLIC holds elsewhere.
    pub everybody: Everybody,
    /// How many entries that somebody made for PUBLIC are managed.
    pub managed_for_public: u64,
    /// Who answers for whom, declared or remembered.
    pub blocks: Blocks,
    /// The blocks of schemas whose owners are managed.
    pub schemas: BTreeMap<SchemaPath, Block>,
    /// The blocks of schemas that keep their owners, and are forgotten.
    pub forgotten_schemas: BTreeMap<SchemaPath, BlockAddress>,
    /// What the state will remember about each declared role.
    pub roles: BTreeMap<RoleName, RecordedRole>,
    /// Roles to forget without touching them.
    pub forgotten: BTreeMap<RoleName, RecordedRole>,
    /// Roles to rename, by old name.
    pub renames: BTreeMap<RoleName, Rename>,
    /// What goes with the roles that are dropped.
    pub departures: BTreeMap<RoleName, Departure>,
    /// Managed or external, for every role in the run.
    pub kinds: BTreeMap<RoleName, RoleKind>,
}

impl Desired {
    /// The name of a role before the renames of this plan, if it has another now.
    fn old_name(&self, new: &RoleName) -> Option<&RoleName> {
        self.renames.iter().find(|(_, rename)| rename.to == *new).map(|(old, _)| old)
    }
}

impl RoleFacts for Desired {
    fn kind(&self, role: &RoleName) -> RoleKind {
        self.kinds.get(role).copied().unwrap_or(RoleKind::Managed)
    }

    fn renamed_from(&self, role: &RoleName) -> Option<RoleName> {
        self.old_name(role).cloned()
    }

    fn aside(&self, role: &RoleName) -> Option<RoleName> {
        self.old_name(role).and_then(|old| self.renames[old].aside.clone())
    }

    fn departure(&self, role: &RoleName) -> Option<Departure> {
        self.departures.get(role).cloned()
    }
}

/// Resolves one server's part of the configuration.
pub fn resolve(question: &Question<'_>) -> (Desired, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let renames = question.after.renames.clone();
    let mut desired = Desired { renames, ..Desired::default() };
    match question.part.mode {
        Mode::Normal | Mode::Destroy => {
            roles::resolve(question, &mut desired, &mut diagnostics);
            circles::refuse(question, &mut diagnostics);
            owners::resolve(question, &mut desired, &mut diagnostics);
            grants::resolve(question, &mut desired, &mut diagnostics);
            public::resolve(question, &mut desired);
            ignored::keep(question, &mut desired);
            removal::leave_out_dropped(&mut desired);
            handed_on::refuse(question, &desired, &mut diagnostics);
            grantors::refuse(question, &desired, &mut diagnostics);
        }
        Mode::RefreshOnly => {
            refresh::resolve(question, &mut desired);
            public::refresh(question, &mut desired);
        }
    }
    diagnostics.extend(question.observed.unseen.iter().map(|database| unseen(question, database)));
    (desired, diagnostics)
}

/// What a role holds in a closed database cannot be looked at, let alone changed.
fn unseen(question: &Question<'_>, database: &DatabaseName) -> Diagnostic {
    let (shown, resource) = (printable(database.as_str()), &question.part.resource.name);
    let said = Diagnostic::warning(
        Code::PLN031,
        "Database cannot be looked into",
        format!(
            "On {resource}, roles of this configuration hold or own something in \"{shown}\", which accepts no connections. It is left as it is."
        ),
    )
    .hint("let it accept connections (ALTER DATABASE … ALLOW_CONNECTIONS true) while a plan is made and applied");
    Diagnostic { span: question.part.resource.span.clone(), ..said }
}
