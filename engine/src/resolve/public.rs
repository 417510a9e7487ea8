//! PUBLIC: looked at only where its blocks say, and given back where they no longer do.
//!
//! While planning PUBLIC's entries are observed everywhere in the places that a block names;
//! here they are cut to the objects that the selectors found. What leaves a block goes back to
//! what PostgreSQL has built in: what was given beyond it is revoked, what was taken is not
//! given again, and what somebody else gave on the columns of a table stays. Not here: what the
//! blocks give (`resolve::grants`).
//! Invariant: outside `Desired::public` PUBLIC stands in no picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Acl, Entry, Grantee, Holding};
use crate::catalog::{Grants, Held};
use crate::change::Place;
use crate::diff::Block;
use crate::object::Object;
use crate::observed::Everybody;
use crate::privilege::PrivilegeSet;
use crate::public::{PublicObjects, PublicReach, given};
use crate::resolve::grants::public_address;
use crate::resolve::{Desired, Question};

pub(super) fn resolve(question: &Question<'_>, desired: &mut Desired) {
    desired.everybody.clone_from(&question.observed.everybody);
    if question.scope.public.is_empty() {
        desired.recorded.keep_public(|_, _| false, |_, _, _| {});
        return;
    }
    for (place, objects) in given(&desired.recorded) {
        give_back(&place, objects, desired);
    }
    desired.public.retain(|_, objects| !objects.is_empty());
    let mut facts = question.asked.observed.catalog.clone();
    for (place, objects) in &desired.public {
        for catalog in [&mut facts, &mut desired.observed] {
            objects.with_built_in(catalog.place_mut(place));
        }
    }
    let covered = |place: &Place, object: &Object| {
        desired.public.get(place).is_some_and(|objects| objects.cover(object))
    };
    let everybody: &mut Everybody = &mut desired.everybody;
    facts.keep_public(covered, |place, object, what| {
        everybody.entry(place.clone()).or_default().insert(object.clone(), what);
    });
    desired.observed.keep_public(covered, |_, _, _| {});
    desired.recorded.keep_public(covered, |_, _, _| {});
    desired.managed_for_public = managed(question, &desired.public);
    desired.facts = Some(facts);
    let public = std::mem::take(&mut desired.public).into_iter();
    desired.reach = public.map(|(place, objects)| (place, PublicReach::Objects(objects))).collect();
}

/// `-refresh-only`: PUBLIC is looked at where it was given something, and nowhere else.
pub(super) fn refresh(question: &Question<'_>, desired: &mut Desired) {
    let mut given = given(&desired.recorded);
    given.retain(|place, _| question.scope.public.contains_key(place));
    let was_given =
        |place: &Place, object: &Object| given.get(place).is_some_and(|objects| objects.contains(object));
    for catalog in [&mut desired.catalog, &mut desired.recorded, &mut desired.observed] {
        catalog.keep_public(was_given, |_, _, _| {});
    }
    if given.is_empty() {
        return;
    }
    let mut facts = question.observed.catalog.clone();
    facts.keep_public(was_given, |_, _, _| {});
    desired.facts = Some(facts);
    answer_for_public(desired);
    let reach = given.into_iter().map(|(place, objects)| (place, PublicReach::Recorded(objects)));
    desired.reach = reach.collect();
}

/// Takes back what was given on objects of one place, where no block selects them any more.
fn give_back(place: &Place, given: BTreeSet<Object>, desired: &mut Desired) {
    let reach = desired.public.entry(place.clone()).or_default();
    reach.returned = given.into_iter().filter(|object| !reach.select(object)).collect();
    if reach.returned.is_empty() {
        return;
    }
    if let Some(observed) = desired.observed.place(place) {
        let left = left(reach, observed);
        let grants = desired.catalog.place_mut(place);
        left.built_in.into_iter().for_each(|(object, held, entries)| give(grants, object, held, entries));
        // What others gave is desired and known, so that nothing is done but after a table's REVOKE.
        for (object, held, entries) in left.of_others {
            give(desired.recorded.place_mut(place), object.clone(), held.clone(), entries.clone());
            give(desired.catalog.place_mut(place), object, held, entries);
        }
    }
    answer_for_public(desired);
}

/// An object and entries of PUBLIC's on it.
type OfPublic = (Object, Held, Vec<Entry>);

/// What PUBLIC keeps on objects that are given back, and on their columns.
#[derive(Default)]
struct Left {
    built_in: Vec<OfPublic>,
    of_others: Vec<OfPublic>,
}

fn left(reach: &PublicObjects, observed: &Grants) -> Left {
    let mut left = Left::default();
    for (object, held) in observed.objects() {
        let entries = observed.acl(held.acl).of(&Grantee::Public);
        if reach.returned.contains(object) {
            let built_in = entries.iter().map(|entry| only(entry, object.public_default()));
            left.built_in.push((object.clone(), held.clone(), built_in.collect()));
        } else if !entries.is_empty() && !reach.select(object) && reach.cover(object) {
            left.of_others.push((object.clone(), held.clone(), entries.to_vec()));
        }
    }
    left
}

fn give(grants: &mut Grants, object: Object, held: Held, more: Vec<Entry>) {
    let mut entries = grants.acl_of(&object).map_or(Vec::new(), |acl| acl.entries().to_vec());
    entries.extend(more);
    grants.insert_acl(object, held.oid, held.owner, Acl::new(entries));
}

fn only(entry: &Entry, built_in: PrivilegeSet) -> Entry {
    let privileges = entry.holding.privileges.intersection(built_in);
    Entry { grantee: Grantee::Public, holding: Holding { privileges, ..entry.holding.clone() } }
}

fn answer_for_public(desired: &mut Desired) {
    desired.blocks.entry(Grantee::Public).or_insert(Block { address: public_address(), origin: None });
}

/// How many of the entries that somebody made for PUBLIC the run looks after.
fn managed(question: &Question<'_>, public: &BTreeMap<Place, PublicObjects>) -> u64 {
    let made = question.observed.made_for_public.iter();
    let managed = made.filter_map(|(place, made)| public.get(place).map(|objects| (objects, made)));
    let managed = managed.flat_map(|(objects, made)| {
        made.iter().filter(|(object, _)| objects.select(object) || objects.returned.contains(object))
    });
    managed.map(|(_, entries)| entries).sum()
}
