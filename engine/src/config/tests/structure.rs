//! The table of structure: what a file looks like, and where what is wrong with it is found.
//!
//! Not here: what expressions are worth (`expressions`). Invariant: the table says all that is
//! reported, in order.

use expect_test::expect_file;

use super::load;
use crate::config::inputs::Inputs;
use crate::diagnostic::{Diagnostic, Position};

/// `2:3-2:4 CFG001 Summary`.
fn line(found: &Diagnostic) -> String {
    let place = found.span.as_ref().map(|span| {
        let at = |byte: usize| {
            let Position { line, column, .. } = span.file.position(byte);
            format!("{line}:{column}")
        };
        format!("{}-{}", at(span.range.start), at(span.range.end))
    });
    format!("! {} {} {}\n", place.unwrap_or_default(), found.code, found.summary)
}

fn messages(text: &str) -> String {
    let (_, found) = load(&[("main.hcl", text)], &Inputs::default());
    found.0.iter().map(line).collect()
}

#[test]
fn what_is_wrong_is_found_where_it_stands() {
    let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/language/structure.txt"));
    let mut now = String::new();
    let mut file = String::new();
    for line in table.lines().chain([""]) {
        if let Some(rest) = line.strip_prefix('>') {
            file.push_str(&format!("{}\n", rest.strip_prefix(' ').unwrap_or(rest)));
        } else if line.is_empty() && !file.is_empty() {
            now.push_str(&messages(&std::mem::take(&mut file)));
        }
        if !line.starts_with('!') {
            now.push_str(&format!("{line}\n"));
        }
    }
    expect_file!["../../../../tests/language/structure.txt"]
        .assert_eq(now.strip_suffix('\n').unwrap_or(&now));
}

#[test]
fn every_file_is_looked_at() {
    let files = [
        ("a.hcl", "locals {\n  a =\n}\n"),
        ("b.hcl", "locals {\n  b = [1 2]\n}\n"),
        ("c.hcl", "variable {\n"),
    ];
    let (_, found) = load(&files, &Inputs::default());
    let places = found.0.iter().filter_map(|found| found.span.as_ref().map(|span| span.origin().to_string()));
    assert_eq!(places.collect::<Vec<_>>(), ["a.hcl:2", "b.hcl:2", "c.hcl:1", "c.hcl:1"]);
}
