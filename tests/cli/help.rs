//! Help of every command: what it is, its usage, its flags, in one file to read.
//!
//! Invariant: a command or flag without help does not exist.

use std::fmt::Write;

use expect_test::expect_file;

use super::{project, run};

const COMMANDS: &str = "
init validate plan show apply import fmt console graph
state|list,show,rm,export,recover
credentials|list,show,exec,reencrypt
session|list,show,verify,export
admin|set,import,test
inventory|list,check,import
explain demo completion version";

#[test]
fn every_command_has_help() {
    let project = project();
    let mut all = run(&project, "-help").expect_code(0).stdout;
    for group in COMMANDS.split_whitespace() {
        let (command, parts) = group.split_once('|').unwrap_or((group, ""));
        let lines = std::iter::once(command.to_owned())
            .chain(parts.split(',').filter(|part| !part.is_empty()).map(|part| format!("{command} {part}")));
        for line in lines {
            let output = run(&project, &format!("{line} -help")).expect_code(0);
            assert_eq!(output.stderr, "", "{line}");
            writeln!(all, "\n===== {line}\n{}", output.stdout).expect("a text takes text");
        }
    }
    expect_file!["help.txt"].assert_eq(&all);
}

#[test]
fn help_may_be_asked_for_in_four_ways() {
    let project = project();
    let expected = run(&project, "plan -help").expect_code(0).stdout;
    for line in ["plan --help", "plan -h", "help plan", "-chdir=. plan -help"] {
        assert_eq!(run(&project, line).expect_code(0).stdout, expected, "{line}");
    }
}

#[test]
fn no_command_is_help_on_stderr() {
    let project = project();
    let expected = run(&project, "-help").expect_code(0).stdout;
    let output = project.run([""; 0]).expect_code(1);
    assert_eq!((output.stdout.as_str(), output.stderr), ("", expected));
    let output = run(&project, "state").expect_code(1);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("Usage: roleform state"), "{output}");
}
