//! `policy` blocks and the demands of the `roleform` block: what is wrong with them, and where.
//!
//! Not here: what rules find (`policy::tests`).

use expect_test::{Expect, expect};

use super::{load, said};
use crate::config::inputs::Inputs;

fn check(text: &str, wanted: Expect) {
    let (declared, found) = load(&[("main.hcl", text)], &Inputs::default());
    assert_eq!(declared.is_some(), !found.has_errors());
    wanted.assert_eq(&said(&found));
}

#[test]
fn a_policy_that_could_find_nothing_is_a_mistake() {
    check(
        "policy \"p\" {}\n",
        expect![[r#"
        CFG004 main.hcl:1:1 `policy "p"` Missing rule
          A policy needs a rule: a deny, allow, protect or limit block.
    "#]],
    );
    check(
        "policy \"p\" {\n  enforcement = \"wran\"\n  deny {}\n  alow {}\n}\n",
        expect![[r#"
        CFG057 main.hcl:2:17 `"wran"` Invalid value
          The enforcement of a policy is "deny" or "warn". Did you mean "warn"?
        CFG004 main.hcl:3:3 `deny` Missing argument
          A deny block says what it denies: attributes, member_of, privileges, grant_option = true or public = true, possibly on databases, schemas or tables.
        CFG002 main.hcl:4:3 `alow` Unsupported block type
          Blocks of type "alow" are not expected here.
          hint: Did you mean "allow"?
    "#]],
    );
    check(
        "policy \"p\" {\n  deny { attributes = [\"SUPRUSER\"] }\n  deny { privileges = [\"SELCT\"] }\n}\n",
        expect![[r#"
            CFG057 main.hcl:2:24 `"SUPRUSER"` Invalid value
              "SUPRUSER" is no attribute that a policy knows; it is one of SUPERUSER, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS, LOGIN.
              hint: Did you mean "SUPERUSER"?
            CFG052 main.hcl:3:24 `"SELCT"` Unknown privilege
              There is no privilege "SELCT" in PostgreSQL.
              hint: Did you mean "SELECT"?
        "#]],
    );
    check(
        "policy \"p\" {\n  deny {\n    attributes = [\"LOGIN\"]\n    public = true\n  }\n  deny { member_of = [] }\n}\n",
        expect![[r#"
            CFG057 main.hcl:2:3 `deny` Invalid combination of arguments
              "attributes" and "public" are about different changes; write two deny blocks.
            CFG057 main.hcl:6:22 `[]` Invalid value
              An empty list of "member_of" is about nothing; leave it out to mean all.
        "#]],
    );
    check(
        "policy \"p\" {\n  allow { schemas = [\"a\"] }\n  protect {}\n  limit {}\n  limit { drops = 1 }\n}\n",
        expect![[r#"
            CFG004 main.hcl:2:3 `allow` Missing required argument
              The argument "privileges" is required, but no definition was found.
            CFG004 main.hcl:2:3 `allow` Missing required argument
              The argument "roles" is required, but no definition was found.
            CFG004 main.hcl:3:3 `protect` Missing required argument
              The argument "roles" is required, but no definition was found.
            CFG004 main.hcl:4:3 `limit` Missing argument
              A limit block says what it limits: drop_roles, add, change or destroy.
            CFG004 main.hcl:5:3 `limit` Missing argument
              A limit block says what it limits: drop_roles, add, change or destroy.
            CFG005 main.hcl:5:3 `limit` Duplicate block
              Only one "limit" block is allowed here.
            CFG003 main.hcl:5:11 `drops` Unsupported argument
              An argument named "drops" is not expected here.
        "#]],
    );
    check(
        "policy \"p\" {\n  resources = [postgres.x]\n  deny {\n    roles = [role.x]\n    public = true\n  }\n  limit { destroy = -1 }\n}\n",
        expect![[r#"
            CFG007 main.hcl:2:16 `postgres.x` Reference to undeclared resource
              A resource "postgres" "x" has not been declared in this configuration.
            CFG057 main.hcl:3:3 `deny` Invalid combination of arguments
              PUBLIC is not one of the roles; write two blocks.
            CFG007 main.hcl:4:14 `role.x` Reference to undeclared role
              A role "x" has not been declared in this configuration.
            CFG057 main.hcl:7:21 `-1` Invalid value
              The value of "destroy" must be a whole number from 0 to 9223372036854775807.
        "#]],
    );
}

#[test]
fn demands_need_to_know_who_may_meet_them() {
    check(
        "roleform { require_signature = true }\n",
        expect![[r#"
        CFG004 main.hcl:1:1 `roleform` Missing required argument
          The argument "allowed_signers" is required, but no definition was found.
    "#]],
    );
    check(
        "roleform {\n  require_approval = \"two\"\n  allowed_signers = \"signers\"\n}\n",
        expect![[r#"
        CFG021 main.hcl:2:22 `"two"` Incorrect attribute value type
          Inappropriate value for attribute "require_approval": a number is required.
    "#]],
    );
    check(
        "roleform {\n  require_approval = 2\n  allowed_signers = \"signers\"\n  plan_expiry = \"24h\"\n}\n",
        expect![[r#""#]],
    );
}
