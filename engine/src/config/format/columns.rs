//! Aligns the assignments, and the comments, of neighbouring lines.
//!
//! Consecutive lines with an assignment form a column, and likewise those with
//! a comment after something. Invariant: only the first token of a cell moves.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::lines::Line;
use super::token::{Kind, Token};

/// Sets the blanks before assignments and comments.
pub(super) fn align(tokens: &mut [Token<'_>], lines: &[Line]) {
    column(tokens, lines, |line| (line.lead(), line.assignment()));
    column(tokens, lines, |line| (line.lead().start..line.comment().start, line.comment()));
}

/// Aligns one cell; `cells` gives what stands left of it, and the cell.
fn column(tokens: &mut [Token<'_>], lines: &[Line], cells: impl Fn(&Line) -> (Range<usize>, Range<usize>)) {
    let has_cell = |line: &Line| !cells(line).1.is_empty();
    for chain in
        lines.chunk_by(|one, next| has_cell(one) == has_cell(next)).filter(|chain| has_cell(&chain[0]))
    {
        let widths: Vec<usize> = chain.iter().map(|line| width(&tokens[cells(line).0])).collect();
        let widest = widths.iter().copied().max().unwrap_or_default();
        for (line, width) in chain.iter().zip(widths) {
            tokens[cells(line).1.start].blanks = widest - width + 1;
        }
    }
}

fn width(tokens: &[Token<'_>]) -> usize {
    let parts = |token: &'_ Token<'_>| match token.kind {
        // Terraform's tokens end there, and a cluster does not go beyond its token.
        Kind::QuotedText => token.text.split_inclusive(['$', '%']).map(text_width).sum(),
        _ => text_width(&token.text),
    };
    tokens.iter().map(|token| token.blanks + parts(token)).sum()
}

/// Columns are grapheme clusters, whatever a terminal makes of them, as Unicode 15.0
/// counts them.
fn text_width(text: &str) -> usize {
    if !text.contains(joins_consonants) {
        return text.graphemes(true).count();
    }
    text.replace(joins_consonants, "\u{300}").graphemes(true).count()
}

/// Signs of Indic scripts that make one cluster of two consonants since Unicode 15.1.
/// Before, they were like any other combining mark.
fn joins_consonants(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{c4d}'
            | '\u{d4d}'
            | '\u{1039}'
            | '\u{17d2}'
            | '\u{1a60}'
            | '\u{1b44}'
            | '\u{1bab}'
            | '\u{a9c0}'
            | '\u{aaf6}'
            | '\u{10a3f}'
            | '\u{11133}'
            | '\u{113d0}'
            | '\u{1193e}'
            | '\u{11a47}'
            | '\u{11a99}'
            | '\u{11f42}'
    )
}
