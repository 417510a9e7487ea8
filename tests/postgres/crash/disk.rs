//! A disk that fails under a plan and under an apply: syncs that lose what was written, and writes
//! without room.
//!
//! Not here: every single fault, in the store's own tests; disks that are full for real and
//! read-only (`recovery`). Invariant: a run that could not keep something says so and ends with 1;
//! servers are whole, the next plan finds what is left, and passwords log in.

use std::time::Duration;

use test_support::cluster::Cluster;
use test_support::disk::{FailingDisk, Fault};
use test_support::process::finish_within;

use crate::crash::picture::Picture;
use crate::crash::print;
use crate::crash::stage::Stage;

/// How long a run may take on a busy machine.
const TIME: Duration = Duration::from_secs(60);

/// How a run ended that met a fault.
struct Struck {
    code: Option<i32>,
    said: String,
}

/// A stage with a disk that fails.
struct Place<'a> {
    stage: Stage<'a>,
    disk: FailingDisk,
}

impl Place<'_> {
    /// Runs a command line; `None` when it came to no such fault.
    #[track_caller]
    fn strike(&self, line: &str, (fault, at): (Fault, usize)) -> Option<Struck> {
        let mut command = self.stage.project.command(line.split(' '));
        self.disk.fail(&mut command, fault, at);
        let output =
            finish_within(&mut command, TIME).unwrap_or_else(|| panic!("{line}, {fault:?} {at}: it hangs"));
        let struck =
            Struck { code: output.status.code(), said: String::from_utf8_lossy(&output.stderr).into_owned() };
        self.disk.has_failed().then_some(struck)
    }

    /// A plan that could not be kept is none; one that was is as good as any.
    fn plans(&self, fault: Fault) -> usize {
        let plan = "plan -rotate-password=role.keeper -out plan.bin";
        let struck = |at| Some((at, self.strike(plan, (fault, at))?));
        let faults = every_third().map_while(struck);
        faults
            .inspect(|(at, struck)| struck.told(&["STA008", "CLI003"], &format!("plan, {fault:?} {at}")))
            .count()
    }

    /// An apply towards a picture; whether it came to the fault.
    fn apply(&self, want: Picture, (fault, at): (Fault, usize)) -> bool {
        let stage = &self.stage;
        stage.plan(want);
        let struck = self.strike("apply plan.bin", (fault, at));
        stage.settle();
        let Some(struck) = struck else {
            stage.is(want, "no fault");
            return false;
        };
        let story = format!("apply, {fault:?} {at}: {}", struck.said);
        stage.whole(&story);
        struck.told(&["STA008", "APL008"], &story);
        if struck.said.contains("Nothing changed on any server.") {
            stage.is(want.other(), &story);
        }
        if struck.code != Some(0) {
            stage.plan(want);
            stage.passwords_match(&story);
            stage.project.run(["apply", "plan.bin"]).expect_code(0);
        }
        stage.is(want, &story);
        stage.passwords_match(&story);
        true
    }
}

impl Struck {
    /// Said with one of these codes; or nothing hung on what failed.
    #[track_caller]
    fn told(&self, codes: &[&str], story: &str) {
        let said = &self.said;
        let told = self.code == Some(1) && codes.iter().any(|code| said.contains(code));
        assert!(told || self.code == Some(0), "{story}: {:?} {said}", self.code);
        assert!(!said.contains("CLI010") && !said.contains("Os {"), "{story}: {said}");
    }
}

/// What comes between is the same file a moment later.
fn every_third() -> impl Iterator<Item = usize> {
    (1..).step_by(3)
}

#[test]
fn a_disk_that_fails_tears_nothing() {
    let stage = Stage::new(Cluster::newest());
    let disk = FailingDisk::new(&stage.project.path(""));
    let place = Place { stage, disk };
    place.stage.plan(Picture::Flow);
    let (mut faults, mut want) = (0, Picture::Flow);
    for fault in [Fault::Sync, Fault::Write] {
        faults += place.plans(fault);
    }
    place.stage.is(Picture::Ebb, "plans alone");
    for fault in [Fault::Sync, Fault::Write] {
        for at in every_third() {
            let struck = place.apply(want, (fault, at));
            want = want.other();
            if !struck {
                break;
            }
            faults += 1;
        }
    }
    place.stage.project.run(["session", "verify"]).expect_code(0);
    assert!(faults > 25, "{faults}");
    print(&format!("{faults} faults of a disk under plans and applies"));
}
