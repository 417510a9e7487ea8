//! JSON, base64 and URLs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Answer, Fault, Function, Kind, json, nullable, parameter, row, string, text_value};

pub(super) const TABLE: &[Function] = &[
    row("jsonencode", &[nullable("val", Kind::Any)], |a, _| {
        text_value(json::encode(&a[0]).map_err(Fault::Call)?)
    }),
    row("jsondecode", &[parameter("str", Kind::String)], |a, _| {
        json::decode(string(a, 0)).map_err(Fault::Call)
    }),
    row("base64encode", &[parameter("str", Kind::String)], |a, _| text_value(STANDARD.encode(string(a, 0)))),
    row("base64decode", &[parameter("str", Kind::String)], |a, _| decode64(string(a, 0))),
    row("urlencode", &[parameter("str", Kind::String)], |a, _| text_value(url(string(a, 0)))),
];

fn decode64(text: &str) -> Answer {
    let bytes =
        STANDARD.decode(text).map_err(|_| Fault::Call(format!("failed to decode base64 data \"{text}\"")))?;
    match String::from_utf8(bytes) {
        Ok(text) => text_value(text),
        Err(_) => {
            Err(Fault::Call("the result of decoding the provided string is not valid UTF-8".to_owned()))
        }
    }
}

/// As Go's `url.QueryEscape`: a space becomes a plus sign.
fn url(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
