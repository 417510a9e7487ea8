//! Cycles of memberships among declared roles.
//!
//! PostgreSQL refuses them (GRANT, "role memberships may not be circular"); here they are
//! found before a server is asked, all at once, each with every edge and its place. Not
//! here: other kinds of dependencies, which cannot form cycles. Invariant: the roles of a
//! message stand in the order of the cycle, beginning with the first by name.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::code::Code;
use crate::declared::{DeclaredMembership, DeclaredRole};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::name::{ResourceName, RoleName, printable};

type Node<'a> = (&'a ResourceName, &'a RoleName);

/// Reports every cycle of memberships, once.
pub fn memberships<'a>(roles: impl Iterator<Item = &'a DeclaredRole>) -> Diagnostics {
    let mut graph: DiGraphMap<Node<'a>, ()> = DiGraphMap::new();
    let mut edges: BTreeMap<(Node<'a>, Node<'a>), &'a DeclaredMembership> = BTreeMap::new();
    for role in roles {
        let member = (&role.resource, &role.name);
        for membership in &role.member_of {
            let group = (&role.resource, &membership.role);
            graph.add_edge(member, group, ());
            edges.entry((member, group)).or_insert(membership);
        }
    }
    let mut diagnostics = Diagnostics::default();
    // Not tarjan_scc: it recurses and overflows the stack on long chains.
    for component in kosaraju_scc(&graph) {
        let component: BTreeSet<Node<'a>> = component.into_iter().collect();
        if let Some(path) = cycle_in(&component, &edges) {
            diagnostics.push(report(&path, &edges));
        }
    }
    diagnostics.sort();
    diagnostics
}

/// One cycle through the first node of a strongly connected component.
fn cycle_in<'a>(
    component: &BTreeSet<Node<'a>>,
    edges: &BTreeMap<(Node<'a>, Node<'a>), &'a DeclaredMembership>,
) -> Option<Vec<Node<'a>>> {
    let first = *component.first()?;
    let mut path = vec![first];
    let mut seen = BTreeSet::from([first]);
    loop {
        let here = *path.last()?;
        let next: Vec<Node<'a>> = edges
            .range((here, *component.first()?)..)
            .take_while(|((from, _), _)| *from == here)
            .map(|((_, to), _)| *to)
            .filter(|to| component.contains(to))
            .collect();
        if next.contains(&first) {
            return Some(path);
        }
        match next.into_iter().find(|to| seen.insert(*to)) {
            Some(to) => path.push(to),
            // A dead end: step back. Nothing left to step back to means no cycle.
            None => {
                path.pop();
            }
        }
    }
}

fn report<'a>(
    path: &[Node<'a>],
    edges: &BTreeMap<(Node<'a>, Node<'a>), &'a DeclaredMembership>,
) -> Diagnostic {
    let mut lines = Vec::new();
    let mut span = None;
    for (at, from) in path.iter().enumerate() {
        let to = path[(at + 1) % path.len()];
        if let Some(membership) = edges.get(&(*from, to)) {
            lines.push(format!(
                "  {} is a member of {}  ({})",
                printable(from.1.as_str()),
                printable(to.1.as_str()),
                membership.span.origin()
            ));
            span.get_or_insert_with(|| membership.span.clone());
        }
    }
    let diagnostic = Diagnostic::error(
        Code::PLN014,
        "Memberships form a cycle",
        format!("Roles cannot be members of themselves:\n{}", lines.join("\n")),
    )
    .hint("take one of these memberships out");
    Diagnostic { span, ..diagnostic }
}
