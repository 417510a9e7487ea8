//! `generate` on servers that nobody kept tidy: the plan after it only takes over.
//!
//! Servers are private, since generated configuration is about every role of a server.
//! Invariant: what is generated from a server changes nothing on it, and after the apply the
//! next plan is empty.

use engine::change::Action;
use engine::plan::Plan;
use test_support::cluster::Cluster;
use test_support::servers;

use crate::lab::Lab;

const MESSY: &str = include_str!("messy.sql");

const OLD_DATA: &str = r#"
CREATE TABLE t (id int); CREATE TABLE u (id int);
GRANT SELECT ON t, u TO clerk, lonely;
CREATE SCHEMA s; CREATE TABLE s.a (id int); CREATE TABLE s.b (id int);
CREATE SCHEMA own AUTHORIZATION owner_a;
GRANT USAGE ON SCHEMA s TO lonely; GRANT SELECT ON ALL TABLES IN SCHEMA s TO lonely;
"#;

/// What only newer versions can grant.
const SINCE: [(u16, &str); 4] = [
    (
        15,
        "GRANT SET ON PARAMETER work_mem, app.motto TO clerk; GRANT ALTER SYSTEM ON PARAMETER log_statement TO auditor WITH GRANT OPTION",
    ),
    (
        16,
        "GRANT owner_b TO clerk WITH INHERIT FALSE, SET FALSE; GRANT auditor TO head WITH ADMIN TRUE; SET ROLE head; GRANT auditor TO clerk; GRANT auditor TO ana",
    ),
    (17, "GRANT MAINTAIN ON billing.orders TO clerk; GRANT pg_maintain TO auditor"),
    (
        18,
        "ALTER DEFAULT PRIVILEGES FOR ROLE owner_a GRANT SELECT ON LARGE OBJECTS TO auditor; ALTER DEFAULT PRIVILEGES FOR ROLE owner_b GRANT UPDATE ON LARGE OBJECTS TO clerk WITH GRANT OPTION",
    ),
];

fn messy(version: u16) -> Cluster {
    let cluster = Cluster::private(version, &[]);
    cluster.sql("postgres", "CREATE DATABASE app");
    cluster.sql("postgres", "CREATE DATABASE \"Old Data\"");
    cluster.sql("postgres", "CREATE DATABASE closed");
    cluster.sql("app", MESSY);
    cluster.sql("Old Data", OLD_DATA);
    cluster.sql("postgres", "ALTER DATABASE \"Old Data\" OWNER TO owner_a");
    cluster.sql(
        "postgres",
        "GRANT CONNECT ON DATABASE closed TO lonely; ALTER DATABASE closed ALLOW_CONNECTIONS false",
    );
    for (since, sql) in SINCE {
        if version >= since {
            cluster.sql("app", sql);
        }
    }
    cluster
}

/// Whether a plan does nothing but take over what is there.
pub(crate) fn takes_over(made: &Plan) -> bool {
    !made.is_noop()
        && made.resources.values().all(|plan| {
            let roles = plan.changes.roles.iter().map(|change| change.action);
            let memberships = plan.changes.memberships.iter().map(|change| change.action);
            let grants =
                plan.changes.grants.iter().flat_map(|change| &change.entries).map(|entry| entry.action);
            let owners = plan.changes.owners.iter().map(|change| change.action);
            let mut all = roles.chain(memberships).chain(owners).chain(grants);
            plan.stages.is_empty() && all.all(|action| action == Action::Adopt)
        })
}

/// An administrator that is a member of one owner, may act as a holder of grant options, holds some
/// itself, and has granted by options that it has and that it has lost.
const LIMITED: &str = "
    CREATE ROLE boss LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE aide; CREATE ROLE o; CREATE ROLE p;
    CREATE ROLE r; CREATE ROLE q; CREATE ROLE team; CREATE ROLE club; GRANT o, aide TO boss; GRANT team, club, r, q TO boss WITH ADMIN OPTION;
    CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC;
    CREATE TABLE s.o (a int); ALTER TABLE s.o OWNER TO o; CREATE TABLE s.o2 (a int); ALTER TABLE s.o2 OWNER TO o;
    CREATE TABLE s.p (a int, b int); ALTER TABLE s.p OWNER TO p; CREATE TABLE s.p2 (a int); ALTER TABLE s.p2 OWNER TO p;
    CREATE TABLE s.p3 (a int); ALTER TABLE s.p3 OWNER TO p; CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION s.f() OWNER TO p;
    SET ROLE o; GRANT SELECT ON s.o TO boss, aide WITH GRANT OPTION; GRANT INSERT, SELECT ON s.o, s.o2 TO r; RESET ROLE;
    SET ROLE boss; GRANT SELECT ON s.o TO r WITH GRANT OPTION; RESET ROLE; SET ROLE aide; GRANT SELECT ON s.o TO q; RESET ROLE;
    SET ROLE p; GRANT SELECT, UPDATE ON s.p, s.p2, s.p3 TO boss, aide WITH GRANT OPTION; GRANT SELECT (a) ON s.p TO r;
    GRANT SELECT ON s.p TO r; GRANT EXECUTE ON FUNCTION s.f() TO aide WITH GRANT OPTION; RESET ROLE;
    SET ROLE boss; GRANT SELECT, UPDATE ON s.p TO r; GRANT SELECT ON s.p, s.p2 TO q; GRANT UPDATE (b) ON s.p TO q;
    GRANT UPDATE ON s.p3 TO r WITH GRANT OPTION; GRANT team TO r; RESET ROLE;
    SET ROLE aide; GRANT UPDATE ON s.p2 TO q, r; GRANT EXECUTE ON FUNCTION s.f() TO q; RESET ROLE; GRANT team TO q; GRANT club TO q WITH ADMIN OPTION;
    GRANT r TO boss; SET ROLE p; REVOKE UPDATE ON s.p2 FROM boss; RESET ROLE;";

#[test]
fn what_a_limited_administrator_finds_stays_as_it_is() {
    for version in servers::chosen() {
        let cluster = Cluster::private(version, &[]);
        let lab = Lab::beside(&cluster, String::new());
        cluster.sql("postgres", "CREATE DATABASE app");
        cluster.sql("app", LIMITED);
        if version >= 16 {
            cluster.sql("app", "SET ROLE boss; GRANT team TO q; RESET ROLE; GRANT club TO r; SET ROLE q; GRANT club TO r WITH INHERIT FALSE");
        }
        let lab = lab.administered_by("boss", "secret");
        let text = lab.generate("");
        let made = lab.plan(&text);
        assert!(takes_over(&made), "{text}\n{}", lab.text(&made));
        lab.converge(&text);
        // Owners are never named, and others only where nobody would guess them.
        assert!(!text.contains("granted_by = role.club_and_others"), "{text}");
    }
}

#[test]
fn a_messy_server_is_taken_over_as_it_is() {
    for version in servers::chosen() {
        let cluster = messy(version);
        // Whoever may only look finds the same, and would change as little.
        let limited = Lab::new(&cluster);
        limited.tenant.sql("postgres", "CREATE ROLE {p}boss LOGIN CREATEROLE PASSWORD 'secret'");
        let limited = limited.administered_by("boss", "secret");
        let text = limited.generate("");
        let made = limited.plan(&text);
        assert!(takes_over(&made), "{text}\n{}", limited.text(&made));
        limited.converge(&text);
        limited.tenant.sql("postgres", "DROP ROLE {p}boss");

        let lab = Lab::new(&cluster);
        let text = lab.generate("");
        assert!(text.contains("schema \"billing\" {"), "{text}");
        // What belongs to a role has a block, also where its database belongs to that role, and what
        // belongs to whoever that is has none.
        assert!(text.contains("schema \"own\" {") && !text.contains("schema \"public\""), "{text}");
        let made = lab.plan(&text);
        assert!(takes_over(&made), "{text}\n{}", lab.text(&made));
        lab.converge(&text);
        // What was there can be made again from what was generated, also what stands on it.
        cluster.sql("app", "DROP OWNED BY clerk");
        lab.converge(&text);
        // What is declared now is not generated again.
        let again = lab.generate(&text);
        assert!(!again.contains("\nrole "), "{again}");
        // Adopted is managed: what is granted by hand now is drift.
        cluster.sql("app", "GRANT DELETE ON stock.items TO lonely; SET ROLE head; REVOKE SELECT ON billing.orders FROM \"12345\"");
        let healed = lab.converge(&text);
        assert!(lab.text(&healed).contains("changed outside"), "{}", lab.text(&healed));
    }
}

/// HCL makes é one character: the name with two would mean somebody else.
#[test]
fn names_that_a_configuration_would_change_are_left_out() {
    for version in servers::chosen() {
        let cluster = Cluster::private(version, &[]);
        cluster.sql("postgres", "CREATE DATABASE app");
        cluster.sql(
            "app",
            r#"CREATE ROLE U&"e\0301"; CREATE ROLE U&"\00e9"; CREATE ROLE holder; CREATE ROLE owner_e; CREATE ROLE noted;
               COMMENT ON ROLE noted IS U&'e\0301'; CREATE SCHEMA U&"e\0301" AUTHORIZATION owner_e;
               CREATE TABLE U&"e\0301" (a int); CREATE TABLE U&"\00e9" (a int);
               GRANT SELECT ON U&"e\0301" TO holder; GRANT SELECT ON U&"\00e9" TO owner_e, U&"\00e9""#,
        );
        let lab = Lab::new(&cluster);
        let text = lab.generate("");
        assert!(
            text.contains("form NFC, as all texts of a configuration are: e\u{301}, holder, noted."),
            "{text}"
        );
        let made = lab.plan(&text);
        assert!(takes_over(&made), "{text}\n{}", lab.text(&made));
        lab.converge(&text);
    }
}
