//! Servers with instances: `for_each` and `count` of `resource` blocks.

use expect_test::{Expect, expect};

use super::modules::{self, check_one};

fn check(text: &str, expected: Expect) {
    modules::check(&[("main.hcl", text)], expected);
}

const SERVERS: &str = r#"
resource "postgres" "main" {
  for_each = { eu = "10.0.0.1", us = "10.0.0.2" }
  host     = each.value
  admin { username = "admin_${each.key}" }
}
resource "postgres" "shard" {
  count = 2
  host  = "/run/${count.index}"
}
"#;

#[test]
fn roles_select_an_instance() {
    check(
        &format!(
            "{SERVERS}
role \"all\" {{
  for_each = postgres.main
  resource = each.value
  comment  = each.value.name
}}
role \"eu\" {{ resource = postgres.main[\"eu\"] }}
role \"second\" {{ resource = postgres.shard[1] }}
role \"each\" {{
  count    = length(postgres.shard)
  resource = postgres.shard[count.index]
}}
policy \"eu\" {{
  resources = values(postgres.main)
  protect {{ roles = [\"x\"] }}
}}
output \"names\" {{ value = [for server in postgres.shard : server.name] }}
"
        ),
        expect![[r#"
            postgres.main["eu"] 10.0.0.1:5432/postgres VerifyFull as Some("admin_eu") password Unset
            postgres.main["us"] 10.0.0.2:5432/postgres VerifyFull as Some("admin_us") password Unset
            postgres.shard[0] /run/0:5432/postgres Disable as None password Unset
            postgres.shard[1] /run/1:5432/postgres Disable as None password Unset
            role.all["eu"] on main["eu"] as "all" Managed
              comment main["eu"]
            role.all["us"] on main["us"] as "all" Managed
              comment main["us"]
            role.each[0] on shard[0] as "each" Managed
            role.each[1] on shard[1] as "each" Managed
            role.eu on main["eu"] as "eu" Managed
            role.second on shard[1] as "second" Managed
            output names = ["shard[0]","shard[1]"]
        "#]],
    );
}

#[test]
fn modules_are_handed_an_instance() {
    check_one(
        &format!(
            "{SERVERS}
module \"m\" {{
  for_each = postgres.main
  source   = \"./m\"
  server   = each.value
}}
"
        ),
        "variable \"server\" { type = postgres }\nrole \"reader\" { resource = var.server }\n",
        expect![[r#"
            postgres.a /run:5432/postgres Disable as None password Unset
            postgres.main["eu"] 10.0.0.1:5432/postgres VerifyFull as Some("admin_eu") password Unset
            postgres.main["us"] 10.0.0.2:5432/postgres VerifyFull as Some("admin_us") password Unset
            postgres.shard[0] /run/0:5432/postgres Disable as None password Unset
            postgres.shard[1] /run/1:5432/postgres Disable as None password Unset
            module.m["eu"].role.reader on main["eu"] as "reader" Managed
            module.m["us"].role.reader on main["us"] as "reader" Managed
        "#]],
    );
}

#[test]
fn which_instance_must_be_said() {
    check(
        &format!(
            "{SERVERS}
role \"a\" {{ resource = postgres.main }}
role \"b\" {{ resource = postgres.shard }}
role \"c\" {{ resource = postgres.main[\"ue\"] }}
role \"d\" {{ resource = postgres.shard[2] }}
role \"e\" {{ resource = postgres.main.eu }}
role \"f\" {{
  resource = postgres.shard[0]
  name     = role.e[\"x\"].name
}}
"
        ),
        expect![[r#"
            CFG021 main.hcl:12:23 `postgres.main` Not a resource
              This resource has instances, and one of them is needed here, such as postgres.main["eu"].
            CFG021 main.hcl:13:23 `postgres.shard` Not a resource
              This resource has instances, and one of them is needed here, such as postgres.shard[0].
            CFG013 main.hcl:14:23 `postgres.main["ue"]` Invalid index
              The given key does not identify an element in this collection value.
              hint: Did you mean "eu"?
            CFG013 main.hcl:15:23 `postgres.shard[2]` Invalid index
              The given key does not identify an element in this collection value: the given index is greater than or equal to the length of the collection.
            CFG013 main.hcl:16:23 `postgres.main.eu` Missing instance key
              Because postgres.main has "for_each" set, its attributes must be accessed on specific instances.

              For example, to correlate with indices of a referring block, use:
                  postgres.main[each.key]
            CFG013 main.hcl:19:14 `role.e["x"]` Unexpected instance key
              Because role.e does not have "count" or "for_each" set, references to it must not include an explicit instance key. Remove the bracketed index to refer to the single instance.
        "#]],
    );
    check(
        "resource \"postgres\" \"a\" {\n  for_each = [1]\n  host = each.key\n}\nresource \"postgres\" \"b\" {\n  count = -1\n  host = \"/run\"\n}\nresource \"postgres\" \"c\" {\n  host = each.key\n}\nresource \"postgres\" \"d\" {\n  for_each = toset([postgres.d[\"x\"].name])\n  host = each.key\n}\n",
        expect![[r#"
            CFG040 main.hcl:2:14 `[1]` Invalid for_each argument
              The given "for_each" argument value is unsuitable: the "for_each" argument must be a map, or set of strings, and you have provided a value of type tuple.
            CFG041 main.hcl:6:11 `-1` Invalid count argument
              The given "count" argument value is unsuitable: must be a whole number from 0 to 1000000.
            CFG008 main.hcl:10:10 `each.key` Reference to "each" in context without for_each
              The "each" object can be used only in "resource", "module", "role" and "import" blocks, and only when the "for_each" argument is set.
            CFG009 main.hcl:13:21 `postgres.d` Cycle
              These values depend on each other, so none of them can be known first: postgres.d refers to postgres.d (main.hcl:13).
        "#]],
    );
}
