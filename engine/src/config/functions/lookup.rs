//! Functions on maps and objects, and those that pick by key or index.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::text::whole;
use super::{Answer, Fault, Function, Kind, keep, nullable, parameter, row, string, variadic};
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::unify::unify;
use crate::config::value::{Data, Value, equal};

pub(super) const TABLE: &[Function] = &[
    keep(row("keys", &[parameter("inputMap", Kind::Any)], |a, _| keys(&a[0]))),
    keep(row("values", &[parameter("mapping", Kind::Any)], |a, _| values(&a[0]))),
    keep(variadic(
        "lookup",
        &[parameter("inputMap", Kind::Any), parameter("key", Kind::String)],
        nullable("default", Kind::Any),
        |a, _| lookup(a),
    )),
    keep(variadic("merge", &[], nullable("maps", Kind::Any), |a, _| merge(a))),
    keep(row("element", &[parameter("list", Kind::Any), parameter("index", Kind::Number)], |a, _| {
        element(a)
    })),
    keep(row("zipmap", &[parameter("keys", Kind::Strings), parameter("values", Kind::Any)], |a, _| {
        zipmap(a)
    })),
    row(
        "matchkeys",
        &[parameter("values", Kind::List), parameter("keys", Kind::List), parameter("searchset", Kind::List)],
        |a, _| matchkeys(a),
    ),
    row("transpose", &[parameter("values", Kind::MapOfStringLists)], |a, _| Ok(transpose(&a[0]))),
];

fn keys(value: &Value) -> Answer {
    let text = |key: &Arc<str>| Value::new(Data::String(Arc::clone(key)));
    match &value.data {
        Data::Map(map) => Ok(Value::list(Type::String, map.items.keys().map(text).collect())),
        Data::Object(attributes) => Ok(Value::tuple(attributes.keys().map(text).collect())),
        _ => Err(Fault::Argument(0, "must have map or object type".to_owned())),
    }
}

fn values(value: &Value) -> Answer {
    match &value.data {
        Data::Map(map) => Ok(Value::list(map.element.clone(), map.items.values().cloned().collect())),
        Data::Object(attributes) => Ok(Value::tuple(attributes.values().cloned().collect())),
        _ => Err(Fault::Argument(0, "must have map or object type".to_owned())),
    }
}

fn lookup(arguments: &[Value]) -> Answer {
    let key = string(arguments, 1);
    if arguments.len() > 3 {
        return Err(Fault::Call(format!("lookup() takes two or three arguments, got {}", arguments.len())));
    }
    let default = arguments.get(2);
    match (&arguments[0].data, default) {
        (Data::Object(attributes), None) => attributes
            .get(key)
            .cloned()
            .ok_or_else(|| Fault::Argument(0, format!("the given object has no attribute \"{key}\""))),
        (Data::Object(attributes), Some(default)) => Ok(attributes.get(key).unwrap_or(default).clone()),
        (Data::Map(map), None) => map
            .items
            .get(key)
            .cloned()
            .ok_or_else(|| Fault::Call(format!("lookup failed to find key \"{key}\""))),
        (Data::Map(map), Some(default)) => {
            let same = type_of(default);
            if !same.has_any() && same != map.element && !default.is_null() {
                let problem = "the default value must have the same type as the map elements";
                return Err(Fault::Argument(2, problem.to_owned()));
            }
            let found = map.items.get(key).cloned();
            Ok(found.or_else(|| convert(default, &map.element).ok()).unwrap_or_else(|| default.clone()))
        }
        _ => Err(Fault::Argument(0, "lookup() requires a map as the first argument".to_owned())),
    }
}

/// Maps of one element type make a map, anything else an object; nulls are skipped.
fn merge(arguments: &[Value]) -> Answer {
    let mut merged: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut elements: Vec<&Type> = Vec::new();
    let mut only_maps = true;
    let mut sensitive = false;
    for argument in arguments {
        match &argument.data {
            Data::Null(Type::Any | Type::Map(_) | Type::Object(_)) => continue,
            Data::Map(map) => elements.push(&map.element),
            Data::Object(_) => only_maps = false,
            _ => {
                let kind = type_of(argument).friendly();
                return Err(Fault::Call(format!("arguments must be maps or objects, got \"{kind}\"")));
            }
        }
        sensitive |= argument.sensitive;
        let entries = argument.entries().into_iter().flatten();
        merged.extend(entries.map(|(key, value)| (Arc::clone(key), value.clone())));
    }
    let one_type = elements.windows(2).all(|pair| pair[0] == pair[1]);
    let result = match elements.first() {
        Some(element) if only_maps && one_type => Value::map((*element).clone(), merged),
        _ => Value::object(merged),
    };
    Ok(result.marked(sensitive))
}

fn element(arguments: &[Value]) -> Answer {
    let items = match &arguments[0].data {
        Data::List(_) | Data::Tuple(_) => arguments[0].items().unwrap_or_default(),
        _ => {
            let kind = type_of(&arguments[0]).friendly();
            return Err(Fault::Call(format!("cannot read elements from {kind}")));
        }
    };
    let Ok(index) = whole(arguments, 1) else {
        return Err(Fault::Call("invalid index: value must be a whole number, between -9223372036854775808 and 9223372036854775807".to_owned()));
    };
    if items.is_empty() {
        return Err(Fault::Call("cannot use element function with an empty list".to_owned()));
    }
    match usize::try_from(index) {
        Ok(index) => Ok(items[index % items.len()].clone()),
        Err(_) => Err(Fault::Call("cannot use element function with a negative index".to_owned())),
    }
}

fn zipmap(arguments: &[Value]) -> Answer {
    let keys = arguments[0].items().unwrap_or_default();
    let values = match &arguments[1].data {
        Data::List(_) | Data::Tuple(_) => arguments[1].items().unwrap_or_default(),
        _ => return Err(Fault::Call("values argument must be a list or tuple value".to_owned())),
    };
    if keys.len() != values.len() {
        return Err(Fault::Call(format!(
            "number of keys ({}) does not match number of values ({})",
            keys.len(),
            values.len()
        )));
    }
    let mut zipped: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut sensitive = false;
    for (key, value) in keys.iter().zip(values) {
        let Some(text) = key.as_str() else {
            return Err(Fault::Argument(0, "a key must not be null".to_owned()));
        };
        sensitive |= key.sensitive;
        zipped.insert(Arc::from(text), value.clone());
    }
    let result = match &arguments[1].data {
        Data::List(list) => Value::map(list.element.clone(), zipped),
        _ => Value::object(zipped),
    };
    Ok(result.marked(sensitive))
}

fn matchkeys(arguments: &[Value]) -> Answer {
    let [values, keys, wanted] = [0, 1, 2].map(|at| arguments[at].items().unwrap_or_default());
    if values.len() != keys.len() {
        return Err(Fault::Call("length of keys and values should be equal".to_owned()));
    }
    let common = unify(&[element_of(&arguments[1]), element_of(&arguments[2])]);
    let Some(common) = common else {
        return Err(Fault::Call("keys and searchset must be of the same type".to_owned()));
    };
    let convert_all = |items: &[Value]| -> Vec<Value> {
        items.iter().map(|item| convert(item, &common).unwrap_or_else(|_| item.clone())).collect()
    };
    let (keys, wanted) = (convert_all(keys), convert_all(wanted));
    let kept = values
        .iter()
        .zip(&keys)
        .filter(|(_, key)| wanted.iter().any(|wanted| equal(wanted, key)))
        .map(|(value, _)| value.clone());
    Ok(Value::list(element_of(&arguments[0]), kept.collect()))
}

fn element_of(list: &Value) -> Type {
    match &list.data {
        Data::List(elements) | Data::Set(elements) => elements.element.clone(),
        _ => Type::Any,
    }
}

fn transpose(value: &Value) -> Value {
    let mut turned: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, items) in value.entries().into_iter().flatten() {
        for text in items.items().unwrap_or_default().iter().filter_map(Value::as_str) {
            turned.entry(Arc::from(text)).or_default().push(Value::new(Data::String(Arc::clone(key))));
        }
    }
    let lists = turned.into_iter().map(|(key, items)| (key, Value::list(Type::String, items)));
    Value::map(Type::list(Type::String), lists.collect())
}
