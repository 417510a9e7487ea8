//! Schemas, routines, types, languages, foreign data wrappers and servers, large objects.
//!
//! What PUBLIC has built in is taken from it first, so that the role's own grant decides.
//! Invariant: each is one case; the walk is in `kinds`.

use super::{Kind, PLAIN, Power, check};

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
