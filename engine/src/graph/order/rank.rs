//! Ranks: the longest way of each vertex from the beginning.
//!
//! Not here: what requires what (`order::vertex`). Invariant: what requires itself, over whatever
//! way, is named and never left out.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graphmap::{DiGraphMap, NodeTrait};

/// What requires each other, so that none of it can come first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circle<V>(pub(super) Vec<V>);

/// All vertices, each after what it requires: by rank, then by content. A requirement is
/// (before, after).
pub(super) fn ranked<V: NodeTrait>(
    vertices: &BTreeSet<V>,
    requirements: impl IntoIterator<Item = (V, V)>,
) -> Result<Vec<V>, Circle<V>> {
    let mut graph: DiGraphMap<V, ()> = DiGraphMap::new();
    for vertex in vertices {
        graph.add_node(*vertex);
    }
    graph.extend(requirements);
    let sorted = toposort(&graph, None).map_err(|_| circle(&graph))?;
    let mut ranks: BTreeMap<V, usize> = BTreeMap::new();
    for vertex in sorted {
        let before = graph.neighbors_directed(vertex, Direction::Incoming);
        let rank = before.filter_map(|before| ranks.get(&before)).max().map_or(0, |rank| rank + 1);
        ranks.insert(vertex, rank);
    }
    let mut order: Vec<(usize, V)> = ranks.into_iter().map(|(vertex, rank)| (rank, vertex)).collect();
    order.sort();
    Ok(order.into_iter().map(|(_, vertex)| vertex).collect())
}

/// The first of those that there are.
fn circle<V: NodeTrait>(graph: &DiGraphMap<V, ()>) -> Circle<V> {
    let circles = kosaraju_scc(graph).into_iter().filter(|members| {
        members.len() > 1 || members.iter().any(|member| graph.contains_edge(*member, *member))
    });
    let sorted = circles.map(|mut members| {
        members.sort();
        members
    });
    Circle(sorted.min().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(requirements: &[(char, char)], expected: Result<&str, &str>) {
        let vertices = requirements.iter().flat_map(|(before, after)| [*before, *after]).collect();
        let found = ranked(&vertices, requirements.iter().copied());
        let text = |all: &[char]| all.iter().collect::<String>();
        let found = found.map(|order| text(&order)).map_err(|Circle(members)| text(&members));
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{requirements:?}");
    }

    #[test]
    fn what_is_required_comes_first() {
        check(&[('b', 'a')], Ok("ba"));
        check(&[('c', 'a'), ('c', 'b'), ('b', 'd')], Ok("cabd"));
    }

    #[test]
    fn a_circle_is_named_whole() {
        check(&[('x', 'a'), ('c', 'b'), ('b', 'c'), ('c', 'z')], Err("bc"));
        check(&[('y', 'z'), ('z', 'y'), ('c', 'b'), ('b', 'd'), ('d', 'c')], Err("bcd"));
        check(&[('a', 'a')], Err("a"));
    }
}
