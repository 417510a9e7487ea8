//! The audit trail: who did what, when, and with which outcome.
//!
//! A session is one run; its events are records of one chain that goes through all
//! sessions of a state. Not here: where the records are kept (`state::store`) and how
//! they are shown (`render`). Invariant: no secret is ever part of an event.

pub mod chain;
pub mod check;
pub mod event;
pub mod format_v1;
pub mod log;
pub mod trail;

#[cfg(test)]
mod tests;
