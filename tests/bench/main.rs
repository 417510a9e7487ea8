//! The benchmark: `cargo bench [-- reference|large|small] [-- RUNS]`.
//!
//! Builds a workload of design 11 on a private server, runs each step several times in turn with
//! its floor, and prints medians and their ratios. Needs psql for the floors. Not here: assertions
//! on time (machines are noisy); `tests/postgres/counts.rs` counts statements and round trips.
//! Invariant: a step and its floor are measured on the same server in the same run.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod measure;
mod workload;

use measure::{Measured, median, run};
use test_support::cluster::Cluster;
use test_support::project::TestProject;
use workload::Workload;

fn main() {
    // `cargo bench` passes flags of its own; the words are ours.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let named = |word: &String| workload::named(word);
    let workload = words.iter().find_map(named).unwrap_or(workload::REFERENCE);
    let runs = words.iter().find_map(|word| word.parse().ok()).unwrap_or(5);
    let versions = test_support::servers::chosen();
    let version = if versions.contains(&15) { 15 } else { versions[0] };
    let cluster = Cluster::private(version, &[("shared_buffers", "512MB"), ("max_wal_size", "4GB")]);
    println!("{workload}, PostgreSQL {version}, medians of {runs} runs");
    workload.build(&cluster);
    Bench { workload, cluster: &cluster, project: project(&cluster, workload), runs }.print();
}

fn project(cluster: &Cluster, workload: Workload) -> TestProject {
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    project.use_server("main", cluster);
    project.write("roles.hcl", workload.configuration());
    let _ = project.run(["init"]).expect_code(0);
    project
}

struct Bench<'a> {
    workload: Workload,
    cluster: &'a Cluster,
    project: TestProject,
    runs: usize,
}

impl Bench<'_> {
    fn print(&self) {
        println!("\n| step | wall | client CPU | client memory | floor | wall of floor | ratio |");
        println!("|---|---|---|---|---|---|---|");
        self.alone("validate", &["validate"]);
        self.alone("version", &["version"]);
        self.beside_copy("plan from nothing", &["plan", "-out", "plan.bin"]);
        self.alone("show", &["show", "plan.bin"]);
        self.alone("show -json", &["show", "-json", "plan.bin"]);
        self.apply();
        self.beside_copy("plan without changes", &["plan"]);
        self.cluster.sql("ref", "REVOKE SELECT ON s00.t0 FROM bench_1");
        self.beside_copy("plan with one grant drifted", &["plan"]);
        self.cluster.sql("ref", "GRANT SELECT ON s00.t0 TO bench_1");
        let changed = self
            .workload
            .configuration()
            .replace("count.index % 2 == 0", "count.index % 2 == 0 || count.index == 1");
        self.project.write("roles.hcl", changed);
        self.beside_copy("plan with one role changed", &["plan"]);
    }

    fn roleform(&self, arguments: &[&str]) -> Measured {
        run(self.project.command(arguments))
    }

    fn copy(&self) -> Measured {
        run(workload::psql(self.cluster, "ref", &["-c", workload::COPY]))
    }

    fn alone(&self, step: &str, arguments: &[&str]) {
        let all: Vec<Measured> = (0..self.runs).map(|_| self.roleform(arguments)).collect();
        let ours = median(&all);
        println!("| {step} | {:.2} s | {:.2} s | {} MB | | | |", ours.wall, ours.cpu, ours.megabytes());
    }

    fn beside_copy(&self, step: &str, arguments: &[&str]) {
        let pairs: Vec<(Measured, Measured)> =
            (0..self.runs).map(|_| (self.roleform(arguments), self.copy())).collect();
        row(step, "COPY of the ACLs", &pairs);
    }

    /// All grants, and the same by hand, each from nothing.
    fn apply(&self) {
        let mut pairs = Vec::new();
        for _ in 0..self.runs.min(3) {
            self.workload.revoke_all(self.cluster);
            let _ = self.project.run(["plan", "-out", "plan.bin"]).expect_code(0);
            let ours = self.roleform(&["apply", "plan.bin"]);
            self.workload.revoke_all(self.cluster);
            let script = self.project.path("floor.sql");
            std::fs::write(&script, self.workload.grants()).expect("the floor's script");
            let script = script.display().to_string();
            let floor = run(workload::psql(self.cluster, "ref", &["-1", "-f", &script]));
            pairs.push((ours, floor));
        }
        row("apply all grants", "multi-object GRANTs", &pairs);
    }
}

fn row(step: &str, floor: &str, pairs: &[(Measured, Measured)]) {
    let (ours, floors): (Vec<Measured>, Vec<Measured>) = pairs.iter().copied().unzip();
    let mut ratios: Vec<f64> = pairs.iter().map(|(ours, floor)| ours.wall / floor.wall).collect();
    ratios.sort_by(f64::total_cmp);
    let (ours, theirs) = (median(&ours), median(&floors));
    println!(
        "| {step} | {:.2} s | {:.2} s | {} MB | {floor} | {:.2} s | {:.2} |",
        ours.wall,
        ours.cpu,
        ours.megabytes(),
        theirs.wall,
        ratios[ratios.len() / 2]
    );
}
