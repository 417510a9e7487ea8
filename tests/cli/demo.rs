//! `demo`: the whole story, and the story that is interrupted.
//!
//! Invariant: the demo checks what it tells, so an exit code of 0 is a statement; nothing
//! of it is left afterwards.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use test_support::project::TestProject;

/// A project for the demo, whose server must find its way through the temporary directory.
fn project() -> TestProject {
    let mut project = super::project();
    project.set("TMPDIR", "/tmp");
    project
}

/// The directories that the story names.
fn directories(told: &str) -> Vec<PathBuf> {
    let words = told.split_whitespace().map(|word| word.trim_end_matches(['.', ':', ',']));
    let named = words.filter(|word| word.starts_with("/tmp/roleform-"));
    let mut tops: Vec<PathBuf> = named.map(|path| Path::new(path).iter().take(3).collect()).collect();
    tops.sort();
    tops.dedup();
    tops
}

#[test]
fn the_whole_story() {
    let output = project().run(["demo"]).expect_code(0);
    let acts = [
        "$ roleform validate\nSuccess! The configuration is valid.\n",
        "$ roleform plan -out plan.bin\n",
        "Plan: 27 to add, 0 to change, 0 to destroy.\n",
        "$ roleform show -sql plan.bin\n",
        "GRANT SELECT ON TABLE sales.customers, sales.order_lines, sales.orders TO analyst;\n",
        "$ roleform apply plan.bin\nApply complete! Resources: 27 added, 0 changed, 0 destroyed.\n",
        "analyst@shop=> SELECT id, customer, placed FROM sales.orders ORDER BY id;\n",
        "(3 rows)\n",
        "analyst@shop=> DELETE FROM sales.orders;\nERROR:  permission denied for table orders\n",
        "$ roleform plan -detailed-exitcode\nNo changes. ",
        "postgres@shop=# GRANT DELETE ON sales.orders TO analyst;\nGRANT\n",
        "Note: Objects have changed outside of roleform\n",
        "$ roleform apply heal.bin\nApply complete! Resources: 0 added, 1 changed, 0 destroyed.\n",
        "ERROR:  permission denied for table orders\n",
        "$ roleform plan -detailed-exitcode\nNo changes. ",
        "── The end ─",
    ];
    let mut rest = output.stdout.as_str();
    for act in acts {
        let at = rest.find(act).unwrap_or_else(|| panic!("the story lacks {act:?} in\n{rest}"));
        rest = &rest[at + act.len()..];
    }
    let directories = directories(&output.stdout);
    assert_eq!(directories.len(), 2, "{directories:?}");
    assert!(directories.iter().all(|directory| !directory.exists()), "{directories:?}");
}

#[test]
fn an_interrupted_story_cleans_up() {
    let project = project();
    let mut child = project
        .command(["demo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("roleform starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut told = String::new();
    while !told.contains("$ roleform init") {
        assert_ne!(lines.read_line(&mut told).expect("text"), 0, "{told}");
    }
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("/bin/sh").arg("-c").arg(kill).status().expect("a shell").success());
    lines.read_to_string(&mut told).expect("text");
    let output = child.wait_with_output().expect("roleform ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error[CLI006]: Interrupted\n"), "{stderr}");
    let directories = directories(&told);
    assert_eq!(directories.len(), 2, "{told}");
    assert!(directories.iter().all(|directory| !directory.exists()), "{directories:?}");
}

#[test]
fn no_server_programs() {
    let output = project().run(["demo", "-pg-bin", "/nowhere"]).expect_code(1);
    assert!(output.stderr.starts_with("error[CLI007]: Demo cannot go on\n"), "{output}");
    assert!(output.stderr.contains("/nowhere"), "{output}");
}
