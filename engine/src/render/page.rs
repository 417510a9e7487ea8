//! A page: small words for writing labelled lines.
//!
//! Not here: what is written. Invariant: no control character but the end of a line gets
//! through, and nothing that reorders text on a terminal: names were escaped when they
//! became text, and what was forgotten is escaped here.

use std::borrow::Cow;
use std::io;

use crate::change::Action;
use crate::name::printable;
use crate::render::{Label, Out};

/// Width that lists of names and wrapped lines keep to, in characters.
pub(crate) const WIDTH: usize = 100;

/// Where lines of a plan are written.
pub(crate) struct Page<'a> {
    out: &'a mut dyn Out,
}

impl<'a> Page<'a> {
    /// A page on a sink.
    pub(crate) fn new(out: &'a mut dyn Out) -> Page<'a> {
        Page { out }
    }

    /// Writes a piece of a line.
    pub(crate) fn put(&mut self, label: Label, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.out.write(label, &visible(text))
    }

    /// Writes ordinary text.
    pub(crate) fn plain(&mut self, text: &str) -> io::Result<()> {
        self.put(Label::Plain, text)
    }

    /// Ends the line.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.out.write(Label::Plain, "\n")
    }

    /// Writes a line of one kind.
    pub(crate) fn line(&mut self, label: Label, text: &str) -> io::Result<()> {
        self.put(label, text)?;
        self.end()
    }

    /// Begins a line: spaces, then a sign.
    pub(crate) fn sign(&mut self, indent: usize, sign: Sign) -> io::Result<()> {
        self.indent(indent)?;
        self.put(sign.label(), sign.text())?;
        self.plain(" ")
    }

    /// Writes spaces.
    pub(crate) fn indent(&mut self, spaces: usize) -> io::Result<()> {
        self.plain(&" ".repeat(spaces))
    }

    /// Writes words with commas between them over as many lines as they need, each indented;
    /// at most `lines` lines, then how many are left out.
    pub(crate) fn wrapped(&mut self, words: &[String], indent: usize, lines: usize) -> io::Result<()> {
        let mut rest = words;
        for line in 1..=lines {
            if rest.is_empty() {
                break;
            }
            let last = line == lines;
            let fit = fitting(rest, WIDTH - indent - if last { 24 } else { 0 });
            self.indent(indent)?;
            self.plain(&rest[..fit].join(", "))?;
            rest = &rest[fit..];
            match (rest.is_empty(), last) {
                (true, _) => {}
                (false, false) => self.plain(",")?,
                (false, true) => {
                    self.put(Label::Dim, &format!(", … and {} more", thousands(rest.len() as u64)))?;
                }
            }
            self.end()?;
        }
        Ok(())
    }
}

/// How many words fit into a width with commas between them; at least one.
pub(crate) fn fitting(words: &[String], width: usize) -> usize {
    let mut used = 0;
    for (position, word) in words.iter().enumerate() {
        used += word.chars().count() + 2;
        if used > width && position > 0 {
            return position;
        }
    }
    words.len()
}

/// What stands before a line of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// `+`
    Add,
    /// `~`
    Change,
    /// `-`
    Destroy,
    /// `=`
    Adopt,
    /// `.`
    Forget,
    /// `!`
    Hazard,
    /// Nothing: as it was.
    Stay,
}

impl Sign {
    /// The sign of an action.
    pub(crate) fn of(action: Action) -> Sign {
        match action {
            Action::NoOp => Sign::Stay,
            Action::Create => Sign::Add,
            Action::Update => Sign::Change,
            Action::Delete => Sign::Destroy,
            Action::Adopt => Sign::Adopt,
            Action::Forget => Sign::Forget,
        }
    }

    /// Its label.
    pub(crate) fn label(self) -> Label {
        match self {
            Sign::Add => Label::Add,
            Sign::Change => Label::Change,
            Sign::Destroy => Label::Destroy,
            Sign::Adopt => Label::Adopt,
            Sign::Forget => Label::Forget,
            Sign::Hazard => Label::Hazard,
            Sign::Stay => Label::Plain,
        }
    }

    /// Its character.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Sign::Add => "+",
            Sign::Change => "~",
            Sign::Destroy => "-",
            Sign::Adopt => "=",
            Sign::Forget => ".",
            Sign::Hazard => "!",
            Sign::Stay => " ",
        }
    }
}

/// A text with hostile characters escaped and everything else as it is: unlike `printable`
/// it keeps backslashes and ends of lines, for texts such as SQL that must stay exact.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let kept = |character: char| character == '\n' || character == '\\';
    let harmless = |character: char| kept(character) || (' '..='~').contains(&character);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut buffer = [0; 4];
    for character in text.chars() {
        if harmless(character) {
            out.push(character);
        } else {
            out.push_str(&printable(character.encode_utf8(&mut buffer)));
        }
    }
    Cow::Owned(out)
}

/// `10,000`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 grant`, `10,000 grants`.
pub(crate) fn counted(number: u64, singular: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {singular}{plural}", thousands(number))
}
