//! x
use super::*;

const STORY: &str = r#"
    resource analytics 10.0.3.4:5432 150018
    + role analytics_ro: password=fresh comment=reads\_reports @main.hcl:14
    + grant analytics_ro on server database app, legacy: CONNECT
    + grant analytics_ro on app schema billing, support: USAGE
    + grant analytics_ro on app table billing.t{000..213}: SELECT
    + grant analytics_ro on app table support.tickets: SELECT
    ~ role billing_rw=billing_rw_prod: oid=4 limit=5 set.statement_timeout=30s set.work_mem=1GB -> set.statement_timeout=60s valid_until=2027-01-01T00:00:00Z @main.hcl:20
    + member billing_rw_prod of pg_monitor: plain
    ~ grant billing_rw_prod on app table billing.orders, billing.lines: SELECT,DELETE -> SELECT,INSERT (changed in configuration)
    - grant billing_rw_prod on app table support.tickets: DELETE (not declared for a managed role)
    ~ role boss: oid=5 -> superuser nologin @main.hcl:33
    ! role.boss Superuser
    ! role.boss LoginLost
    - role old: oid=9
    owned old in app,legacy -> app_owner
    ! role.old DropRole
    ! role.old OwnedReassigned
    - member old of pg_read_all_data: plain
    - grant old on app table billing.t{000..009}: SELECT,UPDATE
    = role legacy_app: password=x
    . role gone:
    ~ grant reader on app table billing.orders: SELECT,DELETE -> SELECT (changed outside)
    + grant reader on app default table by app_owner in billing: SELECT*
    - grant PUBLIC on app schema public: CREATE
    + external marketplace_ro: password=fresh
    + member marketplace_ro of pg_read_all_data: plain
    = grant reader on app table support.tickets: SELECT
    both role reader
    left 12 340 3
    output reader = "analytics_ro"
    sql prepare role.analytics_ro | CREATE ROLE analytics_ro NOLOGIN
    sql app table_grant | GRANT SELECT ON ALL
    sql postgres+shared role.analytics_ro | ALTER ROLE analytics_ro LOGIN PASSWORD  verifier for analytics_ro
    sql finish role.old | DROP ROLE "old"
"#;

#[test]
fn look() {
    let mut options = saved();
    options.sql = true;
    eprintln!("{}", shown(STORY, &options));
    options.full = true;
    eprintln!("{}", shown(STORY, &options));
}
#[test]
fn look_json() {
    let mut out = Vec::new();
    crate::render::json::render(&testing::plan::plan(STORY), Some("3f9c"), &mut out).unwrap();
    eprintln!("{}", String::from_utf8(out).unwrap());
}
#[test]
fn look_markdown() {
    let mut out = PlainText::default();
    let options = Options { sql: true, ..saved() };
    crate::render::markdown::render(&testing::plan::plan(STORY), &options, &mut out).unwrap();
    eprintln!("{}", out.0);
}
