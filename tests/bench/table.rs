//! Tables of the benchmark, in Markdown.
//!
//! Not here: what is measured. Invariant: each figure in a row is a median of the same runs.

use crate::measure::{Measured, median};

/// The head of a table of steps.
pub(crate) fn head(title: &str) {
    println!("\n{title}\n");
    println!("| step | wall | client CPU | server CPU | memory | floor | its wall | ratio |");
    println!("|---|---|---|---|---|---|---|---|");
}

/// A step that has no floor; `note` stands in the floor's place.
pub(crate) fn alone(step: &str, all: &[Measured], note: &str) {
    println!("| {step} | {} | {note} | | |", own(all));
}

/// A step beside its floor; the ratio is the median of the pairs' ratios.
pub(crate) fn beside(step: &str, floor: &str, pairs: &[(Measured, Measured)]) {
    let (ours, floors): (Vec<Measured>, Vec<Measured>) = pairs.iter().copied().unzip();
    let mut ratios: Vec<f64> = pairs.iter().map(|(ours, floor)| ours.wall / floor.wall).collect();
    ratios.sort_by(f64::total_cmp);
    let theirs = median(&floors, |one| one.wall);
    println!("| {step} | {} | {floor} | {theirs:.2} s | {:.2} |", own(&ours), ratios[ratios.len() / 2]);
}

/// Four columns about the program itself.
fn own(all: &[Measured]) -> String {
    let seconds = |of: fn(&Measured) -> f64| format!("{:.2} s", median(all, of));
    let memory = all.iter().map(Measured::megabytes).max().unwrap_or(0);
    format!(
        "{} | {} | {} | {memory} MB",
        seconds(|one| one.wall),
        seconds(|one| one.cpu),
        seconds(|one| one.server)
    )
}
