//! `LANGUAGE.md` is tested: its configurations load, its expressions have the answers it
//! shows, and its tables of functions are those of the code.
//!
//! `UPDATE_EXPECT=1` writes signatures, answers and the list of what is refused anew.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::expressions::ask;
use super::{load, said};
use crate::config::functions::{self, refused};
use crate::config::inputs::{Inputs, MissingValues};

const PAGE: &str = include_str!("../LANGUAGE.md");

/// What stands in the fences of one language.
fn fences(language: &str) -> Vec<&'static str> {
    let open = format!("```{language}\n");
    let pieces = PAGE.split(open.as_str()).skip(1);
    pieces.filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn its_configurations_load() {
    let inputs = Inputs { missing: MissingValues::Unknown, ..Inputs::default() };
    let blocks = fences("hcl");
    assert!(!blocks.is_empty());
    for text in blocks {
        let (_, diagnostics) = load(&[("main.hcl", text)], &inputs);
        assert_eq!(said(&diagnostics), "", "{text}");
    }
}

#[test]
fn its_expressions_have_these_answers() {
    let mut count = 0;
    for text in fences("console") {
        for entry in format!("\n{text}").split("\n> ").skip(1) {
            let (expression, expected) = entry.split_once('\n').expect("an answer below an expression");
            assert_eq!(ask(expression).ok().as_deref(), Some(expected.trim_end()), "{expression}");
            count += 1;
        }
    }
    assert!(count >= 5, "{count}");
}

#[test]
fn its_tables_are_those_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/LANGUAGE.md");
    let (mut page, mut seen) = (String::new(), BTreeSet::new());
    for line in PAGE.lines() {
        match row(line) {
            Some((name, text)) => {
                assert!(seen.insert(name.to_owned()), "{name} stands there twice");
                page.push_str(&text);
            }
            None => page.push_str(line),
        }
        page.push('\n');
        if line == "| function | why | instead |" {
            page.push_str("|---|---|---|\n");
            for refused in refused::ALL {
                let _ = writeln!(page, "| `{}` | {} | {} |", refused.name, refused.why, refused.instead);
            }
            break;
        }
    }
    let all: BTreeSet<String> = functions::names().map(str::to_owned).collect();
    assert_eq!(seen, all, "the functions of the page and those of the code");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &page).expect("the page is writable");
    } else {
        assert!(
            page == PAGE,
            "LANGUAGE.md is not what the code says: UPDATE_EXPECT=1 writes it anew\n{page}"
        );
    }
}

/// A row of a table of functions as it should be, and the function.
fn row(line: &str) -> Option<(&str, String)> {
    let mut cells = line.strip_prefix("| `")?.split(" | ");
    let (signature, gives, example) = (cells.next()?, cells.next()?, cells.next()?);
    let name = signature.trim_end_matches('`').split('(').next()?;
    let known = functions::names().any(|known| known == name);
    if !known {
        return None;
    }
    let example = example.trim_matches(['`', '|', ' ']);
    let signature = functions::signature(name);
    let text = if example.is_empty() {
        format!("| `{signature}` | {gives} | | |")
    } else {
        let answer = ask(example).unwrap_or_else(|error| panic!("{example}: {}", said(&error)));
        let answer = answer.split('\n').map(str::trim).collect::<Vec<&str>>().join(" ").replace(", ]", " ]");
        format!("| `{signature}` | {gives} | `{example}` | `{answer}` |")
    };
    Some((name, text))
}
