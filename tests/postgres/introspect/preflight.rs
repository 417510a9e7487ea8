//! What is said while planning is what the server would do.
//!
//! In each case an administrator without superuser is to take all that `r` holds away, or to
//! give it SELECT on everything; what preflight says is compared with what is expected, and
//! then the statements are run all the same: they must fail, or miss their aim, exactly if
//! something was said. Not here: how messages are drawn, roles themselves (`roles`). Invariant: no case without a server.

mod roles;

use engine::acl::{Acl, Entry, Grantee, Grantor, Holding};
use engine::catalog::Grants;
use engine::change::{GrantChange, Place};
use engine::name::RoleName;
use engine::object::{Object, ObjectKind};
use engine::observed::Observed;
use engine::plan::{Batch, Step};
use engine::privilege::{Privilege, PrivilegeSet};
use engine::provider::Dialect as _;
use expect_test::{Expect, expect};
use provider_postgres::Postgres;
use test_support::client::{Login, Session};
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;

use super::{database, observe_as, scope, written};

/// What every case starts from: `maker` owns a table, the administrator owns the database.
const START: &str = "
    CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE {p}maker; CREATE ROLE {p}r;
    CREATE ROLE {p}g; CREATE ROLE {p}other; ALTER DATABASE {p}app OWNER TO {p}admin;
    CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO {p}r, {p}g, {p}admin; GRANT CREATE, USAGE ON SCHEMA app TO {p}maker;
    SET ROLE {p}maker; CREATE TABLE app.t (a int); CREATE TABLE app.u (a int); RESET ROLE;";

enum Aim {
    /// Tables lose all that `r` holds.
    Nothing,
    /// Tables get SELECT for `r`, from the owner or else from the administrator.
    Select,
}

/// Says what is in the way of the aim, one line per message, and proves it.
#[track_caller]
fn check(setup: &str, aim: &Aim, expected: &Expect) {
    check_since(13, setup, aim, expected);
}

/// The same from a version on.
#[track_caller]
fn check_since(version: u16, setup: &str, aim: &Aim, expected: &Expect) {
    Cluster::on_each_version(|cluster| {
        if cluster.version < version {
            return;
        }
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql("app", START);
        tenant.sql("app", setup);
        let observed = observed(&tenant);
        let place = Place::Database(database(&tenant, "app"));
        let name = database(&tenant, "app");
        let tables = |object: &Object, _: &Acl| object.kind() == ObjectKind::Table;
        let now = observed.catalog.databases[&name].filtered(tables);
        let wanted = wanted(&tenant, &observed, &now, aim);
        let changes = written::changes(&place, (&now, &wanted), false);
        let all: Vec<&GrantChange> = changes.iter().collect();
        let batches = [Batch::RevokeGrants(&place, all.clone()), Batch::AddGrants(&place, all)];
        let said: String = batches.iter().map(|batch| said(&tenant, &observed, batch)).collect();
        expected.assert_eq(&said);
        let steps: Vec<Step> =
            batches.iter().flat_map(|batch| Postgres::default().write(&observed, batch)).collect();
        assert!(!steps.is_empty());
        let done = run(&tenant, &steps);
        let reached = self::observed(&tenant).catalog.databases[&name].filtered(tables) == wanted;
        assert_eq!(done && reached, said.is_empty(), "done: {done}, reached: {reached}\n{said}");
    });
}

fn observed(tenant: &Tenant<'_>) -> Observed {
    let wanted = scope(tenant, &["r"], &[ObjectKind::Table]);
    observe_as(tenant, (&tenant.fill("{p}admin"), "secret", false), &["app"], &wanted)
}

fn wanted(tenant: &Tenant<'_>, observed: &Observed, now: &Grants, aim: &Aim) -> Grants {
    let role = RoleName::new(&tenant.fill("{p}r")).expect("a name");
    let admin = &observed.admin;
    let mut wanted = Grants::default();
    for (object, held) in now.objects() {
        let acl = match aim {
            Aim::Nothing => Acl::default(),
            Aim::Select => {
                let owner = admin.has_privileges_of.contains(&held.owner);
                let grantor = if owner { Grantor::Owner } else { Grantor::Role(admin.name.clone()) };
                let privileges = PrivilegeSet::of(&[Privilege::Select]);
                let holding = Holding { grantor, privileges, grantable: PrivilegeSet::EMPTY };
                Acl::new(vec![Entry { grantee: Grantee::Role(role.clone()), holding }])
            }
        };
        wanted.insert_acl(object.clone(), held.oid, held.owner.clone(), acl);
    }
    wanted
}

fn said(tenant: &Tenant<'_>, observed: &Observed, batch: &Batch<'_>) -> String {
    let lines = Postgres::default().preflight(observed, batch);
    let line = |diagnostic: &engine::diagnostic::Diagnostic| {
        let hint = diagnostic.hint.as_ref().map_or(String::new(), |hint| format!("\n  = {hint}"));
        tenant.hide(&format!("{} {}{hint}\n", diagnostic.code, diagnostic.detail))
    };
    lines.iter().map(line).collect()
}

/// Runs statements as the administrator; whether all of them succeeded.
fn run(tenant: &Tenant<'_>, steps: &[Step]) -> bool {
    let (role, database) = (tenant.fill("{p}admin"), tenant.fill("{p}app"));
    let login = Login { role: &role, password: "secret", database: &database };
    let mut session = Session::open(&tenant.cluster.address, login).expect("the administrator logs in");
    let all: Vec<&str> = steps.iter().map(|step| step.statement.sql.as_str()).collect();
    session.run(&format!("BEGIN; {}; COMMIT", all.join("; "))).is_ok()
}

#[test]
fn an_owner_may() {
    check("GRANT {p}maker TO {p}admin", &Aim::Select, &expect![""]);
    check("GRANT {p}maker TO {p}admin; GRANT SELECT ON app.t TO {p}r", &Aim::Nothing, &expect![""]);
}

#[test]
fn who_is_neither_owner_nor_has_options_may_not() {
    check(
        "",
        &Aim::Select,
        &expect![[r#"
        PGS201 "{p}admin" does not own app.t and app.u in database "{p}app", has not the owner's privileges, and holds no grant option for SELECT.
          = grant the owner to "{p}admin", or the privileges with grant option
    "#]],
    );
    check(
        "GRANT SELECT ON app.t TO {p}r",
        &Aim::Nothing,
        &expect![[r#"
        PGS201 Access to app.t in database "{p}app" is "{p}maker"'s to give and to take, and "{p}admin" has not its privileges.
          = grant "{p}maker" to "{p}admin", or use another administrator
    "#]],
    );
    check(
        "GRANT SELECT ON app.t TO {p}admin WITH GRANT OPTION",
        &Aim::Select,
        &expect![[r#"
        PGS201 "{p}admin" does not own app.u in database "{p}app", has not the owner's privileges, and holds no grant option for SELECT.
          = grant the owner to "{p}admin", or the privileges with grant option
    "#]],
    );
}

#[test]
fn who_may_not_use_the_schema_names_nothing_in_it() {
    check(
        "GRANT {p}maker TO {p}admin; REVOKE USAGE ON SCHEMA app FROM {p}admin, {p}maker",
        &Aim::Select,
        &expect![[r#"
            PGS201 "{p}admin" has no USAGE on schema "app", without which it cannot name app.t and app.u in database "{p}app".
              = grant USAGE on schema "app" to "{p}admin", or use another administrator
        "#]],
    );
    check(
        "GRANT SELECT ON app.t TO {p}admin WITH GRANT OPTION; SET ROLE {p}admin; GRANT SELECT ON app.t TO {p}r;
         RESET ROLE; REVOKE USAGE ON SCHEMA app FROM {p}admin",
        &Aim::Nothing,
        &expect![[r#"
            PGS203 "{p}admin" granted something on app.t in database "{p}app" and has lost USAGE on the schema, without which it cannot revoke it.
              = grant "{p}admin" USAGE on the schema until this plan is applied
        "#]],
    );
}

#[test]
fn options_suffice() {
    check("GRANT SELECT, INSERT ON app.t, app.u TO {p}admin WITH GRANT OPTION", &Aim::Select, &expect![""]);
    check(
        "GRANT SELECT ON app.t TO {p}admin WITH GRANT OPTION; SET ROLE {p}admin; GRANT SELECT ON app.t TO {p}r",
        &Aim::Nothing,
        &expect![""],
    );
}

#[test]
fn the_owner_of_the_database_owns_what_pg_database_owner_owns() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql("app", START);
        let wanted = scope(&tenant, &["r"], &[ObjectKind::Schema]);
        let observed = observe_as(&tenant, (&tenant.fill("{p}admin"), "secret", false), &["app"], &wanted);
        let schema = Object::Schema(engine::name::SchemaName::new("public").expect("a name"));
        let owner = &observed.catalog.databases[&database(&tenant, "app")].objects()[&schema].owner;
        let expected = if cluster.version >= 15 { "{p}admin" } else { "postgres" };
        assert_eq!(tenant.hide(owner.as_str()), expected);
    });
}

#[test]
fn other_grantors_must_be_reached() {
    let granted = "GRANT SELECT ON app.t TO {p}g WITH GRANT OPTION;
                   SET ROLE {p}g; GRANT SELECT ON app.t TO {p}r; RESET ROLE;";
    let case = |more: &str| format!("{granted} GRANT {{p}}maker TO {{p}}admin; {more}");
    check(&case("GRANT {p}g TO {p}admin"), &Aim::Nothing, &expect![""]);
    check(&case("GRANT {p}g TO {p}admin; GRANT {p}maker TO {p}g"), &Aim::Nothing, &expect![""]);
    check(
        &case(""),
        &Aim::Nothing,
        &expect![[r#"
        PGS203 "{p}g" granted something on app.t in database "{p}app". Only "{p}g" can revoke it, and "{p}admin" may not act as that role.
          = grant "{p}g" to "{p}admin", or let "{p}g" revoke it
    "#]],
    );
    let no_usage = case("GRANT {p}g TO {p}admin; REVOKE USAGE ON SCHEMA app FROM {p}g");
    check(
        &no_usage,
        &Aim::Nothing,
        &expect![[r#"
        PGS203 "{p}g" granted something on app.t in database "{p}app" and has lost USAGE on the schema, without which it cannot revoke it.
          = grant "{p}g" USAGE on the schema until this plan is applied
    "#]],
    );
    let superuser = case("GRANT {p}g TO {p}admin; ALTER ROLE {p}g SUPERUSER");
    check(
        &superuser,
        &Aim::Nothing,
        &expect![[r#"
        PGS203 "{p}g" granted something on app.t in database "{p}app" and is a superuser by now. The server takes superusers for the owner, so it cannot revoke what it granted in its own name.
          = take SUPERUSER from "{p}g" until this plan is applied
    "#]],
    );
}

#[test]
fn an_option_that_was_lost_must_be_lent() {
    let lapsed = |also: &str| {
        format!(
            "GRANT {{p}}maker, {{p}}g TO {{p}}admin; GRANT SELECT ON app.t TO {{p}}g WITH GRANT OPTION; SET ROLE {{p}}g;
             GRANT SELECT ON app.t TO {{p}}r WITH GRANT OPTION; {also} RESET ROLE; GRANT {{p}}r TO {{p}}g;
             REVOKE SELECT ON app.t FROM {{p}}g;"
        )
    };
    check(&lapsed(""), &Aim::Nothing, &expect![""]);
    check(
        &lapsed("GRANT SELECT ON app.t TO {p}other;"),
        &Aim::Nothing,
        &expect![[r#"
        PGS203 "{p}g" granted SELECT on app.t in database "{p}app", to "{p}other" too, and has lost the grant option, without which nobody can revoke it.
          = give "{p}g" the option until this plan is applied: GRANT SELECT ON TABLE app.t TO {p}g WITH GRANT OPTION
    "#]],
    );
    let without_owner = lapsed("").replace("{p}maker, {p}g TO", "{p}g TO");
    check(
        &without_owner,
        &Aim::Nothing,
        &expect![[r#"
        PGS201 Access to app.t in database "{p}app" is "{p}maker"'s to give and to take, and "{p}admin" has not its privileges.
          = grant "{p}maker" to "{p}admin", or use another administrator
    "#]],
    );
}

#[test]
fn dependents_out_of_scope_are_in_the_way() {
    let granted = "GRANT {p}maker TO {p}admin; GRANT SELECT, INSERT ON app.t TO {p}r WITH GRANT OPTION;";
    check(granted, &Aim::Nothing, &expect![""]);
    let other = format!("{granted} SET ROLE {{p}}r; GRANT SELECT ON app.t TO {{p}}other");
    check(
        &other,
        &Aim::Nothing,
        &expect![[r#"
        PGS202 "{p}r" used its grant option on app.t in database "{p}app" to grant on to "{p}other", whose grants roleform leaves alone. To take the option away would take them along.
          = let "{p}r" revoke them first, or leave it the grant option with `grant_option = true`
    "#]],
    );
    // The owner holds everything anyway, and yet the entry is in the way.
    let owner = format!("{granted} SET ROLE {{p}}r; GRANT SELECT ON app.t TO {{p}}maker");
    check(
        &owner,
        &Aim::Nothing,
        &expect![[r#"
        PGS202 "{p}r" used its grant option on app.t in database "{p}app" to grant on to "{p}maker", whose grants roleform leaves alone. To take the option away would take them along.
          = let "{p}r" revoke them first, or leave it the grant option with `grant_option = true`
    "#]],
    );
    let public = format!("{granted} SET ROLE {{p}}r; GRANT INSERT ON app.t TO PUBLIC");
    check(
        &public,
        &Aim::Nothing,
        &expect![[r#"
        PGS202 "{p}r" used its grant option on app.t in database "{p}app" to grant on to PUBLIC, whose grants roleform leaves alone. To take the option away would take them along.
          = let "{p}r" revoke them first, or leave it the grant option with `grant_option = true`
    "#]],
    );
}

/// The administrator acts as the owner where the server would take somebody else for the grantor.
#[test]
fn own_options_come_before_the_owners_privileges() {
    let own = "GRANT {p}maker TO {p}admin;
               SET ROLE {p}maker; GRANT SELECT ON app.t TO {p}admin WITH GRANT OPTION;";
    check(own, &Aim::Select, &expect![""]);
    check(&format!("{own} GRANT SELECT ON app.t TO {{p}}r"), &Aim::Nothing, &expect![""]);
    // The options do not suffice for all that one statement takes: then the owner is found.
    check(&format!("{own} GRANT SELECT, INSERT ON app.t TO {{p}}r"), &Aim::Nothing, &expect![""]);
    // The owner cannot name what it owns, which the administrator could not do in its place.
    check(
        &format!("{own} RESET ROLE; REVOKE USAGE ON SCHEMA app FROM {{p}}maker"),
        &Aim::Select,
        &expect![[r#"
            PGS201 Access to app.t in database "{p}app" is "{p}maker"'s to give and to take. "{p}admin" would have to act as that role, which has no USAGE on schema "app".
              = grant USAGE on schema "app" to "{p}maker"
        "#]],
    );
}

/// From 16 on one may have a role's privileges and not be able to act as it.
#[test]
fn rivals_are_named_to_who_cannot_act_as_the_owner() {
    let case = |rival: &str| {
        format!(
            "SET ROLE {{p}}maker; GRANT SELECT ON app.t TO {{p}}{rival} WITH GRANT OPTION; RESET ROLE;
             GRANT {{p}}maker TO {{p}}admin WITH SET FALSE; GRANT {{p}}g TO {{p}}admin;"
        )
    };
    check_since(
        16,
        &case("admin"),
        &Aim::Select,
        &expect![[r#"
            PGS201 "{p}admin" has the privileges of the owner of app.t in database "{p}app" and also a grant option of its own for SELECT. The server would take it for the grantor rather than the owner, and "{p}admin" cannot SET ROLE to the owner.
              = revoke the grant option from "{p}admin", or grant the owner to it WITH SET TRUE
        "#]],
    );
    // Made before the owner, it is what the server finds first.
    check_since(
        16,
        "ALTER TABLE app.t OWNER TO {p}g; SET ROLE {p}g; GRANT SELECT ON app.t TO {p}maker WITH GRANT OPTION; RESET ROLE;
         GRANT {p}g TO {p}admin WITH SET FALSE; GRANT {p}maker TO {p}admin;",
        &Aim::Select,
        &expect![[r#"
            PGS201 "{p}admin" has the privileges of the owner of app.t in database "{p}app" and also those of "{p}maker", which has a grant option for SELECT. The server would take "{p}maker" for the grantor rather than the owner, and "{p}admin" cannot SET ROLE to the owner.
              = revoke the grant option from "{p}maker", or "{p}maker" from "{p}admin", or grant the owner to it WITH SET TRUE
        "#]],
    );
    // Made after it, or none of the administrator's, it is in nobody's way.
    check_since(16, &case("g"), &Aim::Select, &expect![""]);
    check_since(16, &case("other"), &Aim::Select, &expect![""]);
}
