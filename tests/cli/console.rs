//! `console` from a pipe and at a terminal: an expression a line, or several while brackets are open.
//!
//! Not here: what expressions are worth (`tests/language`). Invariant: from a pipe the first
//! mistake ends it with exit code 1, and what was answered before stands.

use std::fs;
use std::io::{Read, Write};
use std::process::{ChildStdout, Command, Stdio};

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

/// Types at a terminal (that of util-linux' `script`): keys at each prompt, and what is shown then.
#[track_caller]
fn type_at_terminal(steps: &[(&str, &str, &str)]) {
    let project = project();
    let roleform = project.command(["console"]);
    let mut command = Command::new("/usr/bin/timeout");
    command.args(["60", "script", "-qec", "\"$ROLEFORM\" console -no-color", "/dev/null"]);
    command.current_dir(project.path("")).env_clear().env("ROLEFORM", roleform.get_program());
    command.envs(roleform.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
    command.env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut terminal = command.spawn().expect("script, of the package bsdutils");
    let mut keyboard = terminal.stdin.take().expect("a pipe");
    let mut screen = terminal.stdout.take().expect("a pipe");
    for (prompt, keys, answer) in steps {
        // Keys are the editor's only once its prompt is there.
        wait_for(prompt, &mut screen);
        keyboard.write_all(keys.as_bytes()).expect("it reads");
        wait_for(answer, &mut screen);
    }
    assert!(terminal.wait().expect("it ends").success());
}

/// Reads until a text was shown.
#[track_caller]
fn wait_for(text: &str, screen: &mut ChildStdout) {
    let mut shown = Vec::new();
    while !shown.ends_with(text.as_bytes()) {
        let mut byte = [0];
        let all = String::from_utf8_lossy(&shown);
        assert_eq!(screen.read(&mut byte).expect("a byte"), 1, "{text:?} was never shown, but {all:?}");
        shown.push(byte[0]);
    }
}

#[test]
fn lines_are_edited_and_remembered() {
    let (up, left, delete, control_c, control_d) = ("\u{1b}[A", "\u{1b}[D", "\u{7f}", "\u{3}", "\u{4}");
    type_at_terminal(&[
        ("> ", "1 + 2\r", "\n3\r\n"),
        // What was `1 + 2` is `1 +42`: the cursor stood before the 2.
        ("> ", &format!("{up}{left}{delete}4\r"), "\n43\r\n"),
        ("> ", "[1,\r", ""),
        (": ", "2]\r", "\n]\r\n"),
        ("> ", "1 / 0\r", "is zero.\r\n"),
        ("> ", "[7,\r", ""),
        (": ", control_c, ""),
        ("> ", "7\r", "\n7\r\n"),
        ("> ", control_d, ""),
    ]);
    type_at_terminal(&[("> ", "exit\r", "")]);
}
