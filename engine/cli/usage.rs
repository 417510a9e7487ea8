//! What is said about a command line that is not understood, and small forms of values.
//!
//! clap finds the mistake; this words it as a diagnostic, with what to type instead. Flags
//! and commands that a hand used to Terraform types and that mean nothing here are known
//! by name (`HABITS`). Invariant: every mistake of the command line is CLI001 or APL001.

use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use engine::audit::chain::Head;
use engine::diagnostic::{Diagnostic, nearest};
use engine::plan::saved::PlanId;

use crate::error::usage;
use crate::terraform_flags::single_dashed;

/// Words of Terraform's command line that roleform has not, and what to do instead.
const HABITS: &[(&str, &str)] = &[
    ("--auto-approve", "leave it out: apply carries out a reviewed plan file and never asks"),
    ("--input", "leave it out: roleform never asks for variables"),
    ("--refresh", "leave it out: a plan always reads the servers as they are"),
    ("--lock", "leave it out: the state is always locked, and `-lock-timeout=30s` waits for it"),
    ("--parallelism", "leave it out: servers and databases are worked on side by side"),
    ("--replace", "a role is never replaced; `plan -rotate-password=ROLE` plans a new password"),
    ("--state", "the state is the directory .roleform beside the configuration; use `-chdir=DIR`"),
    ("--compact-warnings", "leave it out: warnings are short"),
    ("--upgrade", "leave it out: providers are part of roleform"),
    ("--reconfigure", "leave it out: the state is the directory .roleform beside the configuration"),
    ("destroy", "run `roleform plan -destroy -out plan.bin`, read it, then `roleform apply plan.bin`"),
    ("refresh", "run `roleform plan -refresh-only -out plan.bin`, read it, then `roleform apply plan.bin`"),
    ("output", "outputs are in `roleform show -json plan.bin`"),
    ("force-unlock", "the lock ends with its process; `-lock-timeout=30s` waits for it"),
    ("workspace", "use one directory per workspace and `-chdir=DIR`"),
    ("taint", "`roleform plan -rotate-password=ROLE` plans a new password"),
    ("providers", "providers are part of roleform: `roleform version`"),
    ("get", "modules are read from their directories and need no download"),
];

/// Flags of `plan`, which `apply` cannot have: the file has the answers already.
const PLANNING: &[&str] = &[
    "--out",
    "--var",
    "--var-file",
    "--target",
    "--exclude",
    "--destroy",
    "--refresh-only",
    "--rotate-password",
    "--sign",
];

/// Words a mistake that clap found.
pub(crate) fn diagnostic(error: &clap::Error) -> Diagnostic {
    let argument = shown(error, ContextKind::InvalidArg);
    let value = shown(error, ContextKind::InvalidValue);
    let mut message = usage(match error.kind() {
        ErrorKind::UnknownArgument => format!("There is no flag or argument \"{argument}\" here."),
        ErrorKind::InvalidSubcommand => {
            format!("There is no command \"{}\".", shown(error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => format!("\"{argument}\" is missing."),
        ErrorKind::ArgumentConflict => match shown(error, ContextKind::PriorArg) {
            other if other.is_empty() || other == argument => {
                format!("\"{argument}\" is given more than once.")
            }
            other => format!("\"{argument}\" and \"{other}\" do not go together."),
        },
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
    message.hint = Some(hint(error));
    message
}

/// What clap names, as people type it: `-out` for `--out <FILE>`, `PLANFILE` for `<PLANFILE>`.
fn shown(error: &clap::Error, kind: ContextKind) -> String {
    let texts = strings(error, kind);
    let is_value = kind == ContextKind::InvalidValue;
    let name = |text: &String| match text.strip_prefix("--") {
        _ if is_value => text.clone(),
        Some(flag) => format!("-{}", flag.split([' ', '=', '[']).next().unwrap_or(flag)),
        None => text.trim_end_matches("...").trim_matches(['<', '>', '[', ']']).to_owned(),
    };
    texts.iter().map(name).collect::<Vec<_>>().join("\" and \"")
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

fn hint(error: &clap::Error) -> String {
    let wrong =
        [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].map(|kind| strings(error, kind)).concat();
    let name = wrong.first().and_then(|wrong| wrong.split([' ', '=']).next()).unwrap_or_default();
    let unknown = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    let command = command(error);
    if unknown && PLANNING.contains(&name) && command == "roleform apply" {
        return "the plan file has all of that decided: give it to `roleform plan`".to_owned();
    }
    if let Some((_, instead)) = HABITS.iter().find(|(habit, _)| unknown && *habit == name) {
        return (*instead).to_owned();
    }
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .map(|kind| strings(error, kind))
        .concat();
    if let Some(near) = nearest(name, near.iter().map(String::as_str)) {
        return format!("did you mean \"{}\"?", single_dashed(near));
    }
    let valid = strings(error, ContextKind::ValidValue);
    if !valid.is_empty() {
        return format!("one of {}", valid.join(", "));
    }
    format!("`{command} -help` tells what it takes")
}

/// The command that the mistake is about: `roleform state rm`.
fn command(error: &clap::Error) -> String {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let line = usage.trim_start_matches("Usage:").trim_start().lines().next().unwrap_or_default();
    let words: Vec<&str> = line
        .split(' ')
        .take_while(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))
        .collect();
    if words.is_empty() { "roleform".to_owned() } else { words.join(" ") }
}

/// A duration as Go writes it: `0s`, `30s`, `1m30s`, `500ms`, `2h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration is a number with a unit, as in 30s, 5m or 1m30s".to_owned();
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|next: char| !next.is_ascii_digit()).ok_or_else(wrong)?;
        let amount: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit =
            rest[digits..].find(|next: char| next.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
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

/// A whole plan id.
pub(crate) fn plan_id(text: &str) -> Result<PlanId, String> {
    text.parse().map_err(|_| "a plan id has 64 hexadecimal digits".to_owned())
}

/// The head of an audit trail, as `session verify` prints it.
pub(crate) fn head(text: &str) -> Result<Head, String> {
    text.parse().map_err(|_| "a head is a number, a colon and 64 hexadecimal digits".to_owned())
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
