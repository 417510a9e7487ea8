//! Says whether tokens are an HCL file, and where its rewritable places are.
//!
//! A recogniser: it builds no tree and evaluates nothing. Here are the cursor
//! and bodies; expressions and templates are in `expression` and `template`.
//! Invariant: it accepts what Terraform's parser accepts, up to `MAX_DEPTH`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::SyntaxError;
use super::template::check_escapes;
use super::token::{Kind, Token};

/// How deep blocks and expressions may nest; guards the stack. Far more than
/// the evaluator takes.
const MAX_DEPTH: usize = 200;

/// Where a token may be rewritten, as token numbers. In source order, disjoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The expression of an argument.
    Value(Range<usize>),
    /// The `type` argument of a `variable` block at the top.
    Type(Range<usize>),
    /// One label of a block, quotes included.
    Label(Range<usize>),
}

pub(super) type Parsed = Result<(), SyntaxError>;

/// The cursor over the tokens.
pub(super) struct Parser<'t, 'a> {
    pub(super) tokens: &'t [Token<'a>],
    /// The number of the next token, comments and line ends included.
    at: usize,
    /// Length of the source: where errors at its end stand.
    length: usize,
    /// Whether line ends matter here; inside brackets they do not. Innermost last.
    line_ends: Vec<bool>,
    depth: usize,
    places: Vec<Place>,
}

/// Checks a whole file of `length` bytes.
pub(super) fn check(tokens: &[Token<'_>], length: usize) -> Result<Vec<Place>, SyntaxError> {
    let mut parser = Parser { tokens, at: 0, length, line_ends: vec![true], depth: 0, places: Vec::new() };
    parser.body(Kind::End, None)?;
    Ok(parser.places)
}

impl<'t> Parser<'t, '_> {
    /// The next token that matters: its number and kind.
    fn ahead(&self) -> (usize, Kind) {
        let line_ends = self.line_ends_matter();
        let mut at = self.at;
        while let Some(token) = self.tokens.get(at) {
            match token.kind {
                Kind::Comment | Kind::Newline if line_ends && token.ends_line() => {
                    return (at, Kind::Newline);
                }
                Kind::Comment | Kind::Newline => at += 1,
                kind => return (at, kind),
            }
        }
        (at, Kind::End)
    }

    pub(super) fn line_ends_matter(&self) -> bool {
        self.line_ends.last().is_none_or(|matter| *matter)
    }

    pub(super) fn peek(&self) -> Kind {
        self.ahead().1
    }

    /// The text of the next token; empty at the end.
    pub(super) fn text(&self) -> &'t str {
        self.tokens.get(self.ahead().0).map_or("", |token| &token.text)
    }

    /// Takes the next token, whatever it is, and gives its number.
    pub(super) fn take(&mut self) -> usize {
        let (at, _) = self.ahead();
        self.at = self.tokens.len().min(at + 1);
        at
    }

    /// Takes the next token if it is of this kind.
    pub(super) fn accept(&mut self, kind: Kind) -> bool {
        let found = self.peek() == kind && kind != Kind::End;
        if found {
            self.take();
        }
        found
    }

    pub(super) fn expect(&mut self, kind: Kind, message: &'static str) -> Parsed {
        if self.accept(kind) { Ok(()) } else { Err(self.error(message)) }
    }

    /// An error at the next token.
    pub(super) fn error(&self, message: &'static str) -> SyntaxError {
        let offset = self.tokens.get(self.ahead().0).map_or(self.length, |token| token.offset);
        SyntaxError { offset, message }
    }

    /// Runs a part of the grammar one level deeper, where line ends matter or not.
    pub(super) fn within(&mut self, line_ends: bool, part: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == MAX_DEPTH {
            return Err(self.error("Blocks and expressions are nested too deeply here."));
        }
        self.depth += 1;
        self.line_ends.push(line_ends);
        let parsed = part(self);
        self.line_ends.pop();
        self.depth -= 1;
        parsed
    }

    /// Arguments and blocks up to the closing token or the end, neither of which is taken;
    /// `block` is the type of the block at the top they are in.
    fn body(&mut self, close: Kind, block: Option<&str>) -> Parsed {
        let mut names = BTreeSet::new();
        loop {
            match self.peek() {
                kind if kind == close || kind == Kind::End => return Ok(()),
                Kind::Newline => {
                    self.take();
                }
                Kind::Identifier => self.item(&mut names, block)?,
                _ => return Err(self.error("An argument or block definition is required here.")),
            }
        }
    }

    /// One argument or block with the end of its line.
    fn item(&mut self, names: &mut BTreeSet<&'t str>, block: Option<&str>) -> Parsed {
        let duplicate = self.error("This argument was already set. Each argument may be set only once.");
        let name = self.text();
        self.take();
        match self.peek() {
            Kind::Equal if !names.insert(name) => return Err(duplicate),
            Kind::Equal => self.argument(name, block)?,
            Kind::OpenQuote | Kind::OpenBrace | Kind::Identifier => self.block(name, block)?,
            _ => {
                return Err(self.error(
                    "An argument or block definition is required here. \
                     To set an argument, use the equals sign \"=\" to introduce the argument value.",
                ));
            }
        }
        match self.peek() {
            Kind::Newline => {
                self.take();
                Ok(())
            }
            Kind::End => Ok(()),
            _ => Err(self.error("A definition must end with a newline.")),
        }
    }

    /// From the equals sign to the end of the expression.
    fn argument(&mut self, name: &str, block: Option<&str>) -> Parsed {
        self.expect(Kind::Equal, "An equals sign is required here.")?;
        let (start, _) = self.ahead();
        self.expression()?;
        let value = start..self.at;
        self.places.push(match (block, name) {
            (Some("variable"), "type") => Place::Type(value),
            _ => Place::Value(value),
        });
        Ok(())
    }

    /// From the labels to the closing brace.
    fn block(&mut self, kind: &str, outer: Option<&str>) -> Parsed {
        loop {
            match self.peek() {
                Kind::OpenBrace => break,
                Kind::Identifier => {
                    let at = self.take();
                    self.places.push(Place::Label(at..at + 1));
                }
                Kind::OpenQuote => self.quoted_label()?,
                _ => return Err(self.error("Either a quoted label or an opening brace is required here.")),
            }
        }
        let unclosed = self.error("There is no closing brace for this block.");
        self.take();
        let kind = if outer.is_none() { kind } else { "" };
        self.within(true, |parser| {
            match parser.peek() {
                Kind::Newline | Kind::End | Kind::CloseBrace => parser.body(Kind::CloseBrace, Some(kind))?,
                _ => parser.single_argument(kind)?,
            }
            if parser.accept(Kind::CloseBrace) { Ok(()) } else { Err(unclosed) }
        })
    }

    fn quoted_label(&mut self) -> Parsed {
        let start = self.take();
        while self.peek() == Kind::QuotedText {
            let at = self.take();
            check_escapes(&self.tokens[at])?;
        }
        self.expect(Kind::CloseQuote, "A block label is plain text in quotes, without template sequences.")?;
        self.places.push(Place::Label(start..self.at));
        Ok(())
    }

    /// The one argument of a block on one line.
    fn single_argument(&mut self, kind: &str) -> Parsed {
        let name = self.text();
        self.expect(Kind::Identifier, "A block on one line can contain one argument and nothing else.")?;
        self.argument(name, Some(kind))?;
        if self.peek() == Kind::CloseBrace {
            return Ok(());
        }
        Err(self.error(
            "A block on one line must be closed right after its argument. \
             Put each argument on a line of its own to have more of them.",
        ))
    }
}
