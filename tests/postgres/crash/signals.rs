//! The real binary and real signals: Ctrl-C once, Ctrl-C twice, `kill -9` at random moments.
//!
//! Not here: kills at chosen boundaries (`crash`). Invariant: after the first Ctrl-C nothing
//! has changed, after the second the next plan repairs whatever there is.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use test_support::cluster::Cluster;

use crate::crash::picture::Picture;
use crate::crash::print;
use crate::crash::stage::Stage;

fn start(stage: &Stage<'_>) -> Child {
    let mut command = stage.project.command(["apply", "plan.bin"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("roleform starts")
}

fn signal(name: &str, pid: &str) {
    let kill = format!("kill -{name} {pid}");
    assert!(Command::new("/bin/sh").arg("-c").arg(kill).status().expect("a shell").success());
}

/// Until a session of roleform waits for a lock; its process on the server.
fn waiting(stage: &Stage<'_>) -> String {
    let waits = "SELECT pid FROM pg_stat_activity WHERE application_name = 'roleform'
                 AND starts_with(datname, '{p}') AND wait_event_type = 'Lock'";
    loop {
        if let Some(row) = stage.tenant.query("postgres", waits).pop() {
            return row[0].clone().expect("a process");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

const IN_THE_WAY: &str = "BEGIN; GRANT SELECT ON t20 TO pg_monitor";

#[test]
fn the_first_interrupt_rolls_back() {
    let stage = Stage::new(Cluster::newest());
    stage.plan(Picture::Flow);
    let mut other = stage.tenant.cluster.session(&stage.tenant.fill("{p}app"));
    other.run(IN_THE_WAY).expect("a grant that is not committed");
    let apply = start(&stage);
    waiting(&stage);
    signal("INT", &apply.id().to_string());
    let output = apply.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("APL006") && stderr.contains("Nothing changed on any server."), "{stderr}");
    other.run("ROLLBACK").expect("nothing of it is left");
    stage.settle();
    stage.is(Picture::Ebb, "interrupted");
    stage.passwords_match("interrupted");
    let sessions = stage.project.run(["session", "list"]).expect_code(0);
    assert!(sessions.stdout.contains("interrupted"), "{}", sessions.block());
    // The same plan is still good.
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    stage.is(Picture::Flow, "applied after all");
    stage.passwords_match("applied after all");
}

#[test]
fn the_second_interrupt_leaves_at_once() {
    let stage = Stage::new(Cluster::newest());
    stage.plan(Picture::Flow);
    let mut other = stage.tenant.cluster.session(&stage.tenant.fill("{p}app"));
    other.run(IN_THE_WAY).expect("a grant that is not committed");
    let mut apply = start(&stage);
    waiting(&stage);
    // The new role is there already, and somebody keeps it from being dropped again.
    let mut third = stage.tenant.cluster.session("postgres");
    third.run(&stage.tenant.fill("BEGIN; ALTER ROLE {p}flow CONNECTION LIMIT 3")).expect("in the way");
    signal("INT", &apply.id().to_string());
    std::thread::sleep(Duration::from_secs(2));
    assert!(apply.try_wait().expect("its state").is_none(), "it waits for the server");
    signal("INT", &apply.id().to_string());
    let output = apply.wait_with_output().expect("it ends");
    third.run("ROLLBACK").expect("nothing of it is left");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("Interrupt again") && stderr.contains("Left at once"), "{stderr}");
    other.run("ROLLBACK").expect("nothing of it is left");
    stage.settle();
    stage.whole("left at once");
    let next = stage.plan(Picture::Flow);
    assert!(next.stderr.contains("STA091"), "{}", next.block());
    stage.passwords_match("left at once");
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    stage.is(Picture::Flow, "and converged");
    stage.passwords_match("and converged");
    let sessions = stage.project.run(["session", "list"]).expect_code(0);
    assert!(sessions.stdout.contains("unended"), "{}", sessions.block());
}

#[test]
fn killed_at_random_moments() {
    const KILLS: u64 = 12;
    let stage = Stage::new(Cluster::newest());
    let (mut want, mut struck, mut dice) = (Picture::Flow, 0, 7_u64);
    for _ in 0..KILLS {
        stage.plan(want);
        let mut apply = start(&stage);
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(30 + (dice >> 33) % 900));
        struck += u64::from(apply.try_wait().expect("its state").is_none());
        apply.kill().ok();
        apply.wait().expect("it ends");
        stage.settle();
        stage.whole("killed");
        stage.plan(want);
        stage.passwords_match("killed and looked at");
        stage.project.run(["apply", "plan.bin"]).expect_code(0);
        stage.is(want, "killed and finished");
        want = want.other();
    }
    stage.project.run(["session", "verify"]).expect_code(0);
    print(&format!("{KILLS} kills at random moments, {struck} of them before the end"));
}
