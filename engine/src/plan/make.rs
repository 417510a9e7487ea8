//! Makes the plan for one server: resolve, diff, order, and what must be true before and after.
//!
//! Not here: IO (the operation in `ops::plan` brought the observation). Invariant: facts and
//! outcome are pictures of the same scope, and the steps lead from the one to the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Entry, Grantee};
use crate::catalog::{Catalog, Grants};
use crate::change::{Action, Changes, OwnedFate, OwnerChange, Reason, RoleChange};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::diff::{self, Block, Pictures};
use crate::graph::cycles;
use crate::graph::order::{self, DependsOn};
use crate::name::{BlockAddress, RoleName, SchemaPath};
use crate::object::Object;
use crate::observed::{Everybody, LeftAlone, Owned, OwnedKind, Scope};
use crate::plan::{Batch, Mode, ResourcePlan, Stages, hazard, target};
use crate::privilege::PrivilegeSet;
use crate::resolve::{self, Asked, Desired, Question};

/// Makes the plan for one server. Warnings come along; errors forbid a plan.
pub fn resource(asked: &Asked<'_>) -> (Option<ResourcePlan>, Diagnostics) {
    let (after, mut diagnostics) = asked.renamed();
    let question = &asked.question(&after);
    let (desired, found) = resolve::resolve(question);
    diagnostics.extend(found);
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    let changes = changes(question, &desired);
    if question.part.mode == Mode::RefreshOnly {
        return (Some(refreshed(question, desired, changes)), diagnostics);
    }
    let observed = &*resolve::prospect::prospect(question, &desired);
    let mut refused = Vec::new();
    let stages = {
        let found = std::cell::RefCell::new(&mut refused);
        let write = |batch: &Batch<'_>| {
            found.borrow_mut().extend(question.dialect.preflight(observed, batch));
            question.dialect.write(observed, batch)
        };
        let home = &question.part.resource.database;
        order::stages((&changes, &depends_on(question, &desired)), (home, observed.room), &write)
    };
    diagnostics.extend(distinct(refused));
    let stages = match stages {
        Ok(stages) => stages,
        Err(circle) => {
            diagnostics.extend([*circle]);
            return (None, diagnostics);
        }
    };
    if diagnostics.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return (None, diagnostics);
    }
    let seen = desired.facts.as_ref().unwrap_or(&asked.observed.catalog);
    let plan = ResourcePlan {
        identity: observed.identity.clone(),
        target: target::planned(question.part.resource),
        scope: Scope { public: desired.reach.clone(), ..question.scope.clone() },
        everybody: touched(&desired.everybody, &changes, &desired.observed),
        before: facts(seen, &desired.catalog),
        after: outcome(&desired, seen),
        hazards: hazard::hazards(&changes),
        changes,
        stages,
        roles: desired.roles,
        schemas: remembered_schemas(desired.schemas),
        left_alone: LeftAlone {
            owned: owned(question),
            entries: observed.left_alone.entries - desired.managed_for_public,
            ..observed.left_alone.clone()
        },
    };
    (Some(plan), diagnostics)
}

/// Which roles of the server must be complete before which: as declared, and as remembered of
/// those that go.
fn depends_on(question: &Question<'_>, desired: &Desired) -> DependsOn {
    let goes = question.part.recorded_roles().filter(|(name, _)| !desired.roles.contains_key(*name));
    let roles = goes.chain(&desired.roles);
    let mut depends_on = roles.map(|(name, role)| (name.clone(), role.depends_on.clone())).collect();
    cycles::open(&mut depends_on);
    depends_on
}

/// What others changed, and the state that says so: nothing is run, and what was observed is
/// the outcome.
fn refreshed(question: &Question<'_>, desired: Desired, changes: Changes) -> ResourcePlan {
    let nothing = Catalog::default();
    let seen = desired.facts.as_ref().unwrap_or(&question.observed.catalog);
    ResourcePlan {
        identity: question.observed.identity.clone(),
        target: target::planned(question.part.resource),
        before: facts(seen, &nothing),
        after: facts(&desired.observed, &nothing),
        scope: Scope { public: desired.reach, ..question.scope.clone() },
        everybody: Everybody::new(),
        hazards: Vec::new(),
        changes,
        stages: Stages::default(),
        roles: desired.roles,
        schemas: remembered_schemas(desired.schemas),
        left_alone: LeftAlone { owned: owned(question), ..question.observed.left_alone.clone() },
    }
}

/// The same refusal for several batches is one message.
fn distinct(refused: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut distinct: Vec<Diagnostic> = Vec::new();
    for diagnostic in refused {
        if !distinct.contains(&diagnostic) {
            distinct.push(diagnostic);
        }
    }
    distinct
}

fn changes(question: &Question<'_>, desired: &Desired) -> Changes {
    let pictures =
        Pictures { desired: &desired.catalog, recorded: &desired.recorded, observed: &desired.observed };
    let mut changes = diff::grants(pictures, &desired.blocks);
    changes.roles = diff::roles::roles(pictures, &desired.blocks, desired);
    changes.memberships = diff::roles::memberships(pictures, &desired.blocks);
    changes.owners = owners(question, desired, pictures);
    changes.roles.extend(desired.forgotten.iter().map(|(name, recorded)| RoleChange {
        address: recorded.address.clone(),
        name: name.clone(),
        renamed_from: None,
        aside: None,
        kind: recorded.kind,
        action: Action::Forget,
        reason: Reason::LeftInPlace,
        before: None,
        after: None,
        departure: None,
        origin: None,
    }));
    changes.roles.extend(remembered(question, desired, &changes.roles));
    changes.roles.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

/// Changes of owners, and blocks of which only the address is another one now.
fn owners(question: &Question<'_>, desired: &Desired, pictures: Pictures<'_>) -> Vec<OwnerChange> {
    let mut changes = diff::owners::owners(pictures, &desired.schemas, &desired.forgotten_schemas);
    let written = question.written.into_iter().flat_map(|resource| &resource.schemas);
    let known = |path: &SchemaPath| changes.iter().any(|change| change.path == *path);
    let moved = written.filter_map(|(path, then)| {
        let block = desired.schemas.get(path).filter(|block| block.address != *then)?;
        let owner = desired.catalog.owners.get(path).map(|owner| owner.role.clone());
        (!known(path)).then(|| OwnerChange {
            address: block.address.clone(),
            path: path.clone(),
            action: Action::Adopt,
            reason: Reason::ChangedInConfiguration,
            before: owner.clone(),
            after: owner,
            origin: block.origin.clone(),
        })
    });
    let moved: Vec<OwnerChange> = moved.collect();
    changes.extend(moved);
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

fn remembered_schemas(blocks: BTreeMap<SchemaPath, Block>) -> BTreeMap<SchemaPath, BlockAddress> {
    blocks.into_iter().map(|(path, block)| (path, block.address)).collect()
}

/// Roles of which only what the state remembers besides the catalog is another now: the
/// address, `prevent_destroy`, `on_destroy`, `depends_on`. It counts only once it is written.
fn remembered(question: &Question<'_>, desired: &Desired, changed: &[RoleChange]) -> Vec<RoleChange> {
    let written = question.written.into_iter().flat_map(|resource| &resource.roles);
    let other = written.filter_map(|(name, before)| {
        let now = desired.roles.get(name).filter(|now| {
            now.address != before.address
                || now.prevent_destroy != before.prevent_destroy
                || now.on_destroy != before.on_destroy
                || now.open_sessions != before.open_sessions
                || now.depends_on != before.depends_on
                || now.kind != before.kind
        })?;
        let known = changed.iter().any(|change| change.name == *name);
        (!known).then(|| {
            let role = desired.catalog.roles.get(name).cloned();
            RoleChange {
                address: now.address.clone(),
                name: name.clone(),
                renamed_from: None,
                aside: None,
                kind: now.kind,
                action: Action::Adopt,
                reason: Reason::ChangedInConfiguration,
                before: role.clone(),
                after: role,
                departure: None,
                origin: desired
                    .blocks
                    .get(&Grantee::Role(name.clone()))
                    .and_then(|block| block.origin.clone()),
            }
        })
    });
    other.collect()
}

/// Most possessions of one role that a plan names.
const MOST_OWNED: usize = 3;

/// What the roles of the run own, and keep, but for schemas whose blocks say so.
fn owned(question: &Question<'_>) -> BTreeMap<RoleName, (u64, Vec<String>)> {
    let line = |owned: &&Owned| match &owned.database {
        Some(database) => format!("{} in {}", owned.description, database),
        None => owned.description.clone(),
    };
    let declared = |owned: &Owned| question.scope.schemas.iter().any(|path| owned.is_schema(path));
    let of_run = question.observed.owned.iter().filter(|(role, _)| question.scope.has_role(role));
    let kept = of_run.filter_map(|(role, all)| {
        let is_its_own = |owned: &&Owned| match owned.kind {
            OwnedKind::Object | OwnedKind::Shared => !declared(owned),
            // Policies and the like name it, and belong to others.
            OwnedKind::Trace | OwnedKind::Membership => false,
        };
        let all: Vec<&Owned> = all.iter().filter(is_its_own).collect();
        let first = all.iter().take(MOST_OWNED).map(line).collect();
        (!all.is_empty()).then(|| (role.clone(), (all.len() as u64, first)))
    });
    kept.collect()
}

/// What PUBLIC holds where that decides who gains or loses something: on objects where something
/// changes, on relations where it does on their columns, and, when roles or memberships change, on
/// objects where a role of the run holds the same, or where members may do what the owner may.
fn touched(everybody: &Everybody, changes: &Changes, facts: &Catalog) -> Everybody {
    let mut touched = Everybody::new();
    let memberships =
        facts.memberships.keys().chain(changes.memberships.iter().map(|change| &change.membership));
    let with_members: BTreeSet<&RoleName> = memberships.map(|membership| &membership.role).collect();
    let roles_change = !changes.memberships.is_empty() || !changes.roles.is_empty();
    for (place, held) in everybody {
        let changed = changes.grants.iter().filter(|change| change.place == *place);
        let changed = changed.flat_map(|change| &change.objects);
        let grants = facts.place(place).into_iter().filter(|_| roles_change);
        let objects = changed.chain(grants.flat_map(|grants| shared(grants, held, &with_members)));
        let known = objects.flat_map(|object| {
            let itself = held.get(object).map(|held| (object.clone(), *held));
            let relations = object.relations().into_iter().flatten();
            let relations = relations.filter_map(|on| held.get(&on).map(|held| (on, *held)));
            itself.into_iter().chain(relations.collect::<Vec<_>>())
        });
        touched.insert(place.clone(), known.collect());
    }
    touched.retain(|_, objects| !objects.is_empty());
    touched
}

/// Objects on which a role holds what PUBLIC holds there, or on the relation, as one with members
/// does on what it owns.
fn shared<'a>(
    grants: &'a Grants,
    everybody: &'a BTreeMap<Object, PrivilegeSet>,
    with_members: &'a BTreeSet<&RoleName>,
) -> impl Iterator<Item = &'a Object> {
    let of_public = |object: &Object| everybody.get(object).copied().unwrap_or_default();
    let all = grants.objects().iter().map(move |(object, held)| {
        let relations = object.relations().into_iter().flatten();
        let of_relation = relations.fold(PrivilegeSet::EMPTY, |all, on| all.union(of_public(&on)));
        (object, held, of_public(object).union(of_relation))
    });
    let both = all.filter(|(_, held, public)| {
        let same = |entry: &Entry| !entry.holding.privileges.intersection(*public).is_empty();
        let counts = || with_members.contains(&held.owner) || grants.acl(held.acl).entries().iter().any(same);
        !public.is_empty() && counts()
    });
    both.map(|(object, ..)| object)
}

/// What was observed of what matters: who is in scope, every object on which someone in scope
/// holds something, and every object on which someone shall.
fn facts(observed: &Catalog, desired: &Catalog) -> Catalog {
    let nothing = Grants::default();
    let databases = observed.databases.iter().map(|(name, grants)| {
        let wanted = desired.databases.get(name).unwrap_or(&nothing);
        (name.clone(), relevant(grants, wanted))
    });
    Catalog {
        roles: observed.roles.clone(),
        memberships: observed.memberships.clone(),
        owners: observed.owners.clone(),
        shared: relevant(&observed.shared, &desired.shared),
        databases: databases.collect(),
    }
}

fn relevant(observed: &Grants, wanted: &Grants) -> Grants {
    observed.filtered(|object, acl| !acl.is_empty() || wanted.objects().contains_key(object))
}

/// What must be observed afterwards: the desired picture, without what nobody holds, in every
/// database that was observed.
fn outcome(desired: &Desired, observed: &Catalog) -> Catalog {
    let nothing = Grants::default();
    let databases = observed.databases.keys().map(|name| {
        let wanted = desired.catalog.databases.get(name).unwrap_or(&nothing);
        (name.clone(), wanted.occupied())
    });
    let mut outcome = Catalog {
        roles: desired.catalog.roles.clone(),
        memberships: desired.catalog.memberships.clone(),
        owners: desired.catalog.owners.clone(),
        shared: desired.catalog.shared.occupied(),
        databases: databases.collect(),
    };
    let new_owners: BTreeMap<&RoleName, &RoleName> = desired
        .departures
        .iter()
        .filter_map(|(role, departure)| match &departure.fate {
            OwnedFate::Reassigned(heir) => Some((role, heir)),
            OwnedFate::None | OwnedFate::Dropped => None,
        })
        .collect();
    let dropped: Vec<&RoleName> = desired
        .departures
        .iter()
        .filter(|(_, departure)| departure.fate == OwnedFate::Dropped)
        .map(|(role, _)| role)
        .collect();
    for grants in outcome.databases.values_mut().chain([&mut outcome.shared]) {
        *grants = disowned(grants, &new_owners, &dropped);
    }
    outcome
}

/// What REASSIGN OWNED and DROP OWNED leave: new owners, whose entries are then implied, and
/// nothing of what is dropped.
fn disowned(grants: &Grants, new_owners: &BTreeMap<&RoleName, &RoleName>, dropped: &[&RoleName]) -> Grants {
    if new_owners.is_empty() && dropped.is_empty() {
        return grants.clone();
    }
    let mut out = Grants::default();
    for (object, held) in grants.objects() {
        if dropped.contains(&&held.owner) {
            continue;
        }
        let acl = grants.acl(held.acl);
        match new_owners.get(&held.owner) {
            Some(owner) if !matches!(object, Object::Default(_)) => {
                let of_others = |entry: &&crate::acl::Entry| entry.grantee != Grantee::Role((*owner).clone());
                let entries = acl.entries().iter().filter(of_others).cloned().collect();
                out.insert_acl(object.clone(), held.oid, (*owner).clone(), crate::acl::Acl::new(entries));
            }
            _ => out.insert_acl(object.clone(), held.oid, held.owner.clone(), acl.clone()),
        }
    }
    out.occupied()
}
