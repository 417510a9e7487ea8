//! What PostgreSQL keeps for itself: its own schemas, TOAST tables, row types, system columns.
//!
//! Nobody holds anything on most of it, so it is listed only when a selector names it. Not here:
//! grants on it that no block mentions (`elsewhere`). Invariant: what can be granted by hand can be
//! declared, from nothing.

use test_support::cluster::Cluster;

use super::{Kind, PLAIN, Power, check, role};
use crate::lab::Lab;

#[test]
fn functions_of_the_system() {
    check(&Kind {
        selector: "database = \"{p}app\"\nschemas = [\"pg_catalog\"]\nfunctions = [\"pg_ls_dir(text)\"]",
        object: "FUNCTION pg_catalog.pg_ls_dir(text)",
        powers: &[Power("EXECUTE", 13, "SELECT pg_ls_dir('.')")],
        never: &["SELECT pg_read_file('PG_VERSION')"],
        ..PLAIN
    });
}

/// Nobody but a superuser may write to the catalogs themselves, whatever is granted.
#[test]
fn tables_of_the_system() {
    check(&Kind {
        setup: "REVOKE SELECT ON information_schema.sql_features FROM PUBLIC",
        selector: "database = \"{p}app\"\nschemas = [\"information_schema\"]\ntables = [\"sql_features\"]",
        object: "information_schema.sql_features",
        powers: &[
            Power("SELECT", 13, "SELECT FROM information_schema.sql_features"),
            Power("INSERT", 13, "INSERT INTO information_schema.sql_features DEFAULT VALUES"),
            Power("UPDATE", 13, "UPDATE information_schema.sql_features SET comments = 'x'"),
            Power("DELETE", 13, "DELETE FROM information_schema.sql_features"),
            Power("TRUNCATE", 13, "TRUNCATE information_schema.sql_features"),
            Power("REFERENCES", 13, "has table information_schema.sql_features"),
            Power("TRIGGER", 13, "has table information_schema.sql_features"),
            Power("MAINTAIN", 17, "has table information_schema.sql_features"),
        ],
        never: &["SELECT FROM pg_authid", "DELETE FROM information_schema.sql_sizing"],
        ..PLAIN
    });
}

#[test]
fn columns_of_the_system() {
    check(&Kind {
        setup: "REVOKE SELECT ON information_schema.sql_features FROM PUBLIC",
        selector: "database = \"{p}app\"\nschemas = [\"information_schema\"]\ntables = [\"sql_features\"]\ncolumns = [\"comments\"]",
        object: "information_schema.sql_features",
        columns: " (comments)",
        powers: &[
            Power("SELECT", 13, "SELECT comments FROM information_schema.sql_features"),
            Power("UPDATE", 13, "UPDATE information_schema.sql_features SET comments = 'x'"),
            Power("INSERT", 13, "INSERT INTO information_schema.sql_features (comments) VALUES ('x')"),
            Power("REFERENCES", 13, "has any_column information_schema.sql_features"),
        ],
        never: &["SELECT feature_id FROM information_schema.sql_features"],
        ..PLAIN
    });
}

/// Asks about a privilege that no statement can use.
macro_rules! on_ctid {
    ($privilege:literal) => {
        concat!(
            "DO $$ BEGIN IF NOT has_column_privilege('scratch.t', 'ctid', '",
            $privilege,
            "') THEN RAISE insufficient_privilege; END IF; END $$"
        )
    };
}

#[test]
fn system_columns() {
    check(&Kind {
        setup: "CREATE TABLE scratch.t (a int)",
        selector: "database = \"{p}app\"\nschemas = [\"scratch\"]\ntables = [\"t\"]\ncolumns = [\"ctid\"]",
        object: "scratch.t",
        columns: " (ctid)",
        powers: &[
            Power("SELECT", 13, "SELECT ctid FROM scratch.t"),
            Power("INSERT", 13, on_ctid!("INSERT")),
            Power("UPDATE", 13, on_ctid!("UPDATE")),
            Power("REFERENCES", 13, on_ctid!("REFERENCES")),
        ],
        never: &["SELECT xmin FROM scratch.t", "SELECT a FROM scratch.t"],
        ..PLAIN
    });
}

#[test]
fn schemas_of_the_system() {
    check(&Kind {
        selector: "database = \"{p}app\"\nschemas = [\"pg_toast\"]",
        object: "SCHEMA pg_toast",
        powers: &[Power("USAGE", 13, "has schema pg_toast"), Power("CREATE", 13, "has schema pg_toast")],
        never: &[
            "DO $$ BEGIN IF NOT has_schema_privilege('pg_catalog', 'CREATE') THEN RAISE insufficient_privilege; END IF; END $$",
        ],
        ..PLAIN
    });
}

#[test]
fn types_of_rows_and_of_the_system() {
    check(&Kind {
        setup: "CREATE TABLE scratch.t (a int) ;; REVOKE USAGE ON TYPE scratch.t FROM PUBLIC",
        selector: "database = \"{p}app\"\nschemas = [\"scratch\"]\ntypes = [\"t\"]",
        object: "TYPE scratch.t",
        powers: &[Power("USAGE", 13, "has type scratch.t")],
        ..PLAIN
    });
    check(&Kind {
        setup: "REVOKE USAGE ON TYPE pg_catalog.point FROM PUBLIC",
        selector: "database = \"{p}app\"\nschemas = [\"pg_catalog\"]\ntypes = [\"point\"]",
        object: "TYPE pg_catalog.point",
        powers: &[Power("USAGE", 13, "has type pg_catalog.point")],
        ..PLAIN
    });
}

/// `types = ["*"]` is about types that people made: rows of tables are no such types.
#[test]
fn a_pattern_of_types_finds_no_rows_of_tables() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", "CREATE TABLE t (a int); CREATE TYPE mood AS ENUM ('good')");
        let made = lab.converge(&role(
            "grant {\ndatabase = \"{p}app\"\nschemas = [\"public\"]\ntypes = [\"*\"]\nprivileges = [\"USAGE\"]\n}",
        ));
        let sql = lab.sql(&made).join("\n");
        assert!(sql.contains("ON TYPE public.mood TO"), "{sql}");
    });
}

/// A superuser can grant on a TOAST table, whose name has the OID of the table that it belongs to.
#[test]
fn toast_tables() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", "CREATE TABLE wide (a text)");
        let toast = &lab
            .tenant
            .query("app", "SELECT reltoastrelid::regclass FROM pg_class WHERE relname = 'wide'")[0][0];
        let toast = toast.clone().expect("a TOAST table");
        let name = toast.strip_prefix("pg_toast.").expect("in its schema");
        let config = role(&format!(
            "grant {{\ndatabase = \"{{p}}app\"\nschemas = [\"pg_toast\"]\ntables = [\"{name}\"]\nprivileges = [\"SELECT\"]\n}}"
        ));
        lab.converge(&config);
        let holds = format!("SELECT has_table_privilege('{{p}}r', '{toast}', 'SELECT')");
        assert_eq!(lab.tenant.query("app", &holds)[0][0].as_deref(), Some("t"));
        lab.converge(&role("scopes = [\"{p}app\"]\nprivileges = []"));
        assert_eq!(lab.tenant.query("app", &holds)[0][0].as_deref(), Some("f"));
        // What nobody declared is seen and taken back, on the table as on its columns.
        let by_hand =
            format!("GRANT SELECT ON {toast} TO {{p}}r; GRANT SELECT (chunk_id) ON {toast} TO {{p}}r");
        lab.tenant.sql("app", &by_hand);
        let made = lab.converge(&role("scopes = [\"{p}app\"]\nprivileges = []"));
        assert!(lab.text(&made).contains("not declared for a managed role"), "{}", lab.text(&made));
        assert_eq!(lab.tenant.query("app", &holds)[0][0].as_deref(), Some("f"));
        // The owner of a table owns its TOAST table, and nobody wants to read about that.
        lab.tenant.sql("app", "ALTER TABLE wide OWNER TO {p}r");
        let text = lab.text(&lab.plan(&role("comment = \"owns\"")));
        assert!(text.contains("table public.wide") && !text.contains("pg_toast"), "{text}");
    });
}
