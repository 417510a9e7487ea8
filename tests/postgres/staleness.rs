//! Somebody changes something between a plan and its apply: what the refusal says, and what is
//! nobody's business.
//!
//! One plan for all cases: a refusal leaves it good, and each change is taken back. Not here:
//! changes in the middle of an apply (`concurrency`). Invariant: whatever the plan rests on is
//! told with what is there now and what was; the rest blocks nothing.

use engine::code::Code;
use expect_test::expect;
use test_support::cluster::Cluster;

use crate::lab::Lab;

const ROLE: &str = r#"role "reader" {
  resource   = postgres.main
  name       = "{p}reader"
  scopes     = ["{p}app.s"]
  privileges = [PRIVILEGES]
  member_of  = ["pg_monitor"]
  settings   = { work_mem = "8MB" }
  comment    = "reads"
}
"#;

/// A role with something in another database.
const FAR: &str = r#"role "far" {
  resource   = postgres.main
  name       = "{p}far"
  scopes     = ["{p}two"]
  privileges = ["SELECT"]
}
"#;

/// One more role, in two databases.
const NEW: &str = r#"role "new" {
  resource   = postgres.main
  name       = "{p}new"
  scopes     = ["{p}app.s", "{p}three"]
  privileges = ["SELECT"]
}
"#;

const SERVER: &str = "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE s.u (id int);
    CREATE TABLE public.other (id int); CREATE ROLE {p}heir; CREATE ROLE {p}bystander;
    GRANT USAGE ON SCHEMA s TO {p}heir";

/// Who did what, and how it is taken back.
const CHANGES: [(&str, &str); 27] = [
    ("GRANT DELETE ON s.t TO {p}reader", "REVOKE DELETE ON s.t FROM {p}reader"),
    ("REVOKE SELECT ON s.t FROM {p}reader", "GRANT SELECT ON s.t TO {p}reader"),
    (
        "GRANT SELECT ON s.t TO {p}reader WITH GRANT OPTION",
        "REVOKE GRANT OPTION FOR SELECT ON s.t FROM {p}reader",
    ),
    ("GRANT UPDATE (id) ON s.t TO {p}reader", "REVOKE UPDATE (id) ON s.t FROM {p}reader"),
    ("GRANT SELECT ON public.other TO {p}reader", "REVOKE SELECT ON public.other FROM {p}reader"),
    ("GRANT CREATE ON SCHEMA s TO {p}reader", "REVOKE CREATE ON SCHEMA s FROM {p}reader"),
    ("GRANT TEMPORARY ON DATABASE {p}app TO {p}reader", "REVOKE TEMPORARY ON DATABASE {p}app FROM {p}reader"),
    (
        "GRANT SET ON PARAMETER log_duration TO {p}reader",
        "REVOKE SET ON PARAMETER log_duration FROM {p}reader",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {p}heir IN SCHEMA s GRANT INSERT ON TABLES TO {p}reader",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {p}heir IN SCHEMA s REVOKE INSERT ON TABLES FROM {p}reader",
    ),
    ("ALTER TABLE s.t OWNER TO {p}heir", "ALTER TABLE s.t OWNER TO CURRENT_USER"),
    ("ALTER TABLE s.t RENAME TO w", "ALTER TABLE s.w RENAME TO t"),
    ("ALTER TABLE s.t SET SCHEMA public", "ALTER TABLE public.t SET SCHEMA s"),
    (
        "ALTER TABLE s.t RENAME TO w; ALTER TABLE s.u RENAME TO t; ALTER TABLE s.w RENAME TO u",
        "ALTER TABLE s.t RENAME TO w; ALTER TABLE s.u RENAME TO t; ALTER TABLE s.w RENAME TO u",
    ),
    ("ALTER SCHEMA s RENAME TO r", "ALTER SCHEMA r RENAME TO s"),
    ("ALTER ROLE {p}reader CREATEDB NOINHERIT", "ALTER ROLE {p}reader NOCREATEDB INHERIT"),
    ("ALTER ROLE {p}reader CONNECTION LIMIT 3", "ALTER ROLE {p}reader CONNECTION LIMIT -1"),
    ("ALTER ROLE {p}reader VALID UNTIL '2030-01-01Z'", "ALTER ROLE {p}reader VALID UNTIL 'infinity'"),
    ("ALTER ROLE {p}reader SET work_mem = '9MB'", "ALTER ROLE {p}reader SET work_mem = '8MB'"),
    ("ALTER ROLE {p}reader RESET work_mem", "ALTER ROLE {p}reader SET work_mem = '8MB'"),
    (
        "ALTER ROLE {p}reader IN DATABASE {p}app SET search_path = s",
        "ALTER ROLE {p}reader IN DATABASE {p}app RESET search_path",
    ),
    ("COMMENT ON ROLE {p}reader IS 'writes'", "COMMENT ON ROLE {p}reader IS 'reads'"),
    ("COMMENT ON ROLE {p}reader IS NULL", "COMMENT ON ROLE {p}reader IS 'reads'"),
    ("ALTER ROLE {p}reader RENAME TO {p}lector", "ALTER ROLE {p}lector RENAME TO {p}reader"),
    ("GRANT pg_signal_backend TO {p}reader", "REVOKE pg_signal_backend FROM {p}reader"),
    ("REVOKE pg_monitor FROM {p}reader", "GRANT pg_monitor TO {p}reader"),
    ("GRANT pg_monitor TO {p}reader WITH ADMIN OPTION", "REVOKE ADMIN OPTION FOR pg_monitor FROM {p}reader"),
    (
        "SELECT rolpassword INTO kept FROM pg_authid WHERE rolname = '{p}reader'; ALTER ROLE {p}reader PASSWORD 'mine'",
        "DO $$ BEGIN EXECUTE format('ALTER ROLE {p}reader PASSWORD %L', (SELECT rolpassword FROM kept)); END $$; DROP TABLE kept",
    ),
];

/// What the plan does not rest on.
const ELSEWHERE: &str = "CREATE TABLE s.later (id int); ALTER TABLE s.t ADD COLUMN more int;
    CREATE INDEX ON s.t (id); COMMENT ON TABLE s.t IS 'a table'; ALTER TABLE public.other RENAME TO another;
    GRANT ALL ON s.t TO {p}bystander; GRANT SELECT ON public.another TO PUBLIC; CREATE SCHEMA r;
    ALTER DEFAULT PRIVILEGES FOR ROLE {p}heir GRANT SELECT ON TABLES TO {p}bystander;
    ALTER ROLE {p}bystander CREATEDB; ALTER ROLE {p}bystander SET work_mem = '1GB'; COMMENT ON ROLE {p}bystander IS 'stands by';
    GRANT pg_monitor TO {p}bystander; ALTER ROLE {p}bystander RENAME TO {p}passer;
    CREATE ROLE {p}stranger; GRANT {p}reader TO {p}stranger; ALTER DATABASE {p}app SET work_mem = '2MB'";

fn hcl(privileges: &str) -> String {
    ROLE.replace("PRIVILEGES", privileges)
}

#[test]
fn whatever_moved_is_told() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    lab.tenant.sql("app", SERVER);
    lab.converge(&hcl("\"SELECT\""));
    let next = hcl("\"SELECT\", \"INSERT\"");
    let made = lab.plan(&next);
    let mut told = String::new();
    let mut refuse = |database: &str, sql: &str| {
        lab.tenant.sql(database, sql);
        let refusal = lab.try_apply(&next, &made).expect_err(sql);
        assert_eq!(refusal.code.name(), "SAV008", "{sql}: {}", refusal.detail);
        told.push_str(&format!("{sql}\n{}\n", steady(&lab.tenant.hide(&refusal.detail))));
    };
    for (sql, back) in CHANGES {
        refuse("app", sql);
        lab.tenant.sql("app", back);
    }
    lab.tenant.sql("app", ELSEWHERE);
    lab.try_apply(&next, &made).unwrap_or_else(|error| panic!("{}", error.detail));
    expect![[r#"
        GRANT DELETE ON s.t TO {p}reader
          - table {p}app.s.t: was SELECT to {p}reader, is SELECT, DELETE to {p}reader
        REVOKE SELECT ON s.t FROM {p}reader
          - table {p}app.s.t: was SELECT to {p}reader, is none
        GRANT SELECT ON s.t TO {p}reader WITH GRANT OPTION
          - table {p}app.s.t: was SELECT to {p}reader, is SELECT to {p}reader with grant option for SELECT
        GRANT UPDATE (id) ON s.t TO {p}reader
          - column {p}app.s.t.id: was none, is UPDATE to {p}reader
        GRANT SELECT ON public.other TO {p}reader
          - table {p}app.public.other: was none, is SELECT to {p}reader
        GRANT CREATE ON SCHEMA s TO {p}reader
          - schema {p}app.s: was USAGE to {p}reader, is CREATE, USAGE to {p}reader
        GRANT TEMPORARY ON DATABASE {p}app TO {p}reader
          - database {p}app: was CONNECT to {p}reader, is CONNECT, TEMPORARY to {p}reader
        GRANT SET ON PARAMETER log_duration TO {p}reader
          - parameter log_duration: was none, is SET to {p}reader
        ALTER DEFAULT PRIVILEGES FOR ROLE {p}heir IN SCHEMA s GRANT INSERT ON TABLES TO {p}reader
          - default privileges on s.tables of {p}heir in {p}app: was none, is INSERT to {p}reader
        ALTER TABLE s.t OWNER TO {p}heir
          - table {p}app.s.t: belongs to "{p}heir", belonged to "postgres"
        ALTER TABLE s.t RENAME TO w
          - table {p}app.s.t: is gone
          - table {p}app.s.w: was none, is SELECT to {p}reader
        ALTER TABLE s.t SET SCHEMA public
          - table {p}app.s.t: is gone
          - table {p}app.public.t: was none, is SELECT to {p}reader
        ALTER TABLE s.t RENAME TO w; ALTER TABLE s.u RENAME TO t; ALTER TABLE s.w RENAME TO u
          - table {p}app.s.t: is another object of that name (OID [OID], was [OID])
          - table {p}app.s.u: is another object of that name (OID [OID], was [OID])
        ALTER SCHEMA s RENAME TO r
          - schema {p}app.s: is gone
          - table {p}app.s.t: is gone
          - table {p}app.s.u: is gone
          - schema {p}app.r: was none, is USAGE to {p}reader
          - table {p}app.r.t: was none, is SELECT to {p}reader
          - table {p}app.r.u: was none, is SELECT to {p}reader
        ALTER ROLE {p}reader CREATEDB NOINHERIT
          - role "{p}reader": has INHERIT no more; has CREATEDB now
        ALTER ROLE {p}reader CONNECTION LIMIT 3
          - role "{p}reader": connection limit is 3, was -1
        ALTER ROLE {p}reader VALID UNTIL '2030-01-01Z'
          - role "{p}reader": valid until 2030-01-01T00:00:00Z, was without limit
        ALTER ROLE {p}reader SET work_mem = '9MB'
          - role "{p}reader": setting work_mem is "9MB", was "8MB"
        ALTER ROLE {p}reader RESET work_mem
          - role "{p}reader": setting work_mem is not set, was "8MB"
        ALTER ROLE {p}reader IN DATABASE {p}app SET search_path = s
          - role "{p}reader": setting search_path in {p}app is "s", was not set
        COMMENT ON ROLE {p}reader IS 'writes'
          - role "{p}reader": comment is "writes", was "reads"
        COMMENT ON ROLE {p}reader IS NULL
          - role "{p}reader": comment is none, was "reads"
        ALTER ROLE {p}reader RENAME TO {p}lector
          - schema {p}app.s: was USAGE to {p}reader, is none
          - table {p}app.s.t: was SELECT to {p}reader, is none
          - table {p}app.s.u: was SELECT to {p}reader, is none
          - role "{p}reader": is gone
          - membership of "{p}reader" in "pg_monitor": was admin false, inherit true, set true, is none
          - database {p}app: was CONNECT to {p}reader, is none
        GRANT pg_signal_backend TO {p}reader
          - membership of "{p}reader" in "pg_signal_backend": was none, is admin false, inherit true, set true
        REVOKE pg_monitor FROM {p}reader
          - membership of "{p}reader" in "pg_monitor": was admin false, inherit true, set true, is none
        GRANT pg_monitor TO {p}reader WITH ADMIN OPTION
          - membership of "{p}reader" in "pg_monitor": was admin false, inherit true, set true, is admin true, inherit true, set true
        SELECT rolpassword INTO kept FROM pg_authid WHERE rolname = '{p}reader'; ALTER ROLE {p}reader PASSWORD 'mine'
          - role "{p}reader": has another password
    "#]].assert_eq(&told);
}

#[test]
fn what_is_gone_is_told() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    lab.tenant.sql("app", SERVER);
    lab.converge(&hcl("\"SELECT\""));
    let next = hcl("\"SELECT\", \"INSERT\"");
    let made = lab.plan(&next);
    let gone = [
        "DROP TABLE s.t",
        "DROP TABLE s.u; CREATE TABLE s.u (id int)",
        "DROP OWNED BY {p}reader; DROP ROLE {p}reader",
    ];
    let mut told = String::new();
    for sql in gone {
        lab.tenant.sql("app", sql);
        let refusal = lab.try_apply(&next, &made).expect_err(sql);
        assert_eq!(refusal.code.name(), "SAV008", "{sql}: {}", refusal.detail);
        told.push_str(&format!("{sql}\n{}\n", steady(&lab.tenant.hide(&refusal.detail))));
    }
    expect![[r#"
        DROP TABLE s.t
          - table {p}app.s.t: is gone
        DROP TABLE s.u; CREATE TABLE s.u (id int)
          - table {p}app.s.t: is gone
          - table {p}app.s.u: is another object of that name (OID [OID], was [OID])
          - table {p}app.s.u: was SELECT to {p}reader, is none
        DROP OWNED BY {p}reader; DROP ROLE {p}reader
          - schema {p}app.s: was USAGE to {p}reader, is none
          - table {p}app.s.t: is gone
          - table {p}app.s.u: is another object of that name (OID [OID], was [OID])
          - table {p}app.s.u: was SELECT to {p}reader, is none
          - role "{p}reader": is gone
          - membership of "{p}reader" in "pg_monitor": was admin false, inherit true, set true, is none
          - database {p}app: was CONNECT to {p}reader, is none
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_role_that_is_gone_before_its_first_grants_is_told() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    lab.tenant.database("two");
    let role = |more: &str| {
        format!(
            "role \"bare\" {{\nresource = postgres.main\nname = \"{{p}}bare\"\nlogin = false\n{more}\n}}\n"
        )
    };
    lab.converge(&role(""));
    let hcl = role("scopes = [\"{p}app.public\", \"{p}two.public\"]\nprivileges = [\"SELECT\"]");
    let made = lab.plan(&hcl);
    lab.tenant.sql("postgres", "DROP ROLE {p}bare");
    let refused = lab.try_apply(&hcl, &made).expect_err("it is about a role that is gone");
    assert_eq!(refused.code, Code::SAV008);
    let said = "On main, this changed since the plan was made:\n  - role \"{p}bare\": is gone\nIt showed when a statement failed";
    let detail = lab.tenant.hide(&refused.detail);
    assert!(detail.starts_with(said), "{detail}");
}

/// What a role holds beyond the databases in which the plan has something to do.
#[test]
fn whatever_moved_in_other_databases_is_told() {
    let lab = Lab::new(Cluster::newest());
    for database in ["app", "two", "three"] {
        lab.tenant.database(database);
    }
    lab.tenant.sql("app", SERVER);
    lab.tenant.sql("two", "CREATE TABLE far (id int); CREATE TABLE other (id int)");
    lab.tenant.sql("three", "CREATE TABLE near (id int)");
    let hcl = |privileges| format!("{}\n{FAR}", hcl(privileges));
    lab.converge(&hcl("\"SELECT\""));
    let changes = [
        ("two", "GRANT SELECT ON other TO {p}reader", "REVOKE SELECT ON other FROM {p}reader"),
        ("two", "REVOKE SELECT ON far FROM {p}far", "GRANT SELECT ON far TO {p}far"),
        ("two", "ALTER TABLE far OWNER TO {p}heir", "ALTER TABLE far OWNER TO CURRENT_USER"),
        ("three", "GRANT SELECT ON near TO {p}reader", "REVOKE SELECT ON near FROM {p}reader"),
        (
            "postgres",
            "ALTER DATABASE {p}two ALLOW_CONNECTIONS false",
            "ALTER DATABASE {p}two ALLOW_CONNECTIONS true",
        ),
        ("postgres", "ALTER DATABASE {p}two RENAME TO {p}gone", "ALTER DATABASE {p}gone RENAME TO {p}two"),
    ];
    // One transaction does everything; and with a new role, which is made ahead.
    let more = hcl("\"SELECT\", \"INSERT\"");
    let new = format!("{more}\n{}", NEW);
    let mut told = String::new();
    for next in [&more, &new] {
        let made = lab.plan(next);
        for (database, sql, back) in changes {
            lab.tenant.sql(database, sql);
            let refusal = lab.try_apply(next, &made).expect_err(sql);
            assert_eq!(refusal.code.name(), "SAV008", "{sql}: {}", refusal.detail);
            told.push_str(&format!("{sql}\n{}\n", steady(&lab.tenant.hide(&refusal.detail))));
            lab.tenant.sql(database, back);
        }
        lab.tenant.sql("two", "GRANT SELECT ON other TO {p}bystander; CREATE TABLE later (id int)");
        lab.try_apply(next, &made).unwrap_or_else(|error| panic!("{}", error.detail));
        lab.tenant.sql("two", "REVOKE SELECT ON other FROM {p}bystander; DROP TABLE later");
        told.push('\n');
    }
    expect![[r#"
        GRANT SELECT ON other TO {p}reader
          - table {p}two.public.other: was none, is SELECT to {p}reader
        REVOKE SELECT ON far FROM {p}far
          - table {p}two.public.far: was SELECT to {p}far, is none
        ALTER TABLE far OWNER TO {p}heir
          - table {p}two.public.far: belongs to "{p}heir", belonged to "postgres"
        GRANT SELECT ON near TO {p}reader
          - table {p}three.public.near: was none, is SELECT to {p}reader
        ALTER DATABASE {p}two ALLOW_CONNECTIONS false
          - database {p}two: lets nobody in
        ALTER DATABASE {p}two RENAME TO {p}gone
          - schema {p}gone.public: was none, is USAGE to {p}far
          - table {p}gone.public.far: was none, is SELECT to {p}far
          - table {p}gone.public.other: was none, is SELECT to {p}far
          - database {p}two: is gone

        GRANT SELECT ON other TO {p}reader
          - table {p}two.public.other: was none, is SELECT to {p}reader
        REVOKE SELECT ON far FROM {p}far
          - table {p}two.public.far: was SELECT to {p}far, is none
        ALTER TABLE far OWNER TO {p}heir
          - table {p}two.public.far: belongs to "{p}heir", belonged to "postgres"
        GRANT SELECT ON near TO {p}reader
          - table {p}three.public.near: was none, is SELECT to {p}reader
        ALTER DATABASE {p}two ALLOW_CONNECTIONS false
          - database {p}two: lets nobody in
        ALTER DATABASE {p}two RENAME TO {p}gone
          - database {p}two: is gone
          - database {p}gone: was none, is CONNECT to {p}far
          - schema {p}gone.public: was none, is USAGE to {p}far
          - table {p}gone.public.far: was none, is SELECT to {p}far
          - table {p}gone.public.other: was none, is SELECT to {p}far

    "#]]
    .assert_eq(&told);
}

/// The lines of a list, without numbers that differ.
fn steady(detail: &str) -> String {
    let words = |line: &str| {
        let steady = |word: &str| match word.trim_end_matches([',', ')']) {
            oid if oid.len() > 4 && oid.bytes().all(|byte| byte.is_ascii_digit()) => {
                word.replace(oid, "[OID]")
            }
            _ => word.to_owned(),
        };
        line.split(' ').map(steady).collect::<Vec<_>>().join(" ")
    };
    let lines = detail.lines().filter(|line| line.starts_with("  - "));
    lines.map(words).collect::<Vec<_>>().join("\n")
}
