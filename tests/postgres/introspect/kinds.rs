//! Every kind of object that has an ACL.
//!
//! Not here: roles and memberships (`roles`), what is hard to read (`names`). Invariant: the
//! same picture on every version, but for kinds and privileges that came later.

use engine::name::{DatabaseName, Name, SchemaName};
use engine::object::{Object, ObjectKind};
use engine::observed::NamedColumn;
use expect_test::expect;
use test_support::cluster::Cluster;

use super::{check, database, observe, public, scope};

const EVERY_KIND: &str = "
    DROP SCHEMA public;
    CREATE ROLE {p}r; CREATE ROLE {p}other; CREATE ROLE {p}owner;
    CREATE SCHEMA app AUTHORIZATION {p}owner;
    GRANT USAGE ON SCHEMA app TO {p}r, {p}other;
    CREATE TABLE app.t (a int, b int);
    CREATE TABLE app.untouched (a int);
    CREATE VIEW app.v AS SELECT 1;
    CREATE MATERIALIZED VIEW app.m AS SELECT 1;
    CREATE TABLE app.p (a int) PARTITION BY LIST (a);
    CREATE TABLE app.p1 PARTITION OF app.p DEFAULT;
    CREATE FOREIGN DATA WRAPPER wrapper;
    CREATE SERVER server FOREIGN DATA WRAPPER wrapper;
    CREATE FOREIGN TABLE app.f (a int) SERVER server;
    CREATE SEQUENCE app.s;
    GRANT SELECT, INSERT ON app.t TO {p}r; GRANT ALL ON app.t TO {p}other;
    GRANT SELECT ON app.v, app.m, app.p, app.p1, app.f TO {p}r;
    GRANT USAGE ON SEQUENCE app.s TO {p}r;
    GRANT UPDATE (a), SELECT (a, b, ctid) ON app.t TO {p}r;
    GRANT SELECT (last_value) ON app.s TO {p}r;
    CREATE FUNCTION app.add(x int, y int DEFAULT 1, OUT z int) LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION app.add(VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT $1[1]';
    CREATE FUNCTION app.nothing() RETURNS text LANGUAGE sql AS 'SELECT NULL';
    CREATE PROCEDURE app.proc(x int, INOUT y int) LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE app.total(int) (sfunc = int4pl, stype = int);
    CREATE AGGREGATE app.pct(float8 ORDER BY anyelement) (
        sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
    GRANT EXECUTE ON ROUTINE app.add(int, int), app.proc(int, int), app.total(int), app.nothing(),
        app.pct(float8, anyelement), pg_catalog.rank(\"any\"), pg_catalog.pg_ls_dir(text) TO {p}r;
    CREATE TYPE app.mood AS ENUM ('good'); CREATE TYPE app.pair AS (a int, b int);
    CREATE DOMAIN app.age AS int;
    GRANT USAGE ON TYPE app.mood, app.pair TO {p}r; GRANT USAGE ON DOMAIN app.age TO {p}r;
    GRANT USAGE ON TYPE app.t TO {p}r;
    GRANT USAGE ON LANGUAGE plpgsql TO {p}r;
    GRANT USAGE ON FOREIGN DATA WRAPPER wrapper TO {p}r;
    GRANT USAGE ON FOREIGN SERVER server TO {p}r;
    SELECT lo_create(4711), lo_create(4712);
    GRANT SELECT ON LARGE OBJECT 4711 TO {p}r;
    GRANT CONNECT ON DATABASE {p}app TO {p}r;
    CREATE TEMPORARY TABLE seen_by_nobody (a int); GRANT SELECT ON seen_by_nobody TO {p}r;
    GRANT SELECT ON pg_catalog.pg_authid TO {p}r;";

#[test]
fn each_kind_shows_what_a_role_holds() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        // Held open: temporary tables live as long as their session.
        let mut session = cluster.session(&tenant.fill("{p}app"));
        session.run(&tenant.fill(EVERY_KIND)).expect("objects of every kind");
        let observed = observe(&tenant, &["app"], &scope(&tenant, &["r"], &[]));
        let expected = expect![[r#"
            role {p}r: INHERIT limit -1, no password
            shared: database {p}app of postgres
                {p}r: CONNECT
            {p}app: schema app of {p}owner
                {p}r: USAGE
            {p}app: table app.f of postgres
                {p}r: SELECT
            {p}app: table app.m of postgres
                {p}r: SELECT
            {p}app: table app.p of postgres
                {p}r: SELECT
            {p}app: table app.p1 of postgres
                {p}r: SELECT
            {p}app: table app.t of postgres
                {p}r: SELECT, INSERT
            {p}app: table app.v of postgres
                {p}r: SELECT
            {p}app: table pg_catalog.pg_authid of postgres
                {p}r: SELECT
            {p}app: column app.s.last_value of postgres
                {p}r: SELECT
            {p}app: column app.t.a of postgres
                {p}r: SELECT, UPDATE
            {p}app: column app.t.b of postgres
                {p}r: SELECT
            {p}app: column app.t.ctid of postgres
                {p}r: SELECT
            {p}app: sequence app.s of postgres
                {p}r: USAGE
            {p}app: routine app.add(integer, integer) of postgres
                {p}r: EXECUTE
            {p}app: routine app.nothing() of postgres
                {p}r: EXECUTE
            {p}app: routine app.pct(double precision, anyelement) of postgres
                {p}r: EXECUTE
            {p}app: routine app.proc(integer, integer) of postgres
                {p}r: EXECUTE
            {p}app: routine app.total(integer) of postgres
                {p}r: EXECUTE
            {p}app: routine pg_catalog.pg_ls_dir(text) of postgres
                {p}r: EXECUTE
            {p}app: routine pg_catalog.rank("any") of postgres
                {p}r: EXECUTE
            {p}app: type app.age of postgres
                {p}r: USAGE
            {p}app: type app.mood of postgres
                {p}r: USAGE
            {p}app: type app.pair of postgres
                {p}r: USAGE
            {p}app: type app.t of postgres
                {p}r: USAGE
            {p}app: language plpgsql of postgres
                {p}r: USAGE
            {p}app: foreign data wrapper wrapper of postgres
                {p}r: USAGE
            {p}app: foreign server server of postgres
                {p}r: USAGE
            {p}app: large object 4711 of postgres
                {p}r: SELECT
        "#]];
        check(&tenant, &observed, &expected);
    });
}

#[test]
fn kinds_that_are_asked_for_are_listed_whole() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql("app", EVERY_KIND);
        let kinds = ObjectKind::ALL.iter().copied().filter(|kind| {
            // The server's, not the tenant's: every test on it would see others'.
            !matches!(kind, ObjectKind::Database | ObjectKind::Tablespace | ObjectKind::Parameter)
        });
        let mut wanted = scope(&tenant, &[], &kinds.collect::<Vec<_>>());
        let name = |text: &str| Name::new(text).expect("a name");
        for (relation, column) in [(Some("t"), "a"), (None, "b"), (Some("t"), "none")] {
            wanted.columns.insert(NamedColumn {
                database: database(&tenant, "app"),
                schema: relation.map(|_| SchemaName::new("app").expect("a name")),
                relation: relation.map(name),
                column: name(column),
            });
        }
        let observed = observe(&tenant, &["app"], &wanted);
        let expected = expect![[r#"
            {p}app: schema app of {p}owner
            {p}app: table app.f of postgres
            {p}app: table app.m of postgres
            {p}app: table app.p of postgres
            {p}app: table app.p1 of postgres
            {p}app: table app.t of postgres
            {p}app: table app.untouched of postgres
            {p}app: table app.v of postgres
            {p}app: column app.t.a of postgres
            {p}app: column app.t.b of postgres
            {p}app: sequence app.s of postgres
            {p}app: routine app.add(integer, integer) of postgres
            {p}app: routine app.add(text[]) of postgres
            {p}app: routine app.nothing() of postgres
            {p}app: routine app.pct(double precision, anyelement) of postgres
            {p}app: routine app.proc(integer, integer) of postgres
            {p}app: routine app.total(integer) of postgres
            {p}app: type app.age of postgres
            {p}app: type app.mood of postgres
            {p}app: type app.pair of postgres
            {p}app: language plpgsql of postgres
            {p}app: language sql of postgres
            {p}app: foreign data wrapper wrapper of postgres
            {p}app: foreign server server of postgres
            {p}app: large object 4711 of postgres
            {p}app: large object 4712 of postgres
        "#]];
        check(&tenant, &observed, &expected);
    });
}

#[test]
fn what_the_server_shares() {
    Cluster::on_each_version(|shared| {
        let cluster = Cluster::private(shared.version, &[]);
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "CREATE ROLE {p}r; CREATE ROLE {p}other;
             GRANT CREATE, CONNECT ON DATABASE {p}app TO {p}r WITH GRANT OPTION;
             GRANT CREATE ON TABLESPACE pg_default TO {p}r, {p}other;",
        );
        if cluster.version >= 15 {
            tenant.sql(
                "app",
                "GRANT SET ON PARAMETER log_min_duration_statement, my.option TO {p}r;
                 GRANT ALTER SYSTEM ON PARAMETER \"DateStyle\" TO {p}r WITH GRANT OPTION;
                 GRANT SET ON PARAMETER work_mem TO {p}other",
            );
        }
        let mut wanted = scope(&tenant, &["r"], &[ObjectKind::Tablespace]);
        wanted.public.extend(public(&database(&tenant, "app")));
        let mut observed = observe(&tenant, &["app"], &wanted);
        let with_parameters = expect![[r#"
            role {p}r: INHERIT limit -1, no password
            shared: database {p}app of postgres
                PUBLIC: CONNECT, TEMPORARY
                {p}r: CREATE, CONNECT (may grant CREATE, CONNECT)
            shared: tablespace pg_default of postgres
                {p}r: CREATE
            shared: tablespace pg_global of postgres
            shared: parameter datestyle of postgres
                {p}r: ALTER SYSTEM (may grant ALTER SYSTEM)
            shared: parameter log_min_duration_statement of postgres
                {p}r: SET
            shared: parameter my.option of postgres
                {p}r: SET
        "#]];
        let without = expect![[r#"
            role {p}r: INHERIT limit -1, no password
            shared: database {p}app of postgres
                PUBLIC: CONNECT, TEMPORARY
                {p}r: CREATE, CONNECT (may grant CREATE, CONNECT)
            shared: tablespace pg_default of postgres
                {p}r: CREATE
            shared: tablespace pg_global of postgres
        "#]];
        observed.catalog.databases.clear();
        check(&tenant, &observed, if cluster.version >= 15 { &with_parameters } else { &without });

        wanted.kinds.extend([ObjectKind::Database, ObjectKind::Parameter]);
        let observed = observe(&tenant, &["app"], &wanted);
        let is_parameter = |object: &&Object| object.kind() == ObjectKind::Parameter;
        let shared = observed.catalog.shared.objects();
        for database in ["template0", "template1", "postgres"] {
            let database = Object::Database(DatabaseName::new(database).expect("a name"));
            assert!(shared.contains_key(&database), "{database}");
        }
        let parameters = shared.keys().filter(is_parameter).count();
        assert_eq!(parameters > 200, cluster.version >= 15, "{parameters} parameters");
    });
}

#[test]
fn privileges_that_came_later() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "DROP SCHEMA public; CREATE SCHEMA app; CREATE TABLE app.t (a int); CREATE ROLE {p}r;
             GRANT ALL ON app.t TO {p}r",
        );
        let observed = observe(&tenant, &["app"], &scope(&tenant, &["r"], &[]));
        let table = Object::Table(SchemaName::new("app").expect("a name"), Name::new("t").expect("a name"));
        let grants = &observed.catalog.databases[&database(&tenant, "app")];
        let held = grants.acl_of(&table).expect("a table").entries()[0].holding.privileges;
        assert_eq!(held, ObjectKind::Table.privileges(u32::from(cluster.version)));
    });
}
