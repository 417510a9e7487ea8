//! Default privileges, PUBLIC, serial sequences, possessions, and where else roles hold something.
//!
//! Not here: kinds of objects (`kinds`). Invariant: what is beside the catalog is about roles
//! in scope only.

use engine::object::ObjectKind;
use expect_test::expect;
use test_support::client::Login;
use test_support::cluster::Cluster;

use super::{check, database, halves, observe, public, scope};

#[test]
fn default_privileges_of_every_kind() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "DROP SCHEMA public; CREATE SCHEMA app; CREATE ROLE {p}maker; CREATE ROLE {p}r; CREATE ROLE {p}other;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker IN SCHEMA app GRANT SELECT ON TABLES TO {p}r, {p}other;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker IN SCHEMA app GRANT INSERT ON TABLES TO {p}r WITH GRANT OPTION;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT USAGE ON SEQUENCES TO {p}r;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker REVOKE EXECUTE ON ROUTINES FROM PUBLIC;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT USAGE ON TYPES TO {p}r;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT USAGE ON SCHEMAS TO {p}r;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT SELECT ON TABLES TO {p}other;",
        );
        if cluster.version >= 18 {
            tenant.sql(
                "app",
                "ALTER DEFAULT PRIVILEGES FOR ROLE {p}maker GRANT SELECT ON LARGE OBJECTS TO {p}r",
            );
        }
        let mut wanted = scope(&tenant, &["r"], &[]);
        let observed = observe(&tenant, &["app"], &wanted);
        let with_large_objects = expect![[r#"
            role {p}r: INHERIT limit -1, no password
            {p}app: default (everywhere): schemas of {p}maker
                {p}r: USAGE
            {p}app: default (everywhere): sequences of {p}maker
                {p}r: USAGE
            {p}app: default (everywhere): types of {p}maker
                {p}r: USAGE
            {p}app: default (everywhere): large objects of {p}maker
                {p}r: SELECT
            {p}app: default (app): tables of {p}maker
                {p}r: SELECT, INSERT (may grant INSERT)
        "#]];
        let without = expect![[r#"
            role {p}r: INHERIT limit -1, no password
            {p}app: default (everywhere): schemas of {p}maker
                {p}r: USAGE
            {p}app: default (everywhere): sequences of {p}maker
                {p}r: USAGE
            {p}app: default (everywhere): types of {p}maker
                {p}r: USAGE
            {p}app: default (app): tables of {p}maker
                {p}r: SELECT, INSERT (may grant INSERT)
        "#]];
        check(&tenant, &observed, if cluster.version >= 18 { &with_large_objects } else { &without });
        if cluster.version >= 18 {
            return;
        }
        wanted.public.extend(public(&database(&tenant, "app")));
        let observed = observe(&tenant, &["app"], &wanted);
        let with_public = expect![[r#"
            role {p}r: INHERIT limit -1, no password
            shared: database {p}app of postgres
                PUBLIC: CONNECT, TEMPORARY
            {p}app: default (everywhere): schemas of {p}maker
                {p}r: USAGE
            {p}app: default (everywhere): sequences of {p}maker
                {p}r: USAGE
            {p}app: default (everywhere): routines of {p}maker
            {p}app: default (everywhere): types of {p}maker
                PUBLIC: USAGE
                {p}r: USAGE
            {p}app: default (app): tables of {p}maker
                {p}r: SELECT, INSERT (may grant INSERT)
        "#]];
        check(&tenant, &observed, &with_public);
    });
}

#[test]
fn public_where_it_is_in_scope() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "DROP SCHEMA public; CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC;
             CREATE TABLE app.t (a int); GRANT SELECT ON app.t TO PUBLIC; CREATE TABLE app.u (a int);
             CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION app.g() RETURNS int LANGUAGE sql AS 'SELECT 1';
             REVOKE EXECUTE ON FUNCTION app.g() FROM PUBLIC; CREATE DOMAIN app.d AS int",
        );
        let kinds = [ObjectKind::Schema, ObjectKind::Table, ObjectKind::Routine, ObjectKind::Type];
        let mut wanted = scope(&tenant, &[], &kinds);
        wanted.public.extend(public(&database(&tenant, "app")));
        let observed = observe(&tenant, &["app"], &wanted);
        let expected = expect![[r#"
            shared: database {p}app of postgres
                PUBLIC: CONNECT, TEMPORARY
            {p}app: schema app of postgres
                PUBLIC: USAGE
            {p}app: table app.t of postgres
                PUBLIC: SELECT
            {p}app: table app.u of postgres
            {p}app: routine app.f() of postgres
                PUBLIC: EXECUTE
            {p}app: routine app.g() of postgres
            {p}app: type app.d of postgres
                PUBLIC: USAGE
        "#]];
        check(&tenant, &observed, &expected);
    });
}

#[test]
fn serial_sequences_but_not_identity() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "CREATE SCHEMA app; CREATE TABLE app.t (a serial, b bigserial, c int GENERATED ALWAYS AS IDENTITY);
             CREATE SEQUENCE app.free; CREATE TABLE app.u (a int)",
        );
        let kinds = [ObjectKind::Table, ObjectKind::Sequence];
        let observed = observe(&tenant, &["app"], &scope(&tenant, &[], &kinds));
        let serial = &observed.serial[&database(&tenant, "app")];
        let shown: Vec<String> = serial
            .iter()
            .map(|(table, owned)| {
                let owned: Vec<String> = owned.iter().map(ToString::to_string).collect();
                format!("{table}: {}", owned.join(", "))
            })
            .collect();
        assert_eq!(shown, ["app.t: app.t_a_seq, app.t_b_seq"]);
    });
}

#[test]
fn possessions_sessions_and_other_databases() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        for name in ["app", "held", "owned", "empty"] {
            tenant.database(name);
        }
        tenant.sql(
            "app",
            "DROP SCHEMA public; CREATE SCHEMA app; CREATE ROLE {p}r LOGIN PASSWORD 'x'; CREATE ROLE {p}other;
             CREATE TABLE app.t (a serial); CREATE VIEW app.v AS SELECT 1; CREATE DOMAIN app.d AS int;
             CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE COLLATION app.c (lc_collate = 'C', lc_ctype = 'C');
             ALTER TABLE app.t OWNER TO {p}r; ALTER VIEW app.v OWNER TO {p}r; ALTER DOMAIN app.d OWNER TO {p}r;
             ALTER FUNCTION app.f(int) OWNER TO {p}r; ALTER COLLATION app.c OWNER TO {p}r;
             ALTER SCHEMA app OWNER TO {p}r; ALTER DATABASE {p}empty OWNER TO {p}r;
             CREATE TABLE app.guarded (a int); CREATE POLICY mine ON app.guarded TO {p}r, {p}other;
             ALTER DEFAULT PRIVILEGES FOR ROLE {p}r GRANT SELECT ON TABLES TO {p}other;
             CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"S 1\" FOREIGN DATA WRAPPER w;
             CREATE USER MAPPING FOR {p}r SERVER \"S 1\"",
        );
        tenant.sql("held", "CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO {p}r");
        tenant.sql("owned", "CREATE SCHEMA app AUTHORIZATION {p}r");
        let login = Login { role: &tenant.fill("{p}r"), password: "x", database: &tenant.fill("{p}empty") };
        let session = test_support::client::Session::open(&cluster.address, login);
        let mut wanted = scope(&tenant, &["r"], &[]);
        wanted.databases.insert(database(&tenant, "app"));
        let observed = observe(&tenant, &["app"], &wanted);
        drop(session);
        let lines: Vec<String> = observed
            .owned
            .iter()
            .flat_map(|(role, things)| things.iter().map(move |owned| (role, owned)))
            .map(|(role, owned)| {
                let place = owned.database.as_ref().map_or("shared", |database| database.as_str());
                tenant.hide(&format!("{role}, {place}: {}", owned.description))
            })
            .collect();
        expect![[r#"
            {p}r, shared: database {p}empty
            {p}r, {p}app: collation app.c
            {p}r, {p}app: routine app.f(integer)
            {p}r, {p}app: schema app
            {p}r, {p}app: sequence app.t_a_seq
            {p}r, {p}app: table app.t
            {p}r, {p}app: table app.v
            {p}r, {p}app: type app.d
            {p}r, {p}app: default privileges on new relations belonging to role {p}r
            {p}r, {p}app: policy mine on table app.guarded
            {p}r, {p}app: user mapping on server "S 1""#]]
        .assert_eq(&lines.join("\n"));
        let sessions: Vec<u32> = observed.sessions.values().copied().collect();
        assert_eq!(sessions, [1]);
        check(
            &tenant,
            &observed,
            &expect![[r#"
            role {p}r: LOGIN INHERIT limit -1, a password
        "#]],
        );
        let (shared, _) = halves(&tenant, "app", &wanted);
        let elsewhere: Vec<String> =
            shared.elsewhere.iter().map(|database| tenant.hide(database.as_str())).collect();
        assert_eq!(elsewhere, ["{p}held", "{p}owned"]);
    });
}
