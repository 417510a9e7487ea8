//! The examples: each is valid, and the one of every kind of grant is carried out.
//!
//! Not here: `examples/tour` and its picture (`readme`), the company of the demo (`demo`).
//! Invariant: what is shown works as it stands, but for the port and the administrator.

use std::fs;
use std::path::Path;

use test_support::cluster::Cluster;
use test_support::project::TestProject;

use super::{done, project, run};

/// A project with a copy of an example.
pub(super) fn example(name: &str) -> TestProject {
    let project = project();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let mut waiting = vec![root.clone()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the example") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).expect("a path inside");
            fs::create_dir_all(project.path(".").join(name).parent().expect("a parent"))
                .expect("a directory");
            project.write(&name.display().to_string(), fs::read(&path).expect("a file"));
        }
    }
    project
}

#[test]
fn every_example_is_valid() {
    for name in ["company", "grants", "modules", "quickstart", "tour"] {
        let project = example(name);
        let output = run(&project, "validate").expect_code(0);
        assert_eq!(output.stderr, "", "{name}");
        done(&project, "fmt -check -recursive");
    }
}

#[test]
fn a_grant_of_every_kind() {
    let cluster = Cluster::private(Cluster::newest().version, &[]);
    let mut project = example("grants");
    let port = format!("port = {}", cluster.address.port);
    let admin = format!("username = \"{}\"", cluster.superuser.name);
    let main =
        project.read("main.hcl").replace("port = 5432", &port).replace("username = \"postgres\"", &admin);
    project.write("main.hcl", main);
    project.set("ADMIN_PASSWORD", &cluster.superuser.password);
    cluster.sql("postgres", "CREATE DATABASE app");
    cluster.sql("app", &project.read("app.sql"));
    done(&project, "init");
    done(&project, "plan -out plan.bin");
    done(&project, "apply plan.bin");
    done(&project, "plan -detailed-exitcode");
    let may = "SELECT has_function_privilege('clerk', 'billing.close_month(date)', 'EXECUTE'),
                      has_function_privilege('clerk', 'billing.close_month(int, int)', 'EXECUTE'),
                      has_column_privilege('reader', 'billing.invoices', 'amount', 'SELECT'),
                      has_column_privilege('reader', 'billing.invoices', 'note', 'SELECT'),
                      has_parameter_privilege('importer', 'log_min_duration_statement', 'SET'),
                      (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'billing')";
    let answers: Vec<String> = cluster.query("app", may).concat().into_iter().flatten().collect();
    assert_eq!(answers, ["t", "f", "t", "f", "t", "app_owner"]);
}
