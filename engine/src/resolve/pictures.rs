//! The observed and the recorded picture, brought to one form, so that they compare.
//!
//! Names are those after renames, and a password that may not be seen is taken as recorded.
//! Not here: what is desired. Invariant: nothing that the run is not about is in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::Grantee;
use crate::catalog::{Catalog, Password};
use crate::declared::DeclaredRole;
use crate::name::{RoleName, SchemaPath};
use crate::resolve::{Desired, Question};

pub(super) fn bring(
    question: &Question<'_>,
    declared: &BTreeMap<&RoleName, &DeclaredRole>,
    desired: &mut Desired,
) {
    let part = question.part;
    let remembered: BTreeSet<&RoleName> = part.recorded_roles().map(|(name, _)| name).collect();
    let nothing = Catalog::default();
    let recorded = part.recorded.map_or(&nothing, |resource| &resource.catalog);
    desired.recorded = recorded
        .restricted(|grantee| match grantee {
            Grantee::Public => true,
            Grantee::Role(role) => remembered.contains(role) || declared.contains_key(role),
        })
        .renamed(&question.after.names);
    let schemas: BTreeSet<&SchemaPath> = part.recorded_schemas().map(|(path, _)| path).collect();
    let in_run = |path: &SchemaPath| schemas.contains(path) || question.scope.schemas.contains(path);
    desired.recorded.owners.retain(|path, _| in_run(path));
    desired.observed = question.observed.catalog.clone();
    for (name, role) in &mut desired.observed.roles {
        if role.password == Password::Unknown
            && let Some(recorded) = desired.recorded.roles.get(name)
        {
            role.password = recorded.password;
        }
    }
}
