//! `roleform generate`: to standard output, to a new file, and what it refuses.
//!
//! What the configuration says is `tests/postgres/generate`'s subject. Invariant: a file that
//! exists is left as it is.

use expect_test::expect;
use test_support::cluster::Cluster;
use test_support::servers;

use crate::{done, project, run};

#[test]
fn a_server_becomes_a_file_and_the_plan_takes_over() {
    let versions = servers::chosen();
    let cluster = Cluster::private(versions[versions.len() - 1], &[]);
    cluster.sql("postgres", "CREATE DATABASE app");
    cluster.sql(
        "app",
        "CREATE ROLE reader LOGIN; CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE s.u (id int); \
         GRANT USAGE ON SCHEMA s TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA s TO reader; \
         GRANT CONNECT ON DATABASE app TO reader",
    );
    let mut project = project();
    project.use_server("main", &cluster);
    done(&project, "init");
    let printed = run(&project, "generate postgres.main");
    expect![[r##"
        # Roles of postgres.main, as `roleform generate main` found them.
        # Until something changes, `roleform plan` has nothing to do but to take them over.
        # A scope without a table and "*" stood for all that there was; they cover what comes later, too.
        # PUBLIC is left alone.
        # Not here, the administrator: postgres.

        role "reader" {
          resource   = postgres.main
          password   = "unmanaged"
          scopes     = ["app.s"]
          privileges = ["SELECT"]
        }

        # These take the roles over; after the first apply they are of no more use.
        import {
          to = role.reader
        }
    "##]]
    .assert_eq(&printed.stdout);
    done(&project, "generate main -out roles.hcl");
    assert_eq!(project.read("roles.hcl"), printed.stdout);
    done(&project, "fmt -check roles.hcl");
    let plan = run(&project, "plan -out plan.bin");
    assert!(plan.stdout.contains(" to import, 0 to add, 0 to change, 0 to destroy."), "{}", plan.stdout);
    done(&project, "apply plan.bin");
    let next = run(&project, "plan -detailed-exitcode");
    assert!(next.stdout.contains("No changes."), "{}", next.stdout);
    // Everything is declared now, and a file is never written over.
    let refused = run(&project, "generate main -out roles.hcl");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("CLI003"), "{}", refused.stderr);
    let nobody = run(&project, "generate mian");
    assert!(nobody.stderr.contains("did you mean main?"), "{}", nobody.stderr);
}
