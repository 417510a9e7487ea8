//! Tables, views, materialized views, partitions, foreign tables, columns, sequences.
//!
//! Invariant: each is one case; the walk is in `kinds`.

use engine::resolve::Options;
use test_support::cluster::Cluster;

use super::{Kind, PLAIN, Power, check, role};
use crate::lab::Lab;

const TABLES: &str = "
    CREATE SCHEMA \"S 1\"; CREATE TABLE \"S 1\".t (a int PRIMARY KEY, b int, c int);
    CREATE TABLE \"S 1\".beside (a int); CREATE TABLE \"S 1\".p (a int) PARTITION BY LIST (a);
    CREATE TABLE \"S 1\".p1 PARTITION OF \"S 1\".p FOR VALUES IN (1);
    CREATE VIEW \"S 1\".v AS SELECT a FROM \"S 1\".t; CREATE MATERIALIZED VIEW \"S 1\".m AS SELECT a FROM \"S 1\".t";

#[test]
fn a_table() {
    check(&Kind {
        setup: TABLES,
        selector: "database = \"{p}app\"\nschemas = [\"S 1\"]\ntables = [\"t\"]",
        object: "TABLE \"S 1\".t",
        powers: &[
            Power("SELECT", 13, "SELECT FROM \"S 1\".t"),
            Power("INSERT", 13, "INSERT INTO \"S 1\".t VALUES (1)"),
            Power("UPDATE", 13, "UPDATE \"S 1\".t SET b = 1"),
            Power("DELETE", 13, "DELETE FROM \"S 1\".t"),
            Power("TRUNCATE", 13, "TRUNCATE \"S 1\".t"),
            Power("REFERENCES", 13, "CREATE TABLE scratch.x (a int REFERENCES \"S 1\".t)"),
            Power(
                "TRIGGER",
                13,
                "CREATE TRIGGER g BEFORE UPDATE ON \"S 1\".t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            ),
            Power("MAINTAIN", 17, "REINDEX TABLE \"S 1\".t"),
        ],
        never: &["SELECT FROM \"S 1\".beside", "SELECT FROM \"S 1\".v"],
        ..PLAIN
    });
}

#[test]
fn a_view() {
    check(&Kind {
        setup: TABLES,
        selector: "database = \"{p}app\"\nschemas = [\"S 1\"]\ntables = [\"v\"]",
        object: "\"S 1\".v",
        powers: &[
            Power("SELECT", 13, "SELECT FROM \"S 1\".v"),
            Power("UPDATE", 13, "UPDATE \"S 1\".v SET a = 1"),
            Power("INSERT", 13, "INSERT INTO \"S 1\".v VALUES (1)"),
            Power("DELETE", 13, "DELETE FROM \"S 1\".v"),
            Power("TRUNCATE", 13, "has table \"S 1\".v"),
            Power("REFERENCES", 13, "has table \"S 1\".v"),
            Power(
                "TRIGGER",
                13,
                "CREATE TRIGGER g INSTEAD OF UPDATE ON \"S 1\".v FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            ),
            Power("MAINTAIN", 17, "has table \"S 1\".v"),
        ],
        never: &["SELECT FROM \"S 1\".t"],
        ..PLAIN
    });
}

#[test]
fn a_materialized_view() {
    check(&Kind {
        setup: TABLES,
        selector: "database = \"{p}app\"\nschemas = [\"S 1\"]\ntables = [\"m\"]",
        object: "TABLE \"S 1\".m",
        powers: &[
            Power("SELECT", 13, "SELECT FROM \"S 1\".m"),
            Power("REFERENCES", 13, "has table \"S 1\".m"),
            Power("TRIGGER", 13, "has table \"S 1\".m"),
            Power("TRUNCATE", 13, "has table \"S 1\".m"),
            Power("INSERT", 13, "has table \"S 1\".m"),
            Power("UPDATE", 13, "has table \"S 1\".m"),
            Power("DELETE", 13, "has table \"S 1\".m"),
            Power("MAINTAIN", 17, "REFRESH MATERIALIZED VIEW \"S 1\".m"),
        ],
        never: &["SELECT FROM \"S 1\".t"],
        ..PLAIN
    });
}

/// SELECT and DELETE are tried, the rest is asked about.
macro_rules! reads_and_deletes {
    ($name:literal) => {
        &[
            Power("SELECT", 13, concat!("SELECT FROM ", $name)),
            Power("INSERT", 13, concat!("has table ", $name)),
            Power("UPDATE", 13, concat!("has table ", $name)),
            Power("DELETE", 13, concat!("DELETE FROM ", $name)),
            Power("TRUNCATE", 13, concat!("has table ", $name)),
            Power("REFERENCES", 13, concat!("has table ", $name)),
            Power("TRIGGER", 13, concat!("has table ", $name)),
            Power("MAINTAIN", 17, concat!("has table ", $name)),
        ]
    };
}

#[test]
fn a_partitioned_table() {
    check(&Kind {
        setup: TABLES,
        selector: "database = \"{p}app\"\nschemas = [\"S 1\"]\ntables = [\"p\"]",
        object: "TABLE \"S 1\".p",
        powers: reads_and_deletes!("\"S 1\".p"),
        never: &["SELECT FROM \"S 1\".p1"],
        ..PLAIN
    });
}

#[test]
fn a_partition() {
    check(&Kind {
        setup: TABLES,
        selector: "database = \"{p}app\"\nschemas = [\"S 1\"]\ntables = [\"p1\"]",
        object: "TABLE \"S 1\".p1",
        powers: reads_and_deletes!("\"S 1\".p1"),
        never: &["SELECT FROM \"S 1\".p"],
        ..PLAIN
    });
}

#[test]
fn a_foreign_table() {
    check(&Kind {
        setup: "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; \
                CREATE FOREIGN TABLE remote (a text) SERVER files OPTIONS (filename '/dev/null'); \
                CREATE FOREIGN TABLE beside (a text) SERVER files OPTIONS (filename '/dev/null')",
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\ntables = [\"remote\"]",
        object: "TABLE remote",
        powers: reads_and_deletes!("remote"),
        never: &["SELECT FROM beside"],
        ..PLAIN
    });
}

#[test]
fn columns() {
    check(&Kind {
        setup: TABLES,
        selector: "database = \"{p}app\"\nschemas = [\"S 1\"]\ntables = [\"t\"]\ncolumns = [\"a\", \"b\"]",
        object: "TABLE \"S 1\".t",
        columns: "(a, b)",
        powers: &[
            Power("SELECT", 13, "SELECT a, b FROM \"S 1\".t"),
            Power("INSERT", 13, "INSERT INTO \"S 1\".t (a, b) VALUES (1, 1)"),
            Power("UPDATE", 13, "UPDATE \"S 1\".t SET b = 1"),
            Power("REFERENCES", 13, "CREATE TABLE scratch.x (a int REFERENCES \"S 1\".t)"),
        ],
        never: &["SELECT c FROM \"S 1\".t", "UPDATE \"S 1\".t SET c = 1", "DELETE FROM \"S 1\".t"],
        ..PLAIN
    });
}

/// With a pattern, each table gets those of the columns that it has.
#[test]
fn columns_of_tables_that_a_pattern_finds() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", TABLES);
        let config = |schemas: &str, tables: &str, columns: &str| {
            role(&format!(
                "grant {{\ndatabase = \"{{p}}app\"\nschemas = [\"{schemas}\"]\ntables = [{tables}]\nexcept = [\"p*\"]\n\
                 columns = [{columns}]\nprivileges = [\"SELECT\"]\n}}"
            ))
        };
        let granted = || {
            let sql = "SELECT attrelid::regclass || '.' || attname FROM pg_attribute WHERE attacl::text LIKE '%{p}r=r/%' ORDER BY 1";
            let rows = lab.tenant.query("app", sql).into_iter().filter_map(|mut row| row.remove(0));
            rows.map(|name| name.replace("\"S 1\".", "")).collect::<Vec<_>>()
        };
        lab.converge(&config("*", "\"*\"", "\"a\", \"b\""));
        assert_eq!(granted(), ["beside.a", "m.a", "t.a", "t.b", "v.a"]);
        lab.tenant.sql("app", "ALTER TABLE \"S 1\".beside ADD COLUMN b int; CREATE TABLE without (c int)");
        lab.converge(&config("*", "\"*\"", "\"a\", \"b\""));
        assert_eq!(granted(), ["beside.a", "beside.b", "m.a", "t.a", "t.b", "v.a"]);
        lab.converge(&config("S 1", "\"t\", \"?\"", "\"b\""));
        assert_eq!(granted(), ["t.b"]);
        // A table that is named must have them all, and some table each of them.
        let said = lab.refusal(&config("S 1", "\"v\", \"t*\"", "\"b\", \"none\""), Options::default());
        let names = ["column \"none\"", "column \"v.b\"", "column \"v.none\""];
        assert!(names[1..].iter().all(|name| said.contains(name)) && !said.contains(names[0]), "{said}");
        let said = lab.refusal(&config("S 1", "\"t*\"", "\"b\", \"none\""), Options::default());
        assert!(said.contains(names[0]) && said.lines().count() == 1, "{said}");
    });
}

#[test]
fn a_sequence() {
    check(&Kind {
        setup: "CREATE SEQUENCE q; CREATE SEQUENCE beside",
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\nsequences = [\"q\"]",
        object: "SEQUENCE q",
        powers: &[
            Power("SELECT", 13, "SELECT last_value FROM q"),
            Power("USAGE", 13, "SELECT nextval('q')"),
            Power("UPDATE", 13, "SELECT setval('q', 7)"),
        ],
        never: &["SELECT nextval('beside')"],
        ..PLAIN
    });
}

/// Columns of sequences can be read and nothing else, and go with what goes on their sequence.
#[test]
fn columns_of_a_sequence() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", "CREATE SEQUENCE q; CREATE TABLE t (last_value int)");
        let on = |selector: &str, privilege: &str| {
            format!(
                "grant {{\ndatabase = \"{{p}}app\"\nschemas = [\"public\"]\n{selector}\nprivileges = [\"{privilege}\"]\n}}\n"
            )
        };
        let columns = "tables = [\"q\", \"t\"]\ncolumns = [\"last_value\"]";
        let column = on(columns, "SELECT");
        let try_both = || {
            lab.try_as("r", "app", "SELECT last_value FROM q").expect("the column of the sequence");
            lab.try_as("r", "app", "SELECT last_value FROM t").expect("the column of the table");
            lab.try_as("r", "app", "SELECT is_called FROM q").expect_err("another column");
        };
        lab.converge(&role(&column));
        try_both();
        // The sequence's REVOKE takes it along.
        lab.converge(&role(&(column.clone() + &on("sequences = [\"q\"]", "SELECT"))));
        lab.converge(&role(&column));
        try_both();
        lab.tenant.sql("app", "REVOKE SELECT (last_value) ON q FROM {p}r");
        assert!(lab.text(&lab.converge(&role(&column))).contains("deleted outside"));
        for (selector, privilege) in [(columns, "UPDATE"), (columns, "ALL")] {
            let refused = lab.try_plan(&role(&on(selector, privilege)), Options::default());
            assert!(refused.as_ref().is_err_and(|said| said.contains("CFG053")), "{refused:?}");
        }
        // A pattern is about tables.
        lab.converge(&role(&on("tables = [\"*\"]\ncolumns = [\"last_value\"]", "SELECT")));
        lab.try_as("r", "app", "SELECT last_value FROM q").expect_err("nobody named the sequence");
        lab.converge("");
    });
}
