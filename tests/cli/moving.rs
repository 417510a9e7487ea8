//! A role whose block names another server than before.
//!
//! Not here: renames and moved addresses (`tests/postgres/rename`). Invariant: it is made there
//! and dropped here, in one plan, and one password is left.

use test_support::client::Login;
use test_support::cluster::Cluster;

use super::server::{READER, shop};
use super::{done, run};

#[test]
fn it_is_made_there_and_dropped_here() {
    let (mut project, tenant) = shop();
    let here = tenant.cluster;
    let there = Cluster::private(here.version, &[]);
    there.sql("postgres", &tenant.fill("CREATE DATABASE {p}app"));
    there.sql(&tenant.fill("{p}app"), "CREATE SCHEMA sales; CREATE TABLE sales.orders (id integer)");
    project.use_server("other", &there);
    done(&project, "plan -out plan.bin");
    done(&project, "apply -lock-timeout=60s plan.bin");
    project.write("roles.hcl", tenant.fill(READER).replace("postgres.main", "postgres.other"));
    let planned = run(&project, "plan -out plan.bin").expect_code(0);
    for line in ["# role.reader will be destroyed", "# role.reader will be created"] {
        assert!(planned.stdout.contains(line), "{line}: {planned}");
    }
    done(&project, "apply -lock-timeout=60s plan.bin");
    done(&project, "plan -detailed-exitcode");
    let count = tenant.fill("SELECT count(*) FROM pg_roles WHERE rolname = '{p}reader'");
    let counts = [here, &there].map(|cluster| cluster.query("postgres", &count)[0][0].clone());
    assert_eq!(counts, [Some("0".to_owned()), Some("1".to_owned())]);
    let kept = run(&project, "credentials list").expect_code(0).stdout;
    assert!(kept.contains("other/") && !kept.contains("main/"), "{kept}");
    let password = run(&project, "credentials show role.reader").expect_code(0).stdout;
    let (role, database) = (tenant.fill("{p}reader"), tenant.fill("{p}app"));
    let login = Login { role: &role, password: password.trim_end(), database: &database };
    there.try_as(login, "SELECT FROM sales.orders").expect("it may read there");
    let listed = run(&project, "state list").expect_code(0).stdout;
    assert_eq!(listed.lines().filter(|line| *line == "role.reader").count(), 1, "{listed}");
}
