//! `init` and what can be looked at before anything was applied.
//!
//! Invariant: what `init` makes only its owner can read, git ignores it, and a second run
//! changes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use expect_test::expect;
use test_support::project::TestProject;

use super::{done, project, run};

/// A project where `init` has run, with its random key hidden.
fn initialised() -> TestProject {
    let mut project = project();
    done(&project, "init");
    let identity =
        fs::read_to_string(project.home().join(".config/roleform/identity.txt")).expect("an identity");
    let key = identity
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "))
        .expect("a public key")
        .to_owned();
    project.hide(&key, "[KEY]");
    project
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o7777
}

#[test]
fn init_twice() {
    let project = initialised();
    let identity = project.home().join(".config/roleform/identity.txt");
    let first = fs::read(&identity).expect("an identity");
    expect![[r#"
        exit code: 0
        ----- stdout
        The state in .roleform is there already, at serial 0.
        Your identity is [HOME]/.config/roleform/identity.txt.
        Your public key is [KEY].

        roleform has been successfully initialized!

        Next, `roleform plan -out plan.bin` shows what would change, and `roleform apply plan.bin` does it.
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "init").block());
    assert_eq!(fs::read(&identity).expect("an identity"), first);
}

#[test]
fn init_says_what_it_made() {
    let project = project();
    let output = run(&project, "init").expect_code(0);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[0], "Made the state in .roleform, which git ignores.");
    assert!(lines[1].starts_with("Made your identity "), "{output}");
    assert!(lines[2].starts_with("Your public key is age1"), "{output}");
}

#[test]
fn only_the_owner_can_read_and_git_ignores() {
    let project = initialised();
    let config = project.home().join(".config/roleform");
    for (path, expected) in
        [(project.path(".roleform"), 0o700), (config.clone(), 0o700), (config.join("identity.txt"), 0o600)]
    {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    for directory in [project.path(".roleform"), config] {
        let ignored = fs::read_to_string(directory.join(".gitignore")).expect("a .gitignore");
        assert!(ignored.lines().any(|line| line == "*"), "{ignored}");
    }
}

#[test]
fn an_identity_that_is_there_is_kept() {
    let project = project();
    let config = project.home().join(".config/roleform");
    fs::create_dir_all(&config).expect("a directory");
    fs::write(config.join("identity.txt"), "not a key\n").expect("a file");
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CRD007]: Identity file is open to others
          Other accounts have access to the identity file "[HOME]/.config/roleform/identity.txt", so it is not used.
          hint: chmod go= [HOME]/.config/roleform/identity.txt
    "#]]
    .assert_eq(&run(&project, "init").block());
    assert_eq!(fs::read_to_string(config.join("identity.txt")).expect("a file"), "not a key\n");
}

#[test]
fn an_empty_state() {
    let project = initialised();
    for line in ["state list", "credentials list"] {
        let output = run(&project, line).expect_code(0);
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""), "{line}");
    }
    assert_eq!(run(&project, "show").expect_code(0).stdout, "The state is empty. No roles are recorded.\n");
    assert!(run(&project, "show -sql").expect_code(1).stderr.starts_with("error[CLI001]"));
    expect![[r#"
        exit code: 0
        ----- stdout
        ID  STARTED  KIND  WHO  OUTCOME  RESULT
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "session list").block());
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI009]: Nothing has this name
          The state has no role.x.
          hint: `roleform state list` tells what it has
    "#]]
    .assert_eq(&run(&project, "state show role.x").block());
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI009]: Nothing has this name
          The state has no role.x.
          hint: `roleform state list` tells what it has
    "#]]
    .assert_eq(&run(&project, "state rm role.x").block());
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI009]: Nothing has this name
          No password of "x" is stored.
          hint: `roleform credentials list` tells whose are
    "#]]
    .assert_eq(&run(&project, "credentials show x").block());
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI009]: Nothing has this name
          There is no session with an id that starts with "0123".
          hint: `roleform session list` tells the ids
    "#]]
    .assert_eq(&run(&project, "session show 0123").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        The audit trail is whole: 0 records, each as it was written.
        Its head is 0:[DIGEST]. Kept elsewhere, it proves later that nothing was rewritten: `roleform session verify -head`.
        ----- stderr: empty
    "#]].assert_eq(&run(&project, "session verify").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        {
          "format_version": "1.0",
          "lineage": "[DIGEST]",
          "resources": {},
          "serial": 0
        }
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state export").block());
}

#[test]
fn without_init_there_is_no_state() {
    let project = project();
    for line in [
        "state list",
        "state rm role.x",
        "credentials list",
        "session list",
        "session verify",
        "state recover",
    ] {
        let output = run(&project, line).expect_code(1);
        assert!(output.stderr.starts_with("error[STA002]: There is no state here\n"), "{line}: {output}");
        assert!(output.stderr.contains("hint: `roleform init` makes one"), "{line}: {output}");
        assert!(!project.path(".roleform").exists(), "{line}");
    }
}
