//! `ignore_changes`: each part of a role stays as somebody else left it, and only that part.
//!
//! Invariant: a part that is ignored is in no plan; one that is not is brought back.

use engine::ignored::Ignored;
use test_support::cluster::Cluster;

use crate::lab::Lab;

/// A role that ignores some parts.
fn role(ignored: &[&str]) -> String {
    format!(
        "role \"r\" {{
  resource         = postgres.main
  name             = \"{{p}}r\"
  scopes           = [\"{{p}}app.s\"]
  privileges       = [\"SELECT\"]
  member_of        = [\"{{p}}team\"]
  connection_limit = 5
  valid_until      = \"2030-01-01T00:00:00Z\"
  comment          = \"reads\"
  settings         = {{ work_mem = \"8MB\" }}
  lifecycle {{
    ignore_changes = [{}]
  }}
}}
",
        ignored.join(", ")
    )
}

/// Every part of it is another one.
const OTHERWISE: &str = "ALTER ROLE {p}r NOLOGIN NOINHERIT SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS \
     CONNECTION LIMIT 7 VALID UNTIL '2031-01-01' PASSWORD 'x'; COMMENT ON ROLE {p}r IS 'writes'; \
     ALTER ROLE {p}r SET work_mem = '9MB'; GRANT pg_monitor TO {p}r; REVOKE {p}team FROM {p}r; \
     GRANT INSERT ON s.t TO {p}r; REVOKE SELECT ON s.t FROM {p}r";

#[test]
fn what_is_ignored_stays_as_it_is_found() {
    let lab = Lab::new(Cluster::newest());
    lab.tenant.database("app");
    lab.tenant.sql("app", "CREATE ROLE {p}team; CREATE SCHEMA s; CREATE TABLE s.t (a int)");
    let words: Vec<&str> = Ignored::WORDS.iter().map(|(word, _)| *word).collect();
    lab.converge(&role(&words));
    lab.tenant.sql("app", OTHERWISE);
    let left = lab.plan(&role(&words));
    assert!(left.is_noop(), "{}", lab.text(&left));
    // Neither is what the configuration says now.
    let other =
        role(&words).replace("connection_limit = 5", "connection_limit = 6").replace("SELECT", "DELETE");
    let left = lab.plan(&other);
    assert!(left.is_noop(), "{}", lab.text(&left));
    for (_, part) in Ignored::WORDS {
        let others = Ignored::WORDS.iter().filter(|(_, other)| other != part);
        let others: Vec<&str> = others.map(|(word, _)| *word).collect();
        let made = lab.plan(&role(&others));
        let text = lab.text(&made);
        let is_it = |needle: &&str| text.contains(*needle);
        assert!(is_it(&said_of(*part)), "{part:?} is brought back:\n{text}");
        let parts = Ignored::WORDS.iter().filter(|(_, other)| other != part);
        let more: Vec<&str> = parts.map(|(_, other)| said_of(*other)).filter(is_it).collect();
        assert!(more.is_empty(), "{part:?} and also {more:?}:\n{text}");
    }
    lab.converge(&role(&[]));
}

/// What only a plan says that brings a part back.
fn said_of(part: Ignored) -> &'static str {
    match part {
        Ignored::Login => " LOGIN",
        Ignored::Inherit => "ALTER ROLE {p}r INHERIT",
        Ignored::Superuser => " NOSUPERUSER",
        Ignored::CreateDb => " NOCREATEDB",
        Ignored::CreateRole => " NOCREATEROLE",
        Ignored::Replication => " NOREPLICATION",
        Ignored::BypassRls => " NOBYPASSRLS",
        Ignored::ConnectionLimit => "CONNECTION LIMIT 5",
        Ignored::ValidUntil => "VALID UNTIL '2030",
        Ignored::Comment => "COMMENT ON ROLE",
        Ignored::Settings => "SET work_mem",
        Ignored::Password => " PASSWORD ",
        Ignored::MemberOf => "pg_monitor",
        Ignored::Grants => "SELECT ON TABLE",
    }
}
