//! Tests of rendering: a plan as text in, the text that people read out.

mod hostile;
mod json;
mod large;
mod lines;
mod markdown;
mod plans;

use expect_test::Expect;

use crate::render::{Options, plan, text::PlainText};
use crate::testing;

/// What `plan` prints for a plan written as text.
fn shown(text: &str, options: &Options) -> String {
    let mut out = PlainText::default();
    plan::render(&testing::plan::plan(text), options, &mut out).expect("memory takes everything");
    out.0
}

fn check(text: &str, options: &Options, expected: &Expect) {
    expected.assert_eq(&shown(text, options));
}

/// A plan that is saved.
fn saved() -> Options {
    Options { id: Some("3f9c2a".to_owned()), file: Some("plan.bin".to_owned()), ..Options::default() }
}

/// A plan with something of everything.
const STORY: &str = "
    resource analytics 10.0.3.4:5432 150018
    + role analytics_ro: password=fresh comment=reads\\_reports @main.hcl:14
    + grant analytics_ro on server database app, legacy: CONNECT
    + grant analytics_ro on app schema billing, support: USAGE
    + grant analytics_ro on app table billing.t{000..213}: SELECT
    + grant analytics_ro on app table support.tickets: SELECT
    ~ role billing_rw=billing_rw_prod: limit=5 set.statement_timeout=30s set.work_mem=1GB -> set.statement_timeout=60s valid_until=2027-01-01T00:00:00Z @main.hcl:20
    + member billing_rw_prod of pg_monitor: plain
    ~ grant billing_rw_prod on app table billing.lines, billing.orders: SELECT,DELETE -> SELECT,INSERT (changed in configuration)
    - grant billing_rw_prod on app table support.tickets: DELETE (not declared for a managed role)
    ~ role boss: -> superuser nologin @main.hcl:33
    - role old:
    owned old in app,legacy -> app_owner
    - member old of pg_read_all_data: plain
    - grant old on app table billing.t{000..009}: SELECT,UPDATE
    = role legacy_app: password=x
    . role gone:
    both role reader
    ~ grant reader on app table billing.orders: SELECT,DELETE -> SELECT (changed outside)
    + grant reader on app default table by app_owner in billing: SELECT*
    = grant reader on app table support.tickets: SELECT
    - grant PUBLIC on app schema public: CREATE
    + external marketplace_ro: password=fresh
    + member marketplace_ro of pg_read_all_data: plain
    left 12 340 3
    output reader = \"analytics_ro\"
    sql prepare role.analytics_ro | CREATE ROLE analytics_ro NOLOGIN
    sql undo role.analytics_ro | DROP ROLE analytics_ro
    sql app table_grant: 1 role on 214 tables | GRANT SELECT ON TABLE billing.t000 TO analytics_ro;
    sql postgres+shared role.analytics_ro | ALTER ROLE analytics_ro LOGIN PASSWORD  verifier for analytics_ro
    sql finish role.old | DROP ROLE \"old\"
";
