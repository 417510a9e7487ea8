//! `roleform explain CODE`: the page behind a message.
//!
//! Not here: the pages (`engine::code`). Invariant: every code that a message can carry
//! has a page.

use engine::code::Code;
use engine::diagnostic::nearest;

use crate::args::Explain;
use crate::drawing::wrapped;
use crate::error::{CommandResult, Exit, usage};
use crate::terminal::Terminal;

/// Prints the page of a code, or the list of codes.
pub(crate) fn run(args: &Explain, terminal: &Terminal) -> CommandResult {
    let Some(wanted) = &args.code else {
        let lines = Code::ALL.iter().map(|code| format!("{code}  {}\n", code.title()));
        terminal.data(&lines.collect::<String>());
        return Ok(Exit::Done);
    };
    let Ok(code) = wanted.parse::<Code>() else {
        let error = usage(format!("There is no code \"{wanted}\"."));
        let known = Code::ALL.iter().map(|code| code.name());
        let hint = match nearest(&wanted.to_ascii_uppercase(), known) {
            Some(near) => format!("did you mean {near}? `roleform explain` lists all codes"),
            None => "`roleform explain` lists all codes".to_owned(),
        };
        return Err(error.hint(hint).into());
    };
    let width = terminal.out_canvas().width.min(100);
    terminal.data(&format!("{code}: {}\n\n{}", code.title(), wrapped(code.text(), "", width)));
    Ok(Exit::Done)
}
