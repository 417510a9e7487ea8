//! Random cases that every run repeats, and random cases that no run had before.
//!
//! Invariant: the seed of a failing case is printed, and `ROLEFORM_TEST_SEED` repeats it.

use std::cell::Cell;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

/// The variable that holds a seed to repeat.
const SEED: &str = "ROLEFORM_TEST_SEED";

/// The seed of every run.
const USUAL: u64 = 1;

/// Tries a law on so many cases of the usual seed, and on as many of a fresh one.
pub fn hold<S: Strategy>(cases: u32, strategy: impl Fn() -> S, law: impl Fn(S::Value) -> TestCaseResult) {
    let seeds = chosen().map_or_else(|| vec![USUAL, fresh()], |seed| vec![seed]);
    for seed in seeds {
        try_seed(seed, (cases, 400), &strategy(), &law);
    }
}

/// The same where a case takes long: of the usual seed alone, so that a run can be repeated, and
/// a failure is looked for in so many smaller cases at most. `ROLEFORM_TEST_SEED=fresh` goes
/// where no run was before.
pub fn hold_shrinking<S: Strategy>(
    bounds: (u32, u32),
    strategy: impl Fn() -> S,
    law: impl Fn(S::Value) -> TestCaseResult,
) {
    try_seed(chosen().unwrap_or(USUAL), bounds, &strategy(), &law);
}

/// What the variable says: a seed in decimal, or `fresh` for one that nobody chose.
fn chosen() -> Option<u64> {
    let text = std::env::var(SEED).ok()?;
    Some(if text == "fresh" { fresh() } else { text.parse().expect("a decimal number, or `fresh`") })
}

fn fresh() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    u64::from_be_bytes(bytes)
}

#[expect(clippy::print_stderr, reason = "what fails is for people to read")]
fn try_seed<S: Strategy>(
    seed: u64,
    (cases, max_shrink_iters): (u32, u32),
    strategy: &S,
    law: &impl Fn(S::Value) -> TestCaseResult,
) {
    let config = Config { cases, max_shrink_iters, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let said = Cell::new(false);
    let law = |case| {
        let result = law(case);
        // Looking for a smaller case can take longer than somebody waits.
        if let Err(failure) = &result
            && !said.replace(true)
        {
            eprintln!("{SEED}={seed} fails, looking for a smaller case: {failure}");
        }
        result
    };
    if let Err(failure) = TestRunner::new_with_rng(config, rng).run(strategy, law) {
        panic!("{failure}\nto repeat it: {SEED}={seed}");
    }
}
