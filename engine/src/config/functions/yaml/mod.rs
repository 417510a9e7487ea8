//! `yamldecode` and `yamlencode`, with the answers of Terraform's YAML library.
//!
//! Syntax is read by saphyr-parser. Which plain scalar is a number, a bool or null is
//! decided in `scalar`: YAML 1.2's rules, and 1.1's `yes`, `no`, `on`, `off`, as Terraform
//! keeps them. Invariant: depth is bounded, and aliases cannot multiply without bound.

mod read;
mod scalar;
mod write;

use super::{Fault, Function, Kind, nullable, parameter, row, string, text_value};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;

/// Most values that a document may stand for, aliases expanded.
const MAX_VALUES: usize = 1_000_000;

pub(super) const TABLE: &[Function] = &[
    row("yamldecode", &[parameter("src", Kind::String)], |a, _| {
        read::decode(string(a, 0)).map_err(Fault::Call)
    }),
    row("yamlencode", &[nullable("value", Kind::Any)], |a, _| {
        text_value(write::encode(&a[0]).map_err(Fault::Call)?)
    }),
];
