//! Administrators that grant as somebody else: as the owner where the server would take another for
//! the grantor, or whose powers they only have by SET ROLE, and as roles with grant options.
//!
//! Random ones of these are in `rivals`. Not here: who is refused (`admins`, `introspect::preflight`).
//! Invariant: the next plan is empty, and everything goes again.

use test_support::cluster::Cluster;

use super::role;
use crate::lab::Lab;

const START: &str = "
    CREATE ROLE {p}g; CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE {p}o; CREATE ROLE {p}p;
    CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC; CREATE TABLE s.t (a int, b int); CREATE TABLE s.u (a int); CREATE TABLE s.v (a int);
    ALTER TABLE s.t OWNER TO {p}o; ALTER TABLE s.u OWNER TO {p}o; ALTER TABLE s.v OWNER TO {p}p;
    ALTER DATABASE {p}app OWNER TO {p}admin; ALTER SCHEMA s OWNER TO {p}admin;";

/// Reads all three tables, as two owners have them.
const READS: &str =
    "grant {\ndatabase = \"{p}app\"\nschemas = [\"s\"]\ntables = [\"*\"]\nprivileges = [\"SELECT\"]\n}";

/// Applies as the administrator, and compares what was run about tables and default privileges.
#[track_caller]
fn check(setup: &str, inside: &str, expected: impl Fn(u16) -> &'static [&'static str]) {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", START);
        lab.tenant.sql("app", setup);
        let lab = lab.administered_by("admin", "secret");
        let config = role(&format!("login = false\n{inside}"));
        let sql = lab.sql(&lab.converge(&config));
        let about = |sql: &&String| {
            ["ROLE {p}o", "ROLE {p}p", "ROLE {p}g", "ROLE pg_", "RESET", " ON TABLE", " ON SCHEMA public"]
                .iter()
                .any(|part| sql.contains(part))
        };
        let sql: Vec<&String> = sql.iter().filter(about).collect();
        assert_eq!(sql, expected(cluster.version), "on PostgreSQL {}", cluster.version);
        lab.converge(&role("login = false"));
        lab.converge("");
    });
}

#[test]
fn who_has_the_owners_powers_and_no_rivals_acts_for_itself() {
    check("GRANT {p}o, {p}p, {p}g TO {p}admin; GRANT INSERT ON s.t TO {p}g WITH GRANT OPTION", READS, |_| {
        &["GRANT SELECT ON TABLE s.t, s.u, s.v TO {p}r"]
    });
}

#[test]
fn only_where_there_are_rivals_somebody_else_acts() {
    let setup = "GRANT {p}o, {p}p, {p}g TO {p}admin; GRANT SELECT ON s.t TO {p}g WITH GRANT OPTION";
    check(setup, READS, |_| {
        &[
            "GRANT SELECT ON TABLE s.u, s.v TO {p}r",
            "SET LOCAL ROLE {p}o",
            "GRANT SELECT ON TABLE s.t TO {p}r",
            "RESET ROLE",
        ]
    });
    // More is granted than the rival may.
    check(setup, &READS.replace("\"SELECT\"", "\"SELECT\", \"INSERT\""), |_| {
        &["GRANT SELECT, INSERT ON TABLE s.t, s.u, s.v TO {p}r"]
    });
}

/// Without the owner's privileges, and able to SET ROLE.
#[test]
fn who_may_only_become_the_owner_becomes_it() {
    let apart = |of: &str| {
        format!(
            "DO $$ BEGIN IF current_setting('server_version_num')::int < 160000 THEN
                 ALTER ROLE {{p}}admin NOINHERIT; GRANT {of} TO {{p}}admin;
             ELSE EXECUTE 'GRANT {of} TO {{p}}admin WITH INHERIT FALSE'; END IF; END $$;"
        )
    };
    check(&apart("{p}o, {p}p"), READS, |_| {
        &[
            "SET LOCAL ROLE {p}o",
            "GRANT SELECT ON TABLE s.t, s.u TO {p}r",
            "RESET ROLE",
            "SET LOCAL ROLE {p}p",
            "GRANT SELECT ON TABLE s.v TO {p}r",
            "RESET ROLE",
        ]
    });
    let future = "grant {\ndatabase = \"{p}app\"\nschemas = [\"s\"]\ntables = []\nprivileges = [\"SELECT\"]\nfuture { creators = [\"{p}o\"] }\n}";
    check(&apart("{p}o"), future, |version| {
        if version < 16 {
            &["ALTER DEFAULT PRIVILEGES FOR ROLE {p}o IN SCHEMA s GRANT SELECT ON TABLES TO {p}r"]
        } else {
            &[
                "SET LOCAL ROLE {p}o",
                "ALTER DEFAULT PRIVILEGES FOR ROLE {p}o IN SCHEMA s GRANT SELECT ON TABLES TO {p}r",
                "RESET ROLE",
            ]
        }
    });
}

/// Options of its own come first, then those of roles that it may act as.
#[test]
fn who_is_not_the_owner_grants_by_the_options_there_are() {
    check(
        "GRANT {p}g TO {p}admin; GRANT SELECT ON s.t, s.u, s.v TO {p}g WITH GRANT OPTION; GRANT SELECT ON s.u TO {p}admin WITH GRANT OPTION",
        READS,
        |_| {
            &[
                "GRANT SELECT ON TABLE s.u TO {p}r",
                "SET LOCAL ROLE {p}g",
                "GRANT SELECT ON TABLE s.t, s.v TO {p}r",
                "RESET ROLE",
            ]
        },
    );
}

/// The owner of a database is a member of the owner of its schema, and has an option of its own.
#[test]
fn pg_database_owner_is_acted_for_by_its_only_member() {
    let creates = "grant {\ndatabase = \"{p}app\"\nschemas = [\"public\"]\nprivileges = [\"CREATE\"]\n}";
    let setup = "DO $$ BEGIN IF current_setting('server_version_num')::int < 150000 THEN
             ALTER SCHEMA public OWNER TO {p}admin;
         ELSE
             SET ROLE pg_database_owner; GRANT CREATE ON SCHEMA public TO {p}admin WITH GRANT OPTION; RESET ROLE;
         END IF; END $$;";
    check(setup, creates, |version| {
        if version < 15 {
            &["GRANT CREATE ON SCHEMA public TO {p}r"]
        } else {
            &["SET LOCAL ROLE pg_database_owner", "GRANT CREATE ON SCHEMA public TO {p}r", "RESET ROLE"]
        }
    });
}

/// A role that is lent an option is a rival while it has it.
#[test]
fn what_is_lent_is_taken_back_as_the_owner() {
    let lapsed = "GRANT {p}o, {p}p, {p}g TO {p}admin; CREATE ROLE {p}r; GRANT {p}r TO {p}admin WITH ADMIN OPTION;
        GRANT INSERT ON s.t TO {p}g WITH GRANT OPTION; SET ROLE {p}g; GRANT INSERT ON s.t TO {p}r WITH GRANT OPTION; RESET ROLE;
        SET ROLE {p}admin; GRANT {p}r TO {p}g; RESET ROLE; REVOKE INSERT ON s.t FROM {p}g;";
    check(lapsed, "adopt = true", |_| {
        &[
            "SET LOCAL ROLE {p}o",
            "GRANT INSERT ON TABLE s.t TO {p}g WITH GRANT OPTION",
            "RESET ROLE",
            "SET LOCAL ROLE {p}g",
            "REVOKE INSERT ON TABLE s.t FROM {p}r",
            "RESET ROLE",
            "SET LOCAL ROLE {p}o",
            "REVOKE INSERT ON TABLE s.t FROM {p}g",
            "RESET ROLE",
        ]
    });
}

/// A schema that the administrator gives away is granted on as its new owner.
#[test]
fn a_schema_is_granted_on_as_the_owner_that_it_gets() {
    let creates = "grant {\ndatabase = \"{p}app\"\nschemas = [\"public\"]\nprivileges = [\"CREATE\"]\n}\n}\n\
         schema \"public\" {\nresource = postgres.main\ndatabase = \"{p}app\"\nname = \"public\"\nowner = \"{p}p\"";
    let setup = "ALTER SCHEMA public OWNER TO {p}admin; GRANT {p}p, {p}g TO {p}admin; GRANT CREATE ON DATABASE {p}app TO {p}p;
        SET ROLE {p}admin; GRANT CREATE ON SCHEMA public TO {p}g WITH GRANT OPTION;";
    check(setup, creates, |_| {
        &["SET LOCAL ROLE {p}p", "GRANT CREATE ON SCHEMA public TO {p}r", "RESET ROLE"]
    });
}
