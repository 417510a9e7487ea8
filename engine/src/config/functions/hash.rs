//! Digests of texts and of files, and names made of digests.
//!
//! MD5 and SHA-1 are for comparing with what others have computed; nothing of roleform
//! rests on them. Invariant: a function of bytes, without salt or randomness.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::world::read;
use super::{Answer, Fault, Function, Kind, Parameter, Surroundings, parameter, row, string, text_value};
use crate::config::value::Value;

const TEXT: &[Parameter] = &[parameter("str", Kind::String)];
const PATH: &[Parameter] = &[parameter("path", Kind::String)];

pub(super) const TABLE: &[Function] = &[
    row("md5", TEXT, |a, _| text_value(md5(string(a, 0).as_bytes()))),
    row("sha1", TEXT, |a, _| text_value(sha1(string(a, 0).as_bytes()))),
    row("sha256", TEXT, |a, _| text_value(sha256(string(a, 0).as_bytes()))),
    row("sha512", TEXT, |a, _| text_value(sha512(string(a, 0).as_bytes()))),
    row("base64sha256", TEXT, |a, _| text_value(sha256_base64(string(a, 0).as_bytes()))),
    row("base64sha512", TEXT, |a, _| text_value(sha512_base64(string(a, 0).as_bytes()))),
    row("filemd5", PATH, |a, world| text_value(md5(&content(a, world)?))),
    row("filesha1", PATH, |a, world| text_value(sha1(&content(a, world)?))),
    row("filesha256", PATH, |a, world| text_value(sha256(&content(a, world)?))),
    row("filesha512", PATH, |a, world| text_value(sha512(&content(a, world)?))),
    row("filebase64sha256", PATH, |a, world| text_value(sha256_base64(&content(a, world)?))),
    row("filebase64sha512", PATH, |a, world| text_value(sha512_base64(&content(a, world)?))),
    row("uuidv5", &[parameter("namespace", Kind::String), parameter("name", Kind::String)], |a, _| uuid(a)),
];

/// The bytes of the file that is named.
fn content(arguments: &[Value], world: &Surroundings<'_>) -> Result<Vec<u8>, Fault> {
    read(string(arguments, 0), world).map_err(Fault::of_call)
}

fn md5(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

fn sha1(bytes: &[u8]) -> String {
    hex(&Sha1::digest(bytes))
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn sha512(bytes: &[u8]) -> String {
    hex(&Sha512::digest(bytes))
}

fn sha256_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

fn sha512_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Sha512::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 9562, section 5.5: the name is hashed behind the bytes of its namespace.
fn uuid(arguments: &[Value]) -> Answer {
    let namespace = string(arguments, 0);
    // RFC 9562, section 6.6: the namespaces that everybody knows differ in one digit.
    let well_known = |digit: char| format!("6ba7b81{digit}-9dad-11d1-80b4-00c04fd430c8");
    let id = match namespace {
        "dns" => well_known('0'),
        "url" => well_known('1'),
        "oid" => well_known('2'),
        "x500" => well_known('4'),
        other => other.to_owned(),
    };
    let Some(namespace) = uuid_bytes(&id) else {
        let wrong = match id.len() {
            36 => "invalid UUID format".to_owned(),
            length => format!("invalid UUID length: {length}"),
        };
        return Err(Fault::Call(format!("uuidv5() doesn't support namespace {namespace} ({wrong})")));
    };
    let mut hash = Sha1::new();
    hash.update(namespace);
    hash.update(string(arguments, 1).as_bytes());
    let mut bytes: Vec<u8> = hash.finalize()[..16].to_vec();
    bytes[6] = 0x50 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let groups = [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]];
    text_value(groups.map(hex).join("-"))
}

/// The 16 bytes of a UUID in its usual notation.
fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let dashes = [8, 13, 18, 23];
    let right = text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() });
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if right { u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes) } else { None }
}
