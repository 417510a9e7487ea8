//! Roles that somebody struck out of `pg_authid` by hand: numbers in ACLs, in memberships and in
//! the place of owners.
//!
//! Servers are private, since nobody can mend them afterwards. Invariant: what a number holds is
//! nobody's business, and what it granted or owns stands in no way that is not said.

use engine::resolve::Options;
use test_support::cluster::Cluster;
use test_support::servers;

use crate::lab::Lab;

const READER: &str = r#"
role "r" {
  resource = postgres.main
  name     = "{p}r"
  grant {
    database   = "{p}app"
    schemas    = ["s"]
    tables     = ["t"]
    privileges = ["SELECT"]
  }
  member_of = ["{p}g"]
}
"#;

/// Takes a role out of the catalog as no statement would.
fn strike(lab: &Lab<'_>, role: &str) {
    let sql = format!(
        "SET allow_system_table_mods = on; DELETE FROM pg_catalog.pg_authid WHERE rolname = '{{p}}{role}'"
    );
    lab.tenant.sql("app", &sql);
}

fn acl(lab: &Lab<'_>) -> String {
    let sql = "SELECT relacl FROM pg_class WHERE oid = 's.t'::regclass";
    lab.tenant.query("app", sql)[0][0].clone().unwrap_or_default()
}

#[test]
fn whoever_is_struck_out_is_made_anew_and_numbers_are_nobody() {
    for version in servers::chosen() {
        let cluster = Cluster::private(version, &[]);
        let lab = Lab::new(&cluster);
        lab.tenant.database("app");
        lab.tenant.sql(
            "app",
            "CREATE ROLE {p}g; CREATE ROLE {p}owner; CREATE ROLE {p}h; CREATE SCHEMA s; CREATE TABLE s.t (id int); \
             CREATE TABLE s.u (id int); ALTER TABLE s.t OWNER TO {p}owner; \
             GRANT SELECT ON s.u TO {p}h WITH GRANT OPTION; GRANT USAGE ON SCHEMA s TO {p}h",
        );
        lab.converge(READER);
        // The managed role itself: what it held is nobody's, and it gets its own again.
        strike(&lab, "r");
        let made = lab.converge(READER);
        assert!(lab.text(&made).contains("deleted outside"), "{}", lab.text(&made));
        let both = acl(&lab);
        assert!(both.contains("{p}r=r/{p}owner") && both.matches("=r/").count() == 2, "{both}");
        // The owner: the server takes the number for the owner still, and so does the plan.
        strike(&lab, "owner");
        assert!(lab.plan(READER).is_noop(), "{}", lab.text(&lab.plan(READER)));
        let wider = READER.replace("[\"SELECT\"]", "[\"SELECT\", \"INSERT\"]");
        lab.converge(&wider);
        assert!(acl(&lab).contains("{p}r=ar/"), "{}", acl(&lab));
        lab.try_as("r", "app", "INSERT INTO s.t VALUES (1)").expect("it may");
        lab.tenant.sql("app", "GRANT DELETE ON s.t TO {p}r");
        lab.converge(READER);
        // A grantor: nobody can revoke what it granted, which is said.
        lab.tenant.sql("app", "SET ROLE {p}h; GRANT SELECT ON s.u TO {p}r");
        strike(&lab, "h");
        let refused = lab.refusal(READER, Options::default());
        assert!(refused.contains("PGS203") && refused.contains("a role that is gone"), "{refused}");
        lab.tenant.sql(
            "app",
            "SET allow_system_table_mods = on; UPDATE pg_class SET relacl = NULL WHERE oid = 's.u'::regclass",
        );
        lab.converge(READER);
        // What it was a member of.
        strike(&lab, "g");
        let without = READER.replace("  member_of = [\"{p}g\"]\n", "");
        lab.converge(&without);
    }
}
