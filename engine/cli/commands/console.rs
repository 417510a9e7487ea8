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

/// Whether a bracket, or an interpolation inside a text, waits for its end.
fn open_brackets(typed: &str) -> bool {
    let mut open: Vec<char> = Vec::new();
    let mut characters = typed.chars().peekable();
    while let Some(character) = characters.next() {
        if open.last() == Some(&'"') {
            match character {
                '"' => drop(open.pop()),
                '\\' => drop(characters.next()),
                // `$${` is a text and no interpolation.
                '$' | '%' if characters.next_if_eq(&character).is_some() => {}
                '$' | '%' if characters.next_if_eq(&'{').is_some() => open.push('{'),
                // A text ends with its line, whatever is open in it.
                '\n' => return false,
                _ => {}
            }
            continue;
        }
        match character {
            '(' | '[' | '{' | '"' => open.push(character),
            ')' | ']' | '}' => drop(open.pop()),
            '#' => while characters.next_if(|next| *next != '\n').is_some() {},
            '/' if characters.peek() == Some(&'/') => {
                while characters.next_if(|next| *next != '\n').is_some() {}
            }
            _ => {}
        }
    }
    !open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::open_brackets;

    #[test]
    fn an_expression_goes_on_while_brackets_are_open() {
        for open in
            ["[\n", "{\n  a = \"}\"\n", "f(1,\n", "\"${[\n", "[ # ]\n", "[ // ]\n1,\n", "\"${\"\\\"\n"]
        {
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
        ] {
            assert!(!open_brackets(whole), "{whole:?}");
        }
    }
}
