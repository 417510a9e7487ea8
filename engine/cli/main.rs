//! The command line of roleform.
fn main() {}
