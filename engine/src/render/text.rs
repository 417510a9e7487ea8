//! Plain text: labels are dropped.
//!
//! For pipes and tests. Invariant: what was written, and nothing else.

use std::io::{self, Write};

use crate::render::{Label, Out};

/// Collects text in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainText(pub String);

impl Out for PlainText {
    fn write(&mut self, _: Label, text: &str) -> io::Result<()> {
        self.0.push_str(text);
        Ok(())
    }
}

/// Passes text on as it comes. Give it a buffered writer.
#[derive(Debug)]
pub struct PlainStream<W: Write>(pub W);

impl<W: Write> Out for PlainStream<W> {
    fn write(&mut self, _: Label, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }
}
