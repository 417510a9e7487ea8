//! Small blocks: `output`, `check`, and the `validation` of variables.
//!
//! Not here: conditions themselves (`condition`). Invariant: a value that must not be shown
//! leaves here only as "sensitive".

use hcl::edit::structure::{Attribute, Block};

use super::condition::{Failure, demand, failure};
use super::reading::{Reading, Schema, check};
use crate::code::Code;
use crate::config::functions::json;
use crate::config::value::Value;
use crate::diagnostic::{Diagnostic, Span};

const OUTPUT: Schema =
    Schema { arguments: &["value", "description", "sensitive"], blocks: &["precondition"], once: &[] };
const CHECK: Schema = Schema { arguments: &[], blocks: &["assert"], once: &[] };

/// The precondition of an output.
const PRECONDITION: (&str, &str) = ("precondition", "Module output value precondition failed");

/// The JSON text of an output; the inner `None` when it is sensitive.
pub(crate) fn output(reading: &mut Reading<'_>, block: &Block) -> Option<Option<String>> {
    check(block, &OUTPUT, reading.place, reading.diagnostics);
    description(reading, block);
    demand(reading, block, PRECONDITION);
    if !block.body.has_attribute("value") {
        reading.missing(block, "value");
        return None;
    }
    let sensitive = reading.flag(block, "sensitive").unwrap_or_default();
    let Some(read) = reading.any(block, "value") else {
        return (!reading.unknown).then(|| Some("null".to_owned()));
    };
    if sensitive {
        return Some(None);
    }
    if read.value.has_marks() {
        let detail = "To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, any output containing sensitive data must be explicitly marked as sensitive, to confirm your intent. If you do intend to export this data, annotate the output value as sensitive by adding the argument sensitive = true.";
        reading.wrong((block, "value"), Code::CFG022, "Output refers to sensitive values", detail);
        return None;
    }
    match json::encode(&read.value) {
        Ok(text) => Some(Some(text)),
        Err(problem) => {
            reading.error(
                Code::CFG021,
                "Output without a value",
                format!("This output has no value to show: {problem}."),
                &read.span,
            );
            None
        }
    }
}

/// The value of a module's output.
pub(crate) fn result(reading: &mut Reading<'_>, block: &Block) -> Option<Value> {
    check(block, &OUTPUT, reading.place, reading.diagnostics);
    description(reading, block);
    demand(reading, block, PRECONDITION);
    if !block.body.has_attribute("value") {
        reading.missing(block, "value");
    }
    let sensitive = reading.flag(block, "sensitive").unwrap_or_default();
    reading.value(block, "value").map(|read| read.value.marked(sensitive))
}

/// Checks one `validation` block of a variable.
pub(crate) fn validation(reading: &mut Reading<'_>, block: &Block, variable: (&str, &Span)) {
    let (name, declared) = variable;
    if let Some(attribute) = block.body.get_attribute("condition")
        && !refers_to(attribute, name)
    {
        let detail = format!(
            "The condition for variable \"{name}\" must refer to var.{name} in order to test incoming values."
        );
        let span = reading.span(attribute);
        return reading.error(Code::CFG035, "Invalid reference in variable validation", detail, &span);
    }
    let Some(Failure { message, span, values }) = failure(reading, block, Code::CFG035) else { return };
    let detail = format!("{message}\n\nThis was checked by the validation rule at {}.", span.origin());
    let said = Diagnostic::error(Code::CFG033, "Invalid value for variable", detail.trim_start());
    reading.diagnostics.push(Diagnostic { values, ..said.at(declared.clone()) });
}

/// A description is for readers, but it has to be a text.
fn description(reading: &mut Reading<'_>, block: &Block) {
    reading.text(block, "description");
}

fn refers_to(attribute: &Attribute, variable: &str) -> bool {
    let names = crate::config::evaluate::references::names(&attribute.value);
    names.iter().any(|name| name.root.as_ref() == "var" && name.attribute.as_deref() == Some(variable))
}

/// A `check` block: what is not so is worth a warning, and nothing more.
pub(crate) fn checks(reading: &mut Reading<'_>, block: &Block) {
    check(block, &CHECK, reading.place, reading.diagnostics);
    let asserts: Vec<&Block> = block.body.get_blocks("assert").collect();
    if asserts.is_empty() {
        let span = reading.block_span(block);
        let detail = "At least one \"assert\" block is required in a check.";
        reading.error(Code::CFG004, "Missing required block", detail, &span);
    }
    for inner in asserts {
        if let Some(Failure { message, span, values }) = failure(reading, inner, Code::CFG042) {
            let said = Diagnostic::warning(Code::CFG042, "Check block assertion failed", message).at(span);
            reading.diagnostics.push(Diagnostic { values, ..said });
        }
    }
}
