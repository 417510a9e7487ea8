//! Session settings: nothing that a role or a database says wins over roleform's.
//!
//! Invariant: checked on each version, by asking the server from inside a session.

use std::collections::BTreeMap;

use engine::code::Code;
use engine::declared::SslMode;
use engine::provider::{Provider, Transaction};
use provider_postgres::Postgres;
use test_support::cluster::Cluster;

use crate::wire::{begin, check, execute, refusal, resource, resource_of, run, secret, statements};
use test_support::proxy::{Proxy, Rule};

/// What somebody might set to trip a session up, and what must stand instead.
const HOSTILE: [(&str, &str, &str); 22] = [
    ("search_path", "evil, pg_catalog", "pg_catalog,pg_temp"),
    ("standard_conforming_strings", "off", "on"),
    ("backslash_quote", "on", "safe_encoding"),
    ("transform_null_equals", "on", "off"),
    ("array_nulls", "off", "on"),
    ("row_security", "off", "on"),
    ("quote_all_identifiers", "on", "off"),
    ("bytea_output", "escape", "hex"),
    ("DateStyle", "German", "ISO, YMD"),
    ("IntervalStyle", "iso_8601", "postgres"),
    ("TimeZone", "Asia/Kathmandu", "UTC"),
    ("extra_float_digits", "-5", "1"),
    ("client_min_messages", "error", "notice"),
    ("exit_on_error", "on", "off"),
    ("default_transaction_isolation", "serializable", "read committed"),
    ("default_transaction_deferrable", "on", "off"),
    ("default_transaction_read_only", "on", "off"),
    ("statement_timeout", "1ms", "10min"),
    ("lock_timeout", "1ms", "10s"),
    ("idle_in_transaction_session_timeout", "1ms", "5min"),
    ("client_encoding", "SQL_ASCII", "UTF8"),
    ("synchronous_commit", "off", "on"),
];

/// The same, for settings that came later.
const LATER: [(u16, &str, &str, &str); 3] = [
    (14, "idle_session_timeout", "60000", "0"),
    (16, "createrole_self_grant", "set, inherit", ""),
    (17, "transaction_timeout", "60000", "0"),
];

#[test]
fn hostile_settings_do_not_win() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        tenant.sql("app", "CREATE ROLE {p}admin SUPERUSER LOGIN PASSWORD 'x'; CREATE ROLE {p}other");
        let later = LATER.iter().filter(|(since, ..)| *since <= cluster.version);
        let all: Vec<(&str, &str, &str)> = HOSTILE
            .iter()
            .copied()
            .chain(later.map(|(_, name, hostile, ours)| (*name, *hostile, *ours)))
            .collect();
        for (name, hostile, _) in &all {
            let set = format!("SET {name} = '{hostile}'");
            tenant.sql("postgres", &format!("ALTER ROLE {{p}}admin {set}; ALTER DATABASE {{p}}app {set}"));
        }
        for who in ["ROLE {p}admin", "DATABASE {p}app"] {
            tenant.sql("postgres", &format!("ALTER {who} SET role = '{{p}}other'"));
            tenant.sql("postgres", &format!("ALTER {who} SET session_authorization = '{{p}}other'"));
        }
        let admin = tenant.fill("{p}admin");
        let resource = resource(cluster.address.port, &database, &admin);
        run(async {
            let server = Postgres::default().connect(&resource, Some(&secret("x"))).await.expect("a session");
            let mut transaction = begin(&server, &database).await;
            let checks = all.iter().map(|(name, _, ours)| {
                format!(
                    "DO $$ BEGIN IF current_setting('{name}') IS DISTINCT FROM '{ours}' THEN \
                     RAISE EXCEPTION '{name} is %', current_setting('{name}'); END IF; END $$"
                )
            });
            let who = format!(
                "DO $$ BEGIN IF current_user <> '{admin}' OR session_user <> '{admin}' THEN \
                 RAISE EXCEPTION 'we are %, %', current_user, session_user; END IF; END $$"
            );
            let reset = ["RESET ROLE".to_owned(), who.clone()];
            let texts: Vec<String> = checks.chain([who]).chain(reset).collect();
            let (_, outcome) = execute(&mut transaction, &statements(texts)).await;
            outcome.unwrap_or_else(|error| panic!("{error}"));
            transaction.rollback().await.expect("a rollback");
        });
    });
}

#[test]
fn options_that_do_not_arrive_are_missed() {
    let cluster = Cluster::newest();
    let proxy = Proxy::to(cluster.address.port, Rule::LoseOptions);
    let mut resource = resource(proxy.port, "postgres", &cluster.superuser.name);
    resource.sslmode = SslMode::Disable;
    let error = refusal(&resource, Some(&cluster.superuser.password));
    check(&error, &resource, Code::PGS026, "does not have the settings that it was started with");
}

#[test]
fn one_text_is_one_statement() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        let resource = crate::wire::resource_of(cluster, &database);
        run(async {
            let server = crate::wire::connect(cluster, &database).await;
            let mut transaction = begin(&server, &database).await;
            let smuggled = statements(["SELECT 1; COMMIT; SELECT 2"]);
            let (_, outcome) = execute(&mut transaction, &smuggled).await;
            let error = outcome.expect_err("two statements in one text");
            check(&error, &resource, Code::PGS020, "cannot insert multiple commands");
        });
    });
}

#[test]
fn a_verifier_is_all_that_a_server_gets() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        tenant.sql("app", "CREATE ROLE {p}ana LOGIN");
        let role = engine::name::RoleName::new(&tenant.fill("{p}ana")).expect("a name");
        let (password, secret_text) = (secret("gr\u{fc}n und g\u{f6}ttlich"), "gr\u{fc}n und g\u{f6}ttlich");
        let verifiers = BTreeMap::from([(role.clone(), provider_postgres::verifier::verifier(&password))]);
        let head = format!("ALTER ROLE {role} PASSWORD ");
        let at = u32::try_from(head.len()).expect("a short statement");
        let statement = |tail: &str| engine::plan::Statement {
            sql: format!("{head}{tail}"),
            verifier_for: Some(role.clone()),
            verifier_at: at,
        };
        run(async {
            let server = crate::wire::connect(cluster, &database).await;
            let mut wrong = begin(&server, &database).await;
            let outcome = wrong.execute(&[statement(" NONSENSE")], &verifiers, &mut |_| {}).await;
            let error = outcome.expect_err("a syntax error near the verifier");
            assert!(!error.to_string().contains("SCRAM"), "{error}");
            let mut nothing = begin(&server, &database).await;
            let outcome = nothing.execute(&[statement("")], &BTreeMap::new(), &mut |_| {}).await;
            assert_eq!(outcome.expect_err("no verifier").diagnostic.code, Code::PGS020);

            let mut transaction = begin(&server, &database).await;
            transaction.execute(&[statement("")], &verifiers, &mut |_| {}).await.expect("a password");
            transaction.commit().await.expect("a commit");
        });
        let login = test_support::client::Login { role: "ana", password: secret_text, database: "app" };
        tenant.try_as(login, "SELECT 1").expect("the password works");
        assert!(!cluster.log().contains(secret_text));
        let stored = tenant.query("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = '{p}ana'");
        assert_eq!(stored[0][0].as_deref(), verifiers.get(&role).map(|verifier| verifier.reveal()));
    });
}

/// Such a trigger runs after the startup options are in force.
const TRIGGER: &str = "
    CREATE FUNCTION hook() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_catalog.set_config('SETTING', 'VALUE', false); END $$;
    CREATE EVENT TRIGGER hook ON login EXECUTE FUNCTION hook()";

#[test]
fn a_trigger_on_login_does_not_decide_what_statements_mean() {
    let cluster = Cluster::newest();
    if cluster.version < 17 {
        return;
    }
    let tenant = cluster.tenant();
    let password = Some(cluster.superuser.password.as_str());
    for (setting, value) in [("search_path", "public"), ("role", "pg_monitor")] {
        let database = tenant.database(&setting.replace('_', ""));
        cluster.sql(&database, &TRIGGER.replace("SETTING", setting).replace("VALUE", value));
        let resource = resource_of(cluster, &database);
        let error = refusal(&resource, password);
        check(&error, &resource, Code::PGS026, "the settings that it was started with");
        let hint = error.diagnostic.hint.unwrap_or_default();
        assert!(hint.contains("an event trigger on login"), "{hint}");
    }
}
