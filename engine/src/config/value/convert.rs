//! Conversion of values to types, exactly as Terraform's (go-cty, package `convert`).
//!
//! Not here: choosing one type for several values (`unify`), and `optional()`
//! (`constraint`). Invariant: [`convertible`] is what can be said from types alone;
//! [`convert`] fails beyond it only over the content of strings and over maps that
//! become objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::number::Number;
use super::types::{Type, type_of};
use super::unify::unify;
use super::{Data, Value};

/// Why a value cannot become a type: where inside it, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Path to the culprit: `.a`, `[0]`, …, outermost first.
    pub(crate) path: Vec<String>,
    /// `string required`, …
    pub(crate) message: String,
}

impl Mismatch {
    pub(crate) fn new(message: impl Into<String>) -> Mismatch {
        Mismatch { path: Vec::new(), message: message.into() }
    }

    pub(crate) fn inside(mut self, step: String) -> Mismatch {
        self.path.insert(0, step);
        self
    }

    /// The message with its path, as Terraform words it: `element 0: string required`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            text.push_str(step);
            text.push_str(": ");
        }
        text + &self.message
    }
}

/// Converts a value to a type. A sensitive mark stays where it is.
pub(crate) fn convert(value: &Value, to: &Type) -> Result<Value, Mismatch> {
    let converted = convert_data(value, to)?;
    Ok(converted.marked(value.sensitive))
}

fn convert_data(value: &Value, to: &Type) -> Result<Value, Mismatch> {
    match (&value.data, to) {
        (Data::Unknown, _) | (_, Type::Any) => Ok(value.clone()),
        (Data::Null(from), _) if !alike(from, to) => Err(required(to)),
        (Data::Null(_), _) => Ok(Value::new(Data::Null(to.clone()))),
        (_, Type::String | Type::Number | Type::Bool) => primitive(value, to),
        (_, Type::List(element)) => sequence(value, element, to),
        (_, Type::Set(element)) => sequence(value, element, to),
        (_, Type::Map(element)) => map(value, element, to),
        (_, Type::Tuple(elements)) => tuple(value, elements, to),
        (_, Type::Object(attributes)) => object(value, attributes, to),
        (_, Type::Role | Type::Server) if type_of(value) == *to => Ok(value.clone()),
        (_, Type::Role | Type::Server) => Err(required(to)),
    }
}

fn primitive(value: &Value, to: &Type) -> Result<Value, Mismatch> {
    match (&value.data, to) {
        (Data::String(_), Type::String) | (Data::Number(_), Type::Number) | (Data::Bool(_), Type::Bool) => {
            Ok(value.clone())
        }
        (Data::Number(number), Type::String) => Ok(Value::string(&number.to_string())),
        (Data::Bool(value), Type::String) => Ok(Value::string(if *value { "true" } else { "false" })),
        (Data::String(text), Type::Number) => {
            let number = Number::parse(text).ok_or_else(|| Mismatch::new("a number is required"))?;
            Ok(Value::number(number))
        }
        (Data::String(text), Type::Bool) => match text.as_ref() {
            "true" | "1" => Ok(Value::bool(true)),
            "false" | "0" => Ok(Value::bool(false)),
            _ => Err(Mismatch::new(a_bool_is_required(text))),
        },
        _ => Err(required(to)),
    }
}

fn a_bool_is_required(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "true" => "a bool is required; to convert from string, use lowercase \"true\"".to_owned(),
        "false" => "a bool is required; to convert from string, use lowercase \"false\"".to_owned(),
        _ => "a bool is required".to_owned(),
    }
}

/// To a list or a set, from a list, set or tuple.
fn sequence(value: &Value, element: &Type, to: &Type) -> Result<Value, Mismatch> {
    let Some(items) = value.items() else { return Err(required(to)) };
    let element = match (element, &value.data) {
        (Type::Any, Data::List(elements) | Data::Set(elements)) => elements.element.clone(),
        (Type::Any, _) => single_type(items.iter(), to)?,
        (wanted, _) => wanted.clone(),
    };
    let mut converted = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        converted.push(convert(item, &element).map_err(|e| e.inside(format!("element {position}")))?);
    }
    let element = settled(element, &converted);
    Ok(match to {
        Type::Set(_) => Value::set(element, converted),
        _ => Value::list(element, converted),
    })
}

fn map(value: &Value, element: &Type, to: &Type) -> Result<Value, Mismatch> {
    let Some(entries) = value.entries() else { return Err(required(to)) };
    let element = match (element, &value.data) {
        (Type::Any, Data::Map(map)) => map.element.clone(),
        (Type::Any, _) => single_type(entries.values(), to)?,
        (wanted, _) => wanted.clone(),
    };
    let mut converted = BTreeMap::new();
    for (key, item) in entries {
        let item = convert(item, &element).map_err(|e| e.inside(format!("element \"{key}\"")))?;
        converted.insert(Arc::clone(key), item);
    }
    let element = match converted.values().next() {
        Some(first) if element.has_any() => type_of(first),
        _ => element,
    };
    Ok(Value::map(element, converted))
}

/// The type that all elements of a tuple or object can have, for `list(any)` and the like.
fn single_type<'a>(items: impl Iterator<Item = &'a Value>, to: &Type) -> Result<Type, Mismatch> {
    let types: Vec<Type> = items.map(type_of).collect();
    if types.is_empty() {
        return Ok(Type::Any);
    }
    unify(&types).ok_or_else(|| {
        Mismatch::new(match to {
            Type::Set(_) => "all set elements must have the same type",
            Type::Map(_) => "all map elements must have the same type",
            _ => "all list elements must have the same type",
        })
    })
}

/// `any` inside an element type is decided by the first element.
fn settled(element: Type, items: &[Value]) -> Type {
    match items.iter().find(|item| !item.is_null()) {
        Some(first) if element.has_any() => type_of(first),
        _ => element,
    }
}

fn tuple(value: &Value, elements: &[Type], to: &Type) -> Result<Value, Mismatch> {
    let Data::Tuple(items) = &value.data else { return Err(required(to)) };
    if items.len() != elements.len() {
        return Err(Mismatch::new(format!(
            "a tuple of {} elements is required, and this one has {}",
            elements.len(),
            items.len()
        )));
    }
    let mut converted = Vec::with_capacity(items.len());
    for (position, (item, element)) in items.iter().zip(elements).enumerate() {
        converted.push(convert(item, element).map_err(|e| e.inside(format!("element {position}")))?);
    }
    Ok(Value::tuple(converted))
}

fn object(value: &Value, attributes: &BTreeMap<Arc<str>, Type>, to: &Type) -> Result<Value, Mismatch> {
    let Some(entries) = value.entries() else { return Err(required(to)) };
    let missing: Vec<String> = attributes
        .keys()
        .filter(|name| !entries.contains_key(*name))
        .map(|name| format!("\"{name}\""))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return Err(Mismatch::new(format!("attribute {one} is required"))),
        more => return Err(Mismatch::new(format!("attributes {} are required", more.join(", ")))),
    }
    let mut converted = BTreeMap::new();
    for (name, wanted) in attributes {
        let item = convert(&entries[name], wanted).map_err(|e| e.inside(format!("attribute \"{name}\"")))?;
        converted.insert(Arc::clone(name), item);
    }
    Ok(Value::object(converted))
}

/// `string required`, `list of string required`, …
fn required(to: &Type) -> Mismatch {
    Mismatch::new(format!("{} required", to.friendly()))
}

/// Whether null of a type may become null of another: what is inside of it does not matter.
fn alike(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::List(_) | Type::Set(_) | Type::Tuple(_), Type::List(_) | Type::Set(_))
        | (Type::Tuple(_), Type::Tuple(_))
        | (Type::Map(_) | Type::Object(_), Type::Map(_) | Type::Object(_)) => true,
        (from, to) => convertible(from, to),
    }
}

/// Whether values of one type can become the other, their content permitting.
pub(crate) fn convertible(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Any, _) | (_, Type::Any) => true,
        (a, b) if a == b => true,
        (Type::Number | Type::Bool, Type::String) | (Type::String, Type::Number | Type::Bool) => true,
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) => convertible(a, b),
        (Type::Tuple(items), Type::List(element) | Type::Set(element)) => {
            elements_convertible(items.iter(), element)
        }
        (Type::Map(a), Type::Map(b)) => convertible(a, b),
        (Type::Object(attributes), Type::Map(element)) => elements_convertible(attributes.values(), element),
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| convertible(a, b))
        }
        (Type::Object(a), Type::Object(b)) => {
            b.iter().all(|(name, wanted)| a.get(name).is_some_and(|have| convertible(have, wanted)))
        }
        (Type::Map(element), Type::Object(attributes)) => {
            attributes.values().all(|to| convertible(element, to))
        }
        _ => false,
    }
}

fn elements_convertible<'a>(items: impl Iterator<Item = &'a Type>, element: &Type) -> bool {
    let items: Vec<Type> = items.cloned().collect();
    match element {
        Type::Any => items.is_empty() || unify(&items).is_some(),
        wanted => items.iter().all(|item| convertible(item, wanted)),
    }
}
