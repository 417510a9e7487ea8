//! Diagnostics: the shape of every message that a person reads.
//!
//! Not here: how they are drawn (the binary hands them to miette) and what the
//! codes mean (`code`). Invariant: a summary is fixed text without user names,
//! so that one learns to recognise it; names stand in the detail.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use crate::code::Code;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run cannot go on.
    Error,
    /// The run goes on; the reader should know.
    Warning,
}

/// One file of configuration as read, shared by all the spans that point into it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// Path as the user would write it, relative to the configuration directory.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Where its lines start, ascending: thousands of blocks ask for their line.
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// A file with this text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> SourceFile {
        let text = text.into();
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        SourceFile { path: path.into(), text, line_starts }
    }

    /// The line that a byte is on, counted from 1.
    fn line(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    /// Of a byte of the text, which must be on a character boundary.
    pub fn position(&self, byte: usize) -> Position {
        let line = self.line(byte);
        let start = self.line_starts[line - 1];
        Position { line, column: self.text[start..byte].graphemes(true).count() + 1, byte }
    }
}

/// A stretch of one source file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Byte range within its text, on character boundaries.
    pub range: Range<usize>,
}

impl Span {
    /// Makes a span, moving its ends to character boundaries inside the text.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Span {
        let text = &file.text;
        let start = floor_boundary(text, range.start.min(text.len()));
        let end = floor_boundary(text, range.end.clamp(start, text.len()));
        Span { file: Arc::clone(file), range: start..end.max(start) }
    }

    /// Where the span starts, for people and for records that outlive the text.
    pub fn origin(&self) -> Origin {
        let line = u32::try_from(self.file.line(self.range.start)).unwrap_or(u32::MAX);
        Origin { file: self.file.path.clone(), line }
    }
}

/// A place in a text, counted as Terraform counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters as people see them (grapheme clusters).
    pub column: usize,
    /// Byte, from 0.
    pub byte: usize,
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A place in the configuration: a file and a line counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Path relative to the configuration directory.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One message: what, where, and what next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable code, explained by `roleform explain CODE`.
    pub code: Code,
    /// Fixed text, without user names and without a full stop.
    pub summary: String,
    /// Full sentences with the names: what is so, and why it is wrong.
    pub detail: String,
    /// What to do next, when there is something to say.
    pub hint: Option<String>,
    /// Where in the configuration, when it comes from there.
    pub span: Option<Span>,
    /// What the references in the expression there stood for.
    pub values: Box<[Involved]>,
}

/// A reference in an expression that failed, and what can be said of its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Involved {
    /// As it is written: `var.env`.
    pub reference: String,
    /// The rest of the sentence: `is "x"`, `has a sensitive value`.
    pub statement: String,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            summary: summary.into(),
            detail: detail.into(),
            hint: None,
            span: None,
            values: Box::default(),
        }
    }

    /// A warning.
    pub fn warning(code: Code, summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, summary, detail) }
    }

    /// Whether it differs from another in nothing but the values that it knows.
    fn says_the_same(&self, other: &Diagnostic) -> bool {
        let said = |of: &Diagnostic| (of.severity, of.code);
        said(self) == said(other)
            && (&self.summary, &self.detail, &self.hint) == (&other.summary, &other.detail, &other.hint)
            && self.span == other.span
    }

    /// What it says as the cause of another, which has its own code: `explain` knows both.
    pub fn as_cause(&self) -> String {
        format!("[{}] {}", self.code, self.detail)
    }

    /// The same message with a place.
    #[must_use]
    pub fn at(self, span: Span) -> Diagnostic {
        Diagnostic { span: Some(span), ..self }
    }

    /// The same message with advice.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Diagnostic {
        Diagnostic { hint: Some(hint.into()), ..self }
    }
}

/// Messages collected on the way; reading a configuration reports all it finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(others);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// In reading order: by file, then place; those without a place last; no message twice.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| {
            let place = |d: &Diagnostic| match &d.span {
                Some(span) => (0, span.file.path.clone(), span.range.start),
                None => (1, String::new(), 0),
            };
            (place(a), a.severity, a.code, &a.detail).cmp(&(place(b), b.severity, b.code, &b.detail))
        });
        // Names are looked up before expressions are evaluated, which then know values too.
        self.0.dedup_by(|later, earlier| {
            let same = later.says_the_same(earlier);
            if same && earlier.values.is_empty() {
                earlier.values = std::mem::take(&mut later.values);
            }
            same
        });
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}

/// "Did you mean" among known names: the nearest one, when it is near enough to be a slip.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count().min(wrong.chars().count()) / 4)
        .min()
        .map(|(_, name)| name)
}
