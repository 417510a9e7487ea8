//! Functions that look outside: files and environment, through what the caller gives.
//!
//! A path that begins with `~/` is in the home directory; others are relative to the
//! directory of the run, as everywhere in Terraform. Invariant: what stands in the
//! environment is taken for a secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Answer, Fault, Function, Kind, Parameter, Surroundings, parameter, row, string, text_value};
use crate::config::value::Value;

const PATH: &[Parameter] = &[parameter("path", Kind::String)];

pub(super) const TABLE: &[Function] = &[
    row("file", PATH, |a, surroundings| text_value(read_text(string(a, 0), surroundings)?)),
    row("filebase64", PATH, |a, surroundings| text_value(STANDARD.encode(read(string(a, 0), surroundings)?))),
    row("fileexists", PATH, exists),
    row("env", &[parameter("name", Kind::String)], environment),
    row("pathexpand", PATH, |a, surroundings| {
        text_value(expanded(string(a, 0), surroundings).map_err(Fault::of_call)?)
    }),
    row("abspath", PATH, |a, surroundings| {
        let path = string(a, 0);
        let base = if path.starts_with('/') { "" } else { surroundings.directory };
        text_value(cleaned(&format!("{base}/{path}")))
    }),
    row("basename", PATH, |a, _| {
        let path = string(a, 0);
        text_value(match (path, path.trim_end_matches('/')) {
            ("", _) => ".".to_owned(),
            (_, "") => "/".to_owned(),
            (_, trimmed) => trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned(),
        })
    }),
    row("dirname", PATH, |a, _| {
        // Only what stands behind the last slash is left out before the rest is cleaned.
        let path = string(a, 0);
        text_value(cleaned(path.rfind('/').map_or("", |at| &path[..=at])))
    }),
];

/// The bytes of a file.
pub(super) fn read(path: &str, surroundings: &Surroundings<'_>) -> Result<Vec<u8>, Fault> {
    let place = expanded(path, surroundings)?;
    (surroundings.read)(&place).map_err(|why| Fault::Argument(0, format!("\"{path}\" cannot be read: {why}")))
}

/// The text of a file.
pub(crate) fn read_text(path: &str, surroundings: &Surroundings<'_>) -> Result<String, Fault> {
    String::from_utf8(read(path, surroundings)?).map_err(|_| {
        Fault::Argument(
            0,
            format!(
                "contents of \"{path}\" are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents"
            ),
        )
    })
}

fn exists(arguments: &[Value], surroundings: &Surroundings<'_>) -> Answer {
    let path = string(arguments, 0);
    let place = directory(path, surroundings)?;
    if (surroundings.list)(&place).is_ok() {
        return Err(Fault::Call(format!("\"{path}\" is a directory, not a file")));
    }
    Ok(Value::bool((surroundings.read)(&place).is_ok()))
}

/// What stands in the environment is taken for a secret; `nonsensitive` says otherwise.
fn environment(arguments: &[Value], surroundings: &Surroundings<'_>) -> Answer {
    let name = string(arguments, 0);
    match (surroundings.environment)(name) {
        Some(text) => Ok(text_value(text)?.marked(true)),
        None => Err(Fault::Argument(0, format!("the environment variable \"{name}\" is not set"))),
    }
}

/// The path of what may be a directory: nothing is the one of the run.
pub(super) fn directory(path: &str, surroundings: &Surroundings<'_>) -> Result<String, Fault> {
    expanded(if path.is_empty() { "." } else { path }, surroundings)
}

/// The path with `~` replaced by the home directory.
fn expanded(path: &str, surroundings: &Surroundings<'_>) -> Result<String, Fault> {
    let Some(rest) = path.strip_prefix('~') else { return Ok(path.to_owned()) };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(Fault::Argument(0, "cannot expand user-specific home dir".to_owned()));
    }
    match (surroundings.environment)("HOME").filter(|home| !home.is_empty()) {
        Some(home) => Ok(cleaned(&format!("{home}{rest}"))),
        None => Err(Fault::Argument(0, "failed to expand ~: HOME is not set".to_owned())),
    }
}

/// The shortest path of the same meaning, as Go's `path.Clean` has it.
fn cleaned(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(&last)) if last != ".." => drop(parts.pop()),
            ("..", None) if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}
