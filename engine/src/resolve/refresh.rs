//! `-refresh-only`: the state shall say what is so.
//!
//! What is recorded stands in the place of what is desired, so that the changes that are found
//! are those that others made. A password is not refreshed: one that roleform did not make is
//! none that it could show, and the next plan shall say so. Not here: that nothing is done
//! about it (`plan::make`). Invariant: no role is taken over and none is dropped.

use std::collections::BTreeMap;

use crate::acl::Grantee;
use crate::diff::Block;
use crate::resolve::{Desired, Question, pictures};

pub(super) fn resolve(question: &Question<'_>, desired: &mut Desired) {
    pictures::bring(question, &BTreeMap::new(), desired);
    for (name, recorded) in question.part.recorded_roles() {
        let block = question.part.declared.roles.get(&recorded.address);
        let origin = block.map(|block| block.span.origin());
        desired
            .blocks
            .insert(Grantee::Role(name.clone()), Block { address: recorded.address.clone(), origin });
        desired.kinds.insert(name.clone(), recorded.kind);
        if desired.observed.roles.contains_key(name) {
            desired.roles.insert(name.clone(), recorded.clone());
        }
    }
    for (path, address) in question.part.recorded_schemas() {
        let block = question.part.declared.schemas.get(address);
        let origin = block.map(|block| block.span.origin());
        desired.schemas.insert(path.clone(), Block { address: address.clone(), origin });
    }
    for (name, role) in &mut desired.observed.roles {
        if let Some(recorded) = desired.recorded.roles.get(name) {
            role.password = recorded.password;
        }
    }
    desired.catalog = desired.recorded.clone();
}
