//! The benchmark: `cargo bench [-- WORD…]`, with the words `reference`, `large`, `small` (a
//! workload), `growth`, `fleet`, `start`, `pgroles`, and a number of runs. Without a word it
//! measures everything but `small`, within a quarter of an hour on two quiet cores.
//!
//! Builds each workload of design 11 on a private server, runs every step several times in turn
//! with its floor, and prints Markdown tables of medians. Needs psql for the floors; `pgroles`
//! is measured where it is installed. Not here: assertions on time (machines are noisy);
//! `tests/postgres/counts.rs` counts statements and round trips. Invariant: a step and its
//! floor are measured on the same server in the same run.

#![expect(clippy::print_stdout, reason = "a benchmark prints its tables")]

mod fleet;
mod growth;
mod measure;
mod peer;
mod proxy;
mod start;
mod steps;
mod table;
mod workload;

use std::fs;

use test_support::cluster::Cluster;

fn main() {
    // `cargo bench` passes flags of its own; the words are ours.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runs = words.iter().find_map(|word| word.parse().ok()).unwrap_or(5);
    let named: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| word.parse::<usize>().is_err()).collect();
    let chosen = if named.is_empty() {
        vec!["reference", "large", "growth", "fleet", "start", "pgroles"]
    } else {
        named
    };
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
    println!("{today}, medians of {runs} runs; {}", machine());
    for word in chosen {
        match word {
            "growth" => growth::print(runs.min(3)),
            "fleet" => fleet::print(runs),
            "start" => start::print(runs),
            "pgroles" => peer::print(runs.min(3)),
            other => match workload::named(other) {
                Some(workload) => steps::print(workload, runs),
                None => println!("\n`{other}` is no part of the benchmark."),
            },
        }
    }
}

/// The version that is measured: Debian's own where it is, since others have theirs too.
fn version() -> u16 {
    let versions = test_support::servers::chosen();
    if versions.contains(&15) { 15 } else { versions[0] }
}

/// A server for a workload.
fn server() -> Cluster {
    let settings = [
        ("shared_buffers", "512MB"),
        ("max_wal_size", "4GB"),
        ("autovacuum", "off"),
        ("max_locks_per_transaction", "1024"),
    ];
    Cluster::private(version(), &settings)
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model);
    format!("{cores} cores of {model}")
}
