//! What is wrong with how an argument or a block is built, whatever its expressions are.
//!
//! The parser of hcl-rs tries all that an item may be, and when nothing fits tells where it
//! began; this looks at the first tokens instead, as hclsyntax does, and has its words. Not
//! here: quotes and brackets (`scan`), expressions (the parser). Invariant: it is asked about
//! items that the parser has refused, and linear in them.

use std::ops::Range;

use hcl::edit::Ident;

use super::scan::{Fault, Item, scan};

/// What an item that cannot be parsed lacks before any expression, if that is it.
pub(super) fn misbuilt(text: &str, item: &Item) -> Option<Fault> {
    let mut cursor = Cursor { text, at: item.range.start, end: item.range.end };
    let Some(word) = cursor.word() else { return cursor.no_word() };
    match cursor.next() {
        Next::Equals => cursor.no_value(),
        Next::Word | Next::Quote | Next::Brace => block(cursor, item),
        Next::Other(_) | Next::LineEnd => Some(fault(word, REQUIRED, NO_EQUALS)),
    }
}

/// The value of an argument, when the item is one.
pub(super) fn value(text: &str, item: &Item) -> Option<Range<usize>> {
    let mut cursor = Cursor { text, at: item.range.start, end: item.range.end };
    cursor.word()?;
    match cursor.next() {
        Next::Equals => {
            cursor.at += 1;
            cursor.blanks();
            Some(cursor.at..item.range.end)
        }
        Next::Word | Next::Quote | Next::Brace | Next::Other(_) | Next::LineEnd => None,
    }
}

/// What there is to say instead of "Missing newline after argument" in a block of one line.
pub(super) fn one_line_detail(rest: &str) -> &'static str {
    if rest.starts_with(',') {
        "Single-line block syntax can include only one argument definition. To define multiple arguments, use the multi-line block syntax with one argument definition per line."
    } else {
        "A single-line block definition must end with a closing brace immediately after its single argument definition."
    }
}

/// The summary that belongs to it.
pub(super) const ONE_LINE: &str = "Invalid single-argument block definition";

const REQUIRED: &str = "Argument or block definition required";
const NO_WORD: &str = "An argument or block definition is required here.";
const NO_EQUALS: &str = "An argument or block definition is required here. To set an argument, use the equals sign \"=\" to introduce the argument value.";
const BLOCK: &str = "Invalid block definition";

fn fault(range: Range<usize>, summary: &'static str, detail: impl Into<String>) -> Fault {
    Fault { range, summary, detail: detail.into() }
}

/// The labels, the brace, and what follows the block on its last line.
fn block(mut cursor: Cursor<'_>, item: &Item) -> Option<Fault> {
    loop {
        match cursor.next() {
            Next::Word => drop(cursor.word()),
            Next::Quote => cursor.string(),
            Next::Brace => break,
            Next::Equals => {
                let detail = "The equals sign \"=\" indicates an argument definition, and must not be used when defining a block.";
                return Some(fault(cursor.at..cursor.at + 1, BLOCK, detail));
            }
            Next::Other(length) => {
                let detail =
                    "Either a quoted string block label or an opening brace (\"{\") is expected here.";
                return Some(fault(cursor.at..cursor.at + length, BLOCK, detail));
            }
            Next::LineEnd => {
                let detail = "A block definition must have block content delimited by \"{\" and \"}\", starting on the same line as the block header.";
                return Some(fault(cursor.at..cursor.at, BLOCK, detail));
            }
        }
    }
    let body = item.braces.clone()?;
    let mut after = Cursor { at: (body.end + 1).min(item.range.end), ..cursor };
    match after.next() {
        Next::LineEnd => one_line(cursor.text, &body),
        Next::Word | Next::Quote | Next::Brace | Next::Equals | Next::Other(_) => {
            let range = after.at..after.at + after.width();
            Some(fault(
                range,
                "Missing newline after block definition",
                "A block definition must end with a newline.",
            ))
        }
    }
}

/// A body that begins on the line of its brace has one argument, and ends there.
fn one_line(text: &str, body: &Range<usize>) -> Option<Fault> {
    let mut cursor = Cursor { text, at: body.start, end: body.end };
    if matches!(cursor.next(), Next::LineEnd) {
        return None;
    }
    let Some(word) = cursor.word() else { return cursor.no_word() };
    match cursor.next() {
        Next::Equals => {}
        Next::Word | Next::Quote | Next::Brace => {
            let detail = format!(
                "A single-line block definition can contain only a single argument. If you meant to define argument \"{}\", use an equals sign to assign it a value. To define a nested block, place it on a line of its own within its parent block.",
                &text[word.clone()]
            );
            return Some(fault(
                word.start..cursor.at + cursor.width(),
                "Argument definition required",
                detail,
            ));
        }
        Next::Other(_) | Next::LineEnd => return Some(fault(word, REQUIRED, NO_EQUALS)),
    }
    let end = scan(text, body.clone()).items.first()?.range.end;
    text[end..body.end].contains('\n').then(|| {
        let detail = "An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on the same line. Place the block's closing brace immediately after the argument definition.";
        fault(end..end, ONE_LINE, detail)
    })
}

/// What comes next on a line.
enum Next {
    Word,
    Quote,
    Brace,
    /// One `=`, not `==` or `=>`.
    Equals,
    /// Something else, of so many bytes.
    Other(usize),
    /// The end of the line or of the stretch, comments left out.
    LineEnd,
}

#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    /// Bytes of the next character.
    fn width(&self) -> usize {
        self.rest().chars().next().map_or(0, char::len_utf8)
    }

    /// Goes past blanks, and comments inside the line.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let comment = rest.strip_prefix("/*").and_then(|inner| inner.find("*/")).map(|length| length + 4);
            self.at += match comment {
                Some(length) => length,
                None if rest.starts_with([' ', '\t', '\r']) => 1,
                None => return,
            };
        }
    }

    fn next(&mut self) -> Next {
        self.blanks();
        let rest = self.rest();
        match rest.chars().next() {
            None | Some('\n' | '#') => Next::LineEnd,
            Some('/') if rest.starts_with("//") => Next::LineEnd,
            Some('"') => Next::Quote,
            Some('{') => Next::Brace,
            Some('=') if !rest.starts_with("==") && !rest.starts_with("=>") => Next::Equals,
            Some(first) if Ident::try_new(first.to_string()).is_ok() => Next::Word,
            Some(first) => Next::Other(first.len_utf8()),
        }
    }

    /// Goes past an identifier.
    fn word(&mut self) -> Option<Range<usize>> {
        if !matches!(self.next(), Next::Word) {
            return None;
        }
        let start = self.at;
        self.at += self.width();
        let ends = |character: char| !(character.is_alphanumeric() || matches!(character, '_' | '-'));
        self.at += self.rest().find(ends).unwrap_or(self.rest().len());
        Some(start..self.at)
    }

    /// Goes past a quoted text.
    fn string(&mut self) {
        let mut escaped = true;
        let ends = |character: char| {
            let is_end = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            is_end
        };
        self.at += self.rest().find(ends).map_or(self.rest().len(), |at| at + 1);
    }

    fn no_word(self) -> Option<Fault> {
        let range = self.at..self.at + self.width();
        Some(match self.rest().starts_with('"') {
            true => fault(range, "Invalid argument name", "Argument names must not be quoted."),
            false => fault(range, REQUIRED, NO_WORD),
        })
    }

    /// An argument without a value on its line.
    fn no_value(mut self) -> Option<Fault> {
        self.at += 1;
        let behind = self.at..self.at;
        let detail =
            "Expected the start of an expression after the equals sign, but found the end of the line.";
        matches!(self.next(), Next::LineEnd).then(|| fault(behind, "Invalid expression", detail))
    }
}
