//! `format` and `formatlist`: Go's verbs as go-cty understands them.
//!
//! Widths and precisions count grapheme clusters. Not here: regular text functions.
//! Invariant: widths and precisions are bounded.

use unicode_segmentation::UnicodeSegmentation;

use super::{Answer, Fault, Function, Kind, json, nullable, parameter, string, text_value, variadic};
use crate::config::value::convert::convert;
use crate::config::value::number::Number;
use crate::config::value::print::quote;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};

pub(super) const TABLE: &[Function] = &[
    variadic("format", &[parameter("format", Kind::String)], nullable("args", Kind::Any), |a, _| {
        text_value(formatted(string(a, 0), &a[1..])?)
    }),
    variadic("formatlist", &[parameter("format", Kind::String)], nullable("args", Kind::Any), |a, _| {
        format_list(a)
    }),
];

/// Widest padding and longest fraction.
const MAX_WIDTH: usize = 10_000;

/// One `%…` of a format.
#[derive(Default)]
struct Verb<'t> {
    raw: &'t str,
    offset: usize,
    mode: char,
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
    index: Option<usize>,
}

fn failed<T>(message: String) -> Result<T, Fault> {
    Err(Fault::Call(message))
}

fn formatted(format: &str, arguments: &[Value]) -> Result<String, Fault> {
    let mut out = String::new();
    let mut at = 0;
    let mut next = 0;
    let mut highest = 0;
    let mut verbs = 0;
    while let Some(found) = format[at..].find('%') {
        out.push_str(&format[at..at + found]);
        let verb = parse(format, at + found)?;
        at = at + found + verb.raw.len();
        if verb.mode == '%' {
            out.push('%');
            continue;
        }
        verbs += 1;
        let index = verb.index.unwrap_or(next);
        next = index + 1;
        highest = highest.max(next);
        let Some(argument) = arguments.get(index) else {
            return failed(format!(
                "not enough arguments for {} at {}: need index {} but have {} total",
                quote(verb.raw),
                verb.offset,
                index + 1,
                arguments.len()
            ));
        };
        append(&mut out, &verb, argument)?;
    }
    out.push_str(&format[at..]);
    if highest < arguments.len() {
        let problem = match verbs {
            0 => "too many arguments; no verbs in format string".to_owned(),
            _ => format!("too many arguments; only {highest} used by format string"),
        };
        return Err(Fault::Argument(highest + 1, problem));
    }
    Ok(out)
}

/// Reads the verb at a percent sign.
fn parse(format: &str, start: usize) -> Result<Verb<'_>, Fault> {
    let mut verb = Verb { offset: start, ..Verb::default() };
    let mut at = start + 1;
    let peek = |at: usize| format[at..].chars().next();
    while let Some(flag) = peek(at).filter(|c| matches!(c, '+' | '-' | '#' | ' ' | '0')) {
        match flag {
            '+' => verb.plus = true,
            '-' => verb.minus = true,
            '#' => verb.sharp = true,
            ' ' => verb.space = true,
            _ => verb.zero = true,
        }
        at += 1;
    }
    let number = |at: &mut usize| -> Result<Option<usize>, Fault> {
        let digits: String = format[*at..].chars().take_while(char::is_ascii_digit).collect();
        *at += digits.len();
        match (digits.is_empty(), digits.parse::<usize>()) {
            (true, _) => Ok(None),
            (false, Ok(number)) if number <= MAX_WIDTH => Ok(Some(number)),
            _ => failed(format!("the number {digits} is too large for a format")),
        }
    };
    verb.width = number(&mut at)?;
    if peek(at) == Some('.') {
        at += 1;
        verb.precision = Some(number(&mut at)?.unwrap_or(0));
    }
    if peek(at) == Some('[') {
        let open = at;
        at += 1;
        let index = number(&mut at)?.filter(|index| *index > 0);
        let (Some(index), Some(']')) = (index, peek(at)) else {
            let wrong = peek(open + 1).unwrap_or(']');
            return failed(format!("unrecognized format character '{wrong}' at offset {}", open + 1));
        };
        verb.index = Some(index - 1);
        at += 1;
    }
    match peek(at) {
        None => failed(format!("invalid format string starting at offset {at}")),
        Some(mode) if mode == '%' || mode.is_ascii_alphabetic() => {
            verb.mode = mode;
            verb.raw = &format[start..at + 1];
            Ok(verb)
        }
        Some(other) => failed(format!("unrecognized format character '{other}' at offset {at}")),
    }
}

fn append(out: &mut String, verb: &Verb<'_>, argument: &Value) -> Result<(), Fault> {
    let unsupported =
        |why: &str| format!("unsupported value for {} at {}: {why}", quote(verb.raw), verb.offset);
    if verb.mode != 'v' && argument.is_null() {
        return failed(unsupported("null value cannot be formatted"));
    }
    let as_type = |of: Type| convert(argument, &of).map_err(|e| Fault::Call(unsupported(&e.text())));
    match verb.mode {
        'v' => {
            let text = match (&argument.data, verb.sharp) {
                (Data::String(text), false) => text.to_string(),
                _ => json::encode(argument).map_err(|e| Fault::Call(unsupported(&e)))?,
            };
            pad(out, verb, &text, None);
        }
        't' => match as_type(Type::Bool)?.data {
            Data::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
            _ => return failed(unsupported("a bool is required")),
        },
        's' | 'q' => {
            let text = as_type(Type::String)?;
            let text = text.as_str().unwrap_or_default();
            let cut: String = match verb.precision {
                Some(length) => text.graphemes(true).take(length).collect(),
                None => text.to_owned(),
            };
            pad(out, verb, &if verb.mode == 'q' { quote(&cut) } else { cut }, None);
        }
        'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' => match as_type(Type::Number)?.data {
            Data::Number(number) => {
                let whole = matches!(verb.mode, 'b' | 'd' | 'o' | 'x' | 'X');
                if whole && !number.is_whole() {
                    return failed(unsupported("an integer is required"));
                }
                append_number(out, verb, &number);
            }
            _ => return failed(unsupported("a number is required")),
        },
        other => {
            return failed(format!(
                "unsupported format verb '{other}' in {} at offset {}",
                quote(verb.raw),
                verb.offset
            ));
        }
    }
    Ok(())
}

fn append_number(out: &mut String, verb: &Verb<'_>, number: &Number) {
    let size = number.absolute();
    let digits = match verb.mode {
        'd' => size.in_base(10),
        'b' => size.in_base(2),
        'o' => size.in_base(8),
        'x' => size.in_base(16),
        'X' => size.in_base(16).to_ascii_uppercase(),
        'f' => size.fixed(places(verb, 6)),
        'e' | 'E' => exponential(&size, Some(places(verb, 6)), verb.mode),
        _ => general(&size, verb),
    };
    let prefix = match (verb.sharp, verb.mode) {
        (true, 'x') => "0x",
        (true, 'X') => "0X",
        (true, 'o') => "0",
        (true, 'b') => "0b",
        _ => "",
    };
    let sign = match (number.is_negative(), verb.plus, verb.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    };
    pad(out, verb, &digits, Some(&format!("{sign}{prefix}")));
}

fn places(verb: &Verb<'_>, default: u16) -> u16 {
    verb.precision.map_or(default, |places| u16::try_from(places).unwrap_or(default))
}

/// `1.500000e+00`; without a precision, as many digits as there are.
fn exponential(number: &Number, precision: Option<u16>, mode: char) -> String {
    let rounded = match precision {
        Some(places) => number.significant(places.saturating_add(1)),
        None => number.clone(),
    };
    let (digits, exponent) = rounded.scientific();
    let mut digits = digits.trim_end_matches('0').to_owned();
    if digits.is_empty() {
        digits.push('0');
    }
    let (first, rest) = digits.split_at(1);
    let places = precision.map_or(rest.len(), usize::from);
    let point = if places > 0 { format!(".{rest:0<places$}") } else { String::new() };
    let letter = if mode.is_ascii_uppercase() { 'E' } else { 'e' };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{letter}{sign}{:02}", exponent.abs())
}

fn general(number: &Number, verb: &Verb<'_>) -> String {
    let precision = verb.precision.map(|digits| u16::try_from(digits.max(1)).unwrap_or(u16::MAX));
    let rounded = precision.map_or_else(|| number.clone(), |digits| number.significant(digits));
    let (_, exponent) = rounded.scientific();
    // The shortest form decides as if six digits had been asked for.
    let limit = precision.map_or(6, i64::from);
    if exponent < -4 || exponent >= limit {
        exponential(&rounded, None, verb.mode)
    } else {
        rounded.to_string()
    }
}

/// Pads to the width; zeros go between the sign and the digits of a number.
fn pad(out: &mut String, verb: &Verb<'_>, text: &str, sign: Option<&str>) {
    let sign_text = sign.unwrap_or_default();
    let width = text.graphemes(true).count() + sign_text.len();
    let missing = verb.width.map_or(0, |wanted| wanted.saturating_sub(width));
    let fill = |out: &mut String, c: char| out.extend(std::iter::repeat_n(c, missing));
    match (verb.minus, verb.zero && sign.is_some()) {
        (true, _) => {
            out.push_str(sign_text);
            out.push_str(text);
            fill(out, ' ');
        }
        (false, true) => {
            out.push_str(sign_text);
            fill(out, '0');
            out.push_str(text);
        }
        (false, false) => {
            fill(out, ' ');
            out.push_str(sign_text);
            out.push_str(text);
        }
    }
}

/// Formats element by element; arguments that are no lists repeat.
fn format_list(arguments: &[Value]) -> Answer {
    let format = string(arguments, 0);
    let rest = &arguments[1..];
    let mut length: Option<(usize, usize)> = None;
    for (at, argument) in rest.iter().enumerate() {
        let Some(items) = argument.items() else { continue };
        match length {
            Some((first, length)) if length != items.len() => {
                let problem = format!(
                    "argument {} has length {}, which is inconsistent with argument {} of length {length}",
                    at + 1,
                    items.len(),
                    first + 1
                );
                return Err(Fault::Argument(at + 1, problem));
            }
            Some(_) => {}
            None => length = Some((at, items.len())),
        }
    }
    let mut lines = Vec::new();
    for row in 0..length.map_or(1, |(_, length)| length) {
        let picked: Vec<Value> = rest
            .iter()
            .map(|argument| argument.items().map_or_else(|| argument.clone(), |items| items[row].clone()))
            .collect();
        match formatted(format, &picked) {
            Ok(text) => lines.push(text_value(text)?),
            Err(Fault::Argument(_, problem) | Fault::Call(problem)) => {
                return failed(format!("error on format iteration {row}: {problem}"));
            }
        }
    }
    Ok(Value::list(Type::String, lines))
}
