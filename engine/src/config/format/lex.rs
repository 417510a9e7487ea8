//! Cuts HCL source into tokens.
//!
//! Not here: whether the tokens make sense (`grammar`); what cannot be a token
//! becomes `Kind::Invalid`, so cutting never fails. Invariant: blanks and the
//! texts of the tokens, in order, are the source, byte for byte.

use std::borrow::Cow;

use unicode_ident::{is_xid_continue, is_xid_start};

use super::token::{Kind, Token};

/// What the scanner is inside of; the innermost is last.
enum Mode<'a> {
    /// Expressions and blocks, with the number of braces open since it began.
    Code { braces: usize },
    /// Between `"` and `"`.
    Quoted,
    /// Between `<<NAME` and the line of the name.
    Heredoc { name: &'a str },
}

/// Source cut up.
pub(super) struct Cut<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// Blanks after the last token.
    pub(super) tail: usize,
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    /// Where the last token ended.
    end: usize,
    modes: Vec<Mode<'a>>,
    tokens: Vec<Token<'a>>,
}

/// Cuts a file into tokens. A byte order mark at its start counts as blank.
pub(super) fn cut(source: &str) -> Cut<'_> {
    let at = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut scanner =
        Scanner { source, at, end: 0, modes: vec![Mode::Code { braces: 0 }], tokens: Vec::new() };
    while scanner.at < source.len() {
        match scanner.modes.last() {
            Some(Mode::Quoted) => scanner.quoted(),
            Some(Mode::Heredoc { name }) => {
                let name = *name;
                scanner.heredoc(name);
            }
            Some(Mode::Code { .. }) | None => scanner.code(),
        }
    }
    Cut { tail: source.len() - scanner.end, tokens: scanner.tokens }
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// Takes the next `length` bytes as one token.
    fn take(&mut self, kind: Kind, length: usize) {
        let text = Cow::Borrowed(&self.source[self.at..self.at + length]);
        self.tokens.push(Token { kind, text, blanks: self.at - self.end, offset: self.at });
        self.at += length;
        self.end = self.at;
    }

    fn code(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            ' ' | '\t' => self.at += 1,
            '\n' => self.take(Kind::Newline, 1),
            '\r' if rest.starts_with("\r\n") => self.take(Kind::Newline, 2),
            '#' => self.take(Kind::Comment, line_length(rest)),
            '/' if rest.starts_with("//") => self.take(Kind::Comment, line_length(rest)),
            '/' if rest.starts_with("/*") => match rest[2..].find("*/") {
                Some(length) => self.take(Kind::Comment, length + 4),
                None => self.take(Kind::Invalid, rest.len()),
            },
            '"' => {
                self.take(Kind::OpenQuote, 1);
                self.modes.push(Mode::Quoted);
            }
            '<' if heredoc_opening(rest).is_some() => self.open_heredoc(),
            '{' => self.open_brace(),
            '}' => self.close_brace(),
            '~' if rest.starts_with("~}") => self.close_brace(),
            '0'..='9' => self.take(Kind::Number, number_length(rest)),
            _ if first == '_' || is_xid_start(first) => {
                self.take(Kind::Identifier, identifier_length(rest));
            }
            _ => {
                let (kind, length) = symbol(rest).unwrap_or((Kind::Invalid, first.len_utf8()));
                self.take(kind, length);
            }
        }
    }

    fn open_brace(&mut self) {
        if let Some(Mode::Code { braces }) = self.modes.last_mut() {
            *braces += 1;
        }
        self.take(Kind::OpenBrace, 1);
    }

    /// A brace that closes nothing opened in this stretch of code ends the template sequence around it.
    fn close_brace(&mut self) {
        let trimmed = self.rest().starts_with('~');
        let outermost = self.modes.len() == 1;
        match self.modes.last_mut() {
            Some(Mode::Code { braces: 0 }) if !outermost => {
                self.modes.pop();
                self.take(Kind::CloseTemplate, if trimmed { 2 } else { 1 });
            }
            _ if trimmed => self.take(Kind::Invalid, 1),
            Some(Mode::Code { braces }) => {
                *braces = braces.saturating_sub(1);
                self.take(Kind::CloseBrace, 1);
            }
            _ => self.take(Kind::CloseBrace, 1),
        }
    }

    fn open_heredoc(&mut self) {
        let rest = self.rest();
        if let Some((length, name)) = heredoc_opening(rest) {
            self.take(Kind::OpenHeredoc, length);
            self.modes.push(Mode::Heredoc { name });
        }
    }

    /// One token of a template in quotes.
    fn quoted(&mut self) {
        let rest = self.rest();
        match rest.as_bytes()[0] {
            b'"' => {
                self.modes.pop();
                self.take(Kind::CloseQuote, 1);
            }
            b'\n' | b'\r' => self.take(Kind::Invalid, 1),
            _ if self.sequence() => {}
            _ => self.take(Kind::QuotedText, quoted_text_length(rest)),
        }
    }

    /// One token of a heredoc: a piece of a line at most.
    fn heredoc(&mut self, name: &str) {
        let rest = self.rest();
        if self.starts_line()
            && let Some(length) = heredoc_closing(rest, name)
        {
            self.modes.pop();
            self.take(Kind::CloseHeredoc, length);
        } else if !self.sequence() {
            match heredoc_text_length(rest) {
                0 => self.take(Kind::Invalid, 1),
                length => self.take(Kind::HeredocText, length),
            }
        }
    }

    /// Whether a line of a heredoc starts here.
    fn starts_line(&self) -> bool {
        self.tokens.last().is_some_and(|last| match last.kind {
            Kind::OpenHeredoc => true,
            Kind::HeredocText => last.text.ends_with('\n'),
            _ => false,
        })
    }

    /// Takes `${` or `%{`, if one stands here.
    fn sequence(&mut self) -> bool {
        let rest = self.rest();
        let kind = if rest.starts_with("${") {
            Kind::OpenInterpolation
        } else if rest.starts_with("%{") {
            Kind::OpenDirective
        } else {
            return false;
        };
        let trimmed = rest[2..].starts_with('~');
        self.take(kind, if trimmed { 3 } else { 2 });
        self.modes.push(Mode::Code { braces: 0 });
        true
    }
}

/// Length of the first line with its line end.
fn line_length(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |at| at + 1)
}

fn identifier_length(text: &str) -> usize {
    text.char_indices()
        .find(|(at, c)| *at > 0 && *c != '-' && !is_xid_continue(*c))
        .map_or(text.len(), |(at, _)| at)
}

/// The longest stretch of digits, points and exponents that does not end with a point;
/// whether it is a number is the grammar's business.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut accepted) = (1, 1);
    loop {
        match bytes.get(at) {
            Some(b'0'..=b'9') => at += 1,
            Some(b'.') => {
                at += 1;
                continue;
            }
            Some(b'e' | b'E') if digit(at + 1) => at += 2,
            Some(b'e' | b'E') if matches!(bytes.get(at + 1), Some(b'+' | b'-')) && digit(at + 2) => at += 3,
            _ => return accepted,
        }
        accepted = at;
    }
}

/// `<<NAME` or `<<-NAME` up to and with the line end that must follow at once.
fn heredoc_opening(text: &str) -> Option<(usize, &str)> {
    let after = text.strip_prefix("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after);
    let name = &after[..identifier_length(after)];
    let first = name.chars().next()?;
    let line_end = after[name.len()..].strip_prefix('\r').unwrap_or(&after[name.len()..]);
    if !(first == '_' || is_xid_start(first)) || !line_end.starts_with('\n') {
        return None;
    }
    Some((text.len() - line_end.len() + 1, name))
}

/// Length of the line that ends a heredoc, without its line end, if the text starts with it.
fn heredoc_closing(text: &str, name: &str) -> Option<usize> {
    let line = text[..line_length(text)].strip_suffix('\n')?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    (line.trim() == name && !line.contains('\r')).then_some(line.len())
}

/// Length of literal text in a heredoc, up to a sequence or after a line end. A carriage
/// return may only stand before a line end.
fn heredoc_text_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => return at + 1,
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => return at,
            _ if starts_sequence(bytes, at) => return at,
            _ => {}
        }
    }
    bytes.len()
}

/// Length of literal text in quotes, up to the closing quote, a sequence or a line end.
fn quoted_text_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\n' | b'\r' => return at,
            b'\\' if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) => at += 2,
            _ if starts_sequence(bytes, at) => return at,
            _ => at += 1,
        }
    }
    at
}

/// Whether `${` or `%{` starts here. Doubled, the sign escapes the brace.
fn starts_sequence(bytes: &[u8], at: usize) -> bool {
    let doubled = at > 0 && bytes[at - 1] == bytes[at];
    matches!(bytes[at], b'$' | b'%') && bytes.get(at + 1) == Some(&b'{') && !doubled
}

/// Operators and punctuation, the longest that fits.
fn symbol(text: &str) -> Option<(Kind, usize)> {
    let long = [
        ("...", Kind::Ellipsis),
        ("::", Kind::DoubleColon),
        ("=>", Kind::FatArrow),
        ("==", Kind::Comparison),
        ("!=", Kind::Comparison),
        ("<=", Kind::Comparison),
        (">=", Kind::Comparison),
        ("&&", Kind::Logical),
        ("||", Kind::Logical),
    ];
    if let Some((symbol, kind)) = long.iter().find(|(symbol, _)| text.starts_with(symbol)) {
        return Some((*kind, symbol.len()));
    }
    let kind = match text.as_bytes().first()? {
        b'[' => Kind::OpenBracket,
        b']' => Kind::CloseBracket,
        b'(' => Kind::OpenParen,
        b')' => Kind::CloseParen,
        b'=' => Kind::Equal,
        b':' => Kind::Colon,
        b',' => Kind::Comma,
        b'.' => Kind::Dot,
        b'?' => Kind::Question,
        b'!' => Kind::Bang,
        b'+' => Kind::Plus,
        b'-' => Kind::Minus,
        b'*' => Kind::Star,
        b'/' => Kind::Slash,
        b'%' => Kind::Percent,
        b'<' | b'>' => Kind::Comparison,
        _ => return None,
    };
    Some((kind, 1))
}
