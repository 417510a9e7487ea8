//! A case for every code: what provokes it, and all that the user sees then.
//!
//! `CODE.case` is run with the real binary, step by step (`case`, `stage`). `UPDATE_EXPECT=1`
//! writes down what is printed now.
//! Invariant: a code without a case fails `every_code_is_provoked`.

mod case;
mod stage;
mod tamper;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{project, run};
use case::Case;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/diagnostics")
}

/// Paths of the cases by their code.
fn cases() -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(directory()).expect("the directory of cases");
    let paths = entries.map(|entry| entry.expect("a file of it").path());
    let cases = paths.filter(|path| path.extension().is_some_and(|ending| ending == "case"));
    cases
        .map(|path| {
            (path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(), path)
        })
        .collect()
}

/// Runs the cases of one family of codes.
#[track_caller]
fn check(family: &str) {
    let mut wrong = Vec::new();
    for (code, path) in cases().iter().filter(|(code, _)| code.starts_with(family)) {
        let text = fs::read_to_string(path).expect("a case");
        let case = Case::parse(&text);
        if !case.is_possible() {
            continue;
        }
        let played = case.play(code);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(path, played.text).expect("the case is writable");
        } else {
            wrong.extend(played.differences.iter().map(|difference| format!("{code}: {difference}")));
        }
        wrong.extend(played.silent.then(|| format!("{code}: no run says [{code}]")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn configuration_language() {
    check("CFG0");
}

#[test]
fn command_line() {
    check("CLI");
}

#[test]
fn planning() {
    check("PLN");
}

#[test]
fn saved_plans() {
    check("SAV");
    check("APL");
}

#[test]
fn signatures_and_policies() {
    check("SIG");
    check("POL");
}

#[test]
fn state_and_audit() {
    check("STA");
    check("AUD");
}

#[test]
fn credentials() {
    check("CRD");
}

#[test]
fn servers() {
    check("PGS");
}

#[test]
fn every_code_is_provoked() {
    let listed = run(&project(), "explain").expect_code(0).stdout;
    let codes: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let cases = cases();
    let mut wrong: Vec<String> = codes
        .iter()
        .filter(|code| !cases.contains_key(**code))
        .map(|code| {
            format!(
                "{code} has no case: write tests/cli/diagnostics/{code}.case with the steps that provoke it \
                 (CFG001.case is a short one, SAV008.case one with a server), then run this test target with \
                 UPDATE_EXPECT=1 and read what it wrote."
            )
        })
        .collect();
    for code in cases.keys() {
        if !codes.contains(&code.as_str()) {
            wrong.push(format!("{code} has a case, and there is no such code"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
