//! Laws of plan.bin: what is written is read again, and nothing else is.
//!
//! Not here: frozen bytes (`tests/formats`). Invariant: plans are those of random diffs.

use std::cell::Cell;

use engine::change::Changes;
use engine::graph::order;
use engine::name::DatabaseName;
use engine::plan::{Batch, Plan, Statement, saved};
use engine::testing;
use proptest::prelude::*;

use crate::pure::{changes, draft, picture, places};
use test_support::seeds;

/// A plan of these changes beside the pictures that they are between.
fn plan(changes: Changes, before: engine::catalog::Catalog, after: engine::catalog::Catalog) -> Plan {
    let mut plan = testing::plan::plan("resource main 127.0.0.1:5432 180004");
    let resource = plan.resources.values_mut().next().expect("one resource");
    let home = DatabaseName::new("postgres").expect("a name");
    let write = |batch: &Batch<'_>| batch.steps(vec![Statement::complete(batch.subject().text)]);
    resource.stages =
        order::stages((&changes, &order::DependsOn::new()), (&home, None), &write).expect("work has a first");
    resource.hazards = engine::plan::hazard::hazards(&changes);
    resource.before = before;
    resource.after = after;
    resource.changes = changes;
    plan
}

#[test]
fn a_plan_is_read_as_it_was_written_and_a_changed_byte_never() {
    let flips = Cell::new(0_u64);
    seeds::hold(
        40,
        || (draft(), draft(), any::<u8>()),
        |(desired, observed, turn)| {
            let still = |_: &mut Vec<_>| {};
            let (desired, observed) = (picture(&desired, &[], still), picture(&observed, &[], still));
            let made = plan(changes(&desired, &observed, &observed), observed, desired);
            let (id, bytes) = saved::encode(&made);
            let read = saved::decode(&bytes).map_err(|why| TestCaseError::fail(why.detail))?;
            prop_assert_eq!(read.id, id);
            prop_assert_eq!(&read.plan, &made);
            // The whole head and tail, and every seventh byte of the rest.
            let few =
                |at: &usize| *at < 64 || *at + 64 > bytes.len() || (at + usize::from(turn)).is_multiple_of(7);
            for at in (0..bytes.len()).filter(few) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (turn % 8);
                prop_assert!(saved::decode(&flipped).is_err(), "byte {} was changed", at);
                flips.set(flips.get() + 1);
            }
            Ok(())
        },
    );
    assert!(flips.get() > 1_000, "only {} flips were tried", flips.get());
}

#[test]
fn a_cut_plan_is_never_read() {
    let made = testing::plan::plan("+ role reader (new)\n+ grant reader on app table s.t: SELECT");
    let (_, bytes) = saved::encode(&made);
    seeds::hold(
        40,
        || places(bytes.len()),
        |places| {
            for at in places {
                prop_assert!(saved::decode(&bytes[..at]).is_err(), "cut at {}", at);
            }
            Ok(())
        },
    );
}
