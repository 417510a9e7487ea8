//! `console` from a pipe: an expression a line, or several while brackets are open.
//!
//! Not here: what expressions are worth (`tests/language`). Invariant: the first mistake
//! ends it with exit code 1, and what was answered before stands.

use std::fs;
use std::process::Stdio;

use expect_test::{Expect, expect};

use super::project;

#[track_caller]
fn check(configuration: &str, typed: &str, expected: &Expect) {
    let project = project();
    if !configuration.is_empty() {
        project.write("main.hcl", configuration);
    }
    project.write("typed", typed);
    let mut command = project.command(["console"]);
    command.stdin(Stdio::from(fs::File::open(project.path("typed")).expect("the file")));
    expected.assert_eq(&project.finish(command).block());
}

#[test]
fn expressions() {
    check(
        "",
        "1 + 2\n\nupper(\"a\")\n{\n  a = [1,\n    2]\n}\nexit\n3\n",
        &expect![[r#"
        exit code: 0
        ----- stdout
        3
        "A"
        {
          "a" = [
            1,
            2,
          ]
        }
        ----- stderr: empty
    "#]],
    );
    check(
        "",
        "\"no line end\"",
        &expect![[r#"
        exit code: 0
        ----- stdout
        "no line end"
        ----- stderr: empty
    "#]],
    );
}

#[test]
fn names_of_the_configuration() {
    let configuration = "variable \"env\" {\n  default = \"prod\"\n}\nlocals {\n  x = \"${var.env}_ro\"\n}\n";
    check(
        configuration,
        "local.x\nvar.env\n",
        &expect![[r#"
        exit code: 0
        ----- stdout
        "prod_ro"
        "prod"
        ----- stderr: empty
    "#]],
    );
}

#[test]
fn the_first_mistake_ends_it() {
    check(
        "",
        "1\n1 / 0\n2\n",
        &expect![[r#"
        exit code: 1
        ----- stdout
        1
        ----- stderr
        error[CFG011]: Division by zero
           ╭─[<console-input>:1:1]
         1 │ 1 / 0
           · ─────
           ╰────
          The divisor of this operation is zero.
    "#]],
    );
    check(
        "",
        "[1,\n",
        &expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CFG001]: Unterminated tuple constructor expression
           ╭─[<console-input>:1:1]
         1 │ [1,
           · ─
           ╰────
          There is no corresponding closing bracket before the end of the file. This may be caused by incorrect bracket nesting elsewhere in this file.
    "#]],
    );
    check(
        "",
        "local.y\n",
        &expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CFG007]: Reference to undeclared local value
           ╭─[<console-input>:1:1]
         1 │ local.y
           · ───────
           ╰────
          A local value with the name "y" has not been declared.
    "#]],
    );
}
