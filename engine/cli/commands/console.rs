//! `roleform console`: expressions over the configuration, from a prompt or a pipe.
//!
//! Behaves as `terraform console`: an expression is a line, or several while brackets are
//! open; from a pipe the first mistake ends it. Not here: evaluation (`engine::config`).
//! Invariant: expressions change nothing.

use std::io::{self, BufRead, IsTerminal};

use engine::config::console::Console as Evaluator;
use engine::diagnostic::Diagnostic;

use crate::args::Console;
use crate::configuration;
use crate::error::{CommandError, CommandResult, Exit};
use crate::files;
use crate::terminal::Terminal;

/// Reads and answers until the input ends or says `exit`.
pub(crate) fn run(args: &Console, terminal: &Terminal) -> CommandResult {
    let input = io::stdin();
    let interactive = input.is_terminal();
    configuration::console(&args.variables, |evaluator, warnings| {
        terminal.report(&warnings);
        let mut typed = String::new();
        loop {
            if interactive {
                terminal.data(if typed.is_empty() { "> " } else { ": " });
            }
            let more = input.lock().read_line(&mut typed).map_err(|error| unreadable(&error))? > 0;
            if more && open_brackets(&typed) {
                continue;
            }
            match typed.trim() {
                "exit" | "quit" => return Ok(Exit::Done),
                "" => {}
                expression => answer(evaluator, expression, interactive, terminal)?,
            }
            typed.clear();
            if !more {
                return Ok(Exit::Done);
            }
        }
    })
}

fn unreadable(error: &io::Error) -> Diagnostic {
    files::unreadable(std::path::Path::new("<stdin>"), error)
}

fn answer(
    evaluator: &mut Evaluator<'_>,
    expression: &str,
    interactive: bool,
    terminal: &Terminal,
) -> Result<(), CommandError> {
    match evaluator.evaluate(expression) {
        Ok(text) => terminal.data(&format!("{text}\n")),
        Err(diagnostics) if interactive => terminal.report(&diagnostics),
        Err(diagnostics) => return Err(diagnostics.into()),
    }
    Ok(())
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
