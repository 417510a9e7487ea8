//! Whether grants on objects can be made and revoked as planned.
//!
//! As whom a statement acts is for `acting` to say; here it is asked whether that role can do it. Not
//! here: roles (`roles`).
//! Invariant: one message per cause, with the objects that it is about.

mod cause;

use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Grantee, Grantor, Holding};
use engine::change::{EntryChange, GrantChange, Place};
use engine::diagnostic::Diagnostic;
use engine::name::{RoleName, SchemaName, SchemaPath};
use engine::object::Object;
use engine::observed::{Dependent, Lapse, Observed, Obstacle, ObstacleKind};
use engine::privilege::PrivilegeSet;

use super::{listed, quoted};
use crate::acting::{Act, Acting, Powers};
use cause::{Cause, tell};

/// Causes, each with its objects.
struct Causes<'a> {
    observed: &'a Observed,
    place: &'a Place,
    powers: Powers<'a>,
    /// By role, schema and kind.
    obstacles: BTreeMap<(&'a RoleName, Option<&'a SchemaName>, ObstacleKind), &'a Obstacle>,
    found: BTreeMap<Cause, Vec<&'a Object>>,
}

/// What is in the way of revoking.
pub(super) fn revoke(observed: &Observed, place: &Place, changes: &[&GrantChange]) -> Vec<Diagnostic> {
    let mut causes = Causes::new(observed, place);
    let dependents = causes.dependents();
    for change in changes {
        for entry in &change.entries {
            for holding in entry.revoked() {
                let options = holding.grantable.minus(holding.privileges);
                for privileges in [holding.privileges, options] {
                    causes.actors(change, Act { grantor: &holding.grantor, privileges, takes: true });
                }
                if !causes.obstacles(change, &holding) {
                    causes.lapses(change, &holding);
                }
            }
            causes.depending(change, entry, &dependents);
        }
    }
    causes.diagnostics()
}

/// What is in the way of granting.
pub(super) fn add(observed: &Observed, place: &Place, changes: &[&GrantChange]) -> Vec<Diagnostic> {
    let mut causes = Causes::new(observed, place);
    for change in changes {
        for holding in change.entries.iter().flat_map(EntryChange::added) {
            for privileges in [holding.grantable, holding.privileges.minus(holding.grantable)] {
                causes.actors(change, Act { grantor: &holding.grantor, privileges, takes: false });
            }
            causes.options(change, &holding);
            causes.barred_grantor(change, &holding);
        }
    }
    causes.diagnostics()
}

impl<'a> Causes<'a> {
    fn new(observed: &'a Observed, place: &'a Place) -> Causes<'a> {
        let here = observed.obstacles.iter().filter(|obstacle| obstacle.place == *place);
        let key = |obstacle: &'a Obstacle| (&obstacle.grantor, obstacle.schema.as_ref(), obstacle.why);
        Causes {
            observed,
            place,
            powers: Powers::of(observed, place),
            obstacles: here.map(|obstacle| (key(obstacle), obstacle)).collect(),
            found: BTreeMap::new(),
        }
    }

    fn add(&mut self, cause: Cause, object: &'a Object) {
        let objects = self.found.entry(cause).or_default();
        // Several grantees on one object are one reason.
        if objects.last() != Some(&object) {
            objects.push(object);
        }
    }

    /// Whether the administrator can act as the grantor, with these privileges.
    fn actors(&mut self, change: &'a GrantChange, act: Act<'_>) {
        if self.observed.admin.superuser || act.privileges.is_empty() {
            return;
        }
        for object in &change.objects {
            if let Some(cause) = self.actor(object, act) {
                self.add(cause, object);
            }
        }
    }

    /// Why nobody who could act on an object would stand as the grantor.
    fn actor(&self, object: &'a Object, act: Act<'_>) -> Option<Cause> {
        match (self.powers.acting(object, act), act.grantor) {
            (Acting::Session, Grantor::Owner) => self.barred(object).map(Cause::Barred),
            // Others who act are asked about with their obstacles, and their options.
            (Acting::Session | Acting::As(_), Grantor::Role(_)) => None,
            (Acting::As(owner), Grantor::Owner) => {
                let schema = self.obstacle(object, &owner, ObstacleKind::NoUsage)?.schema.clone()?;
                Some(Cause::OwnerBarred(owner, schema))
            }
            (Acting::Nobody(_), Grantor::Role(role)) => Some(Cause::CannotBecome(role.clone())),
            (Acting::Nobody(rival), Grantor::Owner) => {
                let owner = self.powers.owner(object)?;
                let has = self.observed.admin.has_privileges_of.contains(owner);
                let rival = rival.filter(|_| has);
                Some(
                    rival.map_or(Cause::NotOwner(owner.clone()), |rival| Cause::Rival(rival, act.privileges)),
                )
            }
        }
    }

    /// The schema in which the administrator cannot name an object. Default privileges name none.
    fn barred(&self, object: &Object) -> Option<SchemaName> {
        let Place::Database(database) = self.place else { return None };
        let inside = !matches!(object, Object::Schema(_) | Object::Default(_));
        let schema = object.schema().filter(|_| inside && !self.observed.barred.is_empty())?;
        let path = SchemaPath { database: database.clone(), schema: schema.clone() };
        self.observed.barred.contains(&path).then_some(path.schema)
    }

    /// Grant options of the administrator itself.
    fn options_on(&self, object: &Object) -> PrivilegeSet {
        self.observed.options_of(&self.observed.admin.name, (self.place, object))
    }

    /// Whether the administrator has the options for what it grants in its own name.
    fn options(&mut self, change: &'a GrantChange, holding: &Holding) {
        let admin = &self.observed.admin;
        if admin.superuser || holding.grantor != Grantor::Role(admin.name.clone()) {
            return;
        }
        for object in &change.objects {
            let missing = holding.privileges.minus(self.options_on(object));
            if !missing.is_empty() {
                self.add(Cause::NoOption(missing), object);
            }
            if let Some(schema) = self.barred(object) {
                self.add(Cause::Barred(schema), object);
            }
        }
    }

    /// Whether a role that shall stand as the grantor can name the objects. What roles of the run, and
    /// their members, have by then is left to the server.
    fn barred_grantor(&mut self, change: &'a GrantChange, holding: &Holding) {
        let Grantor::Role(grantor) = &holding.grantor else { return };
        let observed = self.observed;
        let of_run = observed.catalog.roles.contains_key(grantor)
            || observed.members.iter().any(|(role, others)| role == grantor || others.contains(grantor));
        if of_run || *grantor == observed.admin.name {
            return;
        }
        for object in &change.objects {
            let obstacle = self.obstacle(object, grantor, ObstacleKind::NoUsage);
            if let Some(schema) = obstacle.and_then(|obstacle| obstacle.schema.clone()) {
                self.add(Cause::GrantorBarred(grantor.clone(), schema), object);
            }
        }
    }

    /// Whether anything keeps the grantor from what it granted.
    fn obstacles(&mut self, change: &'a GrantChange, holding: &Holding) -> bool {
        let Grantor::Role(grantor) = &holding.grantor else { return false };
        let mut any = false;
        for object in &change.objects {
            let kinds = [ObstacleKind::Gone, ObstacleKind::Superuser, ObstacleKind::NoUsage];
            let found = kinds.into_iter().find_map(|kind| self.obstacle(object, grantor, kind));
            if let Some(obstacle) = found {
                self.add(Cause::Obstacle(grantor.clone(), obstacle.why), object);
                any = true;
            }
        }
        any
    }

    /// What keeps a role from acting on an object, of one kind.
    fn obstacle(&self, object: &Object, role: &RoleName, why: ObstacleKind) -> Option<&'a Obstacle> {
        let schema = match object {
            Object::Schema(_) => None,
            other => other.schema(),
        };
        self.obstacles.get(&(role, schema, why)).copied()
    }

    /// Whether the owner can lend a grantor the option that it has lost: the administrator must act as
    /// the owner, and nothing may stand on the loan when it is taken back.
    fn lapses(&mut self, change: &'a GrantChange, holding: &Holding) {
        let Grantor::Role(grantor) = &holding.grantor else { return };
        let Some(lapses) = self.observed.lapses.get(self.place) else { return };
        let revoked = holding.privileges.union(holding.grantable);
        for object in &change.objects {
            let Some(lapse) = lapses.get(object).and_then(|of_object| of_object.get(grantor)) else {
                continue;
            };
            let lent = lapse.privileges.intersection(revoked);
            if lent.is_empty() {
                continue;
            }
            let act = Act { grantor: &Grantor::Owner, privileges: lent, takes: true };
            if let Some(cause) = self.actor(object, act).filter(|_| !self.observed.admin.superuser) {
                self.add(cause, object);
            }
            let others = others(change, (grantor, lapse), lent);
            if !others.is_empty() {
                self.add(Cause::Lapsed(grantor.clone(), lent, others), object);
            }
        }
    }

    /// Grants by roles in scope to others, by object. Those on columns count for the table too, whose
    /// REVOKE reaches them.
    fn dependents(&self) -> BTreeMap<Object, Vec<&'a Dependent>> {
        let mut by_object: BTreeMap<Object, Vec<&Dependent>> = BTreeMap::new();
        for dependent in &self.observed.dependents {
            let here = match self.place {
                Place::Shared => dependent.database.is_none(),
                Place::Database(database) => dependent.database.as_ref() == Some(database),
            };
            if here {
                by_object.entry(dependent.object.clone()).or_default().push(dependent);
                for relation in dependent.object.relations().into_iter().flatten() {
                    by_object.entry(relation).or_default().push(dependent);
                }
            }
        }
        by_object
    }

    /// Whether others hold something by a grant option that goes.
    fn depending(
        &mut self,
        change: &'a GrantChange,
        entry: &EntryChange,
        dependents: &BTreeMap<Object, Vec<&Dependent>>,
    ) {
        let Grantee::Role(role) = &entry.grantee else { return };
        if dependents.is_empty() {
            return;
        }
        let options = |holdings: &[Holding]| {
            holdings.iter().fold(PrivilegeSet::EMPTY, |all, holding| all.union(holding.grantable))
        };
        let lost = options(&entry.before).minus(options(&entry.after));
        for object in &change.objects {
            // What PUBLIC has from it goes first, where PUBLIC is managed.
            let public = change.entries.iter().any(|entry| entry.grantee == Grantee::Public);
            let stands = |dependent: &&&Dependent| {
                let lost = match dependent.object == *object {
                    true => lost,
                    false => lost.union(self.taken_along(entry, &dependent.object)),
                };
                dependent.grantor == *role
                    && !dependent.privileges.intersection(lost).is_empty()
                    && !(public && dependent.grantee.is_none())
            };
            let all = dependents.get(object).into_iter().flatten();
            let holders =
                all.filter(stands).map(|one| one.grantee.clone().map_or(Grantee::Public, Grantee::Role));
            let holders: BTreeSet<Grantee> = holders.collect();
            if !holders.is_empty() {
                self.add(Cause::Depends(role.clone(), holders), object);
            }
        }
    }

    /// The options on a column that its relation's REVOKE takes along, whatever comes after.
    fn taken_along(&self, of_relation: &EntryChange, column: &Object) -> PrivilegeSet {
        let acl = self.observed.catalog.place(self.place).and_then(|grants| grants.acl_of(column));
        let held = acl.map_or(&[][..], |acl| acl.of(&of_relation.grantee));
        let revoked = of_relation.revoked();
        let options = |all: PrivilegeSet, holding: Holding| all.union(holding.grantable);
        let before = held.iter().map(|entry| entry.holding.clone()).fold(PrivilegeSet::EMPTY, options);
        let after = held.iter().map(|entry| entry.holding.less(&revoked)).fold(PrivilegeSet::EMPTY, options);
        before.minus(after)
    }

    fn diagnostics(self) -> Vec<Diagnostic> {
        let place = match self.place {
            Place::Shared => String::new(),
            Place::Database(database) => format!(" in database {}", quoted(database.as_str())),
        };
        let observed = self.observed;
        let tell = |(cause, objects): (Cause, Vec<&Object>)| {
            let names: Vec<String> = objects.iter().map(ToString::to_string).collect();
            tell(observed, (&cause, &objects), &format!("{}{place}", listed(&names)))
        };
        self.found.into_iter().map(tell).collect()
    }
}

/// To whom else a grantor granted what it is lent, and who keeps it.
fn others(
    change: &GrantChange,
    (grantor, lapse): (&RoleName, &Lapse),
    lent: PrivilegeSet,
) -> BTreeSet<Grantee> {
    let keeps = |(grantee, privileges): (&Grantee, &PrivilegeSet)| {
        let entries = change.entries.iter().filter(|entry| entry.grantee == *grantee);
        let revoked = entries.flat_map(EntryChange::revoked);
        let by_grantor = revoked.filter(|holding| holding.grantor == Grantor::Role(grantor.clone()));
        let goes = by_grantor.fold(PrivilegeSet::EMPTY, |all, holding| all.union(holding.privileges));
        (!privileges.intersection(lent).minus(goes).is_empty()).then(|| grantee.clone())
    };
    lapse.granted.iter().filter_map(keeps).collect()
}
