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
        lab.converge(
            r#"
            role "writer" {
              resource = postgres.main
              name     = "{p}writer"
              grant {
                database   = "{p}app"
                schemas    = ["billing"]
                tables     = ["orders"]
                privileges = ["SELECT", "INSERT"]
              }
            }"#,
        );
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
