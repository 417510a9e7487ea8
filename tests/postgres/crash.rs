//! An apply that is struck: killed at every boundary (here), losing its connections there
//! (`crash::disconnected`), interrupted there (`crash::interrupts`).
//!
//! After each fault, each database is wholly before or wholly after; no lock is left; the next
//! plan says what happened and repairs the state; passwords log in; the apply after it
//! converges. Not here: kills at random moments and signals (`crash::signals`), a state that
//! cannot be written (`recovery`). Invariant: no boundary is left out; their number is printed.

mod commits;
mod disconnected;
mod disk;
mod faulty;
mod interrupts;
pub(crate) mod picture;
mod rotation;
mod signals;
pub(crate) mod stage;
mod witness;
mod worker;
mod world;

use test_support::cluster::Cluster;

use crate::crash::picture::Picture;
use crate::crash::stage::Stage;

/// What a killed apply said.
struct Struck {
    /// Where; `None` when it came to its end before the boundary.
    at: Option<String>,
    /// Everything it said.
    said: String,
}

fn strike(stage: &Stage<'_>, at: usize) -> Struck {
    let output = stage.worker(at).output().expect("the worker starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = said.lines().filter_map(|line| line.strip_prefix("worker: "));
    let at = lines.clone().find_map(|line| line.strip_prefix("struck ").map(str::to_owned));
    assert!(
        at.is_some() || said.contains("worker: applied "),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Struck { at, said }
}

/// Kills once, checks, and goes on to the picture that was wanted.
fn round(stage: &Stage<'_>, want: Picture, at: usize) -> Option<String> {
    stage.plan(want);
    let journalled_before = stage.contents().revision;
    let struck = strike(stage, at);
    let boundary = struck.at?;
    let story = format!("boundary {at}, {boundary}");
    stage.settle();
    stage.whole(&story);
    let interrupted = stage.contents().journal.is_some();
    let next = stage.plan(want);
    // What was interrupted is told, and nothing else is.
    assert_eq!(next.stderr.contains("STA091"), interrupted, "{story}: {}\n{}", next.block(), struck.said);
    assert!(stage.contents().revision >= journalled_before, "{story}");
    stage.whole(&story);
    stage.passwords_match(&story);
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    stage.is(want, &story);
    stage.passwords_match(&story);
    Some(boundary)
}

/// One boundary after the other until there are no more.
#[test]
fn killed_at_every_boundary() {
    let stage = Stage::new(Cluster::newest());
    let mut want = Picture::Flow;
    let mut boundaries = Vec::new();
    while let Some(boundary) = round(&stage, want, boundaries.len() + 1) {
        boundaries.push(boundary);
        want = want.other();
    }
    stage.is(want, "the apply that was not killed");
    stage.passwords_match("the apply that was not killed");
    stage.project.run(["plan", "-detailed-exitcode"]).expect_code(0);
    stage.project.run(["session", "verify"]).expect_code(0);
    every_kind(&boundaries);
    print(&format!("killed: {} faults injected, one at each boundary of an apply", boundaries.len()));
}

/// The boundaries are of every kind that there is.
pub(crate) fn every_kind(boundaries: &[String]) {
    for place in ["before COMMIT", "after COMMIT", "before a statement", "after a statement", "an event"] {
        assert!(boundaries.iter().any(|boundary| boundary.ends_with(place)), "{place}: {boundaries:?}");
    }
}

#[expect(clippy::print_stderr, reason = "how many faults there were is for people to read")]
pub(crate) fn print(text: &str) {
    eprintln!("{text}");
}
