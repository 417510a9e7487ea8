//! Names of before and of after the renames of one plan: whoever is renamed may also grant, own,
//! administer, or leave its name to another role, in the same plan.
//!
//! Not here: that a renamed role is the same role (`rename`). Invariant: a plan that is made is
//! applied, and the next one is empty; what is in the way is said while planning.

use engine::resolve::Options;
use test_support::cluster::Cluster;

use crate::lab::Lab;

const OBJECTS: &str = "
    CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE {p}o;
    CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC; CREATE TABLE s.t (a int); CREATE TABLE s.u (a int);
    ALTER TABLE s.t OWNER TO {p}o; ALTER TABLE s.u OWNER TO {p}o;";

/// Roles as (label, name, what else stands in the block).
type Roles = [(&'static str, &'static str, &'static str)];

fn roles(list: &Roles) -> String {
    let role = |(label, name, body): &(&str, &str, &str)| {
        format!("role \"{label}\" {{\nresource = postgres.main\nname = \"{{p}}{name}\"\n{body}\n}}\n")
    };
    list.iter().map(role).collect()
}

/// A superuser applies the first roles, something drifts, and the second are declared.
#[track_caller]
fn drifted(before: &Roles, drift: &str, act: impl Fn(Lab<'_>)) {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", OBJECTS);
        lab.converge(&roles(before));
        lab.tenant.sql("app", drift);
        act(lab);
    });
}

const READS: &str =
    "grant {\ndatabase = \"{p}app\"\nschemas = [\"s\"]\ntables = [\"t\"]\nprivileges = [\"SELECT\"]\n}";

/// `g` granted what `r` holds on one table with an option that it has, on the other without.
const GRANTED: &str = "
    GRANT SELECT, INSERT ON s.t, s.u TO {p}g WITH GRANT OPTION; SET ROLE {p}g;
    GRANT INSERT ON s.t TO {p}r; GRANT INSERT ON s.u TO {p}r WITH GRANT OPTION; RESET ROLE;
    GRANT {p}r TO {p}g; REVOKE INSERT ON s.u FROM {p}g;";

#[test]
fn a_renamed_grantor_is_acted_for_and_lent_what_it_lost() {
    drifted(&[("g", "g", ""), ("r", "r", "")], GRANTED, |lab| {
        lab.converge(&roles(&[("g", "h", ""), ("r", "r", READS)]));
    });
}

/// The new name of the grantor is free only after another rename, and means another role before.
#[test]
fn nothing_is_done_under_a_name_before_it_is_the_roles_own() {
    let before = [("g", "g", ""), ("h", "h", ""), ("i", "i", ""), ("r", "r", "")];
    drifted(&before, GRANTED, |lab| {
        let after = [("g", "h", ""), ("h", "i", ""), ("i", "j", ""), ("r", "r", READS), ("new", "g", READS)];
        lab.converge(&roles(&after));
        // And round in a circle, with the memberships of one that is renamed.
        lab.tenant.sql("app", &GRANTED.replace("{p}g", "{p}h"));
        let circle = [("g", "i", ""), ("h", "j", ""), ("i", "h", ""), ("r", "k", READS), ("new", "r", READS)];
        lab.converge(&roles(&circle));
    });
}

#[test]
fn what_keeps_a_renamed_grantor_from_revoking_is_said() {
    let drift = format!("{GRANTED} REVOKE USAGE ON SCHEMA s FROM PUBLIC");
    drifted(&[("g", "g", ""), ("r", "r", "")], &drift, |lab| {
        let said = lab.refusal(&roles(&[("g", "h", ""), ("r", "r", "")]), Options::default());
        assert!(said.contains("PGS203"), "{said}");
        assert!(said.contains("\"{p}h\" (\"{p}g\" as yet) granted something on s.t"), "{said}");
    });
}

#[test]
fn what_depends_on_a_renamed_grantor_is_said() {
    let drift = "CREATE ROLE {p}stranger; GRANT SELECT ON s.t TO {p}g WITH GRANT OPTION; SET ROLE {p}g; GRANT SELECT ON s.t TO {p}stranger";
    drifted(&[("g", "g", ""), ("r", "r", "")], drift, |lab| {
        let said = lab.refusal(&roles(&[("g", "h", ""), ("r", "r", "")]), Options::default());
        assert!(said.contains("PGS202"), "{said}");
    });
}

#[test]
fn a_name_that_is_given_up_is_nobodys() {
    drifted(&[("g", "g", ""), ("r", "r", "")], "", |lab| {
        let joins = [("g", "h", ""), ("r", "r", "member_of = [\"{p}g\"]")];
        let said = lab.refusal(&roles(&joins), Options::default());
        assert!(said.contains("PLN005"), "{said}");
        lab.converge(&roles(&[("g", "h", ""), ("r", "r", "member_of = [\"{p}h\"]")]));
    });
}

/// What was granted by two that are renamed, whom an administrator without superuser may act for.
#[test]
fn a_limited_administrator_is_known_by_the_names_of_after() {
    let may = "ALTER DATABASE {p}app OWNER TO {p}admin; ALTER SCHEMA s OWNER TO {p}admin; GRANT {p}o TO {p}admin; \
               GRANT {p}g, {p}h, {p}r TO {p}admin WITH ADMIN OPTION;";
    let by_admin = "SET ROLE {p}admin; GRANT {p}r TO {p}g; RESET ROLE;";
    let drift = format!("{may} {}", GRANTED.replace("GRANT {p}r TO {p}g;", by_admin));
    drifted(&[("g", "g", ""), ("h", "h", ""), ("r", "r", "")], &drift, |lab| {
        let lab = lab.administered_by("admin", "secret");
        let swapped = [("g", "h", ""), ("h", "g", "member_of = [role.g]"), ("r", "k", READS)];
        lab.converge(&roles(&swapped));
        lab.converge(&roles(&[("g", "x", ""), ("h", "y", ""), ("r", "z", "")]));
    });
}

/// Whose objects they are is renamed, by an administrator who is a member of the owner.
#[test]
fn a_renamed_owner_lends_its_powers() {
    let may = "GRANT {p}m, {p}r TO {p}admin WITH ADMIN OPTION; ALTER TABLE s.t OWNER TO {p}m; \
               ALTER SCHEMA s OWNER TO {p}m; ALTER DATABASE {p}app OWNER TO {p}m;";
    drifted(&[("m", "m", ""), ("r", "r", "")], may, |lab| {
        let lab = lab.administered_by("admin", "secret");
        lab.converge(&roles(&[("m", "n", ""), ("r", "r", READS)]));
        lab.converge(&roles(&[("m", "o2", ""), ("r", "s", "")]));
    });
}
