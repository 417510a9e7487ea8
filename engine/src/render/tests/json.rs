//! Plan JSON: Terraform's keys with Terraform's meaning, and our own under `roleform`.

use expect_test::{expect, expect_file};
use serde_json::Value;

use super::*;
use crate::render::json;

fn rendered(text: &str) -> Value {
    serde_json::from_str(&raw(text)).expect("JSON")
}

fn raw(text: &str) -> String {
    let mut out = Vec::new();
    json::render(&testing::plan::plan(text), &saved(), &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("JSON is UTF-8")
}

#[test]
fn numbers_of_outputs_keep_their_digits() {
    let text = raw("output ratio = 1.00000000000000000001\nboth role reader");
    assert!(text.contains("1.00000000000000000001"), "{text}");
}

#[test]
fn one_of_each() {
    let text = "
        + role team[\"a\"]=team_a: createrole password=fresh set.work_mem=1GB app.set.search_path=x @main.hcl:14
        ~ member reader of pg_monitor: plain -> admin
        - grant reader on app column billing.orders.amount: SELECT*/bob (not declared for a managed role)
        = role legacy_app: password=x
        sql app+shared role.team | CREATE ROLE team_a PASSWORD  verifier for team_a
        output reader = {\"a\":1}
        output secret = sensitive
    ";
    expect_file!["one_of_each.json"].assert_eq(&one_element_a_line(&rendered(text)));
}

/// JSON with the elements of every top-level list or object on a line each.
fn one_element_a_line(document: &Value) -> String {
    let list = |elements: Vec<String>| format!("\n    {}\n  ", elements.join(",\n    "));
    let mut members = Vec::new();
    for (key, value) in document.as_object().expect("an object") {
        let text = match value {
            Value::Array(elements) => format!("[{}]", list(elements.iter().map(Value::to_string).collect())),
            Value::Object(inner) => {
                let inner = inner.iter().map(|(key, value)| format!("{key:?}: {value}"));
                format!("{{{}}}", list(inner.collect()))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        };
        members.push(format!("  {key:?}: {text}"));
    }
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

/// Address, type, name, index, actions, reason: what tools group and filter by.
#[test]
fn addresses_and_actions() {
    let mut lines = String::new();
    for key in ["resource_drift", "resource_changes"] {
        for change in rendered(STORY)[key].as_array().expect("a list") {
            let text = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
            if text("address").contains(".t0")
                || text("address").contains(".t1")
                || text("address").contains(".t2")
            {
                continue;
            }
            let actions = change["change"]["actions"].to_string();
            let words = [text("address"), text("type"), text("index"), actions, text("action_reason")];
            lines.push_str(&format!("{key}: {}\n", words.join(" ")));
        }
    }
    expect![[r#"
        resource_drift: table_grant.billing_rw_prod["app.support.tickets"] table_grant app.support.tickets ["create"] -
        resource_drift: table_grant.reader["app.billing.orders"] table_grant app.billing.orders ["update"] -
        resource_changes: role.analytics_ro role - ["create"] new
        resource_changes: role.billing_rw role - ["update"] changed_in_configuration
        resource_changes: role.boss role - ["update"] changed_in_configuration
        resource_changes: role.old role - ["delete"] removed_from_configuration
        resource_changes: role.legacy_app role - ["no-op"] already_so
        resource_changes: role.gone role - ["forget"] already_gone
        resource_changes: role.marketplace_ro role - ["create"] new
        resource_changes: membership.billing_rw_prod["pg_monitor"] membership pg_monitor ["create"] new
        resource_changes: membership.old["pg_read_all_data"] membership pg_read_all_data ["delete"] removed_from_configuration
        resource_changes: membership.marketplace_ro["pg_read_all_data"] membership pg_read_all_data ["create"] new
        resource_changes: database_connect.analytics_ro["app"] database_connect app ["create"] new
        resource_changes: database_connect.analytics_ro["legacy"] database_connect legacy ["create"] new
        resource_changes: schema_usage.analytics_ro["app.billing"] schema_usage app.billing ["create"] new
        resource_changes: schema_usage.analytics_ro["app.support"] schema_usage app.support ["create"] new
        resource_changes: table_grant.analytics_ro["app.support.tickets"] table_grant app.support.tickets ["create"] new
        resource_changes: table_grant.billing_rw_prod["app.billing.lines"] table_grant app.billing.lines ["update"] changed_in_configuration
        resource_changes: table_grant.billing_rw_prod["app.billing.orders"] table_grant app.billing.orders ["update"] changed_in_configuration
        resource_changes: table_grant.billing_rw_prod["app.support.tickets"] table_grant app.support.tickets ["delete"] not_declared
        resource_changes: table_grant.reader["app.billing.orders"] table_grant app.billing.orders ["update"] changed_outside
        resource_changes: default_privilege.reader["app.billing.tables of app_owner"] default_privilege app.billing.tables of app_owner ["create"] new
        resource_changes: table_grant.reader["app.support.tickets"] table_grant app.support.tickets ["no-op"] already_so
        resource_changes: schema_usage.everybody["app.public"] schema_usage app.public ["delete"] removed_from_configuration
    "#]].assert_eq(&lines);
}

/// tf-summarize and terraform-json read these; conftest policies rely on the values.
#[test]
fn every_change_has_what_readers_of_terraform_json_need() {
    let document = rendered(STORY);
    assert_eq!(document["format_version"], "1.2");
    assert_eq!(document["applyable"], true);
    for change in document["resource_changes"].as_array().expect("a list") {
        for key in ["address", "mode", "type", "name", "provider_name"] {
            assert!(change[key].is_string(), "{key} of {change}");
        }
        let (before, after) = (&change["change"]["before"], &change["change"]["after"]);
        let ends = match change["change"]["actions"][0].as_str() {
            Some("create") => before.is_null() && after.is_object(),
            Some("update" | "no-op") => before.is_object() && after.is_object(),
            Some("delete") => before.is_object() && after.is_null(),
            Some("forget") => after.is_null(),
            other => panic!("no action of Terraform: {other:?}"),
        };
        assert!(ends, "{change}");
        assert!(change["change"]["after_sensitive"].is_object() || !after.is_object(), "{change}");
    }
    let summary = &document["roleform"]["summary"];
    let of = |action: &str| {
        let all = document["resource_changes"].as_array().expect("a list");
        all.iter().filter(|change| change["change"]["actions"][0] == action).count()
    };
    assert_eq!(summary["add"], of("create"));
    assert_eq!(summary["change"], of("update"));
    assert_eq!(summary["destroy"], of("delete"));
}
