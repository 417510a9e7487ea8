//! Dependencies: which work comes before which, and what must not depend on itself.
//!
//! Not here: what is to be done (`diff`), how it is said (the provider). Invariant: every
//! step comes after what it requires, every removal before what it was required by.

pub mod cycles;
pub mod order;
mod parts;
pub mod picture;
