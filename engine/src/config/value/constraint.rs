//! Type constraints of variables: types with `optional()` attributes and defaults.
//!
//! Not here: reading them from the configuration (`load::constraint`).
//! Invariant: a value that passed [`Constraint::apply`] has every attribute named.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert::{Mismatch, convert};
use super::types::Type;
use super::{Data, Elements, Entries, Value};

/// What a variable accepts.
#[derive(Clone, Debug)]
pub(crate) enum Constraint {
    /// A type without optional attributes inside.
    Plain(Type),
    /// `list(…)`.
    List(Box<Constraint>),
    /// `set(…)`.
    Set(Box<Constraint>),
    /// `map(…)`.
    Map(Box<Constraint>),
    /// `tuple([…])`.
    Tuple(Vec<Constraint>),
    /// `object({…})`.
    Object(BTreeMap<Arc<str>, Attribute>),
}

/// An attribute of an `object({…})` constraint.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// What it accepts.
    pub(crate) constraint: Constraint,
    /// Written as `optional(…)`.
    pub(crate) optional: bool,
    /// The second argument of `optional`.
    pub(crate) default: Option<Value>,
}

impl Constraint {
    /// Anything.
    pub(crate) fn any() -> Constraint {
        Constraint::Plain(Type::Any)
    }

    /// The type without what is optional about it.
    pub(crate) fn as_type(&self) -> Type {
        match self {
            Constraint::Plain(of) => of.clone(),
            Constraint::List(element) => Type::list(element.as_type()),
            Constraint::Set(element) => Type::set(element.as_type()),
            Constraint::Map(element) => Type::map(element.as_type()),
            Constraint::Tuple(elements) => {
                Type::Tuple(Arc::new(elements.iter().map(Constraint::as_type).collect()))
            }
            Constraint::Object(attributes) => Type::Object(Arc::new(
                attributes.iter().map(|(name, a)| (Arc::clone(name), a.constraint.as_type())).collect(),
            )),
        }
    }

    /// Fills in what is optional, then converts.
    pub(crate) fn apply(&self, value: &Value) -> Result<Value, Mismatch> {
        convert(&self.fill(value), &self.as_type())
    }

    /// The value with missing or null optional attributes replaced by their defaults.
    fn fill(&self, value: &Value) -> Value {
        let data = match (self, &value.data) {
            (Constraint::List(element) | Constraint::Set(element), _) if value.items().is_some() => {
                fill_items(value, |_| Some(element.as_ref()))
            }
            (Constraint::Tuple(elements), Data::Tuple(_)) => fill_items(value, |at| elements.get(at)),
            (Constraint::Map(element), Data::Map(_) | Data::Object(_)) => fill_entries(value, element),
            (Constraint::Object(attributes), Data::Map(_) | Data::Object(_)) => {
                fill_object(value, attributes)
            }
            _ => return value.clone(),
        };
        Value { data, sensitive: value.sensitive }
    }
}

fn fill_items<'a>(value: &Value, constraint: impl Fn(usize) -> Option<&'a Constraint>) -> Data {
    let filled: Vec<Value> = value
        .items()
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(at, item)| constraint(at).map_or_else(|| item.clone(), |constraint| constraint.fill(item)))
        .collect();
    match &value.data {
        // Filling may change the type of elements: a tuple is true in any case, and the
        // conversion that follows makes a list or set of it.
        Data::Set(elements) if filled.is_empty() => {
            Data::Set(Arc::new(Elements { element: elements.element.clone(), items: filled }))
        }
        Data::List(elements) if filled.is_empty() => {
            Data::List(Arc::new(Elements { element: elements.element.clone(), items: filled }))
        }
        _ => Data::Tuple(Arc::new(filled)),
    }
}

fn fill_entries(value: &Value, element: &Constraint) -> Data {
    let filled: BTreeMap<Arc<str>, Value> = value
        .entries()
        .into_iter()
        .flatten()
        .map(|(key, item)| (Arc::clone(key), element.fill(item)))
        .collect();
    match &value.data {
        Data::Map(map) if filled.is_empty() => {
            Data::Map(Arc::new(Entries { element: map.element.clone(), items: filled }))
        }
        _ => Data::Object(Arc::new(filled)),
    }
}

fn fill_object(value: &Value, attributes: &BTreeMap<Arc<str>, Attribute>) -> Data {
    let mut filled = value.entries().cloned().unwrap_or_default();
    for (name, attribute) in attributes {
        let absent = filled.get(name).is_none_or(Value::is_null);
        if absent && attribute.optional {
            let default = match &attribute.default {
                Some(default) => default.clone(),
                None => Value::new(Data::Null(attribute.constraint.as_type())),
            };
            filled.insert(Arc::clone(name), default);
        }
        if let Some(present) = filled.get(name) {
            let deeper = attribute.constraint.fill(present);
            filled.insert(Arc::clone(name), deeper);
        }
    }
    Data::Object(Arc::new(filled))
}
