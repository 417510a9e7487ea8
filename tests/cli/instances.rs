//! A resource with `for_each`: its instances in addresses, the state, `-target` and lists.
//!
//! Not here: the language (`engine/src/config/tests/servers.rs`). Invariant: one server plays
//! both instances, each at home in a database of its own.

use expect_test::expect;
use test_support::cluster::Cluster;

use super::{done, project, run};

const ROLES: &str = r#"
role "reader" {
  for_each = postgres.shard
  resource = each.value
  name     = "{p}${each.key}"
}
role "writer" {
  resource = postgres.shard["two"]
  name     = "{p}writer"
}
"#;

#[test]
fn each_instance_is_a_server() {
    let tenant = Cluster::newest().tenant();
    let mut project = project();
    project.use_server("shard", tenant.cluster);
    project.use_tenant(&tenant);
    let server = project.read("shard.server.hcl");
    let keyed = "{\n  for_each = toset([\"one\", \"two\"])\n  database = \"{p}${each.key}\"\n";
    project.write("shard.server.hcl", tenant.fill(&server.replacen("{\n", keyed, 1)));
    project.write("roles.hcl", tenant.fill(ROLES));
    tenant.database("one");
    tenant.database("two");
    done(&project, "init");

    let planned = run(&project, "plan -out plan.bin").expect_code(0);
    assert!(planned.stdout.contains("Plan: 3 to add, 0 to change, 0 to destroy."), "{planned}");
    assert!(planned.stdout.contains("postgres.shard[\"one\"]"), "{planned}");
    done(&project, "apply plan.bin");
    expect![[r#"
        exit code: 0
        ----- stdout
        role.reader["one"]
        role.reader["two"]
        role.writer
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state list").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        # role.reader["one"] (managed, "one" on postgres.shard["one"])
            LOGIN, INHERIT

        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state show role.reader[\"one\"]").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        postgres.shard["one"]
          [SOCKET]:[PORT], database one, sslmode disable
          admin postgres, password from the environment variable SHARD_ADMIN_PASSWORD
          1 role
        postgres.shard["two"]
          [SOCKET]:[PORT], database two, sslmode disable
          admin postgres, password from the environment variable SHARD_ADMIN_PASSWORD
          2 roles
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "inventory list").block());
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI009]: Nothing has this name
          The configuration has no resource "postgres" "shard".
          hint: did you mean shard["one"]?
    "#]]
    .assert_eq(&run(&project, "generate shard").block());

    project.write("roles.hcl", "");
    let named = |line: &str| {
        let planned = run(&project, line).expect_code(0).stdout;
        planned.lines().find(|line| line.starts_with("Plan:")).unwrap_or_default().to_owned()
    };
    assert_eq!(named("plan -target=postgres.shard[\"one\"]"), "Plan: 0 to add, 0 to change, 1 to destroy.");
    assert_eq!(named("plan -target=postgres.shard"), "Plan: 0 to add, 0 to change, 3 to destroy.");
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        Reading postgres.shard["one"], postgres.shard["two"]
        error[CLI009]: Nothing has this name
          Neither the configuration nor the state has postgres.shard["on"].
          hint: did you mean postgres.shard["one"]?
    "#]]
    .assert_eq(&run(&project, "plan -target=postgres.shard[\"on\"]").block());
    // An instance goes while roles are recorded on it.
    let one = project.read("shard.server.hcl").replace("[\"one\", \"two\"]", "[\"one\"]");
    project.write("shard.server.hcl", one);
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        Reading postgres.shard["one"], postgres.shard["two"]
        error[PLN016]: Resource is gone while roles are recorded on it
          The block of shard["two"] is gone, and the state has role.reader["two"], role.writer on it.
          hint: keep the resource block until its roles are removed, or take them out of the state with `roleform state rm`
    "#]].assert_eq(&run(&project, "plan").block());
}
