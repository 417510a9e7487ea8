//! What an administrator without superuser will find when grants are made and revoked.
//!
//! By then schemas have changed hands, and the plan itself may have given grant options to roles whose
//! privileges the administrator has, of which the server could take one for the grantor. Not here: who
//! is the grantor (`usual`, and the provider). Invariant: what was observed is only added to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::acl::{Acl, Grantee};
use crate::change::Place;
use crate::name::RoleName;
use crate::observed::{GrantOptions, Observed};
use crate::privilege::PrivilegeSet;
use crate::resolve::{Desired, Question, owners};

/// The observation that statements are written from.
pub(crate) fn prospect<'a>(question: &Question<'a>, desired: &Desired) -> Cow<'a, Observed> {
    let observed = question.observed;
    let coming = coming(observed, desired);
    let handed_over = owners::hands_over(desired);
    if observed.admin.superuser || (coming.is_empty() && !handed_over) {
        return Cow::Borrowed(observed);
    }
    let mut observed = Observed { coming, ..observed.clone() };
    if handed_over {
        let databases = observed.catalog.databases.keys().cloned().collect::<Vec<_>>();
        let nobodys = |database| owners::of_database_owner(question, desired, &database);
        observed.of_database_owner =
            databases.into_iter().map(|name| (name.clone(), nobodys(name))).collect();
        observed.catalog.databases.clone_from(&desired.observed.databases);
    }
    Cow::Owned(observed)
}

/// Grant options that are desired for roles whose privileges the administrator has.
fn coming(observed: &Observed, desired: &Desired) -> BTreeMap<Place, GrantOptions> {
    let mut coming = BTreeMap::new();
    for (place, grants) in desired.catalog.places() {
        let options: Vec<_> = grants.acls().iter().map(|acl| Arc::new(options(observed, acl))).collect();
        let held = grants.objects().iter().map(|(object, held)| (object, &options[held.acl.index()]));
        let some = held.filter(|(_, options)| !options.is_empty());
        let some: GrantOptions =
            some.map(|(object, options)| (object.clone(), Arc::clone(options))).collect();
        if !some.is_empty() {
            coming.insert(place, some);
        }
    }
    coming
}

fn options(observed: &Observed, acl: &Acl) -> BTreeMap<RoleName, PrivilegeSet> {
    let mut options: BTreeMap<RoleName, PrivilegeSet> = BTreeMap::new();
    for entry in acl.entries().iter().filter(|entry| !entry.holding.grantable.is_empty()) {
        let Grantee::Role(role) = &entry.grantee else { continue };
        if observed.admin.has_privileges_of.contains(role) {
            let held = options.entry(role.clone()).or_default();
            *held = held.union(entry.holding.grantable);
        }
    }
    options
}
