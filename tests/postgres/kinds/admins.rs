//! Administrators that are no superusers: what they may do is done, what they may not is said while
//! planning, and nothing is found out by an apply.
//!
//! Invariant: a plan that is made is applied, and the next one is empty.

use engine::resolve::Options;
use test_support::cluster::Cluster;

use super::role;
use crate::lab::Lab;

const START: &str = "
    CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE {p}owner; CREATE ROLE {p}g; CREATE ROLE {p}team;
    CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO {p}g; GRANT CREATE, USAGE ON SCHEMA s TO {p}owner;
    SET ROLE {p}owner; CREATE TABLE s.t (a int, b int); CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE;";

/// What makes the administrator of START one who may do everything here without being a superuser.
const OWNS: &str =
    "ALTER SCHEMA s OWNER TO {p}admin; ALTER DATABASE {p}app OWNER TO {p}admin; GRANT {p}owner TO {p}admin;";

const READS: &str = "scopes = [\"{p}app.s\"]\nprivileges = [\"SELECT\"]";

/// Plans as the administrator. Expected is either nothing, and then the plan is applied and
/// converges, or a part of each message.
#[track_caller]
fn check(setup: &str, config: &str, expected: impl Fn(u16) -> &'static [&'static str]) {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", START);
        lab.tenant.sql("app", setup);
        let lab = lab.administered_by("admin", "secret");
        let expected = expected(cluster.version);
        if expected.is_empty() {
            lab.converge(config);
            lab.converge("");
            return;
        }
        match lab.try_plan(config, Options::default()) {
            Ok(plan) => panic!("{expected:?} was expected, and there is a plan:\n{}", lab.text(&plan)),
            Err(said) => {
                for part in expected {
                    assert!(said.contains(part), "{part} is not in\n{said}");
                }
                assert_eq!(said.lines().count(), expected.len(), "{said}");
            }
        }
    });
}

#[test]
fn an_owner_of_everything_needs_no_superuser() {
    check(OWNS, &role(READS), |_| &[]);
    check(
        OWNS,
        &role(
            "grant {\ndatabase = \"{p}app\"\nschemas = [\"s\"]\nfunctions = [\"*\"]\nprivileges = [\"EXECUTE\"]\nfuture { creators = [\"{p}owner\"] }\n}",
        ),
        |_| &[],
    );
}

/// Of the roles whose privileges it has, the server takes the first that may grant: the oldest.
#[test]
fn who_else_may_grant_comes_before_the_owner_or_after() {
    let setup = |more: &str| {
        format!(
            "{OWNS} GRANT {{p}}g, {{p}}team TO {{p}}admin; GRANT SELECT ON s.t TO {{p}}g WITH GRANT OPTION; {more}"
        )
    };
    check(&setup(""), &role(READS), |_| &[]);
    // It acts as the owner then.
    check(
        &setup("ALTER TABLE s.t OWNER TO {p}team; GRANT USAGE ON SCHEMA s TO {p}team"),
        &role(READS),
        |_| &[],
    );
    // Which from 16 on it may be barred from.
    let barred =
        "ALTER TABLE s.t OWNER TO {p}team; GRANT USAGE ON SCHEMA s TO {p}team; REVOKE {p}team FROM {p}admin;
        DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 THEN
            EXECUTE 'GRANT {p}team TO {p}admin WITH SET FALSE';
        ELSE GRANT {p}team TO {p}admin; END IF; END $$;";
    check(&setup(barred), &role(READS), |version| {
        if version < 16 {
            return &[];
        }
        &[
            "also those of \"{p}g\", which has a grant option for SELECT. The server would take \"{p}g\" for the grantor",
        ]
    });
    // A member of the first is looked at after those of the first step.
    let deeper = "REVOKE {p}g FROM {p}admin; GRANT {p}g TO {p}team; ALTER TABLE s.t OWNER TO {p}team";
    check(&setup(deeper), &role(READS), |_| &[]);
}

#[test]
fn whose_objects_they_are_not_says_so_per_object() {
    const NO_USAGE: &str = "\"{p}admin\" has no USAGE on schema \"s\", without which it cannot name s.t";
    check("", &role(READS), |_| &["PGS201", "PGS201", "PGS201", NO_USAGE]);
    check("ALTER SCHEMA s OWNER TO {p}admin; ALTER DATABASE {p}app OWNER TO {p}admin", &role(READS), |_| {
        &["PGS201 Administrator may not grant on an object: \"{p}admin\" does not own s.t"]
    });
}

#[test]
fn attributes_that_the_administrator_has_not() {
    check("", &role("createdb = true"), |version| {
        if version < 16 { &[] } else { &["only roles with CREATEDB themselves may give or take CREATEDB"] }
    });
    check(
        "ALTER ROLE {p}admin CREATEDB REPLICATION BYPASSRLS",
        &role("createdb = true\nreplication = true\nbypassrls = true"),
        |version| {
            if version < 16 { &["may give or take REPLICATION", "may give or take BYPASSRLS"] } else { &[] }
        },
    );
    check("", &role("superuser = true"), |_| &["only superusers may give or take SUPERUSER"]);
    check("ALTER ROLE {p}admin NOCREATEROLE", &role(""), |_| &["lacks CREATEROLE", "lacks CREATEROLE"]);
}

#[test]
fn roles_that_the_administrator_may_not_grant() {
    check("", &role("member_of = [\"{p}team\"]"), |version| if version < 16 { &[] } else { &["PGS205"] });
    check("GRANT {p}team TO {p}admin WITH ADMIN OPTION", &role("member_of = [\"{p}team\"]"), |_| &[]);
    check("", &role("member_of = [\"pg_monitor\"]"), |version| if version < 16 { &[] } else { &["PGS205"] });
    check("GRANT pg_monitor TO {p}admin WITH ADMIN OPTION", &role("member_of = [\"pg_monitor\"]"), |_| &[]);
}

#[test]
fn a_role_of_the_same_plan_is_the_administrators_own() {
    let config = format!(
        "{}\nrole \"t\" {{\nresource = postgres.main\nname = \"{{p}}t\"\nlogin = false\n}}",
        role("member_of = [role.t]")
    );
    check("", &config, |_| &[]);
}

#[test]
fn parameters_that_only_a_superuser_may_set() {
    check("", &role("settings = { work_mem = \"8MB\", role = \"none\" }"), |_| &[]);
    check("", &role("settings = { \"my.own\" = \"x\" }"), |_| &["PGS207"]);
    check("", &role("settings = { log_statement = \"all\" }"), |_| &["PGS207"]);
    check("", &role("settings = { shared_buffers = \"1GB\" }"), |_| &["PGS207"]);
    check("", &role("settings = { log_connections = \"on\" }"), |_| &["PGS207"]);
    check("", &role("settings = { work_memm = \"8MB\" }"), |_| &["PGS207"]);
}

#[test]
fn a_parameter_that_was_granted_may_be_set() {
    Cluster::on_each_version(|cluster| {
        if cluster.version >= 15 {
            let lab = Lab::new(cluster);
            lab.tenant.sql("postgres", "CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; GRANT SET ON PARAMETER log_statement TO {p}admin");
            let lab = lab.administered_by("admin", "secret");
            lab.converge(&role("settings = { log_statement = \"all\" }"));
            lab.converge(&role(""));
            lab.converge("");
        }
    });
}

#[test]
fn grants_that_others_made_need_to_act_as_them() {
    let drifted = format!(
        "{OWNS} CREATE ROLE {{p}}r; GRANT {{p}}r TO {{p}}admin WITH ADMIN OPTION; \
        GRANT INSERT ON s.t TO {{p}}g WITH GRANT OPTION; SET ROLE {{p}}g; GRANT INSERT ON s.t TO {{p}}r; RESET ROLE;"
    );
    let config = role(&format!("adopt = true\n{READS}"));
    check(&drifted, &config, |_| &["PGS203"]);
    check(&format!("{drifted} GRANT {{p}}g TO {{p}}admin"), &config, |_| &[]);
}

#[test]
fn default_privileges_of_creators_that_are_not_the_administrators() {
    let config = role(
        "grant {\ndatabase = \"{p}app\"\nschemas = [\"s\"]\ntables = []\nprivileges = [\"SELECT\"]\nfuture { creators = [\"{p}g\"] }\n}",
    );
    check(OWNS, &config, |_| &["PGS201"]);
    check(&format!("{OWNS} GRANT {{p}}g TO {{p}}admin"), &config, |_| &[]);
}

/// Managed services give a role that is nearly a superuser, and keep names for themselves.
#[test]
fn an_administrator_of_a_managed_service() {
    let setup = "CREATE ROLE {p}service CREATEDB CREATEROLE; ALTER ROLE {p}admin CREATEDB; GRANT {p}service TO {p}admin; \
                 GRANT pg_monitor, pg_signal_backend TO {p}service WITH ADMIN OPTION; \
                 ALTER DATABASE {p}app OWNER TO {p}admin; ALTER SCHEMA s OWNER TO {p}service; GRANT {p}owner TO {p}service";
    let config = role(&format!(
        "{READS}\nmember_of = [\"pg_monitor\"]\ncreatedb = true\nvalid_until = \"2030-01-01T00:00:00Z\""
    ));
    check(setup, &config, |_| &[]);
    check(setup, &role("member_of = [\"pg_read_server_files\"]"), |version| {
        if version < 16 { &[] } else { &["PGS205"] }
    });
}

/// What the owner granted, and a superuser the memberships, is as good for whoever is in charge later.
#[test]
fn another_administrator_finds_nothing_to_do() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", START);
        lab.tenant.sql("app", "CREATE ROLE {p}boss LOGIN SUPERUSER PASSWORD 'secret'");
        let lab = lab.administered_by("boss", "secret");
        let config = role(&format!("member_of = [\"{{p}}team\"]\n{READS}"));
        lab.converge(&config);
        let nothing = |lab: &Lab<'_>, config: &str| {
            let made = lab.plan(config);
            assert!(made.is_noop(), "{}", lab.text(&made));
        };
        let lab = lab.administered_by("admin", "secret");
        nothing(&lab, &config);
        // What it adds is its own, beside what stands, until the owner's administrator takes it over.
        lab.tenant.sql(
            "app",
            "GRANT INSERT ON s.t TO {p}admin WITH GRANT OPTION; GRANT USAGE ON SCHEMA s TO {p}admin",
        );
        let more = config.replace("\"SELECT\"", "\"SELECT\", \"INSERT\"");
        let sql = lab.sql(&lab.converge(&more));
        let granted = sql.iter().filter(|sql| sql.starts_with("GRANT")).collect::<Vec<_>>();
        assert_eq!(granted, ["GRANT INSERT ON TABLE s.t TO {p}r"]);
        let lab = lab.administered_by("boss", "secret");
        lab.converge(&more);
        let lab = lab.administered_by("admin", "secret");
        nothing(&lab, &more);
        let lab = lab.administered_by("boss", "secret");
        nothing(&lab, &more);
    });
}

const TWO: &str = "
    CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE {p}boss LOGIN CREATEROLE PASSWORD 'secret';
    CREATE ROLE {p}team; CREATE ROLE {p}club; GRANT {p}team, {p}club TO {p}admin, {p}boss WITH ADMIN OPTION;";

#[track_caller]
fn nothing_for(labs: &[&Lab<'_>], config: &str) {
    for lab in labs {
        let made = lab.plan(config);
        assert!(made.is_noop(), "{}", lab.text(&made));
    }
}

/// Each of two administrators grants memberships in its own name from 16 on. What the one granted is
/// as good for the other, whose project may have a state of its own.
#[test]
fn two_limited_administrators_leave_each_other_alone() {
    Cluster::on_each_version(|cluster| {
        let first = Lab::new(cluster);
        first.tenant.sql("postgres", TWO);
        let second = Lab::beside(cluster, first.tenant.prefix.clone()).administered_by("boss", "secret");
        let first = first.administered_by("admin", "secret");
        let config = |groups: &str| role(&format!("adopt = true\nlogin = false\nmember_of = [{groups}]"));
        let one = config("\"{p}team\"");
        first.converge(&one);
        first.tenant.sql("postgres", "GRANT {p}r TO {p}boss WITH ADMIN OPTION");
        let sql = second.sql(&second.converge(&one));
        assert!(sql.is_empty(), "it only takes over: {sql:?}");
        nothing_for(&[&first, &second], &one);
        // What comes anew is granted by whoever applies first, also in the place of what somebody took.
        let both = config("\"{p}team\", \"{p}club\"");
        second.converge(&both);
        first.converge(&both);
        nothing_for(&[&first, &second], &both);
        let by = if cluster.version < 16 { "" } else { "GRANTED BY {p}admin" };
        first.tenant.sql("postgres", &format!("REVOKE {{p}}team FROM {{p}}r {by}"));
        second.converge(&both);
        nothing_for(&[&first, &second], &both);
        // Both have granted the same, and neither can take what the other did.
        first.tenant.sql("postgres", "SET ROLE {p}admin; GRANT {p}team TO {p}r");
        first.converge(&both);
        second.converge(&both);
        nothing_for(&[&first, &second], &both);
    });
}
