//! Addresses as written in `removed`, `moved`, `import` and `depends_on`: they are no values.
//!
//! Not here: addresses on the command line (the binary). Invariant: an address has the
//! form of one; whether it leads anywhere is for others to check.

use std::sync::Arc;

use hcl::edit::expr::{Expression, TraversalOperator};
use hcl::edit::structure::Block;

use super::reading::{Read, Reading};
use crate::code::Code;
use crate::config::evaluate::Evaluator;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::diagnostic::nearest;
use crate::name::{AddressPattern, BlockAddress, InstanceKey, quoted};

/// The address in an argument: `role.x`, `role.x["key"]`, `module.m`, `module.m[0].role.x`.
/// Instance keys may be expressions, like `each.key`.
pub(super) fn address(reading: &mut Reading<'_>, block: &Block, name: &str) -> Option<AddressPattern> {
    let Some(attribute) = block.body.get_attribute(name) else {
        reading.missing(block, name);
        return None;
    };
    written(reading, &attribute.value)
}

/// The address that an expression is.
pub(super) fn written(reading: &mut Reading<'_>, expression: &Expression) -> Option<AddressPattern> {
    let span = reading.place.span(hcl::edit::Span::span(expression));
    let mut steps = Steps { reading, left: steps(expression), known: true };
    let found = steps.address();
    let known = steps.known;
    if found.is_none() && known {
        let detail = "An address is role.label or module.label, with [\"key\"] for an instance.";
        let first = match expression {
            Expression::Traversal(traversal) => match &traversal.expr {
                Expression::Variable(root) => Some(root.as_str()),
                _ => None,
            },
            _ => None,
        };
        let more = match first {
            Some("schema") => " A schema has no address here: it is known by its name, and keeps its owner when its block goes.".to_owned(),
            Some(first) => nearest(first, ["role", "module"])
                .map(|near| format!(" Did you mean \"{near}\"?"))
                .unwrap_or_default(),
            None => String::new(),
        };
        reading.error(Code::CFG008, "Invalid address", format!("{detail}{more}"), &span);
    }
    found
}

/// A part of a written address.
enum Part<'e> {
    Word(&'e str),
    Key(&'e Expression),
}

fn steps(expression: &Expression) -> std::vec::IntoIter<Part<'_>> {
    let Expression::Traversal(traversal) = expression else { return Vec::new().into_iter() };
    let Expression::Variable(root) = &traversal.expr else { return Vec::new().into_iter() };
    let rest = traversal.operators.iter().map(|operator| match operator.value() {
        TraversalOperator::GetAttr(name) => Some(Part::Word(name.as_str())),
        TraversalOperator::Index(key) => Some(Part::Key(key)),
        _ => None,
    });
    let all: Option<Vec<Part<'_>>> = std::iter::once(Some(Part::Word(root.as_str()))).chain(rest).collect();
    all.unwrap_or_default().into_iter()
}

/// Reads an address part by part.
struct Steps<'s, 'r, 'e> {
    reading: &'s mut Reading<'r>,
    left: std::vec::IntoIter<Part<'e>>,
    /// Whether every key so far had a value; if not, that was said or is not known.
    known: bool,
}

impl Steps<'_, '_, '_> {
    fn address(&mut self) -> Option<AddressPattern> {
        let mut modules: Vec<Arc<str>> = Vec::new();
        loop {
            let (kind, label) = match (self.left.next(), self.left.next()) {
                (Some(Part::Word(kind)), Some(Part::Word(label))) => (kind, label),
                (None, None) if !modules.is_empty() => return Some(AddressPattern::Module(modules)),
                _ => return None,
            };
            let key = self.key()?;
            match kind {
                "module" => modules.push(match key {
                    Some(InstanceKey::Key(key)) => format!("{label}[{}]", quoted(&key)).into(),
                    Some(InstanceKey::Index(index)) => format!("{label}[{index}]").into(),
                    None => label.into(),
                }),
                "role" if self.left.len() == 0 => {
                    return Some(AddressPattern::Block(BlockAddress { modules, label: label.into(), key }));
                }
                _ => return None,
            }
        }
    }

    /// The instance key that follows, if one does; none when it has no value.
    fn key(&mut self) -> Option<Option<InstanceKey>> {
        let Some(Part::Key(expression)) = self.left.as_slice().first() else { return Some(None) };
        let expression = *expression;
        self.left.next();
        let mut evaluator = Evaluator::new(self.reading.scope, self.reading.place);
        let value = evaluator.evaluate(expression);
        self.reading.diagnostics.extend(evaluator.diagnostics);
        let span = self.reading.place.span(hcl::edit::Span::span(expression));
        let key = value.ok().and_then(|value| key(self.reading, Read { value, span }));
        self.known &= key.is_some();
        key.map(Some)
    }
}

fn key(reading: &mut Reading<'_>, read: Read<Value>) -> Option<InstanceKey> {
    if read.value.has_unknown() {
        reading.unknown = true;
        return None;
    }
    let converted = match &read.value.data {
        Data::Number(number) => {
            number.to_i64().and_then(|index| u32::try_from(index).ok()).map(InstanceKey::Index)
        }
        _ if read.value.has_marks() || read.value.is_null() => None,
        _ => convert(&read.value, &Type::String)
            .ok()
            .and_then(|text| text.as_str().map(|text| InstanceKey::Key(text.into()))),
    };
    if converted.is_none() {
        let detail = "An instance key is a text (for_each) or a whole number (count), and not sensitive.";
        reading.error(Code::CFG008, "Invalid instance key", detail, &read.span);
    }
    converted
}
