//! Commands that only look at the configuration: validate, graph, inventory list.
//!
//! Invariant: no server and no state is needed.

use expect_test::expect;
use test_support::project::TestProject;

use super::{project, run};

const CONFIGURATION: &str = r#"
variable "env" {
  type = string
}

resource "postgres" "analytics" {
  host = "10.0.3.4"
  admin {
    username = "postgres"
    password = command(["op", "read", "op://vault/secret"])
  }
}

resource "postgres" "local" {
  host = "/run/postgresql"
  port = 5433
}

role "reader" {
  resource   = postgres.analytics
  name       = "reader_${var.env}"
  scopes     = ["app", "legacy.public", "legacy.public.one"]
  privileges = ["SELECT"]
}

role "writer" {
  resource = postgres.analytics
  grant {
    database   = "app"
    schemas    = ["billing"]
    tables     = ["orders", "invoice_*"]
    privileges = ["INSERT"]
    future { creators = ["reader_prod"] }
  }
  member_of = [role.reader, "pg_monitor"]
}
"#;

fn configured() -> TestProject {
    let project = project();
    project.write("main.hcl", CONFIGURATION);
    project.write("prod.auto.tfvars", "env = \"prod\"\n");
    project
}

#[test]
fn a_valid_configuration() {
    let project = configured();
    expect![[r#"
        exit code: 0
        ----- stdout
        Success! The configuration is valid.
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "validate").block());
    std::fs::remove_file(project.path("prod.auto.tfvars")).expect("a file");
    // Variables need no values.
    assert_eq!(run(&project, "validate").expect_code(0).stderr, "");
}

#[test]
fn all_mistakes_in_one_run() {
    let project = project();
    project.write("a.hcl", "role \"a\" {\n  resource = postgres.nowhere\n  loggin = true\n}\n");
    project.write("b.hcl", "role \"b\" {\n");
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CFG007]: Reference to undeclared resource
           ╭─[a.hcl:2:14]
         2 │   resource = postgres.nowhere
           ·              ────────────────
           ╰────
          A resource "postgres" "nowhere" has not been declared in this configuration.

        error[CFG003]: Unsupported argument
           ╭─[a.hcl:3:3]
         3 │   loggin = true
           ·   ──────
           ╰────
          An argument named "loggin" is not expected here.
          hint: Did you mean "login"?

        error[CFG001]: Unclosed configuration block
           ╭─[b.hcl:1:10]
         1 │ role "b" {
           ·          ─
           ╰────
          There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.

        3 errors.
    "#]].assert_eq(&run(&project, "validate").block());
    expect![[r#"
        exit code: 1
        ----- stdout
        {
          "diagnostics": [
            {
              "code": "CFG007",
              "detail": "A resource \"postgres\" \"nowhere\" has not been declared in this configuration.",
              "range": {
                "end": {
                  "byte": 40,
                  "column": 30,
                  "line": 2
                },
                "filename": "a.hcl",
                "start": {
                  "byte": 24,
                  "column": 14,
                  "line": 2
                }
              },
              "severity": "error",
              "snippet": {
                "code": "  resource = postgres.nowhere",
                "context": "role \"a\"",
                "highlight_end_offset": 29,
                "highlight_start_offset": 13,
                "start_line": 2,
                "values": []
              },
              "summary": "Reference to undeclared resource"
            },
            {
              "code": "CFG003",
              "detail": "An argument named \"loggin\" is not expected here.",
              "hint": "Did you mean \"login\"?",
              "range": {
                "end": {
                  "byte": 49,
                  "column": 9,
                  "line": 3
                },
                "filename": "a.hcl",
                "start": {
                  "byte": 43,
                  "column": 3,
                  "line": 3
                }
              },
              "severity": "error",
              "snippet": {
                "code": "  loggin = true",
                "context": "role \"a\"",
                "highlight_end_offset": 8,
                "highlight_start_offset": 2,
                "start_line": 3,
                "values": []
              },
              "summary": "Unsupported argument"
            },
            {
              "code": "CFG001",
              "detail": "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.",
              "range": {
                "end": {
                  "byte": 10,
                  "column": 11,
                  "line": 1
                },
                "filename": "b.hcl",
                "start": {
                  "byte": 9,
                  "column": 10,
                  "line": 1
                }
              },
              "severity": "error",
              "snippet": {
                "code": "role \"b\" {",
                "context": "role \"b\"",
                "highlight_end_offset": 10,
                "highlight_start_offset": 9,
                "start_line": 1,
                "values": []
              },
              "summary": "Unclosed configuration block"
            }
          ],
          "error_count": 3,
          "format_version": "1.0",
          "valid": false,
          "warning_count": 0
        }
        ----- stderr: empty
    "#]].assert_eq(&run(&project, "validate -json").block());
}

#[test]
fn no_configuration() {
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI004]: No configuration files
          The directory "[PROJECT]" has no file that ends in .hcl.
          hint: write main.hcl here, or say where with `-chdir=DIR`
    "#]]
    .assert_eq(&run(&project(), "validate").block());
}

#[test]
fn graph() {
    let project = configured();
    expect![[r#"
        digraph {
          rankdir = "RL";
          node [shape = rect, fontname = "sans-serif"];
          "database_connect.reader[\"app\"]";
          "database_connect.reader[\"legacy\"]";
          "database_connect.writer[\"app\"]";
          "default_privilege.writer[\"app.billing.tables of reader_prod\"]";
          "membership.writer[\"pg_monitor\"]";
          "membership.writer[\"reader_prod\"]";
          "postgres.analytics";
          "postgres.local";
          "role.reader" [style = bold];
          "role.writer" [style = bold];
          "schema_usage.reader[\"app.*\"]";
          "schema_usage.reader[\"legacy.public\"]";
          "schema_usage.writer[\"app.billing\"]";
          "table_grant.reader[\"app.*.*\"]";
          "table_grant.reader[\"legacy.public.*\"]";
          "table_grant.reader[\"legacy.public.one\"]";
          "table_grant.writer[\"app.billing.invoice_*\"]";
          "table_grant.writer[\"app.billing.orders\"]";
          "database_connect.reader[\"app\"]" -> "role.reader";
          "database_connect.reader[\"legacy\"]" -> "role.reader";
          "database_connect.writer[\"app\"]" -> "role.writer";
          "default_privilege.writer[\"app.billing.tables of reader_prod\"]" -> "role.reader";
          "default_privilege.writer[\"app.billing.tables of reader_prod\"]" -> "role.writer";
          "membership.writer[\"pg_monitor\"]" -> "role.writer";
          "membership.writer[\"reader_prod\"]" -> "role.reader";
          "membership.writer[\"reader_prod\"]" -> "role.writer";
          "role.reader" -> "postgres.analytics";
          "role.writer" -> "postgres.analytics";
          "schema_usage.reader[\"app.*\"]" -> "database_connect.reader[\"app\"]";
          "schema_usage.reader[\"legacy.public\"]" -> "database_connect.reader[\"legacy\"]";
          "schema_usage.writer[\"app.billing\"]" -> "database_connect.writer[\"app\"]";
          "table_grant.reader[\"app.*.*\"]" -> "schema_usage.reader[\"app.*\"]";
          "table_grant.reader[\"legacy.public.*\"]" -> "schema_usage.reader[\"legacy.public\"]";
          "table_grant.reader[\"legacy.public.one\"]" -> "schema_usage.reader[\"legacy.public\"]";
          "table_grant.writer[\"app.billing.invoice_*\"]" -> "schema_usage.writer[\"app.billing\"]";
          "table_grant.writer[\"app.billing.orders\"]" -> "schema_usage.writer[\"app.billing\"]";
        }
    "#]]
    .assert_eq(&run(&project, "graph").expect_code(0).stdout);
    let mermaid = run(&project, "graph -format mermaid").expect_code(0).stdout;
    assert!(
        mermaid.starts_with("flowchart RL\n") && mermaid.contains("[\"table_grant.writer[#quot;"),
        "{mermaid}"
    );
    let json = run(&project, "graph -format=json").expect_code(0).stdout;
    assert!(json.contains("\"from\": \"membership.writer[\\\"reader_prod\\\"]\""), "{json}");
}

#[test]
fn inventory() {
    let project = configured();
    expect![[r#"
        exit code: 0
        ----- stdout
        postgres.analytics
          10.0.3.4:5432, database postgres, sslmode verify-full
          admin postgres, password from the command op
          2 roles
        postgres.local
          /run/postgresql:5433, database postgres, sslmode disable
          admin (your account's name), password from the credential store or the password file
          0 roles
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "inventory list").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        [
          {
            "admin": "postgres",
            "database": "postgres",
            "declared_at": "main.hcl:6",
            "host": "10.0.3.4",
            "name": "analytics",
            "password_from": "the command op",
            "port": 5432,
            "roles": 2,
            "sslmode": "verify-full"
          },
          {
            "admin": null,
            "database": "postgres",
            "declared_at": "main.hcl:14",
            "host": "/run/postgresql",
            "name": "local",
            "password_from": "the credential store or the password file",
            "port": 5433,
            "roles": 0,
            "sslmode": "disable"
          }
        ]
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "inventory list -json").block());
}

#[test]
fn what_an_expression_refers_to_is_shown() {
    let project = project();
    project.write("main.hcl", "locals {\n  env = \"prod\"\n  size = local.env * 2\n}\n");
    let human = run(&project, "validate").expect_code(1).stderr;
    assert!(human.contains("   ├────────────────\n   │ local.env is \"prod\"\n   ╰────\n"), "{human}");
    let json = run(&project, "validate -json").expect_code(1).stdout;
    let json: String = json.split_whitespace().collect();
    let values = r#""values":[{"statement":"is\"prod\"","traversal":"local.env"}]"#;
    assert!(json.contains(values), "{json}");
}

#[test]
fn later_values_win() {
    let mut project = configured();
    let name = |project: &TestProject, line: &str| {
        let graph = run(project, &format!("graph -format json {line}")).expect_code(0).stdout;
        let start = graph.find("membership.writer[\\\"reader_").expect("the membership")
            + "membership.writer[\\\"reader_".len();
        graph[start..].split('\\').next().expect("a name").to_owned()
    };
    project.set("ROLEFORM_VAR_env", "environment");
    std::fs::remove_file(project.path("prod.auto.tfvars")).expect("a file");
    assert_eq!(name(&project, ""), "environment");
    project.write("terraform.tfvars", "env = \"terraform\"\n");
    assert_eq!(name(&project, ""), "terraform");
    project.write("terraform.tfvars.json", "{ \"env\": \"json\" }\n");
    assert_eq!(name(&project, ""), "json");
    project.write("roleform.tfvars", "env = \"roleform\"\n");
    assert_eq!(name(&project, ""), "roleform");
    project.write("a.auto.tfvars", "env = \"a\"\n");
    project.write("b.auto.tfvars", "env = \"b\"\n");
    assert_eq!(name(&project, ""), "b");
    project.write("b.auto.tfvars.json", "{ \"env\": \"b_json\" }\n");
    project.write("aa.auto.tfvars.json", "{ \"env\": \"aa_json\" }\n");
    assert_eq!(name(&project, ""), "b_json");
    project.write("named.tfvars", "env = \"named\"\n");
    assert_eq!(name(&project, "-var-file named.tfvars"), "named");
    assert_eq!(name(&project, "-var-file named.tfvars -var env=flag"), "flag");
    assert_eq!(name(&project, "-var env=flag -var-file=named.tfvars"), "named");
}
