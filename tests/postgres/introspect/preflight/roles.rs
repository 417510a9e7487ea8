//! What an administrator without superuser may do to roles, and what is said of the rest.
//!
//! Not here: what it may grant and revoke (`preflight`). Invariant: something is said exactly if the
//! server refuses the statements.

use engine::change::{Departure, OwnedFate, Reason, RoleChange};
use engine::declared::RoleKind;
use engine::name::{BlockAddress, RoleName};
use engine::observed::Observed;
use engine::plan::{Batch, Step};
use engine::provider::Dialect as _;
use expect_test::expect;
use provider_postgres::Postgres;
use test_support::client::{Login, Session};
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;

use super::{START, said};
use crate::introspect::{observe_as, scope};

fn role_change(tenant: &Tenant<'_>, observed: &Observed, name: &str) -> RoleChange {
    let name = RoleName::new(&tenant.fill(&format!("{{p}}{name}"))).expect("a name");
    let before = observed.catalog.roles.get(&name).cloned();
    let mut after = before.clone().unwrap_or_else(engine::plan::moments::bare_role);
    after.attributes.createdb = !after.attributes.createdb;
    after.attributes.bypassrls = !after.attributes.bypassrls;
    RoleChange {
        address: BlockAddress::root("r"),
        name,
        renamed_from: None,
        aside: None,
        kind: RoleKind::Managed,
        action: engine::change::Action::Update,
        reason: Reason::New,
        before,
        after: Some(after),
        departure: Some(Departure {
            fate: OwnedFate::Reassigned(RoleName::new(&tenant.fill("{p}maker")).expect("a name")),
            ..Departure::default()
        }),
        origin: None,
    }
}

#[test]
fn roles_take_createrole_and_from_16_on_more() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql("app", START);
        let mut all = String::new();
        for (setup, name) in [
            ("SET ROLE {p}admin; CREATE ROLE {p}own", "own"),
            ("CREATE ROLE {p}plain", "plain"),
            ("ALTER ROLE {p}admin NOCREATEROLE", "plain"),
        ] {
            tenant.sql("app", setup);
            let observed = observe_as(
                &tenant,
                (&tenant.fill("{p}admin"), "secret", false),
                &["app"],
                &scope(&tenant, &["plain", "own"], &[]),
            );
            let change = role_change(&tenant, &observed, name);
            let batches = [
                Batch::CreateRole(&change),
                Batch::FinishRole(&change),
                Batch::Disown(&change),
                Batch::DropRole(&change),
            ];
            for batch in &batches {
                let said = said(&tenant, &observed, batch);
                let can = matches!(batch, Batch::CreateRole(_))
                    || tries(&tenant, &Postgres::default().write(&observed, batch));
                let created = matches!(batch, Batch::CreateRole(_));
                assert!(created || can == said.is_empty(), "{setup}: {batch:?}\n{said}");
                all.push_str(&said);
            }
            all.push_str("--\n");
        }
        let (before_16, from_16) = (
            expect![[r#"
            PGS204 "{p}admin" may not change "{p}own": only superusers may give or take BYPASSRLS.
            PGS206 What "{p}own" owns changes hands or is dropped. That takes the privileges of "{p}own", which "{p}admin" has not.
              = grant "{p}own" to "{p}admin"
            PGS206 What "{p}own" owns changes hands or is dropped. That takes the privileges of "{p}maker", which "{p}admin" has not.
              = grant "{p}maker" to "{p}admin"
            --
            PGS204 "{p}admin" may not change "{p}plain": only superusers may give or take BYPASSRLS.
            PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}plain", which "{p}admin" has not.
              = grant "{p}plain" to "{p}admin"
            PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}maker", which "{p}admin" has not.
              = grant "{p}maker" to "{p}admin"
            --
            PGS204 "{p}admin" may not create "{p}plain": it is no superuser and lacks CREATEROLE.
            PGS204 "{p}admin" may not change "{p}plain": it is no superuser and lacks CREATEROLE.
            PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}plain", which "{p}admin" has not.
              = grant "{p}plain" to "{p}admin"
            PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}maker", which "{p}admin" has not.
              = grant "{p}maker" to "{p}admin"
            PGS204 "{p}admin" may not drop "{p}plain": it is no superuser and lacks CREATEROLE.
            --
        "#]],
            expect![[r#"
                PGS204 "{p}admin" may not change "{p}own": only roles with CREATEDB themselves may give or take CREATEDB.
                PGS204 "{p}admin" may not change "{p}own": only roles with BYPASSRLS themselves may give or take BYPASSRLS.
                PGS206 What "{p}own" owns changes hands or is dropped. That takes the privileges of "{p}own", which "{p}admin" has not.
                  = grant "{p}own" to "{p}admin"
                PGS206 What "{p}own" owns changes hands or is dropped. That takes the privileges of "{p}maker", which "{p}admin" has not.
                  = grant "{p}maker" to "{p}admin"
                --
                PGS204 "{p}admin" may not change "{p}plain": from PostgreSQL 16 on CREATEROLE needs ADMIN option on the role besides.
                PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}plain", which "{p}admin" has not.
                  = grant "{p}plain" to "{p}admin"
                PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}maker", which "{p}admin" has not.
                  = grant "{p}maker" to "{p}admin"
                PGS204 "{p}admin" may not drop "{p}plain": from PostgreSQL 16 on CREATEROLE needs ADMIN option on the role besides.
                --
                PGS204 "{p}admin" may not create "{p}plain": it is no superuser and lacks CREATEROLE.
                PGS204 "{p}admin" may not change "{p}plain": it is no superuser and lacks CREATEROLE.
                PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}plain", which "{p}admin" has not.
                  = grant "{p}plain" to "{p}admin"
                PGS206 What "{p}plain" owns changes hands or is dropped. That takes the privileges of "{p}maker", which "{p}admin" has not.
                  = grant "{p}maker" to "{p}admin"
                PGS204 "{p}admin" may not drop "{p}plain": it is no superuser and lacks CREATEROLE.
                --
            "#]],
        );
        if cluster.version >= 16 { from_16 } else { before_16 }.assert_eq(&all);
    });
}

/// Whether statements succeed as the administrator; takes them back.
fn tries(tenant: &Tenant<'_>, steps: &[Step]) -> bool {
    let (role, database) = (tenant.fill("{p}admin"), tenant.fill("{p}app"));
    let login = Login { role: &role, password: "secret", database: &database };
    let mut session = Session::open(&tenant.cluster.address, login).expect("the administrator logs in");
    let all: Vec<&str> = steps.iter().map(|step| step.statement.sql.as_str()).collect();
    session.run(&format!("BEGIN; {}; ROLLBACK", all.join("; "))).is_ok()
}
