//! Defaults, words and patterns of declared values.
//!
//! Not here: what they mean. Invariant: each mode of TLS has one word.

use std::collections::BTreeSet;

use super::{Attributes, Mark, Patterns, SslMode};

impl Default for Attributes {
    /// Design 4: LOGIN, INHERIT and nothing else.
    fn default() -> Attributes {
        Attributes {
            login: true,
            inherit: true,
            superuser: false,
            createdb: false,
            createrole: false,
            replication: false,
            bypassrls: false,
            connection_limit: -1,
        }
    }
}

impl SslMode {
    /// Every mode, from none to all.
    pub const ALL: &'static [SslMode] =
        &[SslMode::Disable, SslMode::Prefer, SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull];

    /// Its place in `ALL`, as files have it.
    pub fn number(self) -> u8 {
        SslMode::ALL.iter().zip(0..).find(|(mode, _)| **mode == self).map_or(u8::MAX, |(_, number)| number)
    }

    /// The mode of a number; `None` when there is none.
    pub fn numbered(number: u8) -> Option<SslMode> {
        SslMode::ALL.get(usize::from(number)).copied()
    }

    /// As it is written in a configuration.
    pub fn word(self) -> &'static str {
        match self {
            SslMode::Disable => "disable",
            SslMode::Prefer => "prefer",
            SslMode::Require => "require",
            SslMode::VerifyCa => "verify-ca",
            SslMode::VerifyFull => "verify-full",
        }
    }
}

impl Patterns {
    /// The signs of a pattern, in order.
    pub fn marks(pattern: &str) -> impl Iterator<Item = Mark> {
        let mut rest = pattern.chars().peekable();
        std::iter::from_fn(move || {
            Some(match rest.next()? {
                '*' => Mark::Many,
                '?' => Mark::One,
                '\\' => Mark::Character(rest.next_if(|next| "*?\\".contains(*next)).unwrap_or('\\')),
                other => Mark::Character(other),
            })
        })
    }

    /// The only name that a pattern matches; none where it has open signs.
    pub fn name(pattern: &str) -> Option<String> {
        let characters = Patterns::marks(pattern).map(|mark| match mark {
            Mark::Character(character) => Some(character),
            Mark::Many | Mark::One => None,
        });
        characters.collect()
    }

    /// The pattern that matches just this name.
    pub fn exact(name: &str) -> String {
        let mut pattern = String::with_capacity(name.len());
        for character in name.chars() {
            if "*?\\".contains(character) {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern
    }

    /// Matches every name.
    pub fn everything() -> Patterns {
        Patterns { include: BTreeSet::from(["*".to_owned()]), except: BTreeSet::new() }
    }
}
