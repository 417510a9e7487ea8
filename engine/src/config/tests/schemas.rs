//! `schema` blocks, right and wrong.

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::inputs::Inputs;

fn check_with_server(text: &str, expected: Expect) {
    let text = format!("resource \"postgres\" \"a\" {{\n  host = \"/run\"\n}}\n{text}");
    expected.assert_eq(&outcome(&[("main.hcl", &text)], &Inputs::default()));
}

#[test]
fn owners_of_schemas() {
    check_with_server(
        r#"
role "owner" {
  resource = postgres.a
  name     = "app_owner"
}

schema "billing" {
  resource = postgres.a
  database = "app"
  owner    = role.owner
}

schema "of" {
  for_each = toset(["eu", "us"])
  resource = postgres.a
  database = "shop_${each.key}"
  name     = "public"
  owner    = "pg_database_owner"
}
"#,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.owner on a as "app_owner" Managed
            schema.billing on a is app.billing of app_owner
            schema.of["eu"] on a is shop_eu.public of pg_database_owner
            schema.of["us"] on a is shop_us.public of pg_database_owner
        "#]],
    );
    check_with_server(
        r#"
schema "a" {
  database = "app"
  name     = "pg_catalog"
  owner    = 7
}

schema "b" {
  resource = postgres.a
  schema   = "x"
}
"#,
        expect![[r#"
            CFG004 main.hcl:5:1 `schema "a"` Missing required argument
              The argument "resource" is required, but no definition was found.
            CFG050 main.hcl:7:14 `"pg_catalog"` Reserved name
              The schema "pg_catalog" belongs to PostgreSQL.
            CFG021 main.hcl:8:14 `7` Not a role
              The owner of a schema is a role: role.label, or the name of a role in PostgreSQL.
            CFG004 main.hcl:11:1 `schema "b"` Missing required argument
              The argument "database" is required, but no definition was found.
            CFG004 main.hcl:11:1 `schema "b"` Missing required argument
              The argument "owner" is required, but no definition was found.
            CFG003 main.hcl:13:3 `schema` Unsupported argument
              An argument named "schema" is not expected here.
        "#]],
    );
}

#[test]
fn a_schema_has_no_address_to_be_moved_or_removed_by() {
    check_with_server(
        "removed {\n  from = schema.old\n}\nmoved {\n  from = schema.a\n  to   = schema.b\n}\n",
        expect![[r#"
            CFG008 main.hcl:5:10 `schema.old` Invalid address
              An address is role.label or module.label, with ["key"] for an instance. A schema has no address here: it is known by its name, and keeps its owner when its block goes.
            CFG008 main.hcl:8:10 `schema.a` Invalid address
              An address is role.label or module.label, with ["key"] for an instance. A schema has no address here: it is known by its name, and keeps its owner when its block goes.
            CFG008 main.hcl:9:10 `schema.b` Invalid address
              An address is role.label or module.label, with ["key"] for an instance. A schema has no address here: it is known by its name, and keeps its owner when its block goes.
        "#]],
    );
}
