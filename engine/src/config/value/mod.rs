//! Values of the configuration language, with Terraform's kinds and marks.
//!
//! Collections are shared, so that passing one on costs nothing however large it is.
//! Not here: what can become what (`convert`, `unify`), how a value is printed
//! (`print`). Invariant: a sensitive value never shows its content in Debug output.

pub(crate) mod constraint;
pub(crate) mod convert;
pub(crate) mod number;
pub(crate) mod print;
pub(crate) mod types;
pub(crate) mod unify;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::name::BlockAddress;
use number::Number;
use types::Type;

/// One value, and whether it must not be shown.
#[derive(Clone)]
pub(crate) struct Value {
    /// What it is.
    pub(crate) data: Data,
    /// Marked by `sensitive`, or derived from something that is.
    pub(crate) sensitive: bool,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Data {
    /// Not known: a variable without a value while only validating.
    Unknown,
    /// No value, of some type.
    Null(Type),
    /// `true` or `false`.
    Bool(bool),
    /// A decimal number.
    Number(Number),
    /// Text in normal form C.
    String(Arc<str>),
    /// Elements of one type, in order.
    List(Arc<Elements>),
    /// Elements of one type, sorted, none twice.
    Set(Arc<Elements>),
    /// Elements of one type, by key.
    Map(Arc<Entries>),
    /// Elements of any types, in order.
    Tuple(Arc<Vec<Value>>),
    /// Attributes of any types, by name.
    Object(Arc<BTreeMap<Arc<str>, Value>>),
    /// A block that an expression names.
    Reference(Arc<Reference>),
}

/// Content of a list or a set.
#[derive(Clone)]
pub(crate) struct Elements {
    /// Type of each.
    pub(crate) element: Type,
    /// The elements.
    pub(crate) items: Vec<Value>,
}

/// Content of a map.
#[derive(Clone)]
pub(crate) struct Entries {
    /// Type of each element.
    pub(crate) element: Type,
    /// The elements by key.
    pub(crate) items: BTreeMap<Arc<str>, Value>,
}

/// A block of the configuration as a value: `role.x`, `postgres.y`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reference {
    /// An instance of a role block.
    Role {
        /// Which.
        address: BlockAddress,
        /// Its name in PostgreSQL.
        name: Arc<str>,
    },
    /// A server of the inventory.
    Server {
        /// The label of its block.
        label: Arc<str>,
    },
}

impl Value {
    /// A value without a mark.
    pub(crate) fn new(data: Data) -> Value {
        Value { data, sensitive: false }
    }

    /// Text, brought into normal form C.
    pub(crate) fn string(text: &str) -> Value {
        Value::new(Data::String(normal(text)))
    }

    /// A truth value.
    pub(crate) fn bool(value: bool) -> Value {
        Value::new(Data::Bool(value))
    }

    /// A number.
    pub(crate) fn number(value: impl Into<Number>) -> Value {
        Value::new(Data::Number(value.into()))
    }

    /// The literal `null`.
    pub(crate) fn null() -> Value {
        Value::new(Data::Null(Type::Any))
    }

    /// Not known.
    pub(crate) fn unknown() -> Value {
        Value::new(Data::Unknown)
    }

    /// A tuple.
    pub(crate) fn tuple(items: Vec<Value>) -> Value {
        Value::new(Data::Tuple(Arc::new(items)))
    }

    /// An object.
    pub(crate) fn object(items: BTreeMap<Arc<str>, Value>) -> Value {
        Value::new(Data::Object(Arc::new(items)))
    }

    /// A list of elements that have the type already.
    pub(crate) fn list(element: Type, items: Vec<Value>) -> Value {
        Value::new(Data::List(Arc::new(Elements { element, items })))
    }

    /// A map of elements that have the type already.
    pub(crate) fn map(element: Type, items: BTreeMap<Arc<str>, Value>) -> Value {
        Value::new(Data::Map(Arc::new(Entries { element, items })))
    }

    /// A set of elements that have the type already. A set cannot tell which element
    /// was sensitive: it is so as a whole.
    pub(crate) fn set(element: Type, mut items: Vec<Value>) -> Value {
        let sensitive = items.iter().any(Value::has_marks);
        if sensitive {
            items = items.iter().map(Value::unmarked).collect();
        }
        items.sort_by(order);
        items.dedup_by(|a, b| order(a, b) == Ordering::Equal);
        Value { data: Data::Set(Arc::new(Elements { element, items })), sensitive }
    }

    /// The same value, marked when the condition holds.
    #[must_use]
    pub(crate) fn marked(self, sensitive: bool) -> Value {
        Value { sensitive: self.sensitive || sensitive, ..self }
    }

    /// Whether there is no value.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null(_))
    }

    /// Whether it is not known, as a whole.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown)
    }

    /// The text, when it is text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    pub(crate) fn items(&self) -> Option<&[Value]> {
        match &self.data {
            Data::List(elements) | Data::Set(elements) => Some(&elements.items),
            Data::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The elements of a map or the attributes of an object.
    pub(crate) fn entries(&self) -> Option<&BTreeMap<Arc<str>, Value>> {
        match &self.data {
            Data::Map(entries) => Some(&entries.items),
            Data::Object(attributes) => Some(attributes),
            _ => None,
        }
    }

    /// Whether it or anything inside it is sensitive.
    pub(crate) fn has_marks(&self) -> bool {
        self.sensitive || self.any_inside(Value::has_marks)
    }

    /// Whether it or anything inside it is not known.
    pub(crate) fn has_unknown(&self) -> bool {
        self.is_unknown() || self.any_inside(Value::has_unknown)
    }

    fn any_inside(&self, test: fn(&Value) -> bool) -> bool {
        match (self.items(), self.entries()) {
            (Some(items), _) => items.iter().any(test),
            (None, Some(entries)) => entries.values().any(test),
            (None, None) => false,
        }
    }

    /// The same value without any mark, inside neither.
    pub(crate) fn unmarked(&self) -> Value {
        if !self.has_marks() {
            return self.clone();
        }
        let data = match &self.data {
            Data::List(elements) => Data::List(Arc::new(elements.unmarked())),
            Data::Set(elements) => Data::Set(Arc::new(elements.unmarked())),
            Data::Tuple(items) => Data::Tuple(Arc::new(items.iter().map(Value::unmarked).collect())),
            Data::Map(entries) => Data::Map(Arc::new(Entries {
                element: entries.element.clone(),
                items: unmarked_entries(&entries.items),
            })),
            Data::Object(attributes) => Data::Object(Arc::new(unmarked_entries(attributes))),
            plain => plain.clone(),
        };
        Value::new(data)
    }
}

impl Elements {
    fn unmarked(&self) -> Elements {
        Elements { element: self.element.clone(), items: self.items.iter().map(Value::unmarked).collect() }
    }
}

fn unmarked_entries(entries: &BTreeMap<Arc<str>, Value>) -> BTreeMap<Arc<str>, Value> {
    entries.iter().map(|(key, value)| (Arc::clone(key), value.unmarked())).collect()
}

/// Text in normal form C, as every string of the language.
pub(crate) fn normal(text: &str) -> Arc<str> {
    if text.is_ascii() || is_nfc(text) { Arc::from(text) } else { Arc::from(text.nfc().collect::<String>()) }
}

/// Whether two values are equal as `==` means it: same type, same content, marks aside.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (&a.data, &b.data) {
        (Data::Null(_), Data::Null(_)) => true,
        _ => types::type_of(a) == types::type_of(b) && order(a, b) == Ordering::Equal,
    }
}

/// A total order: within a kind by content, marks and element types aside.
pub(crate) fn order(a: &Value, b: &Value) -> Ordering {
    match (&a.data, &b.data) {
        (Data::Bool(a), Data::Bool(b)) => a.cmp(b),
        (Data::Number(a), Data::Number(b)) => a.cmp(b),
        (Data::String(a), Data::String(b)) => a.cmp(b),
        (Data::Reference(a), Data::Reference(b)) => a.cmp(b),
        _ => match (a.items(), b.items(), a.entries(), b.entries()) {
            (Some(a), Some(b), ..) => order_all(a.iter(), b.iter()),
            (_, _, Some(a), Some(b)) => {
                a.keys().cmp(b.keys()).then_with(|| order_all(a.values(), b.values()))
            }
            _ => rank(&a.data).cmp(&rank(&b.data)),
        },
    }
}

fn order_all<'a>(a: impl Iterator<Item = &'a Value>, b: impl Iterator<Item = &'a Value>) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) => match order(a, b) {
                Ordering::Equal => {}
                other => return other,
            },
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (None, None) => return Ordering::Equal,
        }
    }
}

/// Nulls sort last in a set, as Terraform prints them.
fn rank(data: &Data) -> u8 {
    match data {
        Data::Bool(_) => 0,
        Data::Number(_) => 1,
        Data::String(_) => 2,
        Data::Tuple(_) | Data::List(_) | Data::Set(_) => 3,
        Data::Map(_) | Data::Object(_) => 4,
        Data::Reference(_) => 5,
        Data::Null(_) => 6,
        Data::Unknown => 7,
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.sensitive == other.sensitive && equal(self, other)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::console(self))
    }
}
