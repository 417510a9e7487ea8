//! JSON text: written as Go's `encoding/json` does, read strictly.
//!
//! By hand, since numbers must stay exact and the serialisation crates stay out of the
//! language. Invariant: reading is bounded in depth.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use crate::config::value::number::Number;
use crate::config::value::{Data, Value};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;

/// A value as JSON text without spaces. Blocks have no JSON.
pub(crate) fn encode(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    write_value(&mut out, value)?;
    Ok(out)
}

fn write_value(out: &mut String, value: &Value) -> Result<(), String> {
    if out.len() > super::MAX_TEXT {
        return Err("the result is longer than 16 MiB".to_owned());
    }
    match &value.data {
        Data::Unknown | Data::Null(_) => out.push_str("null"),
        Data::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Data::Number(number) => out.push_str(&number.to_string()),
        Data::String(text) => write_string(out, text),
        Data::Reference(_) => {
            return Err("a role or resource cannot be written as JSON; use its name".to_owned());
        }
        Data::List(_) | Data::Set(_) | Data::Tuple(_) => {
            out.push('[');
            for (at, item) in value.items().unwrap_or_default().iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(out, item)?;
            }
            out.push(']');
        }
        Data::Map(_) | Data::Object(_) => {
            out.push('{');
            for (at, (key, item)) in value.entries().into_iter().flatten().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(out, key);
                out.push(':');
                write_value(out, item)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads JSON text; the error says what is wrong.
pub(crate) fn decode(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err("extraneous data after JSON object".to_owned());
    }
    Ok(value)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn unexpected<T>(&self, place: &str) -> Result<T, String> {
        match self.peek() {
            Some(character) => Err(format!("invalid character {character:?} {place}")),
            None => Err("unexpected end of JSON input".to_owned()),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} levels"));
        }
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"') => Ok(Value::string(&self.string()?)),
            Some('-' | '0'..='9') => self.number(),
            Some('t') => self.word("true", Value::bool(true)),
            Some('f') => self.word("false", Value::bool(false)),
            Some('n') => self.word("null", Value::null()),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(format!("invalid literal, expected {word}"))
    }

    fn number(&mut self) -> Result<Value, String> {
        let rest = &self.text[self.at..];
        let mut end = usize::from(rest.starts_with('-'));
        let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
        let whole = digits(end);
        if whole == 0 {
            return Err("invalid number".to_owned());
        }
        end += if rest[end..].starts_with('0') { 1 } else { whole };
        if rest[end..].starts_with('.') {
            let fraction = digits(end + 1);
            if fraction == 0 {
                return Err("invalid number: digits are required after the decimal point".to_owned());
            }
            end += 1 + fraction;
        }
        if rest[end..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
            let exponent = digits(end + 1 + sign);
            if exponent == 0 {
                return Err("invalid number: digits are required in the exponent".to_owned());
            }
            end += 1 + sign + exponent;
        }
        let number = Number::parse(&rest[..end]).ok_or("the number is too large")?;
        self.at += end;
        Ok(Value::number(number))
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(character) = self.peek() else { return self.unexpected("") };
            self.at += character.len_utf8();
            match character {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                c if u32::from(c) < 0x20 => return Err(format!("invalid character {c:?} in string literal")),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let Some(character) = self.peek() else { return self.unexpected("") };
        self.at += character.len_utf8();
        Ok(match character {
            '"' | '\\' | '/' => character,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let first = self.unit()?;
                if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let second = self.unit()?;
                    return Ok(char::decode_utf16([first, second])
                        .next()
                        .and_then(Result::ok)
                        .unwrap_or('\u{fffd}'));
                }
                char::from_u32(u32::from(first)).unwrap_or('\u{fffd}')
            }
            other => return Err(format!("invalid character {other:?} in string escape code")),
        })
    }

    fn unit(&mut self) -> Result<u16, String> {
        let hex =
            self.text.get(self.at..self.at + 4).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = hex.and_then(|hex| u16::from_str_radix(hex, 16).ok());
        self.at += 4.min(self.text.len() - self.at);
        unit.ok_or_else(|| "invalid character in \\u hexadecimal character escape".to_owned())
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(Value::tuple(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => {
                    self.at += 1;
                    return Ok(Value::tuple(items));
                }
                _ => return self.unexpected("after array element"),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        self.at += 1;
        self.space();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(Value::object(entries));
        }
        loop {
            self.space();
            if self.peek() != Some('"') {
                return self.unexpected("looking for beginning of object key string");
            }
            let key = crate::config::value::normal(&self.string()?);
            self.space();
            if self.peek() != Some(':') {
                return self.unexpected("after object key");
            }
            self.at += 1;
            self.space();
            entries.insert(key, self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => {
                    self.at += 1;
                    return Ok(Value::object(entries));
                }
                _ => return self.unexpected("after object key:value pair"),
            }
        }
    }
}
