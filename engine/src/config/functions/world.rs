//! Functions that look outside: files and environment, through what the caller gives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Answer, Fault, Function, Kind, Surroundings, parameter, row, string, text_value};
use crate::config::value::Value;

pub(super) const TABLE: &[Function] = &[
    row("file", &[parameter("path", Kind::String)], |a, surroundings| {
        let path = string(a, 0);
        match String::from_utf8(read(path, surroundings)?) {
            Ok(text) => text_value(text),
            Err(_) => Err(Fault::Argument(
                0,
                format!(
                    "contents of \"{path}\" are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents"
                ),
            )),
        }
    }),
    row("filebase64", &[parameter("path", Kind::String)], |a, surroundings| {
        text_value(STANDARD.encode(read(string(a, 0), surroundings)?))
    }),
    row("fileexists", &[parameter("path", Kind::String)], |a, surroundings| {
        Ok(Value::bool((surroundings.read)(string(a, 0)).is_ok()))
    }),
    row("env", &[parameter("name", Kind::String)], environment),
    row("basename", &[parameter("path", Kind::String)], |a, _| {
        let path = string(a, 0).trim_end_matches('/');
        text_value(path.rsplit('/').next().unwrap_or(path).to_owned())
    }),
    row("dirname", &[parameter("path", Kind::String)], |a, _| {
        let path = string(a, 0);
        let parent = match path.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((parent, _)) => parent,
            None => ".",
        };
        text_value(parent.to_owned())
    }),
];

fn read(path: &str, surroundings: &Surroundings<'_>) -> Result<Vec<u8>, Fault> {
    (surroundings.read)(path).map_err(|why| Fault::Argument(0, format!("\"{path}\" cannot be read: {why}")))
}

/// What stands in the environment is taken for a secret; `nonsensitive` says otherwise.
fn environment(arguments: &[Value], surroundings: &Surroundings<'_>) -> Answer {
    let name = string(arguments, 0);
    match (surroundings.environment)(name) {
        Some(text) => Ok(text_value(text)?.marked(true)),
        None => Err(Fault::Argument(0, format!("the environment variable \"{name}\" is not set"))),
    }
}
