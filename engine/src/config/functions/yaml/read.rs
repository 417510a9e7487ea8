//! YAML text to a value.
//!
//! Mappings become objects and sequences tuples; `<<` merges. One document only.
//! Invariant: an alias costs nothing, but its values count.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::scalar::{resolve, tag_name};
use super::{MAX_DEPTH, MAX_VALUES};
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Value};

/// Reads a document; the error says where and what.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        count: 0,
        at: Marker::default(),
        until: 0,
        open_end: if text.ends_with('\n') { usize::MAX } else { text.chars().count() },
    };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd => return reader.wrong("expecting value but found end of stream"),
            first => {
                let value = reader.value(first, 0)?;
                reader.finish()?;
                return Ok(value);
            }
        }
    }
}

/// What an anchor stands for: a value and how many values are in it; nothing while it is
/// being read.
type Anchor = Option<(Value, usize)>;

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Anchor>,
    /// Values so far, those behind aliases included.
    count: usize,
    at: Marker,
    /// The character where the last event ends.
    until: usize,
    /// The end of a text whose last line has no line break.
    open_end: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, String> {
        let event: Option<Result<(Event<'t>, Span), ScanError>> = self.parser.next();
        match event {
            Some(Ok((event, span))) => {
                self.at = span.start;
                self.until = span.end.index();
                Ok(event)
            }
            Some(Err(error)) => {
                self.at = *error.marker();
                self.wrong(error.info())
            }
            None => Ok(Event::StreamEnd),
        }
    }

    fn wrong<T>(&self, problem: &str) -> Result<T, String> {
        Err(format!("on line {}, column {}: {problem}", self.at.line(), self.at.col() + 1))
    }

    fn finish(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(_) => return self.wrong("unexpected extra content after value"),
                _ => {}
            }
        }
    }

    fn value(&mut self, event: Event<'t>, depth: usize) -> Result<Value, String> {
        self.count += 1;
        if self.count > MAX_VALUES {
            return self.wrong("the document stands for too many values");
        }
        if depth > MAX_DEPTH {
            return self.wrong("the document is nested too deeply");
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // The parser makes up a line break for a block whose last line has none.
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let cut = text.strip_suffix('\n').filter(|_| block && self.until >= self.open_end);
                let text = cut.unwrap_or(&text);
                let value = resolve(text, style, tag.as_deref()).or_else(|problem| self.wrong(&problem))?;
                self.anchored(anchor, |_| Ok(value))
            }
            Event::SequenceStart(anchor, tag) => {
                self.only(tag.as_deref(), "seq", "sequence")?;
                self.anchored(anchor, |reader| reader.sequence(depth))
            }
            Event::MappingStart(anchor, tag) => {
                self.only(tag.as_deref(), "map", "mapping")?;
                self.anchored(anchor, |reader| reader.mapping(depth))
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(Some((value, size))) => {
                    self.count = self.count.saturating_add(*size);
                    Ok(value.clone())
                }
                Some(None) => self.wrong("cannot refer to an anchor from inside its own definition"),
                None => self.wrong("reference to an undefined anchor"),
            },
            _ => self.wrong("unexpected content"),
        }
    }

    /// Reads a value and remembers it under its anchor; 0 is none.
    fn anchored(
        &mut self,
        anchor: usize,
        read: impl FnOnce(&mut Self) -> Result<Value, String>,
    ) -> Result<Value, String> {
        if anchor == 0 {
            return read(self);
        }
        self.anchors.insert(anchor, None);
        let before = self.count;
        let value = read(self)?;
        self.anchors.insert(anchor, Some((value.clone(), self.count - before)));
        Ok(value)
    }

    fn only(&self, tag: Option<&Tag>, allowed: &str, kind: &str) -> Result<(), String> {
        match tag.map(tag_name) {
            None | Some(Ok("!")) => Ok(()),
            Some(Ok(name)) if name == allowed => Ok(()),
            Some(Ok(name)) => self.wrong(&format!("can't interpret {kind} as {name}")),
            Some(Err(problem)) => self.wrong(&problem),
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::tuple(items)),
                event => items.push(self.value(event, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut entries = BTreeMap::new();
        loop {
            let (text, style, tag) = match self.next()? {
                Event::MappingEnd => return Ok(Value::object(entries)),
                Event::Scalar(text, style, _, tag) => (text, style, tag),
                _ => return self.wrong("only strings are allowed as mapping keys"),
            };
            if tag.is_none() && text == "<<" {
                self.merge(&mut entries, depth)?;
                continue;
            }
            let key = resolve(&text, style, tag.as_deref()).or_else(|problem| self.wrong(&problem))?;
            if key.is_null() {
                return self.wrong("mapping key cannot be null");
            }
            let Ok(Value { data: Data::String(key), .. }) = convert(&key, &Type::String) else {
                return self.wrong("only strings are allowed as mapping keys");
            };
            let event = self.next()?;
            entries.insert(key, self.value(event, depth + 1)?);
        }
    }

    /// Takes over the entries of a mapping; of several at once, Terraform knows nothing.
    fn merge(&mut self, entries: &mut BTreeMap<Arc<str>, Value>, depth: usize) -> Result<(), String> {
        let event = self.next()?;
        let merged = self.value(event, depth + 1)?;
        let Some(more) = merged.entries() else {
            let kind = type_of(&merged).friendly();
            return self.wrong(&format!("cannot merge {kind} into mapping"));
        };
        entries.extend(more.iter().map(|(key, value)| (Arc::clone(key), value.clone())));
        Ok(())
    }
}
