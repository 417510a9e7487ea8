//! Grants that the configuration never mentions, in databases that it never names.
//!
//! Invariant: when a plan is applied, a managed role stands in no ACL of the server but those
//! that are declared.

use test_support::cluster::Cluster;

use super::role;
use crate::lab::Lab;

/// Everything that can be granted on, system objects among it.
const ANYTHING: &[&str] = &[
    "CREATE SCHEMA s; GRANT ALL ON SCHEMA s TO {p}r",
    "CREATE TABLE s.t (a int, b int); GRANT SELECT ON s.t TO {p}r WITH GRANT OPTION",
    "CREATE TABLE s.c (a int, b int); GRANT UPDATE (b) ON s.c TO {p}r",
    "CREATE VIEW s.v AS SELECT 1 AS a; GRANT SELECT ON s.v TO {p}r",
    "CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS a; GRANT SELECT ON s.m TO {p}r",
    "CREATE TABLE s.p (a int) PARTITION BY LIST (a); CREATE TABLE s.p1 PARTITION OF s.p DEFAULT; GRANT INSERT ON s.p, s.p1 TO {p}r",
    "CREATE SEQUENCE s.q; GRANT USAGE ON SEQUENCE s.q TO {p}r; GRANT SELECT (last_value) ON s.q TO {p}r",
    "CREATE FUNCTION s.f(int, s.t) RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION s.f TO {p}r",
    "CREATE PROCEDURE s.p() LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON PROCEDURE s.p TO {p}r",
    "CREATE AGGREGATE s.total(int) (sfunc = int4pl, stype = int); GRANT EXECUTE ON FUNCTION s.total TO {p}r",
    "CREATE TYPE s.mood AS ENUM ('good'); GRANT USAGE ON TYPE s.mood TO {p}r",
    "CREATE TYPE s.span AS RANGE (subtype = int); GRANT USAGE ON TYPE s.span TO {p}r; GRANT USAGE ON TYPE s.t TO {p}r",
    "CREATE DOMAIN s.age AS int; GRANT USAGE ON DOMAIN s.age TO {p}r",
    "GRANT USAGE ON LANGUAGE plpgsql TO {p}r",
    "CREATE FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN DATA WRAPPER w TO {p}r",
    "CREATE SERVER remote FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN SERVER remote TO {p}r",
    "CREATE FOREIGN TABLE s.ft (a int) SERVER remote; GRANT SELECT ON s.ft TO {p}r",
    "SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO {p}r",
    "GRANT SELECT ON pg_catalog.pg_authid TO {p}r; GRANT SELECT (rolpassword) ON pg_catalog.pg_authid TO {p}r",
    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO {p}r; GRANT USAGE ON TYPE pg_catalog.int4 TO {p}r",
    "GRANT USAGE ON SCHEMA information_schema TO {p}r; GRANT SELECT ON information_schema.tables TO {p}r",
    "GRANT CREATE ON DATABASE {p}other TO {p}r",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT SELECT ON TABLES TO {p}r; ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT USAGE ON SCHEMAS TO {p}r",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker IN SCHEMA s GRANT EXECUTE ON ROUTINES TO {p}r WITH GRANT OPTION",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker IN SCHEMA s GRANT USAGE ON TYPES TO {p}r; ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker IN SCHEMA s GRANT USAGE ON SEQUENCES TO {p}r",
];

const LEFT: &str = "SELECT count(*) FROM pg_shdepend WHERE refobjid = '{p}r'::regrole";

#[test]
fn nothing_that_a_managed_role_holds_is_overlooked() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        for name in ["app", "other"] {
            lab.tenant.database(name);
        }
        lab.tenant.sql("app", "CREATE TABLE t (a int)");
        let config = role("scopes = [\"{p}app\"]\nprivileges = [\"SELECT\"]");
        lab.converge(&config);
        let before = lab.tenant.query("app", LEFT);
        lab.tenant.sql("other", "CREATE ROLE {p}maker");
        for sql in ANYTHING {
            lab.tenant.sql("other", sql);
        }
        if cluster.version >= 15 {
            lab.tenant.sql("other", "GRANT SET, ALTER SYSTEM ON PARAMETER log_duration, {p}.custom TO {p}r");
        }
        if cluster.version >= 17 {
            lab.tenant.sql("other", "GRANT MAINTAIN ON s.t TO {p}r");
        }
        if cluster.version >= 18 {
            lab.tenant.sql(
                "other",
                "ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT SELECT ON LARGE OBJECTS TO {p}r",
            );
        }
        assert_ne!(lab.tenant.query("app", LEFT), before);
        let made = lab.converge(&config);
        assert_eq!(lab.tenant.query("app", LEFT), before, "{}", lab.text(&made));
    });
}

#[test]
fn a_closed_database_where_the_role_holds_something_is_said() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        for name in ["app", "closed"] {
            lab.tenant.database(name);
        }
        lab.converge(&role(""));
        lab.tenant.sql("closed", "CREATE TABLE t (a int); GRANT SELECT ON t TO {p}r");
        lab.tenant.sql("postgres", "ALTER DATABASE {p}closed ALLOW_CONNECTIONS false");
        let (made, said) = lab.plan_and_messages(&role(""), engine::resolve::Options::default());
        assert!(made.is_some_and(|plan| plan.is_noop()));
        assert!(said.contains("PLN031"), "{said}");
    });
}
