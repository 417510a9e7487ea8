//! Small files that say much: what reading them may cost is bounded by their length.

use super::{WirePlan, WireStep, read, write};
use crate::plan::{Statement, Step, Subject};
use crate::testing::plan::plan;

/// A pool has a long text once, and steps name it over and over: a few bytes each in the file,
/// a copy each in memory.
#[test]
fn a_text_that_is_named_too_often_is_refused() {
    let mut small = plan("resource main 10.0.3.4:5432 150018\n+ role reader: (new)");
    let long = "x".repeat(100_000);
    let step = Step {
        subject: Subject { text: long, origin: None },
        statement: Statement::complete("SELECT 1".to_owned()),
    };
    small.resources.values_mut().for_each(|resource| resource.stages.prepare.push(step.clone()));
    let body = write(&small);
    assert!(read(&body).is_some());
    let mut wire: WirePlan = postcard::from_bytes(&body).expect("it was just written");
    let subject = wire.resources[0].1.prepare[0].subject;
    let again =
        |_| WireStep { subject, origin: None, sql: String::new(), verifier_for: None, verifier_at: 0 };
    // Twenty gigabytes, if it were written out.
    wire.resources[0].1.prepare.extend((0..200_000).map(again));
    let bomb = postcard::to_allocvec(&wire).expect("memory");
    assert!(bomb.len() < 2_000_000, "{}", bomb.len());
    assert!(read(&bomb).is_none());
}
