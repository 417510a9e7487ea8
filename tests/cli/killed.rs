//! An apply that is killed between two parts: SIGKILL, the real binary, a server whose lock
//! table is as small as it gets.
//!
//! Not here: which parts there are and what they hold (`tests/postgres/parts.rs`). Invariant:
//! what was killed has given nobody more than planned, and the next commands do the rest.

use std::process::Stdio;
use std::time::{Duration, Instant};

use test_support::cluster::Cluster;

use super::{done, project, run};

const ROLES: &str = r#"
role "r" {
  resource   = postgres.main
  scopes     = ["app"]
  privileges = ["SELECT"]
}
"#;

/// Sleeps in the part that grants on the last table, so that there is time to be killed.
const SLEEPER: &str = "
    CREATE FUNCTION sleep() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN IF current_query() LIKE '%t299%' THEN PERFORM pg_sleep(600); END IF; END $$;
    CREATE EVENT TRIGGER sleep ON ddl_command_start WHEN TAG IN ('GRANT') EXECUTE FUNCTION sleep()";

#[test]
fn between_two_parts() {
    if !test_support::servers::chosen().contains(&18) {
        return;
    }
    let cluster = Cluster::private(18, &[("max_locks_per_transaction", "10"), ("max_connections", "20")]);
    cluster.sql("postgres", "CREATE DATABASE app");
    for from in [0, 100, 200] {
        let tables = format!(
            "DO $$ BEGIN FOR i IN {from}..{} LOOP EXECUTE format('CREATE TABLE t%s (a int)', i); END LOOP; END $$",
            from + 99
        );
        cluster.sql("app", &tables);
    }
    cluster.sql("app", SLEEPER);
    let mut project = project();
    project.use_server("main", &cluster);
    project.write("roles.hcl", ROLES);
    done(&project, "init");
    let planned = run(&project, "plan -sql -out plan.bin").expect_code(0);
    assert!(planned.stdout.contains("-- part 1 of 4, committed before the next begins"), "{planned}");

    let mut command = project.command(["apply", "plan.bin"]);
    let mut apply = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("an apply");
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let start = Instant::now();
    while cluster.query("app", asleep)[0] != [Some("1".to_owned())] {
        assert!(start.elapsed() < Duration::from_secs(60), "it never came to the last part");
        std::thread::sleep(Duration::from_millis(20));
    }
    apply.kill().expect("it runs");
    apply.wait().expect("it ended");
    cluster.sql("app", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    cluster.sql("app", "DROP EVENT TRIGGER sleep");
    let some = "SELECT count(*) BETWEEN 1 AND 299 FROM pg_class WHERE relacl::text LIKE '%r=r/%'";
    assert_eq!(cluster.query("app", some)[0], [Some("t".to_owned())]);
    let login = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'r'";
    assert_eq!(cluster.query("app", login)[0], [Some("f".to_owned())]);

    // Without its resource block nobody can observe what it left.
    let block = project.read("main.server.hcl");
    project.write("roles.hcl", "locals {}\n");
    project.write("main.server.hcl", "");
    let lost = run(&project, "plan").expect_code(3);
    assert!(lost.stderr.contains("SAV012"), "{lost}");
    project.write("roles.hcl", ROLES);
    project.write("main.server.hcl", block);

    let next = run(&project, "plan -lock-timeout=60s -out plan.bin").expect_code(0);
    assert!(next.stderr.contains("STA091") && next.stderr.contains("a part was committed"), "{next}");
    done(&project, "apply -lock-timeout=60s plan.bin");
    assert!(run(&project, "plan -detailed-exitcode").expect_code(0).stdout.starts_with("No changes."));
    assert_eq!(cluster.query("app", login)[0], [Some("t".to_owned())]);
}
