//! Schemas, routines, types, languages, foreign data wrappers and servers, large objects.
//!
//! What PUBLIC has built in is taken from it first, so that the role's own grant decides.
//! Invariant: each is one case; the walk is in `kinds`.

use std::collections::BTreeSet;

use test_support::cluster::Cluster;

use super::{Kind, PLAIN, Power, check, role};
use crate::lab::Lab;

#[test]
fn a_schema() {
    check(&Kind {
        setup: "CREATE SCHEMA s; CREATE TABLE s.t (); GRANT SELECT ON s.t TO PUBLIC; \
                CREATE SCHEMA beside; CREATE TABLE beside.t (); GRANT SELECT ON beside.t TO PUBLIC",
        selector: "database = \"{p}app\"\nschemas = [\"s\"]",
        object: "SCHEMA s",
        powers: &[Power("USAGE", 13, "SELECT FROM s.t"), Power("CREATE", 13, "CREATE TABLE s.x ()")],
        never: &["SELECT FROM beside.t", "CREATE TABLE beside.x ()"],
        ..PLAIN
    });
}

const ROUTINES: &str = "
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION f(text[], VARIADIC int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE p(int, INOUT b int) LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int, initcond = '0');
    REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA public FROM PUBLIC";

const SIGNATURES: &str = r#"
    CREATE SCHEMA s; CREATE TYPE s."Mood of" AS ENUM ('good');
    CREATE FUNCTION s.f(a varchar(10), "Order, of" numeric(10,2) DEFAULT 2 * 3, OUT c text) LANGUAGE sql AS $$SELECT ''$$;
    CREATE FUNCTION s.f(timestamp(3) with time zone, VARIADIC names text[] DEFAULT '{"x,y)"}') RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION s.f(IN a int4, INOUT b interval day to second, OUT c text[]) LANGUAGE sql AS 'SELECT b, NULL::text[]';
    CREATE PROCEDURE s.f(double double precision, INOUT "out" s."Mood of") LANGUAGE sql AS 'SELECT "out"'"#;

/// What `\df`, `pg_get_function_identity_arguments` and CREATE FUNCTION call an overload.
#[test]
fn signatures_are_taken_as_they_are_pasted() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", SIGNATURES);
        let mut pasted = lab.tenant.query(
            "app",
            "SELECT pg_get_function_arguments(oid), pg_get_function_identity_arguments(oid) FROM pg_proc \
             WHERE pronamespace = 's'::regnamespace ORDER BY oid",
        );
        let statements = SIGNATURES.split(" s.f(").skip(1);
        for (row, written) in pasted.iter_mut().zip(statements) {
            let end = written.find(") RETURNS").or_else(|| written.find(") LANGUAGE"));
            row.push(end.map(|end| written[..end].to_owned()));
        }
        let mut meant = BTreeSet::new();
        for row in &pasted {
            let grants: BTreeSet<Vec<String>> = row.iter().flatten().map(|arguments| {
                let quoted = format!("f({arguments})").replace('"', "\\\"");
                let config = role(&format!(
                    "grant {{\ndatabase = \"{{p}}app\"\nschemas = [\"s\"]\nfunctions = [\"{quoted}\"]\nprivileges = [\"EXECUTE\"]\n}}"
                ));
                let sql = lab.sql(&lab.plan(&config));
                sql.into_iter().filter(|sql| sql.contains(" ON ROUTINE ")).collect()
            }).collect();
            assert_eq!(grants.len(), 1, "{row:?}: {grants:?}");
            meant.extend(grants);
        }
        assert_eq!(meant.len(), pasted.len(), "{meant:?}");
    });
}

#[test]
fn a_function_beside_its_overload() {
    check(&Kind {
        setup: ROUTINES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\nfunctions = [\"f(integer)\"]",
        object: "FUNCTION f(int)",
        powers: &[Power("EXECUTE", 13, "SELECT f(1)")],
        never: &["SELECT f(ARRAY[''], 1)", "CALL p(1, 2)", "SELECT total(1)"],
        ..PLAIN
    });
}

#[test]
fn an_overload_beside_its_function() {
    check(&Kind {
        setup: ROUTINES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\nfunctions = [\"f(text[],INT4[])\"]",
        object: "FUNCTION f(text[], int[])",
        powers: &[Power("EXECUTE", 13, "SELECT f(ARRAY[''], 1)")],
        never: &["SELECT f(1)"],
        ..PLAIN
    });
}

#[test]
fn every_overload_by_its_name() {
    check(&Kind {
        setup: ROUTINES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\nfunctions = [\"f\"]",
        object: "FUNCTION f(text[], int[]), f(int)",
        powers: &[Power("EXECUTE", 13, "SELECT f(1), f(ARRAY[''], 1)")],
        never: &["SELECT total(1)"],
        ..PLAIN
    });
}

#[test]
fn a_procedure() {
    check(&Kind {
        setup: ROUTINES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\nfunctions = [\"p*\"]",
        object: "PROCEDURE p",
        powers: &[Power("EXECUTE", 13, "CALL p(1, 2)")],
        never: &["SELECT f(1)"],
        ..PLAIN
    });
}

#[test]
fn an_aggregate() {
    check(&Kind {
        setup: ROUTINES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\nfunctions = [\"*(integer)\"]\nexcept = [\"f\"]",
        object: "FUNCTION total(int)",
        powers: &[Power("EXECUTE", 13, "SELECT total(1)")],
        never: &["SELECT f(1)"],
        ..PLAIN
    });
}

const TYPES: &str = "
    CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN age AS int CHECK (VALUE > 0);
    CREATE TYPE pair AS (a int, b int); CREATE TYPE span AS RANGE (subtype = int);
    REVOKE USAGE ON TYPE mood, age, pair, span FROM PUBLIC";

#[test]
fn an_enum() {
    check(&Kind {
        setup: TYPES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\ntypes = [\"mood\"]",
        object: "TYPE mood",
        powers: &[Power("USAGE", 13, "CREATE TABLE scratch.x (a mood, b mood[])")],
        never: &["CREATE TABLE scratch.x (a age)"],
        ..PLAIN
    });
}

#[test]
fn a_domain() {
    check(&Kind {
        setup: TYPES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\ntypes = [\"age\"]",
        object: "DOMAIN age",
        powers: &[Power("USAGE", 13, "CREATE TABLE scratch.x (a age)")],
        never: &["CREATE TABLE scratch.x (a pair)"],
        ..PLAIN
    });
}

#[test]
fn composite_and_range_types() {
    check(&Kind {
        setup: TYPES,
        selector: "database = \"{p}app\"\nschemas = [\"public\"]\ntypes = [\"pair\", \"span\"]",
        object: "TYPE pair, span",
        powers: &[Power("USAGE", 13, "CREATE TABLE scratch.x (a pair, b span)")],
        never: &["CREATE TABLE scratch.x (a age)"],
        ..PLAIN
    });
}

#[test]
fn a_language() {
    check(&Kind {
        setup: "REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC",
        selector: "database = \"{p}app\"\nlanguages = [\"plpgsql\"]",
        object: "LANGUAGE plpgsql",
        powers: &[Power("USAGE", 13, "DO LANGUAGE plpgsql 'BEGIN END'")],
        never: &["CREATE FUNCTION scratch.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
        ..PLAIN
    });
}

const FOREIGN: &str = "
    CREATE FOREIGN DATA WRAPPER \"W\"; CREATE FOREIGN DATA WRAPPER beside;
    CREATE SERVER \"S\" FOREIGN DATA WRAPPER \"W\"; CREATE SERVER beside FOREIGN DATA WRAPPER \"W\"";

#[test]
fn a_foreign_data_wrapper() {
    check(&Kind {
        setup: FOREIGN,
        selector: "database = \"{p}app\"\nforeign_data_wrappers = [\"W\"]",
        object: "FOREIGN DATA WRAPPER \"W\"",
        powers: &[Power("USAGE", 13, "CREATE SERVER x FOREIGN DATA WRAPPER \"W\"")],
        never: &["CREATE SERVER x FOREIGN DATA WRAPPER beside"],
        ..PLAIN
    });
}

#[test]
fn a_foreign_server() {
    check(&Kind {
        setup: FOREIGN,
        selector: "database = \"{p}app\"\nforeign_servers = [\"S\"]",
        object: "FOREIGN SERVER \"S\"",
        powers: &[Power("USAGE", 13, "CREATE USER MAPPING FOR CURRENT_USER SERVER \"S\"")],
        never: &["CREATE USER MAPPING FOR CURRENT_USER SERVER beside"],
        ..PLAIN
    });
}

#[test]
fn a_large_object() {
    check(&Kind {
        setup: "SELECT lo_create(4711), lo_create(4712)",
        selector: "database = \"{p}app\"\nlarge_objects = [4711]",
        object: "LARGE OBJECT 4711",
        powers: &[
            Power("SELECT", 13, "SELECT lo_get(4711)"),
            Power("UPDATE", 13, "SELECT lo_put(4711, 0, 'x')"),
        ],
        never: &["SELECT lo_get(4712)"],
        ..PLAIN
    });
}
