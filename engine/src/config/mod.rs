//! The configuration language: from the text of `*.hcl` files to what it declares.
//!
//! Not here: reading files and the environment, which callers do. Invariant:
//! text in, values and diagnostics out.

pub mod format;
