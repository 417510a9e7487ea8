//! Mistakes on the command line: what is wrong, and what to type instead.
//!
//! Invariant: exit code 1, nothing on stdout, and nothing was made in the directory.

use expect_test::{Expect, expect};

use super::{project, run};

#[track_caller]
fn check(line: &str, expected: &Expect) {
    let project = project();
    let output = run(&project, line).expect_code(1);
    assert_eq!(output.stdout, "");
    let made = std::fs::read_dir(project.path("")).expect("the project is there").count();
    assert_eq!(made, 0, "nothing is made");
    expected.assert_eq(&output.stderr);
}

#[test]
fn unknown_commands() {
    check(
        "plna",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no command "plna".
              hint: did you mean "plan"?
        "#]],
    );
    check(
        "zzz",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no command "zzz".
              hint: `roleform -help` tells what it takes
        "#]],
    );
    check(
        "destroy",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no command "destroy".
              hint: run `roleform plan -destroy -out plan.bin`, read it, then `roleform apply plan.bin`
        "#]],
    );
    check(
        "state mv a b",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no command "mv".
              hint: `roleform state -help` tells what it takes
        "#]],
    );
}

#[test]
fn unknown_flags() {
    check(
        "plan -outt plan.bin",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no flag or argument "-outt" here.
              hint: did you mean "-out"?
        "#]],
    );
    check(
        "plan --zzz",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no flag or argument "-zzz" here.
              hint: `roleform plan -help` tells what it takes
        "#]],
    );
    check(
        "plan -auto-approve",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no flag or argument "-auto-approve" here.
              hint: leave it out: apply carries out a reviewed plan file and never asks
        "#]],
    );
    check(
        "plan -input=false",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no flag or argument "-input" here.
              hint: leave it out: roleform never asks for variables
        "#]],
    );
    check(
        "version extra",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              There is no flag or argument "extra" here.
              hint: `roleform version -help` tells what it takes
        "#]],
    );
}

#[test]
fn apply_takes_a_plan_file_and_nothing_that_was_decided_in_it() {
    check(
        "apply",
        &expect![[r#"
        error[APL001]: Apply needs a plan file
          Apply carries out a saved plan that somebody has read, and nothing else.
          hint: run `roleform plan -out plan.bin`, read it, then `roleform apply plan.bin`
    "#]],
    );
    check(
        "apply -json",
        &expect![[r#"
        error[APL001]: Apply needs a plan file
          Apply carries out a saved plan that somebody has read, and nothing else.
          hint: run `roleform plan -out plan.bin`, read it, then `roleform apply plan.bin`
    "#]],
    );
    check(
        "apply -target=role.a plan.bin",
        &expect![[r#"
        error[CLI001]: Command line is not understood
          There is no flag or argument "-target" here.
          hint: the plan file has all of that decided: give it to `roleform plan`
    "#]],
    );
    check(
        "apply -var env=prod plan.bin",
        &expect![[r#"
        error[CLI001]: Command line is not understood
          There is no flag or argument "-var" here.
          hint: the plan file has all of that decided: give it to `roleform plan`
    "#]],
    );
    check(
        "apply -auto-approve plan.bin",
        &expect![[r#"
        error[CLI001]: Command line is not understood
          There is no flag or argument "-auto-approve" here.
          hint: leave it out: apply carries out a reviewed plan file and never asks
    "#]],
    );
    check(
        "apply one.bin two.bin",
        &expect![[r#"
        error[CLI001]: Command line is not understood
          There is no flag or argument "two.bin" here.
          hint: `roleform apply -help` tells what it takes
    "#]],
    );
}

#[test]
fn values() {
    check(
        "plan -out",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-out" needs a value.
              hint: `roleform -help` tells what it takes
        "#]],
    );
    check(
        "plan -out a -out b",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-out" is given more than once.
              hint: `roleform plan -help` tells what it takes
        "#]],
    );
    check(
        "plan -var env",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-var" cannot be "env": a variable is given as name=value.
              hint: `roleform -help` tells what it takes
        "#]],
    );
    check(
        "plan -json=yes",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-json" takes no value, and "yes" was given.
              hint: `roleform plan -help` tells what it takes
        "#]],
    );
    check(
        "plan -json -sql",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-json" and "-sql" do not go together.
              hint: `roleform plan -help` tells what it takes
        "#]],
    );
    check(
        "plan -lock-timeout=5",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-lock-timeout" cannot be "5": a duration is a number with a unit, as in 30s, 5m or 1m30s.
              hint: `roleform -help` tells what it takes
        "#]],
    );
    check(
        "graph -format x",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-format" cannot be "x".
              hint: one of dot, mermaid, json
        "#]],
    );
    check(
        "fmt -write=perhaps",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "-write" cannot be "perhaps".
              hint: one of true, false
        "#]],
    );
    check(
        "state rm",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "ADDRESS" is missing.
              hint: `roleform state rm -help` tells what it takes
        "#]],
    );
    check(
        "completion tcsh",
        &expect![[r#"
            error[CLI001]: Command line is not understood
              "SHELL" cannot be "tcsh".
              hint: one of bash, elvish, fish, powershell, zsh
        "#]],
    );
}

#[test]
fn a_directory_that_is_not_there() {
    check(
        "-chdir=nowhere plan",
        &expect![[r#"
        error[CLI002]: File cannot be read
          "nowhere": no such file or directory.
    "#]],
    );
    check(
        "plan -chdir",
        &expect![[r#"
        error[CLI001]: Command line is not understood
          "-chdir" needs a value.
          hint: `roleform -help` tells what it takes
    "#]],
    );
}
