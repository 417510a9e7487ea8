//! Cost, counted: statements of fixed workloads, never seconds.
//!
//! The regression check of design 11; `cargo bench` measures. Invariant: what a change costs
//! follows what changed, not what is there.

use engine::plan::saved;
use engine::render;
use test_support::cluster::Cluster;

use crate::lab::Lab;

const ROLES: &str = r#"
role "r" {
  count      = 8
  name       = "{p}r${count.index}"
  resource   = postgres.main
  scopes     = ["{p}app"]
  privileges = count.index % 2 == 0 ? ["SELECT"] : ["SELECT", "INSERT", "UPDATE", "DELETE"]
  login      = false
}
"#;

fn forty_tables(cluster: &Cluster) -> Lab<'_> {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    tables(&lab, 10);
    lab
}

/// So many tables in each of four schemas.
fn tables(lab: &Lab<'_>, number: u32) {
    let sql = format!(
        "DO $$ BEGIN FOR s IN 0..3 LOOP EXECUTE format('CREATE SCHEMA IF NOT EXISTS s%s', s); \
         FOR i IN 0..{} LOOP EXECUTE format('CREATE TABLE IF NOT EXISTS s%s.t%s (id int)', s, i); \
         END LOOP; END LOOP; END $$",
        number - 1
    );
    lab.tenant.sql("app", &sql);
}

fn count(statements: &[String], what: &str) -> usize {
    statements.iter().filter(|sql| sql.starts_with(what) && sql.contains("ON TABLE")).count()
}

#[test]
fn like_grants_are_two_statements_for_any_number_of_roles_and_tables() {
    Cluster::on_each_version(|cluster| {
        let lab = forty_tables(cluster);
        let made = lab.converge(ROLES);
        let sql = lab.sql(&made);
        assert_eq!(count(&sql, "GRANT"), 2, "one per set of privileges:\n{}", sql.join("\n"));
        assert_eq!(made.summary().add, 8 + 8 + 8 * 5 + 8 * 40);
        assert!(lab.sql(&lab.plan(ROLES)).is_empty());
    });
}

#[test]
fn one_drifted_table_is_one_statement_that_names_it() {
    Cluster::on_each_version(|cluster| {
        let lab = forty_tables(cluster);
        lab.converge(ROLES);
        lab.tenant.sql("app", "REVOKE SELECT ON s1.t3 FROM {p}r2");
        let sql = lab.sql(&lab.plan(ROLES));
        assert_eq!(sql, ["GRANT SELECT ON TABLE s1.t3 TO {p}r2"]);
        lab.converge(ROLES);
    });
}

#[test]
fn one_changed_role_is_not_everybodys_statement() {
    Cluster::on_each_version(|cluster| {
        let lab = forty_tables(cluster);
        lab.converge(ROLES);
        let changed = ROLES.replace("count.index % 2 == 0", "count.index % 2 == 0 || count.index == 1");
        let sql = lab.sql(&lab.plan(&changed));
        assert_eq!(sql.len(), 1, "{sql:?}");
        assert!(
            sql[0].starts_with("REVOKE INSERT, UPDATE, DELETE ON TABLE") && sql[0].ends_with("FROM {p}r1"),
            "{}",
            sql[0]
        );
        lab.converge(&changed);
    });
}

/// Bytes of a plan, and lines of its text.
fn size(lab: &Lab<'_>, hcl: &str) -> (usize, usize) {
    let made = lab.plan(hcl);
    let mut text = render::text::PlainText::default();
    render::plan::render(&made, &render::Options::default(), &mut text).expect("text takes everything");
    (saved::encode(&made).1.len(), text.0.lines().count())
}

#[test]
fn a_plan_is_as_large_as_what_differs() {
    let cluster = Cluster::newest();
    let lab = forty_tables(cluster);
    let more_roles = ROLES.replace("= 8", "= 80");
    let (bytes, lines) = size(&lab, ROLES);
    let (of_many_roles, lines_of_many_roles) = size(&lab, &more_roles);
    // 72 more roles, 2,880 more grants: what a role costs, not what its grants cost.
    assert!(of_many_roles - bytes < 72 * 300, "{bytes} bytes, then {of_many_roles}");
    assert!(lines_of_many_roles < lines + 6, "{lines} lines, then {lines_of_many_roles}");
    tables(&lab, 110);
    let (of_many_tables, lines_of_many_tables) = size(&lab, ROLES);
    // 400 more tables, 3,200 more grants: names, in the facts, the outcome and the statements.
    assert!(of_many_tables - bytes < 400 * 120, "{bytes} bytes, then {of_many_tables}");
    assert!(lines_of_many_tables <= lines, "{lines} lines, then {lines_of_many_tables}");
}
