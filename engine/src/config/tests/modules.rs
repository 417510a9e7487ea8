//! Modules: calls, inputs, outputs, instances, and what is said when they are wrong.

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::inputs::{Inputs, MissingValues};

fn check(files: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&outcome(files, &Inputs::default()));
}

const SERVER: &str = "resource \"postgres\" \"a\" {\n  host = \"/run\"\n}\n";

/// The root has the server `a`; the module in `./m` is one file.
fn check_one(root: &str, module: &str, expected: Expect) {
    check(&[("main.hcl", &format!("{SERVER}{root}")), ("m/main.hcl", module)], expected);
}

const TEAM: &str = r#"
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
fn calls_that_do_not_fit() {
    check_one(
        r#"
module "m" {
  source  = "./m"
  nmae    = "x"
  options = { login = "maybe" }
  version = "1.0"
  lifecycle {}
}
module "nowhere" { source = "./nowhere" }
module "bare" { source = "m" }
module "far" { source = "hashicorp/consul/aws" }
module "git" { source = "git::https://example.com/x" }
module "absolute" { source = "/srv/m" }
module "made" { source = "./${local.x}" }
module "sourceless" {}
module "self" { source = "./" }
locals { x = "m" }
output "a" { value = module.m.raeder }
output "b" { value = module.crm.reader }
output "c" { value = module.m }
"#,
        TEAM,
        expect![[r#"
            CFG004 main.hcl:5:1 `module "m"` Missing required argument
              The argument "name" is required, but no definition was found.
            CFG004 main.hcl:5:1 `module "m"` Missing required argument
              The argument "server" is required, but no definition was found.
            CFG003 main.hcl:7:3 `nmae` Unsupported argument
              An argument named "nmae" is not expected here: the module in "m" has no variable of that name.
              hint: Did you mean "name"?
            CFG032 main.hcl:8:13 `{ login = "maybe" }` Invalid value for input variable
              The given value is not suitable for module.m.var.options declared at m/main.hcl:4: attribute "login": a bool is required.
            CFG003 main.hcl:9:3 `version` Unsupported argument
              A module has no argument "version" here: modules are directories beside the configuration, and git has their versions.
            CFG002 main.hcl:10:3 `lifecycle` Unsupported block type
              Blocks of type "lifecycle" are not expected here.
            CFG080 main.hcl:12:29 `"./nowhere"` Unreadable module directory
              The directory "nowhere" cannot be read: there is no such directory.
            CFG080 main.hcl:13:26 `"m"` Invalid module source
              The source "m" does not say where the module is: a path begins with "./" or "../".
              hint: Did you mean "./m"?
            CFG080 main.hcl:14:25 `"hashicorp/consul/aws"` Invalid module source
              The source "hashicorp/consul/aws" does not say where the module is: a path begins with "./" or "../".
              hint: Did you mean "./hashicorp/consul/aws"?
            CFG080 main.hcl:15:25 `"git::https://example.com/x"` Invalid module source
              The source "git::https://example.com/x" is not a directory: modules are not downloaded. A path begins with "./" or "../".
              hint: keep the module beside the configuration, as a git subtree or submodule for example
            CFG080 main.hcl:16:30 `"/srv/m"` Invalid module source
              The source "/srv/m" is an absolute path, which is another on every machine. A path begins with "./" or "../".
            CFG080 main.hcl:17:26 `"./${local.x}"` Invalid module source
              The source of a module is a text without any ${…}: which files there are must be known before anything is evaluated.
            CFG004 main.hcl:18:1 `module "sourceless"` Missing required argument
              The argument "source" is required, but no definition was found.
              hint: say where the module is, like source = "./modules/crm"
            CFG009 main.hcl:19:26 `"./"` Module calls itself
              A module cannot be part of itself, since it would have no end: "." calls "." (main.hcl:19).
            CFG012 main.hcl:21:22 `module.m.raeder` Unsupported attribute
              This object does not have an attribute named "raeder".
              hint: Did you mean "reader"?
            CFG007 main.hcl:22:22 `module.crm` Reference to undeclared module
              No module call named "crm" is declared here.
        "#]],
    );
}

#[test]
fn modules_in_a_circle() {
    let call = |to: &str| format!("module \"x\" {{ source = \"{to}\" }}\n");
    check(
        &[
            ("main.hcl", &call("./a")),
            ("a/main.hcl", &call("../b")),
            ("b/main.hcl", &call("../c")),
            ("c/main.hcl", &call("../b")),
        ],
        expect![[r#"
            CFG009 c/main.hcl:1:23 `"../b"` Module calls itself
              A module cannot be part of itself, since it would have no end: "b" calls "c" (b/main.hcl:1), "c" calls "b" (c/main.hcl:1).
        "#]],
    );
}

#[test]
fn what_modules_cannot_hold() {
    check_one(
        "module \"m\" { source = \"./m\" }\nvariable \"here\" { default = 1 }\n",
        r#"
roleform {
  required_version = ">= 99"
  plan_expiry      = "1h"
}
resource "postgres" "b" { host = "/run" }
role "r" { resource = postgres.a }
output "x" { value = var.here }
"#,
        expect![[r#"
            CFG059 m/main.hcl:3:22 `">= 99"` Unsupported roleform version
              This configuration is for roleform >= 99, and this is roleform 0.1.0.

              This is in module.m, called at main.hcl:4.
            CFG003 m/main.hcl:4:3 `plan_expiry` Unsupported argument
              An argument named "plan_expiry" is not expected here.

              This is in module.m, called at main.hcl:4.
            CFG002 m/main.hcl:6:1 `resource "postgres" "b"` Server inside a module
              The server postgres.b is declared inside a module. The configuration declares all servers, and hands them to modules.

              This is in module.m, called at main.hcl:4.
              hint: declare it beside the module block; in the module, declare variable "server" { type = postgres } and write resource = var.server
            CFG007 m/main.hcl:7:23 `postgres.a` Reference to undeclared resource
              A resource "postgres" "a" has not been declared in this configuration.

              This is in module.m, called at main.hcl:4.
              hint: Servers are declared by the configuration and handed to a module as a value: a variable of type postgres, and resource = var.server here.
            CFG007 m/main.hcl:8:22 `var.here` Reference to undeclared input variable
              An input variable with the name "here" has not been declared. This variable can be declared with a variable "here" {} block.

              This is in module.m, called at main.hcl:4.
        "#]],
    );
}

#[test]
fn one_role_in_two_instances() {
    check_one(
        "module \"m\" {\n  count = 2\n  source = \"./m\"\n  server = postgres.a\n}\n",
        "variable \"server\" {}\nrole \"r\" { resource = var.server }\n",
        expect![[r#"
            CFG055 m/main.hcl:2:1 `role "r"` Two blocks for one role
              module.m[1].role.r and module.m[0].role.r are both the role "r" on postgres.a. The other block is at m/main.hcl:2.
              hint: Give the role of each instance of the module a name of its own, like name = "x_${var.region}".
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
