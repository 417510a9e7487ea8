//! Meta-arguments and blocks about what was there before: conditions, checks, imports,
//! moves, and the words of Terraform that have no meaning here.

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::inputs::{Inputs, MissingValues};

const SERVER: &str = "resource \"postgres\" \"a\" {\n  host = \"/run\"\n}\n";

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&outcome(&[("main.hcl", &format!("{SERVER}{text}"))], &Inputs::default()));
}

#[test]
fn conditions_hold_or_are_told() {
    check(
        r#"
variable "limit" { default = 5 }
role "r" {
  for_each         = toset(["x", "y"])
  resource         = postgres.a
  name             = each.key
  connection_limit = var.limit
  member_of        = ["pg_monitor"]
  lifecycle {
    prevent_destroy = var.limit > 3
    ignore_changes  = all
    precondition {
      condition     = each.key != "y"
      error_message = "not ${each.key}"
    }
    postcondition {
      condition     = self.connection_limit < 5 && contains(self.member_of, "pg_monitor") && self.resource == postgres.a
      error_message = "${self.name} may have ${self.connection_limit} connections."
    }
    postcondition {
      condition     = self.conection_limit
      error_message = "never"
    }
  }
}
output "o" {
  value = 1
  precondition {
    condition     = var.limit == 1
    error_message = sensitive("the limit")
  }
}
check "weather" {
  assert {
    condition     = var.limit == 4
    error_message = "it rains"
  }
  assert {
    condition     = null
    error_message = "x"
  }
  assert { condition = "maybe" }
}
check "empty" {}
"#,
        expect![[r#"
            CFG042 main.hcl:16:23 `each.key != "y"` Resource precondition failed
              not y
            CFG042 main.hcl:20:23 `self.connection_limit < 5 && contains(self.member_of, "pg_monitor") && self.resource == postgres.a` Resource postcondition failed
              x may have 5 connections.
            CFG042 main.hcl:20:23 `self.connection_limit < 5 && contains(self.member_of, "pg_monitor") && self.resource == postgres.a` Resource postcondition failed
              y may have 5 connections.
            CFG012 main.hcl:24:23 `self.conection_limit` Unsupported attribute
              This object does not have an attribute named "conection_limit".
              hint: Did you mean "connection_limit"?
            CFG042 main.hcl:32:21 `var.limit == 1` Module output value precondition failed
              The error message included a sensitive value, so it will not be displayed.
            CFG042 main.hcl:38:21 `var.limit == 4` Check block assertion failed
              it rains
            CFG042 main.hcl:42:21 `null` Invalid condition result
              Condition expression must return either true or false, not null.
            CFG004 main.hcl:45:3 `assert` Missing required argument
              The argument "error_message" is required, but no definition was found.
            CFG042 main.hcl:45:24 `"maybe"` Invalid condition result
              Condition expression must return either true or false.
            CFG004 main.hcl:47:1 `check "empty"` Missing required block
              At least one "assert" block is required in a check.
        "#]],
    );
}

#[test]
fn a_failed_check_is_a_warning() {
    check(
        "role \"r\" { resource = postgres.a }\ncheck \"c\" {\n  assert {\n    condition = role.r.name == \"x\"\n    error_message = \"Not x.\"\n  }\n}\n",
        expect![[r#"
            CFG042 main.hcl:7:17 `role.r.name == "x"` Check block assertion failed
              Not x.
            postgres.a /run:5432/postgres Disable as None password Unset
            role.r on a as "r" Managed
        "#]],
    );
}

#[test]
fn conditions_that_are_not_known_are_not_checked() {
    let text = format!(
        "{SERVER}variable \"v\" {{}}\nrole \"r\" {{\n  resource = postgres.a\n  comment = var.v\n  lifecycle {{\n    postcondition {{\n      condition = self.comment == 1\n      error_message = var.v\n    }}\n  }}\n}}\n"
    );
    let inputs = Inputs { missing: MissingValues::Unknown, ..Inputs::default() };
    expect![[""]].assert_eq(&outcome(&[("main.hcl", &text)], &inputs));
}

#[test]
fn words_of_terraform_without_a_meaning() {
    check(
        r#"
terraform {
  required_version = "1"
}
provider "postgresql" {}
data "x" "y" {}
roleform {
  backend "s3" {}
}
variable "v" {
  ephemeral = true
  default   = 1
}
role "r" {
  resource = postgres.a
  provider = postgres.a
  provisioner "local-exec" {}
  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [postgres.a]
    ignore_changes        = [comment, coment]
  }
}
"#,
        expect![[r#"
            CFG002 main.hcl:5:1 `terraform` Unsupported block type
              Blocks of type "terraform" are not expected here.
              hint: Did you mean "roleform"?
            CFG002 main.hcl:8:1 `provider` Unsupported block type
              "provider" has no meaning in roleform: a server is named by reference: resource = postgres.main.
            CFG002 main.hcl:9:1 `data` Unsupported block type
              "data" has no meaning in roleform: a check looks at what is declared; servers are read by the plan.
            CFG002 main.hcl:11:3 `backend` Unsupported block type
              "backend" has no meaning in roleform: the state is kept in .roleform beside the configuration.
            CFG003 main.hcl:14:3 `ephemeral` Unsupported argument
              "ephemeral" has no meaning in roleform: what is planned must be the same at apply; what must not be shown is sensitive = true.
            CFG003 main.hcl:19:3 `provider` Unsupported argument
              "provider" has no meaning in roleform: a server is named by reference: resource = postgres.main.
            CFG002 main.hcl:20:3 `provisioner` Unsupported block type
              "provisioner" has no meaning in roleform: roleform sends SQL to servers and runs nothing else.
            CFG003 main.hcl:22:5 `create_before_destroy` Unsupported argument
              "create_before_destroy" has no meaning in roleform: a role is known by its name, so that two of one name cannot exist side by side; changing the name renames the role.
            CFG003 main.hcl:23:5 `replace_triggered_by` Unsupported argument
              "replace_triggered_by" has no meaning in roleform: roles are changed in place and never replaced.
            CFG057 main.hcl:24:39 `coment` Invalid value
              Changes of "coment" cannot be ignored; possible are settings, database_settings, valid_until, password, comment, login, inherit, superuser, createdb, createrole, replication, bypassrls, connection_limit, member_of, source_role, grant, scopes. Did you mean "comment"?
        "#]],
    );
}

#[test]
fn imports_removed_and_moved() {
    check(
        r#"
role "plain" { resource = postgres.a }
role "team" {
  for_each = { x = 1, y = 2 }
  resource = postgres.a
  name     = "team_${each.key}"
}
import { to = role.plain }
import {
  for_each = { x = "a/team_x", y = "team_y" }
  to       = role.team[each.key]
  id       = each.value
}
removed {
  from = role.gone
  lifecycle { destroy = false }
}
removed { from = module.gone["x"] }
moved {
  from = role.before
  to   = role.plain
}
moved {
  from = module.old
  to   = module.new["x"]
}
"#,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.plain on a as "plain" Managed
            role.team["x"] on a as "team_x" Managed
            role.team["y"] on a as "team_y" Managed
            removed role.gone destroy false
            removed module.gone["x"] destroy true
            moved role.before to role.plain
            moved module.old to module.new["x"]
            import role.plain
            import role.team["x"]
            import role.team["y"]
        "#]],
    );
}

#[test]
fn imports_removed_and_moved_that_are_wrong() {
    check(
        r#"
role "plain" { resource = postgres.a }
role "team" {
  for_each = { x = 1, y = 2 }
  resource = postgres.a
  name     = "team_${each.key}"
}
import {
  to = role.plain
  id = "b/plain"
}
import { to = role.plain }
import { to = role.plian }
import { to = role.team }
import { to = role.team["z"] }
import { to = module.m.role.x }
import { to = module.m }
import { to = roll.plain }
import {
  for_each = toset([null.x])
  to = role.team[each.key]
}
removed {
  from    = role.team
  destroy = true
  lifecycle { destroy = false }
}
moved {
  from = role.plain
  to   = role.other
}
moved {
  from = role.x
  to   = module.y
}
moved {
  from = role.z
  to   = role.z
}
moved { from = role.z }
moved {
  from = role.u
  to   = role.v
}
moved {
  from = role.v
  to   = role.u
}
moved {
  from = module.m
  to   = module.w
}
moved {
  from = role.k
  to   = role.v
}
moved {
  from = role.k
  to   = role.l
}
"#,
        expect![[r#"
            CFG057 main.hcl:13:8 `"b/plain"` Import of another role
              The import says "b/plain", and role.plain is the role "plain" in PostgreSQL: roles are known by their names.
            CFG005 main.hcl:15:15 `role.plain` Duplicate import
              role.plain is imported twice.
            CFG007 main.hcl:16:15 `role.plian` Import of an undeclared role
              role.plian is to be imported, but the configuration does not declare it.
              hint: Did you mean "plain"?
            CFG007 main.hcl:17:15 `role.team` Import of an undeclared instance
              role.team is to be imported, but it is no instance of its block: an address has the key of for_each or count, like role.team["x"], if the block has one.
            CFG007 main.hcl:18:15 `role.team["z"]` Import of an undeclared instance
              role.team["z"] is to be imported, but it is no instance of its block: an address has the key of for_each or count, like role.team["x"], if the block has one.
            CFG007 main.hcl:19:15 `module.m.role.x` Import of an undeclared role
              module.m.role.x is to be imported, but the configuration does not declare it.
            CFG008 main.hcl:20:15 `module.m` Invalid address
              "to" is the address of a role, not of a module.
            CFG008 main.hcl:21:15 `roll.plain` Invalid address
              An address is role.label or module.label, with ["key"] for an instance. Did you mean "role"?
            CFG020 main.hcl:23:21 `null.x` Attempt to get attribute from null value
              This value is null, so it does not have any attributes.
            CFG005 main.hcl:26:1 `removed` Removed role still exists
              role.team is still declared; a removed block is for a block that is gone.
            CFG005 main.hcl:29:3 `lifecycle` Duplicate argument
              "destroy" stands here both in the removed block and in its lifecycle block.
            CFG005 main.hcl:31:1 `moved` Moved object still exists
              This statement declares a move from role.plain, but that role is still declared at main.hcl:5.

              Change your configuration so that this role will be declared as role.other instead.
            CFG008 main.hcl:35:1 `moved` Invalid address
              role.x cannot become module.y: a role moves to a role, and a module to a module.
            CFG005 main.hcl:39:1 `moved` Redundant move statement
              This statement declares a move from role.z to the same address, which is the same as not declaring this move at all.
            CFG004 main.hcl:43:1 `moved` Missing required argument
              The argument "to" is required, but no definition was found.
            CFG005 main.hcl:44:1 `moved` Cyclic dependency in move statements
              The following chained move statements form a cycle, and so there is no final location to move objects to:
                - main.hcl:44: role.u → role.v
                - main.hcl:48: role.v → role.u

              A chain of move statements must end with an address that doesn't appear in any other statements, and which typically also refers to an object still declared in the configuration.
            CFG005 main.hcl:56:1 `moved` Ambiguous move statements
              A statement at main.hcl:44 declared that role.u moved to role.v, but this statement instead declares that role.k moved there.

              Each role can have moved from only one source role.
            CFG005 main.hcl:60:1 `moved` Ambiguous move statements
              A statement at main.hcl:56 declared that role.k moved to role.v, but this statement instead declares that it moved to role.l.

              Each role can move to only one destination role.
        "#]],
    );
}

#[test]
fn dependencies_of_roles_and_modules() {
    let module = "variable \"server\" {}\nrole \"a\" { resource = var.server }\nrole \"b\" {\n  resource = var.server\n  depends_on = [role.a]\n}\n";
    let root = r#"
role "first" { resource = postgres.a }
role "last" {
  resource   = postgres.a
  depends_on = [module.m, role.first]
}
module "m" {
  source     = "./m"
  server     = postgres.a
  depends_on = [role.first]
}
"#;
    let files = [("main.hcl", &*format!("{SERVER}{root}")), ("m/main.hcl", module)];
    expect![[r#"
        postgres.a /run:5432/postgres Disable as None password Unset
        role.first on a as "first" Managed
        role.last on a as "last" Managed
          depends on module.m
          depends on role.first
        module.m.role.a on a as "a" Managed
          depends on role.first
        module.m.role.b on a as "b" Managed
          depends on module.m.role.a
          depends on role.first
    "#]]
    .assert_eq(&outcome(&files, &Inputs::default()));
}

#[test]
fn dependencies_that_are_wrong() {
    check(
        r#"
role "a" {
  resource   = postgres.a
  depends_on = [role.b]
}
role "b" {
  resource   = postgres.a
  depends_on = [role.a, role.bb, module.m, postgres.a, "role.a"]
}
role "c" {
  resource   = postgres.a
  depends_on = role.a
}
"#,
        expect![[r#"
            CFG009 main.hcl:7:17 `role.b` Cycle
              Each of these roles waits for the next:
                role.a depends on role.b  (main.hcl:7)
                role.b depends on role.a  (main.hcl:11)
            CFG007 main.hcl:11:25 `role.bb` Dependency on something undeclared
              role.bb is to be complete before, but the configuration does not declare it.
              hint: Did you mean "b"?
            CFG007 main.hcl:11:34 `module.m` Dependency on something undeclared
              module.m is to be complete before, but the configuration does not declare it.
            CFG008 main.hcl:11:44 `postgres.a` Invalid address
              An address is role.label or module.label, with ["key"] for an instance.
            CFG008 main.hcl:11:56 `"role.a"` Invalid address
              An address is role.label or module.label, with ["key"] for an instance.
            CFG021 main.hcl:15:16 `role.a` Incorrect attribute value type
              "depends_on" is a list of roles and modules: depends_on = [role.x, module.y].
        "#]],
    );
}
