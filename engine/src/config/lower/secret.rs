//! Where a secret comes from: `env("NAME")`, `file("path")`, `command([…])`.
//!
//! The calls are recognised as written and never evaluated, so that the secret itself
//! does not enter this process before it is needed. Invariant: only a literal is read.

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, FuncCall};
use hcl::edit::structure::Block;

use super::reading::Reading;
use crate::code::Code;
use crate::config::evaluate::Evaluator;
use crate::config::value::Value;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::declared::SecretSource;
use crate::diagnostic::{Diagnostic, Span};

/// The source of a secret argument.
pub(super) fn source(reading: &mut Reading<'_>, block: &Block, name: &str) -> SecretSource {
    let Some(attribute) = block.body.get_attribute(name) else { return SecretSource::Unset };
    let span = reading.span(attribute);
    if let Expression::FuncCall(call) = unwrapped(&attribute.value) {
        match call.name.name.as_str() {
            "env" => {
                return text(reading, call, &span).map_or(SecretSource::Unset, SecretSource::Environment);
            }
            "file" => return text(reading, call, &span).map_or(SecretSource::Unset, SecretSource::File),
            "command" => {
                return command(reading, call, &span).map_or(SecretSource::Unset, SecretSource::Command);
            }
            _ => {}
        }
    }
    let Some(read) = reading.any(block, name) else { return SecretSource::Unset };
    let Some(secret) = convert(&read.value, &Type::String).ok().and_then(|v| v.as_str().map(str::to_owned))
    else {
        let detail = format!("Inappropriate value for attribute \"{name}\": string required.");
        reading.error(Code::CFG021, "Incorrect attribute value type", detail, &read.span);
        return SecretSource::Unset;
    };
    if !read.value.sensitive {
        // Without a span, for whoever draws it would show the line.
        let detail = format!(
            "The password is written into the configuration at {}, where everyone who reads it can see it.",
            span.origin()
        );
        let hint = "Use env(\"NAME\"), file(\"path\") or command([\"program\", \"argument\"]), or leave it out and run `roleform admin set`.";
        let said = Diagnostic::warning(Code::CFG058, "Password in the configuration", detail).hint(hint);
        reading.diagnostics.push(said);
    }
    SecretSource::Literal(secret)
}

/// The expression inside parentheses and `sensitive(…)`.
fn unwrapped(expression: &Expression) -> &Expression {
    let mut current = expression;
    loop {
        current = match current {
            Expression::Parenthesis(inner) => inner.inner(),
            Expression::FuncCall(call) if call.name.name.as_str() == "sensitive" => match call.args.get(0) {
                Some(inner) => inner,
                None => return current,
            },
            other => return other,
        };
    }
}

/// The only argument of a call, which must not be a secret itself.
fn argument(reading: &mut Reading<'_>, call: &FuncCall, span: &Span) -> Option<Value> {
    let name = call.name.name.as_str();
    let (Some(argument), 1) = (call.args.get(0), call.args.len()) else {
        let detail = format!("Function \"{name}\" expects 1 argument.");
        reading.error(Code::CFG018, "Wrong number of function arguments", detail, span);
        return None;
    };
    let mut evaluator = Evaluator::new(reading.scope, reading.place);
    let value = evaluator.evaluate(argument);
    reading.diagnostics.extend(evaluator.diagnostics);
    let value = value.ok()?;
    if value.has_unknown() {
        reading.unknown = true;
        return None;
    }
    if value.has_marks() {
        let detail = format!("The argument of \"{name}\" stands in plans, so it must not be sensitive.");
        let span = reading.place.span(argument.span());
        reading.error(Code::CFG022, "Sensitive value not allowed", detail, &span);
        return None;
    }
    Some(value)
}

fn text(reading: &mut Reading<'_>, call: &FuncCall, span: &Span) -> Option<String> {
    let value = argument(reading, call, span)?;
    match convert(&value, &Type::String).ok().and_then(|value| value.as_str().map(str::to_owned)) {
        Some(text) if !text.is_empty() => Some(text),
        _ => {
            let detail = format!(
                "The argument of \"{}\" must be a string that is not empty.",
                call.name.name.as_str()
            );
            reading.error(Code::CFG019, "Invalid function argument", detail, span);
            None
        }
    }
}

fn command(reading: &mut Reading<'_>, call: &FuncCall, span: &Span) -> Option<Vec<String>> {
    let value = argument(reading, call, span)?;
    let words = convert(&value, &Type::list(Type::String)).ok();
    let words: Option<Vec<String>> = words
        .as_ref()
        .and_then(Value::items)
        .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    match words {
        Some(words) if words.first().is_some_and(|program| !program.is_empty()) => Some(words),
        _ => {
            let detail = "The argument of \"command\" must be a list of strings: the program, then its arguments. It is run without a shell.";
            reading.error(Code::CFG019, "Invalid function argument", detail, span);
            None
        }
    }
}
