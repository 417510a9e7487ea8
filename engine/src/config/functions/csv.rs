//! `csvdecode`: RFC 4180 as Go reads it.
//!
//! The first line names the columns. Strict: a quote inside an unquoted field, or a line
//! with another number of fields, is an error. Invariant: time and memory grow with the
//! text and no faster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Answer, Fault, Function, Kind, parameter, row, string};
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Value, normal};

pub(super) const TABLE: &[Function] =
    &[row("csvdecode", &[parameter("str", Kind::String)], |a, _| decode(string(a, 0)))];

/// One line of fields, which may go over several lines of text.
struct Record {
    line: usize,
    fields: Vec<String>,
}

fn decode(text: &str) -> Answer {
    let mut records = Reader::new(text);
    let Some(header) = records.next_record()? else {
        return Err(Fault::Call("missing header line".to_owned()));
    };
    let names: Vec<Arc<str>> = header.fields.iter().map(|field| normal(field)).collect();
    let mut seen = BTreeSet::new();
    for name in &names {
        if !seen.insert(name) {
            return Err(Fault::Call(format!("duplicate column name \"{name}\"")));
        }
    }
    let mut rows = Vec::new();
    while let Some(record) = records.next_record()? {
        if record.fields.len() != names.len() {
            return Err(wrong(record.line, "wrong number of fields"));
        }
        let fields = record.fields.iter().map(|field| Value::string(field));
        rows.push(Value::object(names.iter().cloned().zip(fields).collect()));
    }
    let columns: BTreeMap<Arc<str>, Type> = names.into_iter().map(|name| (name, Type::String)).collect();
    Ok(Value::list(rows.first().map_or_else(|| Type::Object(Arc::new(columns)), type_of), rows))
}

fn wrong(line: usize, problem: &str) -> Fault {
    Fault::Call(format!("CSV parse error on line {line}: {problem}"))
}

struct Reader {
    text: String,
    at: usize,
    line: usize,
}

/// What ended a field.
enum End {
    Field,
    Record,
}

impl Reader {
    fn new(text: &str) -> Reader {
        let mut text = text.replace("\r\n", "\n");
        if text.ends_with('\r') {
            text.pop();
        }
        Reader { text, at: 0, line: 1 }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// The next line that is not empty.
    fn next_record(&mut self) -> Result<Option<Record>, Fault> {
        while self.rest().starts_with('\n') {
            self.at += 1;
            self.line += 1;
        }
        if self.rest().is_empty() {
            return Ok(None);
        }
        let mut record = Record { line: self.line, fields: Vec::new() };
        loop {
            let (field, end) = if self.rest().starts_with('"') { self.quoted()? } else { self.plain()? };
            record.fields.push(field);
            if let End::Record = end {
                self.line += 1;
                return Ok(Some(record));
            }
        }
    }

    fn plain(&mut self) -> Result<(String, End), Fault> {
        let length = self.rest().find([',', '\n']).unwrap_or(self.rest().len());
        let field = self.rest()[..length].to_owned();
        if field.contains('"') {
            return Err(wrong(self.line, "bare \" in non-quoted-field"));
        }
        self.at += length;
        Ok((field, self.end()))
    }

    fn quoted(&mut self) -> Result<(String, End), Fault> {
        const STRAY: &str = "extraneous or missing \" in quoted-field";
        let mut field = String::new();
        self.at += 1;
        loop {
            let Some(length) = self.rest().find('"') else { return Err(wrong(self.line, STRAY)) };
            let piece = self.rest()[..length].to_owned();
            self.line += piece.matches('\n').count();
            field.push_str(&piece);
            self.at += length + 1;
            match self.rest().chars().next() {
                Some('"') => {
                    field.push('"');
                    self.at += 1;
                }
                Some(',' | '\n') | None => return Ok((field, self.end())),
                Some(_) => return Err(wrong(self.line, STRAY)),
            }
        }
    }

    /// Goes past the comma or the end of the line.
    fn end(&mut self) -> End {
        let comma = self.rest().starts_with(',');
        self.at = (self.at + 1).min(self.text.len());
        if comma { End::Field } else { End::Record }
    }
}
