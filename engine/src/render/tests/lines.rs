//! Lines of one role: attributes, memberships, grants.

use expect_test::{Expect, expect};

use super::*;

/// The blocks of the roles, and the note on drift.
fn lines(text: &str, expected: &Expect) {
    let shown = shown(&format!("{text}\n sql app x | GRANT"), &Options::default());
    let from = shown.find("# ").expect("a block");
    let to = shown.find("\nAccess").or_else(|| shown.find("\nPlan:")).expect("an end");
    expected.assert_eq(&shown[from..to]);
}

#[test]
fn objects_are_named_as_far_as_there_is_room() {
    lines(
        "
        + grant r on server database app: CONNECT
        + grant r on server tablespace fast: CREATE
        + grant r on server parameter work_mem, log_statement: SET,ALTER\\_SYSTEM
        + grant r on app schema billing: USAGE
        + grant r on app table billing.orders, support.tickets: SELECT
        + grant r on app column billing.orders.amount, billing.orders.tax: UPDATE
        + grant r on app routine billing.close(date): EXECUTE
        + grant r on app large_object 4711: SELECT
        ",
        &expect![[r##"
            # role.r will be updated in-place: 11 to add (new)
              ~ role "r" {
                  + CONNECT on database app
                  + CREATE on tablespace fast
                  + SET, ALTER SYSTEM on 2 parameters: log_statement, work_mem
                  + USAGE on schema app.billing
                  + SELECT on 2 tables of app: billing.orders, support.tickets
                  + UPDATE on 2 columns of app.billing: orders.amount, orders.tax
                  + EXECUTE on routine app.billing.close(date)
                  + SELECT on large object app.4711
                }
        "##]],
    );
    lines(
        "
        + grant r on app table a{0..9}.t{0..9}: SELECT
        + grant r on app sequence billing.orders_id_seq: USAGE
        + grant r on app default table by app_owner in billing: SELECT
        + grant r on app default table by app_owner in support: SELECT
        + grant r on app default sequence by app_owner: USAGE
        + grant r on app language plperl: USAGE
        + grant r on app type billing.money: USAGE
        ",
        &expect![[r##"
            # role.r will be updated in-place: 106 to add (new)
              ~ role "r" {
                  + SELECT on 100 tables in 10 schemas of app: a0 (10), a1 (10), a2 (10), … (-full lists them)
                  + USAGE on sequence app.billing.orders_id_seq
                  + USAGE on type app.billing.money
                  + USAGE on language app.plperl
                  + SELECT on future tables by app_owner in 2 schemas of app: billing, support
                  + USAGE on future sequences by app_owner in app
                }
        "##]],
    );
}

#[test]
fn sets_show_what_comes_what_goes_and_what_stays() {
    lines(
        "
        ~ grant r on app table s.a: SELECT,DELETE -> SELECT,INSERT
        ~ grant r on app table s.b: SELECT -> SELECT*
        ~ grant r on app table s.c: SELECT* -> SELECT,INSERT*
        ~ grant r on app table s.d: SELECT*,INSERT* -> SELECT*
        ~ grant r on app table s.e: SELECT/bob -> SELECT (changed outside)
        ~ grant r on app table s.f: SELECT;INSERT/bob -> SELECT (changed outside)
        - grant r on app table s.g: SELECT/bob
        + grant r on app table s.h: SELECT*,INSERT
        ",
        &expect![[r##"
            # role.r has changed
              ~ role "r" {
                  ~ ["SELECT"] granted by the owner -> bob on table app.s.e
                  ~ ["SELECT", + "INSERT"] granted by the owner -> the owner and bob on table app.s.f
                }

            The plan below takes them back, since the configuration says otherwise.

            ─────────────────────────────────────────────────────────────────────────────

            Actions are indicated with the following symbols:
              + create
              ~ update in-place
              - destroy
              ! hazard: can hurt

            roleform will perform the following actions on postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18):

              # role.r will be updated in-place: 1 to add, 6 to change, 1 to destroy
              ~ role "r" {
                  + SELECT, INSERT (with grant option: SELECT) on table app.s.h (new)
                  ! grant option: may pass this on to any role
                  ~ ["SELECT", + "INSERT", - "DELETE"] on table app.s.a (changed in configuration)
                  ~ ["SELECT" + grant option] on table app.s.b (changed in configuration)
                  ! grant option: may pass this on to any role
                  ~ ["SELECT" - grant option, + "INSERT" with grant option] on table app.s.c (changed in configuration)
                  ! grant option: may pass this on to any role
                  ~ ["SELECT" with grant option, - "INSERT" with grant option] on table app.s.d (changed in configuration)
                  ~ ["SELECT"] granted by bob -> the owner on table app.s.e (changed outside)
                  ~ ["SELECT", - "INSERT"] granted by the owner and bob -> the owner on table app.s.f (changed outside)
                  - SELECT granted by bob on table app.s.g (removed from configuration)
                }
        "##]],
    );
}

#[test]
fn a_column_that_the_tables_revoke_takes_along() {
    let again = "(granted again: the table's REVOKE takes it along)";
    lines(
        &format!(
            "- grant r on app table s.t: SELECT
             ~ grant r on app column s.t.a: -> SELECT {again}
             ~ grant r on app column s.t.b: UPDATE -> SELECT,UPDATE {again}"
        ),
        &expect![[r##"
            # role.r will be updated in-place: 2 to change, 1 to destroy
              ~ role "r" {
                  - SELECT on table app.s.t (removed from configuration)
                  ~ SELECT on column app.s.t.a (granted again: the table's REVOKE takes it along)
                  ~ [+ "SELECT", "UPDATE"] on column app.s.t.b (granted again: the table's REVOKE takes it along)
                }
        "##]],
    );
}

#[test]
fn many_kinds_of_grants_end_in_a_count() {
    let mut text = String::new();
    for database in 0..12 {
        text.push_str(&format!("+ grant r on app{database} table s.t{{0..9}}: SELECT\n"));
        text.push_str(&format!("+ grant r on app{database} schema s: USAGE\n"));
    }
    lines(
        &text,
        &expect![[r##"
            # role.r will be updated in-place: 132 to add (new)
              ~ role "r" {
                  + USAGE on 12 schemas in 12 databases: app0 (1), app1 (1), app10 (1), … (-full lists them)
                  + SELECT on 120 tables in 12 databases: app0 (10), app1 (10), app10 (10), … (-full lists them)
                }
        "##]],
    );
    let all = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
    for (number, privilege) in all.into_iter().enumerate() {
        text.push_str(&format!("+ grant r on app table x.y{number}: {privilege}\n"));
    }
    text.push_str("+ grant r on app table x.z: TRIGGER*\n");
    lines(
        &text,
        &expect![[r##"
            # role.r will be updated in-place: 140 to add (new)
              ~ role "r" {
                  + TRIGGER with grant option on table app.x.z
                  ! grant option: may pass this on to any role
                  + USAGE on 12 schemas in 12 databases: app0 (1), app1 (1), app10 (1), … (-full lists them)
                  + SELECT on 121 tables in 13 databases: app (1), app0 (10), app1 (10), … (-full lists them)
                  + INSERT on table app.x.y1
                  + UPDATE on table app.x.y2
                  + DELETE on table app.x.y3
                  + TRUNCATE on table app.x.y4
                    … 2 more grants (-full lists them)
                }
        "##]],
    );
}

#[test]
fn memberships() {
    lines(
        "
        + member r of a, b, c: plain
        + member r of d: admin noinherit
        + member r of e: noset (deleted outside)
        ~ member r of f: plain -> admin noinherit
        - member r of g: plain (not declared for a managed role)
        + member r of pg_execute_server_program: plain
        ",
        &expect![[r##"
            # role.r has changed
              ~ role "r" {
                  - member of "e", without SET ROLE
                  + member of "g"
                }

            The plan below takes them back, since the configuration says otherwise.

            ─────────────────────────────────────────────────────────────────────────────

            Actions are indicated with the following symbols:
              + create
              ~ update in-place
              - destroy
              ! hazard: can hurt

            roleform will perform the following actions on postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18):

              # role.r will be updated in-place: 6 to add, 1 to change, 1 to destroy
              ~ role "r" {
                  + member of "e", without SET ROLE (deleted outside)
                  + member of 3 roles: "a", "b", "c" (new)
                  + member of "pg_execute_server_program" (new)
                  ! reaches the server's machine: files or programs outside the database
                  + member of "d" with admin option, not inherited (new)
                  ~ member of "f": admin = false -> true, inherit = true -> false (changed in configuration)
                  - member of "g" (not declared for a managed role)
                }
        "##]],
    );
    lines(
        "+ member r of team{000..199}: plain",
        &expect![[r##"
            # role.r will be updated in-place: 200 to add (new)
              ~ role "r" {
                  + member of 200 roles: "team000", "team001", "team002", … (-full lists them)
                }
        "##]],
    );
}

#[test]
fn attributes() {
    lines(
        "~ role r=old->new: comment=a -> nologin noinherit createdb createrole replication bypassrls limit=3 comment=b",
        &expect![[r##"
            # role.r will be updated in-place (changed in configuration)
              ! create role: may make roles, and change those that it made
              ! bypasses row security: sees and changes rows that policies hide from others
              ! replication: may copy the data of the whole server
              ! login lost: cannot log in any more; sessions open now go on
              ~ role "new" {
                  ~ name             = "old" -> "new"
                  ~ login            = true -> false
                  ~ inherit          = true -> false
                  ~ createdb         = false -> true
                  ~ createrole       = false -> true
                  ~ replication      = false -> true
                  ~ bypassrls        = false -> true
                  ~ connection_limit = -1 -> 3
                  ~ comment          = "a" -> "b"
                }
        "##]],
    );
    lines(
        "~ role r: password=x -> password=fresh app.set.work_mem=1GB",
        &expect![[r##"
            # role.r will be updated in-place (changed in configuration)
              ! password changes: new connections need the new one
              ~ role "r" {
                  ~ password = (set) -> (generated at apply)
                  + settings in database app = {
                      + work_mem = "1GB"
                    }
                }
        "##]],
    );
    lines(
        "~ role r: password=x valid_until=2027-01-01T00:00:00Z ->",
        &expect![[r##"
            # role.r will be updated in-place (changed in configuration)
              ~ role "r" {
                  - valid_until = "2027-01-01T00:00:00Z"
                  - password    = (set)
                }
        "##]],
    );
    lines(
        "- role r: limit=3 set.work_mem=1GB\n owned r in app",
        &expect![[r##"
            # role.r will be destroyed (removed from configuration)
              ! owned objects are dropped: with their data, and it cannot be undone
              ! role dropped: its password, settings and comment cannot be brought back
              - role "r" {
                  - login            = true
                  - connection_limit = 3

                  - what it owns in app is dropped, with its data
                }
        "##]],
    );
    let settings: Vec<String> = (0..12).map(|number| format!("set.p{number:02}=1")).collect();
    lines(
        &format!("+ role r: {}", settings.join(" ")),
        &expect![[r##"
            # role.r will be created (new)
              + role "r" {
                  + login    = true
                  + settings = {
                      + p00 = "1"
                      + p01 = "1"
                      + p02 = "1"
                      + p03 = "1"
                      + p04 = "1"
                      + p05 = "1"
                      + p06 = "1"
                        … 5 more settings (-full lists them)
                    }
                }
        "##]],
    );
}

#[test]
fn only_roles_with_exactly_the_same_changes_are_alike() {
    lines(
        "
        + role a:
        + role b:
        + role c: nologin
        + role d:
        + role e:
        ! role.e Superuser
        + member d of a: plain
        + grant a, b, c, d, e on app table s.t{0..9}: SELECT
        + grant PUBLIC on app table s.t0: SELECT
        ",
        &expect![[r##"
            # public.everybody will be updated in-place: 1 to add (new)
              ~ PUBLIC {
                  + SELECT on table app.s.t0
                  ! PUBLIC: every role of the server gains this, future ones too
                }

              # role.a will be created (new)
              + role "a" {
                  + login = true

                  + SELECT on 10 tables of app.s: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9
                }
              # …and 1 more role alike:
                b

              # role.c will be created (new)
              + role "c" {
                  + login = false

                  + SELECT on 10 tables of app.s: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9
                }

              # role.d will be created (new)
              + role "d" {
                  + login = true

                  + member of "a"
                  + SELECT on 10 tables of app.s: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9
                }

              # role.e will be created (new)
              ! superuser: no permission check applies to it
              + role "e" {
                  + login = true

                  + SELECT on 10 tables of app.s: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9
                }
        "##]],
    );
}
