//! What is said about a command line that is not understood, and small forms of values.
//!
//! clap finds the mistake; this words it as a diagnostic, with what to type instead. Flags
//! and commands that a hand used to Terraform types and that mean nothing here are known
//! by name (`HABITS`). Invariant: every mistake of the command line is CLI001 or APL001.

use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use engine::diagnostic::Diagnostic;

use crate::error::usage;
use crate::terraform_flags::single_dashed;

/// Words of Terraform's command line that roleform has not, and what to do instead.
const HABITS: &[(&str, &str)] = &[
    ("--auto-approve", "leave it out: apply carries out a reviewed plan file and never asks"),
    ("--input", "leave it out: roleform never asks for variables"),
    ("--refresh", "leave it out: a plan always reads the servers as they are"),
    ("--lock", "leave it out: the state is always locked, and `-lock-timeout=30s` waits for it"),
    ("--replace", "a role is never replaced; `plan -rotate-password=ROLE` plans a new password"),
    ("--state", "the state is the directory .roleform beside the configuration; use `-chdir=DIR`"),
    ("--compact-warnings", "leave it out: warnings are short"),
    ("--upgrade", "leave it out: providers are part of roleform"),
    ("--reconfigure", "leave it out: the state is the directory .roleform beside the configuration"),
    ("destroy", "remove the blocks, then `roleform plan -out plan.bin` and `roleform apply plan.bin`"),
    ("refresh", "`roleform plan` always reads the servers as they are"),
    ("output", "outputs are in `roleform show -json plan.bin`"),
    ("force-unlock", "the lock ends with its process; `-lock-timeout=30s` waits for it"),
    ("workspace", "use one directory per workspace and `-chdir=DIR`"),
    ("taint", "`roleform plan -rotate-password=ROLE` plans a new password"),
    ("providers", "providers are part of roleform: `roleform version`"),
    ("get", "modules are read from their directories and need no download"),
];

/// Flags of `plan`, which `apply` cannot have: the file has the answers already.
const PLANNING: &[&str] =
    &["--out", "--var", "--var-file", "--target", "--exclude", "--destroy", "--refresh-only", "--rotate-password"];

/// Words a mistake that clap found.
pub(crate) fn diagnostic(error: &clap::Error) -> Diagnostic {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(single_dashed(text)),
        Some(ContextValue::Strings(texts)) => Some(single_dashed(&texts.join("\", \""))),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let mut message = usage(match error.kind() {
        ErrorKind::UnknownArgument => format!("There is no flag or argument \"{argument}\" here."),
        ErrorKind::InvalidSubcommand => {
            format!("There is no command \"{}\".", text(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "A command is missing.".to_owned()
        }
        ErrorKind::MissingRequiredArgument => format!("\"{argument}\" is missing."),
        ErrorKind::ArgumentConflict => {
            let other = text(ContextKind::PriorArg).unwrap_or_default();
            if other.is_empty() || other == argument {
                format!("\"{argument}\" is given more than once.")
            } else {
                format!("\"{argument}\" and \"{other}\" do not go together.")
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("\"{argument}\" needs a value."),
        ErrorKind::InvalidValue => format!("\"{argument}\" cannot be \"{value}\"."),
        ErrorKind::ValueValidation => {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            format!("\"{argument}\" cannot be \"{value}\": {cause}.")
        }
        ErrorKind::NoEquals => format!("The value of \"{argument}\" is given after an equals sign."),
        ErrorKind::TooManyValues => format!("\"{argument}\" takes no value, and \"{value}\" was given."),
        ErrorKind::InvalidUtf8 => "An argument is not UTF-8.".to_owned(),
        _ => single_dashed(error.to_string().trim()),
    });
    message.hint = hint(error);
    message
}

fn hint(error: &clap::Error) -> Option<String> {
    let strings = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let wrong = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].map(strings).concat();
    let name = wrong.first().and_then(|wrong| wrong.split([' ', '=']).next()).unwrap_or_default();
    let unknown = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    if unknown && PLANNING.contains(&name) && usage.contains("roleform apply") {
        return Some("the plan file has all of that decided: give it to `roleform plan`".to_owned());
    }
    if let Some((_, instead)) = HABITS.iter().find(|(habit, _)| unknown && *habit == name) {
        return Some((*instead).to_owned());
    }
    let near = [
        strings(ContextKind::SuggestedArg),
        strings(ContextKind::SuggestedSubcommand),
        strings(ContextKind::SuggestedValue),
    ]
    .concat();
    if let Some(near) = near.first() {
        return Some(format!("did you mean \"{}\"?", single_dashed(near)));
    }
    let valid = strings(ContextKind::ValidValue);
    if !valid.is_empty() {
        return Some(format!("one of {}", valid.join(", ")));
    }
    Some("add -help to the command to see what it takes".to_owned())
}

/// A duration as Go writes it: `0s`, `30s`, `1m30s`, `500ms`, `2h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration is a number with a unit, as in 30s, 5m or 1m30s".to_owned();
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|next: char| !next.is_ascii_digit()).ok_or_else(wrong)?;
        let amount: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..].find(|next: char| next.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let milliseconds = match &rest[digits..unit] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        let part = amount.checked_mul(milliseconds).map(Duration::from_millis);
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = &rest[unit..];
    }
    if text.is_empty() { Err(wrong()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let seconds = |text| duration(text).map(|duration| duration.as_millis());
        assert_eq!(seconds("0s"), Ok(0));
        assert_eq!(seconds("1m30s"), Ok(90_000));
        assert_eq!(seconds("500ms"), Ok(500));
        for wrong in ["", "5", "s", "5 s", "-5s", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
