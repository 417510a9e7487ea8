//! `depends_on`: what must be complete before a role.
//!
//! Not here: circles (`graph::cycles`) and the order of work (`graph::order`). Invariant: an
//! address is seen from outside of all modules.

use crate::diagnostic::Span;
use crate::name::AddressPattern;

/// One entry of `depends_on`: the role is made, and can log in, only after these.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// What must be complete before.
    pub on: AddressPattern,
    /// Where it is written.
    pub span: Span,
}
