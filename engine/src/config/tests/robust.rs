//! Whatever the text is: no panic, no overflow of the stack, no endless run.

use proptest::prelude::*;

use super::{load, said};
use crate::config::inputs::Inputs;

fn survives(text: &str) -> String {
    let (declared, diagnostics) = load(&[("main.hcl", text)], &Inputs::default());
    assert!(declared.is_some() || !diagnostics.0.is_empty(), "nothing said about {text:?}");
    for diagnostic in &diagnostics.0 {
        assert!(!diagnostic.summary.is_empty() && !diagnostic.detail.is_empty());
    }
    said(&diagnostics)
}

/// Runs with the stack that threads usually have, a quarter of what programs have.
fn on_a_small_stack(run: fn()) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread");
    thread.join().expect("it does not panic");
}

#[test]
fn depth_is_bounded() {
    on_a_small_stack(every_construct_is_nested);
    on_a_small_stack(values_are_nested);
}

/// Values can be nested more deeply than any text: each of these puts one into another.
fn values_are_nested() {
    for step in [
        "[local.l]",
        "{ a = local.l }",
        "tolist([local.l])",
        "[for x in [1] : local.l]",
        "{ for x in [1] : x => local.l }",
    ] {
        let line =
            |at: usize| format!("  l{at} = {}\n", step.replace("local.l", &format!("local.l{}", at - 1)));
        let lines: String = (1..3_000).map(line).collect();
        let said = survives(&format!("locals {{\n  l0 = 1\n{lines}}}\n"));
        assert!(said.contains("too"), "{step}: {said}");
    }
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    for (function, text) in [("jsondecode", &deep), ("yamldecode", &deep), ("csvdecode", &deep)] {
        let said = survives(&format!("locals {{\n  x = {function}(\"{text}\")\n}}\n"));
        assert!(said.contains("failed") || function == "csvdecode", "{said}");
    }
    let bomb: String = (1..40).map(|at| format!("a{at}: &a{at} [*a{0}, *a{0}]\\n", at - 1)).collect();
    let said = survives(&format!("locals {{\n  x = yamldecode(\"a0: &a0 x\\n{bomb}\")\n}}\n"));
    assert!(said.contains("too many values"), "{said}");
    let patterns = "{a,b}".repeat(40);
    let said = survives(&format!("locals {{\n  x = fileset(\".\", \"{patterns}\")\n}}\n"));
    assert!(said.contains("more than 1000 patterns"), "{said}");
}

fn every_construct_is_nested() {
    let local = |value: String| format!("locals {{\n  x = {value}\n}}\n");
    let deep = |open: &str, inner: &str, close: &str, times: usize| {
        local(format!("{}{inner}{}", open.repeat(times), close.repeat(times)))
    };
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{ a = ", "1", " }"),
        ("\"${", "1", "}\""),
        ("-", "1", ""),
        ("!", "true", ""),
        ("upper(", "\"a\"", ")"),
        ("[for x in [1] : ", "x", "]"),
        ("true ? 1 : ", "2", ""),
        ("1 + ", "1", ""),
        ("\"%{ if true }", "x", "%{ endif }\""),
        ("[1][", "0", "]"),
        ("{ (", "1", ") = 1 }"),
        ("{ for k, v in {} : k => ", "v", " }"),
        ("[for x in ", "[]", " : x]"),
        ("[for x in [1] : x if ", "true", "]"),
        ("1 == 1 ? ", "1", " : 2"),
        ("\"%{ for x in [1] }", "x", "%{ endfor }\""),
        ("\"%{ if false }%{ else }", "x", "%{ endif }\""),
        ("\"${upper(", "\"a\"", ")}\""),
        ("try(", "1", ")"),
        ("max(", "1", "...)"),
        ("[", "1", "][*]"),
        ("<<EOT\n${", "1", "}\nEOT\n"),
    ] {
        for times in [30, 60, 100, 5_000] {
            let text = deep(open, inner, close, times);
            let said = survives(&text);
            assert!(times < 1_000 || !said.is_empty(), "{open} {times}");
        }
    }
    survives(&"a {\n".repeat(5_000));
    survives(&format!("{}{}", "role \"x\" {\n".repeat(200), "}\n".repeat(200)));
    survives(&local(format!("[0]{}", "[0]".repeat(20_000))));
    survives(&local(format!("\"{}\"", "${1}".repeat(20_000))));
}

#[test]
fn growth_is_bounded() {
    let chain = |first: &str, step: fn(usize) -> String| {
        let lines: String = (1..200).map(|at| format!("  l{at} = {}\n", step(at - 1))).collect();
        survives(&format!("locals {{\n  l0 = {first}\n{lines}}}\n"))
    };
    for said in [
        chain("\"aaaaaaaa\"", |before| format!("\"${{local.l{before}}}${{local.l{before}}}\"")),
        chain("[1, 2]", |before| format!("[local.l{before}, local.l{before}]")),
        chain("10", |before| format!("local.l{before} * local.l{before}")),
        chain("\"a\"", |before| format!("replace(local.l{before}, \"\", local.l{before})")),
        chain("range(1000)", |before| format!("setproduct(local.l{before}, range(1000))")),
    ] {
        assert!(
            said.contains("too") || said.contains("longer than") || said.contains("combinations"),
            "{said}"
        );
    }
    let long: String = (1..5_000).map(|at| format!("  l{at} = local.l{}\n", at - 1)).collect();
    assert_eq!(survives(&format!("locals {{\n  l0 = 1\n{long}}}\n")), "");
}

/// At this size a step that looks at all that is open would take minutes.
#[test]
fn brackets_are_matched_one_by_one() {
    let (open, many) = ("(".repeat(50_000), 50_000);
    for close in [")", "]", "}", ")]"] {
        let said = survives(&format!("locals {{\n  x = {open}{}\n}}\n", close.repeat(many)));
        assert!(!said.is_empty(), "{close}");
    }
}

#[test]
fn loops_are_bounded() {
    // What is cheap is counted too.
    let loops = "[for a in local.r : [for b in local.r : [for c in local.r : true]]]";
    assert!(survives(&format!("locals {{\n  r = range(1000)\n  x = {loops}\n}}\n")).contains("costly"));
}

pub(super) const TOKENS: &[&str] = &[
    "role",
    "resource",
    "variable",
    "locals",
    "output",
    "\"x\"",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "=",
    "==",
    "\n",
    " ",
    "\"",
    "${",
    "%{",
    "%{ if true }",
    "%{ endif }",
    "~}",
    "<<EOT\n",
    "\nEOT\n",
    "<<-E\n",
    "#",
    "/*",
    "*/",
    "//",
    "for",
    "in",
    ":",
    "=>",
    "...",
    "?",
    "1",
    "1e9",
    "-",
    "var.x",
    "local.a",
    "each.key",
    ".",
    "*",
    "[*]",
    "null",
    "upper(",
    ",",
    "\\",
    "\\u",
    "é",
    "\u{301}",
    "\r\n",
    "a",
    "if",
    "&&",
    "|",
    "'",
    "\0",
    "\u{feff}",
    "grant",
    "name",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn any_tokens_are_survived(picks in prop::collection::vec(0..TOKENS.len(), 0..80)) {
        let text: String = picks.iter().map(|pick| TOKENS[*pick]).collect();
        survives(&text);
        survives(&format!("locals {{\n  a = {text}\n}}\n"));
    }

    #[test]
    fn any_change_of_a_file_is_survived(at in 0..MODEL.len(), cut in 0..40_usize, pick in 0..TOKENS.len()) {
        let start = (0..=at).rev().find(|at| MODEL.is_char_boundary(*at)).unwrap_or(0);
        let end = (start + cut).min(MODEL.len());
        let end = (end..=MODEL.len()).find(|at| MODEL.is_char_boundary(*at)).unwrap_or(MODEL.len());
        survives(&format!("{}{}{}", &MODEL[..start], TOKENS[pick], &MODEL[end..]));
    }
}

const MODEL: &str = r#"
variable "env" {
  type    = object({ name = string, n = optional(number, 3) })
  default = { name = "é" }
}
locals {
  x = [for k, v in { a = 1, b = 2 } : "${k}-${v}" if v > 1]
  y = <<-EOT
    %{ for s in local.x ~}
    ${s}
    %{ endfor ~}
  EOT
}
resource "postgres" "a" { host = "h" }
role "r" {
  for_each   = toset(["a", "b"])
  name       = "${each.key}_${var.env.name}"
  resource   = postgres.a
  scopes     = ["app.${each.key}"]
  privileges = ["SELECT"]
  grant {
    database   = "app"
    schemas    = ["s"]
    tables     = ["t*"]
    privileges = ["ALL"]
  }
}
output "names" { value = [for r in role.r : r.name][*] }
"#;
