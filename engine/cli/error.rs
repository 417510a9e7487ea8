//! How a command ends: an exit code, or diagnostics from which the exit code follows.
//!
//! Not here: how diagnostics are drawn (`drawing`) and printed (`terminal`). Invariant:
//! exit code 3 means that a saved plan was refused, and nothing was done.

use std::process::ExitCode;

use engine::code::Code;
use engine::diagnostic::{Diagnostic, Diagnostics, Severity};

/// Exit codes that scripts rely on (design 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, or no changes.
    Done,
    /// 1: an error.
    Error,
    /// 2: `fmt` found a file with a mistake in it.
    Unreadable,
    /// 2: `plan -detailed-exitcode` found changes.
    Changes,
    /// 3: a saved plan was refused; `fmt -check` found a file to format.
    Refused,
    /// That of the program that `credentials exec` ran.
    OfProgram(u8),
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Changes | Exit::Unreadable => 2,
            Exit::Refused => 3,
            Exit::OfProgram(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// What a command returns.
pub(crate) type CommandResult = Result<Exit, CommandError>;

/// A command failed: all that there is to say about it.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// Errors and warnings, in order.
    pub(crate) diagnostics: Diagnostics,
}

impl CommandError {
    /// The exit code: what a saved plan was refused for is 3, everything else 1.
    pub(crate) fn exit(&self) -> Exit {
        let refused = |diagnostic: &Diagnostic| {
            diagnostic.severity == Severity::Error && diagnostic.code.name().starts_with("SAV")
        };
        if self.diagnostics.0.iter().any(refused) { Exit::Refused } else { Exit::Error }
    }
}

impl From<Diagnostic> for CommandError {
    fn from(diagnostic: Diagnostic) -> CommandError {
        CommandError { diagnostics: diagnostic.into() }
    }
}

impl From<Diagnostics> for CommandError {
    fn from(diagnostics: Diagnostics) -> CommandError {
        CommandError { diagnostics }
    }
}

/// The command line does not make sense.
pub(crate) fn usage(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::CLI001, "Command line is not understood", detail)
}

/// What the command line names is not there.
pub(crate) fn unknown(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::CLI009, "Nothing has this name", detail)
}

/// What the operating system says about a file, without the number that Rust adds.
pub(crate) fn system_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
