//! The differential property: whatever a server is and whatever is wanted, one apply leads there
//! and touches nothing else.
//!
//! Random stories are played on a real server: things done by hand, then a plan, an apply and
//! another plan, again and again. After each apply the server, asked by SQL of the test's own, holds
//! for managed roles what the configuration means by a reckoning of the test's own, what the
//! engine's interpreter makes of the plan, and for everybody else what it held before. What people do
//! between plan and apply is refused as stale, or was of no concern. An administrator of limited powers
//! is refused while planning, or succeeds. Not here: cases with a name (`kinds`).
//! Invariant: what a superuser is refused has a cause that is found independently.
//!
//! `ROLEFORM_TEST_PAIRS` says how many pairs per version; `ROLEFORM_TEST_SEED` repeats a failure,
//! or is `fresh` to look for one.

mod boss;
mod cast;
mod deed;
mod effect;
mod everybody;
mod expect;
mod fresh;
mod gift;
mod ground;
mod judge;
mod kind;
mod names;
mod play;
mod read;
mod refusal;
mod scene;
mod story;
mod thing;
mod told;
mod wish;

use std::cell::RefCell;

use proptest::prelude::*;
use test_support::cluster::Cluster;
use test_support::seeds;

use ground::Ground;
use play::Stage;

/// The variable that says how many pairs of a world and a configuration each version gets.
const PAIRS: &str = "ROLEFORM_TEST_PAIRS";

/// Pairs per version, unless it is said.
const USUAL: usize = 72;

/// Shorter stories that a failure is looked for in.
const SHRINKS: u32 = 60;

#[test]
fn a_server_becomes_what_is_declared_and_nothing_else_moves() {
    let pairs = std::env::var(PAIRS).map_or(USUAL, |text| text.parse().expect("a decimal number"));
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let ground = Ground::new(cluster.version, &tenant.prefix, &cluster.superuser.name);
        let stage = RefCell::new(Stage::new(cluster, ground));
        let stories = u32::try_from(pairs.div_ceil(story::CHAPTERS)).expect("a number of stories");
        seeds::hold_shrinking((stories, SHRINKS), story::story, |story| {
            stage.borrow_mut().play(&story).map_err(TestCaseError::fail)
        });
        stage.into_inner().leave(pairs);
    });
}
