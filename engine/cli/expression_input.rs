//! Expressions as people type them: edited, with a history, over several lines; or from a pipe.
//!
//! An expression is a line, or several while brackets, a heredoc or an interpolation are open.
//! Not here: what they are worth. Invariant: what was typed is nowhere written down.

use std::io::{self, BufRead, IsTerminal, Stdin};
use std::path::Path;

use engine::diagnostic::Diagnostic;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor};

use crate::files;

/// Where expressions come from.
pub(crate) enum ExpressionInput {
    /// A person at a terminal.
    Typed(Box<Editor<(), MemHistory>>),
    /// A file or a program.
    Piped(Stdin),
}

/// What came of asking for a line.
enum Line {
    Text(String),
    /// Ctrl-C: what was begun is not wanted.
    Dropped,
    End,
}

impl ExpressionInput {
    /// Standard input; lines are edited when a person sees them.
    pub(crate) fn open() -> Result<ExpressionInput, Diagnostic> {
        let input = io::stdin();
        if !(input.is_terminal() && io::stdout().is_terminal()) {
            return Ok(ExpressionInput::Piped(input));
        }
        let editor = Editor::with_history(Config::default(), MemHistory::new());
        Ok(ExpressionInput::Typed(Box::new(editor.map_err(|error| unreadable(&broken(error)))?)))
    }

    /// Whether a person types, who may go on after a mistake.
    pub(crate) fn is_typed(&self) -> bool {
        match self {
            ExpressionInput::Typed(_) => true,
            ExpressionInput::Piped(_) => false,
        }
    }

    /// The next expression; none at the end. Ctrl-C drops what was begun, and twice it is the end.
    pub(crate) fn read(&mut self) -> Result<Option<String>, Diagnostic> {
        let mut typed = String::new();
        let mut dropped = false;
        loop {
            match self.line(if typed.is_empty() { "> " } else { ": " })? {
                Line::Text(line) => {
                    dropped = false;
                    typed.push_str(&line);
                    if !open_brackets(&typed) {
                        self.remember(&typed);
                        return Ok(Some(typed));
                    }
                }
                Line::Dropped if !dropped => {
                    dropped = true;
                    typed.clear();
                }
                Line::Dropped | Line::End => return Ok((!typed.is_empty()).then_some(typed)),
            }
        }
    }

    /// A line with its end.
    fn line(&mut self, prompt: &str) -> Result<Line, Diagnostic> {
        match self {
            ExpressionInput::Typed(editor) => match editor.readline(prompt) {
                Ok(line) => Ok(Line::Text(line + "\n")),
                Err(ReadlineError::Interrupted) => Ok(Line::Dropped),
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(error) => Err(unreadable(&broken(error))),
            },
            ExpressionInput::Piped(input) => {
                let mut line = String::new();
                let length = input.lock().read_line(&mut line).map_err(|error| unreadable(&error))?;
                Ok(if length == 0 { Line::End } else { Line::Text(line) })
            }
        }
    }

    fn remember(&mut self, typed: &str) {
        if let ExpressionInput::Typed(editor) = self {
            // A history that is full, or has the line already, is as good without it.
            let _ = editor.add_history_entry(typed.trim_end());
        }
    }
}

fn broken(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}

fn unreadable(error: &io::Error) -> Diagnostic {
    files::unreadable(Path::new("<stdin>"), error)
}

/// Whether a bracket, a heredoc, or an interpolation inside a text waits for its end.
fn open_brackets(typed: &str) -> bool {
    let mut open: Vec<char> = Vec::new();
    let mut rest = typed;
    while let Some(character) = rest.chars().next() {
        let next = &rest[character.len_utf8()..];
        rest = match (open.last(), character) {
            (Some('"'), '"') => {
                open.pop();
                next
            }
            // What follows a backslash, and `$${`, is text.
            (Some('"'), '\\') => next.strip_prefix(|_| true).unwrap_or(next),
            (Some('"'), '$' | '%') if next.starts_with(character) => &next[1..],
            (Some('"'), '$' | '%') if next.starts_with('{') => {
                open.push('{');
                &next[1..]
            }
            // A text ends with its line, whatever is open in it.
            (Some('"'), '\n') => return false,
            (Some('"'), _) => next,
            (_, '(' | '[' | '{' | '"') => {
                open.push(character);
                next
            }
            (_, ')' | ']' | '}') => {
                open.pop();
                next
            }
            (_, '#') => after_line(next),
            (_, '/') if next.starts_with('/') => after_line(next),
            (_, '<') if next.starts_with('<') => match after_heredoc(&next[1..]) {
                Some(after) => after,
                None => return true,
            },
            (_, _) => next,
        };
    }
    !open.is_empty()
}

fn after_line(text: &str) -> &str {
    text.find('\n').map_or("", |at| &text[at..])
}

/// What follows a heredoc, whose opening is cut off; `None` when it has no end yet.
fn after_heredoc(text: &str) -> Option<&str> {
    let line = text.lines().next().unwrap_or_default();
    let marker = line.strip_prefix('-').unwrap_or(line).trim_end();
    if marker.is_empty() || !marker.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        return Some(text); // No heredoc.
    }
    let mut rest = after_line(text).strip_prefix('\n')?;
    loop {
        let line = rest.lines().next()?;
        rest = after_line(rest);
        if line.trim() == marker {
            return Some(rest);
        }
        rest = rest.strip_prefix('\n')?;
    }
}

#[cfg(test)]
mod tests {
    use super::open_brackets;

    #[test]
    fn an_expression_goes_on_while_brackets_are_open() {
        for open in [
            "[\n",
            "{\n  a = \"}\"\n",
            "f(1,\n",
            "\"${[\n",
            "[ # ]\n",
            "[ // ]\n1,\n",
            "<<EOT\nx\n",
            "[<<-EOT\n]\n",
        ] {
            assert!(open_brackets(open), "{open:?}");
        }
        for whole in [
            "1 + 2\n",
            "[1]\n",
            "\"[\"\n",
            "\"$${\"\n",
            "]\n",
            "# [\n",
            "\"[\n",
            "\"${f(\"]\")}\"\n",
            "1 / 2\n",
            "<<EOT\n[\nEOT\n",
            "[<<-E\n[\n  E\n]\n",
            "\"${\"\\\"\n",
        ] {
            assert!(!open_brackets(whole), "{whole:?}");
        }
    }
}
