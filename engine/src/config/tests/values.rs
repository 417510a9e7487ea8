//! Variables: types, defaults, where values come from, validation.

use std::sync::Arc;

use expect_test::{Expect, expect};

use super::outcome;
use crate::config::console::Console;
use crate::config::inputs::{InputArgument, Inputs, MissingValues};
use crate::config::sources::Sources;
use crate::diagnostic::SourceFile;

fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::new(path, text))
}

fn value(name: &str, text: &str) -> InputArgument {
    InputArgument::Value { name: name.to_owned(), text: text.to_owned() }
}

fn check(text: &str, inputs: &Inputs, expected: Expect) {
    expected.assert_eq(&outcome(&[("main.hcl", text)], inputs));
}

#[test]
fn the_later_value_wins() {
    let declarations = "variable \"a\" {}\nvariable \"b\" {}\nvariable \"c\" {}\nvariable \"d\" {}\nvariable \"e\" { default = \"default\" }\noutput \"all\" { value = [var.a, var.b, var.c, var.d, var.e] }\n";
    let inputs = Inputs {
        environment: ["a", "b", "c", "d", "unknown"].map(|n| (n.to_owned(), "environment".to_owned())).into(),
        files: vec![
            file("terraform.tfvars", "b = \"tfvars\"\nc = \"tfvars\"\nd = \"tfvars\"\n"),
            file("x.auto.tfvars", "c = \"auto\"\nd = \"auto\"\n"),
        ],
        arguments: vec![value("d", "first"), InputArgument::File(file("last.tfvars", "d = \"last\"\n"))],
        ..Inputs::default()
    };
    check(
        declarations,
        &inputs,
        expect![[r#"
        output all = ["environment","tfvars","auto","last","default"]
    "#]],
    );
}

#[test]
fn types_convert_and_fill_in() {
    let text = r#"
variable "who" {
  type = list(object({
    name  = string
    admin = optional(bool, false)
    tags  = optional(map(string))
    deep  = optional(object({ n = optional(number, 3) }), {})
  }))
  default = [{ name = "a" }, { name = 5, admin = "true", tags = { x = 1 }, extra = 1 }]
}
variable "set" {
  type = set(string)
  default = ["b", "a", "b"]
}
variable "pair" {
  type = tuple([string, number])
}
variable "any" { type = any }
variable "plain" {}
output "who" { value = var.who }
output "set" { value = var.set }
output "pair" { value = var.pair }
output "any" { value = var.any }
output "plain" { value = var.plain }
"#;
    let inputs = Inputs {
        arguments: vec![value("pair", "[1, \"2\"]"), value("any", "{ a = [1] }"), value("plain", "[1]")],
        ..Inputs::default()
    };
    check(
        text,
        &inputs,
        expect![[r#"
        output any = {"a":[1]}
        output pair = ["1",2]
        output plain = "[1]"
        output set = ["a","b"]
        output who = [{"admin":false,"deep":{"n":3},"name":"a","tags":null},{"admin":true,"deep":{"n":3},"name":"5","tags":{"x":"1"}}]
    "#]],
    );
}

#[test]
fn wrong_declarations() {
    check(
        r#"
variable "a" { type = strin }
variable "b" { type = "string" }
variable "c" { type = list }
variable "d" { type = object({ x = optional() }) }
variable "e" {
  type    = number
  default = "x"
}
variable "f" { default = var.a }
variable "g" { sensitive = 3 }
variable "h" {
  default = 1
  validation {
    condition     = true
    error_message = "no"
  }
  validation { condition = var.h > 0 }
  validation {
    condition     = var.h
    error_message = "no"
  }
}
variable "i" { typ = string }
"#,
        &Inputs::default(),
        expect![[r#"
            CFG030 main.hcl:2:23 `strin` Invalid type specification
              The keyword "strin" is not a valid type specification. Did you mean "string"?
            CFG030 main.hcl:3:23 `"string"` Invalid type specification
              A type is written without quotes, like string or list(string).
            CFG030 main.hcl:4:23 `list` Invalid type specification
              The list type constructor requires one argument specifying the element type.
            CFG030 main.hcl:5:36 `optional()` Invalid type specification
              The optional(...) modifier takes the attribute type and, perhaps, a default value.
            CFG035 main.hcl:8:13 `"x"` Invalid default value for variable
              This default value is not compatible with the variable's type constraint: a number is required.
            CFG008 main.hcl:10:26 `var.a` Variables not allowed
              "var" cannot be used here: only constants are possible at this place.
            CFG035 main.hcl:11:28 `3` Unsuitable value type
              Unsuitable value for "sensitive": bool required.
            CFG035 main.hcl:15:21 `true` Invalid reference in variable validation
              The condition for variable "h" must refer to var.h in order to test incoming values.
            CFG004 main.hcl:18:3 `validation` Missing required argument
              The argument "error_message" is required, but no definition was found.
            CFG035 main.hcl:20:21 `var.h` Invalid condition result
              Condition expression must return either true or false.
            CFG031 main.hcl:24:1 `variable "i"` No value for required variable
              The input variable "i" has no default and no value was given for it.
              hint: Give it one: -var 'i=…', a line in a .tfvars file, or ROLEFORM_VAR_i in the environment.
            CFG003 main.hcl:24:16 `typ` Unsupported argument
              An argument named "typ" is not expected here.
              hint: Did you mean "type"?
        "#]],
    );
}

#[test]
fn wrong_values() {
    let text = r#"
variable "missing" {}
variable "number" { type = number }
variable "secret" {
  type      = number
  sensitive = true
}
variable "list" { type = list(string) }
variable "strict" {
  default  = "d"
  nullable = false
}
variable "env" {
  validation {
    condition     = contains(["prod"], var.env)
    error_message = "env is prod, not ${var.env}."
  }
}
output "strict" { value = var.strict }
"#;
    let inputs = Inputs {
        files: vec![file(
            "a.auto.tfvars",
            "numbr = 1\nstrict = null\nsecret = \"hunter2\"\nblock {}\nlist = [1",
        )],
        arguments: vec![
            value("number", "many"),
            value("env", "dev"),
            value("nope", "1"),
            value("list", "[oops"),
        ],
        ..Inputs::default()
    };
    check(
        text,
        &inputs,
        expect![[r#"
            CFG001 -var list:1:1 `[` Unterminated tuple constructor expression
              There is no corresponding closing bracket before the end of the file. This may be caused by incorrect bracket nesting elsewhere in this file.
            CFG034 a.auto.tfvars:1:1 `numbr` Value for undeclared variable
              a.auto.tfvars gives a value for the variable "numbr", but the configuration does not declare a variable of that name.
              hint: Did you mean "number"?
            CFG002 a.auto.tfvars:4:1 `block` Unexpected block
              A file of variable values holds arguments only, one per variable.
            CFG001 a.auto.tfvars:5:8 `[` Unterminated tuple constructor expression
              There is no corresponding closing bracket before the end of the file. This may be caused by incorrect bracket nesting elsewhere in this file.
            CFG031 main.hcl:2:1 `variable "missing"` No value for required variable
              The input variable "missing" has no default and no value was given for it.
              hint: Give it one: -var 'missing=…', a line in a .tfvars file, or ROLEFORM_VAR_missing in the environment.
            CFG032 main.hcl:3:1 `variable "number"` Invalid value for input variable
              The given value is not suitable for var.number declared at main.hcl:3: a number is required. It was given by -var number.
            CFG032 main.hcl:4:1 `variable "secret"` Invalid value for input variable
              The given value is not suitable for var.secret declared at main.hcl:4: it does not fit the type. It was given by a.auto.tfvars:3.
            CFG033 main.hcl:13:1 `variable "env"` Invalid value for variable
              env is prod, not dev.
  
              This was checked by the validation rule at main.hcl:15.
            CFG034 nowhere Value for undeclared variable
              -var gives a value for the variable "nope", but the configuration does not declare a variable of that name.
        "#]],
    );
}

#[test]
fn validating_without_values_checks_what_is_known() {
    let inputs = Inputs { missing: MissingValues::Unknown, ..Inputs::default() };
    let text = "variable \"v\" {}\nresource \"postgres\" \"a\" {\n  host = var.v\n  port = 0\n}\nrole \"r\" {\n  for_each = toset(var.v)\n  resource = postgres.a\n  name = \"x${each.key}\"\n}\nrole \"s\" {\n  resource = postgres.a\n  name = \"s_${var.v}\"\n  scopes = [var.v]\n  privileges = [\"NOPE\"]\n}\n";
    check(
        text,
        &inputs,
        expect![[r#"
            CFG057 main.hcl:4:10 `0` Invalid value
              The value of "port" must be a whole number from 1 to 65535.
            CFG052 main.hcl:15:17 `"NOPE"` Unknown privilege
              There is no privilege "NOPE" in PostgreSQL.
        "#]],
    );
    check("variable \"v\" {}\noutput \"o\" { value = var.v }\n", &inputs, expect![[""]]);
}

#[test]
fn the_console_knows_the_directory() {
    let text = "variable \"v\" { default = 1 }\nlocals { l = [var.v, role.r.name] }\nresource \"postgres\" \"a\" { host = \"h\" }\nrole \"r\" {\n  resource = postgres.a\n  name = \"n${var.v}\"\n}\n";
    let surroundings = super::world();
    let (mut console, said) =
        Console::open(&Sources::single(vec![file("main.hcl", text)]), &Inputs::default(), &surroundings);
    assert!(said.0.is_empty());
    let mut ask = |text: &str| console.evaluate(text).map_err(|said| super::said(&said));
    assert_eq!(ask("local.l"), Ok("[\n  1,\n  \"n1\",\n]".to_owned()));
    assert_eq!(ask("role.r"), Ok("role.r".to_owned()));
    assert_eq!(ask("type(local.l)"), Ok("tuple([\n    number,\n    string,\n])".to_owned()));
    assert_eq!(ask("file(\"name.txt\")"), Ok("\"from_file\"".to_owned()));
    assert_eq!(ask("env(\"STAGE\")"), Ok("(sensitive value)".to_owned()));
    assert_eq!(ask("plantimestamp()"), Ok("\"2024-02-29T12:00:00Z\"".to_owned()));
    expect![[r#"
        CFG007 <console-input>:1:1 `local.m` Reference to undeclared local value
          A local value with the name "m" has not been declared.
          hint: Did you mean "l"?
        CFG008 <console-input>:1:11 `var` Invalid reference
          The "var" object cannot be accessed directly. Instead, access one of its attributes, as in var.name.
    "#]]
    .assert_eq(&ask("local.m + var").unwrap_err());
}

#[test]
fn values_in_json_are_no_templates() {
    let text = "variable \"a\" {}\nvariable \"n\" { type = list(number) }\noutput \"a\" { value = var.a }\noutput \"n\" { value = var.n }\n";
    let outcome = |json: &str| {
        let files = vec![file("x.auto.tfvars.json", json)];
        super::outcome(&[("main.hcl", text)], &Inputs { files, ..Inputs::default() })
    };
    let right = outcome(r#"{"a": "${var.b}", "n": ["1", 2.5], "m": null}"#);
    assert!(
        right.contains("CFG034") && right.contains("output a = \"${var.b}\"\noutput n = [1,2.5]\n"),
        "{right}"
    );
    for wrong in ["[1]", "{\"a\": 1,}", ""] {
        let said = outcome(wrong);
        assert!(said.contains("Invalid JSON"), "{said}");
    }
}
