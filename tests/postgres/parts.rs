//! Plans that name more objects than PostgreSQL 18 has room to lock are carried out in parts.
//!
//! On a private server with a lock table as small as it gets. Invariant: whatever happens
//! between two parts, nobody holds more than before or than planned, and the next plan does
//! the rest.

use engine::plan::{Half, Plan};
use engine::resolve::Options;
use test_support::cluster::Cluster;

use crate::lab::Lab;

const TABLES: usize = 700;

/// Room for 150 names: three quarters of 10 × 20.
pub(crate) fn small() -> Option<Cluster> {
    let settings = [
        ("max_locks_per_transaction", "10"),
        ("max_connections", "20"),
        ("autovacuum", "off"),
        ("max_wal_senders", "0"),
        ("max_worker_processes", "0"),
    ];
    test_support::servers::chosen().contains(&18).then(|| Cluster::private(18, &settings))
}

pub(crate) fn with_tables(cluster: &Cluster) -> Lab<'_> {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    // Statement by statement, since what is created is locked as well.
    for from in (0..TABLES).step_by(100) {
        let tables = format!(
            "DO $$ BEGIN FOR i IN {from}..{} LOOP EXECUTE format('CREATE TABLE t%s (a int, b int)', i); END LOOP; END $$",
            from + 99
        );
        lab.tenant.sql("app", &tables);
    }
    lab
}

pub(crate) const READERS: &str = r#"
role "reader" {
  count      = 3
  name       = "{p}r${count.index}"
  resource   = postgres.main
  scopes     = ["{p}app"]
  privileges = ["SELECT"]
}
"#;

/// The other way round: SELECT goes, INSERT comes, memberships go, one role goes.
pub(crate) fn writers() -> String {
    READERS.replace("\"SELECT\"", "\"INSERT\"").replace("= 3", "= 2")
}

fn halves(plan: &Plan) -> Vec<(Half, bool)> {
    let parts = plan.resources.values().flat_map(|plan| &plan.stages.parts);
    parts.map(|part| (part.half, part.transaction.shared)).collect()
}

#[test]
fn as_many_parts_as_there_must_be() {
    let Some(cluster) = small() else { return };
    let lab = with_tables(&cluster);
    let names: Vec<String> = (0..TABLES).map(|table| format!("t{table}")).collect();
    let all = format!("GRANT SELECT ON {} TO PUBLIC", names.join(", "));
    let refusal = lab.tenant.cluster.try_sql(&lab.tenant.fill("{p}app"), &all).expect_err("too many locks");
    assert_eq!(refusal.sqlstate, "53200", "{}", refusal.message);

    let made = lab.converge(READERS);
    // 700 tables and a schema.
    assert_eq!(halves(&made), [(Half::Give, false); 5]);
    assert!(lab.text(&made).contains("In 6 parts on postgres.main"), "{}", lab.text(&made));
    lab.try_as("r1", "app", "SELECT FROM t699").expect("it may");

    let made = lab.converge(&writers());
    let take = [(Half::Take, false); 5];
    let taken = [(Half::Take, true)];
    assert_eq!(halves(&made), [&take[..], &taken[..], &[(Half::Give, false); 5][..]].concat());
    assert_eq!(lab.try_as("r1", "app", "SELECT FROM t699").expect_err("no more").sqlstate, "42501");
    lab.try_as("r1", "app", "INSERT INTO t699 VALUES (1)").expect("it may");

    let made = lab.converge("");
    assert_eq!(halves(&made).len(), 6);
}

#[test]
fn columns_go_with_their_tables() {
    let Some(cluster) = small() else { return };
    let lab = with_tables(&cluster);
    lab.converge(READERS);
    // What a table's REVOKE takes along has to come again, and some of it has to go.
    let columns =
        (0..TABLES).step_by(3).map(|table| format!("GRANT SELECT (a), INSERT (b) ON t{table} TO {{p}}r0;"));
    lab.tenant.sql("app", &columns.take(100).collect::<String>());
    let tables: Vec<String> = (0..200).map(|table| format!("\"t{table}\"")).collect();
    let with_columns = format!(
        "{}\nrole \"columns\" {{\n  name = \"{{p}}c\"\n  resource = postgres.main\n  grant {{\n    database = \"{{p}}app\"\n    schemas = [\"public\"]\n    tables = [{}]\n    columns = [\"a\"]\n    privileges = [\"SELECT\"]\n  }}\n}}\n",
        writers(),
        tables.join(", ")
    );
    let made = lab.converge(&with_columns);
    assert!(!halves(&made).is_empty());
    lab.try_as("c", "app", "SELECT a FROM t111").expect("it may");
}

#[test]
fn what_stops_in_the_middle_is_finished_by_the_next_plan() {
    let Some(cluster) = small() else { return };
    let lab = with_tables(&cluster);
    lab.converge(READERS);
    lab.tenant.sql(
        "app",
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS
         $$ BEGIN IF current_query() LIKE 'GRANT INSERT%t500%' THEN RAISE 'not now'; END IF; END $$;
         CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('GRANT') EXECUTE FUNCTION refuse()",
    );
    let made = lab.plan(&writers());
    let stopped = lab.try_apply(&writers(), &made).expect_err("one part is refused");
    assert_eq!(stopped.code.name(), "APL007", "{}", stopped.detail);
    assert!(stopped.detail.contains("of 11 parts"), "{}", stopped.detail);
    assert!(stopped.detail.contains("What was under way was rolled back"), "{}", stopped.detail);
    // Everything is taken, something is given, nobody has both.
    let held = "SELECT count(*) FILTER (WHERE has_table_privilege('{p}r0', oid, 'SELECT')), \
                count(*) FILTER (WHERE has_table_privilege('{p}r0', oid, 'INSERT')) BETWEEN 1 AND 699 \
                FROM pg_class WHERE relname ~ '^t[0-9]+$'";
    assert_eq!(lab.tenant.query("app", held)[0], [Some("0".to_owned()), Some("t".to_owned())]);
    lab.tenant.sql("app", "DROP EVENT TRIGGER refuse");
    assert!(lab.recover(&writers()).expect("it is repaired").detail.contains("a part was committed"));
    let rest = lab.converge(&writers());
    let touched = |plan: &Plan| plan.summary().add + plan.summary().change;
    assert!(touched(&rest) > 0 && touched(&rest) < touched(&made));
}

#[test]
fn facts_that_moved_are_found_before_the_first_part() {
    let Some(cluster) = small() else { return };
    let lab = with_tables(&cluster);
    let made = lab.plan(READERS);
    lab.tenant.sql("app", "DROP TABLE t699");
    let stale = lab.try_apply(READERS, &made).expect_err("a table is gone");
    assert_eq!(stale.code.name(), "SAV008", "{}", stale.detail);
    assert!(stale.detail.contains("Nothing changed on any server."), "{}", stale.detail);
    assert!(lab.try_plan(READERS, Options::default()).is_ok());
}

/// Whose a schema is decides whose its grants are, so both wait for the last transaction.
#[test]
fn a_schema_changes_hands_at_the_end() {
    let Some(cluster) = small() else { return };
    let lab = with_tables(&cluster);
    lab.tenant.sql("app", "CREATE ROLE {p}maker; GRANT ALL ON SCHEMA public TO {p}maker WITH GRANT OPTION");
    let owned = |config: &str, owner: &str| {
        format!(
            "{config}\nschema \"public\" {{\n  resource = postgres.main\n  database = \"{{p}}app\"\n  owner = {owner}\n}}\n"
        )
    };
    // What the new owner granted becomes the owner's grant.
    let granted = "SET ROLE {p}maker; GRANT CREATE ON SCHEMA public TO {p}r0";
    lab.converge(READERS);
    lab.tenant.sql("app", granted);
    let made = lab.converge(&owned(&writers(), "\"{p}maker\""));
    assert!(halves(&made).len() > 8, "{}", lab.text(&made));
    let sql = lab.sql(&made);
    let place = |text: &str| {
        sql.iter().position(|sql| sql.contains(text)).unwrap_or_else(|| panic!("{text}: {sql:#?}"))
    };
    assert!(place("ALTER SCHEMA public OWNER") > place("GRANT INSERT ON"), "{sql:#?}");
    assert!(place("ALTER SCHEMA public OWNER") < place("REVOKE CREATE ON SCHEMA public"), "{sql:#?}");
    // A grantee becomes the owner, and an owner nothing.
    lab.converge(&owned(READERS, "role.reader[1]"));
    lab.try_as("r1", "app", "CREATE TABLE mine ()").expect("it owns the schema");
    lab.tenant.sql("app", "DROP TABLE mine");
    lab.converge(&owned(&writers(), "\"{p}maker\""));
}
