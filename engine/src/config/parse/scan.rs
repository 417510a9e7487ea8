//! Splits text into its top-level items, and finds what brackets and quotes are wrong.
//!
//! The parser of hcl-rs stops at its first error and reports an unterminated string at
//! the start of its argument; this scan knows where strings, heredocs and brackets
//! begin and end, so that one broken item does not hide the others. Not here: the
//! grammar (the parser) and messages of the parser (`wording`).
//! Invariant: linear in the text, no recursion, items in order and disjoint.

use std::ops::Range;

use hcl::edit::Ident;

/// What a scan found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Items at the outermost level, in order.
    pub(crate) items: Vec<Item>,
    /// What is wrong with quotes, brackets and characters.
    pub(crate) faults: Vec<Fault>,
}

/// One argument or block, up to the end of its last line.
#[derive(Debug)]
pub(crate) struct Item {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// Its outermost braces, when it has any: between them is a block's body.
    pub(crate) braces: Option<Range<usize>>,
}

/// A mistake that the scan itself sees.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Where.
    pub(crate) range: Range<usize>,
    /// Fixed text.
    pub(crate) summary: &'static str,
    /// Full sentences.
    pub(crate) detail: String,
}

/// Words that begin a line at the left margin when a block before was not closed.
pub(crate) const TOP_LEVEL: &[&str] = &[
    "roleform", "variable", "locals", "resource", "role", "schema", "public", "module", "output", "removed",
    "moved", "import", "check", "policy",
];

/// Mistakes reported per scan: a file that is no HCL at all need not list each byte.
const MAX_FAULTS: usize = 100;

#[derive(Clone, Debug, PartialEq)]
enum Open {
    Paren,
    Bracket,
    Brace,
    Interpolation,
    Quote,
    Heredoc(Range<usize>),
}

/// How a scan goes on when braces do not match.
#[derive(Clone, Copy, PartialEq)]
enum Resync {
    /// Trust the braces.
    No,
    /// A top-level word at the left margin begins a new item.
    AtTopLevelWords,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    stack: Vec<(Open, usize)>,
    start: Option<usize>,
    braces: Option<(usize, usize)>,
    found: Scan,
    resync: Resync,
}

/// Scans a stretch of text.
pub(crate) fn scan(text: &str, range: Range<usize>) -> Scan {
    let first = Scanner::new(text, range.clone(), Resync::No).run();
    if first.faults.iter().any(|fault| fault.summary == UNCLOSED.0) {
        return Scanner::new(text, range, Resync::AtTopLevelWords).run();
    }
    first
}

const UNCLOSED: (&str, &str) = (
    "Unclosed configuration block",
    "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.",
);

impl<'a> Scanner<'a> {
    fn new(text: &'a str, range: Range<usize>, resync: Resync) -> Scanner<'a> {
        Scanner {
            text,
            at: range.start,
            end: range.end,
            stack: Vec::new(),
            start: None,
            braces: None,
            found: Scan::default(),
            resync,
        }
    }

    fn run(mut self) -> Scan {
        while self.at < self.end {
            match self.stack.last() {
                Some((Open::Quote, _)) => self.quoted(),
                Some((Open::Heredoc(delimiter), _)) => self.heredoc(delimiter.clone()),
                _ => self.code(),
            }
        }
        self.unclosed();
        self.close_item(self.end);
        self.found
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..self.end]
    }

    fn fault(&mut self, range: Range<usize>, summary: &'static str, detail: impl Into<String>) {
        if self.found.faults.len() < MAX_FAULTS {
            self.found.faults.push(Fault { range, summary, detail: detail.into() });
        }
    }

    fn close_item(&mut self, end: usize) {
        if let Some(start) = self.start.take() {
            let braces = self.braces.take().map(|(open, close)| open..if close == 0 { end } else { close });
            self.found.items.push(Item { range: start..end, braces });
        }
    }

    /// One step outside of strings.
    fn code(&mut self) {
        let rest = self.rest();
        let byte = rest.as_bytes()[0];
        if byte == b'\n' {
            self.newline();
            return;
        }
        if matches!(byte, b' ' | b'\t' | b'\r') {
            self.at += 1;
            return;
        }
        if byte == b'#' || rest.starts_with("//") {
            self.at += rest.find('\n').unwrap_or(rest.len());
            return;
        }
        if rest.starts_with("/*") {
            self.comment();
            return;
        }
        self.start.get_or_insert(self.at);
        match byte {
            b'"' => self.push(Open::Quote),
            b'(' => self.push(Open::Paren),
            b'[' => self.push(Open::Bracket),
            b'{' => self.push(Open::Brace),
            b')' | b']' | b'}' => self.close(byte),
            b'<' if rest.starts_with("<<") => self.heredoc_start(),
            _ => self.character(),
        }
    }

    fn newline(&mut self) {
        if self.stack.is_empty() {
            // The parser wants line breaks whole: a carriage return goes with the newline.
            let end = if self.text[..self.at].ends_with('\r') { self.at - 1 } else { self.at };
            self.close_item(end);
        } else if self.resync == Resync::AtTopLevelWords && self.word_at_margin() {
            let at = self.stack[0].1;
            self.fault(at..at + 1, UNCLOSED.0, UNCLOSED.1);
            self.stack.clear();
            self.close_item(self.at);
        }
        self.at += 1;
    }

    /// Whether the next line begins a top-level block.
    fn word_at_margin(&self) -> bool {
        let line = self.text[self.at + 1..self.end].lines().next().unwrap_or_default();
        let word = line.split([' ', '\t', '"', '{']).next().unwrap_or_default();
        let after = line[word.len()..].trim_start();
        TOP_LEVEL.contains(&word) && after.starts_with(['"', '{'])
    }

    fn comment(&mut self) {
        match self.rest().find("*/") {
            Some(length) => self.at += length + 2,
            None => {
                self.fault(
                    self.at..self.at + 2,
                    "Unterminated comment",
                    "There is no \"*/\" that ends this comment before the end of the file.",
                );
                self.at = self.end;
            }
        }
    }

    fn push(&mut self, open: Open) {
        if open == Open::Brace && self.stack.is_empty() && self.braces.is_none() {
            self.braces = Some((self.at + 1, 0));
        }
        self.stack.push((open, self.at));
        self.at += 1;
    }

    fn close(&mut self, byte: u8) {
        let closes = |open: &Open| match byte {
            b')' => *open == Open::Paren,
            b']' => *open == Open::Bracket,
            _ => matches!(open, Open::Brace | Open::Interpolation),
        };
        // A bracket cannot be closed from inside a string that it is outside of. When nothing is
        // told any more, nobody needs to know which bracket was meant.
        let depth = if self.found.faults.len() < MAX_FAULTS { self.stack.len() } else { 1 };
        let is_outside = |open: &Open| matches!(open, Open::Quote | Open::Heredoc(_));
        let inside = self.stack.iter().enumerate().rev().take(depth);
        let mut inside = inside.take_while(|(_, (open, _))| !is_outside(open));
        let matching = inside.find(|(_, (open, _))| closes(open)).map(|(at, _)| at);
        match matching {
            Some(at) => {
                if at + 1 < self.stack.len() {
                    let (_, open) = self.stack[at + 1];
                    self.mismatch(open, byte);
                }
                self.stack.truncate(at);
            }
            None if byte == b'}' && self.stack.is_empty() => self.fault(
                self.at..self.at + 1,
                "Argument or block definition required",
                "An argument or block definition is required here. This closing brace has no opening brace.",
            ),
            None => self.mismatch(self.at, byte),
        }
        if byte == b'}'
            && self.stack.is_empty()
            && let Some((_, close @ 0)) = &mut self.braces
        {
            *close = self.at;
        }
        self.at += 1;
    }

    fn mismatch(&mut self, at: usize, byte: u8) {
        let detail = if at == self.at {
            format!("There is no opening bracket for this \"{}\".", char::from(byte))
        } else {
            format!(
                "This bracket is not closed before the \"{}\" that ends what is around it.",
                char::from(byte)
            )
        };
        self.fault(at..at + 1, "Mismatched bracket", detail);
    }

    /// One step inside a quoted string.
    fn quoted(&mut self) {
        let rest = self.rest();
        match rest.as_bytes()[0] {
            b'"' => {
                self.stack.pop();
                self.at += 1;
            }
            b'\n' => {
                let (_, open) = self.stack.pop().unwrap_or((Open::Quote, self.at));
                self.fault(open..self.at, "Invalid multi-line string", MULTI_LINE);
                // What was opened inside the string on this line ends with it.
                while matches!(self.stack.last(), Some((Open::Interpolation | Open::Quote, _))) {
                    self.stack.pop();
                }
            }
            b'\\' => self.at += 1 + rest[1..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8),
            b'$' | b'%' => self.marker(),
            _ => self.at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }

    /// A dollar or percent sign inside a template: perhaps `${`, `%{` or their escapes.
    fn marker(&mut self) {
        let rest = self.rest();
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            self.at += 3;
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            self.stack.push((Open::Interpolation, self.at));
            self.at += 2;
            if self.rest().starts_with('~') {
                self.at += 1;
            }
        } else {
            self.at += 1;
        }
    }

    fn heredoc_start(&mut self) {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or_default();
        let word = line[2..].strip_prefix('-').unwrap_or(&line[2..]).trim_end_matches('\r');
        let begin = self.at + line[..line.len()].find(word).unwrap_or(2);
        if word.is_empty() || Ident::try_new(word).is_err() || line.len() == rest.len() {
            self.at += 2;
            return;
        }
        self.stack.push((Open::Heredoc(begin..begin + word.len()), self.at));
        self.at += line.len() + 1;
        self.heredoc_line(begin..begin + word.len());
    }

    /// At the start of a line of a heredoc: ends it when the line is its delimiter.
    fn heredoc_line(&mut self, delimiter: Range<usize>) {
        let line = self.rest().split('\n').next().unwrap_or_default();
        if line.trim() == &self.text[delimiter] {
            self.stack.pop();
            self.at += line.len();
        }
    }

    /// One step inside a heredoc.
    fn heredoc(&mut self, delimiter: Range<usize>) {
        let rest = self.rest();
        match rest.as_bytes()[0] {
            b'\n' => {
                self.at += 1;
                self.heredoc_line(delimiter);
            }
            b'$' | b'%' => self.marker(),
            _ => self.at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }

    /// Any other character: a letter, a digit, an operator, or nothing of the language.
    fn character(&mut self) {
        let rest = self.rest();
        let character = rest.chars().next().unwrap_or(' ');
        let range = self.at..self.at + character.len_utf8();
        let doubled = rest.starts_with("&&") || rest.starts_with("||");
        match character {
            '\'' | '`' | '“' | '”' | '‘' | '’' => {
                self.fault(range, "Invalid character", "Only straight double quotes (\") enclose strings.");
            }
            '&' if !doubled => self.bitwise(range, "boolean AND (\"&&\")"),
            '|' if !doubled => self.bitwise(range, "boolean OR (\"||\")"),
            '~' if !rest.starts_with("~}") => self.bitwise(range, "boolean NOT (\"!\")"),
            ';' => self.fault(
                range,
                "Invalid character",
                "The \";\" character is not valid. Use newlines to separate arguments and blocks, and commas to separate items in collection values.",
            ),
            '@' | '$' | '^' | '\\' => {
                self.fault(range, "Invalid character", "This character is not used within the language.");
            }
            other if !other.is_ascii() && !is_identifier(other) => {
                self.fault(range, "Invalid character", "This character is not used within the language.");
            }
            _ => {}
        }
        self.at += if doubled { 2 } else { character.len_utf8() };
    }

    fn bitwise(&mut self, range: Range<usize>, instead: &str) {
        let detail = format!("Bitwise operators are not supported. Did you mean {instead}?");
        self.fault(range, "Unsupported operator", detail);
    }

    /// The end of the text with something open.
    fn unclosed(&mut self) {
        let Some((open, at)) = self.stack.first().cloned() else { return };
        let inner = self.stack.iter().rev().find(|(open, _)| matches!(open, Open::Quote | Open::Heredoc(_)));
        if let Some((_, quote)) = inner {
            let quote = *quote;
            self.fault(
                quote..self.text[..self.end].len().min(quote + 1),
                "Unterminated template string",
                "No closing marker was found for the string.",
            );
            return;
        }
        let at = at..at + 1;
        match open {
            Open::Paren => self.fault(at, "Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression."),
            Open::Bracket => self.fault(at, "Unterminated tuple constructor expression", "There is no corresponding closing bracket before the end of the file. This may be caused by incorrect bracket nesting elsewhere in this file."),
            _ => self.fault(at, UNCLOSED.0, UNCLOSED.1),
        }
    }
}

const MULTI_LINE: &str = "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to represent a newline character or use the \"heredoc\" multi-line template syntax.";

fn is_identifier(character: char) -> bool {
    character.is_alphanumeric() || Ident::try_new(format!("a{character}")).is_ok()
}
