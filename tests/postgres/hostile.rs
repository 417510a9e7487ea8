//! The worst names that PostgreSQL takes, for every kind of object at once: planned, applied,
//! shown, drifted both ways, removed.
//!
//! Not here: reading such names (`introspect/names`), text alone (`engine/render/tests/hostile`).
//! Invariant: a name is only ever a name: what it says is never run and never leaves its line.

use test_support::cluster::Cluster;

use crate::lab::Lab;

/// Quotes, a statement, a comment, a backslash, a template, a dollar quote, a line break, an
/// escape of the terminal, something that reorders text, and a character of several bytes.
const NAME: &str = "a\"';DROP ROLE x--\\ ${x}%{y}$$\n\u{1b}[31m\u{202e}é";

/// As HCL writes it.
const HCL: &str = "a\\\"';DROP ROLE x--\\\\ $${x}%%{y}$$\\n\\u001b[31m\\u202eé";

fn sql(text: &str) -> String {
    text.replace("{n}", &format!("\"{}\"", NAME.replace('"', "\"\"")))
        .replace("{r}", &format!("\"{{p}}{}\"", NAME.replace('"', "\"\"")))
}

fn hcl(text: &str) -> String {
    text.replace("{n}", HCL)
}

/// Everything that has a name, called the same.
const OBJECTS: &[&str] = &[
    "CREATE ROLE {p}g; CREATE ROLE {p}maker; CREATE ROLE \"{p}g\"\"--\"",
    "CREATE SCHEMA {n}; GRANT ALL ON SCHEMA {n} TO {p}maker",
    "CREATE TABLE {n}.{n} ({n} int, b int); CREATE TABLE {n}.cols ({n} int)",
    "CREATE SEQUENCE {n}.q; ALTER SEQUENCE {n}.q RENAME TO \"q\"\"q\"",
    "CREATE TYPE {n}.mood AS ENUM ('good'); ALTER TYPE {n}.mood RENAME TO \"m\"\"m\"",
    "CREATE FUNCTION {n}.{n}(int, {n}.{n}) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TRUSTED LANGUAGE {n} HANDLER plpgsql_call_handler",
    "CREATE FOREIGN DATA WRAPPER {n}; CREATE SERVER {n} FOREIGN DATA WRAPPER {n}",
];

/// `KIND selector privilege`: one grant block each.
const GRANTS: &[(&str, &str)] = &[
    ("", "CREATE"),
    ("schemas = [\"{n}\"]", "CREATE"),
    ("schemas = [\"{n}\"]\ntables = [\"{n}\"]\nfuture { creators = [\"{p}maker\"] }", "SELECT"),
    ("schemas = [\"{n}\"]\ntables = [\"cols\"]\ncolumns = [\"{n}\"]", "UPDATE"),
    ("schemas = [\"{n}\"]\nsequences = [\"q\\\"q\"]", "USAGE"),
    ("schemas = [\"{n}\"]\ntypes = [\"m\\\"m\"]", "USAGE"),
    ("schemas = [\"{n}\"]\nfunctions = [\"{n}\"]", "EXECUTE"),
    ("languages = [\"{n}\"]", "USAGE"),
    ("foreign_data_wrappers = [\"{n}\"]", "USAGE"),
    ("foreign_servers = [\"{n}\"]", "USAGE"),
];

fn config(grants: &[(&str, &str)]) -> String {
    let mut text = hcl(
        "role \"r\" {\nresource = postgres.main\nname = \"{p}{n}\"\ncomment = \"{n}\"\nmember_of = [\"{p}g\\\"--\"]\n\
         settings = { search_path = \"\\\"a;b\\\"\", \"app.x\" = \"{n}\" }\npassword = \"none\"\n",
    );
    for (selector, privilege) in grants {
        let block = format!(
            "grant {{\ndatabase = \"{{p}}d\\\"b\"\n{}\nprivileges = [\"{privilege}\"]\n}}\n",
            hcl(selector)
        );
        text.push_str(&block);
    }
    text.push_str("}\n");
    text.push_str(&hcl("schema \"s\" {\nresource = postgres.main\ndatabase = \"{p}d\\\"b\"\nname = \"{n}\"\nowner = role.r\n}\n"));
    text
}

#[test]
fn a_name_is_only_a_name() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        let database = lab.tenant.fill("{p}d\"b");
        cluster.sql("postgres", &lab.tenant.fill("CREATE DATABASE \"{p}d\"\"b\" TEMPLATE template0"));
        let by_hand = |text: &str| {
            let text = lab.tenant.fill(&sql(text));
            cluster.try_sql(&database, &text).unwrap_or_else(|error| panic!("{}\n{text}", error.message));
        };
        OBJECTS.iter().for_each(|text| by_hand(text));
        let all = config(GRANTS);
        let made = lab.converge(&all);
        let text = lab.text(&made);
        let shown = text.split("SQL: what apply will run").next().unwrap_or_default();
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
        assert!(
            shown.lines().all(|line| !line.starts_with("\u{1b}[31m") && !line.starts_with("[31m")),
            "{shown}"
        );

        // All of it is taken, and more is given.
        by_hand(
            "REVOKE ALL ON ALL TABLES IN SCHEMA {n} FROM {r}; REVOKE UPDATE ({n}) ON {n}.cols FROM {r}; \
             REVOKE ALL ON ALL ROUTINES IN SCHEMA {n} FROM {r}; REVOKE ALL ON LANGUAGE {n} FROM {r}; \
             REVOKE ALL ON FOREIGN DATA WRAPPER {n} FROM {r}; REVOKE ALL ON FOREIGN SERVER {n} FROM {r}; \
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker IN SCHEMA {n} REVOKE ALL ON TABLES FROM {r}; \
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker IN SCHEMA {n} GRANT ALL ON TYPES TO {r}; \
             GRANT DELETE ON {n}.{n} TO {r} WITH GRANT OPTION; GRANT UPDATE (b) ON {n}.{n} TO {r}; \
             COMMENT ON ROLE {r} IS NULL; ALTER ROLE {r} RESET ALL; REVOKE \"{p}g\"\"--\" FROM {r}; \
             GRANT {p}g TO {r}; ALTER SCHEMA {n} OWNER TO {p}g",
        );
        let healed = lab.text(&lab.converge(&all));
        assert!(healed.contains("changed outside") && healed.contains("not declared"), "{healed}");
        // Nothing but the role and its schema, and then nothing.
        lab.converge(&config(&[]));
        by_hand("ALTER SCHEMA {n} OWNER TO {p}g");
        lab.converge("");
        let left = lab.tenant.query("postgres", "SELECT 1 FROM pg_roles WHERE rolname LIKE '{p}a%'");
        assert!(left.is_empty());
        cluster.sql("postgres", &lab.tenant.fill("DROP DATABASE \"{p}d\"\"b\""));
    });
}
