//! The configuration language: from the text of `*.hcl` files to what it declares.

pub mod format;
