//! Whole plans.

use expect_test::{expect, expect_file};

use super::*;

#[test]
fn something_of_everything() {
    let shown = shown(STORY, &Options { sql: true, ..saved() });
    expect_file!["story.txt"].assert_eq(&shown);
}

#[test]
fn no_changes() {
    let text = "
        resource analytics 10.0.3.4:5432 150018
        = grant reader on app table billing.t{00..11}: SELECT
        both role reader
        left 12 340 0
    ";
    check(
        text,
        &saved(),
        &expect![[r#"
        No changes. Your infrastructure matches the configuration.

        roleform compared the servers with the configuration and found nothing to do.
        In the state only: 12 already as declared, to be recorded.

        Left alone: 12 other roles, 340 grants to others.

    "#]],
    );
}

#[test]
fn several_servers() {
    let text = "
        resource eu 10.0.3.4:5432 170004
        + role reader: @main.hcl:3
        sql postgres+shared role.reader | CREATE ROLE reader LOGIN
        resource us 10.0.3.5:5432 130023
        both role reader
        left 1 0 0
        resource asia /var/run/postgresql 160002
        ~ grant reader on app schema s: USAGE -> USAGE,CREATE
        both role reader
        sql app schema_usage.reader | GRANT CREATE ON SCHEMA s TO reader
    ";
    check(
        text,
        &Options { sql: true, ..Options::default() },
        &expect![[r#"
        Actions are indicated with the following symbols:
          + create
          ~ update in-place

        roleform will perform the following actions:

        postgres.asia (/var/run/postgresql, PostgreSQL 16.2)

          # role.reader will be updated in-place: 1 to change (changed in configuration)
          ~ role "reader" {
              ~ [+ "CREATE", "USAGE"] on schema app.s
            }

        postgres.eu (10.0.3.4:5432, PostgreSQL 17.4)

          # role.reader will be created (new)  main.hcl:3
          + role "reader" {
              + login = true
            }

        postgres.us (10.0.3.5:5432, PostgreSQL 13.23)

          No changes.

        Left alone: 1 other role.

        Access: who gains or loses what in effect, memberships included

        postgres.asia (/var/run/postgresql, PostgreSQL 16.2)
          reader
            + CREATE on schema app.s

        postgres.eu (10.0.3.4:5432, PostgreSQL 17.4)
          reader
            + may log in

        SQL: what apply will run, in this order

        postgres.asia (/var/run/postgresql, PostgreSQL 16.2)
        -- in database app
        BEGIN;
          -- schema_usage.reader
          GRANT CREATE ON SCHEMA s TO reader;
        COMMIT;

        postgres.eu (10.0.3.4:5432, PostgreSQL 17.4)
        -- in database postgres, and what the whole server shares
        BEGIN;
          -- role.reader
          CREATE ROLE reader LOGIN;
        COMMIT;

        Plan: 1 to add, 1 to change, 0 to destroy.

        ─────────────────────────────────────────────────────────────────────────────

        This plan was not saved, so it cannot be applied. To save it: roleform plan -out plan.bin
    "#]],
    );
}

#[test]
fn what_others_did() {
    let text = "
        + role reader: login password=fresh (deleted outside)
        + grant reader on app table billing.orders: SELECT (deleted outside)
        ~ role writer: superuser set.work_mem=1GB password=z -> password=fresh (changed outside)
        - member writer of pg_monitor: plain (not declared for a managed role)
        + member writer of reader: plain (deleted outside)
        + grant writer on app table billing.orders: SELECT (deleted outside)
        - grant PUBLIC on app table billing.orders: SELECT (not declared for a managed role)
        sql app x | GRANT
    ";
    check(
        text,
        &saved(),
        &expect![[r#"
            Note: Objects have changed outside of roleform

            Since its last apply, or before it looked after them, someone else made these changes:

              # public.everybody has changed
              ~ PUBLIC {
                  + SELECT on table app.billing.orders
                }

              # role.reader has been deleted
              - role "reader" {
                  - login = true
                }

              # role.writer has changed
              ~ role "writer" {
                  ~ superuser = false -> true
                  ~ password  = (set) -> (changed by someone else)
                  + settings  = {
                      + work_mem = "1GB"
                    }

                  - member of "reader"
                  + member of "pg_monitor"
                  - SELECT on table app.billing.orders
                }

            The plan below takes them back, since the configuration says otherwise.

            ─────────────────────────────────────────────────────────────────────────────

            Actions are indicated with the following symbols:
              + create
              ~ update in-place
              - destroy
              ! hazard: can hurt

            roleform will perform the following actions on postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18):

              # public.everybody will be updated in-place: 1 to destroy (not declared for a managed role)
              ~ PUBLIC {
                  - SELECT on table app.billing.orders
                }

              # role.reader will be created (deleted outside)
              + role "reader" {
                  + login    = true
                  + password = (generated at apply)

                  + SELECT on table app.billing.orders
                }

              # role.writer will be updated in-place (changed outside)
              ! password changes: new connections need the new one
              ~ role "writer" {
                  ~ superuser = true -> false
                  ~ password  = (set) -> (generated at apply)
                  - settings  = {
                      - work_mem = "1GB"
                    }

                  + member of "reader" (deleted outside)
                  - member of "pg_monitor" (not declared for a managed role)
                  + SELECT on table app.billing.orders (deleted outside)
                }

            Access: who gains or loses what in effect, memberships included

              PUBLIC
                - SELECT on table app.billing.orders
              reader
                + may log in
              writer
                - everything, which it could do as a superuser
                - reads settings, statistics and activity of the whole server (through pg_monitor)

            Plan: 4 to add, 1 to change, 2 to destroy.
            ! password changes: role.writer

            ─────────────────────────────────────────────────────────────────────────────

            Plan id: 3f9c2a
            To apply exactly this plan: roleform apply plan.bin  (until 2025-12-01 16:00 UTC)
        "#]],
    );
}

#[test]
fn only_the_state() {
    let text = "
        = role legacy_app:
        = grant legacy_app on app table billing.t{00..11}: SELECT
        . role old: (forgotten, left in PostgreSQL)
    ";
    let options = Options { file: Some("my plan's.bin".to_owned()), ..saved() };
    check(
        text,
        &options,
        &expect![[r#"
        Actions are indicated with the following symbols:
          = import: record as it is
          . forget: leave as it is

        roleform will perform the following actions on postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18):

          # role.legacy_app will be imported (already so)
          = role "legacy_app"

          # role.old will no longer be managed by roleform, but will not be destroyed (forgotten, left in PostgreSQL)
          . role "old"

        Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.

        In the state only: 12 already as declared, to be recorded; 1 to be forgotten.

        ─────────────────────────────────────────────────────────────────────────────

        Plan id: 3f9c2a
        To apply exactly this plan: roleform apply 'my plan'\''s.bin'  (until 2025-12-01 16:00 UTC)
    "#]],
    );
}

#[test]
fn with_full_every_address_has_a_line() {
    let text = "
        + role a: password=fresh
        + role b: password=fresh
        + member a of pg_monitor: admin
        + member b of pg_monitor: admin
        + grant a, b on server database app: CONNECT
        + grant a, b on app table s{0..1}.t{0..1}: SELECT,INSERT
        ~ grant c on app table s0.t0: SELECT* -> SELECT,INSERT
        both role c
        sql app x | GRANT
    ";
    check(
        text,
        &Options { full: true, ..Options::default() },
        &expect![[r#"
        Actions are indicated with the following symbols:
          + create
          ~ update in-place

        roleform will perform the following actions on postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18):

          # role.a will be created (new)
          + role "a" {
              + login    = true
              + password = (generated at apply)

              + membership.a["pg_monitor"] with admin option
              + database_connect.a["app"]: CONNECT
              + table_grant.a["app.s0.t0"]: SELECT, INSERT
              + table_grant.a["app.s0.t1"]: SELECT, INSERT
              + table_grant.a["app.s1.t0"]: SELECT, INSERT
              + table_grant.a["app.s1.t1"]: SELECT, INSERT
            }

          # role.b will be created (new)
          + role "b" {
              + login    = true
              + password = (generated at apply)

              + membership.b["pg_monitor"] with admin option
              + database_connect.b["app"]: CONNECT
              + table_grant.b["app.s0.t0"]: SELECT, INSERT
              + table_grant.b["app.s0.t1"]: SELECT, INSERT
              + table_grant.b["app.s1.t0"]: SELECT, INSERT
              + table_grant.b["app.s1.t1"]: SELECT, INSERT
            }

          # role.c will be updated in-place: 1 to change (changed in configuration)
          ~ role "c" {
              ~ table_grant.c["app.s0.t0"]: ["SELECT" - grant option, + "INSERT"]
            }

        Access: who gains or loses what in effect, memberships included

          a, b
            + may log in
            + reads settings, statistics and activity of the whole server (through pg_monitor)
            + SELECT, INSERT on 4 tables of app: s0.t0, s0.t1, s1.t0, s1.t1
            + CONNECT on database app
          c
            + INSERT on table app.s0.t0

        Plan: 14 to add, 1 to change, 0 to destroy.

        ─────────────────────────────────────────────────────────────────────────────

        This plan was not saved, so it cannot be applied. To save it: roleform plan -out plan.bin
    "#]],
    );
}
