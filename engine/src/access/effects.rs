//! Effects: gains and losses of every role on classes of objects.
//!
//! Not here: what a class reads like (`render::access`). Invariant: one step per object to
//! find its class, and one real comparison per class and role that the class can concern.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use crate::access::closure::Memberships;
use crate::access::ends::{Difference, Ends, HeldBy, Owners, Ways, held_by, told, ways};
use crate::access::extent::Extent;
use crate::access::{Effect, RoleAccess, Roles, Turn};
use crate::acl::{Acl, Grantee};
use crate::catalog::{AclId, Catalog, Grants, Held, Role};
use crate::change::{Action, Changes, Place};
use crate::name::{DatabaseName, RoleName, SchemaPath};
use crate::object::{Object, ObjectKind};
use crate::plan::ResourcePlan;
use crate::privilege::PrivilegeSet;

/// Everything about roles that effects on objects are computed from.
pub(crate) struct Effects {
    major: u32,
    actors: BTreeMap<RoleName, Actor>,
    /// Role to the actors that have its privileges, before or after.
    inheritors: BTreeMap<RoleName, BTreeSet<RoleName>>,
    /// Actors who own something.
    owners: BTreeSet<RoleName>,
    /// Actors whose own grants are not looked at.
    external: BTreeSet<RoleName>,
    /// Actors whose memberships change.
    moved: BTreeSet<RoleName>,
    /// Owners of schemas that change hands, at both ends.
    handed: BTreeMap<DatabaseName, BTreeMap<Object, Owners>>,
}

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

/// What objects have in common: kind, owners, what is held on them, and for columns what is held
/// on their table.
type Class = (ObjectKind, Owners, Layer, Option<Layer>);

/// ACLs before and after, and what PUBLIC holds where it is not in scope.
type Layer = (Option<AclId>, Option<AclId>, PrivilegeSet);

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
    /// Follows all memberships at both ends. What was before has the names of after, by old name.
    pub(crate) fn new(plan: &ResourcePlan, facts: &Catalog) -> Effects {
        let major = plan.identity.major();
        let (before, after) = (Memberships::of(facts, major), Memberships::of(&plan.after, major));
        let names: BTreeSet<&RoleName> = facts.roles.keys().chain(plan.after.roles.keys()).collect();
        let actors: BTreeMap<RoleName, Actor> = names
            .into_iter()
            .map(|role| {
                let before = Side::of(role, facts.roles.get(role), &before);
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
        let handed = handed(&plan.changes);
        let owners = plan.left_alone.owned.keys().cloned().collect();
        let external = plan.scope.external.clone();
        Effects { external, major, actors, inheritors, owners, moved, handed }
    }

    /// The roles in scope.
    pub(crate) fn actors(&self) -> impl Iterator<Item = &RoleName> {
        self.actors.keys()
    }

    /// What a role gains or loses besides privileges on objects.
    pub(crate) fn role(&self, role: &RoleName) -> RoleAccess {
        let actor = &self.actors[role];
        let is_known =
            |source: &RoleName| self.actors.contains_key(source) && !self.external.contains(source);
        let outside = |side: &Side| -> BTreeSet<RoleName> {
            side.inherited.iter().filter(|source| *source != role && !is_known(source)).cloned().collect()
        };
        let owning = |side: &Side| -> BTreeSet<RoleName> {
            side.inherited.intersection(&self.owners).filter(|owner| *owner != role).cloned().collect()
        };
        RoleAccess {
            existence: Turn::of(actor.before.exists, actor.after.exists),
            login: Turn::of(actor.before.login, actor.after.login),
            superuser: Turn::of(actor.before.superuser, actor.after.superuser),
            roles: Roles::of(&outside(&actor.before), &outside(&actor.after)),
            owners: Roles::of(&owning(&actor.before), &owning(&actor.after)),
            set_role: Roles::of(&actor.before.set_role, &actor.after.set_role),
            effects: BTreeMap::new(),
        }
    }

    /// Adds the gains and losses on the objects of one place.
    pub(crate) fn place(&self, place: &Place, both: Both<'_>, roles: &mut BTreeMap<Grantee, RoleAccess>) {
        for ((kind, owners, layer, on_table), extent) in self.classes(place, both) {
            let ends = |layer| Effects::ends((kind, &owners), both, layer);
            let on_table = on_table.map(ends);
            for (grantee, effects) in self.effects(&ends(layer), on_table.as_ref()) {
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
            let owners = handed.remove(object).unwrap_or_else(|| (owner.clone(), owner.clone()));
            let layer = (held.0.map(|held| held.acl), held.1.map(|held| held.acl), both.public(object));
            let class = (object.kind(), owners, layer, both.on_relation(object));
            classes.entry(class).or_default().push(place, object);
        }
        // Schemas on which nobody in scope holds anything.
        for (object, owners) in handed {
            let class = (object.kind(), owners, (None, None, both.public(&object)), None);
            classes.entry(class).or_default().push(place, &object);
        }
        classes
    }

    /// What everybody holds by one layer.
    fn ends<'a>((kind, owners): (ObjectKind, &'a Owners), both: Both<'_>, layer: Layer) -> Ends<'a> {
        let (before, after, public) = layer;
        let nobody = Acl::default();
        let before = held(before.map_or(&nobody, |id| both.before.acl(id)), public);
        let after = held(after.map_or(&nobody, |id| both.after.acl(id)), public);
        Ends { kind, owners, before, after }
    }

    /// Who gains or loses what on one class. What is held on a table is held on its columns: said is
    /// what changes with that counted in, and not already said of the table.
    fn effects(&self, own: &Ends<'_>, on_table: Option<&Ends<'_>>) -> Vec<(Grantee, Vec<Effect>)> {
        let ends = &on_table
            .map_or_else(|| own.clone(), |on_table| own.with((on_table, own.kind.privileges(self.major))));
        let of_public = match on_table {
            None => ends.of_public(),
            Some(on_table) => ends.of_public().minus(on_table.of_public()),
        };
        let mut effects = Vec::new();
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
            let mut difference = self.difference(actor, ends).minus(ends.of_public());
            if let Some(on_table) = on_table {
                difference = difference.minus(self.difference(actor, on_table));
            }
            if difference.is_empty() {
                continue;
            }
            let (owned_before, owned_after) = ends.owners;
            let (before, after) = (&actor.before.inherited, &actor.after.inherited);
            let gained = ways((role, owned_after), &ends.after, after, difference.gained);
            let lost = ways((role, owned_before), &ends.before, before, difference.lost);
            effects.push((Grantee::Role(role.clone()), told(ends.kind, gained, lost)));
        }
        effects
    }

    /// What an actor gains and loses, with what PUBLIC holds counted in.
    fn difference(&self, actor: &Actor, ends: &Ends<'_>) -> Difference {
        let all = ends.kind.privileges(self.major);
        let everybody = ends.public();
        let before = held_by(&ends.owners.0, &ends.before, &actor.before.inherited, all).union(everybody.0);
        let after = held_by(&ends.owners.1, &ends.after, &actor.after.inherited, all).union(everybody.1);
        Difference::of(before, after)
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

impl Both<'_> {
    /// What PUBLIC holds on an object, where it is not in scope.
    fn public(&self, object: &Object) -> PrivilegeSet {
        self.everybody.and_then(|held| held.get(object)).copied().unwrap_or_default()
    }

    /// What is held on the relation of a column.
    fn on_relation(&self, object: &Object) -> Option<Layer> {
        let grants = [self.before, self.after];
        let is_there = |relation: &Object| {
            !self.public(relation).is_empty() || grants.iter().any(|one| one.objects().contains_key(relation))
        };
        let relations = object.relations()?;
        let relation = relations.iter().find(|relation| is_there(relation)).unwrap_or(&relations[0]);
        let acl = |grants: &Grants| grants.objects().get(relation).map(|held| held.acl);
        Some((acl(self.before), acl(self.after), self.public(relation)))
    }
}

/// What each grantee of an ACL holds.
fn held(acl: &Acl, public: PrivilegeSet) -> HeldBy {
    let mut held = BTreeMap::new();
    if !public.is_empty() {
        held.insert(Grantee::Public, public);
    }
    for entry in acl.entries() {
        let all = held.entry(entry.grantee.clone()).or_default();
        *all = all.union(entry.holding.privileges);
    }
    held
}

/// Owners of schemas that change hands.
fn handed(changes: &Changes) -> BTreeMap<DatabaseName, BTreeMap<Object, Owners>> {
    let mut handed: BTreeMap<DatabaseName, BTreeMap<Object, Owners>> = BTreeMap::new();
    for change in changes.owners.iter().filter(|change| change.action == Action::Update) {
        if let (Some(before), Some(after)) = (&change.before, &change.after) {
            let SchemaPath { database, schema } = change.path.clone();
            let owners = (before.clone(), after.clone());
            handed.entry(database).or_default().insert(Object::Schema(schema), owners);
        }
    }
    handed
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
