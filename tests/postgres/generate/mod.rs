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
