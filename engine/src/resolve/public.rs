//! PUBLIC: looked at only where its blocks say, and given back where they no longer do.
//!
//! While planning PUBLIC's entries are observed everywhere in the places that a block names;
//! here they are cut to the objects that the selectors found. What leaves a block goes back to
//! what PostgreSQL has built in: what was given beyond it is revoked, what was taken is not
//! given again. Not here: what the blocks give (`resolve::grants`).
//! Invariant: outside `Desired::public` PUBLIC stands in no picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::{Catalog, Held};
use crate::change::Place;
use crate::diff::Block;
use crate::object::Object;
use crate::observed::{Everybody, PublicReach, with_built_in};
use crate::privilege::PrivilegeSet;
use crate::resolve::grants::public_address;
use crate::resolve::{Desired, Question};

pub(super) fn resolve(question: &Question<'_>, desired: &mut Desired) {
    desired.everybody.clone_from(&question.observed.everybody);
    if question.scope.public.is_empty() {
        keep(&mut desired.recorded, &desired.public, &mut Everybody::new());
        return;
    }
    let mut facts = question.observed.catalog.clone();
    give_back(&facts, desired);
    desired.public.retain(|_, objects| !objects.is_empty());
    for (place, objects) in &desired.public {
        for catalog in [&mut facts, &mut desired.observed] {
            with_built_in(catalog.place_mut(place), objects);
        }
    }
    keep(&mut facts, &desired.public, &mut desired.everybody);
    keep(&mut desired.observed, &desired.public, &mut Everybody::new());
    keep(&mut desired.recorded, &desired.public, &mut Everybody::new());
    desired.facts = Some(facts);
}

fn keep(catalog: &mut Catalog, public: &BTreeMap<Place, BTreeSet<Object>>, taken: &mut Everybody) {
    catalog.keep_public(
        |place, object| public.get(place).is_some_and(|objects| objects.contains(object)),
        |place, object, what| {
            taken.entry(place.clone()).or_default().insert(object.clone(), what);
        },
    );
}

/// What was given beyond what is built in, on objects that no block selects any more.
fn give_back(observed: &Catalog, desired: &mut Desired) {
    let mut given: Vec<(Place, Object, Held, PrivilegeSet)> = Vec::new();
    for (place, grants) in desired.recorded.places() {
        let managed = desired.public.get(&place);
        for (object, held) in grants.objects() {
            let held_then = grants.acl(held.acl).privileges_of(&Grantee::Public);
            let beyond = !held_then.minus(object.public_default()).is_empty();
            if !beyond || managed.is_some_and(|managed| managed.contains(object)) {
                continue;
            }
            let Some(now) = observed.place(&place) else { continue };
            if let Some(held) = now.objects().get(object) {
                let stays = now.acl(held.acl).privileges_of(&Grantee::Public);
                let stays = stays.intersection(object.public_default());
                given.push((place.clone(), object.clone(), held.clone(), stays));
            }
        }
    }
    for (place, object, held, stays) in given {
        desired.blocks.entry(Grantee::Public).or_insert(Block { address: public_address(), origin: None });
        let grants = desired.catalog.place_mut(&place);
        let mut entries = grants.acl_of(&object).map_or(Vec::new(), |acl| acl.entries().to_vec());
        let grantable = PrivilegeSet::EMPTY;
        let holding = Holding { grantor: Grantor::Owner, privileges: stays, grantable };
        entries.push(Entry { grantee: Grantee::Public, holding });
        grants.insert_acl(object.clone(), held.oid, held.owner, Acl::new(entries));
        desired.public.entry(place).or_default().insert(object);
    }
}

/// What PUBLIC is managed on, for the plan.
pub(crate) fn reach(desired: &Desired) -> BTreeMap<Place, PublicReach> {
    let objects = |(place, objects): (&Place, &BTreeSet<Object>)| {
        (place.clone(), PublicReach::Objects(objects.clone()))
    };
    desired.public.iter().filter(|(_, objects)| !objects.is_empty()).map(objects).collect()
}
