//! Twenty servers planned in one run, one of them far away.
//!
//! Invariant: all are servers of their own, and all but one answer at once.

use std::time::Duration;

use test_support::cluster::Cluster;
use test_support::project::TestProject;

use crate::measure::{Measured, run};
use crate::{proxy, table, version, workload};

const SERVERS: usize = 20;
const DELAY: Duration = Duration::from_millis(200);

/// Measures a plan over all of them beside a plan over the slow one alone.
pub(crate) fn print(runs: usize) {
    let small = [("shared_buffers", "8MB"), ("max_connections", "20"), ("autovacuum", "off")];
    let clusters: Vec<Cluster> = (0..SERVERS).map(|_| Cluster::private(version(), &small)).collect();
    for cluster in &clusters {
        cluster.sql("postgres", "CREATE DATABASE ref");
        cluster.sql(
            "ref",
            "DO $$ BEGIN FOR i IN 0..99 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$",
        );
    }
    let far = proxy::slow(clusters[0].address.port, DELAY);
    let all: Vec<&Cluster> = clusters.iter().collect();
    let (fleet, alone) = (project(&all, far), project(&all[..1], far));
    table::head(&format!(
        "{SERVERS} servers with 100 tables and 3 roles each, one of them {} ms away, PostgreSQL {}",
        DELAY.as_millis(),
        version()
    ));
    let plan = |project: &TestProject, on: &[&Cluster]| run(project.command(["plan"]), on);
    let pairs: Vec<(Measured, Measured)> =
        (0..runs).map(|_| (plan(&fleet, &all), plan(&alone, &all[..1]))).collect();
    table::beside("plan without changes", "the slow one alone", &pairs);
}

/// A project on some servers, everything applied; the first is reached through a port of its own.
fn project(clusters: &[&Cluster], first: u16) -> TestProject {
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    for (number, cluster) in clusters.iter().enumerate() {
        let label = format!("m{number}");
        let port = if number == 0 { first } else { cluster.address.port };
        project.set("FLEET_ADMIN_PASSWORD", &cluster.superuser.password);
        project.write(
            &format!("{label}.hcl"),
            format!(
                "{}role \"{label}\" {{\n  count      = 3\n  name       = \"fleet_${{count.index}}\"\n  resource   = postgres.{label}\n  \
                 scopes     = [\"ref\"]\n  privileges = [\"SELECT\"]\n  password   = \"none\"\n  adopt = true\n}}\n",
                workload::resource(&label, port, &cluster.superuser.name)
            ),
        );
    }
    let _ = project.run(["init"]).expect_code(0);
    let _ = project.run(["plan", "-out", "plan.bin"]).expect_code(0);
    let _ = project.run(["apply", "plan.bin"]).expect_code(0);
    project
}
