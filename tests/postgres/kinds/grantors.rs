//! Grants by other grantors, chains of grant options, and columns beside their table.
//!
//! What a role shall have comes from the owner; whatever else it has goes, as whoever granted
//! it, and nobody else loses anything. Not here: administrators without superuser (`admins`).
//! Invariant: ACLs are compared letter by letter.

use engine::resolve::Options;
use test_support::cluster::Cluster;

use super::role;
use crate::lab::Lab;

const OBJECTS: &str = "
    CREATE ROLE {p}g; CREATE ROLE {p}h; CREATE ROLE {p}stranger; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO {p}g, {p}h;
    CREATE TABLE s.t (a int, b int, c int); CREATE SEQUENCE s.q; CREATE TYPE s.mood AS ENUM ('good');
    CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FOREIGN DATA WRAPPER w;
    CREATE SERVER remote FOREIGN DATA WRAPPER w; SELECT lo_create(4711);";

/// The role that all cases look at reads one table; with its second self when a chain is asked for.
const READS: &str =
    "grant {\ndatabase = \"{p}app\"\nschemas = [\"s\"]\ntables = [\"t\"]\nprivileges = [\"SELECT\"]\n}";

/// Every kind that has an owner and an ACL of its own, as SQL names it, with one privilege.
const EVERY: &[(&str, &str)] = &[
    ("TABLE s.t", "UPDATE"),
    ("TABLE s.t", "UPDATE (a, c)"),
    ("SEQUENCE s.q", "UPDATE"),
    ("FUNCTION s.f()", "EXECUTE"),
    ("TYPE s.mood", "USAGE"),
    ("SCHEMA s", "CREATE"),
    ("LANGUAGE plpgsql", "USAGE"),
    ("FOREIGN DATA WRAPPER w", "USAGE"),
    ("FOREIGN SERVER remote", "USAGE"),
    ("LARGE OBJECT 4711", "UPDATE"),
    ("DATABASE {p}app", "TEMPORARY"),
];

/// After `drift` a plan leads to these ACLs of `s.t` and its columns, without the owner's own entries.
#[track_caller]
fn check(config: &str, drift: &str, expected: &[&str]) {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", OBJECTS);
        lab.converge(config);
        lab.tenant.sql("app", drift);
        lab.converge(config);
        let acls = "SELECT unnest(relacl)::text, 0 AS place FROM pg_class WHERE oid = 's.t'::regclass \
                    UNION ALL SELECT attname || ' ' || unnest(attacl)::text, attnum FROM pg_attribute WHERE attrelid = 's.t'::regclass \
                    ORDER BY 2, 1";
        let found: Vec<String> =
            lab.tenant.query("app", acls).into_iter().filter_map(|row| row[0].clone()).collect();
        let owner = &cluster.superuser.name;
        let own = |item: &String| {
            let entry = item.split(' ').next_back().and_then(|entry| entry.split_once('='));
            entry.is_some_and(|(grantee, rest)| rest.ends_with(&format!("/{grantee}")))
        };
        let found: Vec<String> =
            found.into_iter().filter(|item| !own(item)).map(|item| item.replace(owner, "owner")).collect();
        assert_eq!(found, expected, "{drift}");
    });
}

#[test]
fn what_another_granted_is_revoked_as_that_role() {
    check(
        &role(READS),
        "GRANT SELECT, INSERT ON s.t TO {p}g WITH GRANT OPTION; SET ROLE {p}g; \
         GRANT SELECT, INSERT ON s.t TO {p}r; GRANT INSERT ON s.t TO {p}stranger",
        &["{p}g=a*r*/owner", "{p}r=r/owner", "{p}stranger=a/{p}g"],
    );
}

#[test]
fn a_chain_of_strangers_stays_but_for_its_end() {
    check(
        &role(READS),
        "GRANT INSERT ON s.t TO {p}g WITH GRANT OPTION; SET ROLE {p}g; GRANT INSERT ON s.t TO {p}h WITH GRANT OPTION; \
         RESET ROLE; SET ROLE {p}h; GRANT INSERT ON s.t TO {p}r",
        &["{p}g=a*/owner", "{p}h=a*/{p}g", "{p}r=r/owner"],
    );
}

#[test]
fn what_stands_only_with_another_is_granted_anew_by_the_owner() {
    check(
        &role(READS),
        "REVOKE SELECT ON s.t FROM {p}r; GRANT SELECT ON s.t TO {p}g WITH GRANT OPTION; SET ROLE {p}g; GRANT SELECT ON s.t TO {p}r",
        &["{p}g=r*/owner", "{p}r=r/owner"],
    );
}

/// Two managed roles, of which one granted to the other.
#[test]
fn grants_between_managed_roles_go_from_the_end() {
    let second = "role \"second\" {\nresource = postgres.main\nname = \"{p}second\"\n}\n";
    check(
        &format!("{second}{}", role(READS)),
        "GRANT INSERT ON s.t TO {p}r WITH GRANT OPTION; GRANT USAGE ON SCHEMA s TO {p}second; \
         SET ROLE {p}r; GRANT INSERT ON s.t TO {p}second WITH GRANT OPTION; RESET ROLE; \
         SET ROLE {p}second; GRANT INSERT ON s.t TO {p}r; GRANT INSERT (b) ON s.t TO {p}r; RESET ROLE",
        &["{p}r=r/owner"],
    );
}

#[test]
fn column_grants_outlive_the_table_grant_beside_them() {
    let columns = READS.replace("privileges", "columns = [\"a\", \"b\"]\nprivileges");
    let config = role(&columns);
    check(&config, "GRANT SELECT ON s.t TO {p}r", &["a {p}r=r/owner", "b {p}r=r/owner"]);
    check(
        &config,
        "GRANT SELECT, UPDATE ON s.t TO {p}r WITH GRANT OPTION; GRANT UPDATE (c) ON s.t TO {p}r",
        &["a {p}r=r/owner", "b {p}r=r/owner"],
    );
    check(&config, "REVOKE SELECT ON s.t FROM {p}r", &["a {p}r=r/owner", "b {p}r=r/owner"]);
    // Another grantor's entry on the table is revoked as that grantor; the owner's on columns stays.
    check(
        &config,
        "GRANT SELECT ON s.t TO {p}g WITH GRANT OPTION; SET ROLE {p}g; GRANT SELECT ON s.t TO {p}r; GRANT SELECT (c) ON s.t TO {p}r",
        &["{p}g=r*/owner", "a {p}r=r/owner", "b {p}r=r/owner"],
    );
}

#[test]
fn a_tables_grant_option_goes_without_that_of_its_columns() {
    let columns = READS.replace("privileges", "grant_option = true\ncolumns = [\"a\"]\nprivileges");
    let config = role(&format!("{READS}\n{columns}"));
    check(&config, "GRANT SELECT ON s.t TO {p}r WITH GRANT OPTION", &["{p}r=r/owner", "a {p}r=r*/owner"]);
    check(&config, "REVOKE SELECT ON s.t FROM {p}r", &["{p}r=r/owner", "a {p}r=r*/owner"]);
}

/// A role of which `r` and a second role may be members.
const JOINED: &str = "role \"second\" {\nresource = postgres.main\nname = \"{p}second\"\n}\n\
     role \"r\" {\nresource = postgres.main\nname = \"{p}r\"\nMEMBER\n}\n";

#[test]
fn memberships_go_from_the_end_and_come_from_the_beginning() {
    Cluster::on_each_version(|cluster| {
        if cluster.version < 16 {
            return;
        }
        let lab = Lab::new(cluster);
        let config = |member: &str| JOINED.replace("MEMBER", member);
        lab.converge(&config(""));
        lab.tenant.sql("postgres", "CREATE ROLE {p}group; CREATE ROLE {p}stranger");
        // The second role's name is after the first one's: neither names nor rows tell the order.
        let chain = "GRANT {p}group TO {p}r WITH ADMIN TRUE; GRANT {p}group TO {p}second WITH ADMIN TRUE GRANTED BY {p}r";
        lab.tenant.sql("postgres", chain);
        lab.converge(&config(""));
        lab.tenant.sql(
            "postgres",
            &chain.replace("{p}r", "{p}x").replace("{p}second", "{p}r").replace("{p}x", "{p}second"),
        );
        lab.converge(&config(""));
        let declared = "member_of = [{ role = \"{p}group\", admin = true }]";
        let second = "name = \"{p}second\"\nmember_of = [{ role = \"{p}group\", granted_by = \"{p}r\" }]";
        lab.converge(&config(declared).replace("name = \"{p}second\"", second));
        lab.converge(&config(declared));
        // What a stranger has from it stands in the way of taking the option, and nothing else does.
        lab.tenant.sql("postgres", "GRANT {p}group TO {p}stranger GRANTED BY {p}r");
        let refused = lab.refusal(&config(""), Options::default());
        assert!(refused.contains("PLN038") && refused.contains("{p}stranger"), "{refused}");
        lab.converge(&config(declared));
        lab.tenant.sql("postgres", "REVOKE {p}group FROM {p}stranger GRANTED BY {p}r");
        lab.converge(&config(""));
    });
}

#[test]
fn an_owner_needs_no_grant_and_loses_none() {
    check(&role(READS), "ALTER TABLE s.t OWNER TO {p}r", &[]);
}

#[test]
fn every_kind_by_another_grantor() {
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", OBJECTS);
        lab.converge(&role(""));
        for (object, privilege) in EVERY {
            lab.tenant.sql(
                "app",
                &format!(
                    "GRANT {privilege} ON {object} TO {{p}}g WITH GRANT OPTION; SET ROLE {{p}}g; \
                     GRANT {privilege} ON {object} TO {{p}}r WITH GRANT OPTION"
                ),
            );
        }
        let held = |role: &str| {
            let sql = format!("SELECT count(*) FROM pg_shdepend WHERE refobjid = '{{p}}{role}'::regrole");
            lab.tenant.query("app", &sql)[0][0].clone()
        };
        let of_grantor = held("g");
        let made = lab.converge(&role(""));
        let sql = lab.sql(&made);
        assert!(sql.iter().any(|sql| sql == "SET LOCAL ROLE {p}g"), "{sql:#?}");
        assert_eq!(held("r").as_deref(), Some("0"), "{sql:#?}");
        assert_eq!(held("g"), of_grantor, "{sql:#?}");
    });
}

/// The table's REVOKE takes the option on its column along, also where that would be granted again.
#[test]
fn what_others_hold_by_an_option_on_a_column_keeps_its_table() {
    let column = "grant {\ndatabase = \"{p}app\"\nschemas = [\"s\"]\ntables = [\"t\"]\ncolumns = [\"a\"]\nprivileges = [\"SELECT\"]\n\
         grant_option = true\n}";
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", OBJECTS);
        lab.converge(&role(&format!("{READS}\n{column}")));
        lab.tenant.sql("app", "SET ROLE {p}r; GRANT SELECT (a) ON s.t TO {p}stranger; RESET ROLE");
        for less in [role(""), role(column), String::new()] {
            let refused = lab.refusal(&less, Options::default());
            assert!(refused.contains("PGS202") && refused.contains("{p}stranger"), "{refused}");
        }
        lab.tenant.sql("app", "SET ROLE {p}r; REVOKE SELECT (a) ON s.t FROM {p}stranger; RESET ROLE");
        lab.converge(&role(column));
        lab.converge(&role(""));
    });
}

#[test]
fn a_grantor_that_cannot_reach_the_schema_is_named() {
    let granted = READS.replace("privileges", "granted_by = \"{p}h\"\nprivileges");
    Cluster::on_each_version(|cluster| {
        let lab = Lab::new(cluster);
        lab.tenant.database("app");
        lab.tenant.sql("app", OBJECTS);
        lab.tenant
            .sql("app", "GRANT SELECT ON s.t TO {p}h WITH GRANT OPTION; REVOKE USAGE ON SCHEMA s FROM {p}h");
        let refused = lab.refusal(&role(&granted), Options::default());
        assert!(refused.contains("PGS203") && refused.contains("\"{p}h\" shall stand"), "{refused}");
        lab.tenant.sql("app", "GRANT USAGE ON SCHEMA s TO {p}h");
        lab.converge(&role(&granted));
    });
}
