//! `textencodebase64` and `textdecodebase64`: texts in other encodings.
//!
//! Those encodings that need no tables: UTF-8, UTF-16, ASCII and Latin-1. Terraform
//! knows all that IANA lists. Invariant: what cannot be represented is an error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Answer, Fault, Function, Kind, parameter, row, string, text_value};
use crate::config::value::Value;

pub(super) const TABLE: &[Function] = &[
    row(
        "textencodebase64",
        &[parameter("string", Kind::String), parameter("encoding", Kind::String)],
        |a, _| encode(a),
    ),
    row(
        "textdecodebase64",
        &[parameter("source", Kind::String), parameter("encoding", Kind::String)],
        |a, _| decode(a),
    ),
];

/// An encoding, with the name that IANA prefers.
struct Charset {
    name: &'static str,
    aliases: &'static [&'static str],
    encode: fn(&str) -> Option<Vec<u8>>,
    decode: fn(&[u8]) -> Option<String>,
}

const CHARSETS: &[Charset] = &[
    Charset {
        name: "UTF-8",
        aliases: &["csutf8"],
        encode: |text| Some(text.as_bytes().to_vec()),
        decode: |bytes| String::from_utf8(bytes.to_vec()).ok(),
    },
    Charset {
        name: "UTF-16LE",
        aliases: &["csutf16le"],
        encode: |text| Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        decode: |bytes| utf16(bytes, u16::from_le_bytes),
    },
    Charset {
        name: "UTF-16BE",
        aliases: &["csutf16be"],
        encode: |text| Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        decode: |bytes| utf16(bytes, u16::from_be_bytes),
    },
    Charset {
        name: "US-ASCII",
        aliases: &["ascii", "us", "iso646-us", "ansi_x3.4-1968", "csascii"],
        encode: |text| text.is_ascii().then(|| text.as_bytes().to_vec()),
        decode: |bytes| bytes.is_ascii().then(|| bytes.iter().map(|byte| char::from(*byte)).collect()),
    },
    Charset {
        name: "ISO-8859-1",
        aliases: &["iso_8859-1", "latin1", "l1", "csisolatin1", "iso_8859-1:1987"],
        encode: |text| text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        decode: |bytes| Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
    },
];

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).ok().filter(|_| rest.is_empty())
}

fn charset(arguments: &[Value]) -> Result<&'static Charset, Fault> {
    let wanted = string(arguments, 1).to_ascii_lowercase();
    let is = |charset: &&Charset| {
        charset.name.to_ascii_lowercase() == wanted || charset.aliases.contains(&wanted.as_str())
    };
    CHARSETS.iter().find(is).ok_or_else(|| {
        let known: Vec<&str> = CHARSETS.iter().map(|charset| charset.name).collect();
        let problem = format!(
            "\"{}\" is not a supported encoding; those supported are {}",
            string(arguments, 1),
            known.join(", ")
        );
        Fault::Argument(1, problem)
    })
}

fn encode(arguments: &[Value]) -> Answer {
    let charset = charset(arguments)?;
    match (charset.encode)(string(arguments, 0)) {
        Some(bytes) => text_value(STANDARD.encode(bytes)),
        None => {
            let name = charset.name;
            let problem =
                format!("the given string contains characters that cannot be represented in {name}");
            Err(Fault::Argument(0, problem))
        }
    }
}

fn decode(arguments: &[Value]) -> Answer {
    let charset = charset(arguments)?;
    let bytes = STANDARD
        .decode(string(arguments, 0))
        .map_err(|_| Fault::Argument(0, "the given value is not valid base64".to_owned()))?;
    match (charset.decode)(&bytes).filter(|text| !text.contains('\u{fffd}')) {
        Some(text) => text_value(text),
        None => {
            let name = charset.name;
            let problem = format!("the given string contains symbols that are not defined for {name}");
            Err(Fault::Argument(0, problem))
        }
    }
}
