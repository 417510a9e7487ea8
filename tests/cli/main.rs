//! The real binary in a temporary project: stdout, stderr and exit code together.
//!
//! One module per subject; `tests/tidy.rs` fails when a file is not declared here. Not
//! here: what changes on servers (`tests/postgres`). Invariant: every run is hermetic
//! (`test_support::project`), and every block is the whole of what was printed.

mod command_line;
mod console;
mod demo;
mod diagnostics;
mod examples;
mod explain;
mod formatting;
mod generate;
mod help;
mod initialise;
mod instances;
mod killed;
mod looking;
mod modules;
mod moving;
mod owners;
mod readme;
mod server;
mod small;
mod trust;

use expect_test::Expect;
use test_support::project::{Output, TestProject};

/// An empty directory to run roleform in.
fn project() -> TestProject {
    TestProject::new(env!("CARGO_BIN_EXE_roleform"))
}

/// Runs a command line, words between blanks.
fn run(project: &TestProject, line: &str) -> Output {
    project.run(line.split(' ').filter(|word| !word.is_empty()))
}

/// Runs a command line that must end well.
#[track_caller]
fn done(project: &TestProject, line: &str) {
    let output = run(project, line);
    assert_eq!(output.code, Some(0), "\n{output}");
}

/// Runs a command line in an empty directory and compares all that it printed.
#[track_caller]
fn check(line: &str, expected: &Expect) {
    expected.assert_eq(&run(&project(), line).block());
}
