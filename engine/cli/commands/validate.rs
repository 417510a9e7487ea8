//! `roleform validate`: everything that can be said about a configuration without a server.
//!
//! Variables need no values: what depends on them is checked as far as it can be. Not
//! here: the checks (`engine::config`). Invariant: reads files, and nothing else.

use engine::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use serde_json::{Value, json};

use crate::args::Validate;
use crate::configuration;
use crate::error::{CommandError, CommandResult, Exit};
use crate::terminal::Terminal;

/// Version of the JSON, as `terraform validate -json`.
const FORMAT: &str = "1.0";

/// Checks the configuration.
pub(crate) fn run(args: &Validate, terminal: &Terminal) -> CommandResult {
    let diagnostics = configuration::check(&args.variables);
    let valid = !diagnostics.has_errors();
    if args.json {
        terminal.data(&format!("{:#}\n", object(&diagnostics)));
        return Ok(if valid { Exit::Done } else { Exit::Error });
    }
    if !valid {
        return Err(CommandError { diagnostics });
    }
    terminal.report(&diagnostics);
    let but = if diagnostics.0.is_empty() {
        ""
    } else {
        ", but there were some validation warnings as shown above"
    };
    terminal.data(&format!("Success! The configuration is valid{but}.\n"));
    Ok(Exit::Done)
}

fn object(diagnostics: &Diagnostics) -> Value {
    let count = |severity| diagnostics.0.iter().filter(|found| found.severity == severity).count();
    json!({
        "format_version": FORMAT,
        "valid": !diagnostics.has_errors(),
        "error_count": count(Severity::Error),
        "warning_count": count(Severity::Warning),
        "diagnostics": diagnostics.0.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    let mut object = json!({
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "code": diagnostic.code.name(),
    });
    if let Some(hint) = &diagnostic.hint {
        object["hint"] = json!(hint);
    }
    if let Some(span) = &diagnostic.span {
        object["range"] = range(span);
        object["snippet"] = snippet(span);
    }
    object
}

fn range(span: &Span) -> Value {
    json!({
        "filename": span.file.path,
        "start": position(&span.file.text, span.range.start),
        "end": position(&span.file.text, span.range.end),
    })
}

/// Line and column from 1, the column in characters; the byte from 0.
fn position(text: &str, byte: usize) -> Value {
    let before = &text[..byte];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    json!({
        "line": before.matches('\n').count() + 1,
        "column": before[line_start..].chars().count() + 1,
        "byte": byte,
    })
}

/// The line where the span starts, as Terraform shows it.
fn snippet(span: &Span) -> Value {
    let text = &span.file.text;
    let start = text[..span.range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.range.start..].find('\n').map_or(text.len(), |at| span.range.start + at);
    json!({
        "context": null,
        "code": &text[start..end],
        "start_line": text[..start].matches('\n').count() + 1,
        "highlight_start_offset": span.range.start - start,
        "highlight_end_offset": span.range.end.min(end) - start,
        "values": [],
    })
}
