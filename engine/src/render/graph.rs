//! The picture of a configuration as DOT and as Mermaid.
//!
//! Not here: JSON (`json_graph`), what the picture shows (`graph::picture`). Invariant:
//! names are escaped for the format, so that a hostile one stays a name.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::graph::picture::Picture;
use crate::name::printable;

/// Graphviz, as `terraform graph` writes it.
pub fn dot(picture: &Picture) -> String {
    let name = |address: &str| format!("\"{}\"", printable(address).replace('"', "\\\""));
    let mut out =
        String::from("digraph {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    for (address, node) in &picture.nodes {
        let shape = if node.kind == "role" { " [style = bold]" } else { "" };
        line(&mut out, format_args!("  {}{shape};", name(address)));
    }
    for (from, to) in &picture.edges {
        line(&mut out, format_args!("  {} -> {};", name(from), name(to)));
    }
    out.push_str("}\n");
    out
}

/// Mermaid, which hosts of git show in pull requests.
pub fn mermaid(picture: &Picture) -> String {
    let numbers: BTreeMap<&str, usize> =
        picture.nodes.keys().enumerate().map(|(number, address)| (address.as_str(), number)).collect();
    let mut out = String::from("flowchart RL\n");
    for (address, number) in &numbers {
        line(&mut out, format_args!("  n{number}[\"{}\"]", entities(&printable(address))));
    }
    for (from, to) in &picture.edges {
        if let (Some(from), Some(to)) = (numbers.get(from.as_str()), numbers.get(to.as_str())) {
            line(&mut out, format_args!("  n{from} --> n{to}"));
        }
    }
    out
}

/// Mermaid takes character entities with `#` where HTML has `&`.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            plain => out.push(plain),
        }
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a text cannot fail.
    let _ = out.write_fmt(text);
    out.push('\n');
}
