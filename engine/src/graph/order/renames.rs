//! Renames: a name must be free before a role gets it, and everything else goes by the names of after.
//!
//! Not here: which roles are renamed (`resolve::renames`). Invariant: nothing but renames comes before a
//! rename, so that no statement means another role than the plan does.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::RoleChange;
use crate::graph::order::vertex::Vertex;
use crate::name::RoleName;

/// What must come before what, as (before, after).
pub(super) fn requirements<'a>(
    changes: &'a [RoleChange],
    vertices: &BTreeSet<Vertex<'a>>,
) -> Vec<(Vertex<'a>, Vertex<'a>)> {
    let roles = || changes.iter().enumerate();
    let leaves = |at: usize| match changes[at].aside {
        Some(_) => Vertex::Aside(at),
        None => Vertex::Rename(at),
    };
    let by_old: BTreeMap<&RoleName, usize> =
        roles().filter_map(|(at, role)| Some((role.renamed_from.as_ref()?, at))).collect();
    let renamed = roles().filter(|(_, role)| role.renamed_from.is_some());
    let freed =
        renamed.clone().filter_map(|(at, role)| Some((leaves(*by_old.get(&role.name)?), Vertex::Rename(at))));
    let in_two_steps = renamed.filter(|(_, role)| role.aside.is_some());
    let order = freed.chain(in_two_steps.map(|(at, _)| (Vertex::Aside(at), Vertex::Rename(at))));
    let is_rename = |vertex: &Vertex<'_>| matches!(vertex, Vertex::Aside(_) | Vertex::Rename(_));
    let any = vertices.iter().any(is_rename);
    let around = vertices.iter().filter(|_| any).map(|vertex| match is_rename(vertex) {
        true => (*vertex, Vertex::Renamed),
        false => (Vertex::Renamed, *vertex),
    });
    order.chain(around).collect()
}
