//! Names and globs of a configuration against names of a catalog.
//!
//! `*` stands for any text and `?` for one character. Not here: where the names come from.
//! Invariant: a pattern without `*` and `?` matches exactly the name that it is, and so does
//! one with them, for names that contain them.

use std::collections::BTreeSet;

use wildmatch::WildMatch;

use crate::declared::Patterns;

/// Patterns, ready to match, that remember which of them found something.
pub(super) struct Matcher<'a> {
    include: Vec<(&'a str, WildMatch)>,
    except: Vec<(&'a str, WildMatch)>,
    hit: BTreeSet<&'a str>,
}

impl<'a> Matcher<'a> {
    /// Prepares patterns.
    pub(super) fn new(patterns: &'a Patterns) -> Matcher<'a> {
        let prepare = |set: &'a BTreeSet<String>| -> Vec<(&'a str, WildMatch)> {
            set.iter().map(|pattern| (pattern.as_str(), WildMatch::new(pattern))).collect()
        };
        Matcher {
            include: prepare(&patterns.include),
            except: prepare(&patterns.except),
            hit: BTreeSet::new(),
        }
    }

    /// Whether any of an object's names matches and none is excepted. A routine has two names:
    /// bare, and with its arguments.
    pub(super) fn matches(&mut self, names: &[&str]) -> bool {
        let meets = |pattern: &(&'a str, WildMatch)| {
            names.iter().any(|name| pattern.0 == *name || pattern.1.matches(name))
        };
        let mut found = false;
        for pattern in &self.include {
            if meets(pattern) {
                found = true;
                self.hit.insert(pattern.0);
            }
        }
        found && !self.except.iter().any(meets)
    }

    /// The patterns that never matched.
    pub(super) fn unmatched(&self) -> impl Iterator<Item = &'a str> {
        self.include.iter().map(|(pattern, _)| *pattern).filter(|pattern| !self.hit.contains(pattern))
    }
}

/// Whether a pattern may match more than one name.
pub(super) fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}
