//! Labels of blocks, made of names of roles.
//!
//! Invariant: no two blocks share one, every label is an identifier, and a role whose name is
//! one keeps it.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::alike::Declaration;
use crate::generate::body::{KEY, is_identifier};

/// Labels of declarations, in their order. `taken` are those that the configuration has.
pub(super) fn labels(declarations: &[Declaration], taken: &BTreeSet<String>) -> Vec<String> {
    let mut used: BTreeSet<String> = taken.clone();
    let mut labels: BTreeMap<usize, String> = BTreeMap::new();
    let plain = |declaration: &Declaration| is_identifier(&declaration.name);
    let (first, later): (Vec<_>, Vec<_>) =
        declarations.iter().enumerate().partition(|(_, declaration)| plain(declaration));
    for (at, declaration) in first.into_iter().chain(later) {
        let wish = if plain(declaration) { declaration.name.clone() } else { slug(declaration) };
        let more = (2..).map(|number| format!("{wish}_{number}"));
        let label =
            std::iter::once(wish.clone()).chain(more).find(|label| !used.contains(label)).unwrap_or(wish);
        used.insert(label.clone());
        labels.insert(at, label);
    }
    labels.into_values().collect()
}

/// An identifier that reminds of a name.
fn slug(declaration: &Declaration) -> String {
    let fixed = declaration.name.replace(KEY, "");
    let text = match declaration.instances.values().next() {
        Some(first) if !fixed.contains(|c: char| c.is_ascii_alphanumeric()) => format!("{first}_and_others"),
        _ => fixed,
    };
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let slug = slug.trim_matches('_');
    if is_identifier(slug) {
        slug.to_owned()
    } else {
        format!("role_{slug}").trim_end_matches('_').to_owned()
    }
}
