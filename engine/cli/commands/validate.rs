//! `roleform validate`: everything that can be said about a configuration without a server.
//!
//! Variables need no values: what depends on them is checked as far as it can be. Not
//! here: the checks (`engine::config`). Invariant: reads files, and nothing else.

use std::collections::BTreeMap;
use std::ops::Range;

use engine::diagnostic::{Diagnostic, Diagnostics, Involved, Position, Severity, Span};
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
    let mut headers = Headers::default();
    let count = |severity| diagnostics.0.iter().filter(|found| found.severity == severity).count();
    json!({
        "format_version": FORMAT,
        "valid": !diagnostics.has_errors(),
        "error_count": count(Severity::Error),
        "warning_count": count(Severity::Warning),
        "diagnostics": diagnostics.0.iter().map(|found| diagnostic(found, &mut headers)).collect::<Vec<_>>(),
    })
}

fn diagnostic(diagnostic: &Diagnostic, headers: &mut Headers) -> Value {
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
        object["snippet"] = snippet(span, headers.of(span));
        let value = |value: &Involved| json!({ "traversal": value.reference, "statement": value.statement });
        object["snippet"]["values"] = diagnostic.values.iter().map(value).collect();
    }
    object
}

/// The span, at least one byte long as Terraform has it.
fn range(span: &Span) -> Value {
    let mut end = span.file.position(span.range.end);
    if span.range.is_empty() {
        end.byte += 1;
        end.column += 1;
    }
    json!({
        "filename": span.file.path,
        "start": position(span.file.position(span.range.start)),
        "end": position(end),
    })
}

fn position(Position { line, column, byte }: Position) -> Value {
    json!({ "line": line, "column": column, "byte": byte })
}

/// The lines that the span lies on, as Terraform shows them.
fn snippet(span: &Span, context: Option<&str>) -> Value {
    let text = &span.file.text;
    let start = text[..span.range.start].rfind('\n').map_or(0, |at| at + 1);
    // A line break at the end of the span belongs to its line.
    let last = span.range.end.max(span.range.start + 1) - 1;
    let end = text.get(last..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| last + at);
    let code = text.get(start..end).unwrap_or_default();
    let offset = |at: usize| (at - start).min(code.len());
    json!({
        "context": context,
        "code": code.replace('\r', ""),
        "start_line": span.file.position(start).line,
        "highlight_start_offset": offset(span.range.start),
        "highlight_end_offset": offset(span.range.end.max(span.range.start + 1)),
    })
}

/// Headers of the blocks of files, each file read once.
#[derive(Default)]
struct Headers(BTreeMap<String, Vec<(Range<usize>, String)>>);

impl Headers {
    /// The header of the block that a span begins in.
    fn of(&mut self, span: &Span) -> Option<&str> {
        let blocks =
            self.0.entry(span.file.path.clone()).or_insert_with(|| engine::config::headers(&span.file));
        let block = blocks.iter().find(|(range, _)| range.contains(&span.range.start));
        block.map(|(_, header)| header.as_str())
    }
}
