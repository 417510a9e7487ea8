//! The state: what roleform believes it manages, kept beside the configuration.
//!
//! `store` is the only file that names sled and, with its folder, the only one of this
//! package with IO; `contents` and `snapshot` are pure. Bytes in, bytes out: what a
//! node's bytes mean is the business of the recorded catalog's own format. Normative
//! for all bytes: `state-format.md`. Invariant: the lineage of a state never changes,
//! its serial only grows.

pub mod audit_entries;
pub mod contents;
pub mod error;
pub mod snapshot;
pub mod store;

use std::fmt;

use crate::digest::hex;

/// The identity of one history of states: 128 random bits, drawn when the state is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lineage(pub [u8; 16]);

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
