//! A role, the same role with more, and the two tables that they are about.
//!
//! What tests share that look at an apply from beside it. Not here: who interferes (`between`).
//! Invariant: one plan leads from `READER` to `WRITER`.

use test_support::cluster::Cluster;

use crate::lab::Lab;

/// Reads a schema.
pub(crate) const READER: &str = r#"
role "reader" {
  resource   = postgres.main
  name       = "{p}reader"
  scopes     = ["{p}app.s"]
  privileges = ["SELECT"]
}
"#;

/// The same role, which writes to one of its tables too.
pub(crate) const WRITER: &str = r#"
role "reader" {
  resource   = postgres.main
  name       = "{p}reader"
  scopes     = ["{p}app.s"]
  privileges = ["SELECT"]
  grant {
    database   = "{p}app"
    schemas    = ["s"]
    tables     = ["t"]
    privileges = ["INSERT"]
  }
}
"#;

/// A project on a server with two tables.
pub(crate) fn company<'a>(cluster: &'a Cluster) -> Lab<'a> {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.sql("app", "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE s.u (id int)");
    lab.tenant.sql("postgres", "CREATE ROLE {p}heir");
    lab
}
