//! Text to declarations: the configuration language.
//!
//! HCL 2 with Terraform's semantics. READ FIRST: [`load`], then `load` for the order of
//! things, `lower` for the kinds of blocks, `evaluate` for expressions.
//! Not here: files on a disk (the caller reads them) and what a server has.
//! Invariant: a function of its inputs; every mistake of every file is reported in one
//! run, each with a code and, where there is one, a place.

pub mod console;
mod evaluate;
pub mod format;
mod functions;
pub mod inputs;
mod load;
mod lower;
mod parse;
pub mod sources;
pub mod surroundings;
#[cfg(test)]
mod tests;
mod value;

use std::ops::Range;
use std::sync::Arc;

use crate::declared::Declared;
use crate::diagnostic::{Diagnostics, SourceFile};

use inputs::Inputs;
use sources::Sources;
use surroundings::Surroundings;

/// Reads the `*.hcl` files of a directory and of the modules that it calls.
///
/// There is a declaration when nothing is wrong and every value is known; warnings may
/// come along with it. Diagnostics are in reading order.
pub fn load(
    sources: &Sources,
    inputs: &Inputs,
    surroundings: &Surroundings<'_>,
) -> (Option<Declared>, Diagnostics) {
    load::load(sources, inputs, surroundings)
}

/// The top-level blocks of a file with their headers, such as `role "reader"`, for
/// messages that say where something stands.
pub fn headers(file: &Arc<SourceFile>) -> Vec<(Range<usize>, String)> {
    let header = |chunk: parse::Chunk| {
        let labels = chunk.labels.iter().map(|(label, _)| format!(" \"{label}\""));
        (chunk.range, chunk.kind + &labels.collect::<String>())
    };
    parse::chunks(file, &mut Diagnostics::default()).into_iter().map(header).collect()
}

/// Reads what of a configuration binds an apply: settings, policies, and those servers whose
/// blocks depend on no variable without a value.
///
/// What it declares else is neither read nor checked.
pub fn standing(
    sources: &Sources,
    inputs: &Inputs,
    surroundings: &Surroundings<'_>,
) -> (Option<Declared>, Diagnostics) {
    load::standing(sources, inputs, surroundings)
}
