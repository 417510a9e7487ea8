//! How values are printed, as `terraform console` prints them.
//!
//! Not here: JSON (`functions::json`). Invariant: sensitive content is never printed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::types::Type;
use super::{Data, Reference, Value};

/// The value as `console` shows it, without a final newline.
pub(crate) fn console(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, indent: usize) {
    if value.sensitive {
        out.push_str("(sensitive value)");
        return;
    }
    match &value.data {
        Data::Unknown => out.push_str("(known after apply)"),
        Data::Null(of) => out.push_str(&null(of)),
        Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Data::Number(number) => out.push_str(&number.to_string()),
        Data::String(text) if text.contains('\n') => heredoc(out, text, indent),
        Data::String(text) => out.push_str(&quote(text)),
        Data::Tuple(items) => sequence(out, items, indent),
        Data::Object(entries) => mapping(out, entries, indent),
        Data::List(elements) => wrapped(out, "tolist(", |out| sequence(out, &elements.items, indent)),
        Data::Set(elements) => wrapped(out, "toset(", |out| sequence(out, &elements.items, indent)),
        Data::Map(entries) => wrapped(out, "tomap(", |out| mapping(out, &entries.items, indent)),
        Data::Reference(reference) => out.push_str(&reference_text(reference)),
    }
}

fn wrapped(out: &mut String, open: &str, inner: impl FnOnce(&mut String)) {
    out.push_str(open);
    inner(out);
    out.push(')');
}

fn null(of: &Type) -> String {
    match of {
        Type::Any => "null".to_owned(),
        Type::String => "tostring(null)".to_owned(),
        Type::Number => "tonumber(null)".to_owned(),
        Type::Bool => "tobool(null)".to_owned(),
        Type::List(element) => format!("tolist(null) /* of {} */", element.friendly()),
        Type::Set(element) => format!("toset(null) /* of {} */", element.friendly()),
        Type::Map(element) => format!("tomap(null) /* of {} */", element.friendly()),
        Type::Tuple(_) | Type::Object(_) | Type::Role | Type::Server => {
            format!("null /* {} */", of.friendly())
        }
    }
}

fn sequence(out: &mut String, items: &[Value], indent: usize) {
    if items.is_empty() {
        out.push_str("[]");
        return;
    }
    out.push_str("[\n");
    for item in items {
        pad(out, indent + 2);
        write_value(out, item, indent + 2);
        out.push_str(",\n");
    }
    pad(out, indent);
    out.push(']');
}

fn mapping(out: &mut String, entries: &BTreeMap<Arc<str>, Value>, indent: usize) {
    if entries.is_empty() {
        out.push_str("{}");
        return;
    }
    out.push_str("{\n");
    for (key, item) in entries {
        pad(out, indent + 2);
        out.push_str(&quote(key));
        out.push_str(" = ");
        write_value(out, item, indent + 2);
        out.push('\n');
    }
    pad(out, indent);
    out.push('}');
}

fn pad(out: &mut String, width: usize) {
    out.extend(std::iter::repeat_n(' ', width));
}

fn heredoc(out: &mut String, text: &str, indent: usize) {
    let mut delimiter = "EOT".to_owned();
    while text.split('\n').any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&delimiter);
    for line in text.split('\n') {
        out.push('\n');
        pad(out, indent);
        out.push_str(line);
    }
    out.push('\n');
    pad(out, indent);
    out.push_str(&delimiter);
}

/// A string literal as Go's `strconv.Quote` writes it.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => push_hex(&mut out, "\\x", u32::from(c), 2),
            c if hidden(c) && u32::from(c) > 0xffff => push_hex(&mut out, "\\U", u32::from(c), 8),
            c if hidden(c) => push_hex(&mut out, "\\u", u32::from(c), 4),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn push_hex(out: &mut String, prefix: &str, code: u32, width: usize) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{prefix}{code:0width$x}");
}

/// What would not show, or would reorder text on a terminal.
fn hidden(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn reference_text(reference: &Reference) -> String {
    match reference {
        Reference::Role { address, .. } => address.to_string(),
        Reference::Server { label } => format!("postgres.{label}"),
    }
}

/// The type as the function `type` of `console` prints it.
pub(crate) fn type_text(of: &Type, indent: usize) -> String {
    let inner = indent + 4;
    let space = " ".repeat(inner);
    let end = " ".repeat(indent);
    let collection = |word: &str, element: &Type| {
        if element.is_primitive() || *element == Type::Any {
            format!("{word}({})", type_text(element, indent))
        } else {
            format!("{word}(\n{space}{},\n{end})", type_text(element, inner))
        }
    };
    match of {
        Type::List(element) => collection("list", element),
        Type::Set(element) => collection("set", element),
        Type::Map(element) => collection("map", element),
        Type::Tuple(elements) if elements.is_empty() => "tuple([])".to_owned(),
        Type::Object(attributes) if attributes.is_empty() => "object({})".to_owned(),
        Type::Tuple(elements) => {
            let lines: String =
                elements.iter().map(|e| format!("{space}{},\n", type_text(e, inner))).collect();
            format!("tuple([\n{lines}{end}])")
        }
        Type::Object(attributes) => {
            let lines: String = attributes
                .iter()
                .map(|(name, of)| format!("{space}{name}: {},\n", type_text(of, inner)))
                .collect();
            format!("object({{\n{lines}{end}}})")
        }
        plain => plain.friendly(),
    }
}
