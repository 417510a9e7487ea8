//! `fmt`: which files it takes, what it prints, which exit code.
//!
//! Not here: how texts are formatted (`engine::config::format` has its own tests).
//! Invariant: a file with a mistake is never written.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use expect_test::expect;
use test_support::project::{Output, TestProject};

use super::{project, run};

const UGLY: &str = "locals {\na=1\n  long =  2\n}\n";
const TIDY: &str = "locals {\n  a    = 1\n  long = 2\n}\n";

/// Files at every place that counts.
fn files() -> TestProject {
    let project = project();
    for name in ["b.hcl", "a.tfvars", "sub/c.hcl", ".hidden/d.hcl", ".e.hcl", "f.txt", "g.hcl~"] {
        let text = if name == "a.tfvars" { "x=1\n" } else { UGLY };
        project.write(name, text);
    }
    project.write("tidy.hcl", TIDY);
    project
}

#[test]
fn the_directory() {
    let project = files();
    expect![[r#"
        exit code: 0
        ----- stdout
        a.tfvars
        b.hcl
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "fmt").block());
    assert_eq!(project.read("b.hcl"), TIDY);
    for untouched in ["sub/c.hcl", ".hidden/d.hcl", ".e.hcl", "f.txt", "g.hcl~"] {
        assert_eq!(project.read(untouched), UGLY, "{untouched}");
    }
    assert_eq!(run(&project, "fmt").expect_code(0).stdout, "");
}

#[test]
fn subdirectories() {
    let project = files();
    expect![[r#"
        exit code: 0
        ----- stdout
        a.tfvars
        b.hcl
        sub/c.hcl
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "fmt -recursive").block());
    assert_eq!(project.read("sub/c.hcl"), TIDY);
    assert_eq!(project.read(".hidden/d.hcl"), UGLY);
}

#[test]
fn check_writes_nothing() {
    let project = files();
    expect![[r#"
        exit code: 3
        ----- stdout
        a.tfvars
        b.hcl
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "fmt -check").block());
    assert_eq!(project.read("b.hcl"), UGLY);
    assert_eq!(run(&project, "fmt -check tidy.hcl").expect_code(0).stdout, "");
    assert_eq!(run(&project, "fmt -check -list=false").expect_code(3).stdout, "");
}

#[test]
fn diff() {
    let project = files();
    expect![[r#"
        exit code: 3
        ----- stdout
        b.hcl
        --- old/b.hcl
        +++ new/b.hcl
        @@ -1,4 +1,4 @@
         locals {
        -a=1
        -  long =  2
        +  a    = 1
        +  long = 2
         }
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "fmt -check -diff b.hcl").block());
}

#[test]
fn named_files_and_what_they_may_be() {
    let project = files();
    expect![[r#"
        exit code: 0
        ----- stdout
        sub/c.hcl
        b.hcl
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "fmt sub b.hcl").block());
    expect![[r#"
        exit code: 2
        ----- stdout: empty
        ----- stderr
        error[CLI001]: Command line is not understood
          "f.txt" ends neither in .hcl nor in .tfvars.
          hint: only configuration can be formatted

        error[CLI002]: File cannot be read
          "nowhere.hcl": no such file or directory.

        2 errors.
    "#]]
    .assert_eq(&run(&project, "fmt f.txt nowhere.hcl").block());
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI001]: Command line is not understood
          "-" is standard input and goes with no other file.
    "#]]
    .assert_eq(&run(&project, "fmt - b.hcl").block());
}

#[test]
fn a_mistake_is_reported_and_the_others_are_formatted() {
    let project = project();
    project.write("a.hcl", "locals {\n  a = \n}\n");
    project.write("b.hcl", UGLY);
    project.write("c.hcl", b"x = \"\xff\"\n");
    expect![[r#"
        exit code: 2
        ----- stdout
        b.hcl
        ----- stderr
        error[CFG001]: Syntax error
           ╭─[a.hcl:2:7]
         2 │   a =  
           ·       ─
           ╰────
          An expression is required here.

        error[CLI002]: File cannot be read
          "c.hcl" is not UTF-8 text: line 1 has a byte that does not fit.
          hint: save the file as UTF-8

        2 errors.
    "#]]
    .assert_eq(&run(&project, "fmt").block());
    assert_eq!(project.read("b.hcl"), TIDY);
    assert_eq!(project.read("a.hcl"), "locals {\n  a = \n}\n");
}

#[test]
fn modes_and_links_stay() {
    let project = project();
    project.write("real/b.hcl", UGLY);
    fs::set_permissions(project.path("real/b.hcl"), fs::Permissions::from_mode(0o640)).expect("a mode");
    std::os::unix::fs::symlink("real/b.hcl", project.path("b.hcl")).expect("a link");
    assert_eq!(run(&project, "fmt").expect_code(0).stdout, "b.hcl\n");
    assert!(fs::symlink_metadata(project.path("b.hcl")).expect("it exists").is_symlink());
    assert_eq!(project.read("real/b.hcl"), TIDY);
    let mode = fs::metadata(project.path("real/b.hcl")).expect("it exists").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

fn piped(project: &TestProject, line: &str, input: &str) -> Output {
    let path = project.path("input");
    fs::File::create(&path).and_then(|mut file| file.write_all(input.as_bytes())).expect("a file");
    let mut command = project.command(line.split(' '));
    command.stdin(Stdio::from(fs::File::open(&path).expect("the file")));
    project.finish(command)
}

#[test]
fn standard_input() {
    let project = project();
    assert_eq!(piped(&project, "fmt -", UGLY).expect_code(0).stdout, TIDY);
    assert_eq!(piped(&project, "fmt -", TIDY).expect_code(0).stdout, TIDY);
    // What is printed ends with a line end, as `terraform fmt -` has it.
    assert_eq!(piped(&project, "fmt -", "a=1").expect_code(0).stdout, "a = 1\n");
    assert_eq!(piped(&project, "fmt -check -", "a = 1").expect_code(0).stdout, "");
    assert_eq!(piped(&project, "fmt -check -", UGLY).expect_code(3).stdout, "");
    assert_eq!(piped(&project, "fmt -check -", TIDY).expect_code(0).stdout, "");
    expect![[r#"
        exit code: 2
        ----- stdout: empty
        ----- stderr
        error[CFG001]: Syntax error
           ╭─[<stdin>:1:5]
         1 │ a =  
           ·     ─
           ╰────
          An expression is required here.
    "#]]
    .assert_eq(&piped(&project, "fmt -", "a = \n").block());
}
