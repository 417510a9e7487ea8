//! What one scalar of YAML stands for.
//!
//! The rules of go-cty-yaml's resolver: YAML 1.2's core schema, 1.1's booleans, and
//! dates as RFC 3339 text. Invariant: quoted text stays text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use saphyr_parser::{ScalarStyle, Tag};

use crate::config::value::Value;
use crate::config::value::number::Number;

/// What the tags of YAML itself begin with; `!!` stands for it.
const CORE: &str = "tag:yaml.org,2002:";

/// The short name of a tag: `str` for `!!str`; `!` for the one without a name.
pub(super) fn tag_name(tag: &Tag) -> Result<&str, String> {
    let whole = format!("{}{}", tag.handle, tag.suffix);
    match whole.strip_prefix(CORE) {
        Some(name) => Ok(&tag.suffix[tag.suffix.len() - name.len()..]),
        None if whole == "!" => Ok("!"),
        None => Err(format!("unsupported tag \"{whole}\"")),
    }
}

/// The value of a scalar.
pub(super) fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let name = match tag {
        None if style == ScalarStyle::Plain => return plain(text),
        None => return Ok(Value::string(text)),
        Some(tag) => tag_name(tag)?,
    };
    let cannot = || format!("cannot parse \"{text}\" as {name}");
    match name {
        "!" | "str" => Ok(Value::string(text)),
        "binary" => match STANDARD.decode(text) {
            Ok(_) => Ok(Value::string(text)),
            Err(_) => Err(format!("{}: not valid base64", cannot())),
        },
        "null" => Ok(Value::null()),
        "bool" => truth(text).map(Value::bool).ok_or_else(cannot),
        "int" | "float" => {
            let digits = text.replace('_', "");
            whole(&digits).or_else(|| decimal(&digits)).map(Value::number).ok_or_else(cannot)
        }
        "timestamp" => timestamp(text).map(|time| Value::string(&time)).ok_or_else(cannot),
        other => Err(format!("unsupported tag \"{CORE}{other}\"")),
    }
}

/// A scalar without quotes and without a tag.
fn plain(text: &str) -> Result<Value, String> {
    if let Some(truth) = truth(text) {
        return Ok(Value::bool(truth));
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::null()),
        ".nan" | ".NaN" | ".NAN" => return Err("floating point NaN is not supported".to_owned()),
        _ => {}
    }
    if let ".inf" | ".Inf" | ".INF" = text.trim_start_matches(['+', '-']) {
        return Err("infinity is not supported".to_owned());
    }
    let number = whole(text).or_else(|| decimal(text)).map(Value::number);
    Ok(number.unwrap_or_else(|| Value::string(&timestamp(text).unwrap_or_else(|| text.to_owned()))))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Digits, or a whole number in octal or hexadecimal.
fn whole(text: &str) -> Option<Number> {
    let in_base = |digits: &str, base: u32| {
        let right = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
        if right { Number::parse_integer(digits, base) } else { None }
    };
    if let Some(digits) = text.strip_prefix("0o") {
        return in_base(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return in_base(&digits.to_ascii_lowercase(), 16);
    }
    let (sign, digits) = signed(text);
    let number = in_base(digits, 10)?;
    Some(if sign == '-' { number.negate() } else { number })
}

/// A decimal fraction; the point may come first or last.
fn decimal(text: &str) -> Option<Number> {
    let (sign, rest) = signed(text);
    let at = rest.find(['e', 'E']).unwrap_or(rest.len());
    let (mantissa, exponent) = rest.split_at(at);
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if before.is_empty() && after.is_empty() {
        return None;
    }
    let zero = |digits: &str| if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    let number = Number::parse(&format!("{}.{}{exponent}", zero(before), zero(after)))?;
    Some(if sign == '-' { number.negate() } else { number })
}

fn signed(text: &str) -> (char, &str) {
    match text.chars().next() {
        Some(sign @ ('-' | '+')) => (sign, &text[1..]),
        _ => ('+', text),
    }
}

/// `2006-1-2`, `2006-1-2T15:4:5Z`, `2006-1-2 15:4:5`, as RFC 3339 without fractions.
fn timestamp(text: &str) -> Option<String> {
    let (day, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((&text[at..=at], &text[at + 1..]))),
        None => (text, None),
    };
    let (year, rest) = day.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let day = date_of(year, month, day)?;
    let Some((separator, time)) = time else { return Some(format!("{day}T00:00:00Z")) };
    let (clock, zone) = match (separator, time.find(['Z', '+', '-'])) {
        (" ", None) => (time, "Z"),
        (" ", Some(_)) | (_, None) => return None,
        (_, Some(at)) => time.split_at(at),
    };
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    let right =
        parts.next().is_none() && !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    let of = |text: &str| short(text, 2).and_then(|n| i8::try_from(n).ok());
    let moment =
        day.at(0, 0, 0, 0).with().hour(of(hour)?).minute(of(minute)?).second(of(second)?).build().ok()?;
    let zone = offset(zone).filter(|_| right)?;
    Some(format!("{}{zone}", moment.strftime("%Y-%m-%dT%H:%M:%S")))
}

fn date_of(year: &str, month: &str, day: &str) -> Option<Date> {
    let year = Some(year).filter(|year| year.len() == 4).and_then(|year| short(year, 4))?;
    let part = |text: &str| short(text, 2).and_then(|n| i8::try_from(n).ok());
    let (month, day) = (part(month)?, part(day)?);
    Date::new(year, month, day).ok()
}

fn short(text: &str, most: usize) -> Option<i16> {
    let right = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}

/// `Z`, or hours and minutes; no offset at all is `Z` too.
fn offset(zone: &str) -> Option<&str> {
    let (sign, rest) = signed(zone);
    match (zone, rest.split_once(':')) {
        ("Z", _) => Some("Z"),
        (_, Some(("00", "00"))) => Some("Z"),
        (_, Some((hours, minutes))) if hours.len() == 2 && minutes.len() == 2 => {
            let right = zone.starts_with(sign) && short(hours, 2)? < 24 && short(minutes, 2)? < 60;
            right.then_some(zone)
        }
        _ => None,
    }
}
