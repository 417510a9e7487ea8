//! The grammar of templates, in quotes and in heredocs.
//!
//! Invariant: as in `grammar`; directives are balanced.

use super::SyntaxError;
use super::grammar::{Parsed, Parser};
use super::token::{Kind, Token};

/// A directive that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    If,
    Else,
    For,
}

impl Parser<'_, '_> {
    /// A template from its opening to its closing token.
    pub(super) fn template(&mut self, close: Kind) -> Parsed {
        self.take();
        self.within(true, |parser| {
            let mut open = Vec::new();
            loop {
                match parser.peek() {
                    Kind::QuotedText => check_escapes(&parser.tokens[parser.take()])?,
                    Kind::HeredocText => {
                        parser.take();
                    }
                    Kind::OpenInterpolation => parser.sequence(Self::expression)?,
                    Kind::OpenDirective => parser.sequence(|inside| inside.directive(&mut open))?,
                    kind if kind == close && open.is_empty() => {
                        parser.take();
                        return Ok(());
                    }
                    kind if kind == close => {
                        return Err(
                            parser.error("A directive of this template is not closed before its end.")
                        );
                    }
                    _ => return Err(parser.error("The template is not closed on its line, or not at all.")),
                }
            }
        })
    }

    /// `${ … }` or `%{ … }`.
    fn sequence(&mut self, inside: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.take();
        self.within(false, |parser| {
            inside(parser)?;
            parser.expect(Kind::CloseTemplate, "A closing brace is required after a template sequence.")
        })
    }

    fn directive(&mut self, open: &mut Vec<Open>) -> Parsed {
        let unbalanced = self.error("This directive does not go with those before it.");
        let keyword = self.text();
        match (keyword, open.last()) {
            ("if", _) => open.push(Open::If),
            ("for", _) => open.push(Open::For),
            ("else", Some(Open::If)) => {
                open.pop();
                open.push(Open::Else);
            }
            ("endif", Some(Open::If | Open::Else)) | ("endfor", Some(Open::For)) => {
                open.pop();
            }
            ("else" | "endif" | "endfor", _) => return Err(unbalanced),
            _ => return Err(self.error("A directive is one of if, else, endif, for and endfor.")),
        }
        self.take();
        match keyword {
            "if" => self.expression(),
            "for" => self.for_introduction(),
            _ => Ok(()),
        }
    }
}

/// Whether the backslashes in quoted text are escapes that exist.
pub(super) fn check_escapes(text: &Token<'_>) -> Parsed {
    unescape(&text.text).map(drop).map_err(|at| SyntaxError {
        offset: text.offset + at,
        message: "This is no escape: after a backslash stands one of n, r, t, \", \\, u with four \
                  hexadecimal digits, or U with eight.",
    })
}

/// The text that quoted text stands for, or where the first wrong escape in it is.
pub(super) fn unescape(quoted: &str) -> Result<String, usize> {
    let mut text = String::with_capacity(quoted.len());
    let mut at = 0;
    while let Some(c) = quoted[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        match c {
            '\\' => {
                let (meant, length) = escape(&quoted[at..]).ok_or(start)?;
                text.push(meant);
                at += length;
            }
            // The doubled sign before a brace is an escape too.
            '$' | '%' if quoted[at..].starts_with(c) && quoted[at + 1..].starts_with('{') => {
                text.push(c);
                at += 1;
            }
            _ => text.push(c),
        }
    }
    Ok(text)
}

/// The character an escape means and its length without the backslash.
fn escape(text: &str) -> Option<(char, usize)> {
    let digits = |length: usize| {
        let digits = text.get(1..1 + length).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        Some((char::from_u32(number)?, 1 + length))
    };
    match text.bytes().next()? {
        b'n' => Some(('\n', 1)),
        b'r' => Some(('\r', 1)),
        b't' => Some(('\t', 1)),
        b'"' => Some(('"', 1)),
        b'\\' => Some(('\\', 1)),
        b'u' => digits(4),
        b'U' => digits(8),
        _ => None,
    }
}
