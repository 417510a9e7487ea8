//! Tests of rendering: a plan as text in, the text that people read out.

mod large;
mod plans;

use crate::render::{Options, plan, text::PlainText};
use crate::testing;

/// What `plan` prints for a plan written as text.
fn shown(text: &str, options: &Options) -> String {
    let mut out = PlainText::default();
    plan::render(&testing::plan::plan(text), options, &mut out).expect("memory takes everything");
    out.0
}

/// A plan that is saved.
fn saved() -> Options {
    Options { id: Some("3f9c2a".to_owned()), file: Some("plan.bin".to_owned()), ..Options::default() }
}
