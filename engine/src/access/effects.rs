//! Effects: gains and losses of every role on classes of objects.
//!
//! Not here: what a class reads like (`render::access`). Invariant: one step per object to
//! find its class, and one real comparison per class and role that the class can concern.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use crate::access::closure::Memberships;
use crate::access::extent::Extent;
use crate::access::{Effect, RoleAccess, Roles, Turn, renames};
use crate::acl::{Acl, Grantee};
use crate::catalog::{AclId, Grants, Held, Role};
use crate::change::{Action, Changes, Place};
use crate::name::{DatabaseName, RoleName, SchemaPath};
use crate::object::{Object, ObjectKind};
use crate::plan::ResourcePlan;
use crate::privilege::PrivilegeSet;

/// Everything about roles that effects on objects are computed from.
pub(crate) struct Effects {
    major: u32,
    renamed: BTreeMap<RoleName, RoleName>,
    actors: BTreeMap<RoleName, Actor>,
    /// Role to the actors that have its privileges, before or after.
    inheritors: BTreeMap<RoleName, BTreeSet<RoleName>>,
    /// Actors whose memberships change.
    moved: BTreeSet<RoleName>,
    /// Owners of schemas that change hands, at both ends.
    handed: BTreeMap<DatabaseName, BTreeMap<Object, Owners>>,
}

/// Whose something is before and after.
type Owners = (RoleName, RoleName);

/// A role in scope.
struct Actor {
    before: Side,
    after: Side,
}

/// What a role is at one end.
#[derive(Default)]
struct Side {
    exists: bool,
    login: bool,
    superuser: bool,
    inherited: BTreeSet<RoleName>,
    set_role: BTreeSet<RoleName>,
}

/// What objects have in common: kind, owners, their ACLs before and after, and what PUBLIC holds
/// where it is not in scope.
type Class = (ObjectKind, Owners, Option<AclId>, Option<AclId>, PrivilegeSet);

/// One place at both ends.
#[derive(Clone, Copy)]
pub(crate) struct Both<'a> {
    /// Facts.
    pub(crate) before: &'a Grants,
    /// Outcome.
    pub(crate) after: &'a Grants,
    /// What PUBLIC holds at both ends, where it is not in scope.
    pub(crate) everybody: Option<&'a BTreeMap<Object, PrivilegeSet>>,
}

impl Effects {
    /// Follows all memberships at both ends.
    pub(crate) fn new(plan: &ResourcePlan) -> Effects {
        let (renamed, major) = (renames(&plan.changes), plan.identity.major());
        let name = |role: &RoleName| renamed.get(role).unwrap_or(role).clone();
        let before = Memberships::of(&plan.before, major, name);
        let after = Memberships::of(&plan.after, major, name);
        let roles_before: BTreeMap<RoleName, &Role> =
            plan.before.roles.iter().map(|(role, facts)| (name(role), facts)).collect();
        let names: BTreeSet<&RoleName> = roles_before.keys().chain(plan.after.roles.keys()).collect();
        let actors: BTreeMap<RoleName, Actor> = names
            .into_iter()
            .map(|role| {
                let before = Side::of(role, roles_before.get(role).copied(), &before);
                (role.clone(), Actor { before, after: Side::of(role, plan.after.roles.get(role), &after) })
            })
            .collect();
        let mut inheritors: BTreeMap<RoleName, BTreeSet<RoleName>> = BTreeMap::new();
        for (role, actor) in &actors {
            for source in actor.before.inherited.iter().chain(&actor.after.inherited) {
                inheritors.entry(source.clone()).or_default().insert(role.clone());
            }
        }
        let moved = actors.iter().filter(|(_, actor)| actor.before.inherited != actor.after.inherited);
        let moved = moved.map(|(role, _)| role.clone()).collect();
        let handed = handed(&plan.changes, name);
        Effects { major, renamed, actors, inheritors, moved, handed }
    }

    /// The roles in scope.
    pub(crate) fn actors(&self) -> impl Iterator<Item = &RoleName> {
        self.actors.keys()
    }

    /// What a role gains or loses besides privileges on objects.
    pub(crate) fn role(&self, role: &RoleName) -> RoleAccess {
        let actor = &self.actors[role];
        let outside = |side: &Side| -> BTreeSet<RoleName> {
            side.inherited.iter().filter(|source| !self.actors.contains_key(*source)).cloned().collect()
        };
        RoleAccess {
            existence: Turn::of(actor.before.exists, actor.after.exists),
            login: Turn::of(actor.before.login, actor.after.login),
            superuser: Turn::of(actor.before.superuser, actor.after.superuser),
            roles: Roles::of(&outside(&actor.before), &outside(&actor.after)),
            set_role: Roles::of(&actor.before.set_role, &actor.after.set_role),
            effects: BTreeMap::new(),
        }
    }

    /// Adds the gains and losses on the objects of one place.
    pub(crate) fn place(&self, place: &Place, both: Both<'_>, roles: &mut BTreeMap<Grantee, RoleAccess>) {
        for (class, extent) in self.classes(place, both) {
            let nobody = Acl::default();
            let before = class.2.map_or(&nobody, |id| both.before.acl(id));
            let after = class.3.map_or(&nobody, |id| both.after.acl(id));
            let (before, after) = (self.held(before, class.4), self.held(after, class.4));
            let ends = Ends { kind: class.0, owners: &class.1, before, after };
            for (grantee, effects) in self.effects(&ends) {
                let Some(role) = roles.get_mut(&grantee) else { continue };
                for effect in effects {
                    role.effects.entry(effect).or_default().merge(&extent);
                }
            }
        }
    }

    fn classes(&self, place: &Place, both: Both<'_>) -> BTreeMap<Class, Extent> {
        let mut classes: BTreeMap<Class, Extent> = BTreeMap::new();
        let mut handed = match place {
            Place::Shared => BTreeMap::new(),
            Place::Database(name) => self.handed.get(name).cloned().unwrap_or_default(),
        };
        let public = |object: &Object| both.everybody.and_then(|held| held.get(object)).copied();
        let mut old = both.before.objects().iter().peekable();
        let mut new = both.after.objects().iter().peekable();
        while let Some(object) =
            [old.peek(), new.peek()].into_iter().flatten().map(|(object, _)| *object).min()
        {
            let held = (take(&mut old, object), take(&mut new, object));
            let Some(owner) = held.0.or(held.1).map(|held| &held.owner) else { continue };
            if matches!(object, Object::Default(_)) {
                continue;
            }
            let owner = self.renamed.get(owner).unwrap_or(owner);
            let owners = handed.remove(object).unwrap_or_else(|| (owner.clone(), owner.clone()));
            let acls = (held.0.map(|held| held.acl), held.1.map(|held| held.acl));
            let class = (object.kind(), owners, acls.0, acls.1, public(object).unwrap_or_default());
            classes.entry(class).or_default().push(place, object);
        }
        // Schemas on which nobody in scope holds anything.
        for (object, owners) in handed {
            let class = (object.kind(), owners, None, None, public(&object).unwrap_or_default());
            classes.entry(class).or_default().push(place, &object);
        }
        classes
    }

    /// What each grantee of an ACL holds, under names after renames.
    fn held(&self, acl: &Acl, public: PrivilegeSet) -> BTreeMap<Grantee, PrivilegeSet> {
        let mut held: BTreeMap<Grantee, PrivilegeSet> = BTreeMap::new();
        if !public.is_empty() {
            held.insert(Grantee::Public, public);
        }
        for entry in acl.entries() {
            let grantee = match &entry.grantee {
                Grantee::Public => Grantee::Public,
                Grantee::Role(role) => Grantee::Role(self.renamed.get(role).unwrap_or(role).clone()),
            };
            let all = held.entry(grantee).or_default();
            *all = all.union(entry.holding.privileges);
        }
        held
    }

    /// Who gains or loses what on one class.
    fn effects(&self, ends: &Ends<'_>) -> Vec<(Grantee, Vec<Effect>)> {
        let everybody = ends.public();
        let mut effects = Vec::new();
        let of_public =
            Difference { gained: everybody.1.minus(everybody.0), lost: everybody.0.minus(everybody.1) };
        if !of_public.is_empty() {
            let direct = |privileges| Ways::from([(BTreeSet::new(), privileges)]);
            let told = told(ends.kind, direct(of_public.gained), direct(of_public.lost));
            effects.push((Grantee::Public, told));
        }
        for role in self.concerned(ends) {
            let actor = &self.actors[role];
            if actor.before.superuser || actor.after.superuser {
                continue;
            }
            let all = ends.kind.privileges(self.major);
            let (owned_before, owned_after) = ends.owners;
            let before = held_by(owned_before, &ends.before, &actor.before, all).union(everybody.0);
            let after = held_by(owned_after, &ends.after, &actor.after, all).union(everybody.1);
            let difference = Difference {
                gained: after.minus(before).minus(of_public.gained),
                lost: before.minus(after).minus(of_public.lost),
            };
            if difference.is_empty() {
                continue;
            }
            let gained = ways((role, owned_after), &ends.after, &actor.after, difference.gained);
            let lost = ways((role, owned_before), &ends.before, &actor.before, difference.lost);
            effects.push((Grantee::Role(role.clone()), told(ends.kind, gained, lost)));
        }
        effects
    }

    /// The actors for whom something may differ on a class: those whose memberships change,
    /// and those with the privileges of a grantee whose entries change.
    fn concerned(&self, ends: &Ends<'_>) -> BTreeSet<&RoleName> {
        let mut concerned: BTreeSet<&RoleName> = self.moved.iter().collect();
        let (old, new) = ends.owners;
        for owner in [old, new].into_iter().filter(|_| old != new) {
            concerned.extend(self.inheritors.get(owner).into_iter().flatten());
        }
        for grantee in ends.before.keys().chain(ends.after.keys()) {
            if ends.before.get(grantee) == ends.after.get(grantee) {
                continue;
            }
            match grantee {
                Grantee::Public => concerned.extend(self.actors.keys()),
                Grantee::Role(role) => concerned.extend(self.inheritors.get(role).into_iter().flatten()),
            }
        }
        concerned
    }
}

/// One class at both ends.
struct Ends<'a> {
    kind: ObjectKind,
    owners: &'a Owners,
    before: BTreeMap<Grantee, PrivilegeSet>,
    after: BTreeMap<Grantee, PrivilegeSet>,
}

impl Ends<'_> {
    fn public(&self) -> (PrivilegeSet, PrivilegeSet) {
        let of =
            |held: &BTreeMap<Grantee, PrivilegeSet>| held.get(&Grantee::Public).copied().unwrap_or_default();
        (of(&self.before), of(&self.after))
    }
}

/// What everybody holds by the entries of one end.
type HeldBy = BTreeMap<Grantee, PrivilegeSet>;

/// What a role holds by its closure; an owner holds everything.
fn held_by(owner: &RoleName, held: &HeldBy, side: &Side, all: PrivilegeSet) -> PrivilegeSet {
    let own = if side.inherited.contains(owner) { all } else { PrivilegeSet::EMPTY };
    side.inherited.iter().fold(own, |sum, source| sum.union(entry(held, source)))
}

/// Privileges by the roles through whose entries they are held; through nobody's, by one's own.
type Ways = BTreeMap<BTreeSet<RoleName>, PrivilegeSet>;

/// How a role holds each of the privileges.
fn ways((role, owner): (&RoleName, &RoleName), held: &HeldBy, side: &Side, wanted: PrivilegeSet) -> Ways {
    let own = if role == owner { wanted } else { entry(held, role) };
    let mut ways = Ways::from([(BTreeSet::new(), wanted.intersection(own))]);
    for privilege in wanted.minus(own).iter() {
        let one = PrivilegeSet::of(&[privilege]);
        let gives = |source: &&RoleName| *source == owner || entry(held, source).contains(privilege);
        let through = side.inherited.iter().filter(gives).cloned().collect();
        let way = ways.entry(through).or_default();
        *way = way.union(one);
    }
    ways
}

/// One effect for each way; what is not held in a way is no effect.
fn told(kind: ObjectKind, gained: Ways, lost: Ways) -> Vec<Effect> {
    let turned = |turn, ways: Ways| {
        ways.into_iter()
            .filter(|(_, privileges)| !privileges.is_empty())
            .map(move |(through, privileges)| Effect { turn, kind, privileges, through })
    };
    turned(Turn::Gained, gained).chain(turned(Turn::Lost, lost)).collect()
}

/// Owners of schemas that change hands, under names after renames.
fn handed(
    changes: &Changes,
    name: impl Fn(&RoleName) -> RoleName,
) -> BTreeMap<DatabaseName, BTreeMap<Object, Owners>> {
    let mut handed: BTreeMap<DatabaseName, BTreeMap<Object, Owners>> = BTreeMap::new();
    for change in changes.owners.iter().filter(|change| change.action == Action::Update) {
        if let (Some(before), Some(after)) = (&change.before, &change.after) {
            let SchemaPath { database, schema } = change.path.clone();
            let owners = (name(before), after.clone());
            handed.entry(database).or_default().insert(Object::Schema(schema), owners);
        }
    }
    handed
}

fn entry(held: &BTreeMap<Grantee, PrivilegeSet>, role: &RoleName) -> PrivilegeSet {
    held.get(&Grantee::Role(role.clone())).copied().unwrap_or_default()
}

/// What is gained and lost on one class.
struct Difference {
    gained: PrivilegeSet,
    lost: PrivilegeSet,
}

impl Difference {
    fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}

impl Side {
    fn of(name: &RoleName, role: Option<&Role>, memberships: &Memberships) -> Side {
        let Some(role) = role else { return Side::default() };
        Side {
            exists: true,
            login: role.attributes.login,
            superuser: role.attributes.superuser,
            inherited: memberships.inherited(name),
            set_role: memberships.only_by_set_role(name),
        }
    }
}

fn take<'a>(
    iterator: &mut Peekable<impl Iterator<Item = (&'a Object, &'a Held)>>,
    wanted: &Object,
) -> Option<&'a Held> {
    iterator.next_if(|(object, _)| *object == wanted).map(|(_, held)| held)
}
