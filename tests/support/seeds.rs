//! Random cases that every run repeats, and random cases that no run had before.
//!
//! Invariant: the seed of a failing case is printed, and `ROLEFORM_TEST_SEED` repeats it.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

/// The variable that holds a seed to repeat, in decimal.
const SEED: &str = "ROLEFORM_TEST_SEED";

/// Tries a law on so many cases of the usual seed, and on as many of a fresh one.
pub fn hold<S: Strategy>(cases: u32, strategy: impl Fn() -> S, law: impl Fn(S::Value) -> TestCaseResult) {
    hold_shrinking((cases, 400), strategy, law);
}

/// The same where a case takes long: a failure is looked for in so many smaller cases at most.
pub fn hold_shrinking<S: Strategy>(
    (cases, shrinks): (u32, u32),
    strategy: impl Fn() -> S,
    law: impl Fn(S::Value) -> TestCaseResult,
) {
    let chosen = std::env::var(SEED).ok().map(|text| text.parse().expect("a decimal number"));
    let seeds = match chosen {
        Some(seed) => vec![seed],
        None => {
            let mut fresh = [0; 8];
            getrandom::fill(&mut fresh).expect("random bytes");
            vec![1, u64::from_be_bytes(fresh)]
        }
    };
    for seed in seeds {
        try_seed(seed, (cases, shrinks), &strategy(), &law);
    }
}

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
    if let Err(failure) = TestRunner::new_with_rng(config, rng).run(strategy, law) {
        panic!("{failure}\nto repeat it: {SEED}={seed}");
    }
}
