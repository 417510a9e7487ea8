//! What messages show of the values that an expression refers to.

use expect_test::{Expect, expect};

use super::load;
use crate::config::inputs::Inputs;

/// Each message with its values.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let (_, found) = load(&[("main.hcl", text)], &Inputs::default());
    let mut shown = String::new();
    for found in &found.0 {
        let line = found.span.as_ref().map_or(0, |span| span.origin().line);
        shown.push_str(&format!("{} line {line}\n", found.code));
        for value in &found.values {
            shown.push_str(&format!("  {} {}\n", value.reference, value.statement));
        }
    }
    expected.assert_eq(&shown);
}

#[test]
fn of_each_reference_what_has_a_value() {
    check(
        r#"
variable "env" { default = "pro\nd" }
variable "unset" { type = string }
locals {
  none  = null
  list  = ["a"]
  many  = toset(["a", "b"])
  map   = tomap({ a = 1 })
  one   = { a = { b = true } }
  two   = { a = 1, b = 2 }
  index = 7
}
output "a" { value = local.two.c }
output "b" { value = local.list[local.index] }
output "c" { value = upper(local.many) }
output "d" { value = "${local.none} ${local.one}" }
output "e" { value = var.env + local.index + local.one.a.b }
output "f" { value = local.map["b"] + local.map["a"] }
output "g" { value = [for x in local.list : local.two[x].c + x] }
output "h" { value = [for pair in [local.two] : pair.a + pair.c] }
output "j" { value = local.one.a.b.c }
output "k" { value = var.unset + local.none }
"#,
        expect![[r#"
            CFG031 line 3
            CFG012 line 13
              local.two is object with 2 attributes
            CFG013 line 14
              local.index is 7
              local.list is tuple with 1 element
            CFG019 line 15
              local.many is set of string with 2 elements
            CFG014 line 16
              local.none is null
            CFG014 line 16
              local.one is object with 1 attribute "a"
            CFG010 line 17
              var.env is "pro\nd"
            CFG013 line 18
              local.map is map of number with 1 element
            CFG012 line 19
              local.two is object with 2 attributes
            CFG012 line 20
            CFG012 line 21
              local.one.a.b is true
        "#]],
    );
}

#[test]
fn of_arguments_and_conditions() {
    check(
        r#"
variable "count" { default = "many" }
resource "postgres" "main" {
  host = "h"
  port = var.count
}
role "a" {
  resource         = postgres.main
  connection_limit = local.limit
  scopes           = local.limit
  login            = local.limit == 99999999999
  lifecycle {
    precondition {
      condition     = role.a.name == var.count && local.limit > 0
      error_message = "No."
    }
  }
}
locals { limit = 99999999999 }
"#,
        expect![[r#"
            CFG021 line 5
              var.count is "many"
            CFG004 line 7
            CFG057 line 9
              local.limit is 99999999999
            CFG021 line 10
              local.limit is 99999999999
            CFG042 line 14
              local.limit is 99999999999
              role.a.name is "a"
              var.count is "many"
        "#]],
    );
}

#[test]
fn what_is_sensitive_is_not_shown() {
    check(
        r#"
resource "postgres" "main" { host = "h" }
locals {
  secret = sensitive("s3cr3t")
  inside = { a = sensitive("s3cr3t") }
}
role "a" {
  resource = postgres.main
  comment  = local.secret
}
output "a" { value = local.secret }
output "b" { value = local.inside }
output "c" { value = local.secret + 1 }
output "d" { value = local.inside.a.b }
output "e" { value = local.inside.b }
"#,
        expect![[r#"
            CFG022 line 9
              local.secret has a sensitive value
            CFG022 line 11
              local.secret has a sensitive value
            CFG022 line 12
              local.inside is object with 1 attribute "a"
            CFG010 line 13
            CFG012 line 14
            CFG012 line 15
              local.inside is object with 1 attribute "a"
        "#]],
    );
}

#[test]
fn of_a_long_text_the_beginning_is_shown() {
    let text = format!("locals {{\n  long = \"{}\"\n  x = !local.long\n}}\n", "x".repeat(5_000));
    let (_, found) = load(&[("main.hcl", &text)], &Inputs::default());
    let shown = &found.0[0].values[0].statement;
    assert!(shown.len() < 500 && shown.ends_with("x\" and more"), "{shown}");
}
