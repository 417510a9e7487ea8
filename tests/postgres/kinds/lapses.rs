//! Grants whose grantors have lost the option for them, which PostgreSQL itself leaves behind.
//!
//! The owner lends the option for as long as the revocation takes. Not here: an administrator who
//! may not act as the owner, and hints (`introspect::preflight`). Invariant: who is not in the run
//! holds afterwards what it held before, entry by entry.

use engine::resolve::Options;
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;

use super::role;
use crate::lab::Lab;

/// Versions between which nothing changed here.
const VERSIONS: [u16; 3] = [13, 15, 18];

const OBJECTS: &str = "
    CREATE ROLE {p}g; CREATE ROLE {p}o; CREATE ROLE {p}stranger; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO {p}g, {p}o;
    CREATE TABLE s.by_column (a int, b int); CREATE TABLE s.circle (a int); CREATE TABLE s.keeps (a int);
    CREATE TABLE s.owned (a int); ALTER TABLE s.owned OWNER TO {p}o; CREATE TABLE s.mixed (a int);
    CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE s.shared (a int);";

/// The grantor loses the option on the table, and keeps a grant on one of the columns.
const BY_COLUMN: &str = "
    GRANT SELECT, UPDATE ON s.by_column TO {p}g WITH GRANT OPTION; SET ROLE {p}g;
    GRANT SELECT (a, b), UPDATE (a) ON s.by_column TO {p}r; RESET ROLE;
    REVOKE ALL ON s.by_column FROM {p}g; GRANT SELECT (a) ON s.by_column TO {p}g;";

/// The grantor is a member of its grantee, and loses the option on everything, or half of it.
const CIRCLES: &str = "
    GRANT SELECT ON s.circle, s.keeps, s.owned TO {p}g WITH GRANT OPTION;
    GRANT SELECT, INSERT ON s.mixed TO {p}g WITH GRANT OPTION;
    GRANT EXECUTE ON FUNCTION s.f() TO {p}g WITH GRANT OPTION; GRANT TEMPORARY ON DATABASE {p}app TO {p}g WITH GRANT OPTION;
    SET ROLE {p}g; GRANT SELECT ON s.circle, s.keeps, s.owned TO {p}r WITH GRANT OPTION;
    GRANT SELECT, INSERT ON s.mixed TO {p}r WITH GRANT OPTION; GRANT INSERT ON s.mixed TO {p}stranger;
    GRANT EXECUTE ON FUNCTION s.f() TO {p}r WITH GRANT OPTION; GRANT TEMPORARY ON DATABASE {p}app TO {p}r WITH GRANT OPTION;
    RESET ROLE; GRANT {p}r TO {p}g; GRANT {p}o TO {p}g;
    REVOKE SELECT ON s.circle, s.mixed, s.owned FROM {p}g; REVOKE GRANT OPTION FOR SELECT ON s.keeps FROM {p}g;
    REVOKE EXECUTE ON FUNCTION s.f() FROM {p}g; REVOKE TEMPORARY ON DATABASE {p}app FROM {p}g;";

/// Somebody else holds the same by the same grantor.
const SHARED: &str = "
    GRANT SELECT ON s.shared TO {p}g WITH GRANT OPTION; SET ROLE {p}g;
    GRANT SELECT (a) ON s.shared TO {p}r, {p}stranger; RESET ROLE; REVOKE SELECT ON s.shared FROM {p}g;";

/// A run on a server where something drifted after the first apply.
#[track_caller]
fn drifted(drift: &str, act: impl Fn(&Lab<'_>)) {
    Cluster::on_each_version(|cluster| {
        if VERSIONS.contains(&cluster.version) {
            let lab = Lab::new(cluster);
            lab.tenant.database("app");
            lab.tenant.sql("app", OBJECTS);
            lab.converge(&role(""));
            lab.tenant.sql("app", drift);
            act(&lab);
        }
    });
}

/// The entries of everybody but the managed role.
fn of_others(tenant: &Tenant<'_>) -> Vec<Option<String>> {
    let acls = "SELECT item FROM (
            SELECT relname || ' ' || unnest(relacl) FROM pg_class WHERE relnamespace = 's'::regnamespace
            UNION ALL SELECT c.relname || '.' || attname || ' ' || unnest(attacl) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            UNION ALL SELECT proname || ' ' || unnest(proacl) FROM pg_proc WHERE pronamespace = 's'::regnamespace
            UNION ALL SELECT datname || ' ' || unnest(datacl) FROM pg_database WHERE datname = '{p}app'
        ) AS acls (item) WHERE item NOT LIKE '% {p}r=%' ORDER BY 1";
    tenant.query("app", acls).into_iter().map(|mut row| row.remove(0)).collect()
}

#[test]
fn the_owner_lends_the_option_and_takes_it_back() {
    drifted(&format!("{BY_COLUMN} {CIRCLES}"), |lab| {
        let before = of_others(&lab.tenant);
        let made = lab.converge(&role(""));
        let left = "SELECT count(*) FROM pg_shdepend WHERE refobjid = '{p}r'::regrole";
        assert_eq!(lab.tenant.query("app", left)[0][0].as_deref(), Some("0"), "{}", lab.text(&made));
        assert_eq!(of_others(&lab.tenant), before, "{}", lab.text(&made));
    });
}

#[test]
fn what_would_stand_on_the_loan_is_named() {
    drifted(SHARED, |lab| {
        let refused = lab.refusal(&role(""), Options::default());
        assert!(refused.contains("PGS203") && refused.contains("{p}stranger"), "{refused}");
        // By hand, as the hint says.
        lab.tenant.sql("app", "GRANT SELECT (a) ON TABLE s.shared TO {p}g WITH GRANT OPTION");
        lab.converge(&role(""));
    });
}

/// `granted_by` names who has the option, by whatever came to be so, or keeps what stands.
#[test]
fn who_shall_grant_must_have_the_option() {
    let grant = |on: &str, more: &str| {
        format!(
            "grant {{\ndatabase = \"{{p}}app\"\nschemas = [\"s\"]\n{on}\nprivileges = [\"SELECT\"]\n{more}\n}}"
        )
    };
    let (tables, column) = ("tables = [\"shared\"]", "tables = [\"shared\"]\ncolumns = [\"a\"]");
    let by_g = role(&grant(column, "granted_by = \"{p}g\""));
    drifted("GRANT SELECT ON s.shared TO {p}stranger", |lab| {
        let refused = |config: &str| {
            let said = lab.refusal(config, Options::default());
            assert!(said.starts_with("PLN042") && said.lines().count() == 1, "{said}");
        };
        refused(&by_g);
        lab.tenant.sql("app", "GRANT SELECT ON s.shared TO {p}g WITH GRANT OPTION");
        lab.converge(&by_g);
        // The option goes, and what stands is what is wanted.
        lab.tenant.sql("app", "REVOKE SELECT ON s.shared FROM {p}g");
        assert!(lab.plan(&by_g).is_noop());
        lab.tenant.sql("app", "ALTER ROLE {p}stranger SUPERUSER");
        refused(&by_g.replace("{p}g", "{p}stranger"));
        // A role of the same plan gets it first, and must not lose it.
        let giver = |grant: &str| {
            format!("role \"b\" {{\nresource = postgres.main\nname = \"{{p}}b\"\n{grant}\n}}\n")
        };
        let by_b = by_g.replace("{p}g", "{p}b");
        let option = giver(&grant(tables, "grant_option = true"));
        lab.converge(&format!("{option}{by_b}"));
        refused(&format!("{}{by_b}", giver("")));
    });
}
