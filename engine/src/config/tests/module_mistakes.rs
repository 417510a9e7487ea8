//! Wrong modules and calls of modules, and what is said about them.

use expect_test::expect;

use super::modules::{TEAM, check, check_one};

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
              "version" has no meaning in roleform: modules are directories beside the configuration, and git has their versions.
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
fn which_instance_of_a_module() {
    let module = "variable \"server\" { type = postgres }\noutput \"name\" { value = \"x\" }\n";
    check_one(
        r#"
module "keyed" {
  for_each = toset(["eu", "us"])
  source   = "./m"
  server   = postgres.a
}
module "counted" {
  count  = 2
  source = "./m"
  server = postgres.a
}
module "one" {
  source = "./m"
  server = postgres.a
}
output "a" { value = module.keyed["ue"].name }
output "b" { value = module.keyed.name }
output "c" { value = module.counted[2].name }
output "d" { value = module.counted.name }
output "e" { value = module.one["eu"].name }
output "f" { value = module.keyed["eu"].nam }
output "g" { value = [module.keyed["eu"].name, module.counted[1].name, module.one.name, module.counted[*].name] }
"#,
        module,
        expect![[r#"
            CFG013 main.hcl:19:22 `module.keyed["ue"]` Invalid index
              The given key does not identify an element in this collection value.
              hint: Did you mean "eu"?
            CFG013 main.hcl:20:22 `module.keyed.name` Missing instance key
              Because module.keyed has "for_each" set, its attributes must be accessed on specific instances.

              For example, to correlate with indices of a referring block, use:
                  module.keyed[each.key]
            CFG013 main.hcl:21:22 `module.counted[2]` Invalid index
              The given key does not identify an element in this collection value: the given index is greater than or equal to the length of the collection.
            CFG013 main.hcl:22:22 `module.counted.name` Missing instance key
              Because module.counted has "count" set, its attributes must be accessed on specific instances.

              For example, to correlate with indices of a referring block, use:
                  module.counted[count.index]
            CFG013 main.hcl:23:22 `module.one["eu"]` Unexpected instance key
              Because module.one does not have "count" or "for_each" set, references to it must not include an explicit instance key. Remove the bracketed index to refer to the single instance.
            CFG012 main.hcl:24:22 `module.keyed["eu"].nam` Unsupported attribute
              This object does not have an attribute named "nam".
              hint: Did you mean "name"?
        "#]],
    );
}
