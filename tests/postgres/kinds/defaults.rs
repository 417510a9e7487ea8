//! Default privileges: what a creator's objects to come will grant, on every kind that has them.
//!
//! Invariant: the creator makes an object after each step, and the ACL that it was born with tells.

use test_support::cluster::Cluster;

use super::role;
use crate::lab::Lab;

struct Future {
    since: u16,
    /// The selector, in one schema or in all.
    selector: &'static str,
    privilege: &'static str,
    /// As ALTER DEFAULT PRIVILEGES names the kind, with its schema.
    sql: &'static str,
    /// Makes an object; `%` is a name.
    make: &'static str,
    /// Whether the role holds the privilege on it.
    holds: &'static str,
}

#[track_caller]
fn check(future: &Future) {
    Cluster::on_each_version(|cluster| {
        if cluster.version < future.since {
            return;
        }
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        let setup = "CREATE ROLE {p}maker; GRANT CREATE ON DATABASE {p}app TO {p}maker; CREATE SCHEMA s; \
                     GRANT ALL ON SCHEMA s TO {p}maker; \
                     ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker REVOKE ALL ON ROUTINES FROM PUBLIC; \
                     ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker REVOKE ALL ON TYPES FROM PUBLIC";
        lab.tenant.sql("app", setup);
        let config = role(&format!(
            "grant {{\ndatabase = \"{{p}}app\"\n{}\nprivileges = [\"{}\"]\nfuture {{ creators = [\"{{p}}maker\"] }}\n}}",
            future.selector, future.privilege
        ));
        let born = |name: &str| {
            let make = future.make.replace('%', name);
            lab.tenant.sql("app", &format!("SET ROLE {{p}}maker; {make}"));
            lab.tenant.query("app", &future.holds.replace('%', name))[0][0].clone()
        };
        let rows = || {
            lab.tenant
                .query("app", "SELECT count(*) FROM pg_default_acl WHERE defaclacl::text LIKE '%{p}r=%'")
        };
        lab.converge(&config);
        assert_eq!(born("first").as_deref(), Some("t"), "declared");
        lab.converge(&config);
        let (on, by) = (
            future.sql,
            format!(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {{p}}maker {}",
                future.sql.split(" ON ").next().unwrap_or("")
            ),
        );
        let kind = on.split(" ON ").nth(1).unwrap_or(on);
        lab.tenant.sql("app", &format!("{by} REVOKE ALL ON {kind} FROM {{p}}r"));
        assert_eq!(born("second").as_deref(), Some("f"), "revoked by hand");
        lab.converge(&config);
        assert_eq!(born("third").as_deref(), Some("t"), "healed");
        lab.tenant.sql("app", &format!("{by} GRANT ALL ON {kind} TO {{p}}r WITH GRANT OPTION"));
        lab.converge(&config);
        lab.converge(&role(""));
        assert_eq!(born("fourth").as_deref(), Some("f"), "removed");
        lab.converge(&role(""));
        assert_eq!(rows()[0][0].as_deref(), Some("0"));
        lab.converge("");
    });
}

#[test]
fn tables_in_a_schema() {
    check(&Future {
        since: 13,
        selector: "schemas = [\"s\"]\ntables = [\"*\"]",
        privilege: "SELECT",
        sql: "IN SCHEMA s ON TABLES",
        make: "CREATE TABLE s.% (a int)",
        holds: "SELECT has_table_privilege('{p}r', 's.%', 'SELECT')",
    });
}

#[test]
fn tables_everywhere() {
    check(&Future {
        since: 13,
        selector: "schemas = [\"*\"]\ntables = [\"*\"]",
        privilege: "INSERT",
        sql: " ON TABLES",
        make: "CREATE TABLE s.% (a int)",
        holds: "SELECT has_table_privilege('{p}r', 's.%', 'INSERT')",
    });
}

#[test]
fn sequences() {
    check(&Future {
        since: 13,
        selector: "schemas = [\"s\"]\nsequences = [\"*\"]",
        privilege: "USAGE",
        sql: "IN SCHEMA s ON SEQUENCES",
        make: "CREATE SEQUENCE s.%",
        holds: "SELECT has_sequence_privilege('{p}r', 's.%', 'USAGE')",
    });
}

#[test]
fn routines() {
    check(&Future {
        since: 13,
        selector: "schemas = [\"s\"]\nfunctions = [\"*\"]",
        privilege: "EXECUTE",
        sql: "IN SCHEMA s ON ROUTINES",
        make: "CREATE FUNCTION s.%() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        holds: "SELECT has_function_privilege('{p}r', 's.%()', 'EXECUTE')",
    });
}

#[test]
fn routines_everywhere() {
    check(&Future {
        since: 13,
        selector: "schemas = [\"*\"]\nfunctions = [\"*\"]",
        privilege: "EXECUTE",
        sql: " ON ROUTINES",
        make: "CREATE PROCEDURE s.%() LANGUAGE sql AS 'SELECT 1'",
        holds: "SELECT has_function_privilege('{p}r', 's.%()', 'EXECUTE')",
    });
}

#[test]
fn types() {
    check(&Future {
        since: 13,
        selector: "schemas = [\"s\"]\ntypes = [\"*\"]",
        privilege: "USAGE",
        sql: "IN SCHEMA s ON TYPES",
        make: "CREATE TYPE s.% AS ENUM ('good')",
        holds: "SELECT has_type_privilege('{p}r', 's.%', 'USAGE')",
    });
}

#[test]
fn schemas() {
    check(&Future {
        since: 13,
        selector: "schemas = [\"*\"]",
        privilege: "USAGE",
        sql: " ON SCHEMAS",
        make: "CREATE SCHEMA %",
        holds: "SELECT has_schema_privilege('{p}r', '%', 'USAGE')",
    });
}

#[test]
fn large_objects() {
    check(&Future {
        since: 18,
        selector: "large_objects = [\"*\"]",
        privilege: "SELECT",
        sql: " ON LARGE OBJECTS",
        make: "SELECT lo_create(1000 + 256 * length('%') + ascii('%'))",
        holds: "SELECT has_largeobject_privilege('{p}r', (1000 + 256 * length('%') + ascii('%'))::oid, 'SELECT')",
    });
}

#[test]
fn what_a_version_does_not_have_is_refused_before_anything_is_done() {
    let cases = [
        (18, "large_objects = [\"*\"]", "SELECT", "future { creators = [\"{p}maker\"] }"),
        (17, "schemas = [\"public\"]\ntables = [\"*\"]", "MAINTAIN", ""),
        (15, "parameters = [\"log_duration\"]", "SET", ""),
    ];
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", "CREATE ROLE {p}maker; CREATE TABLE t (a int)");
        for (since, selector, privilege, more) in cases {
            let database = if selector.starts_with("parameters") { "" } else { "database = \"{p}app\"" };
            let config = role(&format!(
                "grant {{\n{database}\n{selector}\nprivileges = [\"{privilege}\"]\n{more}\n}}"
            ));
            let made = lab.try_plan(&config, engine::resolve::Options::default());
            match made {
                Ok(_) => assert!(cluster.version >= since, "{privilege}"),
                Err(said) => assert!(cluster.version < since && said.contains("PLN030"), "{said}"),
            }
        }
    });
}
