//! Small blocks: `output`, `removed`, `import`, and the `validation` of variables.

use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::structure::{Attribute, Block};

use super::address::address;
use super::reading::{Reading, Schema, check};
use crate::code::Code;
use crate::config::functions::json;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::declared::Removed;
use crate::diagnostic::{Diagnostic, Span};
use crate::name::{AddressPattern, BlockAddress};

const OUTPUT: Schema = Schema { arguments: &["value", "description", "sensitive"], blocks: &[], once: &[] };
const REMOVED: Schema = Schema { arguments: &["from", "destroy"], blocks: &[], once: &[] };
const IMPORT: Schema = Schema { arguments: &["to"], blocks: &[], once: &[] };
const VALIDATION: Schema = Schema { arguments: &["condition", "error_message"], blocks: &[], once: &[] };

/// The JSON text of an output; the inner `None` when it is sensitive.
pub(crate) fn output(reading: &mut Reading<'_>, block: &Block) -> Option<Option<String>> {
    check(block, &OUTPUT, reading.place, reading.diagnostics);
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
        reading.error(Code::CFG022, "Output refers to sensitive values", detail, &read.span);
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
    if !block.body.has_attribute("value") {
        reading.missing(block, "value");
    }
    let sensitive = reading.flag(block, "sensitive").unwrap_or_default();
    reading.value(block, "value").map(|read| read.value.marked(sensitive))
}

/// A `removed` block; its address is seen from the module where it stands.
pub(crate) fn removed(
    reading: &mut Reading<'_>,
    block: &Block,
    (modules, span): (&[Arc<str>], Span),
) -> Option<Removed> {
    check(block, &REMOVED, reading.place, reading.diagnostics);
    let from = address(reading, block, "from");
    let destroy = reading.flag(block, "destroy").unwrap_or(true);
    Some(Removed { from: from?.within(modules), destroy, span })
}

/// The role of an `import` block.
pub(crate) fn import(reading: &mut Reading<'_>, block: &Block) -> Option<(BlockAddress, Span)> {
    check(block, &IMPORT, reading.place, reading.diagnostics);
    let to = address(reading, block, "to")?;
    let span = block.body.get_attribute("to").map(|attribute| reading.span(attribute))?;
    match to {
        AddressPattern::Block(to) => Some((to, span)),
        AddressPattern::Module(_) => {
            reading.error(
                Code::CFG008,
                "Invalid address",
                "\"to\" is the address of a role, not of a module.",
                &span,
            );
            None
        }
    }
}

/// Checks one `validation` block of a variable.
pub(crate) fn validation(reading: &mut Reading<'_>, block: &Block, variable: (&str, &Span)) {
    check(block, &VALIDATION, reading.place, reading.diagnostics);
    for name in ["condition", "error_message"] {
        if !block.body.has_attribute(name) {
            reading.missing(block, name);
        }
    }
    let Some(attribute) = block.body.get_attribute("condition") else { return };
    let (name, declared) = variable;
    let place = reading.place.span(attribute.value.span());
    if !refers_to(attribute, name) {
        let detail = format!(
            "The condition for variable \"{name}\" must refer to var.{name} in order to test incoming values."
        );
        reading.error(Code::CFG035, "Invalid reference in variable validation", detail, &place);
        return;
    }
    let condition = reading.any(block, "condition").map(|read| convert(&read.value, &Type::Bool));
    match condition {
        Some(Ok(Value { data: Data::Bool(false), .. })) => {}
        Some(Err(_)) => {
            let detail = "Validation condition expression must return either true or false.";
            return reading.error(Code::CFG035, "Invalid variable validation result", detail, &place);
        }
        Some(Ok(_)) | None => return,
    }
    let message = match reading.any(block, "error_message") {
        Some(read) if read.value.has_marks() => {
            "The error message included a sensitive value, so it will not be displayed.".to_owned()
        }
        Some(read) => convert(&read.value, &Type::String)
            .ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default(),
        None => String::new(),
    };
    let detail = format!("{message}\n\nThis was checked by the validation rule at {}.", place.origin());
    reading.diagnostics.push(
        Diagnostic::error(Code::CFG033, "Invalid value for variable", detail.trim_start())
            .at(declared.clone()),
    );
}

fn refers_to(attribute: &Attribute, variable: &str) -> bool {
    let names = crate::config::evaluate::references::names(&attribute.value);
    names.iter().any(|name| name.root.as_ref() == "var" && name.attribute.as_deref() == Some(variable))
}
