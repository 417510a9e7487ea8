//! Cuts tokens into lines and cells, and indents the lines.
//!
//! A line has up to three cells: what leads, the assignment from `=` on, and
//! the comment at its end. The text of a heredoc belongs to the line that opens
//! it. Invariant: the lines cover all tokens, in order, and none is empty.

use std::ops::Range;

use super::token::{Kind, Token};

/// Columns of one level.
const INDENT: usize = 2;

/// One line as token numbers: `start..assign..comment..end`. A cell that the
/// line does not have is empty.
#[derive(Clone, Debug)]
pub(super) struct Line {
    start: usize,
    assign: usize,
    comment: usize,
    end: usize,
}

impl Line {
    pub(super) fn lead(&self) -> Range<usize> {
        self.start..self.assign
    }

    pub(super) fn assignment(&self) -> Range<usize> {
        self.assign..self.comment
    }

    pub(super) fn comment(&self) -> Range<usize> {
        self.comment..self.end
    }
}

/// Cuts tokens into lines.
pub(super) fn split(tokens: &[Token<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        if token.ends_line() || at + 1 == tokens.len() {
            lines.push(line(tokens, start..at + 1));
            start = at + 1;
        }
    }
    lines
}

fn line(tokens: &[Token<'_>], range: Range<usize>) -> Line {
    let Range { start, end } = range;
    let commented = end - start > 1 && tokens[end - 1].kind == Kind::Comment;
    let comment = if commented { end - 1 } else { end };
    let equal = (start + 1..comment).find(|at| tokens[*at].kind == Kind::Equal);
    // A value that goes on on other lines stays with what leads.
    let assign = equal.filter(|at| nesting(&tokens[*at..comment]) == 0).unwrap_or(comment);
    Line { start, assign, comment, end }
}

fn nesting(tokens: &[Token<'_>]) -> isize {
    tokens.iter().map(|token| token.kind.nesting()).sum()
}

/// Sets the blanks at the start of each line.
///
/// A line that opens more brackets than it closes begins one level, however
/// many it opens; the level ends on the line that closes the last of them.
pub(super) fn indent(tokens: &mut [Token<'_>], lines: &[Line]) {
    // The brackets that each open level waits for.
    let mut levels: Vec<usize> = Vec::new();
    for line in lines {
        let first = line.start;
        if tokens[first].kind == Kind::Newline {
            tokens[first].blanks = 0;
            continue;
        }
        // An assignment closes what it opens. What a heredoc opens does not count.
        let lead = tokens[line.lead()].split(|token| token.kind == Kind::OpenHeredoc).next();
        let net = nesting(lead.unwrap_or_default());
        if net < 0 {
            close(&mut levels, net.unsigned_abs());
        }
        tokens[first].blanks = INDENT * levels.len();
        if net > 0 {
            levels.push(net.unsigned_abs());
        }
    }
}

fn close(levels: &mut Vec<usize>, mut brackets: usize) {
    while let Some(open) = levels.last_mut() {
        if *open > brackets {
            *open -= brackets;
            return;
        }
        brackets -= *open;
        levels.pop();
        if brackets == 0 {
            return;
        }
    }
}
