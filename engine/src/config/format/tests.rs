//! `fmt` against what Terraform answered, and against its own laws.
//!
//! The cases are data under tests/language/fmt; the README there says what the
//! files are. Properties are in `properties`.

mod properties;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::token::Kind;
use super::{SyntaxError, format, lex};

/// One case: its files by what follows the name.
type Case = BTreeMap<String, String>;

fn corpus() -> BTreeMap<String, Case> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/language/fmt");
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        if let Some((name, role)) =
            file.split_once('.').filter(|(name, role)| !name.is_empty() && *role != "md")
        {
            let text = fs::read_to_string(&path).unwrap();
            cases.entry(name.to_owned()).or_default().insert(role.to_owned(), text);
        }
    }
    cases
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

#[test]
fn every_case_gives_what_terraform_gave() {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, case) in corpus() {
        let input = &case["in.hcl"];
        if let Some(refused) = case.get("refused.txt") {
            let SyntaxError { offset, .. } = format(input).expect_err(&name);
            let (line, _) = refused.split_once(':').unwrap();
            assert_eq!(line_of(input, offset).to_string(), line, "{name}");
            *kinds.entry("refused").or_default() += 1;
            continue;
        }
        let terraform = &case["out.hcl"];
        let expected = case.get("ours.hcl").unwrap_or(terraform);
        assert_eq!(format(input).as_ref(), Ok(expected), "{name}");
        if case.contains_key("ours.hcl") {
            assert_ne!(expected, terraform, "{name}: nothing differs, so there is nothing to record");
            *kinds.entry("ours").or_default() += 1;
        }
        *kinds.entry(if name.starts_with("large_") { "large" } else { "small" }).or_default() += 1;
    }
    assert!(kinds["small"] >= 120 && kinds["large"] >= 10 && kinds["refused"] >= 20, "{kinds:?}");
}

#[test]
fn formatting_twice_changes_nothing_more() {
    // One sequence is unwrapped at a time, as in Terraform.
    let unwraps_again = BTreeSet::from(["unwrap_once"]);
    for (name, case) in corpus() {
        let Ok(once) = format(&case["in.hcl"]) else { continue };
        let twice = format(&once).unwrap_or_else(|error| panic!("{name}: {error:?}\n{once}"));
        assert_eq!(once == twice, !unwraps_again.contains(name.as_str()), "{name}\n{once}\n{twice}");
    }
}

#[test]
fn every_comment_stays() {
    for (name, case) in corpus() {
        let Ok(formatted) = format(&case["in.hcl"]) else { continue };
        assert_eq!(comments(&formatted), comments(&case["in.hcl"]), "{name}");
    }
}

fn comments(source: &str) -> Vec<String> {
    let tokens = lex::cut(source).tokens;
    tokens.iter().filter(|token| token.kind == Kind::Comment).map(|token| token.text.to_string()).collect()
}

fn check_error(source: &str, expected: Expect) {
    let error = format(source).unwrap_err();
    let column = error.offset - source[..error.offset].rfind('\n').map_or(0, |at| at + 1) + 1;
    expected.assert_eq(&format!("{}:{column}: {error}", line_of(source, error.offset)));
}

#[test]
fn errors_say_where_and_what_was_expected() {
    check_error("a =", expect!["1:4: An expression is required here."]);
    check_error("a = 1 b", expect!["1:7: A definition must end with a newline."]);
    check_error(
        "a = 1\na = 2",
        expect!["2:1: This argument was already set. Each argument may be set only once."],
    );
    check_error("a {\n", expect!["1:3: There is no closing brace for this block."]);
    check_error("= 1", expect!["1:1: An argument or block definition is required here."]);
    check_error(
        "a\n",
        expect![[
            r#"1:2: An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value."#
        ]],
    );
    check_error(
        "a { b = 1, c = 2 }",
        expect![
            "1:10: A block on one line must be closed right after its argument. Put each argument on a line of its own to have more of them."
        ],
    );
    check_error("a = [1 2]", expect!["1:8: A comma is required between the items of a list."]);
    check_error(
        "a = {b = 1 c = 2}",
        expect!["1:12: A newline or a comma is required between the attributes of an object."],
    );
    check_error(
        "é = \"日\\q\"",
        expect![[
            r#"1:10: This is no escape: after a backslash stands one of n, r, t, ", \, u with four hexadecimal digits, or U with eight."#
        ]],
    );
    check_error("a = \"b\n", expect!["1:7: The template is not closed on its line, or not at all."]);
    check_error(
        "a = \"%{ if b }\"",
        expect!["1:15: A directive of this template is not closed before its end."],
    );
}

#[test]
fn nesting_is_bounded() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("a = {}1{}\n", open.repeat(depth), close.repeat(depth))
    };
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{ b = ", " }"), ("f(", ")"), ("b[", "]"), ("\"x${", "}\"")]
    {
        assert!(format(&nested(open, close, 60)).is_ok(), "{open}");
        let error = format(&nested(open, close, 100_000)).unwrap_err();
        assert_eq!(error.message, "Blocks and expressions are nested too deeply here.", "{open}");
    }
    for (open, close) in [("-", ""), ("!", ""), ("b ? c : ", ""), ("1 + ", "")] {
        assert!(format(&nested(open, close, 100_000)).is_ok(), "{open}");
    }
    let error = format(&"a {\n".repeat(100_000)).unwrap_err();
    assert_eq!(error.message, "Blocks and expressions are nested too deeply here.");
}

#[test]
fn an_error_becomes_a_diagnostic_at_its_character() {
    use crate::diagnostic::SourceFile;
    let file = std::sync::Arc::new(SourceFile::new("main.hcl", "a = é ñ\n"));
    let diagnostic = format(&file.text).unwrap_err().diagnostic(&file);
    assert_eq!(diagnostic.span.as_ref().map(|span| &file.text[span.range.clone()]), Some("ñ"));
    assert_eq!((diagnostic.code.name(), diagnostic.summary.as_str()), ("CFG001", "Syntax error"));
}
