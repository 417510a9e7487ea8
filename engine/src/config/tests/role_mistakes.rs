//! Wrong roles, grants and servers, and what is said about them.

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::inputs::Inputs;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&outcome(&[("main.hcl", text)], &Inputs::default()));
}

/// The body of a role on a server.
fn check_role(body: &str, expected: Expect) {
    let text = format!(
        "resource \"postgres\" \"a\" {{\n  host = \"h\"\n}}\nrole \"r\" {{\n  resource = postgres.a\n{body}\n}}\n"
    );
    check(&text, expected);
}

#[test]
fn scopes_and_privileges() {
    check_role(
        "  scopes     = [\"a.b.c.d\", \"a.*\", \"\", 5]\n  privileges = [\"SELEKT\", \"EXECUTE\", \"select\"]",
        expect![[r#"
            CFG051 main.hcl:6:17 `"a.b.c.d"` Invalid scope
              "a.b.c.d" is no scope: it has 4 parts. A scope is "database", "database.schema" or "database.schema.table".
            CFG051 main.hcl:6:28 `"a.*"` Invalid scope
              "a.*" is no scope: scopes are exact names; patterns stand in `tables` of a grant block. A scope is "database", "database.schema" or "database.schema.table".
            CFG051 main.hcl:6:35 `""` Invalid scope
              "" is no scope: a part of it is empty. A scope is "database", "database.schema" or "database.schema.table".
            CFG052 main.hcl:7:17 `"SELEKT"` Unknown privilege
              There is no privilege "SELEKT" in PostgreSQL.
              hint: Did you mean "SELECT"?
            CFG053 main.hcl:7:27 `"EXECUTE"` Privilege does not exist for this kind of object
              EXECUTE does not exist for a table; it has SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN.
        "#]],
    );
    check_role(
        "  scopes = [\"a\"]",
        expect![[r#"
        CFG004 main.hcl:4:1 `role "r"` Missing required argument
          The argument "privileges" is required, but no definition was found.
    "#]],
    );
    check_role(
        "  privileges = [\"SELECT\"]",
        expect![[r#"
        CFG004 main.hcl:4:1 `role "r"` Missing required argument
          The argument "scopes" is required, but no definition was found.
    "#]],
    );
    check_role(
        "  scopes = \"a\"\n  privileges = [\"ALL\", \"SELECT\"]",
        expect![[r#"
        CFG021 main.hcl:6:12 `"a"` Incorrect attribute value type
          Inappropriate value for attribute "scopes": a list is required, in square brackets.
        CFG052 main.hcl:7:24 `"SELECT"` Privilege beside ALL
          "ALL" already contains every other privilege; write it alone.
    "#]],
    );
}

#[test]
fn grants() {
    check_role(
        r#"
  grant {
    database   = "a"
    tables     = ["t"]
    functions  = ["f"]
    privileges = ["SELECT"]
  }
  grant {
    database   = "a"
    tables     = ["t"]
    privileges = ["SELECT"]
  }
  grant {
    database   = "a"
    schemas    = ["s"]
    columns    = ["c"]
    privileges = ["USAGE"]
  }
  grant {
    database    = "a"
    tablespaces = ["s"]
    privileges  = ["CREATE"]
  }
  grant {
    database   = "a"
    schemas    = ["s*", "*"]
    except     = ["x"]
    privileges = ["USAGE"]
  }
  grant {
    database   = "a"
    schemas    = ["s"]
    tables     = [""]
    sequences  = "no"
    privileges = ["SELECT", "USAGE"]
    future {}
  }
  grant {
    schemas    = ["s*", "t"]
    privilege  = ["USAGE"]
    future { creators = [postgres.a] }
  }
"#,
        expect![[r#"
            CFG056 main.hcl:7:3 `grant` Several selectors in one grant
              This grant has both "tables" and "functions"; write a grant block for each.
            CFG056 main.hcl:13:3 `grant` Selector without schemas
              "tables" needs "schemas" to say in which schemas; ["*"] is every schema of the database.
            CFG056 main.hcl:18:3 `grant` Columns without tables
              "columns" needs "tables" to say whose columns.
            CFG056 main.hcl:25:19 `"a"` Database of a shared object
              "tablespaces" belong to the server as a whole; leave "database" out.
            CFG056 main.hcl:29:3 `grant` Exception without a selector
              "except" takes names away from a selector with names, such as "tables", and there is none.
            CFG056 main.hcl:38:19 `""` Empty pattern
              An element of "tables" is empty. Elements are names, or patterns with * and ?.
            CFG057 main.hcl:39:18 `"no"` Invalid value
              As a text, "sequences" is "none" or "implied" (whether INSERT and UPDATE bring USAGE on the sequences behind columns); as a list it names sequences.
            CFG053 main.hcl:40:29 `"USAGE"` Privilege does not exist for this kind of object
              USAGE does not exist for a table; it has SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN.
            CFG004 main.hcl:41:5 `future` Missing required argument
              The argument "creators" is required, but no definition was found.
            CFG004 main.hcl:43:3 `grant` Missing required argument
              The argument "database" is required, but no definition was found.
            CFG004 main.hcl:43:3 `grant` Missing required argument
              The argument "privileges" is required, but no definition was found.
            CFG056 main.hcl:44:19 `"s*"` Pattern for a schema
              Schemas are named exactly; only "*" alone means every schema.
            CFG003 main.hcl:45:5 `privilege` Unsupported argument
              An argument named "privilege" is not expected here.
              hint: Did you mean "privileges"?
            CFG056 main.hcl:46:5 `future` No default privileges for this kind
              Default privileges on schemas are about all that are to come in the database: select ["*"], or [] for those to come alone.
            CFG021 main.hcl:46:26 `postgres.a` Not a role
              A creator is a role: role.label, or the name of a role in PostgreSQL.
        "#]],
    );
}

#[test]
fn roles() {
    check_role(
        "  type = \"external\"\n  scopes = [\"a\"]\n  member_of = []\n  grant {}",
        expect![[r#"
            CFG004 main.hcl:4:1 `role "r"` Missing required argument
              The argument "source_role" is required, but no definition was found.
            CFG054 main.hcl:7:12 `["a"]` External role with grants
              A role with type = "external" has its access from "source_role"; "scopes" has no meaning for it.
            CFG054 main.hcl:8:15 `[]` External role with grants
              A role with type = "external" has its access from "source_role"; "member_of" has no meaning for it.
            CFG054 main.hcl:9:3 `grant` External role with grants
              A role with type = "external" has its access from "source_role"; it cannot have grant blocks.
        "#]],
    );
    check_role(
        "  type = \"externl\"\n  source_role = \"x\"",
        expect![[r#"
            CFG057 main.hcl:6:10 `"externl"` Invalid value
              The type of a role is "managed" or "external". Did you mean "external"?
        "#]],
    );
    check_role(
        "  name = \"pg_x\"",
        expect![[r#"
        PLN002 main.hcl:6:10 `"pg_x"` Role name is reserved
          "pg_x" cannot be managed: PostgreSQL keeps this name for itself.
    "#]],
    );
    check_role(
        "  name = \"\"",
        expect![[r#"
        CFG050 main.hcl:6:10 `""` Invalid name
          "" is no name of a role: a name must not be empty.
    "#]],
    );
    check_role(
        "  name = sensitive(\"x\")\n  comment = env(\"STAGE\")",
        expect![[r#"
            CFG022 main.hcl:6:10 `sensitive("x")` Sensitive value not allowed
              The name of a role stands in plans and in the state, so it must not be sensitive.
            CFG022 main.hcl:7:13 `env("STAGE")` Sensitive value not allowed
              The value of "comment" stands in plans and in the state, so it must not be sensitive.
        "#]],
    );
    check_role(
        "  member_of = [postgres.a, 5, null, { admin = true }, { rol = \"x\" }, { role = \"x\", admin = 3 }]",
        expect![[r#"
            CFG021 main.hcl:6:16 `postgres.a` Not a role
              postgres.a is a resource; a role is needed here.
            CFG021 main.hcl:6:28 `5` Not a role
              A role is needed here, as role.label or as the name of a role in PostgreSQL, and this is a value of type number.
            CFG021 main.hcl:6:31 `null` Not a role
              A role is needed here, as role.label or as the name of a role in PostgreSQL, and this is a value of type dynamic.
            CFG004 main.hcl:6:37 `{ admin = true }` Missing option of a membership
              A membership with options needs "role": { role = role.x, admin = true }.
            CFG003 main.hcl:6:55 `{ rol = "x" }` Unsupported option of a membership
              A membership has no option "rol"; it has role, admin, inherit, set and granted_by. Did you mean "role"?
            CFG021 main.hcl:6:70 `{ role = "x", admin = 3 }` Incorrect option of a membership
              The option "admin" of a membership must be true or false.
        "#]],
    );
    check_role(
        "  password = \"hunter2\"",
        expect![[r#"
            CFG057 main.hcl:6:14 `"hunter2"` Invalid value
              The password of a role is generated at apply and never written down: "password" is "none", "unmanaged" or "generated", or a block with "rotate_after".
        "#]],
    );
    check_role(
        "  password = \"none\"\n  password { rotate_after = \"soon\" }",
        expect![[r#"
        CFG005 main.hcl:7:3 `password` Duplicate password
          "password" stands here both as an argument and as a block.
        CFG057 main.hcl:7:29 `"soon"` Invalid value
          The value of "rotate_after" must be a duration such as "90d", "12h" or "1d12h".
    "#]],
    );
    check_role(
        "  connection_limit = -2\n  valid_until = \"tomorrow\"\n  login = \"maybe\"\n  settings = { \"a b\" = 1 }",
        expect![[r#"
            CFG057 main.hcl:6:22 `-2` Invalid value
              The value of "connection_limit" must be a whole number from -1 to 2147483647.
            CFG057 main.hcl:7:17 `"tomorrow"` Invalid value
              The value of "valid_until" must be a time such as "2027-01-01T00:00:00Z", a date, "infinity" or "-infinity".
            CFG021 main.hcl:8:11 `"maybe"` Incorrect attribute value type
              Inappropriate value for attribute "login": a bool is required.
            CFG050 main.hcl:9:14 `{ "a b" = 1 }` Invalid name
              "a b" is no name of a parameter of PostgreSQL.
        "#]],
    );
    check_role(
        "  lifecycle {\n    ignore_changes = [coment, 5]\n    prevent_destroy = 3\n    on_destroy {\n      reassign_owned_to = postgres.a\n      drop_owned = true\n    }\n  }",
        expect![[r#"
            CFG057 main.hcl:7:23 `coment` Invalid value
              Changes of "coment" cannot be ignored; possible are settings, database_settings, valid_until, password, comment, login, inherit, superuser, createdb, createrole, replication, bypassrls, connection_limit, member_of, source_role, grant, scopes. Did you mean "comment"?
            CFG057 main.hcl:7:31 `5` Invalid value
              Changes of "" cannot be ignored; possible are settings, database_settings, valid_until, password, comment, login, inherit, superuser, createdb, createrole, replication, bypassrls, connection_limit, member_of, source_role, grant, scopes.
            CFG021 main.hcl:8:23 `3` Incorrect attribute value type
              Inappropriate value for attribute "prevent_destroy": bool required.
            CFG021 main.hcl:10:27 `postgres.a` Not a role
              "reassign_owned_to" is a role: role.label, or the name of a role in PostgreSQL.
            CFG056 main.hcl:10:27 `postgres.a` Two fates for owned objects
              What a role owns is either reassigned or dropped; write one of "reassign_owned_to" and "drop_owned".
        "#]],
    );
    check(
        "role \"r\" {}",
        expect![[r#"
        CFG004 main.hcl:1:1 `role "r"` Missing required argument
          The argument "resource" is required, but no definition was found.
    "#]],
    );
    check(
        "role \"r\" { resource = \"a\" }",
        expect![[r#"
        CFG021 main.hcl:1:23 `"a"` Not a resource
          A resource is named by reference: resource = postgres.label.
    "#]],
    );
}

#[test]
fn repetition() {
    check_role(
        "  for_each = [\"a\"]",
        expect![[r#"
        CFG040 main.hcl:6:14 `["a"]` Invalid for_each argument
          The given "for_each" argument value is unsuitable: the "for_each" argument must be a map, or set of strings, and you have provided a value of type tuple.
    "#]],
    );
    check_role(
        "  for_each = toset([\"a\", \"b\"])",
        expect![[r#"
        CFG055 main.hcl:4:1 `role "r"` Two blocks for one role
          role.r["b"] and role.r["a"] are both the role "r" on postgres.a. The other block is at main.hcl:4.
          hint: Give each instance a name of its own, like name = "x_${each.key}".
    "#]],
    );
    check_role(
        "  for_each = sensitive(toset([\"a\"]))",
        expect![[r#"
        CFG022 main.hcl:6:14 `sensitive(toset(["a"]))` Invalid for_each argument
          Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If used, the sensitive value could be exposed as a resource instance key.
    "#]],
    );
    check_role(
        "  count = -1",
        expect![[r#"
        CFG041 main.hcl:6:11 `-1` Invalid count argument
          The given "count" argument value is unsuitable: must be a whole number from 0 to 1000000.
    "#]],
    );
    check_role(
        "  count = 1\n  for_each = {}",
        expect![[r#"
        CFG041 main.hcl:6:11 `1` Invalid combination of "count" and "for_each"
          The "count" and "for_each" meta-arguments are mutually-exclusive, only one should be used.
    "#]],
    );
    check_role(
        "  name = each.key",
        expect![[r#"
            CFG008 main.hcl:6:10 `each.key` Reference to "each" in context without for_each
              The "each" object can be used only in "resource", "module", "role" and "import" blocks, and only when the "for_each" argument is set.
        "#]],
    );
    check_role(
        "  for_each = {a = 1}\n  comment = count.index",
        expect![[r#"
            CFG008 main.hcl:7:13 `count.index` Reference to "count" in non-counted context
              The "count" object can only be used in "resource", "module" and "role" blocks, and only when the "count" argument is set.
        "#]],
    );
}

#[test]
fn servers() {
    check(
        "resource \"postgres\" \"a\" {\n  port = 0\n  sslmode = \"verify\"\n  admin {\n    username = \"x\"\n    password = \"geheim\"\n    pasword = 1\n  }\n}\nresource \"postgres\" \"b\" {\n  host = \"postgres://h\"\n  admin { password = command(\"op\") }\n}\nresource \"postgres\" \"a\" {}\n",
        expect![[r#"
            CFG004 main.hcl:1:1 `resource "postgres" "a"` Missing required argument
              The argument "host" is required, but no definition was found.
            CFG057 main.hcl:2:10 `0` Invalid value
              The value of "port" must be a whole number from 1 to 65535.
            CFG057 main.hcl:3:13 `"verify"` Invalid value
              The value of "sslmode" must be one of disable, prefer, require, verify-ca, verify-full.
            CFG003 main.hcl:7:5 `pasword` Unsupported argument
              An argument named "pasword" is not expected here.
              hint: Did you mean "password"?
            CFG057 main.hcl:11:10 `"postgres://h"` Invalid value
              The value of "host" is no host: it must be a name or address alone, without scheme, user or password. It is a name, an address, or the absolute path of a socket directory.
            CFG019 main.hcl:12:22 `command("op")` Invalid function argument
              The argument of "command" must be a list of strings: the program, then its arguments. It is run without a shell.
            CFG005 main.hcl:14:1 `resource "postgres" "a"` Duplicate declaration
              A resource named "a" was already declared at main.hcl:1. Names are shared by all files.
            CFG058 nowhere Password in the configuration
              The password is written into the configuration at main.hcl:6, where everyone who reads it can see it.
              hint: Use env("NAME"), file("path") or command(["program", "argument"]), or leave it out and run `roleform admin set`.
        "#]],
    );
    check(
        "resource \"postgres\" \"a\" {\n  host = \"h\"\n  admin {\n    username = \"boss\"\n  }\n}\nrole \"x\" {\n  resource = postgres.a\n  name = \"boss\"\n}\nrole \"y\" {\n  resource = postgres.a\n  name = \"boss\"\n  type = \"external\"\n  source_role = \"z\"\n}\n",
        expect![[r#"
            PLN003 main.hcl:7:1 `role "x"` The administrator cannot be managed
              "boss" is the administrator that roleform logs in as on postgres.a; it cannot manage itself.
            CFG055 main.hcl:11:1 `role "y"` Two blocks for one role
              role.y and role.x are both the role "boss" on postgres.a. The other block is at main.hcl:7.
        "#]],
    );
}
