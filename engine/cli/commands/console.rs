//! `roleform console`: expressions over the configuration, from a prompt or a pipe.
//!
//! Behaves as `terraform console`: an expression is a line, or several while brackets are
//! open; from a pipe the first mistake ends it. Not here: evaluation (`engine::config`), the
//! keys of a line (`expression_input`). Invariant: expressions change nothing.

use engine::config::console::Console as Evaluator;

use crate::args::Console;
use crate::configuration;
use crate::error::{CommandError, CommandResult, Exit};
use crate::expression_input::ExpressionInput;
use crate::terminal::Terminal;

/// Reads and answers until the input ends or says `exit`.
pub(crate) fn run(args: &Console, terminal: &Terminal) -> CommandResult {
    configuration::console(&args.variables, |evaluator, warnings| {
        terminal.report(&warnings);
        let mut input = ExpressionInput::open()?;
        while let Some(typed) = input.read()? {
            match typed.trim() {
                "exit" | "quit" => break,
                "" => {}
                expression => answer(evaluator, expression, input.is_typed(), terminal)?,
            }
        }
        Ok(Exit::Done)
    })
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
