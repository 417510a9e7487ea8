//! Names and globs of a configuration against names of a catalog.
//!
//! What the signs mean is said in `declared::Patterns`. Not here: where the names come from.
//! Invariant: a pattern without an open `*` or `?` matches exactly one name.

use std::collections::BTreeSet;

use wildmatch::WildMatchPattern;

use crate::declared::{Mark, Patterns};

/// Stands for `*` where it is open: no name has this character.
const MANY: char = '\0';
/// Stands for `?` where it is open: a code point that Unicode gives to no character.
const ONE: char = '\u{10ffff}';

/// A pattern, ready to match.
struct Pattern<'a> {
    written: &'a str,
    matcher: WildMatchPattern<MANY, ONE>,
}

impl<'a> Pattern<'a> {
    fn new(written: &'a str) -> Pattern<'a> {
        let marks = Patterns::marks(written).map(|mark| match mark {
            Mark::Many => MANY,
            Mark::One => ONE,
            Mark::Character(character) => character,
        });
        Pattern { written, matcher: WildMatchPattern::new(&marks.collect::<String>()) }
    }

    fn meets(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.matcher.matches(name))
    }
}

/// Patterns, ready to match, that remember which of them found something.
pub(crate) struct Matcher<'a> {
    include: Vec<Pattern<'a>>,
    except: Vec<Pattern<'a>>,
    hit: BTreeSet<&'a str>,
}

impl<'a> Matcher<'a> {
    /// Prepares patterns.
    pub(crate) fn new(patterns: &'a Patterns) -> Matcher<'a> {
        let prepare = |set: &'a BTreeSet<String>| set.iter().map(|text| Pattern::new(text)).collect();
        Matcher {
            include: prepare(&patterns.include),
            except: prepare(&patterns.except),
            hit: BTreeSet::new(),
        }
    }

    /// Whether any of an object's names matches and none is excepted. A routine has two names:
    /// bare, and with its arguments.
    pub(crate) fn matches(&mut self, names: &[&str]) -> bool {
        let mut found = false;
        for pattern in &self.include {
            if pattern.meets(names) {
                found = true;
                self.hit.insert(pattern.written);
            }
        }
        found && !self.except.iter().any(|pattern| pattern.meets(names))
    }

    /// The patterns that never matched.
    pub(super) fn unmatched(&self) -> impl Iterator<Item = &'a str> {
        self.include.iter().map(|pattern| pattern.written).filter(|pattern| !self.hit.contains(pattern))
    }
}

/// Whether a pattern may match more than one name.
pub(super) fn is_glob(pattern: &str) -> bool {
    Patterns::marks(pattern).any(|mark| matches!(mark, Mark::Many | Mark::One))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Matcher;
    use crate::declared::Patterns;

    #[test]
    fn patterns_match_names() {
        let table: [(&str, &[&str], &[&str]); 7] = [
            ("orders", &["orders"], &["order", "orders2", "Orders"]),
            ("inv_*", &["inv_", "inv_2027", "inv_*"], &["inv"]),
            ("a?c", &["abc", "a?c", "aüc"], &["ac", "abbc"]),
            ("a*", &["a*", "ab", "a"], &["b"]),
            (r"a\*", &["a*"], &["ab", "a", r"a\*"]),
            (r"a\\\?", &[r"a\?"], &[r"a\x", "a?"]),
            // A backslash before anything else is one.
            (r"a\b\", &[r"a\b\"], &["ab"]),
        ];
        for (pattern, good, bad) in table {
            let patterns =
                Patterns { include: BTreeSet::from([pattern.to_owned()]), except: BTreeSet::new() };
            let matches = |name: &str| Matcher::new(&patterns).matches(&[name]);
            good.iter().for_each(|name| assert!(matches(name), "{pattern} and {name}"));
            bad.iter().for_each(|name| assert!(!matches(name), "{pattern} and {name}"));
        }
    }

    #[test]
    fn an_exact_pattern_matches_its_name_alone() {
        for name in ["orders", "a*", "?", r"\", r"a\*b", r"\\", "*", r"\?\"] {
            let patterns =
                Patterns { include: BTreeSet::from([Patterns::exact(name)]), except: BTreeSet::new() };
            let mut matcher = Matcher::new(&patterns);
            assert!(matcher.matches(&[name]), "{name}");
            assert!(!matcher.matches(&[&format!("{name}x")]) && !matcher.matches(&["other"]), "{name}");
        }
    }
}
