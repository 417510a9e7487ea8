//! The picture of a configuration as JSON.
//!
//! Not here: DOT and Mermaid (`graph`). Invariant: the same nodes and edges, in the same order.

use serde_json::{Value, json};

use crate::graph::picture::Picture;

/// Version of this shape.
const FORMAT: &str = "1.0";

/// Nodes with kind and place, edges by address.
pub fn graph(picture: &Picture) -> Value {
    let nodes: Vec<Value> = picture
        .nodes
        .iter()
        .map(|(address, node)| {
            json!({ "address": address, "kind": node.kind, "declared_at": node.origin.to_string() })
        })
        .collect();
    let edges: Vec<Value> =
        picture.edges.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
    json!({ "format_version": FORMAT, "nodes": nodes, "edges": edges })
}
