//! Functions on lists and tuples: joining, cutting, ordering, testing.

use super::text::whole;
use super::{Answer, Fault, Function, Kind, Marks, keep, nullable, parameter, row, variadic};
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::unify::unify;
use crate::config::value::{Data, Value, equal};

pub(super) const TABLE: &[Function] = &[
    keep(row("length", &[parameter("value", Kind::Any)], |a, _| length(&a[0]))),
    keep(variadic("concat", &[], parameter("seqs", Kind::Any), |a, _| concat(a))),
    row("contains", &[parameter("list", Kind::Any), parameter("value", Kind::Any)], |a, _| contains(a)),
    row("distinct", &[parameter("list", Kind::List)], |a, _| Ok(distinct(&a[0]))),
    keep(row("flatten", &[parameter("list", Kind::Any)], |a, _| flatten(&a[0]))),
    keep(row("reverse", &[parameter("list", Kind::Any)], |a, _| reverse(&a[0]))),
    keep(row(
        "slice",
        &[
            parameter("list", Kind::Any),
            parameter("start_index", Kind::Number),
            parameter("end_index", Kind::Number),
        ],
        |a, _| slice(a),
    )),
    keep(row("chunklist", &[parameter("list", Kind::List), parameter("size", Kind::Number)], |a, _| {
        chunks(a)
    })),
    row("sort", &[parameter("list", Kind::Strings)], |a, _| sort(&a[0])),
    row("compact", &[parameter("list", Kind::Strings)], |a, _| Ok(compact(&a[0]))),
    variadic("coalesce", &[], nullable("vals", Kind::Any), |a, _| coalesce(a)),
    Function {
        marks: Marks::Keep,
        ..variadic("coalescelist", &[], nullable("vals", Kind::Any), |a, _| coalescelist(a))
    },
    keep(row("one", &[parameter("list", Kind::Any)], |a, _| one(&a[0]))),
    row("alltrue", &[parameter("list", Kind::Bools)], |a, _| {
        Ok(Value::bool(truths(&a[0]).all(|truth| truth == Some(true))))
    }),
    row("anytrue", &[parameter("list", Kind::Bools)], |a, _| {
        Ok(Value::bool(truths(&a[0]).any(|truth| truth == Some(true))))
    }),
    row("index", &[parameter("list", Kind::Any), parameter("value", Kind::Any)], |a, _| index(a)),
];

fn failed<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Call(message.into()))
}

fn length(value: &Value) -> Answer {
    let count = match (value.items(), value.entries(), value.as_str()) {
        (Some(items), ..) => items.len(),
        (_, Some(entries), _) => entries.len(),
        (.., Some(text)) => unicode_segmentation::UnicodeSegmentation::graphemes(text, true).count(),
        _ => return failed("argument must be a string, a collection type, or a structural type"),
    };
    Ok(Value::number(count))
}

fn concat(arguments: &[Value]) -> Answer {
    let mut items = Vec::new();
    let mut elements = Some(Vec::new());
    for (at, argument) in arguments.iter().enumerate() {
        match &argument.data {
            Data::List(list) => {
                elements.iter_mut().for_each(|types| types.push(list.element.clone()));
                items.extend(list.items.iter().cloned());
            }
            Data::Tuple(tuple) => {
                elements = None;
                items.extend(tuple.iter().cloned());
            }
            _ => {
                let kind = type_of(argument).friendly();
                return Err(Fault::Argument(
                    at,
                    format!("all arguments must be lists or tuples; got {kind}"),
                ));
            }
        }
    }
    if arguments.is_empty() {
        return failed("at least one argument is required");
    }
    match elements.and_then(|types| unify(&types)) {
        Some(element) => Ok(list_of(element, &items)),
        None => Ok(Value::tuple(items)),
    }
}

/// A list with its elements brought to one type that they are all convertible to.
pub(super) fn list_of(element: Type, items: &[Value]) -> Value {
    let converted: Option<Vec<Value>> = items.iter().map(|item| convert(item, &element).ok()).collect();
    match converted {
        Some(items) => Value::list(element, items),
        None => Value::tuple(items.to_vec()),
    }
}

fn contains(arguments: &[Value]) -> Answer {
    match arguments[0].items() {
        Some(items) => Ok(Value::bool(items.iter().any(|item| same(item, &arguments[1])))),
        None => failed("argument must be list, tuple, or set"),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    !a.is_null() && equal(a, b)
}

fn distinct(list: &Value) -> Value {
    let Data::List(elements) = &list.data else { return list.clone() };
    let mut seen = std::collections::BTreeSet::new();
    let mut kept = Vec::new();
    for item in &elements.items {
        if seen.insert(Ordered(item.clone())) {
            kept.push(item.clone());
        }
    }
    Value::list(elements.element.clone(), kept)
}

/// A value with its total order, for trees.
struct Ordered(Value);

impl PartialEq for Ordered {
    fn eq(&self, other: &Ordered) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Ordered) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Ordered) -> std::cmp::Ordering {
        crate::config::value::order(&self.0, &other.0)
    }
}

fn flatten(value: &Value) -> Answer {
    if value.items().is_none() {
        return failed("can only flatten lists, sets and tuples");
    }
    let mut flat = Vec::new();
    // A stack of what is still to be looked at, last first, instead of recursion.
    let mut pending: Vec<Value> = value.items().unwrap_or_default().iter().rev().cloned().collect();
    while let Some(next) = pending.pop() {
        match next.items() {
            Some(items) => {
                pending.extend(items.iter().rev().map(|item| item.clone().marked(next.sensitive)));
            }
            None => flat.push(next),
        }
    }
    Ok(Value::tuple(flat))
}

fn reverse(value: &Value) -> Answer {
    let reversed = |items: &[Value]| items.iter().rev().cloned().collect::<Vec<Value>>();
    match &value.data {
        Data::Tuple(items) => Ok(Value::tuple(reversed(items))),
        Data::List(elements) | Data::Set(elements) => {
            Ok(Value::list(elements.element.clone(), reversed(&elements.items)))
        }
        _ => {
            let kind = type_of(value).friendly();
            Err(Fault::Argument(0, format!("can only reverse list or tuple values, not {kind}")))
        }
    }
}

fn slice(arguments: &[Value]) -> Answer {
    let items = match &arguments[0].data {
        Data::List(elements) => &elements.items,
        Data::Tuple(items) => items.as_ref(),
        Data::Set(_) => {
            return Err(Fault::Argument(0, "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important".to_owned()));
        }
        _ => return Err(Fault::Argument(0, "must be a list or tuple value".to_owned())),
    };
    let (start, end) = (whole(arguments, 1)?, whole(arguments, 2)?);
    let size = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let problem = if start < 0 {
        Some((1, "start index must not be less than zero"))
    } else if end < 0 {
        Some((2, "end index must not be less than zero"))
    } else if start > size {
        Some((1, "start index must not be greater than the length of the list"))
    } else if end > size {
        Some((2, "end index must not be greater than the length of the list"))
    } else if start > end {
        Some((1, "start index must not be greater than end index"))
    } else {
        None
    };
    if let Some((at, message)) = problem {
        return Err(Fault::Argument(at, message.to_owned()));
    }
    let index = |at: i64| usize::try_from(at).unwrap_or_default();
    let cut = items[index(start)..index(end)].to_vec();
    Ok(match &arguments[0].data {
        Data::List(elements) => Value::list(elements.element.clone(), cut),
        _ => Value::tuple(cut),
    })
}

fn chunks(arguments: &[Value]) -> Answer {
    let Data::List(elements) = &arguments[0].data else { return Ok(arguments[0].clone()) };
    let Ok(size) = usize::try_from(whole(arguments, 1)?) else {
        return failed("the size argument must be positive");
    };
    let of = Type::list(elements.element.clone());
    let size = if size == 0 { elements.items.len().max(1) } else { size };
    let cut = elements.items.chunks(size).map(|chunk| Value::list(elements.element.clone(), chunk.to_vec()));
    Ok(Value::list(of, cut.collect()))
}

fn sort(list: &Value) -> Answer {
    let items = list.items().unwrap_or_default();
    if let Some(at) = items.iter().position(Value::is_null) {
        return failed(format!("given list element {at} is null; a null string cannot be sorted"));
    }
    let mut sorted = items.to_vec();
    sorted.sort_by(crate::config::value::order);
    Ok(Value::list(Type::String, sorted))
}

fn compact(list: &Value) -> Value {
    let full = |item: &&Value| item.as_str().is_some_and(|text| !text.is_empty());
    Value::list(Type::String, list.items().unwrap_or_default().iter().filter(full).cloned().collect())
}

fn coalesce(arguments: &[Value]) -> Answer {
    let types: Vec<Type> = arguments.iter().map(type_of).collect();
    let Some(of) = unify(&types) else { return failed("all arguments must have the same type") };
    let chosen = arguments.iter().filter_map(|value| convert(value, &of).ok());
    match chosen.into_iter().find(|value| !value.is_null() && value.as_str() != Some("")) {
        Some(value) => Ok(value),
        None => failed("no non-null, non-empty-string arguments"),
    }
}

fn coalescelist(arguments: &[Value]) -> Answer {
    if arguments.is_empty() {
        return failed("at least one argument is required");
    }
    let is_list = |value: &Value| matches!(type_of(value), Type::List(_) | Type::Tuple(_));
    if !arguments.iter().all(is_list) {
        return failed("coalescelist arguments must be lists or tuples");
    }
    let full = arguments.iter().find(|value| value.items().is_some_and(|items| !items.is_empty()));
    full.map_or_else(|| failed("no non-null arguments"), |value| Ok(value.clone()))
}

fn one(value: &Value) -> Answer {
    match value.items() {
        Some([]) => Ok(match &value.data {
            Data::List(elements) | Data::Set(elements) => Value::new(Data::Null(elements.element.clone())),
            _ => Value::null(),
        }),
        Some([only]) => Ok(only.clone()),
        _ => Err(Fault::Argument(
            0,
            "must be a list, set, or tuple value with either zero or one elements".to_owned(),
        )),
    }
}

fn truths(list: &Value) -> impl Iterator<Item = Option<bool>> {
    list.items().unwrap_or_default().iter().map(|item| match &item.data {
        Data::Bool(truth) => Some(*truth),
        _ => None,
    })
}

fn index(arguments: &[Value]) -> Answer {
    if !matches!(arguments[0].data, Data::List(_) | Data::Tuple(_)) {
        return failed("argument must be a list or tuple");
    }
    let items = arguments[0].items().unwrap_or_default();
    if items.is_empty() {
        return failed("cannot search an empty list");
    }
    match items.iter().position(|item| same(item, &arguments[1])) {
        Some(at) => Ok(Value::number(at)),
        None => failed("item not found"),
    }
}
