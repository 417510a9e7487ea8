//! What it costs before anything is done: starting, and reading a configuration.
//!
//! Invariant: no server is asked.

use test_support::project::TestProject;

use crate::measure::{Measured, run};
use crate::table;

/// Runs of what is shorter than the kernel's clock: their sum is measured.
const MANY: usize = 100;

/// Measures `version` and `validate`.
pub(crate) fn print(runs: usize) {
    let project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    let mut text = "resource \"postgres\" \"main\" {\n  host = \"127.0.0.1\"\n}\n".to_owned();
    for role in 0..1_000 {
        text.push_str(&format!(
            "role \"r{role}\" {{\n  resource   = postgres.main\n  scopes     = [\"app.s{}\", \"app.public\"]\n  \
             privileges = [\"SELECT\", \"INSERT\"]\n  member_of  = [\"pg_monitor\"]\n  settings   = {{ statement_timeout = \"30s\" }}\n}}\n",
            role % 50
        ));
    }
    project.write("roles.hcl", text);
    table::head("Without a server");
    let times = |count: usize, word: &str| -> Vec<Measured> {
        let many = |_| {
            let all: Vec<Measured> = (0..count).map(|_| run(project.command([word]), &[])).collect();
            let mean = |of: fn(&Measured) -> f64| all.iter().map(of).sum::<f64>() / count as f64;
            Measured { wall: mean(|one| one.wall), cpu: mean(|one| one.cpu), ..all[0] }
        };
        (0..runs).map(many).collect()
    };
    let version = times(MANY, "version");
    let milliseconds = crate::measure::median(&version, |one| one.cpu) * 1e3;
    table::alone("version", &version, &format!("{milliseconds:.1} ms of CPU"));
    table::alone("validate 1,000 roles", &times(1, "validate"), "");
}
