//! Roles that differ in one word, as one block with `for_each`.
//!
//! Some part of a role's name is tried as its key: where replacing that part everywhere in its
//! block makes it equal to others, they are one block. Not here: labels (`label`).
//! Invariant: every role is in exactly one declaration, and with its key put back in it is what
//! it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::Bodies;
use crate::generate::body::{Body, KEY};
use crate::name::RoleName;

/// Fewer roles than this are written one by one.
const ENOUGH: usize = 3;
/// Names with more parts are tried whole only.
const MOST_PARTS: usize = 6;

/// A block: one role, or several that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    /// The name, with [`KEY`] where the instances differ.
    pub(super) name: String,
    /// The inside.
    pub(super) body: Body,
    /// Key and name of each instance; empty for a single role.
    pub(super) instances: BTreeMap<String, RoleName>,
}

/// Finds roles that are alike; the declarations in order of their first role.
pub(super) fn declarations(roles: &Bodies) -> Vec<Declaration> {
    let mut shapes: BTreeMap<(String, Body), BTreeMap<String, RoleName>> = BTreeMap::new();
    for (name, body) in roles {
        for key in keys(name.as_str()) {
            let shape = (without(name.as_str(), &key), body.mapped(&|text| without(text, &key)));
            shapes.entry(shape).or_default().insert(key, name.clone());
        }
    }
    let mut shapes: Vec<_> = shapes.into_iter().filter(|(_, instances)| instances.len() >= ENOUGH).collect();
    // Most roles first; among equals the one that leaves more of the name in place.
    shapes.sort_by_key(|((name, _), instances)| std::cmp::Reverse((instances.len(), name.len())));
    let mut rest: BTreeSet<&RoleName> = roles.keys().collect();
    let mut found: BTreeMap<RoleName, Declaration> = BTreeMap::new();
    for ((name, body), mut instances) in shapes {
        instances.retain(|_, role| rest.contains(role));
        if instances.len() >= ENOUGH {
            rest.retain(|role| !instances.values().any(|instance| instance == *role));
            let first = instances.values().min().cloned();
            found.extend(first.map(|first| (first, Declaration { name, body, instances })));
        }
    }
    for role in rest {
        let declaration = Declaration {
            name: role.as_str().to_owned(),
            body: roles[role].clone(),
            instances: BTreeMap::new(),
        };
        found.insert(role.clone(), declaration);
    }
    found.into_values().collect()
}

/// Parts of a name that may be what tells it from others: runs of its words, and all of it.
fn keys(name: &str) -> BTreeSet<String> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    for (at, character) in name.char_indices().filter(|(_, character)| character.is_alphanumeric()) {
        match words.last_mut() {
            Some((_, end)) if *end == at => *end = at + character.len_utf8(),
            _ => words.push((at, at + character.len_utf8())),
        }
    }
    let mut keys = BTreeSet::from([name.to_owned()]);
    if words.len() <= MOST_PARTS {
        for (first, (start, _)) in words.iter().enumerate() {
            keys.extend(words[first..].iter().map(|(_, end)| name[*start..*end].to_owned()));
        }
    }
    keys
}

/// A text with [`KEY`] in place of a key, where it stands as a word of its own.
fn without(text: &str, key: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(key) {
        let (before, found) = rest.split_at(at);
        let after = &found[key.len()..];
        let inside = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let last = before.chars().next_back().or(out.chars().next_back());
        out.push_str(before);
        if inside(last) || inside(after.chars().next()) {
            let first = found.chars().next().map_or(0, char::len_utf8);
            out.push_str(&found[..first]);
            rest = &found[first..];
        } else {
            out.push(KEY);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
