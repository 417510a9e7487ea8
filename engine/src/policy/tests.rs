//! Policies as they are written, against plans as text: what each rule finds.

use std::sync::Arc;

use expect_test::{Expect, expect};

use super::judge::judge;
use super::message;
use crate::change::{Action, OwnerChange, Reason};
use crate::config;
use crate::config::inputs::Inputs;
use crate::config::sources::Sources;
use crate::config::surroundings::Surroundings;
use crate::diagnostic::SourceFile;
use crate::name::{BlockAddress, SchemaName, SchemaPath};
use crate::testing::plan::plan;
use crate::testing::words;

const PLAN: &str = "
    resource main 10.0.3.4:5432 150018
    + role app_ro: password=fresh (new) @main.hcl:1
    ~ role boss: login -> login superuser createrole (changed in configuration) @main.hcl:2
    - role old_ro: login (removed from configuration)
    + member app_ro of pg_monitor: plain
    + grant app_ro on app table pay.salary{0..2}, pay.other: SELECT,DELETE
    + grant boss on app table pay.salary0: SELECT*
    - grant boss on app table s.t: SELECT
    + grant PUBLIC on app schema pay: USAGE
    = grant app_ro on app database app: CONNECT
";

/// `app_ro` gets the schema `pay` from `boss`, and `old_ro` is known to have `own`.
fn owners() -> Vec<OwnerChange> {
    let change = |schema: &str, action, before: &str, after: &str| OwnerChange {
        address: BlockAddress::root(schema),
        path: SchemaPath {
            database: words::database("app"),
            schema: SchemaName::new(schema).expect("a name"),
        },
        action,
        reason: Reason::ChangedInConfiguration,
        before: Some(words::role_name(before)),
        after: Some(words::role_name(after)),
        origin: None,
    };
    vec![
        change("own", Action::Adopt, "old_ro", "old_ro"),
        change("pay", Action::Update, "boss", "app_ro"),
        change("left", Action::Forget, "boss", "boss"),
    ]
}

#[test]
fn who_owns_a_schema_has_been_given_all_of_it() {
    check(
        "deny {\n roles = [\"*_ro\"]\n privileges = [\"CREATE\"]\n}",
        expect![[r#"
        deny at p.hcl:2: schema.own: "old_ro" gains CREATE
        deny at p.hcl:2: schema.pay: "app_ro" gains CREATE
    "#]],
    );
    check(
        "deny {\n roles = [\"*_ro\"]\n grant_option = true\n schemas = [\"pay\"]\n}",
        expect![[r#"
        deny at p.hcl:2: schema.pay: "app_ro" gains the grant option for CREATE, USAGE
    "#]],
    );
    check(
        "protect { roles = [\"boss\"] }",
        expect![[r#"
        protect at p.hcl:2: role.boss: "boss" would be changed (main.hcl:2)
        protect at p.hcl:2: schema.pay: "boss" would lose the schema app.pay
        protect at p.hcl:2: table_grant.boss["app.pay.salary0"]: what "boss" holds would change
        protect at p.hcl:2: table_grant.boss["app.s.t"]: what "boss" holds would change
    "#]],
    );
}

/// The body of a policy, and what it finds in the plan.
fn check(rules: &str, wanted: Expect) {
    let text = format!("policy \"p\" {{\n{rules}\n}}\n");
    let file = Arc::new(SourceFile::new("p.hcl", text));
    let surroundings = Surroundings {
        read: &|_| Err("no files".to_owned()),
        list: &|_| Err("no files".to_owned()),
        directory: "/",
        environment: &|_| None,
        now: "2024-02-29T12:00:00Z",
    };
    let (declared, found) = config::load(&Sources::single(vec![file]), &Inputs::default(), &surroundings);
    let declared = declared.unwrap_or_else(|| panic!("{found:?}"));
    let policies: Vec<_> = declared.policies.into_values().map(|found| found.policy).collect();
    let mut plan = plan(PLAN);
    for resource in plan.resources.values_mut() {
        resource.changes.owners = owners();
    }
    let violations = judge(&policies, &plan.resources);
    let lines: Vec<String> = message::verdicts(&policies, &violations)
        .iter()
        .flat_map(|verdict| {
            let rule = verdict.rule_text();
            verdict.found.iter().map(move |found| format!("{rule}: {}\n", message::line(found)))
        })
        .collect();
    wanted.assert_eq(&lines.concat());
}

#[test]
fn attributes_and_memberships() {
    check(
        "deny { attributes = [\"superuser\", \"CREATEROLE\", \"BYPASSRLS\"] }",
        expect![[r#"
        deny at p.hcl:2: role.boss: "boss" gains SUPERUSER, CREATEROLE (main.hcl:2)
    "#]],
    );
    check("deny {\n roles = [\"app*\"]\n attributes = [\"SUPERUSER\"]\n}", expect![[r#""#]]);
    check("deny {\n attributes = [\"LOGIN\"]\n except = [\"app_ro\"]\n}", expect![[r#""#]]);
    check(
        "deny { member_of = [\"pg_*\"] }",
        expect![[r#"
        deny at p.hcl:2: membership.app_ro["pg_monitor"]: "app_ro" becomes a member of "pg_monitor"
    "#]],
    );
    check("deny {\n roles = [\"boss\"]\n member_of = [\"pg_*\"]\n}", expect![[r#""#]]);
}

#[test]
fn grants() {
    check(
        "deny { public = true }",
        expect![[r#"
        deny at p.hcl:2: schema_usage.everybody["app.pay"]: PUBLIC gains USAGE
    "#]],
    );
    check(
        "deny { grant_option = true }",
        expect![[r#"
            deny at p.hcl:2: schema.own: "old_ro" gains the grant option for CREATE, USAGE
            deny at p.hcl:2: schema.pay: "app_ro" gains the grant option for CREATE, USAGE
            deny at p.hcl:2: table_grant.boss["app.pay.salary0"]: "boss" gains the grant option for SELECT
        "#]],
    );
    check(
        "deny { privileges = [\"DELETE\", \"TRUNCATE\"] }",
        expect![[r#"
        deny at p.hcl:2: table_grant.app_ro["app.pay.salary0"] and 3 more like it: "app_ro" gains DELETE
    "#]],
    );
    check(
        "deny {\n roles = [\"*_ro\"]\n schemas = [\"pay\"]\n tables = [\"salary*\"]\n privileges = [\"ALL\"]\n}",
        expect![[r#"
            deny at p.hcl:2: table_grant.app_ro["app.pay.salary0"] and 2 more like it: "app_ro" gains SELECT, DELETE
        "#]],
    );
    check("deny { schemas = [\"other\"] }", expect![[r#""#]]);
    check(
        "deny {\n databases = [\"app\"]\n roles = [\"app_ro\"]\n}",
        expect![[r#"
            deny at p.hcl:2: database_connect.app_ro["app.app"]: "app_ro" gains CONNECT
            deny at p.hcl:2: schema.pay: "app_ro" gains CREATE, USAGE
            deny at p.hcl:2: table_grant.app_ro["app.pay.salary0"] and 3 more like it: "app_ro" gains SELECT, DELETE
        "#]],
    );
}

#[test]
fn what_is_allowed_is_the_union_of_what_allows() {
    check(
        "allow {\n roles = [\"*_ro\"]\n privileges = [\"SELECT\", \"CONNECT\", \"USAGE\"]\n}",
        expect![[r#"
            allow at p.hcl:2: schema.own: "old_ro" gains CREATE, which is not among what it may have
            allow at p.hcl:2: schema.pay: "app_ro" gains CREATE, which is not among what it may have
            allow at p.hcl:2: table_grant.app_ro["app.pay.salary0"] and 3 more like it: "app_ro" gains DELETE, which is not among what it may have
        "#]],
    );
    check(
        "allow {\n roles = [\"*_ro\"]\n privileges = [\"SELECT\", \"CONNECT\"]\n}\n
         allow {\n roles = [\"app_ro\"]\n tables = [\"salary*\"]\n privileges = [\"DELETE\"]\n}",
        expect![[r#"
            allow at p.hcl:2: schema.own: "old_ro" gains CREATE, USAGE, which is not among what it may have
            allow at p.hcl:2: schema.pay: "app_ro" gains CREATE, USAGE, which is not among what it may have
            allow at p.hcl:2: table_grant.app_ro["app.pay.other"]: "app_ro" gains DELETE, which is not among what it may have
        "#]],
    );
    check(
        "allow {\n public = true\n privileges = []\n}",
        expect![[r#"
        allow at p.hcl:2: schema_usage.everybody["app.pay"]: PUBLIC gains USAGE, which is not among what it may have
    "#]],
    );
}

#[test]
fn protection_and_limits() {
    check(
        "protect { roles = [\"*\"] }",
        expect![[r#"
            protect at p.hcl:2: role.boss: "boss" would be changed (main.hcl:2)
            protect at p.hcl:2: role.old_ro: "old_ro" would be dropped
            protect at p.hcl:2: schema.pay: "boss" would lose the schema app.pay
            protect at p.hcl:2: table_grant.boss["app.pay.salary0"]: what "boss" holds would change
            protect at p.hcl:2: table_grant.boss["app.s.t"]: what "boss" holds would change
        "#]],
    );
    check("protect { roles = [\"app_ro\"] }", expect![[r#""#]]);
    check(
        "limit {\n drop_roles = 0\n add = 100\n change = 1\n destroy = 1\n}",
        expect![[r#"
            limit at p.hcl:2: roles to drop: 1, allowed: 0
            limit at p.hcl:2: addresses to change: 2, allowed: 1
            limit at p.hcl:2: addresses to destroy: 2, allowed: 1
        "#]],
    );
    check("limit { drop_roles = 1 }", expect![[r#""#]]);
}
