//! A plan for half a million grants: what is printed is bounded, and nothing is gathered.

use std::io::{self, Write};

use super::*;
use crate::plan::Plan;
use crate::render::{Label, Out, json, markdown};
use expect_test::expect;

/// 50 roles with all of 10,000 tables in 50 schemas, as in design 11.
fn reference() -> Plan {
    plan_of(200)
}

fn plan_of(tables_per_schema: usize) -> Plan {
    let mut text = String::from("resource analytics 10.0.3.4:5432 150018\n");
    for role in 0..50 {
        text.push_str(&format!("+ role r{role:02}: password=fresh @main.hcl:3\n"));
    }
    text.push_str("+ grant r{00..49} on server database app: CONNECT\n");
    text.push_str("+ grant r{00..49} on app schema s{00..49}: USAGE\n");
    let last = tables_per_schema - 1;
    text.push_str(&format!(
        "+ grant r{{00..49}} on app table s{{00..49}}.t{{000..{last}}}: SELECT,INSERT,UPDATE,DELETE\n"
    ));
    text.push_str("sql app table_grant | GRANT\n");
    testing::plan::plan(&text)
}

/// Counts what is written and forgets it.
#[derive(Default)]
struct Meter {
    lines: usize,
    pieces: usize,
    longest: usize,
    bytes: usize,
}

impl Out for Meter {
    fn write(&mut self, _: Label, text: &str) -> io::Result<()> {
        self.write_all(text.as_bytes())
    }
}

impl Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        self.pieces += 1;
        self.longest = self.longest.max(bytes.len());
        self.bytes += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn half_a_million_grants_are_a_page() {
    let mut out = PlainText::default();
    plan::render(&reference(), &saved(), &mut out).expect("memory takes everything");
    expect![[r#"
        Actions are indicated with the following symbols:
          + create

        roleform will perform the following actions on postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18):

          # role.r00 will be created (new)  main.hcl:3
          + role "r00" {
              + login    = true
              + password = (generated at apply)

              + CONNECT on database app
              + USAGE on 50 schemas of app: s00, s01, s02, s03, s04, s05, s06, s07, … (-full lists them)
              + SELECT, INSERT, UPDATE, DELETE on 10,000 tables in 50 schemas of app: s00 (200), … (-full lists them)
            }
          # …and 49 more roles alike:
            r01, r02, r03, r04, r05, r06, r07, r08, r09, r10, r11, r12, r13, r14, r15, r16, r17, r18, r19,
            r20, r21, r22, r23, r24, r25, r26, r27, r28, r29, r30, r31, r32, r33, r34, r35, r36, r37, r38,
            r39, r40, r41, r42, r43, r44, r45, r46, r47, r48, r49

        Access: who gains or loses what in effect, memberships included

          50 roles alike: r00, r01, r02, r03, r04, r05, r06, r07, r08, r09, r10, r11, r12, r13, …
            + may log in
            + SELECT, INSERT, UPDATE, DELETE on 10,000 tables in 50 schemas of app: s00 (200), …
            + USAGE on 50 schemas of app: s00, s01, s02, s03, s04, s05, s06, s07, s08, s09, s10, s11, …
            + CONNECT on database app

        Plan: 502600 to add, 0 to change, 0 to destroy.

        ─────────────────────────────────────────────────────────────────────────────

        Plan id: 3f9c2a
        To apply exactly this plan: roleform apply plan.bin  (until 2025-12-01 16:00 UTC)
    "#]].assert_eq(&out.0);
}

#[test]
fn roles_that_all_differ_stay_bounded() {
    let mut plan = reference();
    let resource = plan.resources.values_mut().next().expect("one server");
    for (number, role) in resource.changes.roles.iter_mut().enumerate() {
        if let Some(after) = &mut role.after {
            after.comment = Some(format!("role number {number}"));
        }
    }
    let mut meter = Meter::default();
    plan::render(&plan, &Options::default(), &mut meter).expect("a meter takes everything");
    assert!(meter.lines <= 50 * 12 + 30, "{} lines", meter.lines);
    let mut meter = Meter::default();
    markdown::render(&plan, &saved(), &mut meter).expect("a meter takes everything");
    assert!(meter.bytes < 65_536, "{} bytes", meter.bytes);
}

#[test]
fn full_text_and_json_stream() {
    let plan = plan_of(10);
    let grants = 50 * 50 * 10;
    let mut meter = Meter::default();
    let options = Options { full: true, ..Options::default() };
    plan::render(&plan, &options, &mut meter).expect("a meter takes everything");
    assert!(meter.lines > grants && meter.longest < 500, "{} lines, {} bytes", meter.lines, meter.longest);
    let mut meter = Meter::default();
    json::render(&plan, &Options::default(), &mut meter).expect("a meter takes everything");
    assert!(meter.pieces > grants && meter.longest < 500, "{} pieces, {} bytes", meter.pieces, meter.longest);
}
