//! Operations, one page each. READ FIRST: here the whole of roleform can be seen at work.
//!
//! Not here: arguments, files, terminals (the binary), SQL and the wire (a provider).
//! Invariant: data flows one way: sources to desired, store to recorded, server to observed;
//! these to changes, ordered steps, statements, plan, bytes; and apply makes no choices.

pub mod apply;
pub mod generate;
pub mod plan;
pub mod recover;
