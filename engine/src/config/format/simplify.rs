//! Rewrites the few constructs that have a plainer form.
//!
//! `"${x}"` becomes `x` as the whole value of an argument, old forms of a
//! variable's type become the present ones, labels get quotes. Not here:
//! blanks. Invariant: what it writes means what it read.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::grammar::Place;
use super::template::unescape;
use super::token::{Kind, Token};

/// Rewrites the tokens at the given places.
pub(super) fn rewrite<'a>(tokens: Vec<Token<'a>>, places: &[Place]) -> Vec<Token<'a>> {
    let mut result = Vec::with_capacity(tokens.len());
    let mut done = 0;
    for place in places {
        let (range, rewritten) = match place {
            Place::Value(range) => (range, value(&tokens[range.clone()], tokens.get(range.end))),
            Place::Type(range) => (range, kind_of_variable(&tokens[range.clone()])),
            Place::Label(range) => (range, Some(label(&tokens[range.clone()]))),
        };
        if let Some(rewritten) = rewritten {
            result.extend_from_slice(&tokens[done..range.start]);
            result.extend(rewritten);
            done = range.end;
        }
    }
    result.extend_from_slice(&tokens[done..]);
    result
}

fn made<'a>(kind: Kind, text: impl Into<Cow<'a, str>>) -> Token<'a> {
    Token { kind, text: text.into(), blanks: 0, offset: 0 }
}

/// `"${x}"` without the quotes and the sequence, if there is nothing else in it
/// and `next` may follow it then.
fn value<'a>(tokens: &[Token<'a>], next: Option<&Token<'a>>) -> Option<Vec<Token<'a>>> {
    let [open, begin, inside @ .., end, close] = tokens else { return None };
    let wrapped = open.kind == Kind::OpenQuote
        && begin.kind == Kind::OpenInterpolation
        && end.kind == Kind::CloseTemplate
        && close.kind == Kind::CloseQuote;
    if !wrapped || inside.is_empty() || !is_one_sequence(inside) {
        return None;
    }
    let content = |token: &Token<'_>| token.kind != Kind::Newline;
    let first = inside.iter().position(content)?;
    let last = inside.iter().rposition(content)?;
    let inside = &inside[first..=last];
    let parentheses = needs_parentheses(inside);
    if !may_precede(&inside[inside.len() - 1], if parentheses { Some(close) } else { next }) {
        return None;
    }
    let mut result = Vec::with_capacity(inside.len() + 2);
    if parentheses {
        result.push(made(Kind::OpenParen, "("));
        result.extend_from_slice(inside);
        result.push(made(Kind::CloseParen, ")"));
    } else {
        result.extend_from_slice(inside);
    }
    Some(result)
}

/// Whether a value that ends with `last` may stand before `next`: a heredoc needs the
/// end of the line, and a comment that ends the line cannot stand inside a block on one line.
fn may_precede(last: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    let next = next.map(|token| token.kind);
    match last.kind {
        Kind::CloseHeredoc => next == Some(Kind::Newline),
        Kind::Comment if last.ends_line() => next != Some(Kind::CloseBrace),
        _ => true,
    }
}

/// Whether the tokens stay within one sequence: another one, or text, may only stand in quotes of their own.
fn is_one_sequence(inside: &[Token<'_>]) -> bool {
    let mut quotes = 0_usize;
    for token in inside {
        match token.kind {
            Kind::OpenQuote => quotes += 1,
            Kind::CloseQuote if quotes == 0 => return false,
            Kind::CloseQuote => quotes -= 1,
            Kind::OpenInterpolation | Kind::CloseTemplate | Kind::QuotedText if quotes == 0 => return false,
            _ => {}
        }
    }
    true
}

/// Outside of all brackets an expression may not go on on the next line, so it needs
/// parentheses around it. Terraform's rule comes first: it also gives them to
/// what does not need them.
fn needs_parentheses(tokens: &[Token<'_>]) -> bool {
    let is = |token: Option<&Token<'_>>, kind| token.is_some_and(|token| token.kind == kind);
    let enclosed = is(tokens.first(), Kind::OpenParen) && is(tokens.last(), Kind::CloseParen);
    let lines = tokens.iter().any(|token| token.kind == Kind::Newline);
    (lines && !enclosed) || ends_line_outside_brackets(tokens)
}

fn ends_line_outside_brackets(tokens: &[Token<'_>]) -> bool {
    let Some((_, before_last)) = tokens.split_last() else { return false };
    let mut depth = 0;
    before_last.iter().any(|token| {
        depth += token.kind.nesting();
        depth == 0 && token.ends_line()
    })
}

/// Types as Terraform 0.11 wrote them, and collections that do not say of what.
fn kind_of_variable<'a>(tokens: &[Token<'a>]) -> Option<Vec<Token<'a>>> {
    let name = |name: &'a str| made(Kind::Identifier, name);
    let of = |collection: &'a str, element: &'a str| {
        vec![name(collection), made(Kind::OpenParen, "("), name(element), made(Kind::CloseParen, ")")]
    };
    match tokens {
        [Token { kind: Kind::Identifier, text, .. }] => match text.as_ref() {
            "list" => Some(of("list", "any")),
            "map" => Some(of("map", "any")),
            "set" => Some(of("set", "any")),
            _ => None,
        },
        [open, Token { kind: Kind::QuotedText, text, .. }, _] if open.kind == Kind::OpenQuote => {
            match text.as_ref() {
                "string" => Some(vec![name("string")]),
                "list" => Some(of("list", "string")),
                "map" => Some(of("map", "string")),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A label in quotes, with the escapes that it needs and no others.
fn label<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let text = match tokens {
        [name] if name.kind == Kind::Identifier => name.text.to_string(),
        // The grammar has refused escapes that do not exist.
        _ => tokens[1..tokens.len() - 1].iter().flat_map(|part| unescape(&part.text)).collect(),
    };
    let normal: String = text.nfc().collect();
    let mut label = vec![made(Kind::OpenQuote, "\"")];
    if !normal.is_empty() {
        label.push(made(Kind::QuotedText, escape(&normal)));
    }
    label.push(made(Kind::CloseQuote, "\""));
    label
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '"' | '\\' => escaped.extend(['\\', c]),
            '$' | '%' if text[at + 1..].starts_with('{') => escaped.extend([c, c]),
            _ if is_printable(c) => escaped.push(c),
            _ if c <= '\u{ffff}' => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => escaped.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    escaped
}

/// Whether a character shows: letters, marks, numbers, punctuation, symbols and the space.
/// After the first character, `escape_debug` escapes the others, and quotes and backslashes.
fn is_printable(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || format!("a{c}").escape_debug().nth(1) != Some('\\')
}
