//! On which objects what PUBLIC holds belongs to a run.
//!
//! A relation stands for its columns too, also those on which nobody holds anything yet: what
//! PUBLIC is granted on one of them by hand is drift where the table is selected, and goes with
//! the table's REVOKE in any case. Not here: what PUBLIC shall hold (`resolve::grants`, `resolve::public`).
//! Invariant: only what a block selects is remembered.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::{Catalog, Grants};
use crate::change::Place;
use crate::object::Object;
use crate::privilege::PrivilegeSet;

/// On what PUBLIC is looked at in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicReach {
    /// Not known yet: while planning all is looked at, and the blocks' selectors choose.
    Unresolved,
    /// On these objects, and nothing else.
    Objects(PublicObjects),
    /// Exactly where the state says that PUBLIC was given something: `-refresh-only`, which takes
    /// nothing back and needs no columns.
    Recorded(BTreeSet<Object>),
}

/// Why PUBLIC is looked at on some objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicObjects {
    /// A block selects them: what PUBLIC shall hold there is declared.
    pub selected: BTreeSet<Object>,
    /// None does any more: what PUBLIC was given there is taken back, and then forgotten.
    pub returned: BTreeSet<Object>,
}

impl PublicReach {
    /// Whether PUBLIC's entries on an object belong to the run.
    pub fn covers(&self, object: &Object) -> bool {
        match self {
            PublicReach::Unresolved => true,
            PublicReach::Objects(objects) => objects.cover(object),
            PublicReach::Recorded(objects) => objects.contains(object),
        }
    }

    /// Whether the state keeps what PUBLIC holds on an object after the run.
    pub fn remembers(&self, object: &Object) -> bool {
        match self {
            PublicReach::Unresolved => true,
            PublicReach::Objects(objects) => objects.selected.contains(object),
            PublicReach::Recorded(objects) => objects.contains(object),
        }
    }
}

impl PublicObjects {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.selected.is_empty() && self.returned.is_empty()
    }

    /// Whether a block selects an object, or its relation.
    pub fn select(&self, object: &Object) -> bool {
        among(&self.selected, object)
    }

    /// Whether PUBLIC is looked at on an object.
    pub fn cover(&self, object: &Object) -> bool {
        self.select(object) || among(&self.returned, object)
    }

    /// Puts in what PUBLIC has built in on the rows of default privileges among them that do not
    /// exist: a creator without a global row gives what `acldefault` says.
    pub fn with_built_in(&self, grants: &mut Grants) {
        for object in self.selected.iter().chain(&self.returned) {
            let Object::Default(default) = object else { continue };
            let privileges = object.public_default();
            if privileges.is_empty() || grants.objects().contains_key(object) {
                continue;
            }
            let holding = Holding { grantor: Grantor::Owner, privileges, grantable: PrivilegeSet::EMPTY };
            let acl = Acl::new(vec![Entry { grantee: Grantee::Public, holding }]);
            grants.insert_acl(object.clone(), 0, default.creator.clone(), acl);
        }
    }
}

/// On what PUBLIC was given something beyond what is built in, as the state remembers it.
pub(crate) fn given(recorded: &Catalog) -> BTreeMap<Place, BTreeSet<Object>> {
    let beyond = |grants: &Grants| -> BTreeSet<Object> {
        let given = grants.objects().iter().filter(|(object, held)| {
            let held = grants.acl(held.acl).privileges_of(&Grantee::Public);
            !held.minus(object.public_default()).is_empty()
        });
        given.map(|(object, _)| object.clone()).collect()
    };
    let given = recorded.places().map(|(place, grants)| (place, beyond(grants)));
    given.filter(|(_, objects)| !objects.is_empty()).collect()
}

fn among(objects: &BTreeSet<Object>, object: &Object) -> bool {
    objects.contains(object) || object.relations().iter().flatten().any(|relation| objects.contains(relation))
}
