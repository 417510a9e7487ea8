//! Small blocks: `output`, `removed`, `import`, and the `validation` of variables.

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, TraversalOperator};
use hcl::edit::structure::{Attribute, Block};

use super::reading::{Reading, Schema, check};
use crate::code::Code;
use crate::config::functions::json;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::declared::Removed;
use crate::diagnostic::{Diagnostic, Span};
use crate::name::{BlockAddress, InstanceKey};

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

/// A `removed` block.
pub(crate) fn removed(reading: &mut Reading<'_>, block: &Block, span: Span) -> Option<Removed> {
    check(block, &REMOVED, reading.place, reading.diagnostics);
    let from = address(reading, block, "from");
    let destroy = reading.flag(block, "destroy").unwrap_or(true);
    Some(Removed { from: from?, destroy, span })
}

/// The role of an `import` block.
pub(crate) fn import(reading: &mut Reading<'_>, block: &Block) -> Option<(BlockAddress, Span)> {
    check(block, &IMPORT, reading.place, reading.diagnostics);
    let to = address(reading, block, "to")?;
    let span = block.body.get_attribute("to").map(|attribute| reading.span(attribute))?;
    Some((to, span))
}

/// An address as written: `role.x`, `role.x["key"]`, `role.x[0]`. It is no value.
fn address(reading: &mut Reading<'_>, block: &Block, name: &str) -> Option<BlockAddress> {
    let Some(attribute) = block.body.get_attribute(name) else {
        reading.missing(block, name);
        return None;
    };
    let found = written_address(attribute);
    if found.is_none() {
        let span = reading.span(attribute);
        let detail = format!(
            "\"{name}\" is the address of a role: role.label, or role.label[\"key\"] for an instance."
        );
        reading.error(Code::CFG008, "Invalid address", detail, &span);
    }
    found
}

fn written_address(attribute: &Attribute) -> Option<BlockAddress> {
    let Expression::Traversal(traversal) = &attribute.value else { return None };
    let Expression::Variable(root) = &traversal.expr else { return None };
    let mut operators = traversal.operators.iter().map(|operator| operator.value());
    let Some(TraversalOperator::GetAttr(label)) = operators.next() else { return None };
    let mut address = BlockAddress::root(label.as_str());
    address.key = match operators.next() {
        None => None,
        Some(TraversalOperator::Index(Expression::String(key))) => {
            Some(InstanceKey::Key(key.value().as_str().into()))
        }
        Some(TraversalOperator::Index(Expression::Number(index))) => {
            Some(InstanceKey::Index(index.value().as_u64().and_then(|index| u32::try_from(index).ok())?))
        }
        Some(_) => return None,
    };
    (root.as_str() == "role" && operators.next().is_none()).then_some(address)
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
