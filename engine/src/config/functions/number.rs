//! Numeric functions.
//!
//! `log` and fractional powers go through binary floats, as Terraform's do.

use super::text::whole;
use super::{Answer, Fault, Function, Kind, parameter, row, string, variadic};
use crate::config::value::number::Number;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};

pub(super) const TABLE: &[Function] = &[
    variadic("min", &[], parameter("numbers", Kind::Number), |a, _| extreme(a, |new, best| new < best)),
    variadic("max", &[], parameter("numbers", Kind::Number), |a, _| extreme(a, |new, best| new > best)),
    row("abs", &[parameter("num", Kind::Number)], |a, _| Ok(Value::number(number(a, 0).absolute()))),
    row("ceil", &[parameter("num", Kind::Number)], |a, _| Ok(Value::number(number(a, 0).ceiling()))),
    row("floor", &[parameter("num", Kind::Number)], |a, _| Ok(Value::number(number(a, 0).floor()))),
    row("signum", &[parameter("num", Kind::Number)], |a, _| Ok(Value::number(whole(a, 0)?.signum()))),
    row("pow", &[parameter("num", Kind::Number), parameter("power", Kind::Number)], |a, _| power(a)),
    row("log", &[parameter("num", Kind::Number), parameter("base", Kind::Number)], |a, _| logarithm(a)),
    row("parseint", &[parameter("number", Kind::Any), parameter("base", Kind::Number)], |a, _| parse(a)),
    variadic("range", &[], parameter("params", Kind::Number), |a, _| range(a)),
    row("sum", &[parameter("list", Kind::Any)], |a, _| sum(a)),
];

/// A number argument. The table declares which those are.
pub(super) fn number(arguments: &[Value], at: usize) -> Number {
    match arguments.get(at).map(|value| &value.data) {
        Some(Data::Number(number)) => number.clone(),
        _ => Number::zero(),
    }
}

fn too_large() -> Fault {
    Fault::Call("the result is too large".to_owned())
}

fn extreme(arguments: &[Value], better: fn(&Number, &Number) -> bool) -> Answer {
    let numbers = (0..arguments.len()).map(|at| number(arguments, at));
    match numbers.reduce(|best, new| if better(&new, &best) { new } else { best }) {
        Some(best) => Ok(Value::number(best)),
        None => Err(Fault::Call("must pass at least one number".to_owned())),
    }
}

fn power(arguments: &[Value]) -> Answer {
    let (base, exponent) = (number(arguments, 0), number(arguments, 1));
    let exact = match exponent.to_i64().map(|whole| (whole < 0, u32::try_from(whole.unsigned_abs()))) {
        Some((false, Ok(exponent))) => Some(base.power(exponent)),
        Some((true, Ok(exponent))) => {
            Some(base.power(exponent).and_then(|divisor| Number::from(1_i64).divide(&divisor)))
        }
        _ => None,
    };
    let result = match exact {
        Some(result) => result,
        None => Number::from_f64(base.to_f64().powf(exponent.to_f64())),
    };
    result.map(Value::number).ok_or_else(too_large)
}

fn logarithm(arguments: &[Value]) -> Answer {
    let (value, base) = (number(arguments, 0).to_f64(), number(arguments, 1).to_f64());
    Number::from_f64(value.ln() / base.ln())
        .map(Value::number)
        .ok_or_else(|| Fault::Call("there is no such logarithm".to_owned()))
}

fn parse(arguments: &[Value]) -> Answer {
    let Some(text) = arguments[0].as_str() else {
        let kind = crate::config::value::types::type_of(&arguments[0]).friendly();
        return Err(Fault::Argument(0, format!("first argument must be a string, not {kind}")));
    };
    let base =
        whole(arguments, 1).ok().and_then(|base| u32::try_from(base).ok()).filter(|b| (2..=62).contains(b));
    let Some(base) = base else {
        return Err(Fault::Argument(1, "base must be a whole number between 2 and 62 inclusive".to_owned()));
    };
    Number::parse_integer(text, base).map(Value::number).ok_or_else(|| {
        Fault::Argument(0, format!("cannot parse \"{}\" as a base {base} integer", string(arguments, 0)))
    })
}

fn range(arguments: &[Value]) -> Answer {
    let zero = Number::zero();
    let (start, end) = match arguments.len() {
        1 => (zero.clone(), number(arguments, 0)),
        2 | 3 => (number(arguments, 0), number(arguments, 1)),
        _ => return Err(Fault::Call("must have one, two, or three arguments".to_owned())),
    };
    let down = end < start;
    let step = match arguments.len() {
        3 => number(arguments, 2),
        _ => Number::from(if down { -1_i64 } else { 1 }),
    };
    if down && !step.is_negative() && !step.is_zero() {
        return Err(Fault::Argument(0, "end must be greater than start when step is positive".to_owned()));
    }
    if !down && start != end && step.is_negative() {
        return Err(Fault::Argument(0, "end must be less than start when step is negative".to_owned()));
    }
    let mut numbers = Vec::new();
    let mut at = start;
    while if down { at > end } else { at < end } {
        if numbers.len() == 1024 {
            return Err(Fault::Call("more than 1024 values were generated; either decrease the difference between start and end or use a smaller step".to_owned()));
        }
        numbers.push(Value::number(at.clone()));
        at = at.add(&step).ok_or_else(too_large)?;
    }
    Ok(Value::list(Type::Number, numbers))
}

fn sum(arguments: &[Value]) -> Answer {
    const WRONG: &str = "argument must be list, set, or tuple of number values";
    let items = arguments[0].items().ok_or_else(|| Fault::Argument(0, WRONG.to_owned()))?;
    if items.is_empty() {
        return Err(Fault::Argument(0, "cannot sum an empty list".to_owned()));
    }
    let mut total = Number::zero();
    for item in items {
        match crate::config::value::convert::convert(item, &Type::Number).map(|value| value.data) {
            Ok(Data::Number(number)) => total = total.add(&number).ok_or_else(too_large)?,
            _ => return Err(Fault::Argument(0, WRONG.to_owned())),
        }
    }
    Ok(Value::number(total))
}
