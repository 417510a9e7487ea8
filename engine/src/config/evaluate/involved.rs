//! What the references in an expression that failed stood for, for whoever reads the message.
//!
//! Terraform's rules and words: one line per reference, the longest part of it that has a value;
//! of collections their size only. Not here: how it is drawn. Invariant: nothing that is
//! sensitive is shown, and values inside of others are not looked at, since marks may be there.

use hcl::edit::expr::{Expression, TraversalOperator};

use super::Evaluator;
use super::references::{Reference, references};
use crate::code::Code;
use crate::config::value::types::type_of;
use crate::config::value::{Data, Value};
use crate::diagnostic::Involved;

/// Most characters of a text that are shown.
const SHOWN: usize = 400;

impl Evaluator<'_> {
    /// What an expression refers to, for a message with this code.
    pub(crate) fn values(&self, of: &Expression, code: Code) -> Box<[Involved]> {
        self.involved(&references(of), code)
    }

    /// What references stand for, each once, by name.
    pub(super) fn involved(&self, references: &[Reference<'_>], code: Code) -> Box<[Involved]> {
        if self.is_looking {
            return Box::default();
        }
        let mut found: Vec<Involved> =
            references.iter().filter_map(|reference| self.one(*reference, code)).collect();
        found.sort();
        found.dedup();
        found.into()
    }

    fn one(&self, (root, operators): Reference<'_>, code: Code) -> Option<Involved> {
        let Expression::Variable(name) = root else { return None };
        let steps = operators.iter().map_while(|operator| step(operator.value()));
        let steps: Vec<String> = steps.collect();
        let look = |length: usize| {
            let mut aside = Evaluator {
                bound: self.bound.clone(),
                is_looking: true,
                ..Evaluator::new(self.scope, self.place)
            };
            aside.traversal(root, &operators[..length]).ok()
        };
        let (length, value) = (1..=steps.len()).rev().find_map(|length| Some((length, look(length)?)))?;
        let reference = format!("{}{}", name.as_str(), steps[..length].concat());
        Some(Involved { reference, statement: statement(&value, code)? })
    }
}

/// A step of a reference as it is written, when it is the same each time.
fn step(operator: &TraversalOperator) -> Option<String> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(format!(".{}", name.as_str())),
        TraversalOperator::LegacyIndex(index) => Some(format!("[{}]", index.value())),
        TraversalOperator::Index(Expression::String(key)) => Some(format!("[{:?}]", key.value().as_str())),
        TraversalOperator::Index(Expression::Number(key)) => Some(format!("[{}]", key.value())),
        TraversalOperator::Index(_) | TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
            None
        }
    }
}

/// What is said about a value; nothing about one that is not known, or sensitive unless that
/// is what the message is about.
fn statement(value: &Value, code: Code) -> Option<String> {
    if value.sensitive {
        return (code == Code::CFG022).then(|| "has a sensitive value".to_owned());
    }
    let size = |length: usize| {
        let kind = type_of(value).friendly();
        match length {
            0 => format!("empty {kind}"),
            1 => format!("{kind} with 1 element"),
            _ => format!("{kind} with {length} elements"),
        }
    };
    let text = match &value.data {
        Data::Unknown => return None,
        Data::Null(_) => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Number(number) => number.to_string(),
        Data::String(text) => match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{:?} and more", &text[..end]),
            None => format!("{text:?}"),
        },
        Data::List(_) | Data::Set(_) | Data::Tuple(_) => size(value.items().map_or(0, <[Value]>::len)),
        Data::Map(entries) => size(entries.items.len()),
        Data::Object(attributes) => match attributes.len() {
            0 => "object with no attributes".to_owned(),
            1 => format!("object with 1 attribute {:?}", attributes.keys().next()?),
            length => format!("object with {length} attributes"),
        },
        Data::Reference(_) => type_of(value).friendly(),
    };
    Some(format!("is {text}"))
}
