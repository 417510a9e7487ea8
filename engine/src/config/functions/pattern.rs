//! Regular expressions and replacement.
//!
//! Terraform's syntax is RE2's, which the regex crate shares but for corners; both run
//! in linear time, so that no pattern can hang a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};

use super::{Answer, Fault, Function, Kind, parameter, row, string, text_value};
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Value};

pub(super) const TABLE: &[Function] = &[
    row("regex", &[parameter("pattern", Kind::String), parameter("string", Kind::String)], |a, _| first(a)),
    row("regexall", &[parameter("pattern", Kind::String), parameter("string", Kind::String)], |a, _| all(a)),
    row(
        "replace",
        &[
            parameter("str", Kind::String),
            parameter("substr", Kind::String),
            parameter("replace", Kind::String),
        ],
        |a, _| replace(a),
    ),
];

/// Compiles a pattern; the error is one line.
fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|error| {
        let text = error.to_string();
        text.lines()
            .rev()
            .find_map(|line| line.strip_prefix("error: "))
            .unwrap_or("it cannot be read")
            .to_owned()
    })
}

/// A pattern whose groups are all named or all unnamed.
fn grouped(pattern: &str) -> Result<Regex, Fault> {
    let regex = compile(pattern)
        .map_err(|problem| Fault::Argument(0, format!("invalid regexp pattern: {problem}")))?;
    let named = regex.capture_names().flatten().count();
    if named > 0 && named + 1 < regex.captures_len() {
        let problem = "invalid regexp pattern: cannot mix both named and unnamed capture groups";
        return Err(Fault::Argument(0, problem.to_owned()));
    }
    Ok(regex)
}

/// A match as a value: the text, a tuple of groups, or an object of named groups.
fn matched(regex: &Regex, captures: &Captures<'_>) -> Value {
    let group = |text: Option<regex::Match<'_>>| {
        text.map_or_else(|| Value::new(Data::Null(Type::String)), |found| Value::string(found.as_str()))
    };
    if regex.captures_len() == 1 {
        return group(captures.get(0));
    }
    if regex.capture_names().flatten().next().is_some() {
        let named: BTreeMap<Arc<str>, Value> = regex
            .capture_names()
            .flatten()
            .map(|name| (Arc::from(name), group(captures.name(name))))
            .collect();
        return Value::object(named);
    }
    Value::tuple(captures.iter().skip(1).map(group).collect())
}

fn first(arguments: &[Value]) -> Answer {
    let regex = grouped(string(arguments, 0))?;
    match regex.captures(string(arguments, 1)) {
        Some(captures) => Ok(matched(&regex, &captures)),
        None => Err(Fault::Call("pattern did not match any part of the given string".to_owned())),
    }
}

fn all(arguments: &[Value]) -> Answer {
    let regex = grouped(string(arguments, 0))?;
    let found: Vec<Value> =
        regex.captures_iter(string(arguments, 1)).map(|captures| matched(&regex, &captures)).collect();
    Ok(Value::list(found.first().map_or(Type::Any, type_of), found))
}

/// A pattern between slashes is a regular expression, anything else is plain text.
fn replace(arguments: &[Value]) -> Answer {
    let (text, wanted, with) = (string(arguments, 0), string(arguments, 1), string(arguments, 2));
    let inner = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let matches = text.len() + 1;
    if matches.saturating_mul(with.len()) > super::MAX_TEXT
        && text.matches(wanted).count() * with.len() > super::MAX_TEXT
    {
        return Err(Fault::Call("the result is longer than 16 MiB".to_owned()));
    }
    match inner {
        Some(pattern) => {
            let regex = compile(pattern)
                .map_err(|problem| Fault::Call(format!("error parsing regexp: {problem}")))?;
            text_value(regex.replace_all(text, with).into_owned())
        }
        None => text_value(text.replace(wanted, with)),
    }
}
