//! A value to YAML text, laid out as Terraform does.
//!
//! Texts are in double quotes, or literal blocks when they have several lines; keys are
//! sorted; a list inside a mapping is not indented. Invariant: what is written reads back
//! as the same value.

use crate::config::functions::MAX_TEXT;
use crate::config::value::{Data, Value};

/// Longer lines of quoted text are folded at the next space.
const WIDTH: usize = 80;

/// Longer keys are written behind a question mark.
const LONGEST_KEY: usize = 128;

/// A document of one value.
pub(super) fn encode(value: &Value) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), column: 0, open_ended: false };
    writer.node(value, None, Position::Root)?;
    if writer.column > 0 {
        writer.line();
    }
    if writer.open_ended {
        writer.put("...\n");
    }
    Ok(writer.out)
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq)]
enum Position {
    /// The whole document.
    Root,
    /// Behind a dash, or behind the colon of a long key: a collection begins on this line.
    Item,
    /// Behind a key and its colon.
    Entry,
}

struct Writer {
    out: String,
    /// Characters since the last line break.
    column: usize,
    /// Whether the end of the document has to be marked.
    open_ended: bool,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Goes to a column, on a new line when this one is past it.
    fn indent(&mut self, to: usize) {
        if self.column > to || self.column == to && !self.out.ends_with([' ', '\n']) && to > 0 {
            self.line();
        }
        while self.column < to {
            self.put(" ");
        }
    }

    /// A space before what follows a dash or a colon.
    fn space(&mut self) {
        if self.column > 0 && !self.out.ends_with([' ', '\n']) {
            self.put(" ");
        }
    }

    /// `indent` is that of the collection around it; there is none at the root.
    fn node(&mut self, value: &Value, indent: Option<usize>, position: Position) -> Result<(), String> {
        if self.out.len() > MAX_TEXT {
            return Err("the result is longer than 16 MiB".to_owned());
        }
        self.open_ended = false;
        let inner = indent.map_or(0, |indent| indent + 2);
        match &value.data {
            Data::Unknown | Data::Null(_) => self.plain("null", position),
            Data::Bool(truth) => self.plain(if *truth { "true" } else { "false" }, position),
            Data::Number(number) => self.plain(&number.to_string(), position),
            Data::String(text) => self.text(text, indent.map_or(2, |indent| indent + 2)),
            Data::Reference(_) => {
                return Err("a role or resource cannot be written as YAML; use its name".to_owned());
            }
            Data::List(_) | Data::Set(_) | Data::Tuple(_) => {
                let items = value.items().unwrap_or_default();
                // Inside a mapping the dashes stand below the key.
                let dashes = if position == Position::Entry { indent.unwrap_or(0) } else { inner };
                self.sequence(items, dashes)?;
            }
            Data::Map(_) | Data::Object(_) => {
                let entries = value.entries().into_iter().flatten();
                self.mapping(entries.map(|(key, item)| (key.as_ref(), item)).collect(), inner)?;
            }
        }
        Ok(())
    }

    fn plain(&mut self, text: &str, position: Position) {
        self.space();
        self.put(text);
        self.open_ended = position == Position::Root;
    }

    fn sequence(&mut self, items: &[Value], indent: usize) -> Result<(), String> {
        if items.is_empty() {
            self.space();
            self.put("[]");
        }
        for item in items {
            self.indent(indent);
            self.put("-");
            self.node(item, Some(indent), Position::Item)?;
        }
        Ok(())
    }

    fn mapping(&mut self, entries: Vec<(&str, &Value)>, indent: usize) -> Result<(), String> {
        if entries.is_empty() {
            self.space();
            self.put("{}");
        }
        for (key, item) in entries {
            self.indent(indent);
            if key.len() <= LONGEST_KEY && !key.contains(is_break) {
                self.quoted(key, None);
                self.put(":");
                self.node(item, Some(indent), Position::Entry)?;
            } else {
                self.put("?");
                self.text(key, indent + 2);
                self.indent(indent);
                self.put(":");
                self.node(item, Some(indent), Position::Item)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str, indent: usize) {
        if text.contains('\n') && fits_literal(text) {
            self.literal(text, indent);
        } else {
            self.quoted(text, Some(indent));
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.space();
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        if text.ends_with("\n\n") || text == "\n" {
            self.put("+");
            self.open_ended = true;
        } else if !text.ends_with('\n') {
            self.put("-");
        }
        self.line();
        for piece in text.split_inclusive('\n') {
            let content = piece.trim_end_matches('\n');
            if !content.is_empty() {
                self.indent(indent);
                self.put(content);
            }
            if piece.ends_with('\n') {
                self.line();
            }
        }
    }

    /// Text in double quotes, folded when there is an indentation for the next line.
    fn quoted(&mut self, text: &str, fold: Option<usize>) {
        self.space();
        self.put("\"");
        let mut after_space = false;
        let mut rest = text.char_indices().peekable();
        while let Some((at, character)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            match (character, fold) {
                (' ', Some(indent)) if !after_space && self.column > WIDTH && at > 0 && next.is_some() => {
                    self.line();
                    self.put(&" ".repeat(indent));
                    if next == Some(' ') {
                        self.put("\\");
                    }
                }
                _ => self.character(character),
            }
            after_space = character == ' ';
        }
        self.put("\"");
    }

    fn character(&mut self, character: char) {
        let code = u32::from(character);
        let escape = match character {
            '\0' => "\\0".to_owned(),
            '\u{7}' => "\\a".to_owned(),
            '\u{8}' => "\\b".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\u{b}' => "\\v".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\r' => "\\r".to_owned(),
            '\u{1b}' => "\\e".to_owned(),
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\u{85}' => "\\N".to_owned(),
            '\u{2028}' => "\\L".to_owned(),
            '\u{2029}' => "\\P".to_owned(),
            _ if is_printable(character) => character.to_string(),
            _ if code <= 0xff => format!("\\x{code:02X}"),
            _ if code <= 0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.put(&escape);
    }
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && character != '\u{feff}'
}

/// Whether a literal block keeps the text as it is. Terraform's library breaks lines at
/// U+2028 too; YAML 1.2 does not, so that such a text goes into quotes.
fn fits_literal(text: &str) -> bool {
    let fits = |character: char| character == '\n' || is_printable(character) && !is_break(character);
    !text.ends_with(' ') && !text.contains(" \n") && text.chars().all(fits)
}
