//! Small words for tests: catalogs, changes and plans written as text.
//!
//! Not here: anything that decides (tests of `diff` and `plan::make` use the real ones).
//! Invariant: what is written is what is built; a word that is not known panics, since a
//! test with a typing mistake must not pass.

pub mod catalog;
pub mod interpreter;
pub mod plan;
pub mod words;
