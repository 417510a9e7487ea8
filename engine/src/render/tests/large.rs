//! A plan for half a million grants: what is printed is bounded, and nothing is gathered.

use std::io::{self, Write};

use super::*;
use crate::plan::Plan;
use crate::render::{Label, Out, json, markdown};
use expect_test::expect;

/// 50 roles with all of 10,000 tables in 50 schemas, as in design 11.
fn reference() -> Plan {
    let mut text = String::from("resource analytics 10.0.3.4:5432 150018\n");
    for role in 0..50 {
        text.push_str(&format!("+ role r{role:02}: password=fresh @main.hcl:3\n"));
    }
    text.push_str("+ grant r{00..49} on server database app: CONNECT\n");
    text.push_str("+ grant r{00..49} on app schema s{00..49}: USAGE\n");
    text.push_str("+ grant r{00..49} on app table s{00..49}.t{000..199}: SELECT,INSERT,UPDATE,DELETE\n");
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
    expect![[""]].assert_eq(&out.0);
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
    let plan = reference();
    let mut meter = Meter::default();
    let options = Options { full: true, ..Options::default() };
    plan::render(&plan, &options, &mut meter).expect("a meter takes everything");
    assert!(meter.lines > 500_000 && meter.longest < 500, "{} lines, {} bytes", meter.lines, meter.longest);
    let mut meter = Meter::default();
    json::render(&plan, None, &mut meter).expect("a meter takes everything");
    assert!(
        meter.pieces > 500_000 && meter.longest < 500,
        "{} pieces, {} bytes",
        meter.pieces,
        meter.longest
    );
}
