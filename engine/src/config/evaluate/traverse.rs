//! Traversals: `var.x.y[0]`, splats, legacy indexes.
//!
//! Values are shared, so that walking into a large one copies none of it.
//! Not here: what root names stand for (`Scope`). Invariant: Terraform's rules and
//! words for indexes, with what is sensitive staying so.

use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, TraversalOperator};
use hcl::edit::{Decorated, Ident};

use super::references::{Reference as Written, references};
use super::{Evaluator, Failed, Keys, Outcome, ROOTS};
use crate::code::Code;
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Reference, Value};
use crate::diagnostic::{Diagnostic, Span, nearest};

type Operators = [Decorated<TraversalOperator>];

impl Evaluator<'_> {
    pub(super) fn traversal(&mut self, root: &Expression, operators: &Operators) -> Outcome {
        let said = self.diagnostics.0.len();
        let (value, rest) = match root {
            Expression::Variable(name) => self.name(name, root, operators)?,
            other => (self.evaluate(other)?, operators),
        };
        let outcome = self.walk(value, rest, &self.place.span(root.span()));
        for at in said..self.diagnostics.0.len() {
            if self.diagnostics.0[at].values.is_empty() {
                let code = self.diagnostics.0[at].code;
                self.diagnostics.0[at].values = self.involved(&written(root, operators), code);
            }
        }
        outcome
    }

    /// The value of a bound name or of a name of the scope, and the operators left.
    fn name<'t>(
        &mut self,
        name: &Ident,
        root: &Expression,
        operators: &'t Operators,
    ) -> Result<(Value, &'t Operators), Failed> {
        let name = name.as_str();
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| bound.as_ref() == name) {
            return Ok((value.clone(), operators));
        }
        let first = operators.first().and_then(|operator| attribute_of(operator.value()));
        let named = first.is_some();
        let (attribute, rest) = match first {
            Some(attribute) if ROOTS.contains(&name) => (Some(attribute), &operators[1..]),
            _ => (None, operators),
        };
        match self.scope.lookup(name, attribute.as_deref()) {
            Ok(value) => match attribute.and_then(|label| self.misplaced_key(name, &label, rest)) {
                None => Ok((value, rest)),
                Some(problem) => {
                    let end = operators.get(1).map_or(root.span(), |operator| operator.span());
                    let (start, end) = (self.place.span(root.span()), self.place.span(end));
                    let range = start.range.start..end.range.end;
                    self.report(problem.at(Span::new(&self.place.file, range)))
                }
            },
            Err(None) => Err(Failed),
            Err(Some(diagnostic)) => {
                let start = self.place.span(root.span());
                let end = operators.first().filter(|_| named).map(|o| self.place.span(o.span()));
                let range = start.range.start..end.map_or(start.range.end, |end| end.range.end);
                self.report(diagnostic.at(Span::new(&self.place.file, range)))
            }
        }
    }

    /// What is wrong where a block with instances is used without a key, or another with one.
    fn misplaced_key(&self, root: &str, label: &str, rest: &Operators) -> Option<Diagnostic> {
        let is_key = match rest.first()?.value() {
            TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_) => true,
            TraversalOperator::GetAttr(_) => false,
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => return None,
        };
        let (summary, detail) = match (self.scope.keys(root, label)?, is_key) {
            (Keys::None, true) => (
                "Unexpected instance key",
                format!(
                    "Because {root}.{label} does not have \"count\" or \"for_each\" set, references to it must not include an explicit instance key. Remove the bracketed index to refer to the single instance."
                ),
            ),
            (Keys::Texts, false) => {
                ("Missing instance key", missing_key(root, label, "for_each", "each.key"))
            }
            (Keys::Numbers, false) => {
                ("Missing instance key", missing_key(root, label, "count", "count.index"))
            }
            (Keys::None, false) | (Keys::Texts | Keys::Numbers, true) => return None,
        };
        Some(Diagnostic::error(Code::CFG013, summary, detail))
    }

    /// Applies operators one after the other.
    fn walk(&mut self, mut value: Value, operators: &Operators, from: &Span) -> Outcome {
        let mut left = operators;
        while let Some((operator, rest)) = left.split_first() {
            let span = self.place.span(operator.span());
            let whole = Span::new(&self.place.file, from.range.start..span.range.end);
            value = match operator.value() {
                TraversalOperator::AttrSplat(_) => {
                    let names = |o: &Decorated<TraversalOperator>| {
                        matches!(o.value(), TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_))
                    };
                    let each = rest.iter().take_while(|o| names(o)).count();
                    left = &rest[each..];
                    value = self.splat(&value, &rest[..each], &whole)?;
                    continue;
                }
                TraversalOperator::FullSplat(_) => return self.splat(&value, rest, &whole),
                TraversalOperator::GetAttr(name) => self.attribute(&value, name.as_str(), whole)?,
                TraversalOperator::LegacyIndex(index) => {
                    if rest
                        .first()
                        .is_some_and(|next| matches!(next.value(), TraversalOperator::LegacyIndex(_)))
                    {
                        return self.report(
                            Diagnostic::error(Code::CFG013, "Invalid legacy index syntax", CHAINED).at(whole),
                        );
                    }
                    let key = Value::number(usize::try_from(*index.value()).unwrap_or(usize::MAX));
                    self.index(&value, &key, whole)?
                }
                TraversalOperator::Index(key) => {
                    let key = self.evaluate(key)?;
                    self.index(&value, &key, whole)?
                }
            };
            left = rest;
        }
        Ok(value)
    }

    fn splat(&mut self, value: &Value, each: &Operators, span: &Span) -> Outcome {
        if value.is_unknown() {
            return Ok(value.clone());
        }
        let single = !matches!(type_of(value), Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if value.is_null() {
            if single {
                return Ok(Value::tuple(Vec::new()).marked(value.sensitive));
            }
            let detail = "Splat expressions (with the * symbol) cannot be applied to null sequences.";
            return self
                .report(Diagnostic::error(Code::CFG020, "Splat of null value", detail).at(span.clone()));
        }
        let alone = [value.clone()];
        let items: &[Value] = value.items().filter(|_| !single).unwrap_or(&alone);
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(self.walk(item.clone(), each, span)?);
        }
        let result = match &value.data {
            Data::List(elements) | Data::Set(elements) => {
                let element = results.first().map_or_else(|| elements.element.clone(), type_of);
                Value::list(element, results)
            }
            _ => Value::tuple(results),
        };
        Ok(result.marked(value.sensitive))
    }

    /// `value.name`.
    fn attribute(&mut self, value: &Value, name: &str, span: Span) -> Outcome {
        let unsupported = |detail: String| Diagnostic::error(Code::CFG012, "Unsupported attribute", detail);
        let problem = match &value.data {
            Data::Unknown => return Ok(value.clone()),
            Data::Null(_) => Diagnostic::error(
                Code::CFG020,
                "Attempt to get attribute from null value",
                "This value is null, so it does not have any attributes.",
            ),
            Data::Object(attributes) => match attributes.get(name) {
                Some(found) => return Ok(found.clone().marked(value.sensitive)),
                None => {
                    let said =
                        unsupported(format!("This object does not have an attribute named \"{name}\"."));
                    with_hint(said, near_key(value, name))
                }
            },
            Data::Map(entries) => match entries.items.get(name) {
                Some(found) => return Ok(found.clone().marked(value.sensitive)),
                None => {
                    let detail = format!("This map does not have an element with the key \"{name}\".");
                    let said = Diagnostic::error(Code::CFG012, "Missing map element", detail);
                    with_hint(said, near_key(value, name))
                }
            },
            Data::Reference(reference) => match reference_attribute(reference, name) {
                Some(found) => return Ok(found),
                None => unsupported(format!(
                    "This {} has no attribute \"{name}\" that can be used in an expression; it has \"name\".",
                    type_of(value).friendly()
                )),
            },
            Data::String(_) | Data::Number(_) | Data::Bool(_) => unsupported(format!(
                "Can't access attributes on a primitive-typed value ({}).",
                type_of(value).friendly()
            )),
            Data::List(_) | Data::Set(_) | Data::Tuple(_) => {
                unsupported("This value does not have any attributes.".to_owned())
            }
        };
        self.report(problem.at(span))
    }

    /// `value[key]`.
    fn index(&mut self, value: &Value, key: &Value, span: Span) -> Outcome {
        match element(value, key) {
            Ok(found) => Ok(found.marked(value.sensitive)),
            Err((summary, detail)) => {
                let code = if value.is_null() { Code::CFG020 } else { Code::CFG013 };
                let near = key.as_str().filter(|_| !key.sensitive).and_then(|key| near_key(value, key));
                self.report(with_hint(Diagnostic::error(code, summary, detail).at(span), near))
            }
        }
    }
}

/// The key of a map or an object that may have been meant; none when it is not to be shown.
fn near_key<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    let known = value.entries().filter(|_| !value.sensitive)?;
    nearest(key, known.keys().map(AsRef::as_ref))
}

/// A traversal as a reference, and those in its keys.
fn written<'t>(root: &'t Expression, operators: &'t Operators) -> Vec<Written<'t>> {
    let keys = operators.iter().filter_map(|operator| match operator.value() {
        TraversalOperator::Index(key) => Some(references(key)),
        _ => None,
    });
    keys.flatten().chain([(root, operators)]).collect()
}

fn missing_key(root: &str, label: &str, argument: &str, key: &str) -> String {
    format!(
        "Because {root}.{label} has \"{argument}\" set, its attributes must be accessed on specific instances.\n\nFor example, to correlate with indices of a referring block, use:\n    {root}.{label}[{key}]"
    )
}

fn with_hint(diagnostic: Diagnostic, near: Option<&str>) -> Diagnostic {
    match near {
        Some(name) => diagnostic.hint(format!("Did you mean \"{name}\"?")),
        None => diagnostic,
    }
}

/// The name in `.name` or `["name"]`.
pub(crate) fn attribute_of(operator: &TraversalOperator) -> Option<Arc<str>> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(Arc::from(name.as_str())),
        TraversalOperator::Index(Expression::String(text)) => Some(Arc::from(text.value().as_str())),
        _ => None,
    }
}

fn reference_attribute(reference: &Reference, name: &str) -> Option<Value> {
    match (reference, name) {
        (Reference::Role { name, .. }, "name") => Some(Value::string(name)),
        (Reference::Server { label }, "name") => Some(Value::string(label)),
        _ => None,
    }
}

const INVALID: &str = "Invalid index";
const GIVEN: &str = "The given key does not identify an element in this collection value";
const CHAINED: &str = "When using the legacy index syntax, chaining two indexes together is not permitted. Use the proper index syntax instead, like [1][0].";
const SET: &str = "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only possible to perform operations across all elements of the set.";

/// The element that a key identifies, or summary and detail of why there is none.
fn element(value: &Value, key: &Value) -> Result<Value, (&'static str, String)> {
    if value.is_null() {
        let detail = "This value is null, so it does not have any indices.";
        return Err(("Attempt to index null value", detail.to_owned()));
    }
    if key.is_null() {
        return Err((INVALID, "Can't use a null value as an indexing key.".to_owned()));
    }
    if value.is_unknown() || key.is_unknown() {
        return Ok(Value::unknown());
    }
    match &value.data {
        Data::List(_) | Data::Tuple(_) => by_number(value.items().unwrap_or_default(), key),
        Data::Set(_) => Err((INVALID, SET.to_owned())),
        Data::Map(_) | Data::Object(_) => {
            let text =
                convert(key, &Type::String).map_err(|e| (INVALID, format!("{GIVEN}: {}.", e.text())))?;
            let found = value.entries().zip(text.as_str()).and_then(|(entries, text)| entries.get(text));
            match (found, &value.data, &key.data) {
                (Some(found), ..) => Ok(found.clone().marked(key.sensitive)),
                (None, Data::Object(_), Data::Number(_)) => Err((
                    INVALID,
                    format!(
                        "{GIVEN}. An object only supports looking up attributes by name, not by numeric index."
                    ),
                )),
                (None, ..) => Err((INVALID, format!("{GIVEN}."))),
            }
        }
        _ => Err((INVALID, "This value does not have any indices.".to_owned())),
    }
}

fn by_number(items: &[Value], key: &Value) -> Result<Value, (&'static str, String)> {
    let number = convert(key, &Type::Number).map_err(|e| (INVALID, format!("{GIVEN}: {}.", e.text())))?;
    let Data::Number(number) = number.data else { return Ok(Value::unknown()) };
    let problem = if number.is_negative() {
        "a negative number is not a valid index for a sequence"
    } else if !number.is_whole() {
        "indexing a sequence requires a whole number, but the given index has a fractional part"
    } else {
        match number.to_usize().and_then(|position| items.get(position)) {
            Some(found) => return Ok(found.clone().marked(key.sensitive)),
            None if items.is_empty() => "the collection has no elements",
            None => "the given index is greater than or equal to the length of the collection",
        }
    };
    Err((INVALID, format!("{GIVEN}: {problem}.")))
}
