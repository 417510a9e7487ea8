//! Order: changes in, stages of steps out.
//!
//! A vertex is a coalesced piece of work (all like grants of one place, one role, one
//! membership), an edge a requirement; the rank of a vertex (`rank`) is its longest way from
//! the beginning. Not here: statements (the provider writes them).
//! Invariant: the same changes give the same steps, and nothing is left for apply to choose:
//! whether one transaction does everything is decided here.

pub(crate) mod early;
mod handed_on;
mod rank;
mod renames;
pub(super) mod vertex;

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::Grantee;
use crate::change::{Action, Changes, GrantChange, OwnedFate, Place, RoleChange};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::order::early::Split;
use crate::graph::order::rank::Circle;
use crate::graph::order::vertex::{Class, Vertex, requires};
use crate::graph::parts;
use crate::name::{DatabaseName, RoleName};
use crate::object::Object;
use crate::plan::{Batch, Stages, Step, TransactionPlan};

/// Writes the statements of a batch.
pub(super) type Write<'a> = &'a dyn Fn(&Batch<'_>) -> Vec<Step>;

/// Roles, and the roles of the same server that must be complete before: `depends_on`.
pub type DependsOn = BTreeMap<RoleName, BTreeSet<RoleName>>;

/// Puts all work in order. `home` is the resource's own database, `room` how many objects one
/// transaction may name (`Observed::room`).
pub fn stages(
    (changes, depends_on): (&Changes, &DependsOn),
    (home, room): (&DatabaseName, Option<u64>),
    write: Write<'_>,
) -> Result<Stages, Box<Diagnostic>> {
    let work = Work::of(changes, depends_on);
    let mut ranked = work.ranked()?;
    let mut stages = Stages { parts: parts::parts(&work, &ranked, (home, room), write), ..Stages::default() };
    let is_split = !stages.parts.is_empty();
    if is_split {
        ranked.retain(|vertex| parts::half(&work, vertex).is_none());
    }
    let local: BTreeSet<&DatabaseName> = ranked.iter().filter_map(|vertex| vertex.database()).collect();
    let one_transaction = local.len() <= 1 && !is_split;
    if !one_transaction && let Some(Split { early, rest }) = early::split(changes) {
        let mut stages = self::stages((&rest, depends_on), (home, room), write)?;
        stages.prepare.extend(alone(&early, write)?);
        stages.undo.splice(0..0, alone(&early::inverse(&early), write)?);
        return Ok(stages);
    }
    let shared_in = local.first().copied().filter(|_| one_transaction).unwrap_or(home);
    let mut by_database: BTreeMap<&DatabaseName, Vec<Step>> = BTreeMap::new();
    for vertex in ranked {
        let steps = work.steps(vertex, write);
        match vertex {
            Vertex::Create(_) | Vertex::Aside(_) | Vertex::Rename(_) if !one_transaction => {
                stages.prepare.extend(steps);
                // Undone in reverse order.
                stages.undo.splice(0..0, work.undo(vertex, write));
            }
            Vertex::Drop(_) if !one_transaction => stages.finish.extend(steps),
            _ => by_database.entry(vertex.database().unwrap_or(shared_in)).or_default().extend(steps),
        }
    }
    // What is shared is proven in one transaction even if nothing of it changes there.
    if is_split || !(by_database.is_empty() && stages.prepare.is_empty() && stages.finish.is_empty()) {
        by_database.entry(shared_in).or_default();
    }
    let (last, others): (Vec<_>, Vec<_>) =
        by_database.into_iter().partition(|(database, _)| *database == shared_in);
    for (database, steps) in others.into_iter().chain(last) {
        let shared = database == shared_in;
        stages.transactions.push(TransactionPlan { database: database.clone(), shared, steps });
    }
    Ok(stages)
}

/// The steps of changes that one transaction carries out by themselves.
fn alone(changes: &Changes, write: Write<'_>) -> Result<Vec<Step>, Box<Diagnostic>> {
    let nothing = DependsOn::new();
    let work = Work::of(changes, &nothing);
    Ok(work.ranked()?.into_iter().flat_map(|vertex| work.steps(vertex, write)).collect())
}

/// All work, with what finds requirements.
pub(super) struct Work<'a> {
    pub(super) changes: &'a Changes,
    depends_on: &'a DependsOn,
    /// Places in `Changes::grants`.
    pub(super) grants: BTreeMap<(&'a Place, Class), Vec<usize>>,
    vertices: BTreeSet<Vertex<'a>>,
}

impl<'a> Work<'a> {
    fn of(changes: &'a Changes, depends_on: &'a DependsOn) -> Work<'a> {
        let mut work = Work { changes, depends_on, grants: BTreeMap::new(), vertices: BTreeSet::new() };
        for (at, role) in changes.roles.iter().enumerate() {
            work.add_role(at, role);
        }
        for (at, membership) in changes.memberships.iter().enumerate() {
            match membership.action {
                Action::Create | Action::Update => work.vertices.insert(Vertex::GrantMembership(at)),
                Action::Delete => work.vertices.insert(Vertex::RevokeMembership(at)),
                Action::NoOp | Action::Adopt | Action::Forget => false,
            };
        }
        let handed = changes.owners.iter().enumerate().filter(|(_, change)| change.action == Action::Update);
        work.vertices.extend(handed.map(|(at, change)| Vertex::HandOver(at, &change.path.database)));
        for (at, change) in changes.grants.iter().enumerate() {
            work.add_grant(at, change);
        }
        work
    }

    fn add_role(&mut self, at: usize, role: &'a RoleChange) {
        if role.renamed_from.is_some() {
            self.vertices.insert(Vertex::Rename(at));
            self.vertices.extend(role.aside.iter().map(|_| Vertex::Aside(at)));
        }
        match role.action {
            Action::Create => {
                self.vertices.insert(Vertex::Create(at));
                self.vertices.insert(Vertex::Finish(at));
            }
            Action::Update => {
                self.vertices.insert(Vertex::Finish(at));
            }
            Action::Delete => {
                let departure = role.departure.iter();
                let databases = departure.flat_map(|departure| &departure.databases);
                self.vertices.extend(databases.map(|database| Vertex::Disown(at, database)));
                self.vertices.insert(Vertex::Sessions(at));
                self.vertices.insert(Vertex::Drop(at));
            }
            Action::NoOp | Action::Adopt | Action::Forget => {}
        }
    }

    fn add_grant(&mut self, at: usize, change: &'a GrantChange) {
        let Some(first) = change.objects.first() else { return };
        let class = Class { kind: first.kind(), default: matches!(first, Object::Default(_)) };
        let mut touches = false;
        for entry in &change.entries {
            match entry.action {
                Action::Create | Action::Update | Action::Delete => {}
                Action::NoOp | Action::Adopt | Action::Forget => continue,
            }
            touches = true;
            if !entry.revoked().is_empty() {
                self.vertices.insert(Vertex::RevokeGrants(&change.place, class));
            }
            if !entry.added().is_empty() {
                self.vertices.insert(Vertex::AddGrants(&change.place, class));
            }
        }
        if touches {
            self.grants.entry((&change.place, class)).or_default().push(at);
        }
    }

    /// All vertices, each after what it requires.
    fn ranked(&self) -> Result<Vec<Vertex<'a>>, Box<Diagnostic>> {
        rank::ranked(&self.vertices, self.requirements()).map_err(|circle| Box::new(self.no_first(&circle)))
    }

    /// Work is ordered by its kind first (see `requires`), so that this is never said.
    fn no_first(&self, circle: &Circle<Vertex<'a>>) -> Diagnostic {
        let batches = circle.0.iter().filter_map(|vertex| self.batch(*vertex));
        let members: BTreeSet<String> =
            batches.map(|batch| format!("\n  {}", batch.subject().text)).collect();
        let members = Vec::from_iter(members).concat();
        let detail = format!("These changes require each other, so none can be the first:{members}");
        Diagnostic::error(Code::CLI010, Code::CLI010.title(), detail)
            .hint("report this, and what was planned")
    }

    /// Every requirement, as (before, after). Linear in what is mentioned: grants are compared
    /// with each other by class, and everything else through the roles that it mentions.
    fn requirements(&self) -> Vec<(Vertex<'a>, Vertex<'a>)> {
        let mut own: BTreeMap<&RoleName, Vec<Vertex<'a>>> = BTreeMap::new();
        for vertex in &self.vertices {
            if let Some(role) = self.own_role(vertex) {
                own.entry(role).or_default().push(*vertex);
            }
        }
        let mut found = renames::requirements(&self.changes.roles, &self.vertices);
        let mut check = |a: Vertex<'a>, b: Vertex<'a>| {
            if requires(&b, &a) {
                found.push((a, b));
            }
        };
        let is_class =
            |vertex: &&Vertex<'a>| matches!(vertex, Vertex::RevokeGrants(..) | Vertex::AddGrants(..));
        let classes: Vec<&Vertex<'a>> = self.vertices.iter().filter(is_class).collect();
        classes.iter().for_each(|a| classes.iter().for_each(|b| check(**a, **b)));
        for vertex in &self.vertices {
            for other in self.roles_of(vertex).into_iter().filter_map(|role| own.get(role)).flatten() {
                check(*vertex, *other);
                check(*other, *vertex);
            }
            match vertex {
                Vertex::RevokeMembership(_) => check(*vertex, Vertex::MembershipsRevoked),
                Vertex::GrantMembership(_) => check(Vertex::MembershipsRevoked, *vertex),
                Vertex::HandOver(..) => classes.iter().for_each(|class| check(*vertex, **class)),
                _ => {}
            }
        }
        let more = self.dependencies().into_iter().chain(handed_on::requirements(&self.changes.memberships));
        found.extend(more.filter(|(a, b)| self.vertices.contains(a) && self.vertices.contains(b)));
        found
    }

    /// `depends_on`: a role is made, and can log in, only after those that it depends on, and
    /// goes before them. There is no cycle of them (`cycles`), and they lead from like to like,
    /// so that there is none here either.
    fn dependencies(&self) -> Vec<(Vertex<'a>, Vertex<'a>)> {
        let at: BTreeMap<&RoleName, usize> =
            self.changes.roles.iter().enumerate().map(|(at, change)| (&change.name, at)).collect();
        let pairs = self.depends_on.iter().flat_map(|(role, needed)| needed.iter().map(move |n| (n, role)));
        pairs
            .filter_map(|(before, after)| Some((*at.get(before)?, *at.get(after)?)))
            .flat_map(|(before, after)| {
                [
                    (Vertex::Create(before), Vertex::Create(after)),
                    (Vertex::Finish(before), Vertex::Finish(after)),
                    (Vertex::Sessions(after), Vertex::Sessions(before)),
                    (Vertex::Drop(after), Vertex::Drop(before)),
                ]
            })
            .collect()
    }

    /// The role whose life a vertex is about.
    fn own_role(&self, vertex: &Vertex<'a>) -> Option<&'a RoleName> {
        match vertex {
            Vertex::Aside(at)
            | Vertex::Rename(at)
            | Vertex::Create(at)
            | Vertex::Finish(at)
            | Vertex::Sessions(at)
            | Vertex::Drop(at)
            | Vertex::Disown(at, _) => Some(&self.changes.roles[*at].name),
            Vertex::HandOver(..)
            | Vertex::RevokeGrants(..)
            | Vertex::RevokeMembership(_)
            | Vertex::Renamed
            | Vertex::MembershipsRevoked
            | Vertex::AddGrants(..)
            | Vertex::GrantMembership(_) => None,
        }
    }

    fn roles_of(&self, vertex: &Vertex<'a>) -> BTreeSet<&'a RoleName> {
        match vertex {
            Vertex::Aside(at)
            | Vertex::Rename(at)
            | Vertex::Create(at)
            | Vertex::Finish(at)
            | Vertex::Sessions(at)
            | Vertex::Drop(at) => BTreeSet::from([&self.changes.roles[*at].name]),
            Vertex::Disown(at, _) => {
                let role = &self.changes.roles[*at];
                let heir = role.departure.iter().filter_map(|departure| match &departure.fate {
                    OwnedFate::Reassigned(heir) => Some(heir),
                    OwnedFate::None | OwnedFate::Dropped => None,
                });
                heir.chain([&role.name]).collect()
            }
            Vertex::HandOver(at, _) => {
                let change = &self.changes.owners[*at];
                change.before.iter().chain(&change.after).collect()
            }
            Vertex::RevokeMembership(at) | Vertex::GrantMembership(at) => {
                let membership = &self.changes.memberships[*at].membership;
                BTreeSet::from([&membership.member, &membership.role])
            }
            Vertex::RevokeGrants(place, class) | Vertex::AddGrants(place, class) => {
                let changes = self.about(place, *class);
                let entries = changes.clone().flat_map(|change| &change.entries);
                let creators = changes.flat_map(|change| &change.objects).filter_map(|object| match object {
                    Object::Default(default) => Some(&default.creator),
                    _ => None,
                });
                let grantees = entries.filter_map(|entry| match &entry.grantee {
                    Grantee::Role(role) => Some(role),
                    Grantee::Public => None,
                });
                grantees.chain(creators).collect()
            }
            Vertex::Renamed | Vertex::MembershipsRevoked => BTreeSet::new(),
        }
    }

    /// Whether a schema of a place gets another owner.
    pub(super) fn hands_over_in(&self, place: &Place) -> bool {
        let here = |vertex: &Vertex<'_>| matches!((vertex, place), (Vertex::HandOver(_, of), Place::Database(name)) if *of == name);
        self.vertices.iter().any(here)
    }

    /// The changes that a vertex of grants is about.
    fn about(&self, place: &'a Place, class: Class) -> impl Iterator<Item = &'a GrantChange> + Clone {
        let places = self.grants.get(&(place, class)).map_or(&[][..], Vec::as_slice);
        places.iter().map(|at| &self.changes.grants[*at])
    }

    fn batch(&self, vertex: Vertex<'a>) -> Option<Batch<'a>> {
        let of = |place, class| self.about(place, class).collect();
        Some(match vertex {
            Vertex::Aside(at) | Vertex::Rename(at) => {
                let (from, to) = self.names(vertex)?;
                Batch::RenameRole(&self.changes.roles[at], from, to)
            }
            Vertex::Create(at) => Batch::CreateRole(&self.changes.roles[at]),
            Vertex::Finish(at) => Batch::FinishRole(&self.changes.roles[at]),
            Vertex::Sessions(at) => Batch::EndSessions(&self.changes.roles[at]),
            Vertex::Drop(at) => Batch::DropRole(&self.changes.roles[at]),
            Vertex::Disown(at, _) => Batch::Disown(&self.changes.roles[at]),
            Vertex::HandOver(at, _) => Batch::HandOver(&self.changes.owners[at]),
            Vertex::GrantMembership(at) => Batch::GrantMembership(&self.changes.memberships[at]),
            Vertex::RevokeMembership(at) => Batch::RevokeMembership(&self.changes.memberships[at]),
            Vertex::RevokeGrants(place, class) => Batch::RevokeGrants(place, of(place, class)),
            Vertex::AddGrants(place, class) => Batch::AddGrants(place, of(place, class)),
            Vertex::Renamed | Vertex::MembershipsRevoked => return None,
        })
    }

    pub(super) fn steps(&self, vertex: Vertex<'a>, write: Write<'_>) -> Vec<Step> {
        self.batch(vertex).map_or_else(Vec::new, |batch| write(&batch))
    }

    /// The names before and after a step of a rename.
    fn names(&self, vertex: Vertex<'a>) -> Option<(&'a RoleName, &'a RoleName)> {
        let role = |at: usize| &self.changes.roles[at];
        match vertex {
            Vertex::Aside(at) => Some((role(at).renamed_from.as_ref()?, role(at).aside.as_ref()?)),
            Vertex::Rename(at) => {
                Some((role(at).aside.as_ref().or(role(at).renamed_from.as_ref())?, &role(at).name))
            }
            Vertex::Create(_)
            | Vertex::HandOver(..)
            | Vertex::RevokeGrants(..)
            | Vertex::RevokeMembership(_)
            | Vertex::Renamed
            | Vertex::MembershipsRevoked
            | Vertex::AddGrants(..)
            | Vertex::GrantMembership(_)
            | Vertex::Finish(_)
            | Vertex::Sessions(_)
            | Vertex::Disown(..)
            | Vertex::Drop(_) => None,
        }
    }

    /// What takes a step of stage 1 back.
    fn undo(&self, vertex: Vertex<'a>, write: Write<'_>) -> Vec<Step> {
        match vertex {
            Vertex::Create(at) => write(&Batch::DropRole(&self.changes.roles[at])),
            Vertex::Aside(at) | Vertex::Rename(at) => {
                self.names(vertex).map_or_else(Vec::new, |(from, to)| {
                    write(&Batch::RenameRole(&self.changes.roles[at], to, from))
                })
            }
            Vertex::HandOver(..)
            | Vertex::RevokeGrants(..)
            | Vertex::RevokeMembership(_)
            | Vertex::Renamed
            | Vertex::MembershipsRevoked
            | Vertex::AddGrants(..)
            | Vertex::GrantMembership(_)
            | Vertex::Finish(_)
            | Vertex::Sessions(_)
            | Vertex::Disown(..)
            | Vertex::Drop(_) => Vec::new(),
        }
    }
}
