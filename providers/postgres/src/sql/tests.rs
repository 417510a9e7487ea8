//! What the writers write, as text.
//!
//! Grants are put down as `object | grantee: before -> after`, one object per line; a holding
//! is `SELECT,INSERT*` with `*` for grant option, `@role` for a grantor other than the owner.
//! Whether servers do what is written is tried in `tests/postgres`. Invariant: lines with the
//! same right side become one `GrantChange`, as the engine's diff would have it.

mod roles;

use std::collections::BTreeMap;

use engine::acl::{Grantee, Grantor, Holding};
use engine::change::{Action, EntryChange, GrantChange, Place, Reason};
use engine::name::{BlockAddress, DatabaseName, Name, RoleName, SchemaName};
use engine::object::{DefaultPrivileges, Object, ObjectKind};
use engine::observed::Identity;
use engine::plan::{Batch, Step};
use engine::privilege::{Privilege, PrivilegeSet};
use expect_test::{Expect, expect};

use super::{Known, write};

fn role(name: &str) -> RoleName {
    RoleName::new(name).expect("a role name")
}

fn server(major: u32) -> Identity {
    Identity { system_identifier: None, address: String::new(), version: major * 10_000 }
}

/// A server of which no more is known.
fn known(identity: &Identity) -> Known<'_> {
    Known { identity, observed: None }
}

fn shown(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("{};\n", step.statement.display())).collect()
}

/// `SELECT,INSERT*@by`; empty for nothing.
fn holdings(text: &str) -> Vec<Holding> {
    let one = |text: &str| {
        let (words, grantor) = text.split_once('@').unwrap_or((text, ""));
        let mut holding = Holding {
            grantor: if grantor.is_empty() { Grantor::Owner } else { Grantor::Role(role(grantor)) },
            privileges: PrivilegeSet::EMPTY,
            grantable: PrivilegeSet::EMPTY,
        };
        for word in words.split(',') {
            let privilege: Privilege =
                word.trim_end_matches('*').replace('_', " ").parse().expect("a privilege");
            let set = PrivilegeSet::of(&[privilege]);
            holding.privileges = holding.privileges.union(set);
            if word.ends_with('*') {
                holding.grantable = holding.grantable.union(set);
            }
        }
        holding
    };
    text.split_whitespace().map(one).collect()
}

fn entry(text: &str) -> EntryChange {
    let (grantee, change) = text.split_once(':').expect("a grantee");
    let (before, after) = change.split_once("->").expect("before and after");
    let grantee = grantee.trim();
    EntryChange {
        address: BlockAddress::root("r"),
        grantee: if grantee == "PUBLIC" { Grantee::Public } else { Grantee::Role(role(grantee)) },
        action: Action::Update,
        reason: Reason::ChangedInConfiguration,
        before: holdings(before),
        after: holdings(after),
        origin: None,
    }
}

/// `kind name`, with `.` between parts of a name.
fn object(text: &str) -> Object {
    let (kind, name) = text.trim().split_once(' ').expect("a kind and a name");
    let parts: Vec<&str> = name.splitn(3, '.').collect();
    let schema = || SchemaName::new(parts[0]).expect("a name");
    let plain = |at: usize| Name::new(parts[at]).expect("a name");
    match kind {
        "database" => Object::Database(DatabaseName::new(name).expect("a name")),
        "schema" => Object::Schema(schema()),
        "table" => Object::Table(schema(), plain(1)),
        "column" => Object::Column(schema(), plain(1), plain(2)),
        "sequence" => Object::Sequence(schema(), plain(1)),
        "type" => Object::Type(schema(), plain(1)),
        "routine" => {
            let (routine, types) = parts[1].split_once('(').expect("arguments");
            Object::Routine(schema(), Name::new(routine).expect("a name"), types.trim_end_matches(')').into())
        }
        "language" => Object::Language(plain(0)),
        "wrapper" => Object::ForeignDataWrapper(plain(0)),
        "server" => Object::ForeignServer(plain(0)),
        "tablespace" => Object::Tablespace(plain(0)),
        "parameter" => Object::Parameter(Name::new(name).expect("a name")),
        "large" => Object::LargeObject(name.parse().expect("a number")),
        "default" => {
            let kind = match parts[2] {
                "tables" => ObjectKind::Table,
                "routines" => ObjectKind::Routine,
                "schemas" => ObjectKind::Schema,
                other => panic!("default privileges on {other}"),
            };
            let schema = (parts[1] != "*").then(|| SchemaName::new(parts[1]).expect("a name"));
            Object::Default(DefaultPrivileges { creator: role(parts[0]), schema, kind })
        }
        other => panic!("{other} is no kind"),
    }
}

fn changes(text: &str) -> Vec<GrantChange> {
    let mut like: BTreeMap<&str, Vec<Object>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (on, what) = line.split_once('|').expect("an object and a change");
        like.entry(what).or_default().push(object(on));
    }
    let change = |(what, mut objects): (&str, Vec<Object>)| {
        objects.sort();
        GrantChange { place: Place::Shared, objects, entries: what.split(';').map(entry).collect() }
    };
    like.into_iter().map(change).collect()
}

/// First what is revoked, then what is granted.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let changes = changes(text);
    let all: Vec<&GrantChange> = changes.iter().collect();
    let server = server(16);
    let mut steps = write(&known(&server), &Batch::RevokeGrants(&Place::Shared, all.clone()));
    steps.extend(write(&known(&server), &Batch::AddGrants(&Place::Shared, all)));
    expected.assert_eq(&shown(&steps));
}

#[test]
fn each_kind_has_its_form() {
    check(
        "database app | r: -> CONNECT,TEMPORARY",
        expect![[r#"
        GRANT CONNECT, TEMPORARY ON DATABASE app TO r;
    "#]],
    );
    check(
        "schema A b | r: USAGE -> CREATE",
        expect![[r#"
        REVOKE USAGE ON SCHEMA "A b" FROM r;
        GRANT CREATE ON SCHEMA "A b" TO r;
    "#]],
    );
    check(
        "table s.t | PUBLIC: SELECT ->\ntable s.user | PUBLIC: SELECT ->",
        expect![[r#"
        REVOKE SELECT ON TABLE s.t, s."user" FROM PUBLIC;
    "#]],
    );
    check(
        "sequence s.q | r: -> USAGE*",
        expect![[r#"
        GRANT USAGE ON SEQUENCE s.q TO r WITH GRANT OPTION;
    "#]],
    );
    check(
        "routine s.f(integer, text[]) | r: -> EXECUTE\nroutine s.g() | r: -> EXECUTE",
        expect![[r#"
        GRANT EXECUTE ON ROUTINE s.f(IN integer, IN text[]), s.g() TO r;
    "#]],
    );
    check(
        "type s.mood | r: -> USAGE",
        expect![[r#"
        GRANT USAGE ON TYPE s.mood TO r;
    "#]],
    );
    check(
        "language sql | r: -> USAGE",
        expect![[r#"
        GRANT USAGE ON LANGUAGE sql TO r;
    "#]],
    );
    check(
        "wrapper w | r: -> USAGE",
        expect![[r#"
        GRANT USAGE ON FOREIGN DATA WRAPPER w TO r;
    "#]],
    );
    check(
        "server s1 | r: -> USAGE",
        expect![[r#"
        GRANT USAGE ON FOREIGN SERVER s1 TO r;
    "#]],
    );
    check(
        "tablespace fast | r: -> CREATE",
        expect![[r#"
        GRANT CREATE ON TABLESPACE fast TO r;
    "#]],
    );
    check(
        "parameter my.option | r: -> SET,ALTER_SYSTEM",
        expect![[r#"
        GRANT SET, ALTER SYSTEM ON PARAMETER my.option TO r;
    "#]],
    );
    check(
        "large 7 | r: -> SELECT\nlarge 8 | r: -> SELECT",
        expect![[r#"
        GRANT SELECT ON LARGE OBJECT 7, 8 TO r;
    "#]],
    );
}

#[test]
fn grantees_and_objects_of_the_same_change_share_a_statement() {
    check(
        "table s.a | x: -> SELECT; y: -> SELECT; z: -> SELECT,INSERT
         table s.b | x: -> SELECT; y: -> SELECT; z: -> SELECT,INSERT
         table s.c | x: -> SELECT; y: -> SELECT
         table s.d | x: INSERT -> SELECT; y: -> SELECT",
        expect![[r#"
            REVOKE INSERT ON TABLE s.d FROM x;
            GRANT SELECT ON TABLE s.a, s.b, s.c, s.d TO x, y;
            GRANT SELECT, INSERT ON TABLE s.a, s.b TO z;
        "#]],
    );
}

#[test]
fn columns_share_a_statement_by_their_lists() {
    check(
        "column s.t.a | r: -> SELECT,UPDATE
         column s.t.b | r: -> SELECT,UPDATE
         column s.u.a | r: -> SELECT,UPDATE
         column s.u.b | r: -> SELECT,UPDATE
         column s.v.b | r: -> SELECT,UPDATE
         column s.w.b | r: SELECT* -> SELECT",
        expect![[r#"
            REVOKE GRANT OPTION FOR SELECT (b) ON TABLE s.w FROM r;
            GRANT SELECT (a, b), UPDATE (a, b) ON TABLE s.t, s.u TO r;
            GRANT SELECT (b), UPDATE (b) ON TABLE s.v TO r;
        "#]],
    );
}

#[test]
fn grant_options_come_and_go_without_the_privilege() {
    check(
        "table s.t | r: SELECT,INSERT -> SELECT*,INSERT,UPDATE*",
        expect![[r#"
        GRANT SELECT, UPDATE ON TABLE s.t TO r WITH GRANT OPTION;
    "#]],
    );
    check(
        "table s.t | r: SELECT*,INSERT*,UPDATE -> SELECT,UPDATE",
        expect![[r#"
        REVOKE GRANT OPTION FOR SELECT ON TABLE s.t FROM r;
        REVOKE INSERT ON TABLE s.t FROM r;
    "#]],
    );
}

#[test]
fn other_grantors_are_acted_for_and_dependents_go_first() {
    check(
        "table s.t | a: SELECT* -> ; b: SELECT*@a -> ; c: SELECT@b SELECT -> SELECT
         table s.u | c: SELECT@b ->",
        expect![[r#"
            SET LOCAL ROLE b;
            REVOKE SELECT ON TABLE s.t FROM c;
            RESET ROLE;
            SET LOCAL ROLE a;
            REVOKE SELECT ON TABLE s.t FROM b;
            RESET ROLE;
            SET LOCAL ROLE b;
            REVOKE SELECT ON TABLE s.u FROM c;
            RESET ROLE;
            REVOKE SELECT ON TABLE s.t FROM a;
        "#]],
    );
    check(
        "table s.t | a: -> SELECT*; b: -> SELECT*@a; c: -> SELECT@b",
        expect![[r#"
        GRANT SELECT ON TABLE s.t TO a WITH GRANT OPTION;
        SET LOCAL ROLE a;
        GRANT SELECT ON TABLE s.t TO b WITH GRANT OPTION;
        RESET ROLE;
        SET LOCAL ROLE b;
        GRANT SELECT ON TABLE s.t TO c;
        RESET ROLE;
    "#]],
    );
    // Opposite chains on different objects.
    check(
        "table s.t | a: SELECT* -> ; b: SELECT*@a -> ; c: SELECT@b ->
         table s.u | b: SELECT* -> ; a: SELECT*@b -> ; c: SELECT@a ->",
        expect![[r#"
            SET LOCAL ROLE a;
            REVOKE SELECT ON TABLE s.u FROM c;
            RESET ROLE;
            SET LOCAL ROLE b;
            REVOKE SELECT ON TABLE s.t FROM c;
            RESET ROLE;
            SET LOCAL ROLE a;
            REVOKE SELECT ON TABLE s.t FROM b;
            RESET ROLE;
            SET LOCAL ROLE b;
            REVOKE SELECT ON TABLE s.u FROM a;
            RESET ROLE;
            REVOKE SELECT ON TABLE s.t FROM a;
            REVOKE SELECT ON TABLE s.u FROM b;
        "#]],
    );
}

#[test]
fn default_privileges_by_creator_schema_and_kind() {
    check(
        "default maker.s.tables | r: INSERT -> SELECT
         default maker.t.tables | r: INSERT -> SELECT
         default other.s.tables | r: INSERT -> SELECT
         default other.t.tables | r: INSERT -> SELECT
         default third.t.tables | r: INSERT -> SELECT
         default maker.*.tables | r: INSERT -> SELECT
         default maker.*.routines | PUBLIC: EXECUTE ->
         default maker.*.schemas | r: USAGE* -> USAGE",
        expect![[r#"
            ALTER DEFAULT PRIVILEGES FOR ROLE maker REVOKE GRANT OPTION FOR USAGE ON SCHEMAS FROM r;
            ALTER DEFAULT PRIVILEGES FOR ROLE maker REVOKE INSERT ON TABLES FROM r;
            ALTER DEFAULT PRIVILEGES FOR ROLE maker, other IN SCHEMA s, t REVOKE INSERT ON TABLES FROM r;
            ALTER DEFAULT PRIVILEGES FOR ROLE third IN SCHEMA t REVOKE INSERT ON TABLES FROM r;
            ALTER DEFAULT PRIVILEGES FOR ROLE maker REVOKE EXECUTE ON ROUTINES FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES FOR ROLE maker GRANT SELECT ON TABLES TO r;
            ALTER DEFAULT PRIVILEGES FOR ROLE maker, other IN SCHEMA s, t GRANT SELECT ON TABLES TO r;
            ALTER DEFAULT PRIVILEGES FOR ROLE third IN SCHEMA t GRANT SELECT ON TABLES TO r;
        "#]],
    );
}

#[test]
fn statements_are_bounded() {
    let text: String =
        (0..2_500).map(|n| format!("table s.{}{n:04} | r: -> SELECT\n", "x".repeat(50))).collect();
    let many = changes(&text);
    let steps =
        write(&known(&server(16)), &Batch::AddGrants(&Place::Shared, many.iter().collect::<Vec<_>>()));
    let lengths: Vec<usize> = steps.iter().map(|step| step.statement.sql.len()).collect();
    assert!(lengths.iter().all(|length| *length < 64 * 1024), "{lengths:?}");
    let named: usize = steps.iter().map(|step| step.statement.sql.matches("s.x").count()).sum();
    assert_eq!(named, 2_500);
    let text: String = (0..2_500).map(|n| format!("table s.t{n} | r: -> SELECT\n")).collect();
    let short = changes(&text);
    let steps =
        write(&known(&server(16)), &Batch::AddGrants(&Place::Shared, short.iter().collect::<Vec<_>>()));
    assert_eq!(steps.len(), 3);
    let grantees: Vec<String> = (0..2_000).map(|n| format!("{}{n}: -> SELECT", "g".repeat(40))).collect();
    let wide = changes(&format!("table s.t | {}", grantees.join(";")));
    let steps =
        write(&known(&server(16)), &Batch::AddGrants(&Place::Shared, wide.iter().collect::<Vec<_>>()));
    assert!(steps.iter().all(|step| step.statement.sql.len() < 64 * 1024));
    let named: usize = steps.iter().map(|step| step.statement.sql.matches("gg").count() / 20).sum();
    assert_eq!(named, 2_000);
}

/// Each statement says its own share: one grantee on one object by its address.
#[test]
fn each_step_says_what_it_is_about() {
    let changes = changes(
        "table s.a | r: -> SELECT; q: SELECT -> \ntable s.b | r: -> SELECT; q: -> INSERT\ntable s.c | a: -> SELECT@w; q: -> SELECT@w",
    );
    let all: Vec<&GrantChange> = changes.iter().collect();
    let mut steps = write(&known(&server(16)), &Batch::RevokeGrants(&Place::Shared, all.clone()));
    steps.extend(write(&known(&server(16)), &Batch::AddGrants(&Place::Shared, all)));
    let said: String =
        steps.iter().map(|step| format!("{}: {};\n", step.subject, step.statement.display())).collect();
    expect![[r#"
        table_grant.r["s.a"]: REVOKE SELECT ON TABLE s.a FROM q;
        table_grant.r on 2 objects: GRANT SELECT ON TABLE s.a, s.b TO r;
        table_grant.r["s.b"]: GRANT INSERT ON TABLE s.b TO q;
        table_grant.r["s.c"]: SET LOCAL ROLE w;
        table_grant.r["s.c"]: GRANT SELECT ON TABLE s.c TO a, q;
        table_grant.r["s.c"]: RESET ROLE;
    "#]]
    .assert_eq(&said);
}
