//! Renames: a block that changes its `name`, one that changes its label, and names that move on.
//!
//! Invariant: a renamed role is the same role (its OID stays), with all that it holds.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use engine::access::Access;
use engine::resolve::Options;
use test_support::client::Login;
use test_support::cluster::Cluster;
use test_support::project::TestProject;

use crate::lab::Lab;

fn company<'a>(cluster: &'a Cluster) -> Lab<'a> {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.database("two");
    for database in ["app", "two"] {
        lab.tenant.sql(database, "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE s.u (id int)");
    }
    lab
}

/// Roles as `label=name`: each may read one table of both databases and has a setting.
fn roles(list: &[(&str, &str, &str)]) -> String {
    let role = |(label, name, table): &(&str, &str, &str)| {
        format!(
            "role \"{label}\" {{\n  resource = postgres.main\n  name = \"{{p}}{name}\"\n  \
             scopes = [\"{{p}}app.s.{table}\", \"{{p}}two.s.{table}\"]\n  privileges = [\"SELECT\"]\n  \
             member_of = [\"pg_monitor\"]\n  settings = {{ statement_timeout = \"30s\" }}\n}}\n"
        )
    };
    list.iter().map(role).collect()
}

/// `name oid` of the tenant's roles.
fn oids(lab: &Lab<'_>) -> Vec<(String, String)> {
    let rows = lab.tenant.query(
        "postgres",
        "SELECT rolname, oid FROM pg_roles WHERE starts_with(rolname, '{p}') ORDER BY oid",
    );
    rows.into_iter()
        .map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default()))
        .collect()
}

type Roles = &'static [(&'static str, &'static str, &'static str)];

/// Roles before and after, and old names with new ones.
type Case = (Roles, Roles, &'static [(&'static str, &'static str)]);

#[test]
fn a_renamed_role_is_the_same_role() {
    let cases: [Case; 5] = [
        (&[("x", "a", "t")], &[("x", "b", "t")], &[("a", "b")]),
        (&[("x", "a", "t"), ("y", "b", "u")], &[("x", "b", "t"), ("y", "a", "u")], &[("a", "b"), ("b", "a")]),
        (&[("x", "a", "t"), ("y", "b", "u")], &[("x", "b", "t"), ("y", "c", "u")], &[("a", "b"), ("b", "c")]),
        (
            &[("x", "a", "t"), ("y", "b", "u"), ("z", "c", "t")],
            &[("x", "b", "t"), ("y", "c", "u"), ("z", "a", "t")],
            &[("a", "b"), ("b", "c"), ("c", "a")],
        ),
        // The label changes, the name stays.
        (&[("x", "a", "t")], &[("y", "a", "t")], &[("a", "a")]),
    ];
    Cluster::on_each_version(|cluster| {
        for (before, after, renamed) in &cases {
            let lab = company(cluster);
            lab.converge(&roles(before));
            let old = oids(&lab);
            let made = lab.converge(&roles(after));
            let text = lab.text(&made);
            assert_eq!((made.summary().add, made.summary().destroy), (0, 0), "{text}");
            assert!(made.resources.values().map(Access::of).all(|access| access.is_empty()), "{text}");
            let new = oids(&lab);
            for (from, to) in *renamed {
                let oid = |all: &[(String, String)], name: &str| {
                    let name = format!("{{p}}{name}");
                    all.iter().find(|(role, _)| *role == name).map(|(_, oid)| oid.clone())
                };
                assert_eq!(oid(&old, from), oid(&new, to), "{from} -> {to}\n{text}");
            }
            assert_eq!(old.len(), new.len(), "nothing is left aside\n{text}");
            for (_, name, table) in *after {
                assert!(
                    lab.try_as(name, "app", &format!("SELECT * FROM s.{table}")).is_ok(),
                    "{name}\n{text}"
                );
            }
            let labels: Vec<String> = lab.remembered();
            for (label, name, _) in *after {
                assert!(labels.contains(&format!("role.{label} = {{p}}{name}")), "{labels:?}\n{text}");
            }
        }
    });
}

/// Roles with passwords, one after the other renamed, as (label, name).
const CONFIGURATIONS: [&[(&str, &str)]; 4] = [
    &[("x", "a"), ("y", "b")],
    &[("x", "b"), ("y", "a")],
    &[("x", "c"), ("y", "b")],
    &[("x", "c"), ("y", "d")],
];

#[test]
fn a_renamed_role_keeps_its_password() {
    let cluster = Cluster::newest();
    let (tenant, mut project) = (cluster.tenant(), TestProject::new(env!("CARGO_BIN_EXE_roleform")));
    tenant.database("app");
    project.use_server("main", cluster);
    // A lock of its own.
    let home = tenant.fill("\n  database = \"{p}app\"\n  admin {");
    project.write("main.server.hcl", project.read("main.server.hcl").replace("\n  admin {", &home));
    project.run(["init"]).expect_code(0);
    let run = |line: &str| project.run(tenant.fill(line).split(' ')).expect_code(0).stdout;
    let mut passwords = BTreeMap::new();
    for (round, configuration) in CONFIGURATIONS.iter().enumerate() {
        let role = |(label, name): &(&str, &str)| {
            format!("role \"{label}\" {{\n  resource = postgres.main\n  name = \"{{p}}{name}\"\n}}\n")
        };
        project.write("roles.hcl", tenant.fill(&configuration.iter().map(role).collect::<String>()));
        let planned = run("plan -out plan.bin");
        assert!(round == 0 || !planned.contains("password"), "{planned}");
        run("apply plan.bin");
        for (label, name) in *configuration {
            let password = run(&format!("credentials show {{p}}{name}"));
            let login = Login { role: name, password: password.trim_end(), database: "app" };
            tenant.try_as(login, "SELECT 1").expect("it logs in under its name of now");
            let first = passwords.entry(*label).or_insert_with(|| password.clone());
            assert_eq!(password, *first, "{label} in round {round}");
        }
        assert_eq!(run("credentials list").lines().count(), configuration.len());
        run("plan -detailed-exitcode");
    }
    // It is encrypted with the new name when it is encrypted anew.
    let other = include_str!("../../engine/src/credentials/test_keys/ed25519.pub").trim();
    project.write(
        "readers.hcl",
        format!("roleform {{\n  credentials {{\n    recipients = [\"{other}\"]\n  }}\n}}\n"),
    );
    project.write("key", include_str!("../../engine/src/credentials/test_keys/ed25519"));
    fs::set_permissions(project.path("key"), fs::Permissions::from_mode(0o600)).expect("its mode");
    run("credentials reencrypt");
    assert_eq!(run("credentials show -identity key {p}c"), passwords["x"]);
    let told = run("session list");
    let apply = told.lines().find(|line| line.contains("apply")).expect("an apply");
    let session = apply.split_whitespace().next().expect("its id");
    let shown = run(&format!("session show {session}"));
    assert!(shown.contains(&tenant.fill("main/{p}d: password renamed")), "{shown}");
    run("session verify");
}

#[test]
fn a_new_name_must_be_free() {
    let cluster = Cluster::newest();
    let lab = company(cluster);
    lab.converge(&roles(&[("x", "a", "t"), ("y", "b", "u")]));
    lab.tenant.sql("postgres", "CREATE ROLE {p}taken");
    let check = |hcl: &str, code: &str| {
        let messages = lab.refusal(hcl, Options::default());
        assert!(messages.contains(code), "{code} is not in {messages}");
    };
    check(&roles(&[("x", "taken", "t"), ("y", "b", "u")]), "PLN032");
    // The other role of the name goes in the same plan, which would be too late.
    check(&roles(&[("x", "b", "t")]), "PLN032");
    // A chain whose end is taken moves nobody.
    check(&roles(&[("x", "b", "t"), ("y", "taken", "u")]), "PLN032");
    let adopts = roles(&[("x", "taken", "t"), ("y", "b", "u")])
        .replace("name = \"{p}taken\"", "name = \"{p}taken\"\n  adopt = true");
    let made = lab.converge(&adopts);
    assert_eq!(made.summary().import + made.summary().change, 1, "{}", lab.text(&made));
    assert_eq!(lab.remembered(), ["role.y = {p}b", "role.x = {p}taken"]);
}

#[test]
fn an_md5_password_is_not_lost_by_a_rename() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let keep = |name: &str| {
            roles(&[("x", name, "t")])
                .replace("  privileges", "  lifecycle { ignore_changes = [password] }\n  privileges")
        };
        lab.converge(&keep("a"));
        lab.tenant.sql("postgres", "SET password_encryption = 'md5'; ALTER ROLE {p}a PASSWORD 'old'");
        let messages = lab.refusal(&keep("b"), Options::default());
        assert!(messages.contains("PLN033"), "{messages}");
        lab.tenant
            .sql("postgres", "SET password_encryption = 'scram-sha-256'; ALTER ROLE {p}a PASSWORD 'new'");
        lab.converge(&keep("b"));
    });
}

/// A role that owns what others are granted on, and that makes what they will be granted on.
#[test]
fn a_renamed_owner_and_creator_stays_both() {
    let config = |name: &str| {
        format!(
            "role \"maker\" {{\n  resource = postgres.main\n  name = \"{{p}}{name}\"\n}}\n\
             role \"r\" {{\n  resource = postgres.main\n  name = \"{{p}}r\"\n  grant {{\n    database = \"{{p}}app\"\n    \
             schemas = [\"s\"]\n    tables = [\"*\"]\n    privileges = [\"SELECT\"]\n    future {{ creators = [role.maker] }}\n  }}\n}}\n"
        )
    };
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&config("maker"));
        lab.tenant.sql("app", "ALTER TABLE s.t OWNER TO {p}maker; ALTER SCHEMA s OWNER TO {p}maker");
        lab.converge(&config("maker"));
        let made = lab.converge(&config("builder"));
        let sql: Vec<String> = lab.sql(&made).into_iter().filter(|sql| !sql.contains("PASSWORD")).collect();
        assert_eq!(sql, ["ALTER ROLE {p}maker RENAME TO {p}builder"]);
        lab.tenant.sql("app", "SET ROLE {p}builder; CREATE TABLE s.later (id int)");
        lab.try_as("r", "app", "SELECT FROM s.later, s.t").expect("both may be read");
        // Renamed, and more is granted on what it owns, in one plan.
        let wider = config("mason").replace("[\"SELECT\"]", "[\"SELECT\", \"DELETE\"]");
        lab.converge(&wider);
        lab.try_as("r", "app", "DELETE FROM s.t").expect("it may");
    });
}

/// A role hands on what it was given with grant option.
const HANDED_ON: &str = "GRANT SELECT ON s.t TO {p}a WITH GRANT OPTION; GRANT USAGE ON SCHEMA s TO {p}a;
    SET ROLE {p}a; GRANT SELECT ON s.t TO {p}stranger; RESET ROLE";

/// The grantor loses the option on the table, and what it granted on a column stays.
const LAPSED: &str = "GRANT SELECT ON s.t TO {p}a WITH GRANT OPTION; GRANT USAGE ON SCHEMA s TO {p}a;
    SET ROLE {p}a; GRANT SELECT (id) ON s.t TO {p}b; RESET ROLE; REVOKE GRANT OPTION FOR SELECT ON s.t FROM {p}a";

/// What the server tells of a grantor counts for it under its new name, also when another has its old one.
#[test]
fn what_a_renamed_role_granted_stays_known() {
    let before: Roles = &[("x", "a", "t"), ("y", "b", "u")];
    let after: [Roles; 2] = [&[("x", "c", "t"), ("y", "b", "u")], &[("x", "b", "t"), ("y", "a", "u")]];
    Cluster::on_each_version(|cluster| {
        for after in after {
            let lab = company(cluster);
            lab.tenant.sql("postgres", "CREATE ROLE {p}stranger");
            lab.converge(&roles(before));
            lab.tenant.sql("app", HANDED_ON);
            let messages = lab.refusal(&roles(after), Options::default());
            assert!(messages.contains("PGS202"), "{messages}");
            lab.tenant.sql("app", "REVOKE SELECT ON s.t FROM {p}a CASCADE");
            lab.tenant.sql("app", LAPSED);
            lab.converge(&roles(after));
        }
    });
}

/// What was granted to an external role directly is nobody's business, whatever the role is called.
#[test]
fn a_renamed_external_role_keeps_what_others_gave_it() {
    let external = |name: &str, more: &str| {
        format!(
            "role \"x\" {{\n  resource = postgres.main\n  name = \"{{p}}{name}\"\n  type = \"external\"\n  \
             source_role = \"pg_monitor\"\n{more}}}\n"
        )
    };
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&external("a", ""));
        lab.tenant.sql("app", "GRANT USAGE ON SCHEMA s TO {p}a; GRANT SELECT ON s.t TO {p}a");
        let made = lab.converge(&external("b", ""));
        assert!(lab.try_as("b", "app", "SELECT FROM s.t").is_ok(), "{}", lab.text(&made));
        // Whoever joins it is told of all that it holds: what that is is not looked at.
        let member =
            "role \"m\" {\n  resource = postgres.main\n  name = \"{p}m\"\n  member_of = [role.x]\n}\n";
        let text = lab.text(&lab.plan(&(external("b", "") + member)));
        assert!(text.contains("+ all that {p}b holds (through {p}b)"), "{text}");
        // It would be dropped for the one that is taken over, and what it holds is not seen.
        lab.tenant.sql("app", "CREATE ROLE {p}c; GRANT SELECT ON s.u TO {p}c");
        let messages = lab.refusal(&external("c", "  adopt = true\n"), Options::default());
        assert!(messages.contains("PLN032"), "{messages}");
        // Managed from now on, it is looked at whole.
        lab.converge(&roles(&[("x", "d", "t")]));
        assert!(lab.try_as("d", "app", "SELECT FROM s.t").is_ok());
        // Names are not exchanged between an external role and another.
        let both = |names: [&str; 2]| external(names[0], "") + &roles(&[("y", names[1], "u")]);
        lab.converge(&both(["d", "e"]));
        lab.tenant.sql("app", "GRANT SELECT ON s.u TO {p}d");
        let messages = lab.refusal(&both(["e", "d"]), Options::default());
        assert!(messages.contains("PLN032"), "{messages}");
        lab.converge(&both(["f", "e"]));
        lab.converge(&both(["f", "d"]));
        lab.converge(&both(["e", "d"]));
        assert!(lab.try_as("e", "app", "SELECT FROM s.u").is_err(), "USAGE on the schema has been taken");
        // Nor is a role made anew under the name that an external one leaves in the same plan.
        let three = |x: &str, z: &str| external(x, "") + &roles(&[("y", "d", "u"), ("z", z, "u")]);
        lab.converge(&three("e", "h"));
        lab.tenant.sql("two", "DROP OWNED BY {p}h");
        lab.tenant.sql("app", "GRANT SELECT ON s.t TO {p}e; DROP OWNED BY {p}h; DROP ROLE {p}h");
        let messages = lab.refusal(&three("g", "e"), Options::default());
        assert!(messages.contains("PLN032") && messages.contains("role.z is to be made"), "{messages}");
        lab.converge(&three("g", "h"));
        lab.converge(&three("g", "e"));
    });
}

/// A name is free for a new role when the one that had it has another.
#[test]
fn a_role_is_made_under_a_name_that_becomes_free() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&roles(&[("x", "a", "t"), ("y", "b", "u")]));
        lab.tenant.sql("app", "DROP OWNED BY {p}b");
        lab.tenant.sql("two", "DROP OWNED BY {p}b; REVOKE pg_monitor FROM {p}b; DROP ROLE {p}b");
        let made = lab.converge(&roles(&[("x", "b", "t"), ("y", "a", "u")]));
        assert_eq!(made.summary().destroy, 0, "{}", lab.text(&made));
    });
}
