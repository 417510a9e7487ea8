//! Fences: labelled lines as the inside of a Markdown code block.
//!
//! `Diff` moves signs to the first column, where highlighters of diffs look for them;
//! `Verbatim` leaves lines alone. Not here: the fences themselves. Invariant: no line can
//! close the block: at most three spaces and backticks would, so such a line gets more.

use std::io;

use crate::render::{Label, Out};

/// Spaces after which backticks close nothing (CommonMark, "Fenced code blocks").
const HARMLESS: usize = 4;

/// The inside of a `diff` block.
pub(crate) struct Diff<'a> {
    out: &'a mut dyn Out,
    /// Spaces since the start of the line; `None`: inside it.
    start: Option<usize>,
}

impl<'a> Diff<'a> {
    /// Passes lines on to a sink.
    pub(crate) fn new(out: &'a mut dyn Out) -> Diff<'a> {
        Diff { out, start: Some(0) }
    }

    fn begin(&mut self, label: Label, text: &str, indent: usize) -> io::Result<()> {
        // `+` and `-` go to the first column and leave a space, other signs stay as well.
        let (mark, sign) = match (label, text) {
            (Label::Add, "+") => ("+", " "),
            (Label::Destroy, "-") => ("-", " "),
            (Label::Change | Label::Hazard, "~" | "!") => ("!", text),
            _ => (" ", text),
        };
        let least = if text.starts_with('`') { HARMLESS } else { 0 };
        self.start = None;
        self.out.write(Label::Plain, &format!("{mark}{}", " ".repeat(indent.max(least))))?;
        self.out.write(label, sign)
    }
}

impl Out for Diff<'_> {
    fn write(&mut self, label: Label, text: &str) -> io::Result<()> {
        for piece in text.split_inclusive('\n') {
            let (piece, ends) = match piece.strip_suffix('\n') {
                Some(piece) => (piece, true),
                None => (piece, false),
            };
            match self.start {
                None => self.out.write(label, piece)?,
                Some(spaces) => {
                    let words = piece.trim_start_matches(' ');
                    let indent = spaces + piece.len() - words.len();
                    self.start = Some(indent);
                    if !words.is_empty() {
                        self.begin(label, words, indent)?;
                    }
                }
            }
            if ends {
                self.start = Some(0);
                self.out.write(Label::Plain, "\n")?;
            }
        }
        Ok(())
    }
}

/// The inside of a block of code.
pub(crate) struct Verbatim<'a> {
    out: &'a mut dyn Out,
    start: Option<usize>,
}

impl<'a> Verbatim<'a> {
    /// Passes lines on to a sink.
    pub(crate) fn new(out: &'a mut dyn Out) -> Verbatim<'a> {
        Verbatim { out, start: Some(0) }
    }
}

impl Out for Verbatim<'_> {
    fn write(&mut self, label: Label, text: &str) -> io::Result<()> {
        for piece in text.split_inclusive('\n') {
            if let Some(spaces) = self.start {
                let words = piece.trim_start_matches(' ');
                let indent = spaces + piece.len() - words.len();
                if words.starts_with('`') && indent < HARMLESS {
                    self.out.write(Label::Plain, &" ".repeat(HARMLESS - indent))?;
                }
                self.start = words.is_empty().then_some(indent);
            }
            self.out.write(label, piece)?;
            if piece.ends_with('\n') {
                self.start = Some(0);
            }
        }
        Ok(())
    }
}
