//! Laws: what holds for every catalog, configuration and plan, tried on random ones.
//!
//! Not here: laws that need a server (`tests/postgres/differential`). Failures shrink to a
//! small case, and the seed is printed.
//! Invariant: every run tries the same cases as the last one, and then new ones.

mod codec;
mod pure;
