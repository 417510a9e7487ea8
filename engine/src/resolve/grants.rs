//! Grants: from selectors to the desired ACL of every object.
//!
//! A *bundle* is what one rule gives to some grantees; an object's ACL is made once per
//! distinct set of bundles that fall on it, so ten thousand tables under one selector cost
//! one ACL. Not here: matching of names (`resolve::patterns`), what a selector finds
//! (`resolve::select`). Invariant: a grant inside a schema brings USAGE on the schema and
//! CONNECT on the database, and INSERT or UPDATE brings USAGE on the sequences behind
//! column defaults (design 3).

mod acls;

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::Grantee;
use crate::change::Place;
use crate::declared::{GrantBlock, Implied, Privileges, RoleKind, Selector};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diff::Block;
use crate::name::{BlockAddress, DatabaseName, RoleName};
use crate::object::{DefaultPrivileges, Object, ObjectKind};
use crate::observed::Observed;
use crate::privilege::{Privilege, PrivilegeSet};
use crate::resolve::databases::missing_database;
use crate::resolve::grants::acls::{Here, acls};
use crate::resolve::lacking;
use crate::resolve::owners;
use crate::resolve::select::{self, Found};
use crate::resolve::{Desired, Question};

/// What one rule gives to one grantee.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Gift {
    grantee: Grantee,
    privileges: PrivilegeSet,
    grantable: PrivilegeSet,
    granted_by: Option<RoleName>,
}

/// Gifts by the objects that they fall on, in one place.
#[derive(Default)]
struct Rules {
    bundles: Vec<BTreeSet<Gift>>,
    falls_on: BTreeMap<Object, Vec<u32>>,
    /// On what PUBLIC is managed: what the selectors of its blocks found.
    public: BTreeSet<Object>,
    /// What its grants imply on other objects, which counts where it is managed.
    implied_for_public: Vec<(BTreeSet<Gift>, Vec<Object>)>,
}

impl Rules {
    fn add<'o>(&mut self, bundle: BTreeSet<Gift>, objects: impl IntoIterator<Item = &'o Object>) {
        let number = u32::try_from(self.bundles.len()).unwrap_or(u32::MAX);
        let mut any = false;
        for object in objects {
            any = true;
            let bundles = match self.falls_on.get_mut(object) {
                Some(bundles) => bundles,
                None => self.falls_on.entry(object.clone()).or_default(),
            };
            bundles.push(number);
        }
        if any {
            self.bundles.push(bundle);
        }
    }

    /// What one privilege implies for those who get it.
    fn imply(&mut self, wanted: &[Wanted<'_>], privilege: Privilege, objects: &[Object]) {
        let gift = |one: &Wanted<'_>| Gift {
            grantee: one.grantee.clone(),
            privileges: PrivilegeSet::of(&[privilege]),
            grantable: PrivilegeSet::EMPTY,
            granted_by: None,
        };
        let gifts: BTreeSet<Gift> = wanted.iter().map(gift).collect();
        let (public, roles): (BTreeSet<Gift>, BTreeSet<Gift>) =
            gifts.into_iter().partition(|gift| gift.grantee == Grantee::Public);
        if !public.is_empty() {
            self.implied_for_public.push((public, objects.to_vec()));
        }
        self.add(roles, objects);
    }

    /// Lets what is implied for PUBLIC fall where it is managed, all selectors being known.
    fn settle(&mut self) {
        for (bundle, objects) in std::mem::take(&mut self.implied_for_public) {
            let managed: Vec<Object> =
                objects.into_iter().filter(|object| self.public.contains(object)).collect();
            self.add(bundle, &managed);
        }
    }
}

/// One declared grant and who gets it.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// To whom.
    pub(super) grantee: &'a Grantee,
    /// What.
    pub(super) block: &'a GrantBlock,
}

pub(super) fn resolve(question: &Question<'_>, desired: &mut Desired, diagnostics: &mut Diagnostics) {
    let grantees: Vec<(Grantee, &Vec<GrantBlock>)> = grantees(question, desired);
    let mut by_database: BTreeMap<Option<&DatabaseName>, Vec<Wanted<'_>>> = BTreeMap::new();
    for (grantee, blocks) in &grantees {
        for block in blocks.iter() {
            by_database.entry(block.database.as_ref()).or_default().push(Wanted { grantee, block });
        }
    }
    let mut shared = Rules::default();
    for (database, wanted) in by_database {
        let Some(database) = database else {
            in_place(question, &Place::Shared, &wanted, (&mut Rules::default(), &mut shared), diagnostics);
            continue;
        };
        if let Some(diagnostic) = closed_database(question, database, &wanted) {
            diagnostics.push(diagnostic);
            continue;
        }
        let mut local = Rules::default();
        let place = Place::Database(database.clone());
        in_place(question, &place, &wanted, (&mut local, &mut shared), diagnostics);
        if let Some(objects) = desired.observed.databases.get(database) {
            local.settle();
            let here = Here {
                place: &place,
                objects,
                recorded: desired.recorded.databases.get(database),
                nobodys: owners::of_database_owner(question, desired, database),
            };
            let grants = acls(question, desired, &here, &local);
            desired.catalog.databases.insert(database.clone(), grants);
            desired.public.entry(place).or_default().selected = local.public;
        }
    }
    shared.settle();
    let here = Here {
        place: &Place::Shared,
        objects: &desired.observed.shared,
        recorded: Some(&desired.recorded.shared),
        nobodys: BTreeSet::new(),
    };
    desired.catalog.shared = acls(question, desired, &here, &shared);
    desired.public.entry(Place::Shared).or_default().selected = shared.public;
}

/// Managed roles that were accepted, and PUBLIC where it is managed.
fn grantees<'a>(question: &Question<'a>, desired: &mut Desired) -> Vec<(Grantee, &'a Vec<GrantBlock>)> {
    let mut grantees: Vec<(Grantee, &Vec<GrantBlock>)> = question
        .part
        .declared_roles()
        .filter(|role| role.kind == RoleKind::Managed && desired.roles.contains_key(&role.name))
        .map(|role| (Grantee::Role(role.name.clone()), &role.grants))
        .collect();
    for public in question.part.publics() {
        // Several blocks share one grantee: its address is its own.
        let block = desired.blocks.entry(Grantee::Public);
        block
            .and_modify(|block| block.origin = None)
            .or_insert(Block { address: public_address(), origin: Some(public.span.origin()) });
        grantees.push((Grantee::Public, &public.grants));
    }
    grantees
}

/// The address of what PUBLIC holds, whichever blocks say so.
pub(super) fn public_address() -> BlockAddress {
    BlockAddress::root("PUBLIC")
}

/// A closed database cannot be looked into, but its own ACL is the server's.
fn closed_database(
    question: &Question<'_>,
    name: &DatabaseName,
    wanted: &[Wanted<'_>],
) -> Option<Diagnostic> {
    let inside = wanted.iter().find(|one| one.block.selector != Selector::Database);
    let exists = question.observed.databases.contains_key(name);
    if inside.is_none() && exists {
        return None;
    }
    missing_database(question, name, &inside.or(wanted.first())?.block.span)
}

/// Lets all grants of one place fall on its objects. Like selectors are matched once.
fn in_place(
    question: &Question<'_>,
    place: &Place,
    wanted: &[Wanted<'_>],
    (local, shared): (&mut Rules, &mut Rules),
    diagnostics: &mut Diagnostics,
) {
    let mut by_selector: BTreeMap<&Selector, Vec<Wanted<'_>>> = BTreeMap::new();
    for one in wanted {
        by_selector.entry(&one.block.selector).or_default().push(*one);
    }
    let candidates = select::Candidates::of(question.observed, place);
    let major = question.observed.identity.major();
    for (selector, wanted) in by_selector {
        let found = select::select(&candidates, selector, wanted[0].block, diagnostics);
        let kind = select::kind(selector);
        diagnostics
            .extend(wanted.iter().filter_map(|one| lacking::refused(question, one.block, (kind, &found))));
        let own = bundle(&wanted, |block| privileges(block, kind, major));
        let rules = if found.objects.iter().any(Object::is_shared) { &mut *shared } else { &mut *local };
        if wanted.iter().any(|one| *one.grantee == Grantee::Public) {
            rules.public.extend(found.objects.iter().cloned());
        }
        rules.add(own, &found.objects);
        if let Place::Database(database) = place {
            implied(question.observed, database, (&wanted, &found), (local, shared));
            future(&wanted, &found, kind, (major, local));
        }
    }
}

pub(super) fn privileges(block: &GrantBlock, kind: ObjectKind, major: u32) -> PrivilegeSet {
    match block.privileges {
        Privileges::All => kind.privileges(major),
        Privileges::These(privileges) => privileges,
    }
}

fn bundle(wanted: &[Wanted<'_>], privileges: impl Fn(&GrantBlock) -> PrivilegeSet) -> BTreeSet<Gift> {
    wanted
        .iter()
        .map(|one| {
            let privileges = privileges(one.block);
            let grantable = if one.block.grant_option { privileges } else { PrivilegeSet::EMPTY };
            let granted_by = one.block.granted_by.clone();
            Gift { grantee: one.grantee.clone(), privileges, grantable, granted_by }
        })
        .collect()
}

/// USAGE on the schemas, CONNECT on the database, USAGE on sequences behind column defaults.
/// A grant of nothing implies nothing.
fn implied(
    observed: &Observed,
    database: &DatabaseName,
    (wanted, found): (&[Wanted<'_>], &Found),
    (local, shared): (&mut Rules, &mut Rules),
) {
    let those = |when: &dyn Fn(&GrantBlock) -> bool| -> Vec<Wanted<'_>> {
        wanted.iter().copied().filter(|one| when(one.block)).collect()
    };
    let giving = those(&|block| {
        block.implied != Implied::Nothing && block.privileges != Privileges::These(PrivilegeSet::EMPTY)
    });
    let inside = !matches!(wanted[0].block.selector, Selector::Database | Selector::Schemas(_));
    if inside {
        // USAGE on the system's schemas is everybody's, or nobody's business.
        let schemas = found.schemas.iter().filter(|schema| !schema.is_system());
        let schemas: Vec<Object> = schemas.cloned().map(Object::Schema).collect();
        local.imply(&giving, Privilege::Usage, &schemas);
    }
    if !matches!(wanted[0].block.selector, Selector::Database) {
        shared.imply(&giving, Privilege::Connect, &[Object::Database(database.clone())]);
    }
    let writes = |block: &GrantBlock| {
        block.implied == Implied::Everything
            && match block.privileges {
                Privileges::All => true,
                Privileges::These(these) => {
                    these.contains(Privilege::Insert) || these.contains(Privilege::Update)
                }
            }
    };
    let serial = observed.serial.get(database);
    let behind: BTreeSet<Object> = found
        .objects
        .iter()
        .filter_map(|object| match object {
            Object::Table(..) => Some(object.clone()),
            other => other.table(),
        })
        .filter_map(|table| serial?.get(&table))
        .flatten()
        .cloned()
        .collect();
    local.imply(&those(&writes), Privilege::Usage, &behind.into_iter().collect::<Vec<_>>());
}

/// `future { creators = […] }`: the same as default privileges of each creator.
fn future(wanted: &[Wanted<'_>], found: &Found, kind: ObjectKind, (major, local): (u32, &mut Rules)) {
    let creators: BTreeSet<&RoleName> = wanted.iter().flat_map(|one| &one.block.future_creators).collect();
    for creator in creators {
        let of_creator: Vec<Wanted<'_>> =
            wanted.iter().copied().filter(|one| one.block.future_creators.contains(creator)).collect();
        let gifts = bundle(&of_creator, |block| privileges(block, kind, major));
        // In default privileges the creator always stands as the grantor.
        let gifts = gifts.into_iter().map(|gift| Gift { granted_by: None, ..gift }).collect();
        let key = |schema| Object::Default(DefaultPrivileges { creator: creator.clone(), schema, kind });
        let objects: Vec<Object> = if found.everywhere {
            vec![key(None)]
        } else {
            found.schemas.iter().map(|schema| key(Some(schema.clone()))).collect()
        };
        if of_creator.iter().any(|one| *one.grantee == Grantee::Public) {
            local.public.extend(objects.iter().cloned());
        }
        local.add(gifts, &objects);
    }
}
