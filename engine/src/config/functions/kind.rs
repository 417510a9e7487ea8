//! Conversions of types, and the sensitive mark.

use super::{Answer, Fault, Function, Kind, Parameter, Surroundings, nullable, own, row};
use crate::config::value::convert::{convert, convertible};
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Value};

const V: &[Parameter] = &[nullable("v", Kind::Any)];
const VALUE: &[Parameter] = &[nullable("value", Kind::Any)];

pub(super) const TABLE: &[Function] = &[
    own(row("tostring", V, |a, _| to(a, &Type::String))),
    own(row("tonumber", V, |a, _| to(a, &Type::Number))),
    own(row("tobool", V, |a, _| to(a, &Type::Bool))),
    own(row("tolist", V, |a, _| to(a, &Type::list(Type::Any)))),
    own(row("toset", V, |a, _| to(a, &Type::set(Type::Any)))),
    own(row("tomap", V, |a, _| to(a, &Type::map(Type::Any)))),
    own(row("sensitive", VALUE, |a, _| Ok(a[0].clone().marked(true)))),
    own(row("nonsensitive", VALUE, nonsensitive)),
    // Nothing is ephemeral here: no value lives only while a plan is made.
    own(row("ephemeralasnull", VALUE, |a, _| Ok(a[0].clone()))),
    own(row("issensitive", VALUE, |a, _| Ok(Value::bool(a[0].sensitive)))),
];

fn nonsensitive(arguments: &[Value], _: &Surroundings<'_>) -> Answer {
    Ok(Value { data: arguments[0].data.clone(), sensitive: false })
}

fn to(arguments: &[Value], wanted: &Type) -> Answer {
    let value = &arguments[0];
    convert(value, wanted).map_err(|_| {
        let from = type_of(value);
        let text = value.as_str().filter(|_| !value.sensitive);
        let problem = match (text, wanted) {
            (Some(text), Type::Number) => format!(
                "cannot convert \"{text}\" to number; given string must be a decimal representation of a number"
            ),
            (Some(text), Type::Bool) => format!(
                "cannot convert \"{text}\" to bool; only the strings \"true\" or \"false\" are allowed"
            ),
            _ if convertible(&from, wanted) && matches!(value.data, Data::String(_)) => {
                format!("cannot convert this sensitive string to {}", wanted.friendly())
            }
            _ => format!("cannot convert {} to {}", from.friendly(), wanted.friendly()),
        };
        Fault::Argument(0, problem)
    })
}
