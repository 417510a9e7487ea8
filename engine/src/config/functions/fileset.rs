//! `fileset`: the files below a directory whose path matches a pattern.
//!
//! `*` and `?` match within a name, `**` any directories, `[…]` one of some characters,
//! `{a,b}` one of some words. Not here: reading files (`world`). Invariant: the walk is
//! bounded in depth and in number, whatever links there are.

use regex::Regex;

use super::text::strings;
use super::world::directory;
use super::{Answer, Fault, Function, Kind, Surroundings, parameter, row, string};
use crate::config::value::Value;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;

pub(super) const TABLE: &[Function] =
    &[row("fileset", &[parameter("path", Kind::String), parameter("pattern", Kind::String)], matching)];

/// Deepest directory that is looked into.
const MAX_DEPTH: usize = 32;

/// Most names that are looked at.
const MAX_NAMES: usize = 100_000;

/// Most patterns that the words in braces make.
const MAX_PATTERNS: usize = 1_000;

fn matching(arguments: &[Value], surroundings: &Surroundings<'_>) -> Answer {
    let top = directory(string(arguments, 0), surroundings)?;
    let mut walk = Walk { surroundings, found: Vec::new(), seen: 0 };
    for pattern in alternatives(string(arguments, 1))? {
        let segments: Vec<Segment> = pattern
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(segment)
            .collect::<Option<_>>()
            .ok_or_else(|| bad_pattern(&top, string(arguments, 1)))?;
        walk.look(&top, "", &segments)?;
    }
    let found = strings(walk.found.iter().map(String::as_str));
    convert(&found, &Type::set(Type::String)).map_err(|mismatch| Fault::Call(mismatch.text()))
}

/// One part of a pattern between slashes.
enum Segment {
    /// `**`.
    AnyDirectories,
    /// `..`.
    Parent,
    /// A name, as a regular expression.
    Name(Regex),
}

fn bad_pattern(top: &str, pattern: &str) -> Fault {
    Fault::Call(format!("failed to glob pattern \"{top}/{pattern}\": syntax error in pattern"))
}

/// `None`: it is no pattern.
fn segment(part: &str) -> Option<Segment> {
    match part {
        "**" => return Some(Segment::AnyDirectories),
        ".." => return Some(Segment::Parent),
        _ => {}
    }
    let mut expression = "^(?s:".to_owned();
    let mut rest = part.chars();
    while let Some(character) = rest.next() {
        match character {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '\\' => expression.push_str(&regex::escape(&rest.next()?.to_string())),
            '[' => {
                let (inside, after) = rest.as_str().split_once(']')?;
                let (not, inside) = match inside.strip_prefix('^') {
                    Some(inside) => ("^", inside),
                    None => ("", inside),
                };
                let class = inside.replace('\\', "\\\\").replace('[', "\\[").replace('&', "\\&");
                expression.push_str(&format!("[{not}{class}]"));
                rest = after.chars();
            }
            // Those that close were words to choose from (`alternatives`).
            '{' => return None,
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    Regex::new(&(expression + ")$")).map(Segment::Name).ok()
}

/// The patterns that a pattern with words in braces stands for.
fn alternatives(pattern: &str) -> Result<Vec<String>, Fault> {
    let mut open = vec![pattern.to_owned()];
    let mut plain = Vec::new();
    while let Some(next) = open.pop() {
        if open.len() + plain.len() > MAX_PATTERNS {
            let problem = format!("the pattern stands for more than {MAX_PATTERNS} patterns");
            return Err(Fault::Argument(1, problem));
        }
        // The innermost braces: the last that open before the first that close.
        let close = next.find('}');
        let Some((start, end)) = close.and_then(|end| next[..end].rfind('{').map(|start| (start, end)))
        else {
            plain.push(next);
            continue;
        };
        for word in next[start + 1..end].split(',') {
            open.push(format!("{}{word}{}", &next[..start], &next[end + 1..]));
        }
    }
    Ok(plain)
}

struct Walk<'a> {
    surroundings: &'a Surroundings<'a>,
    found: Vec<String>,
    seen: usize,
}

impl Walk<'_> {
    /// Looks for the segments in a directory; `inside` is its path below the first one.
    fn look(&mut self, top: &str, inside: &str, segments: &[Segment]) -> Result<(), Fault> {
        let Some((first, rest)) = segments.split_first() else { return Ok(()) };
        if inside.matches('/').count() > MAX_DEPTH {
            return Err(Fault::Call(format!("directories are more than {MAX_DEPTH} levels deep")));
        }
        if let Segment::Parent = first {
            return self.look(top, &format!("{inside}../"), rest);
        }
        if let Segment::AnyDirectories = first {
            self.look(top, inside, rest)?;
        }
        let directory = if inside.is_empty() { top.to_owned() } else { format!("{top}/{inside}") };
        // What cannot be listed holds no files.
        for entry in (self.surroundings.list)(&directory).unwrap_or_default() {
            self.seen += 1;
            if self.seen > MAX_NAMES {
                return Err(Fault::Call(format!("there are more than {MAX_NAMES} names to look at")));
            }
            let name = entry.trim_end_matches('/');
            let is_directory = name.len() < entry.len();
            match first {
                Segment::AnyDirectories if is_directory => {
                    self.look(top, &format!("{inside}{entry}"), segments)?;
                }
                Segment::AnyDirectories if rest.is_empty() => self.found.push(format!("{inside}{name}")),
                Segment::Name(pattern) if pattern.is_match(name) => match (rest.is_empty(), is_directory) {
                    (true, false) => self.found.push(format!("{inside}{name}")),
                    (false, true) => self.look(top, &format!("{inside}{entry}"), rest)?,
                    (true, true) | (false, false) => {}
                },
                Segment::AnyDirectories | Segment::Name(_) | Segment::Parent => {}
            }
        }
        Ok(())
    }
}
