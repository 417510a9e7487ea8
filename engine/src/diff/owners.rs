//! Diff of owners of schemas, one address at a time.
//!
//! Not here: the policy (`decide`), what an owner means for grants (`resolve::owners`). Invariant:
//! only owners are compared: a schema is neither made nor dropped.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Owner};
use crate::change::{Action, OwnerChange, Reason};
use crate::diff::decide::decide;
use crate::diff::{Block, Pictures};
use crate::name::{BlockAddress, RoleName, SchemaPath};

/// Finds the changes of owners, by schema. Blocks that are gone leave theirs behind.
pub fn owners(
    pictures: Pictures<'_>,
    blocks: &BTreeMap<SchemaPath, Block>,
    forgotten: &BTreeMap<SchemaPath, BlockAddress>,
) -> Vec<OwnerChange> {
    let decided = pictures.desired.owners.iter().filter_map(|(path, desired)| {
        let (recorded, observed) = (role(pictures.recorded, path), role(pictures.observed, path));
        let (action, reason) = decide(Some(&desired.role), recorded, observed);
        let Block { address, origin } = blocks.get(path)?.clone();
        let (path, before, after) = (path.clone(), observed.cloned(), Some(desired.role.clone()));
        (action != Action::NoOp).then_some(OwnerChange {
            address,
            path,
            action,
            reason,
            before,
            after,
            origin,
        })
    });
    let kept = forgotten.iter().map(|(path, address)| {
        let owner = role(pictures.recorded, path);
        OwnerChange {
            address: address.clone(),
            path: path.clone(),
            action: Action::Forget,
            reason: Reason::LeftInPlace,
            before: owner.cloned(),
            after: owner.cloned(),
            origin: None,
        }
    });
    let mut changes: Vec<OwnerChange> = decided.chain(kept).collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

fn role<'a>(picture: &'a Catalog, path: &SchemaPath) -> Option<&'a RoleName> {
    picture.owners.get(path).map(|owner: &Owner| &owner.role)
}
