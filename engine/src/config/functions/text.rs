//! String functions.
//!
//! Characters are grapheme clusters where Terraform counts them.

use unicode_segmentation::UnicodeSegmentation;

use super::{Answer, Fault, Function, Kind, parameter, row, string, text_value, variadic};
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};

pub(super) const TABLE: &[Function] = &[
    row("upper", &[parameter("str", Kind::String)], |a, _| text_value(map_chars(string(a, 0), upper))),
    row("lower", &[parameter("str", Kind::String)], |a, _| text_value(map_chars(string(a, 0), lower))),
    row("title", &[parameter("str", Kind::String)], |a, _| text_value(title(string(a, 0)))),
    row("strrev", &[parameter("str", Kind::String)], |a, _| {
        text_value(string(a, 0).graphemes(true).rev().collect())
    }),
    row("trimspace", &[parameter("str", Kind::String)], |a, _| text_value(string(a, 0).trim().to_owned())),
    row("trim", &[parameter("str", Kind::String), parameter("cutset", Kind::String)], |a, _| {
        let set = string(a, 1);
        text_value(string(a, 0).trim_matches(|c| set.contains(c)).to_owned())
    }),
    row("trimprefix", &[parameter("str", Kind::String), parameter("prefix", Kind::String)], |a, _| {
        let text = string(a, 0);
        text_value(text.strip_prefix(string(a, 1)).unwrap_or(text).to_owned())
    }),
    row("trimsuffix", &[parameter("str", Kind::String), parameter("suffix", Kind::String)], |a, _| {
        let text = string(a, 0);
        text_value(text.strip_suffix(string(a, 1)).unwrap_or(text).to_owned())
    }),
    row("chomp", &[parameter("str", Kind::String)], |a, _| {
        text_value(string(a, 0).trim_end_matches(['\n', '\r']).to_owned())
    }),
    row("indent", &[parameter("spaces", Kind::Number), parameter("str", Kind::String)], |a, _| indent(a)),
    variadic("join", &[parameter("separator", Kind::String)], parameter("lists", Kind::Strings), |a, _| {
        join(a)
    }),
    row("split", &[parameter("separator", Kind::String), parameter("str", Kind::String)], |a, _| split(a)),
    row(
        "substr",
        &[
            parameter("str", Kind::String),
            parameter("offset", Kind::Number),
            parameter("length", Kind::Number),
        ],
        |a, _| substr(a),
    ),
    row("startswith", &[parameter("str", Kind::String), parameter("prefix", Kind::String)], |a, _| {
        Ok(Value::bool(string(a, 0).starts_with(string(a, 1))))
    }),
    row("endswith", &[parameter("str", Kind::String), parameter("suffix", Kind::String)], |a, _| {
        Ok(Value::bool(string(a, 0).ends_with(string(a, 1))))
    }),
    row("strcontains", &[parameter("str", Kind::String), parameter("substr", Kind::String)], |a, _| {
        Ok(Value::bool(string(a, 0).contains(string(a, 1))))
    }),
];

/// Each character by itself, as Go does: `ß` stays `ß`.
fn map_chars(text: &str, each: fn(char) -> char) -> String {
    text.chars().map(each).collect()
}

fn single(mut mapped: impl Iterator<Item = char>, original: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => original,
    }
}

fn upper(c: char) -> char {
    single(c.to_uppercase(), c)
}

fn lower(c: char) -> char {
    single(c.to_lowercase(), c)
}

/// The first letter of every word in upper case.
fn title(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(if inside { c } else { upper(c) });
        inside =
            c.is_alphanumeric() || c == '_' || (inside && c == '\'') || !(c.is_ascii() || c.is_whitespace());
    }
    out
}

/// A whole number argument.
pub(super) fn whole(arguments: &[Value], at: usize) -> Result<i64, Fault> {
    match arguments.get(at).map(|value| &value.data) {
        Some(Data::Number(number)) => number.to_i64().ok_or_else(|| {
            Fault::Call(
                "value must be a whole number, between -9223372036854775808 and 9223372036854775807"
                    .to_owned(),
            )
        }),
        _ => Ok(0),
    }
}

fn indent(arguments: &[Value]) -> Answer {
    let spaces = usize::try_from(whole(arguments, 0)?)
        .map_err(|_| Fault::Argument(0, "the number of spaces must not be negative".to_owned()))?;
    let text = string(arguments, 1);
    let lines = text.matches('\n').count();
    if spaces.saturating_mul(lines) > super::MAX_TEXT {
        return Err(Fault::Call("the result is longer than 16 MiB".to_owned()));
    }
    text_value(text.replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

fn join(arguments: &[Value]) -> Answer {
    if arguments.len() < 2 {
        return Err(Fault::Call("at least one list is required".to_owned()));
    }
    let mut parts = Vec::new();
    let mut length = 0_usize;
    for (at, list) in arguments.iter().enumerate().skip(1) {
        for (position, item) in list.items().unwrap_or_default().iter().enumerate() {
            let Some(text) = item.as_str() else {
                let problem = format!("element {position} is null; cannot concatenate null values");
                return Err(Fault::Argument(at, problem));
            };
            length = length.saturating_add(text.len() + string(arguments, 0).len());
            parts.push(text);
        }
    }
    if length > super::MAX_TEXT {
        return Err(Fault::Call("the result is longer than 16 MiB".to_owned()));
    }
    text_value(parts.join(string(arguments, 0)))
}

/// Strings as a list.
pub(super) fn strings<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::list(Type::String, texts.into_iter().map(Value::string).collect())
}

fn split(arguments: &[Value]) -> Answer {
    let (separator, text) = (string(arguments, 0), string(arguments, 1));
    if separator.is_empty() {
        let mut buffer = [0; 4];
        let chars = text.chars().map(|c| Value::string(c.encode_utf8(&mut buffer))).collect();
        return Ok(Value::list(Type::String, chars));
    }
    Ok(strings(text.split(separator)))
}

fn substr(arguments: &[Value]) -> Answer {
    let text: Vec<&str> = string(arguments, 0).graphemes(true).collect();
    let (offset, length) = (whole(arguments, 1)?, whole(arguments, 2)?);
    let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { (size.saturating_add(offset)).max(0) } else { offset.min(size) };
    let end = if length < 0 { size } else { start.saturating_add(length).min(size) };
    let index = |at: i64| usize::try_from(at).unwrap_or_default();
    text_value(text[index(start)..index(end)].concat())
}
