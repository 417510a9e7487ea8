//! Blocks in the making: arguments and values, before they are text.
//!
//! Not here: what is declared. Invariant: texts are bare (not quoted, not escaped) until they
//! are written; [`KEY`] in a text stands for `each.key`.

use std::fmt::Write as _;

use unicode_normalization::is_nfc;

use crate::name::RoleName;

/// Stands for `each.key` in texts: no name has this character.
pub(super) const KEY: char = '\0';

/// The inside of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Body(pub(super) Vec<Item>);

/// One line or block of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// `name = value`.
    Argument(&'static str, Value),
    /// A block without labels.
    Block(&'static str, Body),
    /// A line of comment.
    Comment(String),
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// The name of a role, written as a reference where the file declares it.
    Role(String),
    /// An expression as it stands.
    Code(String),
    /// A function of one value.
    Call(&'static str, Box<Value>),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// A text.
    pub(super) fn text(text: impl AsRef<str>) -> Value {
        Value::Text(text.as_ref().to_owned())
    }

    /// A list of texts.
    pub(super) fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Value {
        Value::List(texts.into_iter().map(Value::text).collect())
    }

    /// A role.
    pub(super) fn role(name: &RoleName) -> Value {
        Value::Role(name.as_str().to_owned())
    }

    /// The same with other texts.
    fn mapped(&self, change: &dyn Fn(&str) -> String) -> Value {
        match self {
            Value::Text(text) => Value::Text(change(text)),
            Value::Role(name) => Value::Role(change(name)),
            Value::Code(code) => Value::Code(code.clone()),
            Value::Call(function, value) => Value::Call(function, Box::new(value.mapped(change))),
            Value::List(values) => {
                let mut values: Vec<Value> = values.iter().map(|value| value.mapped(change)).collect();
                values.sort();
                Value::List(values)
            }
            Value::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| (change(key), value.mapped(change)));
                Value::Object(entries.collect())
            }
        }
    }
}

impl Body {
    /// Adds an argument.
    pub(super) fn argument(&mut self, name: &'static str, value: Value) {
        self.0.push(Item::Argument(name, value));
    }

    /// Whether texts are in Unicode's form NFC, as HCL makes all texts: another name would be meant.
    pub(super) fn can_be_said(&self) -> bool {
        let mut out = String::new();
        self.write(&mut out, &|_| None);
        is_nfc(&out)
    }

    /// The same with other texts, its lists and blocks in order again.
    pub(super) fn mapped(&self, change: &dyn Fn(&str) -> String) -> Body {
        let mut items: Vec<Item> = self
            .0
            .iter()
            .map(|item| match item {
                Item::Argument(name, value) => Item::Argument(name, value.mapped(change)),
                Item::Block(name, body) => Item::Block(name, body.mapped(change)),
                Item::Comment(text) => Item::Comment(change(text)),
            })
            .collect();
        let blocks = items.partition_point(|item| !matches!(item, Item::Block(..)));
        items[blocks..].sort();
        Body(items)
    }

    /// Writes it, one item a line; `fmt` indents and aligns. `reference` knows how roles are written.
    pub(super) fn write(&self, out: &mut String, reference: &dyn Fn(&str) -> Option<String>) {
        for item in &self.0 {
            match item {
                Item::Argument(name, value) => {
                    let _ = writeln!(out, "{name} = {}", written(value, reference));
                }
                Item::Block(name, body) => {
                    let _ = writeln!(out, "{name} {{");
                    body.write(out, reference);
                    out.push_str("}\n");
                }
                Item::Comment(text) => {
                    let _ = writeln!(out, "# {}", crate::name::printable(text));
                }
            }
        }
    }
}

/// Longest list that stands on one line, in bytes.
const LINE: usize = 96;

fn written(value: &Value, reference: &dyn Fn(&str) -> Option<String>) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Role(name) => reference(name).unwrap_or_else(|| quoted(name)),
        Value::Code(code) => code.clone(),
        Value::Call(function, value) => format!("{function}({})", written(value, reference)),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(|value| written(value, reference)).collect();
            let line = format!("[{}]", values.join(", "));
            if line.len() <= LINE { line } else { format!("[\n{},\n]", values.join(",\n")) }
        }
        Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{} = {}", word(key), written(value, reference)))
                .collect();
            match entries.as_slice() {
                [] => "{}".to_owned(),
                entries => {
                    let line = format!("{{ {} }}", entries.join(", "));
                    if line.len() <= LINE { line } else { format!("{{\n{}\n}}", entries.join("\n")) }
                }
            }
        }
    }
}

/// A key of an object: bare where it is an identifier.
fn word(key: &str) -> String {
    if is_identifier(key) { key.to_owned() } else { quoted(key) }
}

/// Whether a text is an identifier of HCL, of ASCII alone.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | '-'))
        && !matches!(text, "true" | "false" | "null" | "for" | "if")
}

/// A text as HCL writes it.
pub(super) fn quoted(text: &str) -> String {
    if text == "\0" {
        return "each.key".to_owned();
    }
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            KEY => out.push_str("${each.key}"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([character, character]),
            // What hides or reorders text is spelled out.
            hidden if crate::name::printable(hidden.encode_utf8(&mut [0; 4])).starts_with("\\u") => {
                let _ = write!(out, "\\U{:08x}", u32::from(hidden));
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
    out
}
