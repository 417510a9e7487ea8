//! Lists of servers that people have already: CSV, JSON, `pg_service.conf`; as `resource` blocks.
//!
//! Not here: files and terminals (`commands::inventory`, `commands::admin::import`). Invariants:
//! a password in a list is never written into a block, only that there was one; every value
//! becomes a literal, whatever is in it.

use std::collections::{BTreeMap, BTreeSet};

use engine::code::Code;
use engine::diagnostic::{Diagnostic, nearest};
use engine::name::printable;
use engine::secret::Secret;
use serde_json::Value;

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated, with names in the first line
    Csv,
    /// A list of objects
    Json,
    /// pg_service.conf
    Service,
}

/// What a server may say, in the order in which a block has it.
const KEYS: [&str; 6] = ["name", "host", "port", "database", "sslmode", "username"];

/// Other words for the same, as libpq has them.
const WORDS: [(&str, &str); 5] = [
    ("dbname", "database"),
    ("user", "username"),
    ("hostaddr", "host"),
    ("label", "name"),
    ("admin", "username"),
];

/// One server of a list: its keys and values, and its administrator's password.
#[derive(Default)]
pub(crate) struct Server {
    values: BTreeMap<&'static str, String>,
    /// The password, where the list has it.
    pub(crate) password: Option<Secret>,
    /// The list says where it is.
    has_password_file: bool,
}

/// The blocks, and the labels of servers whose passwords were left out.
#[derive(Debug)]
pub(crate) struct Blocks {
    /// HCL, formatted.
    pub(crate) text: String,
    /// Labels whose administrator's password is not in the blocks.
    pub(crate) without_password: Vec<String>,
}

/// Reads a list.
pub(crate) fn servers(text: &str, format: Format) -> Result<Vec<Server>, Diagnostic> {
    match format {
        Format::Csv => csv(text),
        Format::Json => json(text),
        Format::Service => service(text),
    }
}

/// Turns a list into blocks.
pub(crate) fn blocks(text: &str, format: Format) -> Result<Blocks, Diagnostic> {
    let servers = servers(text, format)?;
    let mut labels = BTreeSet::new();
    let mut blocks = Blocks { text: String::new(), without_password: Vec::new() };
    for server in &servers {
        let name = server.values.get("name").or(server.values.get("host"));
        let name = name.ok_or_else(|| wrong("a server has neither a name nor a host".to_owned()))?;
        let label = label(name);
        if !labels.insert(label.clone()) {
            return Err(wrong(format!("two servers would have the label \"{label}\"")));
        }
        if !blocks.text.is_empty() {
            blocks.text.push('\n');
        }
        blocks.text.push_str(&block(&label, server)?);
        if server.password.is_some() || server.has_password_file {
            blocks.without_password.push(label);
        }
    }
    // What it makes is HCL, so there is nothing to complain about.
    blocks.text = engine::config::format::format(&blocks.text).unwrap_or(blocks.text);
    Ok(blocks)
}

fn wrong(why: String) -> Diagnostic {
    Diagnostic::error(Code::CLI020, "List of servers is not understood", format!("In the list {why}.")).hint(
        "a server has name, host, port, database, sslmode and username; -format says how the list is written",
    )
}

impl Server {
    /// Whether it is the server of these facts: it says which it is, and nothing otherwise.
    pub(crate) fn is(&self, facts: &[(&str, &str)]) -> bool {
        let so = |(key, value): (&&str, &String)| match facts.iter().find(|(name, _)| name == key) {
            Some(("name", label)) => self::label(value) == *label,
            Some((_, fact)) => value == fact,
            None => true,
        };
        let says_which = ["name", "host"].iter().any(|key| self.values.contains_key(key));
        says_which && self.values.iter().all(so)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Diagnostic> {
        let key = key.trim().to_ascii_lowercase();
        let key = WORDS.iter().find(|(word, _)| *word == key).map_or(key.as_str(), |(_, key)| key);
        if value.is_empty() {
            return Ok(());
        }
        match key {
            "password" => self.password = Some(Secret::new(value.to_owned())),
            "passfile" => self.has_password_file = true,
            _ => return self.set_value(key, value),
        }
        Ok(())
    }

    fn set_value(&mut self, key: &str, value: &str) -> Result<(), Diagnostic> {
        let Some(known) = KEYS.iter().find(|known| **known == key) else {
            let near =
                nearest(key, KEYS).map(|near| format!(" (did you mean \"{near}\"?)")).unwrap_or_default();
            return Err(wrong(format!("\"{}\" is nothing that a resource has{near}", printable(key))));
        };
        self.values.insert(known, value.to_owned());
        Ok(())
    }
}

/// A label from any text: what cannot be in one becomes `_`.
fn label(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let label: String = name.chars().map(fit).collect();
    if label.starts_with(|c: char| c.is_ascii_digit() || c == '-') { format!("_{label}") } else { label }
}

fn block(label: &str, server: &Server) -> Result<String, Diagnostic> {
    let value = |key: &str| server.values.get(key);
    let host = value("host").ok_or_else(|| wrong(format!("\"{label}\" has no host")))?;
    let mut text = format!("resource \"postgres\" \"{label}\" {{\nhost = {}\n", literal(host));
    if let Some(port) = value("port") {
        let port: u16 = port.parse().map_err(|_| wrong(format!("\"{label}\" has no port number")))?;
        text.push_str(&format!("port = {port}\n"));
    }
    for key in ["database", "sslmode"] {
        if let Some(value) = value(key) {
            text.push_str(&format!("{key} = {}\n", literal(value)));
        }
    }
    if let Some(username) = value("username") {
        text.push_str(&format!("admin {{\nusername = {}\n}}\n", literal(username)));
    }
    Ok(text + "}\n")
}

/// A text as HCL's literal: no template in it.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '$' | '%' => out.push(character),
            '{' if out.ends_with(['$', '%']) => {
                let sign = if out.ends_with('$') { '$' } else { '%' };
                out.push(sign);
                out.push('{');
            }
            control if control.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            plain => out.push(plain),
        }
    }
    out + "\""
}

fn csv(text: &str) -> Result<Vec<Server>, Diagnostic> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header = fields(lines.next().ok_or_else(|| wrong("there is nothing".to_owned()))?)?;
    lines
        .map(|line| {
            let values = fields(line)?;
            if values.len() != header.len() {
                return Err(wrong(format!(
                    "a line has {} fields where the first has {}",
                    values.len(),
                    header.len()
                )));
            }
            let mut server = Server::default();
            header.iter().zip(&values).try_for_each(|(key, value)| server.set(key, value.trim()))?;
            Ok(server)
        })
        .collect()
}

/// The fields of one line (RFC 4180, but that a field ends with its line).
fn fields(line: &str) -> Result<Vec<String>, Diagnostic> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.next_if_eq(&'"').is_some() => push(&mut fields, '"'),
            ('"', _) => quoted = !quoted,
            (',', false) => fields.push(String::new()),
            (other, _) => push(&mut fields, other),
        }
    }
    if quoted { Err(wrong("a quote is not closed".to_owned())) } else { Ok(fields) }
}

fn push(fields: &mut [String], character: char) {
    if let Some(last) = fields.last_mut() {
        last.push(character);
    }
}

fn json(text: &str) -> Result<Vec<Server>, Diagnostic> {
    let list: Value =
        serde_json::from_str(text).map_err(|error| wrong(format!("something is no JSON: {error}")))?;
    let list = match &list {
        Value::Array(list) => list.as_slice(),
        Value::Object(_) => std::slice::from_ref(&list),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(wrong("there is no list of objects".to_owned()));
        }
    };
    list.iter()
        .map(|object| {
            let object = object.as_object().ok_or_else(|| wrong("something is no object".to_owned()))?;
            let mut server = Server::default();
            for (key, value) in object {
                let value = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Null => String::new(),
                    Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                        return Err(wrong(format!("\"{}\" is neither text nor number", printable(key))));
                    }
                };
                server.set(key, &value)?;
            }
            Ok(server)
        })
        .collect()
}

/// `[name]` and `key=value` lines (PostgreSQL, "The Connection Service File"). What only
/// connections have, such as `application_name`, is no part of a resource.
fn service(text: &str) -> Result<Vec<Server>, Diagnostic> {
    const SKIPPED: [&str; 4] = ["application_name", "options", "connect_timeout", "target_session_attrs"];
    let mut servers: Vec<Server> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            servers.push(Server::default());
            if let Some(server) = servers.last_mut() {
                server.set("name", name)?;
            }
            continue;
        }
        let pair = line.split_once('=').zip(servers.last_mut());
        let ((key, value), server) =
            pair.ok_or_else(|| wrong(format!("\"{}\" is neither [name] nor key=value", printable(line))))?;
        if !SKIPPED.contains(&key) {
            server.set(key, value)?;
        }
    }
    Ok(servers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: &str = "resource \"postgres\" \"main\" {\n  host     = \"10.0.3.4\"\n  port     = 5433\n  database = \"app\"\n  admin {\n    username = \"ana\"\n  }\n}\n";

    #[test]
    fn every_format_says_the_same() {
        let cases = [
            (
                "name,host,port,dbname,user,password\nmain,10.0.3.4,5433,app,\"ana\",\"se\"\"cret\"\n",
                Format::Csv,
            ),
            (
                r#"[{"name": "main", "host": "10.0.3.4", "port": 5433, "database": "app", "username": "ana", "password": "secret"}]"#,
                Format::Json,
            ),
            (
                "# ours\n[main]\nhost=10.0.3.4\nport=5433\ndbname=app\nuser=ana\npassword=secret\napplication_name=x\n",
                Format::Service,
            ),
        ];
        for (text, format) in cases {
            let blocks = blocks(text, format).expect("a list");
            assert_eq!(blocks.text, EXPECTED, "{text}");
            assert_eq!(blocks.without_password, ["main"]);
        }
    }

    #[test]
    fn what_is_written_is_a_literal_and_a_label() {
        let list = "name,host\n1 \"\"${x}.example,a${env(1)}%{b}\\\n".replace("1 \"\"", "1 ");
        let blocks = blocks(&list, Format::Csv).expect("a list");
        assert!(blocks.text.contains("\"_1___x__example\""), "{}", blocks.text);
        assert!(blocks.text.contains(r#""a$${env(1)}%%{b}\\""#), "{}", blocks.text);
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("", Format::Csv, "nothing"),
            ("name,hots\na,b\n", Format::Csv, "did you mean \"host\""),
            ("name,host\na\n", Format::Csv, "1 fields"),
            ("name,host\n\"a,b\n", Format::Csv, "not closed"),
            ("name,host\na.b,x\na_b,y\n", Format::Csv, "two servers"),
            ("name,host,port\na,b,http\n", Format::Csv, "port number"),
            ("1", Format::Json, "no list"),
            ("{}", Format::Json, "neither a name nor a host"),
            ("[1]", Format::Json, "no object"),
            ("host=a\n", Format::Service, "neither"),
            ("[a]\nport=1\n", Format::Service, "no host"),
        ];
        for (text, format, says) in cases {
            let error = blocks(text, format).expect_err(says);
            assert!(error.detail.contains(says), "{}", error.detail);
        }
    }
}
