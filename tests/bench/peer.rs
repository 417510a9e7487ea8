//! pgroles on the same grants, where it is installed: somebody else's answer to the question.
//!
//! Not here: installing it (`cargo install pgroles-cli`). Invariant: it starts from the same
//! tables and leads to the same ACLs; where it is missing, that is said and no more.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use test_support::cluster::Cluster;

use crate::measure::{Measured, run};
use crate::steps::{project, start_over};
use crate::workload::Workload;
use crate::{server, table};

/// The reference workload with ten roles less: pgroles reads at most 4,096 grants from a file.
const WORKLOAD: Workload = Workload { name: "beside pgroles", schemas: 50, tables: 200, roles: 40 };

/// Measures both in turn, each first applying to the same empty tables.
pub(crate) fn print(runs: usize) {
    if Command::new("pgroles").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("\npgroles is not installed.");
        return;
    }
    let cluster = server();
    WORKLOAD.build(&cluster);
    let project = project(&cluster, WORKLOAD);
    project.write("pgroles.yaml", manifest(WORKLOAD));
    let peer = Peer { cluster: &cluster, manifest: project.path("pgroles.yaml").display().to_string() };
    let (mut applied, mut planned) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        start_over(WORKLOAD, &cluster, &project);
        let ours = run(project.command(["apply", "plan.bin"]), &[&cluster]);
        planned.push((run(project.command(["plan"]), &[&cluster]), peer.run("diff")));
        WORKLOAD.revoke_all(&cluster);
        applied.push((ours, peer.run("apply")));
    }
    table::head(&format!("{WORKLOAD}, PostgreSQL {}", cluster.version));
    rows("plan without changes", &planned);
    rows("apply all grants", &applied);
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

fn rows(step: &str, pairs: &[(Measured, Measured)]) {
    table::beside(step, "pgroles", pairs);
    let theirs: Vec<Measured> = pairs.iter().map(|(_, theirs)| *theirs).collect();
    let ratio = |of: fn(&Measured) -> f64| {
        let mut ratios: Vec<f64> =
            pairs.iter().map(|(ours, theirs)| of(theirs) / of(ours).max(0.01)).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    };
    let cpu = ratio(|one| one.cpu + one.server);
    let memory = ratio(|one| one.memory as f64);
    let note =
        format!("{cpu:.0} times roleform's CPU time of client and server, {memory:.1} times its memory");
    table::alone(&format!("{step}: pgroles"), &theirs, &note);
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
