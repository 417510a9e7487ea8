//! pgroles on the same grants, where it is installed: somebody else's answer to the question.
//!
//! Not here: installing it (`cargo install pgroles-cli`). Invariant: it starts from the same
//! tables and leads to the same ACLs; where it is missing or refuses, that is said and no more.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use test_support::cluster::Cluster;
use test_support::project::TestProject;

use crate::measure::{Measured, run};
use crate::steps::{project, start_over};
use crate::workload::Workload;
use crate::{server, table};

/// Measures it on a server of its own.
pub(crate) fn print(workload: Workload) {
    let cluster = server();
    workload.build(&cluster);
    let project = project(&cluster, workload);
    table::head(&format!("{workload}, PostgreSQL {}", cluster.version));
    beside(workload, &cluster, &project);
}

/// Adds its rows to a workload's table, each after ours in the same run.
pub(crate) fn beside(workload: Workload, cluster: &Cluster, project: &TestProject) {
    let peer = Peer { cluster, manifest: project.path("pgroles.yaml").display().to_string() };
    project.write("pgroles.yaml", manifest(workload));
    if Command::new("pgroles").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("| pgroles: not installed | | | | | | | |");
        return;
    }
    start_over(workload, cluster, project);
    let ours = run(project.command(["apply", "plan.bin"]), &[cluster]);
    workload.revoke_all(cluster);
    rows("apply all grants", ours, peer.run("apply"));
    let _ = project.run(["plan"]).expect_code(0);
    rows("plan without changes", run(project.command(["plan"]), &[cluster]), peer.run("diff"));
}

struct Peer<'a> {
    cluster: &'a Cluster,
    manifest: String,
}

impl Peer<'_> {
    fn run(&self, verb: &str) -> Measured {
        let Cluster { address, superuser, .. } = self.cluster;
        let url = format!(
            "postgres://{}:{}@127.0.0.1:{}/ref?sslmode=disable",
            superuser.name, superuser.password, address.port
        );
        let mut command = Command::new("pgroles");
        command.args([verb, "--file", &self.manifest]).env("DATABASE_URL", url);
        run(command, &[self.cluster])
    }
}

fn rows(step: &str, ours: Measured, theirs: Measured) {
    table::beside(step, "pgroles", &[(ours, theirs)]);
    let cpu = (theirs.cpu + theirs.server) / (ours.cpu + ours.server).max(0.01);
    let memory = theirs.megabytes() as f64 / ours.megabytes().max(1) as f64;
    let note =
        format!("{cpu:.0} times roleform's CPU time of client and server, {memory:.1} times its memory");
    table::alone(&format!("{step}: pgroles"), &[theirs], &note);
}

/// The workload's grants in pgroles' words.
fn manifest(workload: Workload) -> String {
    let mut text = "default_owner: postgres\nroles:\n".to_owned();
    let roles = || (0..workload.roles).map(|role| format!("bench_{role}"));
    for role in roles() {
        // Writing into a String does not fail.
        let _ = writeln!(text, "  - name: {role}\n    login: false");
    }
    text.push_str("grants:\n");
    for (number, role) in roles().enumerate() {
        let privileges = if number % 2 == 0 { "SELECT" } else { "SELECT, INSERT, UPDATE, DELETE" };
        let mut grant = |privileges: &str, object: &str| {
            let _ = writeln!(
                text,
                "  - role: {role}\n    privileges: [{privileges}]\n    object: {{ {object} }}"
            );
        };
        grant("CONNECT", "type: database, name: ref");
        for schema in 0..workload.schemas {
            grant("USAGE", &format!("type: schema, name: s{schema:02}"));
            grant(privileges, &format!("type: table, schema: s{schema:02}, name: \"*\""));
        }
    }
    text
}
