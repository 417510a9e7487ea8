//! PUBLIC: managed where a block says, with what is built in, and nowhere else.
//!
//! Invariant: what no block selects keeps its ACL, letter by letter.

use std::collections::BTreeSet;

use engine::access::{Access, Effect};
use engine::acl::Grantee;
use engine::plan::Mode;
use engine::resolve::Options;
use test_support::cluster::Cluster;

use crate::lab::Lab;

const OBJECTS: &str = "
    CREATE SCHEMA inside; CREATE SCHEMA beside; GRANT USAGE ON SCHEMA inside, beside TO PUBLIC;
    CREATE TABLE inside.t (a int, b int); GRANT SELECT ON inside.t TO PUBLIC; GRANT UPDATE (b) ON inside.t TO PUBLIC;
    CREATE TABLE beside.t (a int); GRANT SELECT ON beside.t TO PUBLIC; CREATE SEQUENCE inside.q;
    GRANT USAGE ON SEQUENCE inside.q TO PUBLIC;
    CREATE FUNCTION inside.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE inside.mood AS ENUM ('good');
    CREATE FUNCTION beside.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE beside.mood AS ENUM ('good');
    CREATE FUNCTION beside.g() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION beside.g() TO PUBLIC";

/// What PUBLIC holds anywhere in the database, its own ACL included, system schemas left out.
/// No ACL counts as what it means.
const HELD: &str = "
    WITH acl (what, entries) AS (
        SELECT 'database', coalesce(datacl, acldefault('d', datdba)) FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT 'schema ' || nspname, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'
        UNION ALL SELECT oid::regclass::text, coalesce(relacl, acldefault('r', relowner)) FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_|^information_schema$' AND relkind IN ('r', 'S')
        UNION ALL SELECT attrelid::regclass || '.' || attname, attacl FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384
        UNION ALL SELECT oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc WHERE pronamespace::regnamespace::text !~ '^pg_|^information_schema$'
        UNION ALL SELECT oid::regtype::text, coalesce(typacl, acldefault('T', typowner)) FROM pg_type WHERE typnamespace::regnamespace::text !~ '^pg_|^information_schema$' AND typtype = 'e'
        UNION ALL SELECT lanname, coalesce(lanacl, acldefault('l', lanowner)) FROM pg_language WHERE lanname IN ('sql', 'plpgsql')
    )
    SELECT what || ': ' || string_agg(privilege_type, ', ' ORDER BY privilege_type)
    FROM acl CROSS JOIN LATERAL aclexplode(entries) WHERE grantee = 0 GROUP BY what";

/// What it holds before and outside.
const BUILT_IN: &[&str] = &[
    "beside.f(): EXECUTE",
    "beside.g(): EXECUTE",
    "beside.mood: USAGE",
    "beside.t: SELECT",
    "database: CONNECT, TEMPORARY",
    "inside.f(): EXECUTE",
    "inside.mood: USAGE",
    "inside.q: USAGE",
    "inside.t: SELECT",
    "inside.t.b: UPDATE",
    "plpgsql: USAGE",
    "schema beside: USAGE",
    "schema inside: USAGE",
    "sql: USAGE",
];

/// Applies a `public` block: these lines go, those come. When the block goes, nothing that it gave
/// stays, but for what is built in (`after`).
#[track_caller]
fn check(block: &str, gone: &[&str], new: &[&str], after: &[&str]) {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", OBJECTS);
        // Below 15 everybody may create in schema public, above only use it: not our subject.
        lab.tenant.sql("app", "REVOKE ALL ON SCHEMA public FROM PUBLIC");
        lab.converge(&format!("public \"app\" {{\nresource = postgres.main\n{block}\n}}"));
        let stays = BUILT_IN.iter().filter(|line| !gone.contains(line));
        let expected: BTreeSet<String> = stays.chain(new).map(|line| (*line).to_owned()).collect();
        let held =
            || lab.tenant.query("app", HELD).into_iter().flatten().flatten().collect::<BTreeSet<String>>();
        assert_eq!(held(), expected, "{block}");
        // What leaves the block goes back to what is built in at most, and nothing comes back.
        lab.converge("");
        let left = held();
        assert!(
            left.iter().all(|line| expected.contains(line) || after.contains(&line.as_str())),
            "{left:?}"
        );
        assert!(new.iter().all(|line| !left.contains(*line)), "{left:?}");
    });
}

#[test]
fn nothing_in_a_schema() {
    check(
        "scopes = [\"{p}app.inside\"]\nprivileges = []",
        &[
            "inside.f(): EXECUTE",
            "inside.mood: USAGE",
            "inside.q: USAGE",
            "inside.t: SELECT",
            "inside.t.b: UPDATE",
            "schema inside: USAGE",
        ],
        &[],
        &[],
    );
}

#[test]
fn something_in_a_schema() {
    check(
        "scopes = [\"{p}app.inside\"]\nprivileges = [\"INSERT\"]",
        &[
            "inside.f(): EXECUTE",
            "inside.mood: USAGE",
            "inside.q: USAGE",
            "inside.t: SELECT",
            "inside.t.b: UPDATE",
        ],
        &["inside.t: INSERT"],
        &[],
    );
}

#[test]
fn one_table() {
    check(
        "scopes = [\"{p}app.inside.t\"]\nprivileges = []",
        &["inside.t: SELECT", "inside.t.b: UPDATE"],
        &[],
        &[],
    );
}

#[test]
fn the_functions_of_a_schema() {
    check(
        "grant {\ndatabase = \"{p}app\"\nschemas = [\"inside\"]\nfunctions = [\"*\"]\nprivileges = []\n}",
        &["inside.f(): EXECUTE"],
        &[],
        &[],
    );
}

#[test]
fn a_database() {
    check(
        "grant {\ndatabase = \"{p}app\"\nprivileges = [\"CONNECT\", \"CREATE\"]\n}",
        &["database: CONNECT, TEMPORARY"],
        &["database: CONNECT, CREATE"],
        &["database: CONNECT"],
    );
}

#[test]
fn types_and_languages() {
    check(
        "grant {\ndatabase = \"{p}app\"\nschemas = [\"beside\"]\ntypes = [\"mood\"]\nprivileges = []\n}\n\
         grant {\ndatabase = \"{p}app\"\nlanguages = [\"*\"]\nprivileges = []\n}",
        // Untrusted languages cannot be granted.
        &["beside.mood: USAGE", "plpgsql: USAGE", "sql: USAGE"],
        &[],
        &[],
    );
}

#[test]
fn what_future_functions_have_built_in() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", "CREATE ROLE {p}maker; GRANT ALL ON SCHEMA public TO {p}maker");
        let block = |privileges: &str| {
            format!(
                "public \"app\" {{\nresource = postgres.main\ngrant {{\ndatabase = \"{{p}}app\"\nschemas = [\"*\"]\n\
                 functions = []\nprivileges = [{privileges}]\nfuture {{ creators = [\"{{p}}maker\"] }}\n}}\n}}"
            )
        };
        let made = |name: &str| {
            lab.tenant.sql(
                "app",
                &format!("SET ROLE {{p}}maker; CREATE FUNCTION public.{name}() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
            );
            let sql = format!("SELECT has_function_privilege('pg_monitor', 'public.{name}()', 'EXECUTE')");
            lab.tenant.query("app", &sql)[0][0].clone()
        };
        assert_eq!(made("before").as_deref(), Some("t"));
        lab.converge(&block(""));
        assert_eq!(made("without").as_deref(), Some("f"));
        // Somebody gives it back by hand.
        lab.tenant
            .sql("app", "ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT EXECUTE ON ROUTINES TO PUBLIC");
        lab.converge(&block(""));
        lab.converge(&block("\"EXECUTE\""));
        assert_eq!(made("again").as_deref(), Some("t"));
        lab.converge("");
        assert_eq!(made("after").as_deref(), Some("t"));
    });
}

/// What `HELD` says of the relation `inside.t` or `inside.q` and its columns.
fn held_on(lab: &Lab<'_>, relation: &str) -> Vec<String> {
    let lines = lab.tenant.query("app", HELD).into_iter().flatten().flatten();
    let mut held: Vec<String> = lines.filter(|line| line.starts_with(relation)).collect();
    held.sort();
    held
}

#[test]
fn a_column_grant_by_hand_outlives_the_block_that_gave_its_relation() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql(
            "app",
            "CREATE SCHEMA inside; CREATE TABLE inside.t (a int, b int); CREATE SEQUENCE inside.q",
        );
        let block = "public \"app\" {\nresource = postgres.main\n\
             grant {\ndatabase = \"{p}app\"\nschemas = [\"inside\"]\ntables = [\"t\"]\nprivileges = [\"SELECT\", \"INSERT\"]\n}\n\
             grant {\ndatabase = \"{p}app\"\nschemas = [\"inside\"]\nsequences = [\"q\"]\nprivileges = [\"SELECT\"]\n}\n}";
        lab.converge(block);
        lab.tenant.sql("app", "GRANT INSERT (a), UPDATE (b) ON inside.t TO PUBLIC; GRANT SELECT (last_value) ON inside.q TO PUBLIC");
        let made = lab.converge("");
        assert_eq!(held_on(&lab, "inside.t"), ["inside.t.a: INSERT", "inside.t.b: UPDATE"]);
        assert_eq!(held_on(&lab, "inside.q"), ["inside.q.last_value: SELECT"]);
        let text = lab.text(&made);
        assert!(text.contains("the table's REVOKE takes it along"), "{text}");
        // It was nobody's of ours, and is not taken back by a later plan.
        lab.converge("");
        assert_eq!(held_on(&lab, "inside.t"), ["inside.t.a: INSERT", "inside.t.b: UPDATE"]);
    });
}

#[test]
fn a_column_grant_after_the_plan_makes_it_stale() {
    let cluster = Cluster::newest();
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.sql("app", "CREATE SCHEMA inside; CREATE TABLE inside.t (a int, b int)");
    let block = "public \"app\" {\nresource = postgres.main\ngrant {\ndatabase = \"{p}app\"\nschemas = [\"inside\"]\n\
         tables = [\"t\"]\nprivileges = [\"SELECT\"]\n}\n}";
    for hcl in [block, ""] {
        let made = lab.plan(hcl);
        lab.tenant.sql("app", "GRANT SELECT (a) ON inside.t TO PUBLIC");
        let refused = lab.try_apply(hcl, &made).expect_err("the plan did not know of it").detail;
        assert!(refused.contains("inside.t.a"), "{refused}");
        lab.tenant.sql("app", "REVOKE SELECT (a) ON inside.t FROM PUBLIC");
        lab.converge(hcl);
    }
}

#[test]
fn a_refreshed_state_knows_what_public_still_has_and_nothing_of_others() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    lab.tenant.sql("app", "CREATE SCHEMA inside; CREATE TABLE inside.t (a int, b int)");
    let block = "public \"app\" {\nresource = postgres.main\ngrant {\ndatabase = \"{p}app\"\nschemas = [\"inside\"]\n\
         tables = [\"t\"]\nprivileges = [\"SELECT\", \"INSERT\"]\n}\n}";
    lab.converge(block);
    lab.tenant.sql("app", "REVOKE INSERT ON inside.t FROM PUBLIC; GRANT UPDATE (b) ON inside.t TO PUBLIC");
    let made = lab.carry_out(block, Options { mode: Mode::RefreshOnly, ..Options::default() });
    let text = lab.text(&made);
    assert!(text.contains("- \"INSERT\"") && !text.contains("UPDATE"), "{text}");
    let again = lab.carry_out(block, Options { mode: Mode::RefreshOnly, ..Options::default() });
    assert!(lab.text(&again).contains("No changes"), "{}", lab.text(&again));
    // The state has SELECT alone, which goes with the block; the column was never ours.
    lab.converge("");
    assert_eq!(held_on(&lab, "inside.t"), ["inside.t.b: UPDATE"]);
}

#[test]
fn what_is_built_in_is_taken_without_blaming_anybody() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    lab.tenant.sql("app", OBJECTS);
    let text = |selector: &str| {
        let grant = format!(
            "grant {{\ndatabase = \"{{p}}app\"\nschemas = [\"inside\"]\n{selector}\nprivileges = []\n}}"
        );
        lab.text(&lab.plan(&format!("public \"app\" {{\nresource = postgres.main\n{grant}\n}}")))
    };
    let functions = text("functions = [\"*\"]");
    assert!(functions.contains("(built into PostgreSQL, not declared)"), "{functions}");
    assert!(!functions.contains("changed outside"), "{functions}");
    // Tables have nothing built in: somebody gave that.
    let tables = text("tables = [\"*\"]");
    assert!(tables.contains("changed outside"), "{tables}");
}

#[test]
fn what_everybody_has_on_a_relation_nobody_loses_with_its_column() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    lab.tenant
        .sql("app", "CREATE ROLE {p}ana LOGIN; CREATE SEQUENCE public.q; GRANT SELECT ON public.q TO PUBLIC");
    let role = "role \"ana\" {\nresource = postgres.main\nname = \"{p}ana\"\nadopt = true\npassword = \"unmanaged\"\n}\n";
    lab.converge(role);
    lab.tenant.sql("app", "GRANT SELECT (relname), UPDATE (relname) ON pg_catalog.pg_class TO {p}ana; GRANT SELECT (last_value) ON public.q TO {p}ana");
    let text = lab.text(&lab.plan(role));
    let access =
        text.split("Access: ").nth(1).and_then(|rest| rest.split("SQL: ").next()).expect("a section");
    assert!(access.contains("- UPDATE on column {p}app.pg_catalog.pg_class.relname"), "{text}");
    assert!(!access.contains("SELECT"), "{text}");
}

#[test]
fn what_no_block_selects_is_counted_as_left_alone() {
    // A server of its own: entries are counted on all of it.
    let cluster = Cluster::private(15, &[]);
    let lab = Lab::new(&cluster);
    lab.tenant.database("app");
    lab.tenant.sql("app", OBJECTS);
    let role = "role \"ana\" {\nresource = postgres.main\nname = \"{p}ana\"\ngrant {\ndatabase = \"{p}app\"\n\
         privileges = [\"CONNECT\"]\n}\n}\n";
    let left = |public: &str| {
        let made = lab.plan(&format!("{role}{public}"));
        made.resources.values().map(|resource| resource.left_alone.entries).sum::<u64>()
    };
    let table =
        "public \"app\" {\nresource = postgres.main\nscopes = [\"{p}app.inside.t\"]\nprivileges = []\n}";
    // SELECT on the table and UPDATE on its column.
    assert_eq!(left("") - left(table), 2);
    lab.tenant.sql(
        "app",
        "CREATE ROLE {p}maker; ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT SELECT ON TABLES TO PUBLIC",
    );
    let future = "public \"app\" {\nresource = postgres.main\ngrant {\ndatabase = \"{p}app\"\nschemas = [\"*\"]\ntables = []\n\
         privileges = []\nfuture { creators = [\"{p}maker\"] }\n}\n}";
    assert_eq!(left("") - left(future), 1);
}

#[test]
fn what_everybody_has_nobody_loses_with_a_membership_or_a_column() {
    let cluster = Cluster::newest();
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.sql("app", OBJECTS);
    let role = |label: &str, more: &str| {
        format!(
            "role \"{label}\" {{\nresource = postgres.main\nname = \"{{p}}{label}\"\nlogin = false\n{more}\n}}\n"
        )
    };
    let team = role("team", "grant {\ndatabase = \"{p}app\"\nprivileges = [\"CONNECT\", \"CREATE\"]\n}");
    let column = "grant {\ndatabase = \"{p}app\"\nschemas = [\"inside\"]\ntables = [\"t\"]\ncolumns = [\"a\"]\nprivileges = [\"SELECT\"]\n}";
    lab.converge(&format!("{team}{}{}", role("ana", "member_of = [role.team]"), role("eve", column)));
    let made = lab.plan(&format!("{team}{}{}", role("ana", ""), role("eve", "")));
    let access = Access::of(made.resources.values().next().expect("one server"));
    let lost = |who: &Grantee, effect: &Effect| {
        lab.tenant.hide(&format!("{who} loses {} on a {}", effect.privileges, effect.kind.singular()))
    };
    let roles = access.roles.iter();
    let losses = roles.flat_map(|(who, role)| role.effects.keys().map(move |effect| (who, effect)));
    let losses: Vec<String> = losses.map(|(who, effect)| lost(who, effect)).collect();
    assert_eq!(losses, ["{p}ana loses CREATE on a database"]);
}
