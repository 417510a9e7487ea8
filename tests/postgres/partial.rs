//! Runs about a part: `-target`, `-exclude`, `-destroy`, `-refresh-only`, import, `removed`.
//!
//! Invariant: what a run is not about stays as it is, on the server and in the state.

use std::collections::BTreeSet;

use engine::choice::{Choice, Target};
use engine::name::{AddressPattern, BlockAddress};
use engine::plan::Mode;
use engine::resolve::Options;
use test_support::cluster::Cluster;

use crate::lab::Lab;

/// `team` is what `ana` and `bob` are members of; `lone` stands alone.
const TEAM: &str = r#"
role "team" {
  resource   = postgres.main
  name       = "{p}team"
  login      = false
  scopes     = ["{p}app.s"]
  privileges = ["SELECT"]
}
role "ana" {
  resource  = postgres.main
  name      = "{p}ana"
  member_of = [role.team]
}
role "bob" {
  resource  = postgres.main
  name      = "{p}bob"
  member_of = [role.team]
}
role "lone" {
  resource   = postgres.main
  name       = "{p}lone"
  scopes     = ["{p}app.s.t"]
  privileges = ["INSERT"]
}
"#;

fn company<'a>(cluster: &'a Cluster) -> Lab<'a> {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.sql("app", "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE s.u (id int)");
    lab
}

fn block(label: &str) -> AddressPattern {
    AddressPattern::Block(BlockAddress::root(label))
}

fn these(labels: &[&str]) -> BTreeSet<Target> {
    labels.iter().map(|label| Target::Blocks(block(label))).collect()
}

fn choice(targets: &[&str], excludes: &[&str]) -> Options {
    let choice = Choice { targets: these(targets), excludes: these(excludes) };
    Options { choice, ..Options::default() }
}

fn mode(mode: Mode) -> Options {
    Options { mode, ..Options::default() }
}

fn roles(lab: &Lab<'_>) -> Vec<String> {
    let sql = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{p}') ORDER BY rolname COLLATE \"C\"";
    let rows = lab.tenant.query("postgres", sql);
    rows.into_iter().flatten().flatten().map(|name| name.replace("{p}", "")).collect()
}

#[test]
fn a_target_takes_along_what_it_requires() {
    // Targets, excludes; the roles that there are then, from none.
    let cases: [(&[&str], &[&str], &[&str]); 6] = [
        (&["ana"], &[], &["ana", "team"]),
        (&["team"], &[], &["team"]),
        (&["lone", "bob"], &[], &["bob", "lone", "team"]),
        (&[], &["team"], &["lone"]),
        (&[], &["bob"], &["ana", "lone", "team"]),
        (&["ana", "lone"], &["team"], &["lone"]),
    ];
    Cluster::on_each_version(|cluster| {
        for (targets, excludes, expected) in &cases {
            let lab = company(cluster);
            lab.carry_out(TEAM, choice(targets, excludes));
            assert_eq!(roles(&lab), *expected, "-target {targets:?} -exclude {excludes:?}");
            let again = lab.try_plan(TEAM, choice(targets, excludes)).expect("a plan");
            assert!(again.is_noop(), "{}", lab.text(&again));
            lab.converge(TEAM);
            assert_eq!(roles(&lab), ["ana", "bob", "lone", "team"]);
        }
    });
}

#[test]
fn what_is_targeted_for_destruction_takes_along_what_requires_it() {
    let cases: [(&[&str], &[&str], &[&str]); 4] = [
        (&["ana"], &[], &["bob", "lone", "team"]),
        (&["team"], &[], &["lone"]),
        (&[], &["ana"], &["ana", "team"]),
        (&[], &[], &[]),
    ];
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        for (targets, excludes, expected) in &cases {
            lab.converge(TEAM);
            let options = Options { mode: Mode::Destroy, ..choice(targets, excludes) };
            let made = lab.carry_out(TEAM, options.clone());
            assert_eq!(roles(&lab), *expected, "{targets:?} {excludes:?}\n{}", lab.text(&made));
            assert_eq!(lab.remembered().len(), expected.len());
            let again = lab.try_plan(TEAM, options);
            assert!(again.is_err() || again.is_ok_and(|plan| plan.is_noop()));
        }
    });
}

#[test]
fn an_address_that_is_not_there_is_an_error() {
    let lab = company(Cluster::newest());
    let messages = lab.refusal(TEAM, choice(&["anna"], &[]));
    assert!(messages.contains("CLI009"), "{messages}");
}

#[test]
fn protection_holds_against_destroy_whether_applied_or_only_declared() {
    let lab = company(Cluster::newest());
    lab.converge(TEAM);
    let protected =
        TEAM.replace("  login      = false", "  login      = false\n  lifecycle { prevent_destroy = true }");
    let messages = lab.refusal(&protected, mode(Mode::Destroy));
    assert!(messages.contains("PLN006"), "{messages}");
    lab.carry_out(&protected, Options::default());
    let messages = lab.refusal(TEAM, mode(Mode::Destroy));
    assert!(messages.contains("PLN006"), "{messages}");
    // Given up by an apply, which changes nothing but what is remembered.
    let given_up = lab.converge(TEAM);
    assert!(lab.text(&given_up).contains("will be recorded anew"), "{}", lab.text(&given_up));
    lab.carry_out(TEAM, mode(Mode::Destroy));
    assert!(roles(&lab).is_empty());
}

#[test]
fn a_role_that_is_not_ours_survives_destroy() {
    let lab = company(Cluster::newest());
    lab.tenant.sql("postgres", "CREATE ROLE {p}lone");
    lab.carry_out(TEAM, choice(&[], &["lone"]));
    lab.carry_out(TEAM, mode(Mode::Destroy));
    assert_eq!(roles(&lab), ["lone"]);
}

#[test]
fn refresh_only_records_what_is_so_and_touches_no_server() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(TEAM);
        let quiet = lab.try_plan(TEAM, mode(Mode::RefreshOnly)).expect("a plan");
        assert!(quiet.is_noop(), "{}", lab.text(&quiet));
        lab.tenant.sql(
            "app",
            "GRANT DELETE ON s.t TO {p}lone; REVOKE SELECT ON s.u FROM {p}team; ALTER ROLE {p}ana CREATEDB; \
             GRANT pg_monitor TO {p}bob; ALTER ROLE {p}lone PASSWORD 'guess'",
        );
        let made = lab.try_plan(TEAM, mode(Mode::RefreshOnly)).expect("a plan");
        let text = lab.text(&made);
        assert!(!made.is_noop() && lab.sql(&made).is_empty(), "{text}");
        assert!(text.contains("refresh-only plan") && text.contains("DELETE"), "{text}");
        assert!(text.contains("createdb") && text.contains("pg_monitor"), "{text}");
        lab.try_apply(TEAM, &made).expect("only the state changes");
        let again = lab.try_plan(TEAM, mode(Mode::RefreshOnly)).expect("a plan");
        assert!(again.is_noop(), "{}", lab.text(&again));
        // What others did is known by now, so it is the configuration that wants it otherwise.
        let next = lab.plan(TEAM);
        let text = lab.text(&next);
        assert!(!text.contains("not declared for a managed role"), "{text}");
        lab.converge(TEAM);
        assert!(lab.try_as("lone", "app", "SELECT 1").is_ok(), "its password is the stored one again");
    });
}

#[test]
fn refresh_only_forgets_who_is_gone_and_takes_nobody_over() {
    let lab = company(Cluster::newest());
    lab.carry_out(TEAM, choice(&["ana"], &[]));
    lab.tenant.sql("postgres", "DROP ROLE {p}ana; CREATE ROLE {p}lone");
    let made = lab.carry_out(TEAM, mode(Mode::RefreshOnly));
    assert!(lab.text(&made).contains("has been deleted"), "{}", lab.text(&made));
    assert_eq!(lab.remembered(), ["role.team = {p}team"]);
    assert_eq!(roles(&lab), ["lone", "team"]);
}

#[test]
fn import_takes_over_what_is_there() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.tenant.sql("app", "CREATE ROLE {p}lone; GRANT DELETE ON s.u TO {p}lone");
        assert!(lab.refusal(TEAM, Options::default()).contains("PLN001"));
        let adopt = BTreeSet::from([block("lone")]);
        let options = Options { adopt, ..choice(&["lone"], &[]) };
        let made = lab.carry_out(TEAM, options);
        assert!(lab.sql(&made).iter().any(|sql| sql.contains("REVOKE DELETE")), "{}", lab.text(&made));
        assert_eq!(lab.remembered(), ["role.lone = {p}lone"]);
        lab.converge(TEAM);
    });
}

#[test]
fn removed_blocks_forget_or_drop() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(TEAM);
        let without = |label: &str| {
            let start = TEAM.find(&format!("role \"{label}\"")).expect("a role");
            let end = TEAM[start..].find("\n}\n").expect("its end") + start + 3;
            format!("{}{}", &TEAM[..start], &TEAM[end..])
        };
        let forgets = format!("{}removed {{\n  from = role.bob\n  destroy = false\n}}\n", without("bob"));
        lab.converge(&forgets);
        assert_eq!(roles(&lab), ["ana", "bob", "lone", "team"]);
        assert_eq!(lab.remembered().len(), 3);
        // Who was forgotten is not ours any more, and can be taken over again.
        assert!(lab.refusal(TEAM, Options::default()).contains("PLN001"));
        lab.converge(&format!("{TEAM}import {{\n  to = role.bob\n}}\n"));
        let drops = format!("{}removed {{\n  from = role.bob\n}}\n", without("bob"));
        lab.converge(&drops);
        assert_eq!(roles(&lab), ["ana", "lone", "team"]);
    });
}

/// `public` blocks belong to the whole of a configuration: a target leaves them out, an exclusion
/// does not.
#[test]
fn a_target_leaves_public_out() {
    let public = "public \"app\" {\n  resource = postgres.main\n  grant {\n    database = \"{p}app\"\n    \
                  schemas = [\"s\"]\n    tables = [\"u\"]\n    privileges = [\"SELECT\"]\n  }\n}\n";
    let config = format!("{TEAM}{public}");
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let held = || {
            let sql = "SELECT count(*) FROM pg_class, aclexplode(relacl) WHERE oid = 's.u'::regclass AND grantee = 0";
            lab.tenant.query("app", sql)[0][0].clone().unwrap_or_default()
        };
        lab.carry_out(&config, choice(&["lone"], &[]));
        assert_eq!(held(), "0");
        lab.carry_out(&config, choice(&[], &["lone"]));
        assert_eq!(held(), "1");
        lab.converge(&config);
        // What is recorded of PUBLIC outlives a run that does not look at it.
        lab.tenant.sql("app", "REVOKE SELECT ON s.u FROM PUBLIC; REVOKE INSERT ON s.t FROM {p}lone");
        let made = lab.carry_out(&config, choice(&["lone"], &[]));
        assert!(!lab.text(&made).contains("PUBLIC"), "{}", lab.text(&made));
        let made = lab.converge(&config);
        assert!(lab.text(&made).contains("(deleted outside)"), "{}", lab.text(&made));
        lab.carry_out(TEAM, choice(&["lone"], &[]));
        assert_eq!(held(), "1");
        lab.converge(TEAM);
        assert_eq!(held(), "0");
    });
}
