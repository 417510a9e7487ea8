//! Roles that are dropped: what they own, what others have through them, who is still there.
//!
//! Invariant: what would keep PostgreSQL from dropping a role is named while planning, and
//! what the plan did not name is not dropped.

use engine::plan::Mode;
use engine::resolve::Options;
use test_support::client::{Login, Session};
use test_support::cluster::Cluster;

use crate::lab::Lab;

/// `owner` may create things, and `reader` reads what it will create; `on_destroy` as given.
fn roles(on_destroy: &str) -> String {
    format!(
        r#"
role "owner" {{
  resource   = postgres.main
  name       = "{{p}}owner"
  grant {{
    database   = "{{p}}app"
    schemas    = ["s"]
    privileges = ["USAGE", "CREATE"]
  }}
  lifecycle {{
    on_destroy {{
      {on_destroy}
    }}
  }}
}}
{READER}"#
    )
}

const READER: &str = r#"
role "reader" {
  resource   = postgres.main
  name       = "{p}reader"
  grant {
    database   = "{p}app"
    schemas    = ["s"]
    tables     = ["*"]
    privileges = ["SELECT"]
  }
}
"#;

fn company<'a>(cluster: &'a Cluster) -> Lab<'a> {
    let lab = Lab::new(cluster);
    for database in ["app", "two"] {
        lab.tenant.database(database);
        lab.tenant.sql(database, "CREATE SCHEMA s; CREATE TABLE s.t (id int)");
    }
    lab.tenant.sql("postgres", "CREATE ROLE {p}heir");
    lab
}

fn exists(lab: &Lab<'_>, role: &str) -> bool {
    let sql = format!("SELECT FROM pg_roles WHERE rolname = '{{p}}{role}'");
    !lab.tenant.query("postgres", &sql).is_empty()
}

#[track_caller]
fn refused(lab: &Lab<'_>, hcl: &str, needles: &[&str]) {
    let messages = lab.refusal(hcl, Options::default());
    for needle in needles {
        assert!(messages.contains(needle), "{needle} is not in {messages}");
    }
}

/// Everything that a role can leave behind, in two databases.
const LEGACY: &str = "CREATE TABLE s.own (id int); ALTER TABLE s.own OWNER TO {p}owner; \
     CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION s.f() OWNER TO {p}owner; \
     CREATE SCHEMA mine AUTHORIZATION {p}owner; GRANT SELECT ON s.own TO pg_monitor; \
     ALTER DEFAULT PRIVILEGES FOR ROLE {p}owner GRANT SELECT ON TABLES TO pg_monitor; \
     CREATE POLICY p ON s.t TO {p}owner USING (true); \
     SELECT lo_create(0); DO $$ BEGIN EXECUTE format('ALTER LARGE OBJECT %s OWNER TO {p}owner', \
     (SELECT max(oid) FROM pg_largeobject_metadata)); END $$";

#[test]
fn owned_objects_are_given_away_or_dropped_in_every_database() {
    Cluster::on_each_version(|cluster| {
        for (on_destroy, heirs) in [("reassign_owned_to = \"{p}heir\"", "4"), ("drop_owned = true", "0")] {
            let lab = company(cluster);
            lab.converge(&roles(on_destroy));
            for database in ["app", "two"] {
                lab.tenant.sql(database, LEGACY);
                lab.tenant.sql(database, "ALTER ROLE {p}owner IN DATABASE {p}two SET work_mem = '1MB'");
            }
            // Takes the settings that were made by hand back first.
            lab.converge(&roles(on_destroy));
            let made = lab.converge(READER);
            let text = lab.text(&made);
            assert!(!exists(&lab, "owner"), "{text}");
            for database in ["app", "two"] {
                let owned = "SELECT count(*) FROM pg_shdepend s WHERE s.deptype = 'o' \
                     AND s.refobjid = '{p}heir'::regrole AND s.dbid = \
                     (SELECT oid FROM pg_database WHERE datname = current_database())";
                assert_eq!(lab.tenant.query(database, owned)[0][0].as_deref(), Some(heirs), "{text}");
            }
        }
    });
}

/// Default privileges give on temporary tables too, which other sessions keep for as long as they like.
#[test]
fn what_it_holds_on_temporary_objects_is_cleared() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&roles("drop_owned = false"));
        let mut session = cluster.session(&lab.tenant.fill("{p}two"));
        let sql = "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {p}owner; CREATE TEMPORARY TABLE brief (a int, b int); \
             ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM {p}owner; GRANT UPDATE (b) ON brief TO {p}owner; \
             CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
             GRANT EXECUTE ON FUNCTION pg_temp.f() TO {p}owner; CREATE TYPE pg_temp.mood AS ENUM ('good'); \
             GRANT USAGE ON TYPE pg_temp.mood TO {p}owner";
        session.run(&lab.tenant.fill(sql)).expect("temporary objects");
        let made = lab.converge(READER);
        assert!(!exists(&lab, "owner"), "{}", lab.text(&made));
        // What it owns among them is its own like anything else.
        lab.converge(&roles("drop_owned = false"));
        session.run(&lab.tenant.fill("ALTER TABLE brief OWNER TO {p}owner")).expect("another owner");
        refused(&lab, READER, &["PLN007", "brief"]);
        session.run("DROP TABLE brief").expect("the session's own");
        lab.converge(READER);
    });
}

/// What others have by the options of a role that goes, on what the server shares: DROP OWNED in each
/// database would take it along, while the others wait.
#[test]
fn what_it_gave_to_others_goes_first() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.tenant.sql("postgres", "CREATE ROLE {p}team");
        let connect =
            "grant {\n    database     = \"{p}two\"\n    privileges   = [\"CONNECT\", \"TEMPORARY\"]\n";
        let owner = roles("reassign_owned_to = \"{p}heir\"");
        let owner =
            owner.replacen("  grant {", &format!("  {connect}    grant_option = true\n  }}\n  grant {{"), 1);
        let given = format!("  {connect}    granted_by   = role.owner\n  }}\n");
        let others = |given: &str| READER.replacen("  grant {", &format!("{given}  grant {{"), 1);
        let (mut before, mut after) = (owner.replace(READER, &others(&given)), others(""));
        if cluster.version >= 16 {
            before = before.replacen(
                "  grant {",
                "  member_of = [{ role = \"{p}team\", admin = true }]\n  grant {",
                1,
            );
            let member = "member_of = [{ role = \"{p}team\", granted_by = role.owner }]\n}";
            before = before.trim_end().strip_suffix('}').expect("a block").to_owned() + member;
            after = format!("{after}# and no member\n");
        }
        lab.converge(&before);
        for database in ["app", "two"] {
            lab.tenant.sql(database, LEGACY);
        }
        lab.converge(&before);
        let made = lab.converge(&after);
        assert!(!exists(&lab, "owner"), "{}", lab.text(&made));
    });
}

#[test]
fn what_it_leaves_behind_of_no_use_is_cleared() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let config = roles("drop_owned = false").replace(
            "    tables     = [\"*\"]\n    privileges = [\"SELECT\"]\n",
            "    tables     = [\"*\"]\n    privileges = [\"SELECT\"]\n    future {\n      creators = [role.owner]\n    }\n",
        );
        lab.converge(&config);
        lab.tenant.sql(
            "two",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {p}owner IN SCHEMA s GRANT SELECT ON TABLES TO pg_monitor; \
             CREATE POLICY p ON s.t TO {p}owner USING (true)",
        );
        // Nobody reads what a role creates that is gone.
        refused(
            &lab,
            READER
                .replace(
                    "    privileges",
                    "    future {\n      creators = [\"{p}owner\"]\n    }\n    privileges",
                )
                .as_str(),
            &["PLN039"],
        );
        let made = lab.converge(READER);
        assert!(lab.text(&made).contains("are cleared"), "{}", lab.text(&made));
        assert!(!exists(&lab, "owner"));
        lab.converge(&config);
        lab.carry_out(&config, Options { mode: Mode::Destroy, ..Options::default() });
        assert!(!exists(&lab, "owner") && !exists(&lab, "reader"));
    });
}

#[test]
fn what_stands_in_the_way_is_named_while_planning() {
    // How it is to end, what there is, and what the messages name.
    let cases: [(&str, &str, &[&str]); 7] = [
        ("", "CREATE TABLE s.own (id int); ALTER TABLE s.own OWNER TO {p}owner", &["PLN007", "s.own"]),
        ("drop_owned = true", "ALTER DATABASE {p}two OWNER TO {p}owner", &["PLN007", "{p}two"]),
        (
            "reassign_owned_to = \"{p}owner\"",
            "ALTER SCHEMA s OWNER TO {p}owner",
            &["PLN036", "dropped itself"],
        ),
        (
            "reassign_owned_to = \"{p}nobody\"",
            "ALTER SCHEMA s OWNER TO {p}owner",
            &["PLN036", "does not exist"],
        ),
        (
            "drop_owned = true",
            "ALTER TABLE s.t OWNER TO {p}owner; CREATE VIEW s.v AS SELECT * FROM s.t",
            &["PLN037", "view s.v"],
        ),
        (
            "drop_owned = true",
            "CREATE SCHEMA mine AUTHORIZATION {p}owner; CREATE TABLE mine.theirs (id int)",
            &["PLN037", "table mine.theirs"],
        ),
        (
            "drop_owned = true",
            "CREATE TABLE s.own (id int PRIMARY KEY); ALTER TABLE s.own OWNER TO {p}owner; \
             CREATE TABLE s.refers (id int REFERENCES s.own)",
            &["PLN037", "on table s.refers"],
        ),
    ];
    Cluster::on_each_version(|cluster| {
        for (on_destroy, sql, needles) in &cases {
            let lab = company(cluster);
            lab.converge(&roles(on_destroy));
            lab.tenant.sql("app", sql);
            refused(&lab, READER, needles);
            assert!(exists(&lab, "owner"));
        }
    });
}

#[test]
fn what_belongs_to_the_role_alone_is_no_obstacle() {
    let lab = company(Cluster::newest());
    lab.converge(&roles("drop_owned = true"));
    lab.tenant.sql(
        "app",
        "SET ROLE {p}owner; CREATE TABLE s.a (id serial PRIMARY KEY); CREATE TABLE s.b (id int REFERENCES s.a); \
         CREATE VIEW s.v AS SELECT * FROM s.a; CREATE TYPE s.mood AS ENUM ('sad'); CREATE TABLE s.c (m s.mood); \
         CREATE TABLE s.parts (id int) PARTITION BY LIST (id); CREATE TABLE s.part PARTITION OF s.parts DEFAULT",
    );
    lab.converge(READER);
    assert!(!exists(&lab, "owner"));
}

#[test]
fn a_database_is_given_away_with_the_rest() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&roles("reassign_owned_to = \"{p}heir\""));
        lab.tenant.sql("postgres", "ALTER DATABASE {p}two OWNER TO {p}owner");
        lab.converge(READER);
        let owner = "SELECT datdba::regrole FROM pg_database WHERE datname = '{p}two'";
        assert_eq!(lab.tenant.query("postgres", owner)[0][0].as_deref(), Some("{p}heir"));
    });
}

#[test]
fn what_it_owns_only_since_the_plan_is_not_dropped() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&roles("drop_owned = true"));
        lab.tenant.sql("app", "CREATE TABLE s.own (id int); ALTER TABLE s.own OWNER TO {p}owner");
        let made = lab.plan(READER);
        lab.tenant.sql("app", "CREATE TABLE s.later (id int); ALTER TABLE s.later OWNER TO {p}owner");
        let error = lab.try_apply(READER, &made).expect_err("nobody read that s.later goes");
        assert_eq!(error.code.name(), "SAV008", "{}", error.detail);
        assert!(error.detail.contains("s.later"), "{}", error.detail);
        assert!(!lab.tenant.query("app", "SELECT FROM s.later; SELECT 1").is_empty());
        lab.converge(READER);
    });
}

#[test]
fn open_sessions_are_refused_or_ended() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&roles("drop_owned = true"));
        let password = lab.password("owner");
        let role = lab.tenant.fill("{p}owner");
        let database = lab.tenant.fill("{p}app");
        let login = || Login { role: &role, password: &password, database: &database };
        let quiet = lab.plan(READER);
        let mut session = Session::open(&cluster.address, login()).expect("it may log in");
        refused(&lab, READER, &["PLN035", "1 session"]);
        // Nobody was there when the plan was made.
        let error = lab.try_apply(READER, &quiet).expect_err("somebody is");
        assert!(error.detail.contains("has open sessions"), "{}", error.detail);
        assert!(session.run("SELECT 1").is_ok());
        lab.converge(&roles("drop_owned = true\n      terminate_sessions = true"));
        let made = lab.converge(READER);
        assert!(lab.text(&made).contains("sessions are ended"), "{}", lab.text(&made));
        assert!(session.run("SELECT 1").is_err(), "its session is gone");
        assert!(!exists(&lab, "owner"));
    });
}

#[test]
fn members_that_lose_it_are_named() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(&roles(""));
        lab.tenant.sql("postgres", "CREATE ROLE {p}ana; GRANT {p}owner TO {p}ana");
        let made = lab.plan(READER);
        let text = lab.text(&made);
        assert!(text.contains("members lose access") && text.contains("{p}ana"), "{text}");
        let member = READER.replace(
            "  name       = \"{p}reader\"",
            "  name       = \"{p}reader\"\n  member_of = [\"{p}owner\"]",
        );
        refused(&lab, &member, &["PLN039", "shall be a member"]);
        lab.converge(READER);
    });
}

#[test]
fn grants_and_memberships_made_by_the_role_are_not_lost_silently() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let options = READER.replace("    privileges", "    grant_option = true\n    privileges");
        lab.converge(&options);
        lab.tenant.sql("app", "SET ROLE {p}reader; GRANT SELECT ON s.t TO {p}heir");
        refused(&lab, "", &["PGS202", "s.t"]);
        lab.tenant.sql("app", "SET ROLE {p}reader; REVOKE SELECT ON s.t FROM {p}heir");
        lab.converge("");
        if cluster.version < 16 {
            return;
        }
        lab.converge(READER);
        lab.tenant.sql(
            "app",
            "CREATE ROLE {p}group; GRANT {p}group TO {p}reader WITH ADMIN OPTION; SET ROLE {p}reader; \
             GRANT {p}group TO {p}heir; RESET ROLE",
        );
        refused(&lab, "", &["PLN038", "{p}heir"]);
        lab.tenant.sql("app", "REVOKE {p}group FROM {p}heir GRANTED BY {p}reader");
        lab.converge("");
    });
}

#[test]
fn a_database_that_lets_nobody_in_is_named() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(READER);
        lab.tenant.sql("two", "GRANT SELECT ON s.t TO {p}reader");
        lab.tenant.sql("postgres", "ALTER DATABASE {p}two ALLOW_CONNECTIONS false");
        refused(&lab, "", &["PLN034", "{p}two"]);
        // It stays, and what it holds there is not seen: told, not hidden.
        let (_, warned) = lab.plan_and_messages(READER, Options::default());
        assert!(warned.contains("PLN031"), "{warned}");
        lab.tenant.sql("postgres", "ALTER DATABASE {p}two ALLOW_CONNECTIONS true");
        lab.converge("");
    });
}

#[test]
fn a_database_that_appears_makes_the_plan_stale() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        lab.converge(READER);
        let made = lab.plan("");
        lab.tenant.database("late");
        lab.tenant.sql("late", "CREATE TABLE t (id int); GRANT SELECT ON t TO {p}reader");
        let error =
            lab.try_apply("", &made).expect_err("it holds something in a database that nobody looked at");
        assert_eq!(error.code.name(), "SAV008", "{}", error.detail);
        assert!(lab.tenant.hide(&error.detail).contains("{p}late"), "{}", error.detail);
        assert!(exists(&lab, "reader"));
        lab.converge("");
    });
}

#[test]
fn a_type_that_changes_and_what_it_leaves() {
    Cluster::on_each_version(|cluster| {
        let lab = company(cluster);
        let external = "role \"reader\" {\n  resource = postgres.main\n  name = \"{p}reader\"\n  \
             type = \"external\"\n  source_role = \"{p}heir\"\n}\n";
        lab.converge(READER);
        // What roleform gave is taken back; from then on direct grants are somebody else's business.
        lab.converge(external);
        assert!(lab.try_as("reader", "app", "SELECT * FROM s.t").is_err());
        lab.tenant.sql("app", "GRANT SELECT ON s.t TO {p}reader");
        assert!(lab.plan(external).is_noop());
        lab.tenant.sql("two", "GRANT SELECT ON s.t TO {p}reader");
        let made = lab.converge(READER);
        assert!(lab.text(&made).contains("not declared for a managed role"), "{}", lab.text(&made));
    });
}
