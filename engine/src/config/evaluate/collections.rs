//! `for` expressions.
//!
//! Invariant: objects and maps are walked in the order of their keys, sets in the order
//! of their elements; a sensitive collection or condition makes the result sensitive.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::expr::{Expression, ForExpr, ForIntro};

use super::{Evaluator, Failed, Outcome};
use crate::code::Code;
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Value};

/// What a `for` expression collects.
enum Collected {
    Tuple(Vec<Value>),
    Object(BTreeMap<Arc<str>, Value>),
    Groups(BTreeMap<Arc<str>, Vec<Value>>),
}

/// How the result of a `for` expression is qualified.
#[derive(Default)]
struct Qualities {
    sensitive: bool,
    unknown: bool,
}

impl Evaluator<'_> {
    pub(super) fn for_expression(&mut self, each: &ForExpr) -> Outcome {
        let collection = self.evaluate(&each.intro.collection_expr)?;
        let Some(pairs) = self.pairs(&collection, &each.intro.collection_expr)? else {
            return Ok(Value::unknown().marked(collection.sensitive));
        };
        if each.grouping && each.key_expr.is_none() {
            return self.fail(
                &each.value_expr,
                Code::CFG016,
                "Invalid 'for' expression",
                "Grouping ellipsis (...) cannot be used when building a tuple.",
            );
        }
        let mut into = match (&each.key_expr, each.grouping) {
            (None, _) => Collected::Tuple(Vec::with_capacity(pairs.len())),
            (Some(_), false) => Collected::Object(BTreeMap::new()),
            (Some(_), true) => Collected::Groups(BTreeMap::new()),
        };
        let mut qualities = Qualities { sensitive: collection.sensitive, unknown: false };
        for (key, value) in pairs {
            let depth = self.bind(&each.intro, key, value);
            let step = self.for_step(each, &mut into, &mut qualities);
            self.bound.truncate(depth);
            step?;
        }
        if qualities.unknown {
            return Ok(Value::unknown().marked(qualities.sensitive));
        }
        let result = match into {
            Collected::Tuple(items) => Value::tuple(items),
            Collected::Object(entries) => Value::object(entries),
            Collected::Groups(groups) => {
                Value::object(groups.into_iter().map(|(key, items)| (key, Value::tuple(items))).collect())
            }
        };
        Ok(result.marked(qualities.sensitive))
    }

    /// Binds the names of a `for`; gives back how many were bound before.
    pub(super) fn bind_names(&mut self, key: Option<(&str, Value)>, value: (&str, Value)) -> usize {
        let depth = self.bound.len();
        if let Some((name, key)) = key {
            self.bound.push((Arc::from(name), key));
        }
        self.bound.push((Arc::from(value.0), value.1));
        depth
    }

    fn bind(&mut self, intro: &ForIntro, key: Value, value: Value) -> usize {
        let key = intro.key_var.as_ref().map(|name| (name.as_str(), key));
        self.bind_names(key, (intro.value_var.as_str(), value))
    }

    /// Forgets names bound since.
    pub(super) fn unbind(&mut self, depth: usize) {
        self.bound.truncate(depth);
    }

    /// What a collection holds, as key and value; nothing when it is not known.
    pub(super) fn pairs(
        &mut self,
        collection: &Value,
        at: &Expression,
    ) -> Result<Option<Vec<(Value, Value)>>, Failed> {
        let pairs = match &collection.data {
            Data::Unknown => return Ok(None),
            Data::Null(_) => {
                return self.fail(
                    at,
                    Code::CFG020,
                    "Iteration over null value",
                    "A null value cannot be used as the collection in a 'for' expression.",
                );
            }
            Data::List(elements) => numbered(&elements.items),
            Data::Tuple(items) => numbered(items),
            Data::Set(elements) => elements.items.iter().map(|item| (item.clone(), item.clone())).collect(),
            Data::Map(entries) => named(&entries.items),
            Data::Object(attributes) => named(attributes),
            Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Reference(_) => {
                let detail = format!(
                    "A value of type {} cannot be used as the collection in a 'for' expression.",
                    type_of(collection).friendly()
                );
                return self.fail(at, Code::CFG016, "Iteration over non-iterable value", detail);
            }
        };
        Ok(Some(pairs))
    }

    fn for_step(
        &mut self,
        each: &ForExpr,
        into: &mut Collected,
        qualities: &mut Qualities,
    ) -> Result<(), Failed> {
        if let Some(condition) = &each.cond {
            match self.included(&condition.expr, qualities)? {
                Some(true) => {}
                Some(false) => return Ok(()),
                None => {
                    qualities.unknown = true;
                    return Ok(());
                }
            }
        }
        let key = match &each.key_expr {
            Some(expression) => Some(self.for_key(expression, qualities)?),
            None => None,
        };
        let value = self.evaluate(&each.value_expr)?;
        match (into, key) {
            (Collected::Tuple(items), _) => items.push(value),
            (_, None | Some(None)) => qualities.unknown = true,
            (Collected::Groups(groups), Some(Some(key))) => groups.entry(key).or_default().push(value),
            (Collected::Object(entries), Some(Some(key))) => {
                if entries.contains_key(&key) {
                    return self.duplicate(each, &key, qualities);
                }
                entries.insert(key, value);
            }
        }
        Ok(())
    }

    fn duplicate(&mut self, each: &ForExpr, key: &str, qualities: &Qualities) -> Result<(), Failed> {
        let shown =
            if qualities.sensitive { "a sensitive key".to_owned() } else { format!("the key \"{key}\"") };
        let detail = format!(
            "Two different items produced {shown} in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key."
        );
        let at = each.key_expr.as_ref().unwrap_or(&each.value_expr);
        self.fail(at, Code::CFG016, "Duplicate object key", detail)
    }

    /// The `if` clause; nothing when it is not known.
    fn included(
        &mut self,
        condition: &Expression,
        qualities: &mut Qualities,
    ) -> Result<Option<bool>, Failed> {
        let value = self.evaluate(condition)?;
        qualities.sensitive |= value.sensitive;
        if value.is_null() {
            return self.fail(
                condition,
                Code::CFG020,
                "Condition is null",
                "The value of the 'if' clause must not be null.",
            );
        }
        match convert(&value, &Type::Bool) {
            Ok(Value { data: Data::Bool(included), .. }) => Ok(Some(included)),
            Ok(_) => Ok(None),
            Err(mismatch) => self.fail(
                condition,
                Code::CFG021,
                "Invalid 'for' condition",
                format!("The 'if' clause value is invalid: {}.", mismatch.text()),
            ),
        }
    }

    /// The key; nothing when it is not known.
    fn for_key(
        &mut self,
        expression: &Expression,
        qualities: &mut Qualities,
    ) -> Result<Option<Arc<str>>, Failed> {
        let key = self.evaluate(expression)?;
        qualities.sensitive |= key.sensitive;
        let detail = if key.is_null() {
            "Key expression in 'for' expression must not produce a null value.".to_owned()
        } else {
            match convert(&key, &Type::String) {
                Ok(text) => return Ok(text.as_str().map(Arc::from)),
                Err(mismatch) => {
                    format!("The key expression produced an invalid result: {}.", mismatch.text())
                }
            }
        };
        self.fail(expression, Code::CFG016, "Invalid object key", detail)
    }
}

fn numbered(items: &[Value]) -> Vec<(Value, Value)> {
    items.iter().enumerate().map(|(at, item)| (Value::number(at), item.clone())).collect()
}

fn named(entries: &BTreeMap<Arc<str>, Value>) -> Vec<(Value, Value)> {
    entries.iter().map(|(key, item)| (Value::new(Data::String(Arc::clone(key))), item.clone())).collect()
}
