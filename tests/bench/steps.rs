//! Every step of a workload's life, each in turn with its floor.
//!
//! Not here: what a workload is (`workload`), peers (`peer`). Invariant: steps run in the order
//! in which a person would meet them, and each finds the server as the one before left it.

use std::time::Duration;

use test_support::cluster::Cluster;
use test_support::project::TestProject;

use crate::measure::{Measured, median, run};
use crate::workload::{self, Workload};
use crate::{proxy, server, table};

/// What the delaying wire adds per round trip.
const DELAY: Duration = Duration::from_millis(50);

/// Measures a workload.
pub(crate) fn print(workload: Workload, runs: usize) {
    let cluster = server();
    workload.build(&cluster);
    let steps = Steps { workload, cluster: &cluster, project: project(&cluster, workload), runs };
    table::head(&format!("{workload}, PostgreSQL {}", cluster.version));
    steps.first();
    steps.again();
    steps.changed();
    steps.far_away();
}

/// A project with the workload's configuration.
pub(crate) fn project(cluster: &Cluster, workload: Workload) -> TestProject {
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    project.use_server("main", cluster);
    project.write("roles.hcl", workload.configuration());
    let _ = project.run(["init"]).expect_code(0);
    project
}

/// Takes everything away again, so that each apply begins alike.
pub(crate) fn start_over(workload: Workload, cluster: &Cluster, project: &TestProject) {
    workload.revoke_all(cluster);
    let _ = project.run(["plan", "-out", "plan.bin"]).expect_code(0);
}

struct Steps<'a> {
    workload: Workload,
    cluster: &'a Cluster,
    project: TestProject,
    runs: usize,
}

impl Steps<'_> {
    /// From nothing to everything.
    fn first(&self) {
        self.beside_copy("plan from nothing", &["plan", "-out", "plan.bin"]);
        self.shown("show", &["show", "plan.bin"]);
        self.shown("show -full", &["show", "-full", "plan.bin"]);
        self.shown("show -json", &["show", "-json", "plan.bin"]);
        let mut pairs = Vec::new();
        for _ in 0..self.runs.min(3) {
            start_over(self.workload, self.cluster, &self.project);
            let ours = self.roleform(&["apply", "plan.bin"]);
            self.workload.revoke_all(self.cluster);
            let script = self.project.path("floor.sql");
            std::fs::write(&script, self.workload.grants()).expect("the floor's script");
            let script = script.display().to_string();
            let floor = run(workload::psql(self.cluster, "ref", &["-1", "-f", &script]), &[self.cluster]);
            pairs.push((ours, floor));
        }
        table::beside("apply all grants", "multi-object GRANTs", &pairs);
        // The floor granted behind roleform's back what it had granted itself.
    }

    /// Nothing to do, and next to nothing.
    fn again(&self) {
        self.beside_copy("plan without changes", &["plan"]);
        self.cluster.sql("ref", "REVOKE SELECT ON s00.t0 FROM bench_1");
        self.beside_copy("plan with one grant drifted", &["plan"]);
        self.cluster.sql("ref", "GRANT SELECT ON s00.t0 TO bench_1");
    }

    fn changed(&self) {
        let all = self.workload.configuration();
        let changed = all.replace("count.index % 2 == 0", "count.index % 2 == 0 || count.index == 1");
        self.project.write("roles.hcl", changed);
        self.beside_copy("plan with one role changed", &["plan"]);
        self.project.write("roles.hcl", all);
    }

    /// Over a long line: how many round trips' worth more.
    fn far_away(&self) {
        let near = self.cluster.address.port;
        let far = proxy::slow(near, DELAY);
        let block = |port: u16| {
            let name = &self.cluster.superuser.name;
            self.project.write("main.server.hcl", workload::resource("main", port, name));
        };
        let mut pairs = Vec::new();
        for _ in 0..self.runs {
            block(far);
            let slow = self.roleform(&["plan"]);
            block(near);
            pairs.push((slow, self.roleform(&["plan"])));
        }
        let slow: Vec<Measured> = pairs.iter().map(|(slow, _)| *slow).collect();
        let mut trips: Vec<f64> =
            pairs.iter().map(|(slow, fast)| (slow.wall - fast.wall) / DELAY.as_secs_f64()).collect();
        trips.sort_by(f64::total_cmp);
        let note = format!("{:.1} round trips' worth more than without", trips[trips.len() / 2]);
        table::alone(&format!("plan without changes, {} ms away", DELAY.as_millis()), &slow, &note);
    }

    fn roleform(&self, arguments: &[&str]) -> Measured {
        run(self.project.command(arguments), &[self.cluster])
    }

    fn shown(&self, step: &str, arguments: &[&str]) {
        let all: Vec<Measured> = (0..self.runs).map(|_| self.roleform(arguments)).collect();
        let first = median(&all, |one| one.first);
        let note = format!("{:.1} MB, the first after {first:.2} s", all[0].printed as f64 / 1e6);
        table::alone(step, &all, &note);
    }

    fn beside_copy(&self, step: &str, arguments: &[&str]) {
        let copy = || run(workload::psql(self.cluster, "ref", &["-c", workload::COPY]), &[self.cluster]);
        let pairs: Vec<(Measured, Measured)> =
            (0..self.runs).map(|_| (self.roleform(arguments), copy())).collect();
        table::beside(step, "COPY of the ACLs", &pairs);
    }
}
