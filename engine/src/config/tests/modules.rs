//! Modules: calls, inputs, outputs, instances.

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::inputs::{Inputs, MissingValues};

pub(super) fn check(files: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&outcome(files, &Inputs::default()));
}

const SERVER: &str = "resource \"postgres\" \"a\" {\n  host = \"/run\"\n}\n";

/// The root has the server `a`; the module in `./m` is one file.
pub(super) fn check_one(root: &str, module: &str, expected: Expect) {
    check(&[("main.hcl", &format!("{SERVER}{root}")), ("m/main.hcl", module)], expected);
}

pub(super) const TEAM: &str = r#"
variable "server" { type = postgres }
variable "name" { type = string }
variable "options" {
  type    = object({ login = optional(bool, false), comment = optional(string) })
  default = {}
}
locals { full = "${var.name}_ro" }
role "reader" {
  resource = var.server
  name     = local.full
  login    = var.options.login
  comment  = "${path.module} of ${path.root}"
}
output "reader" { value = role.reader }
output "name" { value = role.reader.name }
"#;

#[test]
fn inputs_outputs_and_addresses() {
    check_one(
        r#"
module "crm" {
  source  = "./m"
  server  = postgres.a
  name    = "crm"
  options = { login = "true" }
}
role "boss" {
  resource  = postgres.a
  member_of = [module.crm.reader]
  comment   = module.crm.name
}
output "all" { value = module.crm.name }
"#,
        TEAM,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.boss on a as "boss" Managed
              comment crm_ro
              in "crm_ro" (module.crm.role.reader) admin false inherit None set true
            module.crm.role.reader on a as "crm_ro" Managed
              comment m of .
            output all = "crm_ro"
        "#]],
    );
}

#[test]
fn instances_by_key_and_by_number() {
    check_one(
        r#"
module "team" {
  for_each = toset(["eu", "us"])
  source   = "./m"
  server   = postgres.a
  name     = each.key
}
module "old" {
  count  = 2
  source = "./m"
  server = postgres.a
  name   = "old${count.index}"
}
module "none" {
  count  = 0
  source = "./m"
  server = postgres.a
  name   = null.nothing
}
role "boss" {
  resource  = postgres.a
  member_of = concat([module.team["eu"].reader], module.old[*].reader, [for t in module.team : t.reader])
}
output "none" { value = module.none }
output "names" { value = { for key, team in module.team : key => team.name } }
"#,
        TEAM,
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            role.boss on a as "boss" Managed
              in "eu_ro" (module.team["eu"].role.reader) admin false inherit None set true
              in "old0_ro" (module.old[0].role.reader) admin false inherit None set true
              in "old1_ro" (module.old[1].role.reader) admin false inherit None set true
              in "eu_ro" (module.team["eu"].role.reader) admin false inherit None set true
              in "us_ro" (module.team["us"].role.reader) admin false inherit None set true
            module.old[0].role.reader on a as "old0_ro" Managed
              Attributes { login: false, inherit: true, superuser: false, createdb: false, createrole: false, replication: false, bypassrls: false, connection_limit: -1 }
              comment m of .
            module.old[1].role.reader on a as "old1_ro" Managed
              Attributes { login: false, inherit: true, superuser: false, createdb: false, createrole: false, replication: false, bypassrls: false, connection_limit: -1 }
              comment m of .
            module.team["eu"].role.reader on a as "eu_ro" Managed
              Attributes { login: false, inherit: true, superuser: false, createdb: false, createrole: false, replication: false, bypassrls: false, connection_limit: -1 }
              comment m of .
            module.team["us"].role.reader on a as "us_ro" Managed
              Attributes { login: false, inherit: true, superuser: false, createdb: false, createrole: false, replication: false, bypassrls: false, connection_limit: -1 }
              comment m of .
            output names = {"eu":"eu_ro","us":"us_ro"}
            output none = []
        "#]],
    );
}

#[test]
fn modules_use_each_other_value_by_value() {
    // No value needs itself, although each module needs the other.
    check(
        &[
            (
                "main.hcl",
                r#"
module "a" {
  source = "./a"
  first  = "1"
  third  = module.b.second
}
module "b" {
  source = "./b"
  first  = module.a.first
}
output "all" { value = module.a.all }
"#,
            ),
            (
                "a/main.hcl",
                "variable \"first\" {}\nvariable \"third\" {}\noutput \"first\" { value = var.first }\noutput \"all\" { value = \"${var.first} ${var.third}\" }\n",
            ),
            ("b/main.hcl", "variable \"first\" {}\noutput \"second\" { value = \"${var.first}, then\" }\n"),
        ],
        expect![[r#"
            output all = "1 1, then"
        "#]],
    );
    check(
        &[
            (
                "main.hcl",
                "module \"a\" {\n  source = \"./m\"\n  in = module.b.out\n}\nmodule \"b\" {\n  source = \"./m\"\n  in = module.a.out\n}\n",
            ),
            ("m/main.hcl", "variable \"in\" {}\noutput \"out\" { value = var.in }\n"),
        ],
        expect![[r#"
            CFG009 main.hcl:3:8 `module.b` Cycle
              These values depend on each other, so none of them can be known first: module.a.var.in refers to module.b.out (main.hcl:3), module.b.out refers to module.b.output.out (main.hcl:3), module.b.output.out refers to module.b.var.in (m/main.hcl:2), module.b.var.in refers to module.a.out (main.hcl:7), module.a.out refers to module.a.output.out (main.hcl:7), module.a.output.out refers to module.a.var.in (m/main.hcl:2).
        "#]],
    );
}

#[test]
fn nested_modules_and_the_way_to_a_mistake() {
    check(
        &[
            (
                "main.hcl",
                &format!(
                    "{SERVER}module \"outer\" {{\n  for_each = {{ x = 1, y = 2 }}\n  source = \"./outer\"\n  server = postgres.a\n  name = each.key\n}}\n"
                ),
            ),
            (
                "outer/main.hcl",
                "variable \"server\" {}\nvariable \"name\" {}\nmodule \"inner\" {\n  source = \"../inner\"\n  server = var.server\n  name = var.name\n}\n",
            ),
            (
                "inner/main.hcl",
                r#"
variable "server" {}
variable "name" {
  validation {
    condition     = var.name != "y"
    error_message = "not y"
  }
}
role "r" {
  resource = var.server
  name     = var.name
  login    = "maybe"
  setings  = {}
}
"#,
            ),
        ],
        expect![[r#"
            CFG033 inner/main.hcl:3:1 `variable "name"` Invalid value for variable
              not y

              This was checked by the validation rule at inner/main.hcl:5.

              This is in module.outer["y"].module.inner, called at outer/main.hcl:3, which is called at main.hcl:4.
            CFG021 inner/main.hcl:12:14 `"maybe"` Incorrect attribute value type
              Inappropriate value for attribute "login": a bool is required.

              This is in module.outer["x"].module.inner, called at outer/main.hcl:3, which is called at main.hcl:4; one more instance has it too.
            CFG003 inner/main.hcl:13:3 `setings` Unsupported argument
              An argument named "setings" is not expected here.

              This is in module.outer["x"].module.inner, called at outer/main.hcl:3, which is called at main.hcl:4; one more instance has it too.
              hint: Did you mean "settings"?
        "#]],
    );
}

#[test]
fn a_module_whose_instances_are_not_known_is_checked_once() {
    let root = format!(
        "{SERVER}variable \"regions\" {{}}\nmodule \"m\" {{\n  for_each = var.regions\n  source = \"./m\"\n  server = postgres.a\n}}\n"
    );
    let module =
        "variable \"server\" {}\nrole \"r\" {\n  resource = var.server\n  name = \"x\"\n  lgoin = true\n}\n";
    let inputs = Inputs { missing: MissingValues::Unknown, ..Inputs::default() };
    expect![[r#"
        CFG003 m/main.hcl:5:3 `lgoin` Unsupported argument
          An argument named "lgoin" is not expected here.

          This is in module.m[*], called at main.hcl:5.
          hint: Did you mean "login"?
    "#]]
    .assert_eq(&outcome(&[("main.hcl", &root), ("m/main.hcl", module)], &inputs));
}

#[test]
fn sensitive_inputs_stay_sensitive() {
    check_one(
        r#"
module "m" {
  source = "./m"
  server = postgres.a
  secret = sensitive("hunter2")
  number = sensitive("hunter2")
}
output "leak" { value = module.m.out }
"#,
        r#"
variable "server" {}
variable "secret" {}
variable "number" { type = number }
role "r" {
  resource = var.server
  comment  = var.secret
}
output "out" { value = var.secret }
"#,
        expect![[r#"
            CFG022 m/main.hcl:7:14 `var.secret` Sensitive value not allowed
              The value of "comment" stands in plans and in the state, so it must not be sensitive.

              This is in module.m, called at main.hcl:5.
            CFG032 main.hcl:9:12 `sensitive("hunter2")` Invalid value for input variable
              The given value is not suitable for module.m.var.number declared at m/main.hcl:4: it does not fit the type.
            CFG022 main.hcl:11:25 `module.m.out` Output refers to sensitive values
              To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, any output containing sensitive data must be explicitly marked as sensitive, to confirm your intent. If you do intend to export this data, annotate the output value as sensitive by adding the argument sensitive = true.
        "#]],
    );
}
