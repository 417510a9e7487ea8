//! Types of values, and how messages name them.
//!
//! Not here: type constraints as written, with `optional()` (`constraint`).
//! Invariant: two types are equal exactly when Terraform calls them the same type.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Data, Reference, Value};

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Type {
    /// Not decided: of `null`, of the elements of an empty list, of `any`.
    Any,
    /// `string`.
    String,
    /// `number`.
    Number,
    /// `bool`.
    Bool,
    /// `list(…)`.
    List(Arc<Type>),
    /// `set(…)`.
    Set(Arc<Type>),
    /// `map(…)`.
    Map(Arc<Type>),
    /// `tuple([…])`.
    Tuple(Arc<Vec<Type>>),
    /// `object({…})`.
    Object(Arc<BTreeMap<Arc<str>, Type>>),
    /// A role block.
    Role,
    /// A server of the inventory.
    Server,
}

impl Type {
    /// `list(element)`.
    pub(crate) fn list(element: Type) -> Type {
        Type::List(Arc::new(element))
    }

    /// `set(element)`.
    pub(crate) fn set(element: Type) -> Type {
        Type::Set(Arc::new(element))
    }

    /// `map(element)`.
    pub(crate) fn map(element: Type) -> Type {
        Type::Map(Arc::new(element))
    }

    /// Whether it is a string, number or bool.
    pub(crate) fn is_primitive(&self) -> bool {
        matches!(self, Type::String | Type::Number | Type::Bool)
    }

    /// Whether `any` stands anywhere inside.
    pub(crate) fn has_any(&self) -> bool {
        match self {
            Type::Any => true,
            Type::List(element) | Type::Set(element) | Type::Map(element) => element.has_any(),
            Type::Tuple(elements) => elements.iter().any(Type::has_any),
            Type::Object(attributes) => attributes.values().any(Type::has_any),
            Type::String | Type::Number | Type::Bool | Type::Role | Type::Server => false,
        }
    }

    /// The word that messages use: `list of string`, `object`, …
    pub(crate) fn friendly(&self) -> String {
        match self {
            Type::Any => "dynamic".to_owned(),
            Type::String => "string".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::List(element) => format!("list of {}", element.friendly_element()),
            Type::Set(element) => format!("set of {}", element.friendly_element()),
            Type::Map(element) => format!("map of {}", element.friendly_element()),
            Type::Tuple(_) => "tuple".to_owned(),
            Type::Object(_) => "object".to_owned(),
            Type::Role => "role".to_owned(),
            Type::Server => "resource".to_owned(),
        }
    }

    fn friendly_element(&self) -> String {
        match self {
            Type::Any => "any single type".to_owned(),
            other => other.friendly(),
        }
    }
}

/// The type of a value. Costs as much as the value has tuples and objects.
pub(crate) fn type_of(value: &Value) -> Type {
    match &value.data {
        Data::Unknown => Type::Any,
        Data::Null(of) => of.clone(),
        Data::Bool(_) => Type::Bool,
        Data::Number(_) => Type::Number,
        Data::String(_) => Type::String,
        Data::List(elements) => Type::list(elements.element.clone()),
        Data::Set(elements) => Type::set(elements.element.clone()),
        Data::Map(entries) => Type::map(entries.element.clone()),
        Data::Tuple(items) => Type::Tuple(Arc::new(items.iter().map(type_of).collect())),
        Data::Object(attributes) => Type::Object(Arc::new(
            attributes.iter().map(|(name, value)| (Arc::clone(name), type_of(value))).collect(),
        )),
        Data::Reference(reference) => match reference.as_ref() {
            Reference::Role { .. } => Type::Role,
            Reference::Server { .. } => Type::Server,
        },
    }
}
