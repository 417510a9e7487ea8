//! Roles from nothing to nothing: created, logged in as, changed, drifted, removed.
//!
//! Invariant: after every apply the next plan is empty (`Lab::converge`).

use test_support::cluster::Cluster;

use crate::lab::Lab;

const READER: &str = r#"
role "reader" {
  resource   = postgres.main
  name       = "{p}reader"
  scopes     = ["{p}app.billing"]
  privileges = ["SELECT"]
}
"#;

fn company<'a>(cluster: &'a Cluster) -> Lab<'a> {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.sql(
        "app",
        "CREATE SCHEMA billing; CREATE TABLE billing.orders (id serial, total int); \
         CREATE TABLE billing.invoices (id int); CREATE VIEW billing.open_orders AS SELECT id FROM billing.orders; \
         CREATE SCHEMA hr; CREATE TABLE hr.salaries (id int); INSERT INTO billing.orders (total) VALUES (7)",
    );
    lab
}

#[test]
fn a_reader_may_read_and_nothing_else() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let made = lab.converge(READER);
        assert_eq!(made.summary().destroy, 0, "{}", lab.text(&made));
        assert!(lab.try_as("reader", "app", "SELECT total FROM billing.orders").is_ok());
        let denied = lab.try_as("reader", "app", "DELETE FROM billing.orders").expect_err("only SELECT");
        assert_eq!(denied.sqlstate, "42501");
        let denied = lab.try_as("reader", "app", "SELECT * FROM hr.salaries").expect_err("another schema");
        assert_eq!(denied.sqlstate, "42501");
    });
}

#[test]
fn drift_both_ways_is_healed() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(READER);
        lab.tenant.sql(
            "app",
            "GRANT DELETE ON billing.orders TO {p}reader; REVOKE SELECT ON billing.invoices FROM {p}reader; \
             GRANT SELECT ON hr.salaries TO {p}reader; ALTER ROLE {p}reader CREATEDB",
        );
        let made = lab.converge(READER);
        let text = lab.text(&made);
        assert!(text.contains("changed outside"), "{text}");
        assert!(text.contains("not declared for a managed role"), "{text}");
        assert!(lab.try_as("reader", "app", "DELETE FROM billing.orders").is_err());
        assert!(lab.try_as("reader", "app", "SELECT * FROM billing.invoices").is_ok());
    });
}

#[test]
fn a_writer_may_use_the_sequence_of_a_serial_column() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let writer = r#"
            role "writer" {
              resource = postgres.main
              name     = "{p}writer"
              grant {
                database   = "{p}app"
                schemas    = ["billing"]
                tables     = ["orders"]
                privileges = ["SELECT", "INSERT"]
              }
            }"#;
        lab.converge(writer);
        assert!(lab.try_as("writer", "app", "INSERT INTO billing.orders (total) VALUES (1)").is_ok());
        // On columns alone, the one with the default not among them.
        lab.converge(&writer.replace("privileges", "columns = [\"total\"]\nprivileges"));
        assert!(lab.try_as("writer", "app", "INSERT INTO billing.orders (total) VALUES (1)").is_ok());
    });
}

#[test]
fn a_removed_role_is_dropped_with_all_that_it_holds() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.tenant.database("other");
        lab.converge(READER);
        lab.tenant.sql("other", "CREATE TABLE t (id int); GRANT SELECT ON t TO {p}reader");
        let made = lab.converge("");
        assert_eq!(made.summary().add, 0, "{}", lab.text(&made));
        let left = lab.tenant.query("postgres", "SELECT rolname FROM pg_roles WHERE rolname LIKE '{p}%'");
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn a_password_is_rotated_when_it_is_due() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let config = READER.replace("  scopes ", "  password { rotate_after = \"90d\" }\n  scopes ");
        lab.converge(&config);
        let first = lab.password("reader");
        lab.wait_days(89);
        assert!(lab.plan(&config).is_noop(), "not due yet");
        lab.wait_days(2);
        let made = lab.converge(&config);
        assert_eq!(made.summary().change, 1, "{}", lab.text(&made));
        assert_ne!(lab.password("reader"), first);
        assert!(lab.try_as("reader", "app", "SELECT 1").is_ok());
    });
}

#[test]
fn a_password_changed_outside_is_seen_and_replaced() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(READER);
        lab.tenant.sql("postgres", "ALTER ROLE {p}reader PASSWORD 'guess me'");
        let made = lab.converge(READER);
        assert!(lab.text(&made).contains("changed outside"), "{}", lab.text(&made));
        assert!(lab.try_as("reader", "app", "SELECT 1").is_ok(), "the stored password is the server's again");
    });
}

#[test]
fn an_external_role_is_a_member_and_its_own_grants_are_left_alone() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.tenant.sql("postgres", "CREATE ROLE {p}source");
        lab.tenant.sql(
            "app",
            "GRANT USAGE ON SCHEMA billing TO {p}source; GRANT SELECT ON billing.orders TO {p}source",
        );
        let config = r#"
            role "market" {
              resource    = postgres.main
              name        = "{p}market"
              type        = "external"
              source_role = "{p}source"
            }"#;
        lab.converge(config);
        assert!(lab.try_as("market", "app", "SELECT * FROM billing.orders").is_ok());
        lab.tenant.sql("app", "GRANT SELECT ON billing.invoices TO {p}market");
        assert!(lab.plan(config).is_noop(), "direct grants of external roles are left alone");
        lab.tenant.sql("postgres", "REVOKE {p}source FROM {p}market");
        lab.converge(config);
        lab.converge("");
    });
}

#[test]
fn what_does_not_exist_is_an_error_before_anything_is_touched() {
    let cluster = Cluster::newest();
    let lab = company(cluster);
    let cases = [
        ("scopes = [\"{p}nowhere\"]", "PLN008"),
        ("scopes = [\"{p}app.biling\"]", "PLN009"),
        ("scopes = [\"{p}app.billing.ordres\"]", "PLN010"),
        ("member_of = [\"{p}nobody\"]\n  scopes = [\"{p}app\"]", "PLN005"),
    ];
    for (scopes, code) in cases {
        let config = READER.replace("scopes     = [\"{p}app.billing\"]", scopes);
        let messages = lab.try_plan(&config, engine::resolve::Options::default()).expect_err(code);
        assert!(messages.contains(code), "{code} is not in {messages}");
    }
}

#[test]
fn a_protected_role_and_one_that_owns_objects_are_not_dropped() {
    let cluster = Cluster::newest();
    let lab = company(cluster);
    let protected = READER.replace("  scopes ", "  lifecycle { prevent_destroy = true }\n  scopes ");
    lab.converge(&protected);
    let messages = lab.try_plan("", engine::resolve::Options::default()).expect_err("it is protected");
    assert!(messages.contains("PLN006"), "{messages}");
    lab.converge(READER);
    lab.tenant.sql("app", "CREATE TABLE billing.own (id int); ALTER TABLE billing.own OWNER TO {p}reader");
    let messages = lab.try_plan("", engine::resolve::Options::default()).expect_err("it owns a table");
    assert!(messages.contains("PLN007") && messages.contains("billing.own"), "{messages}");
}

#[test]
fn a_renamed_role_keeps_what_it_holds() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(READER);
        let made = lab.converge(&READER.replace("{p}reader", "{p}lector"));
        assert!(lab.sql(&made)[0].contains("RENAME TO {p}lector"), "{}", lab.text(&made));
        assert_eq!(made.summary().destroy, 0, "{}", lab.text(&made));
    });
}
