//! Names and ACL texts that are hard to read.
//!
//! Not here: the parser's own cases (`provider_postgres::acl`). Invariant: whatever bytes a
//! name has, the picture has exactly that name.

use engine::acl::Grantee;
use engine::name::{DatabaseName, Name, RoleName, SchemaName};
use engine::object::{Object, ObjectKind};
use engine::observed::Scope;
use expect_test::expect;
use test_support::cluster::Cluster;

use super::{check, halves, observe, scope};

/// Each is tried as role, schema and table; `"` and `'` are doubled where they are written.
const HOSTILE: &[&str] = &[
    "Upper",
    "a b",
    "a\"b",
    "\"\"",
    "a'b",
    "a\\b",
    "\\",
    "a,b",
    "{a}",
    "a=b/c",
    "*",
    "=",
    "/",
    "(x)",
    ";--",
    "$1",
    "12345",
    "0",
    "ärger",
    "表",
    "select",
    "user",
    "null",
    "NULL",
    "tab\tline\nend",
    "%s",
    "{p",
    "\u{202e}x",
    "a.b",
    "pgxtemp_1",
    "ONLY",
];

#[test]
fn every_name_comes_back_as_it_is() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let mut wanted = Scope { kinds: [ObjectKind::Schema].into(), ..Scope::default() };
        for name in HOSTILE {
            let role = format!("{}{name}", tenant.prefix);
            let (role_sql, sql) = (quoted(&role), quoted(name));
            cluster.sql(
                &database,
                &format!(
                    "CREATE ROLE {role_sql}; CREATE SCHEMA {sql}; CREATE TABLE {sql}.{sql} ({sql} int);
                     GRANT USAGE ON SCHEMA {sql} TO {role_sql};
                     GRANT SELECT ON {sql}.{sql} TO {role_sql} WITH GRANT OPTION;
                     GRANT UPDATE ({sql}) ON {sql}.{sql} TO {role_sql};
                     SET ROLE {role_sql}; GRANT SELECT ON {sql}.{sql} TO PUBLIC; RESET ROLE"
                ),
            );
            wanted.managed.insert(RoleName::new(&role).expect("a role name"));
        }
        wanted.public.extend(super::public(&DatabaseName::new(&database).expect("a name")));
        // A role of digits only looks like a role that is gone.
        let digits = RoleName::new(&format!("{}{}", std::process::id(), cluster.version)).expect("a name");
        wanted.managed.insert(digits.clone());
        cluster.sql(
            &database,
            &format!("CREATE ROLE \"{digits}\"; GRANT CREATE ON SCHEMA \"0\" TO \"{digits}\""),
        );
        let observed = observe(&tenant, &["app"], &wanted);
        let grants = &observed.catalog.databases[database.as_str()];
        let zero =
            grants.acl_of(&Object::Schema(SchemaName::new("0").expect("a name"))).expect("it is there");
        assert_eq!(zero.privileges_of(&Grantee::Role(digits)).to_string(), "CREATE");
        for name in HOSTILE {
            let role = RoleName::new(&format!("{}{name}", tenant.prefix)).expect("a role name");
            let schema = SchemaName::new(name).expect("a name");
            let plain = Name::new(name).expect("a name");
            let objects = [
                (Object::Schema(schema.clone()), "USAGE"),
                (Object::Table(schema.clone(), plain.clone()), "SELECT"),
                (Object::Column(schema, plain.clone(), plain), "UPDATE"),
            ];
            for (object, privileges) in objects {
                let acl = grants.acl_of(&object).unwrap_or_else(|| panic!("{object} is there"));
                let held = acl.privileges_of(&Grantee::Role(role.clone()));
                assert_eq!(held.to_string(), privileges, "{object}");
            }
        }
    });
}

#[test]
fn grantors_grant_options_and_what_is_left_alone() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "DROP SCHEMA public; CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC;
             CREATE ROLE {p}owner; CREATE ROLE {p}a; CREATE ROLE {p}b; CREATE ROLE {p}other; CREATE ROLE {p}x;
             CREATE TABLE app.t (a int); ALTER TABLE app.t OWNER TO {p}owner;
             CREATE TABLE app.twin (a int); ALTER TABLE app.twin OWNER TO {p}other;
             GRANT SELECT, INSERT ON app.t TO {p}a WITH GRANT OPTION;
             GRANT UPDATE ON app.t TO {p}a;
             GRANT SELECT ON app.t TO {p}b, {p}other;
             GRANT SELECT ON app.t, app.twin TO {p}other WITH GRANT OPTION;
             GRANT SELECT ON app.twin TO {p}owner;
             SET ROLE {p}a; GRANT SELECT ON app.t TO {p}b, {p}x, PUBLIC; RESET ROLE;
             SET ROLE {p}other; GRANT SELECT ON app.t TO {p}b WITH GRANT OPTION; GRANT SELECT ON app.t TO {p}a; RESET ROLE;",
        );
        let mut wanted = scope(&tenant, &["a", "b"], &[]);
        let external = RoleName::new(&tenant.fill("{p}x")).expect("a role name");
        wanted.external.insert(external);
        let observed = observe(&tenant, &["app"], &wanted);
        let expected = expect![[r#"
            role {p}a: INHERIT limit -1, no password
            role {p}b: INHERIT limit -1, no password
            role {p}x: INHERIT limit -1, no password
            {p}app: table app.t of {p}owner
                {p}a: SELECT, INSERT, UPDATE (may grant SELECT, INSERT)
                {p}a: SELECT by {p}other
                {p}b: SELECT
                {p}b: SELECT by {p}a
                {p}b: SELECT (may grant SELECT) by {p}other
        "#]];
        check(&tenant, &observed, &expected);
        let dependents: Vec<String> = observed
            .dependents
            .iter()
            .map(|dependent| {
                let grantee = dependent.grantee.as_ref().map_or("PUBLIC", |role| role.as_str());
                tenant.hide(&format!("{} gave {grantee} {}", dependent.grantor, dependent.object))
            })
            .collect();
        assert_eq!(dependents, ["{p}a gave PUBLIC app.t", "{p}a gave {p}x app.t"]);
        let (_, local) = halves(&tenant, "app", &wanted);
        let left = &local.left_alone;
        // PUBLIC on the schema and the table, other twice, owner on twin; x once.
        assert_eq!((left.entries, left.external_entries), (4, 1), "{left:?}");
        wanted.public.extend(super::public(&super::database(&tenant, "app")));
        let (_, local) = halves(&tenant, "app", &wanted);
        let made: u64 = local.made_for_public.values().sum();
        assert_eq!(
            (local.left_alone.entries, made),
            (4, 2),
            "the plan decides which of PUBLIC's it looks after"
        );
    });
}

#[test]
fn a_dangling_grantee_is_nobody_and_a_dangling_grantor_keeps_its_number() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "DROP SCHEMA public; CREATE SCHEMA app; CREATE TABLE app.t (a int); CREATE ROLE {p}r;
             UPDATE pg_class SET relacl = '{postgres=r/postgres}' WHERE relname = 't';
             UPDATE pg_class SET relacl = relacl || makeaclitem(4000000001, relowner, 'SELECT', false)
                 || makeaclitem('{p}r'::regrole, 4000000002, 'UPDATE', false) WHERE relname = 't'",
        );
        let wanted = scope(&tenant, &["r"], &[]);
        let observed = observe(&tenant, &["app"], &wanted);
        let expected = expect![[r#"
            role {p}r: INHERIT limit -1, no password
            {p}app: table app.t of postgres
                {p}r: UPDATE by 4000000002
        "#]];
        check(&tenant, &observed, &expected);
        let (_, local) = halves(&tenant, "app", &wanted);
        assert_eq!(local.left_alone.entries, 1);
    });
}
