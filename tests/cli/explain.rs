//! `explain`: a page for every code, and the list of codes.
//!
//! Invariant: every page says more than its title.

use expect_test::expect;

use super::{check, project, run};

#[test]
fn every_code_has_a_page() {
    let project = project();
    let list = run(&project, "explain").expect_code(0).stdout;
    assert!(list.lines().count() > 10, "{list}");
    for line in list.lines() {
        let (code, title) = line.split_once("  ").expect("a line is a code and a title");
        let page = run(&project, &format!("explain {code}")).expect_code(0);
        assert_eq!(page.stderr, "", "{code}");
        let rest =
            page.stdout.strip_prefix(&format!("{code}: {title}\n\n")).expect("a page starts with its title");
        assert!(rest.len() > title.len() && rest.ends_with(".\n"), "{page}");
        assert!(rest.lines().all(|line| line.chars().count() <= 100), "{page}");
        assert!(!title.ends_with('.'), "{title}");
    }
}

#[test]
fn a_page() {
    check(
        "explain cli001",
        &expect![[r#"
        exit code: 0
        ----- stdout
        CLI001: Command line is not understood

        An argument is unknown, missing or does not go with another one.

        `roleform -help` lists the commands, `roleform COMMAND -help` the flags of one. Flags may be written
        with one dash or two, and their values after a space or an equals sign: `-out plan.bin`,
        `-out=plan.bin`, `--out plan.bin`.
        ----- stderr: empty
    "#]],
    );
}

#[test]
fn no_such_code() {
    check(
        "explain CLI01",
        &expect![[r#"
            exit code: 1
            ----- stdout: empty
            ----- stderr
            error[CLI001]: Command line is not understood
              There is no code "CLI01".
              hint: did you mean CLI001? `roleform explain` lists all codes
        "#]],
    );
    check(
        "explain nothing",
        &expect![[r#"
            exit code: 1
            ----- stdout: empty
            ----- stderr
            error[CLI001]: Command line is not understood
              There is no code "nothing".
              hint: `roleform explain` lists all codes
        "#]],
    );
}
