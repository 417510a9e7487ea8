//! Owners of schemas: given, taken back from whoever took them, left behind, and what becomes of
//! the grants on a schema that changes hands.
//!
//! Invariant: a schema is never made or dropped, and after every step the next plan is empty.

use std::collections::BTreeSet;

use engine::choice::{Choice, Target};
use engine::name::{AddressPattern, BlockAddress};
use engine::plan::Mode;
use engine::resolve::Options;
use test_support::cluster::Cluster;

use crate::lab::Lab;

/// `role.owner`, `role.r` with a grant on the schema, and the schema's block.
fn config(owner: &str, privileges: &str, schema: &str) -> String {
    format!(
        "role \"owner\" {{\n  resource = postgres.main\n  name = \"{{p}}{owner}\"\n}}\n\
         role \"r\" {{\n  resource = postgres.main\n  name = \"{{p}}r\"\n  grant {{\n    database = \"{{p}}app\"\n    \
         schemas = [\"s\"]\n    privileges = [{privileges}]\n  }}\n}}\n{schema}"
    )
}

fn schema(owner: &str) -> String {
    format!(
        "schema \"s\" {{\n  resource = postgres.main\n  database = \"{{p}}app\"\n  owner    = {owner}\n}}\n"
    )
}

fn with_schema<'a>(cluster: &'a Cluster) -> Lab<'a> {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.sql(
        "app",
        "CREATE ROLE {p}old; CREATE ROLE {p}other; CREATE SCHEMA s AUTHORIZATION {p}old; \
         CREATE TABLE s.t (id int); GRANT ALL ON SCHEMA s TO {p}other WITH GRANT OPTION",
    );
    lab
}

const OWNER: &str = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 's'";

#[track_caller]
fn belongs_to(lab: &Lab<'_>, owner: &str) {
    assert_eq!(lab.tenant.query("app", OWNER)[0][0].as_deref(), Some(owner));
}

#[track_caller]
fn shows(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_schema_changes_hands_and_back() {
    Cluster::on_each_version(|cluster| {
        let lab = with_schema(cluster);
        let mine = config("owner", "\"USAGE\"", &schema("role.owner"));
        let made = lab.converge(&mine);
        belongs_to(&lab, "{p}owner");
        let text = lab.text(&made);
        shows(
            &text,
            &[
                "# schema.s will be updated in-place (changed in configuration)  main.hcl:",
                "~ schema \"{p}app.s\" {\n      ~ owner = \"{p}old\" -> \"{p}owner\"\n    }",
                "! another owner: schema.s",
                "Plan: 4 to add, 1 to change, 0 to destroy.",
            ],
        );
        let sql = lab.sql(&made);
        let place = |start: &str| sql.iter().position(|sql| sql.starts_with(start));
        let (handed, granted) = (place("ALTER SCHEMA s OWNER"), place("GRANT USAGE ON SCHEMA"));
        assert!(handed.is_some() && handed < granted, "{sql:#?}");

        // Somebody takes it, having held and granted on it before.
        lab.tenant.sql(
            "app",
            "SET ROLE {p}other; GRANT ALL ON SCHEMA s TO {p}r; RESET ROLE; ALTER SCHEMA s OWNER TO {p}other",
        );
        let made = lab.converge(&mine);
        belongs_to(&lab, "{p}owner");
        shows(
            &lab.text(&made),
            &["# schema.s has changed", "~ owner = \"{p}owner\" -> \"{p}other\"", "(changed outside)"],
        );
        // To somebody who is not managed, and who holds it by a grant of his own meanwhile.
        lab.tenant.sql("app", "GRANT ALL ON SCHEMA s TO {p}other WITH GRANT OPTION; SET ROLE {p}other; GRANT ALL ON SCHEMA s TO {p}r");
        lab.converge(&config("owner", "\"CREATE\"", &schema("\"{p}other\"")));
        belongs_to(&lab, "{p}other");
        lab.try_as("r", "app", "CREATE TABLE s.made ()").expect("it may");

        lab.tenant.sql("app", "DROP TABLE s.made");

        // The block goes, the owner stays.
        let without = config("owner", "\"CREATE\"", "");
        let made = lab.converge(&without);
        belongs_to(&lab, "{p}other");
        shows(
            &lab.text(&made),
            &[
                "# schema.s will no longer be managed by roleform, but will not be destroyed (forgotten, left in PostgreSQL)",
                ". schema \"{p}app.s\" {\n        owner = \"{p}other\"\n    }",
                "Plan: 0 to add, 0 to change, 0 to destroy.",
            ],
        );
        lab.tenant.sql("app", "ALTER SCHEMA s OWNER TO {p}old");
        assert!(lab.plan(&without).is_noop());

        // What is so already is taken over, and is looked after from then on.
        let old = config("owner", "\"CREATE\"", &schema("\"{p}old\""));
        let made = lab.converge(&old);
        shows(
            &lab.text(&made),
            &["# schema.s will be imported (already so)", "Plan: 1 to import, 0 to add, 0 to change"],
        );
        lab.tenant.sql("app", "ALTER SCHEMA s OWNER TO {p}owner");
        shows(&lab.text(&lab.converge(&old)), &["# schema.s will be updated in-place (changed outside)"]);
        lab.carry_out(&old, Options { mode: Mode::Destroy, ..Options::default() });
        belongs_to(&lab, "{p}old");
    });
}

#[test]
fn an_owner_that_is_managed_holds_what_is_declared_once_it_owns_no_more() {
    Cluster::on_each_version(|cluster| {
        let lab = with_schema(cluster);
        let both = |owner: &str| {
            let grant = "  grant {\n    database = \"{p}app\"\n    schemas = [\"s\"]\n    privileges = [\"USAGE\"]\n  }\n}\n";
            config("owner", "\"USAGE\"", &schema(owner)).replacen("}\n", grant, 1)
        };
        lab.converge(&both("role.owner"));
        let made = lab.converge(&both("role.r"));
        shows(&lab.text(&made), &["schema_usage.owner[\"{p}app.s\"]", "GRANT USAGE ON SCHEMA s TO {p}owner"]);
        lab.try_as("owner", "app", "SELECT 's.t'::regclass").expect("it may look into the schema");
        let refused = lab.try_as("owner", "app", "CREATE TABLE s.x ()").expect_err("it owns it no more");
        assert_eq!(refused.sqlstate, "42501");
        lab.converge(&both("role.owner"));
        // Renamed, it is the same owner.
        let renamed = both("role.owner").replace("\"{p}owner\"", "\"{p}boss\"");
        let made = lab.converge(&renamed);
        assert!(!lab.text(&made).contains("schema.s"), "{}", lab.text(&made));
        belongs_to(&lab, "{p}boss");
        // To the owner of the database, whoever that is.
        if cluster.version >= 14 {
            let renamed = renamed.replace("= role.owner", "= \"pg_database_owner\"");
            lab.converge(&renamed);
            belongs_to(&lab, "pg_database_owner");
            lab.converge(&renamed);
        }
    });
}

#[test]
fn several_databases_and_a_new_owner() {
    Cluster::on_each_version(|cluster| {
        let lab = with_schema(cluster);
        lab.tenant.database("two");
        lab.tenant.sql("two", "CREATE SCHEMA s; GRANT CREATE ON SCHEMA s TO {p}other");
        let both = "schema \"of\" {\n  for_each = toset([\"app\", \"two\"])\n  resource = postgres.main\n  \
                    database = \"{p}${each.key}\"\n  name = \"s\"\n  owner = role.owner\n}\n";
        let text = lab.text(&lab.converge(&config("owner", "\"USAGE\"", both)));
        shows(&text, &["# schema.of[\"app\"] will be updated", "# schema.of[\"two\"] will be updated"]);
        lab.tenant.sql("two", "ALTER SCHEMA s OWNER TO {p}other");
        // Only what others did is recorded, and then it is no drift any more.
        let config = config("owner", "\"USAGE\"", both);
        let made = lab.carry_out(&config, Options { mode: Mode::RefreshOnly, ..Options::default() });
        shows(&lab.text(&made), &["# schema.of[\"two\"] has changed"]);
        shows(&lab.text(&lab.converge(&config)), &["(changed in configuration)"]);
        // Another label for the same schema is only written down.
        let moved = config.replace("schema \"of\"", "schema \"its\"");
        let made = lab.converge(&moved);
        assert!(lab.sql(&made).is_empty(), "{}", lab.text(&made));
        shows(&lab.text(&made), &["# schema.its[\"app\"] will be recorded anew, and stays as it is"]);
    });
}

#[test]
fn whoever_gives_a_schema_away_may_go_with_the_same_plan() {
    Cluster::on_each_version(|cluster| {
        let lab = with_schema(cluster);
        let made = lab.converge(&config("owner", "\"USAGE\"", &schema("role.owner")));
        assert!(!lab.text(&made).contains("owns schema s"), "{}", lab.text(&made));
        let only_r = |schema: &str| {
            let all = config("owner", "\"USAGE\"", schema);
            all.split_once("role \"r\"").map(|(_, rest)| format!("role \"r\"{rest}")).unwrap_or_default()
        };
        let refused = lab.refusal(&only_r(""), Options::default());
        assert!(refused.contains("PLN007") && refused.contains("schema s"), "{refused}");
        lab.converge(&only_r(&schema("\"{p}other\"")));
        belongs_to(&lab, "{p}other");
        assert_eq!(lab.remembered(), ["role.r = {p}r"]);
    });
}

#[test]
fn a_schema_can_be_chosen_and_brings_its_owner() {
    Cluster::on_each_version(|cluster| {
        let lab = with_schema(cluster);
        let text = config("owner", "\"USAGE\"", &schema("role.owner"));
        let target = |target: Target| Options {
            choice: Choice { targets: BTreeSet::from([target]), ..Choice::default() },
            ..Options::default()
        };
        let block = |label: &str| AddressPattern::Block(BlockAddress::root(label));
        let made = lab.carry_out(&text, target(Target::Schemas(block("s"))));
        assert_eq!(lab.remembered(), ["role.owner = {p}owner"]);
        belongs_to(&lab, "{p}owner");
        lab.tenant.sql("app", "ALTER SCHEMA s OWNER TO {p}other");
        let only = lab.carry_out(&text, target(Target::Blocks(block("r"))));
        assert!(!lab.text(&only).contains("schema.s"), "{}", lab.text(&only));
        shows(&lab.text(&lab.converge(&text)), &["# schema.s has changed"]);
        let unknown = lab.refusal(&text, target(Target::Schemas(block("t"))));
        assert!(unknown.contains("has schema.t"), "{unknown}");
        assert!(made.summary().add == 1, "{}", lab.text(&made));
    });
}

#[test]
fn what_cannot_be_is_said_before_anything_is_done() {
    Cluster::on_each_version(|cluster| {
        let lab = with_schema(cluster);
        let refused = |config: &str, said: &str| {
            let messages = lab.refusal(config, Options::default());
            assert!(messages.contains(said), "{said} is not in\n{messages}");
        };
        let mine = config("owner", "\"USAGE\"", &schema("role.owner"));
        refused(&mine.replace("schema \"s\"", "schema \"nowhere\""), "PLN009");
        refused(&mine.replace("= role.owner", "= \"{p}nobody\""), "PLN017");
        refused(&mine.replace("\"{p}app\"\n  owner", "\"{p}none\"\n  owner"), "PLN008");
        lab.converge(&mine);
        // The owner cannot go while it is named.
        let alone = schema("\"{p}owner\"");
        refused(&alone, "PLN039");
        // Another schema of that name is another schema.
        let other = config("owner", "\"USAGE\"", &schema("\"{p}old\""));
        let made = lab.plan(&other);
        lab.tenant.sql("app", "DROP SCHEMA s CASCADE; CREATE SCHEMA s AUTHORIZATION {p}owner");
        let stale = lab.try_apply(&other, &made).expect_err("it is another one");
        assert!(stale.detail.contains("is another schema of that name"), "{}", stale.detail);
    });
}

#[test]
fn an_administrator_that_is_no_superuser_needs_three_things() {
    let mine = schema("\"{p}new\"");
    let cases = [
        ("", Some("it belongs to \"{p}old\"")),
        ("GRANT {p}old TO {p}admin;", Some("cannot SET ROLE to \"{p}new\"")),
        ("GRANT {p}old, {p}new TO {p}admin;", Some("has not CREATE on the database")),
        ("GRANT {p}old, {p}new TO {p}admin; GRANT CREATE ON DATABASE {p}app TO {p}admin", None),
    ];
    Cluster::on_each_version(|cluster| {
        for (rights, said) in cases {
            let lab = with_schema(cluster);
            lab.tenant
                .sql("app", "CREATE ROLE {p}new; CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'");
            lab.tenant.sql("app", rights);
            let lab = lab.administered_by("admin", "secret");
            match (lab.try_plan(&mine, Options::default()), said) {
                (Ok(_), None) => drop(lab.converge(&mine)),
                (Err(messages), Some(said)) => {
                    assert!(messages.contains("PGS208") && messages.contains(said), "{messages}");
                }
                (Ok(plan), Some(said)) => panic!("{said}: {}", lab.text(&plan)),
                (Err(messages), None) => panic!("{messages}"),
            }
        }
    });
}

#[test]
fn names_may_be_anything() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", "CREATE ROLE \"{p}\"\"; --\"; CREATE SCHEMA \"a\"\".b; --\"");
        let config = "schema \"odd\" {\n  resource = postgres.main\n  database = \"{p}app\"\n  \
                      name = \"a\\\".b; --\"\n  owner = \"{p}\\\"; --\"\n}\n";
        lab.converge(config);
        let owner = lab.tenant.query(
            "app",
            "SELECT r.rolname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'a\".b; --'",
        );
        assert_eq!(owner[0][0].as_deref(), Some("{p}\"; --"));
        lab.converge("");
    });
}

/// To the owner of a database nothing is implied on what `pg_database_owner` owns: a grant is a
/// grant, whether the plan or somebody else made it.
#[test]
fn the_owner_of_a_database_is_granted_on_what_pg_database_owner_owns() {
    // What is selected, a grant on it, and its ACL.
    let things = [
        (
            "schemas = [\"public\"]",
            "USAGE ON SCHEMA public",
            "SELECT nspacl FROM pg_namespace WHERE nspname = 'public'",
        ),
        (
            "schemas = [\"public\"]\ntables = [\"t\"]",
            "SELECT ON public.t",
            "SELECT relacl FROM pg_class WHERE relname = 't'",
        ),
        (
            "schemas = [\"public\"]\ntables = [\"t\"]\ncolumns = [\"a\"]",
            "UPDATE (a) ON public.t",
            "SELECT attacl FROM pg_attribute WHERE attrelid = 'public.t'::regclass AND attname = 'a'",
        ),
        (
            "schemas = [\"public\"]\nfunctions = [\"f()\"]",
            "EXECUTE ON FUNCTION public.f()",
            "SELECT proacl FROM pg_proc WHERE proname = 'f'",
        ),
    ];
    Cluster::on_each_version(|cluster| {
        if cluster.version < 14 {
            return;
        }
        for (selector, grant, acl) in things {
            granted_to_the_owner(cluster, (selector, grant), acl);
        }
    });
}

fn granted_to_the_owner(cluster: &Cluster, (selector, grant): (&str, &str), acl: &str) {
    let lab = Lab::new(cluster);
    lab.tenant.database("app");
    lab.tenant.sql(
        "app",
        "CREATE ROLE {p}owner; ALTER DATABASE {p}app OWNER TO {p}owner; ALTER SCHEMA public OWNER TO pg_database_owner;
         CREATE TABLE public.t (a int); ALTER TABLE public.t OWNER TO pg_database_owner;
         CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION public.f() OWNER TO pg_database_owner",
    );
    let role = |grant: &str| {
        format!(
            "role \"owner\" {{\n  resource = postgres.main\n  name = \"{{p}}owner\"\n  adopt = true\n  implied = false\n{grant}}}"
        )
    };
    let privilege = grant.split(' ').next().expect("a privilege");
    let declared =
        role(&format!("grant {{\ndatabase = \"{{p}}app\"\n{selector}\nprivileges = [\"{privilege}\"]\n}}\n"));
    let is_held = || {
        let query = format!("SELECT count(*) FROM aclexplode(({acl})) WHERE grantee = '{{p}}owner'::regrole");
        lab.tenant.query("app", &lab.tenant.fill(&query))[0][0].as_deref() == Some("1")
    };
    lab.converge(&declared);
    assert!(is_held(), "{selector}");
    lab.tenant.sql("app", &format!("REVOKE {grant} FROM {{p}}owner"));
    shows(&lab.text(&lab.converge(&declared)), &["(deleted outside)", privilege]);
    lab.converge(&role(""));
    assert!(!is_held(), "{selector}");
    lab.tenant.sql("app", &format!("GRANT {grant} TO {{p}}owner"));
    assert!(lab.sql(&lab.converge(&declared)).is_empty(), "it is already so: {selector}");
    assert!(is_held(), "{selector}");
}
