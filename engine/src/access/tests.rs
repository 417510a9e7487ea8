//! Tests of effective access: two catalogs in, who gains and loses what out.

use expect_test::{Expect, expect};

use crate::access::Access;
use crate::render::access;
use crate::render::page::Page;
use crate::render::text::PlainText;
use crate::testing::plan::plan;

fn check(text: &str, expected: &Expect) {
    check_at(150_018, text, expected);
}

fn check_at(version: u32, text: &str, expected: &Expect) {
    let plan = plan(&format!("resource x localhost:5432 {version}\n{text}"));
    let mut out = PlainText::default();
    let access = Access::of(plan.resources.values().next().expect("one server"));
    access::write(&mut Page::new(&mut out), &access, false).expect("memory takes everything");
    let dedented = out.0.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line)));
    expected.assert_eq(&dedented.collect::<String>());
}

#[test]
fn members_gain_what_their_role_gains() {
    check(
        "
        both role reader nologin
        both role ana
        both role team nologin
        both role eve noinherit
        both member ana of team
        both member team of reader
        both member eve of reader
        + grant reader on app table billing.t{0..2}: SELECT
        + grant reader on app schema billing: USAGE
        ",
        &expect![[r#"
              ana, team
                + SELECT on 3 tables of app.billing: t0, t1, t2 (through reader)
                + USAGE on schema app.billing (through reader)
              reader
                + SELECT on 3 tables of app.billing: t0, t1, t2
                + USAGE on schema app.billing
        "#]],
    );
}

#[test]
fn options_of_memberships_count_from_16() {
    let text = "
        both role reader nologin
        both role ana noinherit
        both role eve
        both grant reader on app table billing.orders: SELECT
        + member ana of reader: plain
        + member eve of reader: noinherit
    ";
    check_at(
        150_018,
        text,
        &expect![[r#"
              ana
                + may become reader by SET ROLE
              eve
                + SELECT on table app.billing.orders (through reader)
        "#]],
    );
    check_at(
        160_014,
        text,
        &expect![[r#"
              ana
                + SELECT on table app.billing.orders (through reader)
              eve
                + may become reader by SET ROLE
        "#]],
    );
    check_at(
        160_014,
        &text.replace("reader: noinherit", "reader: noinherit noset"),
        &expect![[r#"
              ana
                + SELECT on table app.billing.orders (through reader)
              eve: nothing changes in effect
        "#]],
    );
}

#[test]
fn what_is_held_otherwise_is_neither_gained_nor_lost() {
    check(
        "
        both role reader
        both role ana
        both role owner
        both role root superuser
        both member ana of reader
        both grant reader on app table billing.orders: SELECT
        both object app table billing.lines owner owner
        - grant ana on app table billing.orders: SELECT
        + grant owner on app table billing.lines: SELECT
        + grant root on app table billing.lines: SELECT
        ",
        &expect![[r#"
              ana, owner, root: nothing changes in effect
        "#]],
    );
}

#[test]
fn public_is_said_once() {
    check(
        "
        both role ana
        both role eve
        both grant eve on app table billing.orders: SELECT
        before grant PUBLIC on app table billing.orders: SELECT
        - grant ana on app table billing.orders: SELECT
        + grant PUBLIC on app table billing.lines: SELECT
        + grant ana on app table billing.lines: SELECT,INSERT
        ",
        &expect![[r#"
              PUBLIC
                + SELECT on table app.billing.lines
                - SELECT on table app.billing.orders
              ana
                + INSERT on table app.billing.lines
        "#]],
    );
}

#[test]
fn what_everybody_has_anyway_is_neither_gained_nor_lost() {
    check(
        "
        both role ana
        both role eve
        everybody app table billing.orders: SELECT
        everybody server database app: CONNECT
        - grant ana on app table billing.orders: SELECT
        + grant eve on app table billing.orders: SELECT,INSERT
        + grant ana on server database app: CONNECT
        ",
        &expect![[r#"
              eve
                + INSERT on table app.billing.orders
              ana: nothing changes in effect
        "#]],
    );
}

#[test]
fn roles_outside_the_scope_stand_for_what_they_hold() {
    check(
        "
        both role reader nologin
        both role ana
        both member ana of reader
        + member reader of pg_read_all_data: plain
        - member ana of dba: plain
        ",
        &expect![[r#"
              ana
                + SELECT on every table and sequence, USAGE on every schema (through pg_read_all_data)
                - all that dba holds (through dba)
              reader
                + SELECT on every table and sequence, USAGE on every schema (through pg_read_all_data)
        "#]],
    );
}

#[test]
fn what_is_held_on_a_table_is_held_on_its_columns() {
    check(
        "
        both role wide nologin
        both role narrow nologin
        both role kept nologin
        both role new nologin
        both grant kept on app table billing.orders: SELECT
        - grant kept on app column billing.orders.total: SELECT,UPDATE
        - grant wide on app column billing.orders.total: SELECT
        + grant wide on app table billing.orders: SELECT
        - grant narrow on app table billing.orders: SELECT
        + grant narrow on app column billing.orders.total: SELECT
        + grant new on app table billing.orders: SELECT,DELETE
        + grant new on app column billing.orders.total: SELECT,UPDATE
        ",
        &expect![[r#"
            kept
              - UPDATE on column app.billing.orders.total
            narrow
              - SELECT on table app.billing.orders
            new
              + SELECT, DELETE on table app.billing.orders
              + UPDATE on column app.billing.orders.total
            wide
              + SELECT on table app.billing.orders
        "#]],
    );
}

#[test]
fn whoever_joins_an_owner_may_do_what_the_owner_may() {
    check(
        "
        both role keeper nologin
        both role ana
        both role eve
        owns keeper
        owns eve
        + member ana of keeper
        - member eve of keeper
        ",
        &expect![[r#"
            ana
              + all that keeper owns (through keeper)
            eve
              - all that keeper owns (through keeper)
        "#]],
    );
}

#[test]
fn roles_begin_end_and_change() {
    check(
        "
        + role new: superuser
        - role old: superuser
        ~ role a: superuser ->
        ~ role b: login -> nologin
        - role c:
        - grant c on app table billing.orders: SELECT
        - member c of pg_monitor: plain
        ",
        &expect![[r#"
              a
                - everything, which it could do as a superuser
              b
                - may log in
              c
                - may log in (the role is gone)
                - reads settings, statistics and activity of the whole server (through pg_monitor)
                - SELECT on table app.billing.orders
              new
                + everything, as a superuser
                + may log in
              old
                - everything, which it could do as a superuser
                - may log in (the role is gone)
        "#]],
    );
}

#[test]
fn a_rename_moves_nothing() {
    check(
        "
        ~ role r=old->new: ->
        both role ana
        before member ana of old
        after member ana of new
        before grant old on app table billing.orders: SELECT
        after grant new on app table billing.orders: SELECT
        before object app table billing.lines owner old
        after object app table billing.lines owner new
        ",
        &expect![[""]],
    );
}

#[test]
fn roles_that_change_names_keep_what_they_hold() {
    check(
        "
        ~ role x=a->b: ->
        ~ role y=b->a: ->
        both role team
        before member a of team
        after member b of team
        before grant a on app table billing.orders: SELECT
        after grant b on app table billing.orders: SELECT
        before object app table billing.lines owner a
        after object app table billing.lines owner b
        before grant a on app schema billing: USAGE
        ",
        &expect![[r#"
              b
                - USAGE on schema app.billing
        "#]],
    );
}

/// A plan counts what roles own under the names that it gives them.
#[test]
fn what_a_role_owns_is_lost_under_its_new_name() {
    check(
        "
        ~ role x=a->b: ->
        ~ role y=b->a: ->
        both role ana
        before member ana of a
        owns b
        ",
        &expect![[r#"
            ana
              - all that b owns (through b)
        "#]],
    );
}

#[test]
fn a_new_owner_may_do_everything() {
    check(
        "
        both role heir
        both role ana
        both member ana of heir
        + member heir of owner: plain
        both role owner
        both object app table billing.t{0..4} owner owner
        ",
        &expect![[r#"
              ana, heir
                + SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER on 5 tables of app.billing: t0, … (through owner)
        "#]],
    );
}

/// What goes with one's own entry is not said to go through a role, though other privileges do.
#[test]
fn each_privilege_goes_the_way_it_was_held() {
    check(
        "
        both role reader
        both role ana
        both member ana of reader
        - grant ana on app table billing.orders: INSERT,DELETE
        - grant reader on app table billing.orders: INSERT,UPDATE
        ",
        &expect![[r#"
            ana
              - INSERT, DELETE on table app.billing.orders
              - UPDATE on table app.billing.orders (through reader)
            reader
              - INSERT, UPDATE on table app.billing.orders
        "#]],
    );
}
