//! What each role holds, as facts: one per object, grantor and grant option.
//!
//! Not here: how facts are written down. Invariant: the facts of a role are all of its entries
//! in the catalog, each privilege of an entry in exactly one fact.

use std::collections::BTreeMap;

use crate::acl::{Acl, Entry, Grantee, Grantor};
use crate::catalog::Grants;
use crate::change::Place;
use crate::name::RoleName;
use crate::object::Object;
use crate::observed::Observed;
use crate::privilege::PrivilegeSet;

/// With or without the right to grant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GrantOption {
    /// Plain.
    Without,
    /// WITH GRANT OPTION.
    With,
}

/// How a role holds something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Manner {
    /// With grant option or without.
    pub(super) option: GrantOption,
    /// Whom `granted_by` must name; none where a plain GRANT gives the same.
    pub(super) granted_by: Option<RoleName>,
}

impl Manner {
    /// What a plain GRANT by the administrator gives.
    pub(super) const PLAIN: Manner = Manner { option: GrantOption::Without, granted_by: None };
}

/// What one role holds on one object.
pub(super) type Held = BTreeMap<Manner, PrivilegeSet>;

/// What one role holds in one place.
pub(super) type InPlace<'a> = BTreeMap<&'a Object, Held>;

/// What one role holds.
pub(super) type OfRole<'a> = BTreeMap<&'a Place, InPlace<'a>>;

/// What every role holds.
pub(super) struct Facts<'a> {
    places: BTreeMap<Place, &'a Grants>,
    observed: &'a Observed,
    /// Objects by place and ACL, so that each ACL is looked at once.
    classes: Vec<Class<'a>>,
}

/// Objects of one place with the same ACL.
struct Class<'a> {
    place: Place,
    acl: &'a Acl,
    /// The objects and their owners.
    objects: Vec<(&'a Object, &'a RoleName)>,
}

impl<'a> Facts<'a> {
    /// Sorts an observation by ACL.
    pub(super) fn of(observed: &'a Observed) -> Facts<'a> {
        let catalog = &observed.catalog;
        let shared = std::iter::once((Place::Shared, &catalog.shared));
        let local = catalog.databases.iter().map(|(name, grants)| (Place::Database(name.clone()), grants));
        let places: BTreeMap<Place, &Grants> = shared.chain(local).collect();
        let mut classes = Vec::new();
        for (place, grants) in &places {
            let mut by_acl: BTreeMap<_, Vec<(&Object, &RoleName)>> = BTreeMap::new();
            for (object, held) in grants.objects() {
                by_acl.entry(held.acl).or_default().push((object, &held.owner));
            }
            let of_place = by_acl.into_iter().map(|(acl, objects)| Class {
                place: place.clone(),
                acl: grants.acl(acl),
                objects,
            });
            classes.extend(of_place.filter(|class| !class.acl.is_empty()));
        }
        Facts { places, observed, classes }
    }

    /// What a role holds.
    pub(super) fn of_role(&self, role: &RoleName) -> OfRole<'_> {
        let grantee = Grantee::Role(role.clone());
        let mut held = OfRole::new();
        for Class { place, acl, objects } in &self.classes {
            let entries = acl.of(&grantee);
            if entries.is_empty() {
                continue;
            }
            let Some((place, _)) = self.places.get_key_value(place) else { continue };
            for (object, owner) in objects {
                let of_object = held.entry(place).or_default().entry(*object).or_default();
                let unnamed = self.unnamed((place, object), owner, entries);
                for entry in entries {
                    let holding = &entry.holding;
                    let granted_by = match &holding.grantor {
                        grantor if *grantor == unnamed => None,
                        Grantor::Owner => Some((*owner).clone()),
                        Grantor::Role(grantor) => Some(grantor.clone()),
                    };
                    let plain = holding.privileges.minus(holding.grantable);
                    for (option, set) in
                        [(GrantOption::With, holding.grantable), (GrantOption::Without, plain)]
                    {
                        if !set.is_empty() {
                            of_object.insert(Manner { option, granted_by: granted_by.clone() }, set);
                        }
                    }
                }
            }
        }
        held
    }

    /// The grantor whom nobody need name: the owner, if it granted anything of it, since that stands
    /// whoever the administrator is (`resolve::standing`); else the administrator, as far as it would
    /// still grant the same.
    fn unnamed(&self, at: (&Place, &Object), owner: &RoleName, entries: &[Entry]) -> Grantor {
        let admin = &self.observed.admin;
        let own = Grantor::Role(admin.name.clone());
        let by_own = entries.iter().filter(|entry| entry.holding.grantor == own);
        let granted = by_own.fold(PrivilegeSet::EMPTY, |all, entry| all.union(entry.holding.privileges));
        let by_owner = entries.iter().any(|entry| entry.holding.grantor == Grantor::Owner);
        let lapsed = !granted.minus(self.observed.options_of(&admin.name, at)).is_empty();
        if admin.may_act_as(owner) || by_owner || lapsed { Grantor::Owner } else { own }
    }
}
