//! Roles, their settings and memberships, and what the administrator may do.
//!
//! Not here: what they hold on objects (`kinds`). Invariant: a role out of scope shows only
//! where planning needs it.

use engine::catalog::Password;
use engine::name::RoleName;
use expect_test::expect;
use test_support::cluster::Cluster;

use super::{check, observe, observe_as, scope};

const VERIFIER: &str = "SCRAM-SHA-256$4096:MTIzNDU2Nzg5MDEyMzQ1Ng==$\
    7GYdIa9yPVbsOEexNRN6lwTb+uKBSpXIIxXSeyr5dDA=:5g9A7mJxQUbYQ0uTDYVZTSEIXFPbWZ1hgtPcSDvaVAw=";

#[test]
fn attributes_settings_and_passwords() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            &format!(
                "CREATE ROLE {{p}}plain;
                 CREATE ROLE {{p}}all LOGIN SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS NOINHERIT
                    CONNECTION LIMIT 7 VALID UNTIL '2027-01-01 01:00:00+01' PASSWORD '{VERIFIER}';
                 COMMENT ON ROLE {{p}}all IS 'it''s all';
                 CREATE ROLE {{p}}micro VALID UNTIL '2027-01-01 00:00:00.5Z';
                 CREATE ROLE {{p}}forever VALID UNTIL 'infinity';
                 CREATE ROLE {{p}}never VALID UNTIL '-infinity';
                 ALTER ROLE {{p}}all SET search_path = \"A b\", public;
                 ALTER ROLE {{p}}all SET DateStyle = 'ISO, DMY';
                 ALTER ROLE {{p}}all SET my.option = 'a=b';
                 ALTER ROLE {{p}}all IN DATABASE {{p}}app SET statement_timeout = '30s';
                 ALTER ROLE ALL IN DATABASE {{p}}app SET statement_timeout = '31s';
                 CREATE ROLE {{p}}stranger LOGIN"
            ),
        );
        let wanted = scope(&tenant, &["plain", "all", "micro", "forever", "never", "missing"], &[]);
        let observed = observe(&tenant, &["app"], &wanted);
        let expected = expect![[r#"
            role {p}all: LOGIN SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS limit 7, a password
              until 2027-01-01T00:00:00Z
              comment it's all
              datestyle = ISO, DMY
              my.option = a=b
              search_path = "A b", public
              in {p}app: statement_timeout = 30s
            role {p}forever: INHERIT limit -1, no password
            role {p}micro: INHERIT limit -1, no password
              until 2027-01-01T00:00:00.5Z
            role {p}never: INHERIT limit -1, no password
              until -infinity
            role {p}plain: INHERIT limit -1, no password
        "#]];
        check(&tenant, &observed, &expected);
        let all = RoleName::new(&tenant.fill("{p}all")).expect("a name");
        let digest = tenant.query("app", &format!("SELECT sha256('{VERIFIER}')"));
        let Password::Verifier(seen) = observed.catalog.roles[&all].password else { panic!("a verifier") };
        let seen: String = seen.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest[0][0].as_deref(), Some(format!("\\x{seen}").as_str()));
        assert!(observed.roles.contains_key(tenant.fill("{p}stranger").as_str()));
        assert!(observed.roles[&all].superuser);
        assert!(observed.left_alone.roles >= 2, "the stranger and the administrator");
    });
}

#[test]
fn memberships_with_options_and_grantors() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "CREATE ROLE {p}a; CREATE ROLE {p}b; CREATE ROLE {p}c; CREATE ROLE {p}boss;
             GRANT {p}a TO {p}boss WITH ADMIN OPTION;
             GRANT {p}a TO {p}b; GRANT pg_monitor TO {p}b WITH ADMIN OPTION;
             SET ROLE {p}boss; GRANT {p}a TO {p}c; RESET ROLE;",
        );
        if cluster.version >= 16 {
            tenant.sql(
                "app",
                "GRANT {p}a TO {p}b WITH INHERIT FALSE, SET FALSE GRANTED BY {p}boss;
                 SET ROLE {p}b; GRANT pg_monitor TO {p}boss; RESET ROLE",
            );
        }
        let observed = observe(&tenant, &["app"], &scope(&tenant, &["b", "c"], &[]));
        let before_16 = expect![[r#"
            role {p}b: INHERIT limit -1, no password
            role {p}c: INHERIT limit -1, no password
            {p}b is in pg_monitor: ADMIN INHERIT SET
            {p}b is in {p}a: INHERIT SET
            {p}c is in {p}a: INHERIT SET
        "#]];
        let from_16 = expect![[r#"
            role {p}b: INHERIT limit -1, no password
            role {p}c: INHERIT limit -1, no password
            {p}b is in pg_monitor: ADMIN INHERIT SET
            {p}b is in {p}a by {p}boss: 
            {p}b is in {p}a: INHERIT SET
            {p}c is in {p}a by {p}boss: INHERIT SET
        "#]];
        check(&tenant, &observed, if cluster.version >= 16 { &from_16 } else { &before_16 });
        let owned: Vec<String> = observed
            .owned
            .iter()
            .flat_map(|(role, things)| {
                things.iter().map(move |owned| format!("{role}: {}", owned.description))
            })
            .map(|line| tenant.hide(&line))
            .collect();
        let granted = ["{p}b: membership of role {p}boss in role pg_monitor"];
        assert_eq!(owned, if cluster.version >= 16 { &granted[..] } else { &[] });
    });
}

#[test]
fn what_an_administrator_without_superuser_sees_and_may() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "DROP SCHEMA public; CREATE SCHEMA app;
             CREATE ROLE {p}admin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE {p}group; CREATE ROLE {p}other;
             CREATE ROLE {p}deputy; GRANT {p}other TO {p}deputy WITH ADMIN OPTION; GRANT {p}deputy TO {p}admin;
             GRANT {p}group TO {p}admin WITH ADMIN OPTION;
             SET ROLE {p}admin; CREATE ROLE {p}r LOGIN PASSWORD 'x'; GRANT {p}group TO {p}r; GRANT {p}other TO {p}r;
             RESET ROLE;
             GRANT {p}deputy TO {p}r; CREATE TABLE app.t (a int); GRANT SELECT ON app.t TO {p}r",
        );
        let wanted = scope(&tenant, &["r"], &[]);
        let admin = tenant.fill("{p}admin");
        let observed = observe_as(&tenant, (&admin, "secret", false), &["app"], &wanted);
        let before_16 = expect![[r#"
            role {p}r: LOGIN INHERIT limit -1, password unknown
            {p}r is in {p}deputy: INHERIT SET
            {p}r is in {p}group: INHERIT SET
            {p}r is in {p}other: INHERIT SET
            {p}app: table app.t of postgres
                {p}r: SELECT
        "#]];
        let from_16 = expect![[r#"
            role {p}r: LOGIN INHERIT limit -1, password unknown
            {p}r is in {p}deputy by postgres: INHERIT SET
            {p}r is in {p}group: INHERIT SET
            {p}r is in {p}other: INHERIT SET
            {p}app: table app.t of postgres
                {p}r: SELECT
        "#]];
        check(&tenant, &observed, if cluster.version >= 16 { &from_16 } else { &before_16 });
        let names = |set: &std::collections::BTreeSet<RoleName>| -> Vec<String> {
            let ours = set.iter().filter(|role| role.as_str().starts_with(&tenant.prefix));
            ours.map(|role| tenant.hide(role.as_str())).collect()
        };
        let facts = &observed.admin;
        assert_eq!(names(&facts.has_privileges_of), ["{p}admin", "{p}deputy", "{p}group", "{p}other"]);
        let turn: Vec<String> = facts.acts_as.iter().map(|role| tenant.hide(role.as_str())).collect();
        assert_eq!(turn, ["{p}admin", "{p}group", "{p}deputy", "{p}other"]);
        let may = names(&facts.may_grant);
        if cluster.version >= 16 {
            assert_eq!(may, ["{p}group", "{p}other", "{p}r"]);
        } else {
            assert_eq!(may, ["{p}admin", "{p}deputy", "{p}group", "{p}other", "{p}r"]);
        }
        assert_eq!((facts.superuser, facts.createrole), (false, true));
        assert_eq!(tenant.hide(facts.membership_grantor.as_str()), "{p}admin");
    });
}
