//! Dates: formatting, adding, comparing.
//!
//! There is one time in a run, [`Surroundings::now`]; no function reads a clock.

use jiff::civil::Weekday;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::{Answer, Fault, Function, Kind, parameter, row, string, text_value};
use crate::config::value::Value;

pub(super) const TABLE: &[Function] = &[
    row("plantimestamp", &[], |_, surroundings| text_value(surroundings.now.to_owned())),
    row("formatdate", &[parameter("format", Kind::String), parameter("time", Kind::String)], |a, _| {
        let time = zoned(string(a, 1)).map_err(|why| Fault::Argument(1, why))?;
        text_value(formatted(string(a, 0), &time)?)
    }),
    row("timeadd", &[parameter("timestamp", Kind::String), parameter("duration", Kind::String)], |a, _| {
        add(a)
    }),
    row(
        "timecmp",
        &[parameter("timestamp_a", Kind::String), parameter("timestamp_b", Kind::String)],
        |a, _| {
            let [left, right] = [0, 1].map(|at| zoned(string(a, at)).map_err(|why| Fault::Argument(at, why)));
            let order = left?.timestamp().cmp(&right?.timestamp());
            Ok(Value::number(order as i64))
        },
    ),
];

/// A time with the offset it was written in.
fn zoned(text: &str) -> Result<Zoned, String> {
    let wrong = |why: &str| format!("not a valid RFC3339 timestamp: {why}");
    let shape = text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T');
    let pieces = Pieces::parse(text).ok().filter(|_| shape);
    let Some(pieces) = pieces else { return Err(wrong("it must look like 2006-01-02T15:04:05Z")) };
    let timestamp: Timestamp = text.parse().map_err(|_| wrong("day out of range"))?;
    let offset = pieces.to_numeric_offset().unwrap_or(jiff::tz::Offset::UTC);
    Ok(timestamp.to_zoned(TimeZone::fixed(offset)))
}

fn add(arguments: &[Value]) -> Answer {
    let time = zoned(string(arguments, 0)).map_err(Fault::Call)?;
    let duration = duration(string(arguments, 1)).map_err(Fault::Call)?;
    let sum = time.checked_add(duration).map_err(|_| Fault::Call("the result is out of range".to_owned()))?;
    text_value(if sum.offset().is_zero() {
        sum.timestamp().to_string()
    } else {
        sum.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    })
}

/// A duration in Go's notation: `-1h30m`, `1.5s`.
fn duration(text: &str) -> Result<SignedDuration, String> {
    let invalid = || format!("time: invalid duration \"{text}\"");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(|| format!("time: missing unit in duration \"{text}\""))?;
        let number: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let unit = &rest[..rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len())];
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            other => return Err(format!("time: unknown unit \"{other}\" in duration \"{text}\"")),
        };
        total += number * seconds;
        rest = &rest[unit.len()..];
    }
    SignedDuration::try_from_secs_f64(if negative { -total } else { total }).map_err(|_| invalid())
}

/// Terraform's date format: runs of letters are verbs, quotes protect text.
fn formatted(format: &str, time: &Zoned) -> Result<String, Fault> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        let run = rest.chars().take_while(|c| *c == first).count();
        if first == '\'' {
            let (text, length) = quoted(rest)?;
            out.push_str(&text);
            rest = &rest[length..];
            continue;
        }
        if first.is_ascii_alphabetic() {
            let verb = &rest[..run];
            let text = verb_text(verb, time)
                .ok_or_else(|| Fault::Argument(0, format!("invalid date format verb \"{verb}\"")))?;
            out.push_str(&text);
            rest = &rest[run..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(out)
}

fn quoted(rest: &str) -> Result<(String, usize), Fault> {
    let mut out = String::new();
    let mut at = 1;
    loop {
        let Some(end) = rest[at..].find('\'') else {
            return Err(Fault::Argument(0, "unterminated literal '".to_owned()));
        };
        out.push_str(&rest[at..at + end]);
        at += end + 1;
        if !rest[at..].starts_with('\'') {
            return Ok((out, at));
        }
        out.push('\'');
        at += 1;
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn verb_text(verb: &str, time: &Zoned) -> Option<String> {
    let month = usize::try_from(time.month() - 1).ok().and_then(|at| MONTHS.get(at)).copied()?;
    let day = match time.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    let twelve = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let offset = |format: &str| time.strftime(format).to_string();
    Some(match verb {
        "YYYY" => format!("{:04}", time.year()),
        "YY" => format!("{:02}", time.year() % 100),
        "MMMM" => month.to_owned(),
        "MMM" => month[..3].to_owned(),
        "MM" => format!("{:02}", time.month()),
        "M" => time.month().to_string(),
        "DD" => format!("{:02}", time.day()),
        "D" => time.day().to_string(),
        "EEEE" => day.to_owned(),
        "EEE" => day[..3].to_owned(),
        "hh" => format!("{:02}", time.hour()),
        "h" => time.hour().to_string(),
        "HH" => format!("{twelve:02}"),
        "H" => twelve.to_string(),
        "AA" => if time.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if time.hour() < 12 { "am" } else { "pm" }.to_owned(),
        "mm" => format!("{:02}", time.minute()),
        "m" => time.minute().to_string(),
        "ss" => format!("{:02}", time.second()),
        "s" => time.second().to_string(),
        "ZZZZZ" => offset("%:z"),
        "ZZZZ" => offset("%z"),
        "ZZZ" if time.offset().is_zero() => "UTC".to_owned(),
        "ZZZ" => offset("%z"),
        "Z" if time.offset().is_zero() => "Z".to_owned(),
        "Z" => offset("%:z"),
        _ => return None,
    })
}
