//! Arbitrary input to everything that reads text: no panic, no endless run, no growth
//! faster than the text.
//!
//! Bounded, so that it runs with the other tests. Not here: `fmt` (`format::tests`), and
//! depth (`robust`). Invariant: what is refused is refused with a message.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::robust::TOKENS;
use super::{load, said, world};
use crate::config::console::Console;
use crate::config::functions;
use crate::config::inputs::{InputArgument, Inputs};
use crate::config::sources::Sources;
use crate::config::value::Value;
use crate::diagnostic::SourceFile;

/// Real text to begin with.
const REAL: &[&str] = &[
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/tour/main.hcl")),
    include_str!("../LANGUAGE.md"),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/language/syntax.txt")),
];

const DECLARED: &str =
    "variable \"x\" {\n  type = any\n}\nvariable \"n\" {\n  type    = map(list(number))\n  default = {}\n}\n";

/// A piece of a text with another piece of it in its middle.
fn spliced(text: &str, at: usize, size: usize, from: usize) -> String {
    let boundary = |at: usize| (at.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at));
    let cut = |at: usize, size: usize| {
        let start = boundary(at).unwrap_or(text.len());
        &text[start..boundary(start + size).unwrap_or(text.len())]
    };
    format!("{}{}{}", cut(at, size), cut(from, size / 2), cut(at + size, size))
}

fn real() -> impl Strategy<Value = String> {
    (select(REAL), 0..20_000_usize, 0..400_usize, 0..20_000_usize)
        .prop_map(|(text, at, size, from)| spliced(text, at % text.len(), size, from % text.len()))
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(select(TOKENS), 0..60).prop_map(|tokens| tokens.concat())
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![soup(), real(), "\\PC{0,120}"]
}

/// Reads a text as everything that a text can be.
fn read(text: &str) {
    let file = |path: &str| Arc::new(SourceFile::new(path, text));
    let arguments = vec![
        InputArgument::File(file("x.tfvars")),
        InputArgument::Value { name: "x".to_owned(), text: text.to_owned() },
    ];
    let inputs = Inputs {
        environment: [("n".to_owned(), text.to_owned())].into(),
        files: vec![file("terraform.tfvars")],
        arguments,
        ..Inputs::default()
    };
    for files in [&[("main.hcl", DECLARED)][..], &[("main.hcl", text), ("x.hcl", DECLARED)]] {
        let (declared, diagnostics) = load(files, &inputs);
        assert!(declared.is_some() || !diagnostics.0.is_empty(), "nothing said about {text:?}");
        said(&diagnostics);
    }
    let surroundings = world();
    let (mut console, _) =
        Console::open(&Sources::single(vec![file("main.hcl")]), &Inputs::default(), &surroundings);
    if let Err(found) = console.evaluate(text) {
        assert!(!found.0.is_empty(), "nothing said about {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in anything()) {
        read(&text);
    }

    #[test]
    fn any_text_is_decoded(text in anything(), more in "[-:{}\\[\\]&*!|>'\"%@,?# \na-c0-9.~<]{0,80}") {
        let surroundings = world();
        for name in ["yamldecode", "csvdecode", "jsondecode", "base64decode", "parseint", "formatdate", "cidrhost"] {
            let function = functions::find(name).expect("a function of the table");
            for text in [&text, &more] {
                let arguments = [Value::string(text), Value::number(10_i64)];
                let _ = (function.run)(&arguments[..function.parameters.len()], &surroundings);
            }
        }
    }

    #[test]
    fn what_is_written_reads_back(texts in prop::collection::vec("[ -~\n\r\té😀\u{85}\u{2028}\u{feff}]{0,100}", 0..4)) {
        let surroundings = world();
        let run = |name: &str, value: &Value| {
            let function = functions::find(name).expect("a function of the table");
            (function.run)(std::slice::from_ref(value), &surroundings).expect("it can be read and written")
        };
        let list = Value::tuple(texts.iter().map(|text| Value::string(text)).collect());
        let nested = Value::tuple(vec![list.clone(), Value::null(), list]);
        for (encode, decode) in [("jsonencode", "jsondecode"), ("yamlencode", "yamldecode")] {
            let text = run(encode, &nested);
            prop_assert_eq!(run(decode, &text), nested.clone(), "{:?}", text);
        }
    }
}

/// Nanoseconds that the system gave this thread: what others do on the machine does not count.
fn spent() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    text.split(' ').next().and_then(|field| field.parse().ok()).expect("a number")
}

fn cost_of_loading(text: &str) -> u64 {
    let before = spent();
    let (declared, diagnostics) = load(&[("main.hcl", text)], &Inputs::default());
    assert!(declared.is_some(), "{}", said(&diagnostics));
    spent() - before
}

/// Four times the blocks must not cost more than eight times as much: a quadratic step would
/// cost sixteen times. Whoever is interrupted often pays for cold caches, so it is tried thrice.
#[test]
fn cost_grows_with_the_blocks() {
    let server = "resource \"postgres\" \"a\" {\n  host = \"h\"\n}\n";
    let role = |at: usize| format!("role \"r{at}\" {{\n  resource = postgres.a\n}}\n");
    let local = |at: usize| format!("locals {{\n  a{at} = \"x\"\n}}\n");
    let kinds: [(&dyn Fn(usize) -> String, usize); 2] = [(&role, 500), (&local, 6_000)];
    for (block, count) in kinds {
        let text = |count: usize| server.to_owned() + &(0..count).map(block).collect::<String>();
        let (small, large) = (text(count), text(count * 4));
        let grows = (0..3).all(|_| cost_of_loading(&large) > cost_of_loading(&small) * 8);
        assert!(!grows, "{} blocks cost more than eight times what {count} do", count * 4);
    }
}
