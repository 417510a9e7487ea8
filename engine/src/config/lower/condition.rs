//! Conditions with a message: `validation`, `precondition`, `postcondition`, `assert`.
//!
//! Not here: what a failure is called and how bad it is (whoever asks). Invariant: a
//! condition that is not known yet is neither true nor false; a message never shows what
//! is sensitive.

use hcl::edit::structure::Block;

use super::reading::{Reading, Schema, check};
use crate::code::Code;
use crate::config::evaluate::Evaluator;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::diagnostic::{Diagnostic, Involved, Span};

const CONDITION: Schema = Schema { arguments: &["condition", "error_message"], blocks: &[], once: &[] };

/// A condition that is false.
pub(super) struct Failure {
    /// What the configuration says about it.
    pub(super) message: String,
    /// Where the condition is written.
    pub(super) span: Span,
    /// What it refers to.
    pub(super) values: Box<[Involved]>,
}

/// Evaluates a condition; nothing when it holds, is not known, or is wrong in itself, which
/// is reported with the code.
pub(super) fn failure(reading: &mut Reading<'_>, block: &Block, code: Code) -> Option<Failure> {
    check(block, &CONDITION, reading.place, reading.diagnostics);
    for name in ["condition", "error_message"] {
        if !block.body.has_attribute(name) {
            reading.missing(block, name);
        }
    }
    let condition = reading.value(block, "condition")?;
    if condition.value.has_unknown() {
        reading.unknown = true;
        return None;
    }
    match convert(&condition.value, &Type::Bool).map(|value| value.data) {
        Ok(Data::Bool(true)) => None,
        Ok(Data::Bool(false)) => {
            let attribute = block.body.get_attribute("condition")?;
            let values = Evaluator::new(reading.scope, reading.place).values(&attribute.value, code);
            Some(Failure { message: message(reading, block)?, span: condition.span, values })
        }
        Ok(_) | Err(_) => {
            let detail = match condition.value.is_null() {
                true => "Condition expression must return either true or false, not null.",
                false => "Condition expression must return either true or false.",
            };
            reading.error(code, "Invalid condition result", detail, &condition.span);
            None
        }
    }
}

/// The text of `error_message`; nothing when it is wrong, which is reported.
fn message(reading: &mut Reading<'_>, block: &Block) -> Option<String> {
    let read = reading.value(block, "error_message")?;
    if read.value.has_marks() {
        return Some("The error message included a sensitive value, so it will not be displayed.".to_owned());
    }
    match convert(&read.value, &Type::String) {
        Ok(Value { data: Data::String(text), .. }) => Some(text.trim().to_owned()),
        Ok(_) => Some(String::new()),
        Err(mismatch) => {
            let detail = format!("Unsuitable value for error message: {}.", mismatch.text());
            reading.error(Code::CFG021, "Invalid error message", detail, &read.span);
            None
        }
    }
}

/// Reports every block of a kind whose condition is false.
pub(super) fn demand(reading: &mut Reading<'_>, block: &Block, (kind, summary): (&str, &str)) {
    for inner in block.body.get_blocks(kind) {
        if let Some(Failure { message, span, values }) = failure(reading, inner, Code::CFG042) {
            let said = Diagnostic::error(Code::CFG042, summary, message).at(span);
            reading.diagnostics.push(Diagnostic { values, ..said });
        }
    }
}
