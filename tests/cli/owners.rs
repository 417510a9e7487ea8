//! Owners of schemas, and roles that exist, on the command line: graph, import, state.
//!
//! Not here: what becomes of grants (`tests/postgres/ownership`). Invariant: what the state
//! remembers can be listed, shown and taken out by its address.

use expect_test::expect;

use super::server::{code, shop};
use super::{done, project, run};

const OWNED: &str = r#"role "analyst" {
  resource = postgres.main
  name     = "{p}analyst"
  member_of = [{ role = role.reader, admin = true }]
  lifecycle {
    prevent_destroy = true
    on_destroy {
      reassign_owned_to  = "postgres"
      terminate_sessions = true
    }
  }
}

schema "sales" {
  resource = postgres.main
  database = "{p}app"
  owner    = role.analyst
}
"#;

#[test]
fn what_exists_is_imported_and_what_is_remembered_is_shown() {
    let (project, tenant) = shop();
    tenant.sql("app", "CREATE ROLE {p}analyst; GRANT SELECT ON sales.orders TO {p}analyst");
    project.write("owned.hcl", tenant.fill(OWNED));
    assert_eq!(code(&run(&project, "plan").expect_code(1).stderr), "PLN001");
    let imported = run(&project, "import -out plan.bin role.analyst").expect_code(0);
    assert!(imported.stdout.contains("# role.analyst will be updated in-place"), "{imported}");
    assert!(!imported.stdout.contains("schema.sales"), "{imported}");
    done(&project, "apply -lock-timeout=60s plan.bin");
    let planned = run(&project, "plan -out plan.bin").expect_code(0);
    assert!(planned.stdout.contains("# schema.sales will be updated in-place"), "{planned}");
    let json = run(&project, "show -json plan.bin").expect_code(0).stdout;
    let change = json.split("\"address\":\"schema.sales\"").nth(1).unwrap_or_default();
    assert!(change.contains("\"owner\":\"") && change.contains("\"actions\":[\"update\"]"), "{json}");
    let markdown = run(&project, "show -markdown plan.bin").expect_code(0).stdout;
    assert!(markdown.contains("~ <code>schema.sales</code> will be updated in-place"), "{markdown}");
    done(&project, "apply -lock-timeout=60s plan.bin");
    done(&project, "plan -detailed-exitcode");
    expect![[r#"
        exit code: 0
        ----- stdout
        role.analyst
        role.reader
        membership.analyst["reader"]
        schema.sales
        database_connect.reader["app"]
        schema_usage.reader["app.sales"]
        table_grant.reader["app.sales.customers"]
        table_grant.reader["app.sales.orders"]
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state list").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        # role.analyst (managed, "analyst" on postgres.main)
            prevent_destroy
            when destroyed, what it owns goes to "postgres"
            when destroyed, its sessions are ended
            LOGIN, INHERIT
            member of reader with admin option

        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state show role.analyst").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        # schema.sales (schema "app.sales" on postgres.main)
            owner "analyst"

        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state show schema.sales").block());
    let export = run(&project, "state export").expect_code(0).stdout;
    assert!(export.contains("\"address\": \"schema.sales\""), "{export}");
    expect![[r#"
        exit code: 0
        ----- stdout
        Removed schema.sales
        Removed 1 block from the state. In PostgreSQL nothing changed.
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state rm schema.sales").block());
    assert_eq!(run(&project, "state show schema.sales").code, Some(1));
    // Out of the state it is so all the same, and taken over again.
    let again = run(&project, "plan -detailed-exitcode -out plan.bin").expect_code(2);
    assert!(again.stdout.contains("# schema.sales will be imported (already so)"), "{again}");
}

/// A node of every kind that there is.
#[test]
fn every_kind_of_node_is_in_the_graph() {
    let project = project();
    let inside = ["tables", "sequences", "functions", "types"];
    let outside = ["languages", "foreign_data_wrappers", "foreign_servers"];
    let mut grants = String::new();
    for selector in inside {
        grants.push_str(&format!(
            "grant {{\n  database = \"app\"\n  schemas = [\"s\"]\n  {selector} = [\"x\"]\n  privileges = [\"ALL\"]\n  \
             future {{ creators = [role.owner] }}\n}}\n"
        ));
    }
    for selector in outside {
        grants.push_str(&format!(
            "grant {{\n  database = \"app\"\n  {selector} = [\"x\"]\n  privileges = [\"USAGE\"]\n}}\n"
        ));
    }
    let rest = "grant {\n  database = \"app\"\n  schemas = [\"s\"]\n  tables = [\"x\"]\n  columns = [\"a\"]\n  privileges = [\"SELECT\"]\n}\n\
                grant {\n  database = \"app\"\n  large_objects = [7]\n  privileges = [\"SELECT\"]\n}\n\
                grant {\n  tablespaces = [\"x\"]\n  privileges = [\"CREATE\"]\n}\n\
                grant {\n  parameters = [\"work_mem\"]\n  privileges = [\"SET\"]\n}\n";
    project.write(
        "main.hcl",
        format!(
            "resource \"postgres\" \"main\" {{\n  host = \"/run\"\n}}\nrole \"owner\" {{\n  resource = postgres.main\n}}\n\
             role \"r\" {{\n  resource = postgres.main\n  member_of = [role.owner]\n{grants}{rest}}}\n\
             schema \"s\" {{\n  resource = postgres.main\n  database = \"app\"\n  owner = role.owner\n}}\n\
             public \"app\" {{\n  resource = postgres.main\n  scopes = [\"app.s\"]\n  privileges = []\n}}\n"
        ),
    );
    let json = run(&project, "graph -format json").expect_code(0).stdout;
    let words = json.lines().filter_map(|line| line.trim().strip_prefix("\"kind\": \""));
    let kinds: std::collections::BTreeSet<&str> =
        words.map(|word| word.trim_end_matches(['"', ','])).collect();
    expect!["column_grant database_connect default_privilege foreign_data_wrapper_grant foreign_server_grant language_grant large_object_grant membership parameter_grant postgres public role routine_grant schema schema_usage sequence_usage table_grant tablespace_grant type_grant"].assert_eq(&kinds.into_iter().collect::<Vec<_>>().join(" "));
    assert!(json.contains("\"from\": \"schema.s\""), "{json}");
}
