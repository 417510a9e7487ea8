//! Stored passwords in the hands of several people and machines: who can read them, who makes
//! them, and what a change of readers does.
//!
//! Not here: that they leak nowhere (`secrets`), crashes (`crash`). Invariant: whatever is
//! said to be the password is tried on the server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use engine::plan::Plan;
use test_support::client::Login;
use test_support::cluster::Cluster;

use crate::crash::picture::Picture;
use crate::crash::stage::Stage;
use crate::lab::Lab;

/// Keys that were made for tests and protect nothing.
const KEYS: [(&str, &str, &str); 2] = [
    (
        "ed25519",
        include_str!("../../engine/src/credentials/test_keys/ed25519"),
        include_str!("../../engine/src/credentials/test_keys/ed25519.pub"),
    ),
    (
        "rsa",
        include_str!("../../engine/src/credentials/test_keys/rsa"),
        include_str!("../../engine/src/credentials/test_keys/rsa.pub"),
    ),
];

/// A stage whose configuration names these readers, with the keys' private halves in files.
fn stage<'a>(cluster: &'a Cluster, readers: &[&str]) -> Stage<'a> {
    let stage = Stage::new(cluster);
    for (name, private, _) in KEYS {
        stage.project.write(&format!("keys/{name}"), private);
        mode(&stage, name, 0o600);
    }
    name_readers(&stage, readers);
    stage
}

fn mode(stage: &Stage<'_>, key: &str, mode: u32) {
    let path = stage.project.path(&format!("keys/{key}"));
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
}

fn name_readers(stage: &Stage<'_>, readers: &[&str]) {
    let list: Vec<String> = readers.iter().map(|reader| format!("\"{}\"", reader.trim())).collect();
    stage.project.write(
        "readers.hcl",
        format!("roleform {{\n  credentials {{\n    recipients = [{}]\n  }}\n}}\n", list.join(", ")),
    );
}

/// The password as `credentials show` prints it.
fn shown(stage: &Stage<'_>, arguments: &[&str]) -> String {
    let all = ["credentials", "show"].iter().chain(arguments);
    stage.project.run(all).expect_code(0).stdout.trim_end().to_owned()
}

#[track_caller]
fn refused(stage: &Stage<'_>, line: &str, code: &str) {
    let output = stage.project.run(line.split(' ')).expect_code(1);
    assert!(output.stderr.contains(code), "{code} is not in:\n{}", output.block());
}

fn logs_in(stage: &Stage<'_>, password: &str) -> Result<(), String> {
    let login = Login { role: "keeper", password, database: "app" };
    stage.tenant.try_as(login, "SELECT count(*) FROM t1").map(|_| ()).map_err(|error| error.sqlstate)
}

#[test]
fn a_machine_that_cannot_read_applies_and_rotates() {
    let stage = stage(Cluster::newest(), &[KEYS[0].2, KEYS[1].2]);
    let own = stage.project.home().join(".config/roleform/identity.txt");
    fs::rename(&own, own.with_extension("away")).expect("a machine without identity");
    stage.plan(Picture::Flow);
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    refused(&stage, "credentials show role.keeper", "CRD001");
    let first = shown(&stage, &["-identity", "keys/ed25519", "role.keeper"]);
    assert_eq!(first, shown(&stage, &["-identity", "keys/rsa", "role.keeper"]));
    logs_in(&stage, &first).expect("the password logs in");
    // Rotated on demand, still without being able to read.
    stage.project.run(["plan", "-rotate-password=role.keeper", "-out", "plan.bin"]).expect_code(0);
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    let second = shown(&stage, &["-identity", "keys/rsa", "role.keeper"]);
    logs_in(&stage, &second).expect("the new password logs in");
    assert_eq!(logs_in(&stage, &first), Err("28P01".to_owned()), "the old one does not");
    let json = shown(&stage, &["-format", "json", "-identity", "keys/rsa", "role.keeper"]);
    for key in ["host", "port", "database", "user", "password"] {
        assert!(json.contains(&format!("\"{key}\": ")), "{json}");
    }
}

#[test]
fn other_readers_after_reencrypting() {
    let stage = stage(Cluster::newest(), &[KEYS[0].2]);
    stage.plan(Picture::Flow);
    // For the readers of now, whatever it was before.
    stage.project.run(["plan", "-rotate-password", "-out", "plan.bin"]).expect_code(0);
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    let before = shown(&stage, &["-identity", "keys/ed25519", "role.keeper"]);
    name_readers(&stage, &[KEYS[1].2]);
    let warned = stage.project.run(["plan"]).expect_code(0);
    assert!(
        warned.stderr.contains("CRD008") && warned.stderr.contains("3 passwords are"),
        "{}",
        warned.block()
    );
    // Who cannot read them cannot pass them on, and nothing changes.
    let revision = stage.contents().credentials;
    refused(&stage, "credentials reencrypt", "CRD001");
    assert_eq!(stage.contents().credentials, revision);
    let done = stage.project.run(["credentials", "reencrypt", "-identity", "keys/ed25519"]).expect_code(0);
    assert!(done.stdout.contains("3 passwords encrypted anew"), "{}", done.block());
    refused(&stage, "credentials show -identity keys/ed25519 role.keeper", "CRD001");
    assert_eq!(shown(&stage, &["-identity", "keys/rsa", "role.keeper"]), before);
    logs_in(&stage, &before).expect("nothing else has changed");
    assert!(!stage.project.run(["plan"]).expect_code(0).stderr.contains("CRD008"));
    let again = stage.project.run(["credentials", "reencrypt"]).expect_code(0);
    assert!(again.stdout.contains("0 passwords"), "{}", again.block());
    stage.project.run(["session", "verify"]).expect_code(0);
}

#[test]
fn an_identity_that_others_can_read_is_not_used() {
    let stage = stage(Cluster::newest(), &[KEYS[0].2]);
    stage.plan(Picture::Flow);
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    mode(&stage, "ed25519", 0o644);
    refused(&stage, "credentials show -identity keys/ed25519 role.keeper", "CRD007");
    mode(&stage, "ed25519", 0o600);
    shown(&stage, &["-identity", "keys/ed25519", "role.keeper"]);
}

#[test]
fn what_is_forgotten_keeps_its_password() {
    let stage = Stage::new(Cluster::newest());
    let password = shown(&stage, &["role.keeper"]);
    let removed = stage.project.run(["state", "rm", "role.keeper"]).expect_code(0);
    assert!(removed.stdout.contains("Its password is kept"), "{}", removed.block());
    let account = stage.tenant.fill("main/{p}keeper");
    assert_eq!(shown(&stage, &[&account]), password);
    logs_in(&stage, &password).expect("it stays in PostgreSQL");
}

/// Who may not log in needs no password; who may not for a while keeps the one it had.
#[test]
fn a_password_comes_with_login_and_outlives_it() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    let role = |login: bool| {
        format!("role \"ana\" {{\nresource = postgres.main\nname = \"{{p}}ana\"\nlogin = {login}\n}}")
    };
    let sets_password = |made: &Plan| lab.sql(made).iter().any(|sql| sql.contains("PASSWORD"));
    assert!(!sets_password(&lab.converge(&role(false))));
    assert!(sets_password(&lab.converge(&role(true))));
    let password = lab.password("ana");
    lab.try_as("ana", "app", "SELECT 1").expect("it may log in");
    assert!(!sets_password(&lab.converge(&role(false))), "suspended");
    lab.try_as("ana", "app", "SELECT 1").expect_err("it may not log in");
    assert!(!sets_password(&lab.converge(&role(true))), "resumed");
    assert_eq!(lab.password("ana"), password);
    lab.try_as("ana", "app", "SELECT 1").expect("it may log in again");
    lab.converge(&role(false));
    lab.tenant.sql("app", "ALTER ROLE {p}ana PASSWORD 'by hand'");
    assert!(lab.sql(&lab.converge(&role(false))).iter().any(|sql| sql.contains("PASSWORD NULL")));
    assert!(sets_password(&lab.converge(&role(true))), "the old one is gone");
}
