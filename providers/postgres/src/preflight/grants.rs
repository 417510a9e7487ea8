//! Whether grants on objects can be made and revoked as planned.
//!
//! A statement acts as the owner if the administrator is a superuser or has the owner's
//! privileges, and as another grantor by SET ROLE. Not here: roles (`roles`).
//! Invariant: one message per cause, with the objects that it is about.

use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Grantee, Grantor, Holding};
use engine::catalog::Grants;
use engine::change::{EntryChange, GrantChange, Place};
use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::name::{RoleName, SchemaName, SchemaPath};
use engine::object::Object;
use engine::observed::{Dependent, Lapse, Observed, Obstacle, ObstacleKind};
use engine::privilege::PrivilegeSet;

use super::{MOST_NAMED, listed, named, quoted};
use crate::sql;

/// Why something cannot be done on some objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The administrator cannot act as the owner.
    NotOwner(RoleName),
    /// It has no USAGE on the schema, so that it cannot name what is inside.
    Barred(SchemaName),
    /// It cannot act as the role that granted.
    CannotBecome(RoleName),
    /// It would act in the name of this role, its own or another, where the owner shall be the grantor.
    Rival(RoleName, PrivilegeSet),
    /// It would grant in its own name without the options for that.
    NoOption(PrivilegeSet),
    /// The grantor cannot revoke what it granted.
    Obstacle(RoleName, ObstacleKind),
    /// The grantor has no option for it, and granted it to these too, who keep it.
    Lapsed(RoleName, PrivilegeSet, BTreeSet<Grantee>),
    /// These hold something from the grantee whose option goes.
    Depends(RoleName, BTreeSet<Grantee>),
}

/// Causes, each with its objects.
struct Causes<'a> {
    observed: &'a Observed,
    place: &'a Place,
    grants: Option<&'a Grants>,
    found: BTreeMap<Cause, Vec<&'a Object>>,
}

/// What is in the way of revoking.
pub(super) fn revoke(observed: &Observed, place: &Place, changes: &[&GrantChange]) -> Vec<Diagnostic> {
    let mut causes = Causes::new(observed, place);
    let dependents = causes.dependents();
    for change in changes {
        for entry in &change.entries {
            for holding in entry.revoked() {
                causes.actors(change, (&holding.grantor, holding.privileges));
                let options = holding.grantable.minus(holding.privileges);
                causes.actors(change, (&holding.grantor, options));
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
            causes.actors(change, (&holding.grantor, holding.grantable));
            causes.actors(change, (&holding.grantor, holding.privileges.minus(holding.grantable)));
            causes.options(change, &holding);
        }
    }
    causes.diagnostics()
}

impl<'a> Causes<'a> {
    fn new(observed: &'a Observed, place: &'a Place) -> Causes<'a> {
        let grants = match place {
            Place::Shared => Some(&observed.catalog.shared),
            Place::Database(database) => observed.catalog.databases.get(database),
        };
        Causes { observed, place, grants, found: BTreeMap::new() }
    }

    fn add(&mut self, cause: Cause, object: &'a Object) {
        let objects = self.found.entry(cause).or_default();
        // Several grantees on one object are one reason.
        if objects.last() != Some(&object) {
            objects.push(object);
        }
    }

    fn owner(&self, object: &'a Object) -> Option<&'a RoleName> {
        match object {
            Object::Default(default) => Some(&default.creator),
            _ => self.grants?.objects().get(object).map(|held| &held.owner),
        }
    }

    /// Whether the administrator can act as the grantor, with these privileges.
    fn actors(&mut self, change: &'a GrantChange, (grantor, privileges): (&Grantor, PrivilegeSet)) {
        let admin = &self.observed.admin;
        if admin.superuser || privileges.is_empty() {
            return;
        }
        match grantor {
            Grantor::Role(role) if *role == admin.name || admin.may_become.contains(role) => {}
            Grantor::Role(role) => {
                change.objects.iter().for_each(|object| self.add(Cause::CannotBecome(role.clone()), object));
            }
            Grantor::Owner => {
                for object in &change.objects {
                    if let Some(cause) = self.as_owner(object, privileges) {
                        self.add(cause, object);
                    }
                }
                self.barred(change);
            }
        }
    }

    /// Whether the administrator can name the objects. Default privileges name no object.
    fn barred(&mut self, change: &'a GrantChange) {
        let Place::Database(database) = self.place else { return };
        let inside = |object: &&Object| !matches!(object, Object::Schema(_) | Object::Default(_));
        for object in change.objects.iter().filter(inside).filter(|_| !self.observed.barred.is_empty()) {
            let Some(schema) = object.schema() else { continue };
            let path = SchemaPath { database: database.clone(), schema: schema.clone() };
            if self.observed.barred.contains(&path) {
                self.add(Cause::Barred(schema.clone()), object);
            }
        }
    }

    /// Why the administrator would not act as the owner. Of the roles whose privileges it has, the first
    /// whose grant options suffice is the grantor; an owner's do.
    fn as_owner(&self, object: &'a Object, privileges: PrivilegeSet) -> Option<Cause> {
        let admin = &self.observed.admin;
        let owner = self.owner(object)?;
        if let Object::Default(_) = object {
            let may = admin.has_privileges_of.contains(owner) || admin.may_become.contains(owner);
            return (!may).then(|| Cause::NotOwner(owner.clone()));
        }
        if !admin.has_privileges_of.contains(owner) {
            return Some(Cause::NotOwner(owner.clone()));
        }
        let place = admin.acts_as.iter().position(|role| role == owner).unwrap_or(1);
        let may = |role: &&RoleName| {
            privileges.minus(self.observed.options_of(role, (self.place, object))).is_empty()
        };
        let rival = admin.acts_as.iter().take(place).find(may)?;
        Some(Cause::Rival(rival.clone(), privileges))
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
        }
        self.barred(change);
    }

    /// Whether anything keeps the grantor from what it granted.
    fn obstacles(&mut self, change: &'a GrantChange, holding: &Holding) -> bool {
        let Grantor::Role(grantor) = &holding.grantor else { return false };
        let mine = |obstacle: &&Obstacle| obstacle.place == *self.place && obstacle.grantor == *grantor;
        let mine: Vec<&'a Obstacle> = self.observed.obstacles.iter().filter(mine).collect();
        let mut any = false;
        for object in change.objects.iter().filter(|_| !mine.is_empty()) {
            let schema = match object {
                Object::Schema(_) => None,
                other => other.schema(),
            };
            if let Some(obstacle) = mine.iter().find(|one| one.schema.as_ref() == schema) {
                self.add(Cause::Obstacle(grantor.clone(), obstacle.why), object);
                any = true;
            }
        }
        any
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
            if let Some(cause) =
                (!self.observed.admin.superuser).then(|| self.as_owner(object, lent)).flatten()
            {
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
                if let Object::Column(schema, table, _) = &dependent.object {
                    let table = Object::Table(schema.clone(), table.clone());
                    by_object.entry(table).or_default().push(dependent);
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
        let options = |holdings: &[Holding]| {
            holdings.iter().fold(PrivilegeSet::EMPTY, |all, holding| all.union(holding.grantable))
        };
        let lost = options(&entry.before).minus(options(&entry.after));
        if lost.is_empty() || dependents.is_empty() {
            return;
        }
        for object in &change.objects {
            // What PUBLIC has from it goes first, where PUBLIC is managed.
            let public = change.entries.iter().any(|entry| entry.grantee == Grantee::Public);
            let stands = |dependent: &&&Dependent| {
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

fn tell(observed: &Observed, (cause, of): (&Cause, &[&Object]), objects: &str) -> Diagnostic {
    let admin = observed.shown(&observed.admin.name);
    match cause {
        Cause::NotOwner(owner) => {
            let owner = observed.shown(owner);
            let detail = format!(
                "Access to {objects} is {owner}'s to give and to take, and {admin} has not its privileges."
            );
            not_allowed(detail).hint(format!("grant {owner} to {admin}, or use another administrator"))
        }
        Cause::Barred(schema) => {
            let schema = quoted(schema.as_str());
            not_allowed(format!(
                "{admin} has no USAGE on schema {schema}, without which it cannot name {objects}."
            ))
            .hint(format!("grant USAGE on schema {schema} to {admin}, or use another administrator"))
        }
        Cause::NoOption(privileges) => not_allowed(format!(
            "{admin} does not own {objects}, has not the owner's privileges, and holds no grant option for {privileges}."
        ))
        .hint(format!("grant the owner to {admin}, or the privileges with grant option")),
        Cause::Rival(rival, privileges) => {
            let rival = quoted(rival.as_str());
            let (whose, who) = match rival == admin {
                true => ("a grant option of its own".to_owned(), "it"),
                false => (format!("those of {rival}, which has a grant option"), rival.as_str()),
            };
            not_allowed(format!(
                "{admin} has the privileges of the owner of {objects} and also {whose} for {privileges}. The server would take {who} for the grantor rather than the owner, and leave what the owner granted."
            ))
            .hint(match rival == admin {
                true => format!("revoke the grant option from {admin}: it needs none beside the owner's privileges"),
                false => format!("revoke the grant option from {rival}, or {rival} from {admin}"),
            })
        }
        Cause::CannotBecome(grantor) => {
            let grantor = observed.shown(grantor);
            cannot_act(format!(
                "{grantor} granted something on {objects}. Only {grantor} can revoke it, and {admin} may not act as that role."
            ))
            .hint(format!("grant {grantor} to {admin}, or let {grantor} revoke it"))
        }
        Cause::Obstacle(grantor, why) => obstacle(&observed.shown(grantor), *why, objects),
        Cause::Lapsed(grantor, privileges, others) => {
            let first = &of[..of.len().min(MOST_NAMED)];
            let now = observed.former.get(grantor).unwrap_or(grantor);
            let statement = sql::grant_option(now, *privileges, first);
            let grantor = observed.shown(grantor);
            cannot_act(format!(
                "{grantor} granted {privileges} on {objects}, to {} too, and has lost the grant option, without which nobody can revoke it.",
                named(observed, others)
            ))
            .hint(format!("give {grantor} the option until this plan is applied: {statement}"))
        }
        Cause::Depends(role, holders) => {
            let role = observed.shown(role);
            let detail = format!(
                "{role} used its grant option on {objects} to grant on to {}, whose grants roleform leaves alone. To take the option away would take them along.",
                named(observed, holders)
            );
            Diagnostic::error(Code::PGS202, "Grants depend on what is to be revoked", detail).hint(format!(
                "let {role} revoke them first, or leave it the grant option with `grant_option = true`"
            ))
        }
    }
}

fn obstacle(grantor: &str, why: ObstacleKind, objects: &str) -> Diagnostic {
    match why {
        ObstacleKind::Gone => cannot_act(format!(
            "An entry on {objects} was granted by {grantor}, a role that is gone. No statement can revoke it."
        ))
        .hint("a superuser must repair the catalog, or make the object anew"),
        ObstacleKind::NoUsage => cannot_act(format!(
            "{grantor} granted something on {objects} and has lost USAGE on the schema, without which it cannot revoke it."
        ))
        .hint(format!("grant {grantor} USAGE on the schema until this plan is applied")),
        ObstacleKind::Superuser => cannot_act(format!(
            "{grantor} granted something on {objects} and is a superuser by now. The server takes superusers for the owner, so it cannot revoke what it granted in its own name."
        ))
        .hint(format!("take SUPERUSER from {grantor} until this plan is applied")),
    }
}

fn not_allowed(detail: String) -> Diagnostic {
    Diagnostic::error(Code::PGS201, "Administrator may not grant on an object", detail)
}

fn cannot_act(detail: String) -> Diagnostic {
    Diagnostic::error(Code::PGS203, "A grantor cannot be acted for", detail)
}
