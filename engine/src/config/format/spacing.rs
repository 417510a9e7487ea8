//! Decides which neighbours on a line stand apart.
//!
//! One rule per line of `gap`, the first that fits. Not here: the start of
//! lines (`lines`) and more than one blank (`columns`). Invariant: a gap is one
//! blank or none, and depends on kinds of neighbours alone.

use super::lines::Line;
use super::token::{Kind, Token};

/// Sets the blanks between the tokens of each line.
pub(super) fn space(tokens: &mut [Token<'_>], lines: &[Line]) {
    for line in lines {
        for cell in [line.lead(), line.assignment()] {
            for at in cell.clone().skip(1) {
                let before = if at - 1 > cell.start { Some(&tokens[at - 2]) } else { None };
                let apart = gap(before, &tokens[at - 1], &tokens[at]);
                tokens[at].blanks = usize::from(apart);
            }
        }
        for first in [line.assignment(), line.comment()] {
            if !first.is_empty() {
                tokens[first.start].blanks = 1;
            }
        }
    }
}

/// Whether a blank stands between two neighbours. `before` is what precedes them in the cell.
fn gap(before: Option<&Token<'_>>, left: &Token<'_>, right: &Token<'_>) -> bool {
    use Kind::*;
    let before_kind = before.map(|token| token.kind);
    match (left.kind, right.kind) {
        (_, Newline) => false,
        (Identifier, OpenParen | DoubleColon) | (DoubleColon, Identifier) => false,
        (Dot, Number | Identifier) if before_kind == Some(Number) => left_alone(right),
        (Dot, _) | (_, Dot) => false,
        (_, Comma | Ellipsis) => false,
        (Comma, _) => true,
        (QuotedText | HeredocText | OpenQuote | OpenHeredoc, _) => false,
        (_, QuotedText | HeredocText | CloseQuote | CloseHeredoc) => false,
        // The collection of a "for" is no index into "in".
        (Identifier, _) if left.text == "in" && before_kind == Some(Identifier) => true,
        (Identifier | Number | CloseBracket | CloseParen | CloseBrace | CloseTemplate, OpenBracket) => false,
        (Bang, _) => false,
        (Minus, _) => !is_negation(before_kind),
        (OpenBrace, CloseBrace) => false,
        (OpenBrace, _) | (_, CloseBrace) => true,
        (OpenInterpolation | OpenDirective, OpenBrace) | (CloseBrace, CloseTemplate) => true,
        (CloseTemplate, OpenInterpolation | OpenDirective) => false,
        (opening, _) if opening.nesting() > 0 => false,
        (_, closing) if closing.nesting() < 0 => false,
        _ => true,
    }
}

/// After a number and a dot, what would be read as the fraction of the number.
fn left_alone(right: &Token<'_>) -> bool {
    let exponent = || {
        let digits = right.text.strip_prefix(['e', 'E']).unwrap_or_default();
        digits.starts_with(|c: char| c.is_ascii_digit())
    };
    right.kind == Kind::Number || exponent()
}

/// Whether a minus after such a token is a sign, not a subtraction.
fn is_negation(before: Option<Kind>) -> bool {
    use Kind::*;
    match before {
        None => true,
        Some(
            OpenParen | OpenBrace | OpenBracket | Equal | Colon | Comma | Question | Plus | Minus | Star
            | Slash | Percent | Comparison | Logical | Bang,
        ) => true,
        Some(_) => false,
    }
}
