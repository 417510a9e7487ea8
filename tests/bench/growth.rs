//! Growth: time against the number of grants.
//!
//! The exponent in the last rows is the slope on a log-log scale between the smallest and the
//! largest: 1 is linear. Invariant: the workloads differ in their number of tables alone.

use crate::measure::{Measured, median, run};
use crate::server;
use crate::steps::{project, start_over};
use crate::workload::Workload;

/// Schemas of 200 tables each.
const SCHEMAS: [u32; 5] = [5, 12, 25, 50, 100];

const STEPS: [(&str, &[&str]); 4] = [
    ("plan from nothing", &["plan", "-out", "plan.bin"]),
    ("apply", &["apply", "plan.bin"]),
    ("plan without changes", &["plan"]),
    ("show -json", &["show", "-json", "plan.bin"]),
];

/// Measures several sizes.
pub(crate) fn print(runs: usize) {
    println!("\nGrowth, 50 roles: wall time (client CPU)\n");
    println!("| table grants | {} |", STEPS.map(|(step, _)| step).join(" | "));
    println!("|---|{}", "---|".repeat(STEPS.len()));
    let rows: Vec<(u32, Vec<Measured>)> = SCHEMAS.into_iter().map(|schemas| row(schemas, runs)).collect();
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    let exponent = |of: fn(&Measured) -> f64| {
        let slope = |(small, large): (&Measured, &Measured)| {
            let growth = f64::from(last.0) / f64::from(first.0);
            format!("{:.2}", (of(large).max(0.01) / of(small).max(0.01)).ln() / growth.ln())
        };
        first.1.iter().zip(&last.1).map(slope).collect::<Vec<_>>().join(" | ")
    };
    println!("| exponent of wall time | {} |", exponent(|one| one.wall));
    println!("| exponent of client CPU | {} |", exponent(|one| one.cpu));
}

fn row(schemas: u32, runs: usize) -> (u32, Vec<Measured>) {
    let workload = Workload { name: "growth", schemas, tables: 200, roles: 50 };
    let cluster = server();
    workload.build(&cluster);
    let project = project(&cluster, workload);
    let mut all = vec![Vec::new(); STEPS.len()];
    for _ in 0..runs {
        start_over(workload, &cluster, &project);
        for (measured, (_, arguments)) in all.iter_mut().zip(STEPS) {
            measured.push(run(project.command(arguments), &[&cluster]));
        }
    }
    let medians: Vec<Measured> = all
        .iter()
        .map(|all| Measured { wall: median(all, |one| one.wall), cpu: median(all, |one| one.cpu), ..all[0] })
        .collect();
    let cells = medians.iter().map(|one| format!("{:.2} s ({:.2})", one.wall, one.cpu));
    println!("| {} | {} |", workload.grants_count(), cells.collect::<Vec<_>>().join(" | "));
    (workload.grants_count(), medians)
}
