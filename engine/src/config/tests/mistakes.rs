//! Wrong configurations and what is said about them.

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::inputs::Inputs;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&outcome(&[("main.hcl", text)], &Inputs::default()));
}

#[test]
fn syntax_errors_of_all_files_and_blocks_are_reported() {
    let files = [
        (
            "a.hcl",
            "locals {\n  a = 1 +\n  b = [1 2]\n  c = \"open\n  d = 3\n}\nrole \"x\" {\n  resource = = 1\n  grant {\n    database = \"a\" \"b\"\n  }\n}\n",
        ),
        ("b.hcl", "variable \"v\" {\n  default = 'a'\n}\nlocals {\n  x = var.nope\n"),
        ("c.hcl", "}\nrole \"y\" {\n  resource = {\n}\nrole \"z\" {\n  resource = foo(1\n}\n"),
    ];
    expect![[r#"
        CFG001 a.hcl:2:9 `+` Invalid expression
          Expected the start of an expression after this operator. A line break ends an expression unless it stands in parentheses.
        CFG001 a.hcl:3:10 `2` Missing item separator
          Expected a comma to mark the beginning of the next item.
        CFG001 a.hcl:4:7 `"open` Invalid multi-line string
          Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \n escape to represent a newline character or use the "heredoc" multi-line template syntax.
        CFG001 a.hcl:8:14 `=` Invalid expression
          Expected the start of an expression, but found an invalid expression token.
        CFG001 a.hcl:10:20 `"` Missing newline after argument
          An argument definition must end with a newline.
        CFG001 b.hcl:2:13 `'` Invalid character
          Only straight double quotes (") enclose strings.
        CFG001 b.hcl:2:15 `'` Invalid character
          Only straight double quotes (") enclose strings.
        CFG001 b.hcl:4:8 `{` Unclosed configuration block
          There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.
        CFG001 c.hcl:1:1 `}` Argument or block definition required
          An argument or block definition is required here. This closing brace has no opening brace.
        CFG001 c.hcl:2:10 `{` Unclosed configuration block
          There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.
        CFG001 c.hcl:6:17 `(` Mismatched bracket
          This bracket is not closed before the "}" that ends what is around it.
    "#]].assert_eq(&outcome(&files, &Inputs::default()));
}

#[test]
fn unknown_blocks_and_arguments_have_suggestions() {
    check(
        r#"
rol "x" {}
role {}
role "x" "y" {}
role "a b" {}
resource "mysql" "m" {}
roleform {
  credential {}
  required_versions = 1
}
roleform {}
module "m" {}
x = 1
role "r" {
  resource   = postgres.nope
  privilege  = ["SELECT"]
  grants {}
  settings { a = 1 }
  lifecycle = {}
}
"#,
        expect![[r#"
            CFG002 main.hcl:2:1 `rol` Unsupported block type
              Blocks of type "rol" are not expected here.
              hint: Did you mean "role"?
            CFG006 main.hcl:3:1 `role` Missing name for block
              All role blocks must have 1 labels (name).
            CFG006 main.hcl:4:10 `"y"` Extraneous label for block
              Only 1 labels (name) are expected for role blocks.
            CFG006 main.hcl:5:6 `"a b"` Invalid block label
              "a b" is not a name: a name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.
            CFG006 main.hcl:6:10 `"mysql"` Unsupported resource type
              There is no resource type "mysql"; the type of a server is "postgres".
            CFG002 main.hcl:8:3 `credential` Unsupported block type
              Blocks of type "credential" are not expected here.
              hint: Did you mean "credentials"?
            CFG003 main.hcl:9:3 `required_versions` Unsupported argument
              An argument named "required_versions" is not expected here.
              hint: Did you mean "required_version"?
            CFG005 main.hcl:11:1 `roleform` Duplicate declaration
              A block "roleform" already stands at main.hcl:7; there is only one for all files.
            CFG004 main.hcl:12:1 `module "m"` Missing required argument
              The argument "source" is required, but no definition was found.
              hint: say where the module is, like source = "./modules/crm"
            CFG003 main.hcl:13:1 `x` Unsupported argument
              An argument named "x" is not expected here.
            CFG007 main.hcl:15:16 `postgres.nope` Reference to undeclared resource
              A resource "postgres" "nope" has not been declared in this configuration.
            CFG003 main.hcl:16:3 `privilege` Unsupported argument
              An argument named "privilege" is not expected here.
              hint: Did you mean "privileges"?
            CFG002 main.hcl:17:3 `grants` Unsupported block type
              Blocks of type "grants" are not expected here.
              hint: Did you mean "grant"?
            CFG002 main.hcl:18:3 `settings` Unsupported block type
              Blocks of type "settings" are not expected here.
              hint: Did you mean to define argument "settings"? If so, use the equals sign to assign it a value.
            CFG003 main.hcl:19:3 `lifecycle` Unsupported argument
              An argument named "lifecycle" is not expected here.
              hint: Did you mean to define a block of type "lifecycle"?
        "#]],
    );
}

#[test]
fn references() {
    check(
        r#"
variable "env" { default = "x" }
locals {
  a = var.envv
  b = local.aa
  c = role.x
  d = foo
  e = var
  f = each.key
  g = true ? 1 : var.other
  h = [for v in [1] : v + w]
  i = upperr("x")
  j = vars.env
}
output "o" { value = module.x.y }
"#,
        expect![[r#"
            CFG007 main.hcl:4:7 `var.envv` Reference to undeclared input variable
              An input variable with the name "envv" has not been declared. This variable can be declared with a variable "envv" {} block.
              hint: Did you mean "env"?
            CFG007 main.hcl:5:7 `local.aa` Reference to undeclared local value
              A local value with the name "aa" has not been declared.
              hint: Did you mean "a"?
            CFG007 main.hcl:6:7 `role.x` Reference to undeclared role
              A role "x" has not been declared in this configuration.
            CFG008 main.hcl:7:7 `foo` Invalid reference
              There is no value named "foo" here. References begin with var, local, role, postgres, module, each, count or path; text stands in double quotes.
            CFG008 main.hcl:8:7 `var` Invalid reference
              The "var" object cannot be accessed directly. Instead, access one of its attributes, as in var.name.
            CFG008 main.hcl:9:7 `each.key` Reference to "each" in context without for_each
              The "each" object can be used only in "resource", "module", "role" and "import" blocks, and only when the "for_each" argument is set.
            CFG007 main.hcl:10:18 `var.other` Reference to undeclared input variable
              An input variable with the name "other" has not been declared. This variable can be declared with a variable "other" {} block.
            CFG008 main.hcl:11:27 `w` Invalid reference
              There is no value named "w" here. References begin with var, local, role, postgres, module, each, count or path; text stands in double quotes.
            CFG017 main.hcl:12:7 `upperr` Call to unknown function
              There is no function named "upperr".
              hint: Did you mean "upper"?
            CFG008 main.hcl:13:7 `vars.env` Invalid reference
              There is no value named "vars" here. References begin with var, local, role, postgres, module, each, count or path; text stands in double quotes.
              hint: Did you mean "var"?
            CFG007 main.hcl:15:22 `module.x` Reference to undeclared module
              No module call named "x" is declared here.
        "#]],
    );
}

#[test]
fn circles_show_every_edge() {
    check(
        "locals {\n  a = local.b\n  b = local.c + 1\n  c = local.a\n  d = local.d\n}\nresource \"postgres\" \"a\" { host = \"h\" }\nrole \"x\" {\n  resource = postgres.a\n  name = role.y.name\n}\nrole \"y\" {\n  resource = postgres.a\n  name = \"${role.x.name}_y\"\n}\n",
        expect![[r#"
            CFG009 main.hcl:2:7 `local.b` Cycle
              These values depend on each other, so none of them can be known first: local.a refers to local.b (main.hcl:2), local.b refers to local.c (main.hcl:3), local.c refers to local.a (main.hcl:4).
            CFG009 main.hcl:5:7 `local.d` Cycle
              These values depend on each other, so none of them can be known first: local.d refers to local.d (main.hcl:5).
            CFG009 main.hcl:14:13 `role.x` Cycle
              These values depend on each other, so none of them can be known first: role.y refers to role.x (main.hcl:14), role.x refers to role.y (main.hcl:10).
        "#]],
    );
}

#[test]
fn small_blocks() {
    check(
        "removed { from = role.r }\nremoved { from = \"x\" }\nimport { to = role.nope }\nimport { to = role.r[each.key] }\noutput \"a\" { value = sensitive(1) }\noutput \"b\" {}\nresource \"postgres\" \"a\" { host = \"h\" }\noutput \"c\" { value = postgres.a }\nrole \"r\" { resource = postgres.a }\nroleform { required_version = \">= 99\" }\n",
        expect![[r#"
            CFG005 main.hcl:1:1 `removed` Removed role still exists
              role.r is still declared; a removed block is for a block that is gone.
            CFG008 main.hcl:2:18 `"x"` Invalid address
              An address is role.label or module.label, with ["key"] for an instance.
            CFG007 main.hcl:3:15 `role.nope` Import of an undeclared role
              role.nope is to be imported, but the configuration does not declare it.
            CFG008 main.hcl:4:22 `each.key` Reference to "each" in context without for_each
              The "each" object can be used only in "resource", "module", "role" and "import" blocks, and only when the "for_each" argument is set.
            CFG022 main.hcl:5:22 `sensitive(1)` Output refers to sensitive values
              To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, any output containing sensitive data must be explicitly marked as sensitive, to confirm your intent. If you do intend to export this data, annotate the output value as sensitive by adding the argument sensitive = true.
            CFG004 main.hcl:6:1 `output "b"` Missing required argument
              The argument "value" is required, but no definition was found.
            CFG021 main.hcl:8:22 `postgres.a` Output without a value
              This output has no value to show: a role or resource cannot be written as JSON; use its name.
            CFG059 main.hcl:10:31 `">= 99"` Unsupported roleform version
              This configuration is for roleform >= 99, and this is roleform 0.1.0.
        "#]],
    );
}
