//! Functions on sets.

use super::{Answer, Fault, Function, Kind, parameter, row, variadic};
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::unify::unify;
use crate::config::value::{Data, Value, order};

pub(super) const TABLE: &[Function] = &[
    variadic("setunion", &[parameter("first_set", Kind::Set)], parameter("other_sets", Kind::Set), |a, _| {
        combine(a, |left, right| {
            let mut all = left;
            all.extend(right.iter().cloned());
            all
        })
    }),
    variadic(
        "setintersection",
        &[parameter("first_set", Kind::Set)],
        parameter("other_sets", Kind::Set),
        |a, _| combine(a, |left, right| left.into_iter().filter(|item| has(right, item)).collect()),
    ),
    row("setsubtract", &[parameter("a", Kind::Set), parameter("b", Kind::Set)], |a, _| {
        combine(a, |left, right| left.into_iter().filter(|item| !has(right, item)).collect())
    }),
    variadic("setproduct", &[], parameter("sets", Kind::Any), |a, _| product(a)),
];

/// Most combinations that `setproduct` makes.
const MAX_PRODUCT: usize = 100_000;

/// Whether a sorted sequence has an element.
fn has(sorted: &[Value], item: &Value) -> bool {
    sorted.binary_search_by(|other| order(other, item)).is_ok()
}

fn combine(arguments: &[Value], with: fn(Vec<Value>, &[Value]) -> Vec<Value>) -> Answer {
    let types: Vec<Type> = arguments.iter().map(type_of).collect();
    let Some(of) = unify(&types) else {
        return Err(Fault::Call("given sets must all have compatible element types".to_owned()));
    };
    let mut sets = Vec::with_capacity(arguments.len());
    for (at, argument) in arguments.iter().enumerate() {
        sets.push(convert(argument, &of).map_err(|mismatch| Fault::Argument(at, mismatch.text()))?);
    }
    let element = match &of {
        Type::Set(element) => element.as_ref().clone(),
        _ => Type::Any,
    };
    let mut sets = sets.iter().map(|set| set.items().unwrap_or_default());
    let first = sets.next().unwrap_or_default().to_vec();
    Ok(Value::set(element, sets.fold(first, with)))
}

fn product(arguments: &[Value]) -> Answer {
    if arguments.len() < 2 {
        return Err(Fault::Call("at least two arguments are required".to_owned()));
    }
    let mut size = 1_usize;
    for (at, argument) in arguments.iter().enumerate() {
        let Some(items) = argument.items() else {
            return Err(Fault::Argument(at, "a set or a list is required".to_owned()));
        };
        size = size.saturating_mul(items.len());
    }
    if size > MAX_PRODUCT {
        return Err(Fault::Call(format!("the result would have more than {MAX_PRODUCT} combinations")));
    }
    let mut combinations: Vec<Vec<Value>> = vec![Vec::new()];
    let mut elements = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let items = argument.items().unwrap_or_default();
        let types: Vec<Type> = items.iter().map(type_of).collect();
        let of = if types.is_empty() { Some(Type::Any) } else { unify(&types) };
        let Some(of) = of else {
            return Err(Fault::Call("all elements must be of the same type".to_owned()));
        };
        let converted: Vec<Value> = items.iter().filter_map(|item| convert(item, &of).ok()).collect();
        let longer = |start: &Vec<Value>| {
            converted
                .iter()
                .map(|item| start.iter().cloned().chain([item.clone()]).collect())
                .collect::<Vec<_>>()
        };
        combinations = combinations.iter().flat_map(longer).collect();
        elements.push(of);
    }
    let of = Type::Tuple(std::sync::Arc::new(elements));
    let tuples: Vec<Value> = combinations.into_iter().map(Value::tuple).collect();
    let any_set = arguments.iter().any(|argument| matches!(argument.data, Data::Set(_)));
    Ok(if any_set { Value::set(of, tuples) } else { Value::list(of, tuples) })
}
