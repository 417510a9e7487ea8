//! Right configurations and what they declare.

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::inputs::Inputs;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&outcome(&[("main.hcl", text)], &Inputs::default()));
}

const SERVER: &str = "resource \"postgres\" \"a\" {\n  host = \"/run\"\n}\n";

fn check_with_server(text: &str, expected: Expect) {
    check(&format!("{SERVER}{text}"), expected);
}

#[test]
fn the_example_of_the_design() {
    check(
        r#"
roleform {
  required_version = ">= 0.1"
  credentials { recipients = ["age1xyz", "ssh-ed25519 AAAA ana@laptop"] }
}

variable "env" {
  type    = string
  default = "prod"
  validation {
    condition     = contains(["prod", "stage"], var.env)
    error_message = "env is prod or stage."
  }
}

locals { readers = toset(["billing", "support"]) }

resource "postgres" "analytics" {
  host     = "10.0.3.4"
  port     = 5432
  database = "postgres"
  sslmode  = "verify-full"
  admin {
    username = "postgres"
    password = env("ANALYTICS_ADMIN_PASSWORD")
  }
}
resource "postgres" "marketplace" {
  host = "localhost"
  admin { password = command(["op", "read", "op://x"]) }
}

role "analytics_ro" {
  resource   = postgres.analytics
  scopes     = ["analytics.public", "legacy", "app"]
  privileges = ["SELECT"]
}

role "billing_rw" {
  resource = postgres.analytics
  name     = "billing_rw_${var.env}"
  grant {
    database   = "app"
    schemas    = ["billing"]
    tables     = ["orders", "invoice_*"]
    except     = ["invoice_secret*"]
    privileges = ["SELECT", "INSERT", "UPDATE"]
    future { creators = ["app_owner"] }
  }
  grant {
    database   = "app"
    schemas    = ["billing"]
    functions  = ["close_month(date)", "report_*"]
    privileges = ["EXECUTE"]
  }
  member_of  = [role.analytics_ro, "pg_monitor"]
  settings   = { statement_timeout = "30s", search_path = "billing, public" }
  valid_until = "2027-01-01T00:00:00Z"
  password { rotate_after = "90d" }
  lifecycle {
    prevent_destroy = true
    on_destroy { reassign_owned_to = "app_owner" }
  }
}

role "marketplace_ro" {
  resource    = postgres.marketplace
  type        = "external"
  source_role = "pg_read_all_data"
}

role "team" {
  for_each   = local.readers
  name       = "${each.key}_ro"
  resource   = postgres.analytics
  scopes     = ["app.${each.key}"]
  privileges = ["SELECT"]
}

removed {
  from    = role.old
  destroy = false
}
import { to = role.team["billing"] }
output "reader" { value = role.analytics_ro.name }
"#,
        expect![[r#"
            postgres.analytics 10.0.3.4:5432/postgres VerifyFull as Some("postgres") password Environment("ANALYTICS_ADMIN_PASSWORD")
            postgres.marketplace localhost:5432/postgres Prefer as None password Command(["op", "read", "op://x"])
            role.analytics_ro on analytics as "analytics_ro" Managed
              grant SELECT in analytics on InSchemas { kind: Table, schemas: These({"public"}), names: Patterns { include: {"*"}, except: {} } }
              grant SELECT in legacy on InSchemas { kind: Table, schemas: All, names: Patterns { include: {"*"}, except: {} } }
              grant SELECT in app on InSchemas { kind: Table, schemas: All, names: Patterns { include: {"*"}, except: {} } }
            role.billing_rw on analytics as "billing_rw_prod" Managed
              on_destroy Reassign("app_owner")
              password Generated { rotate_after_seconds: Some(7776000) }
              prevent_destroy true
              settings {(None, "search_path"): "billing, public", (None, "statement_timeout"): "30s"}
              valid_until 2027-01-01T00:00:00Z
              in "analytics_ro" (role.analytics_ro) admin false inherit None set true
              in "pg_monitor" admin false inherit None set true
              grant SELECT, INSERT, UPDATE in app on InSchemas { kind: Table, schemas: These({"billing"}), names: Patterns { include: {"invoice_*", "orders"}, except: {"invoice_secret*"} } } future of ["app_owner"]
              grant EXECUTE in app on InSchemas { kind: Routine, schemas: These({"billing"}), names: Patterns { include: {"close_month(date)", "report_*"}, except: {} } }
            role.marketplace_ro on marketplace as "marketplace_ro" External
              in "pg_read_all_data" admin false inherit None set true
            role.team["billing"] on analytics as "billing_ro" Managed
              grant SELECT in app on InSchemas { kind: Table, schemas: These({"billing"}), names: Patterns { include: {"*"}, except: {} } }
            role.team["support"] on analytics as "support_ro" Managed
              grant SELECT in app on InSchemas { kind: Table, schemas: These({"support"}), names: Patterns { include: {"*"}, except: {} } }
            removed role.old destroy false
            import role.team["billing"]
            output reader = "analytics_ro"
        "#]],
    );
}

#[test]
fn every_selector() {
    check_with_server(
        r#"
role "r" {
  resource = postgres.a
  grant {
    database   = "app"
    privileges = ["CONNECT", "temp"]
  }
  grant {
    database   = "app"
    schemas    = ["*"]
    privileges = ["USAGE"]
  }
  grant {
    database     = "app"
    schemas      = ["s"]
    tables       = ["t"]
    columns      = ["c", "d"]
    privileges   = ["SELECT"]
    grant_option = true
  }
  grant {
    database   = "app"
    schemas    = ["s"]
    tables     = ["*"]
    privileges = ["ALL"]
    sequences  = "none"
  }
  grant {
    database   = "app"
    schemas    = ["s"]
    sequences  = ["*_seq"]
    privileges = ["USAGE"]
  }
  grant {
    database   = "app"
    types      = ["money"]
    schemas    = ["s"]
    privileges = ["USAGE"]
  }
  grant {
    database   = "app"
    languages  = ["plperl"]
    privileges = ["USAGE"]
  }
  grant {
    database      = "app"
    large_objects = [16400, "16401"]
    privileges    = []
  }
  grant {
    parameters = ["log_*"]
    privileges = ["SET", "ALTER SYSTEM"]
  }
}
public "app" {
  resource   = postgres.a
  scopes     = ["app.billing"]
  privileges = []
}
"#,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.r on a as "r" Managed
              grant CONNECT, TEMPORARY in app on Database
              grant USAGE in app on Schemas(All)
              grant SELECT in app on Columns { schemas: These({"s"}), tables: Patterns { include: {"t"}, except: {} }, columns: {"c", "d"} } with grant option
              grant ALL in app on InSchemas { kind: Table, schemas: These({"s"}), names: Patterns { include: {"*"}, except: {} } } without sequences
              grant USAGE in app on InSchemas { kind: Sequence, schemas: These({"s"}), names: Patterns { include: {"*_seq"}, except: {} } }
              grant USAGE in app on InSchemas { kind: Type, schemas: These({"s"}), names: Patterns { include: {"money"}, except: {} } }
              grant USAGE in app on Named { kind: Language, names: Patterns { include: {"plperl"}, except: {} } }
              grant  in app on LargeObjects(These({16400, 16401}))
              grant SET, ALTER SYSTEM in the server on Named { kind: Parameter, names: Patterns { include: {"log_*"}, except: {} } }
            public app on a
              grant  in app on InSchemas { kind: Table, schemas: These({"billing"}), names: Patterns { include: {"*"}, except: {} } }
              grant  in app on Schemas(These({"billing"}))
              grant  in app on InSchemas { kind: Sequence, schemas: These({"billing"}), names: Patterns { include: {"*"}, except: {} } }
              grant  in app on InSchemas { kind: Routine, schemas: These({"billing"}), names: Patterns { include: {"*"}, except: {} } }
              grant  in app on InSchemas { kind: Type, schemas: These({"billing"}), names: Patterns { include: {"*"}, except: {} } }
        "#]],
    );
}

#[test]
fn instances_and_references_between_roles() {
    check_with_server(
        r#"
role "parent" {
  resource = postgres.a
  name     = "p_${local.suffix}"
}
role "counted" {
  count    = 2
  resource = postgres.a
  name     = "c${count.index}"
  member_of = [role.parent, { role = role.team["x"], admin = true, inherit = false }]
}
role "team" {
  for_each = { x = "one", y = "two" }
  resource = postgres.a
  name     = "${each.key}_${each.value}"
  comment  = "child of ${role.parent.name}"
  member_of = each.key == "x" ? [] : values(role.team)
}
role "all" {
  resource  = postgres.a
  member_of = concat(values(role.team), role.counted, ["pg_monitor"])
}
locals {
  suffix = "v${local.version}"
  version = 2
  names   = [for r in role.team : r.name]
}
output "names" { value = local.names }
output "secret" {
  value     = env("STAGE")
  sensitive = true
}
"#,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.all on a as "all" Managed
              in "x_one" (role.team["x"]) admin false inherit None set true
              in "y_two" (role.team["y"]) admin false inherit None set true
              in "c0" (role.counted[0]) admin false inherit None set true
              in "c1" (role.counted[1]) admin false inherit None set true
              in "pg_monitor" admin false inherit None set true
            role.counted[0] on a as "c0" Managed
              in "p_v2" (role.parent) admin false inherit None set true
              in "x_one" (role.team["x"]) admin true inherit Some(false) set true
            role.counted[1] on a as "c1" Managed
              in "p_v2" (role.parent) admin false inherit None set true
              in "x_one" (role.team["x"]) admin true inherit Some(false) set true
            role.parent on a as "p_v2" Managed
            role.team["x"] on a as "x_one" Managed
              comment child of p_v2
            role.team["y"] on a as "y_two" Managed
              comment child of p_v2
              in "x_one" (role.team["x"]) admin false inherit None set true
              in "y_two" (role.team["y"]) admin false inherit None set true
            output names = ["x_one","y_two"]
            output secret = (sensitive)
        "#]],
    );
}

#[test]
fn attributes_settings_and_fates() {
    check_with_server(
        r#"
role "r" {
  resource         = postgres.a
  login            = false
  createdb         = "true"
  connection_limit = 5
  password         = "none"
  comment          = <<-EOT
    two
    lines
    EOT
  settings          = { Work_Mem = "4MB" }
  database_settings = { app = { search_path = "s" } }
  valid_until       = "2027-01-01"
  adopt             = true
  lifecycle {
    ignore_changes = [comment, "settings"]
    on_destroy { drop_owned = true }
  }
}
"#,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.r on a as "r" Managed
              Attributes { login: false, inherit: true, superuser: false, createdb: true, createrole: false, replication: false, bypassrls: false, connection_limit: 5 }
              adopt true
              comment two
            lines

              ignore_changes {Comment, Settings}
              on_destroy Drop
              password None
              settings {(None, "work_mem"): "4MB", (Some("app"), "search_path"): "s"}
              valid_until 2027-01-01T00:00:00Z
        "#]],
    );
}

#[test]
fn odd_bytes_are_fine() {
    check("\u{feff}# comment\r\n/* more */ locals {\r\n  x = 1 // end\r\n}\r\n", expect![""]);
    check("", expect![[""]]);
    check(
        "resource postgres a {\n host = \"h\"\n}\nrole \"r\" {\n resource = postgres.a\n name = \"cafe\\u0301\"\n}",
        expect![[r#"
            postgres.a h:5432/postgres VerifyFull as None password Unset
            role.r on a as "café" Managed
        "#]],
    );
}

#[test]
fn what_is_implied_and_who_grants() {
    check_with_server(
        r#"
role "exact" {
  resource   = postgres.a
  implied    = false
  password   = "unmanaged"
  valid_until = "-infinity"
  scopes     = ["app.s.\"a*\""]
  privileges = ["SELECT"]
  member_of  = [{ role = "pg_monitor", granted_by = "boss" }]
  grant {
    database   = "app"
    schemas    = ["s"]
    tables     = ["\\?"]
    privileges = ["INSERT"]
    granted_by = role.boss
  }
  grant {
    database   = "app"
    schemas    = ["s"]
    tables     = ["t"]
    privileges = ["INSERT"]
    implied    = true
    sequences  = "none"
  }
}
role "boss" {
  resource = postgres.a
}
"#,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.boss on a as "boss" Managed
            role.exact on a as "exact" Managed
              password Unmanaged
              valid_until -infinity
              in "pg_monitor" admin false inherit None set true granted by "boss"
              grant SELECT in app on InSchemas { kind: Table, schemas: These({"s"}), names: Patterns { include: {"a\\*"}, except: {} } } without what is implied
              grant INSERT in app on InSchemas { kind: Table, schemas: These({"s"}), names: Patterns { include: {"\\?"}, except: {} } } without what is implied granted by "boss"
              grant INSERT in app on InSchemas { kind: Table, schemas: These({"s"}), names: Patterns { include: {"t"}, except: {} } } without sequences
        "#]],
    );
}
