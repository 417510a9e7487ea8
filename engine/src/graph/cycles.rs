//! Cycles among roles: of memberships, and of `depends_on`.
//!
//! PostgreSQL refuses the former (GRANT, "role memberships may not be circular"); here they are
//! found all at once, each with every edge and its place: those that are declared before a server
//! is asked, those with memberships that a server has and keeps once it has told of them. Not
//! here: other kinds of dependencies, which cannot form cycles. Invariant: the roles of a
//! message stand in the order of the cycle, beginning with the first by name.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::code::Code;
use crate::declared::{Declared, DeclaredMembership, DeclaredRole};
use crate::dependency::Dependency;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::graph::order::DependsOn;
use crate::name::{BlockAddress, ResourceName, RoleName, printable};

/// Reports every cycle of declared memberships, once.
pub fn memberships<'a>(roles: impl Iterator<Item = &'a DeclaredRole>) -> Diagnostics {
    let mut edges: BTreeMap<(Node<'a>, Node<'a>), Option<&'a Span>> = BTreeMap::new();
    for role in roles {
        for membership in &role.member_of {
            let ends = ((&role.resource, &role.name), (&role.resource, &membership.role));
            edges.entry(ends).or_insert(Some(&membership.span));
        }
    }
    circles_of_members(&edges, "take one of these memberships out")
}

/// Reports every cycle that declared memberships close with those that a server has and keeps:
/// pairs of a member and what it is a member of.
pub fn with_kept<'a>(
    resource: &'a ResourceName,
    roles: impl Iterator<Item = &'a DeclaredRole>,
    kept: impl Iterator<Item = (&'a RoleName, &'a RoleName)>,
) -> Diagnostics {
    let mut edges: BTreeMap<(Node<'a>, Node<'a>), Option<&'a Span>> =
        kept.map(|(member, role)| (((resource, member), (resource, role)), None)).collect();
    for role in roles {
        let ends =
            |membership: &'a DeclaredMembership| ((resource, &role.name), (resource, &membership.role));
        edges.extend(role.member_of.iter().map(|one| (ends(one), Some(&one.span))));
    }
    circles_of_members(
        &edges,
        "take a declared one of these memberships out, or revoke one that the server has",
    )
}

fn circles_of_members<'a>(
    edges: &BTreeMap<(Node<'a>, Node<'a>), Option<&'a Span>>,
    hint: &str,
) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    for path in cycles(edges) {
        let line = |from: &Node<'a>, to: &Node<'a>| {
            let names = (printable(from.1.as_str()), printable(to.1.as_str()));
            let place = edges.get(&(*from, *to))?;
            let place = place.map_or_else(|| Place::Server(from.0), Place::Configuration);
            Some((format!("{} is a member of {}", names.0, names.1), place))
        };
        let what = (Code::PLN014, "Memberships form a cycle", "Roles cannot be members of themselves");
        diagnostics.push(report(&path, line, what).hint(hint));
    }
    diagnostics.sort();
    diagnostics
}

/// Reports every cycle of `depends_on`, once.
pub fn dependencies(declared: &Declared) -> Diagnostics {
    let mut edges: BTreeMap<(&BlockAddress, &BlockAddress), &Dependency> = BTreeMap::new();
    for role in declared.roles.values() {
        for dependency in &role.depends_on {
            let needed = declared.roles.keys().filter(|address| dependency.on.matches(address));
            edges.extend(needed.map(|needed| ((&role.address, needed), dependency)));
        }
    }
    let mut diagnostics = Diagnostics::default();
    for path in cycles(&edges) {
        let line = |from: &&BlockAddress, to: &&BlockAddress| {
            let edge = edges.get(&(*from, *to))?;
            Some((format!("{from} depends on {to}"), Place::Configuration(&edge.span)))
        };
        diagnostics.push(report(
            &path,
            line,
            (Code::CFG009, "Cycle", "Each of these roles waits for the next"),
        ));
    }
    diagnostics
}

/// Forgets what forms a cycle: what is remembered of roles that are gone may come from
/// configurations of different days.
pub fn open(depends_on: &mut DependsOn) {
    let edges = depends_on.iter().flat_map(|(role, needed)| needed.iter().map(move |needed| (role, needed)));
    let graph: DiGraphMap<&RoleName, ()> = edges.map(|(role, needed)| (role, needed, ())).collect();
    let components = kosaraju_scc(&graph).into_iter().filter(|component| component.len() > 1);
    let circles: Vec<BTreeSet<RoleName>> =
        components.map(|component| component.into_iter().cloned().collect()).collect();
    for circle in &circles {
        for role in circle {
            depends_on.entry(role.clone()).or_default().retain(|needed| !circle.contains(needed));
        }
    }
}

type Node<'a> = (&'a ResourceName, &'a RoleName);

/// One cycle of each strongly connected component, beginning with its first node.
fn cycles<N: Copy + Ord + Hash, E>(edges: &BTreeMap<(N, N), E>) -> Vec<Vec<N>> {
    let mut graph: DiGraphMap<N, ()> = DiGraphMap::new();
    for (from, to) in edges.keys() {
        graph.add_edge(*from, *to, ());
    }
    // Not tarjan_scc: it recurses and overflows the stack on long chains.
    let components = kosaraju_scc(&graph).into_iter();
    components.filter_map(|component| cycle_in(&component.into_iter().collect(), edges)).collect()
}

/// One cycle through the first node of a strongly connected component.
fn cycle_in<N: Copy + Ord, E>(component: &BTreeSet<N>, edges: &BTreeMap<(N, N), E>) -> Option<Vec<N>> {
    let first = *component.first()?;
    let mut path = vec![first];
    let mut seen = BTreeSet::from([first]);
    loop {
        let here = *path.last()?;
        let next: Vec<N> = edges
            .range((here, first)..)
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

/// Where an edge comes from.
enum Place<'a> {
    Configuration(&'a Span),
    Server(&'a ResourceName),
}

/// A message with every edge of a cycle and its place, at the first that is declared.
fn report<'a, N>(
    path: &[N],
    line: impl Fn(&N, &N) -> Option<(String, Place<'a>)>,
    (code, summary, detail): (Code, &str, &str),
) -> Diagnostic {
    let next = path.iter().skip(1).chain(path.first());
    let edges: Vec<(String, Place<'a>)> =
        path.iter().zip(next).filter_map(|(from, to)| line(from, to)).collect();
    let lines = edges.iter().map(|(text, place)| match place {
        Place::Configuration(span) => format!("  {text}  ({})", span.origin()),
        Place::Server(resource) => format!("  {text}  (on {resource})"),
    });
    let lines: Vec<String> = lines.collect();
    let declared = edges.iter().find_map(|(_, place)| match place {
        Place::Configuration(span) => Some((*span).clone()),
        Place::Server(_) => None,
    });
    let said = Diagnostic::error(code, summary, format!("{detail}:\n{}", lines.join("\n")));
    Diagnostic { span: declared, ..said }
}
