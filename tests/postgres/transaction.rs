//! Transactions: what is executed, reported, committed, and what is left when it fails.
//!
//! Invariant: after every failure the test looks at the server from another session.

use engine::code::Code;
use engine::provider::{Executed, Provider, ProviderError, Transaction};
use provider_postgres::Postgres;
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;
use throwaway_server::options::Stop;

use crate::wire::{
    aside, begin, check, connect, execute, private, resource, resource_of, run, secret, statements,
    wait_until,
};
use test_support::proxy::{Proxy, Rule};

const TABLES: &str =
    "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname LIKE 't%'";

/// How many tables this test has made in the tenant's database.
fn tables(tenant: &Tenant<'_>) -> String {
    let rows = aside(|| tenant.query("app", TABLES));
    rows[0][0].clone().unwrap_or_default()
}

fn create(numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("CREATE TABLE public.t{number} ()"))
}

#[test]
fn what_is_committed_stays_and_what_is_not_goes() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        run(async {
            let server = connect(cluster, &database).await;
            let mut kept = begin(&server, &database).await;
            let (reported, outcome) = execute(&mut kept, &statements(create(0..300))).await;
            outcome.expect("300 tables");
            let order: Vec<usize> = reported.iter().map(|done| done.index).collect();
            assert_eq!(order, (0..300).collect::<Vec<_>>());
            assert!(reported.iter().all(|done| done.failure.is_none() && done.notices.is_empty()));
            // Nobody sees it yet.
            assert_eq!(tables(&tenant), "0");
            kept.commit().await.expect("a commit");
            assert_eq!(tables(&tenant), "300");

            let mut undone = begin(&server, &database).await;
            execute(&mut undone, &statements(create(300..301))).await.1.expect("a table");
            undone.rollback().await.expect("a rollback");
            let mut dropped = begin(&server, &database).await;
            execute(&mut dropped, &statements(create(301..302))).await.1.expect("a table");
            drop(dropped);
            let insert =
                statements(["INSERT INTO pg_catalog.pg_description VALUES (1, 1, 0, 'x'), (2, 1, 0, 'x')"]);
            let mut counted = begin(&server, &database).await;
            let (reported, _) = execute(&mut counted, &insert).await;
            assert_eq!(reported[0].rows, Some(2));
        });
        run(wait_until(cluster, &nobody_else(&database)));
        assert_eq!(tables(&tenant), "300");
    });
}

/// Nobody but whoever asks (in another database) is in this one.
fn nobody_else(database: &str) -> String {
    format!("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '{database}'")
}

#[test]
fn one_of_500_fails() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        for wrong in [0, 249, 499] {
            run(async {
                let server = connect(cluster, &database).await;
                let mut texts: Vec<String> = create(0..500).collect();
                texts[wrong] = "GRANT SELECT ON public.missing TO PUBLIC".to_owned();
                let mut transaction = begin(&server, &database).await;
                let (reported, outcome) = execute(&mut transaction, &statements(texts)).await;
                let error = outcome.expect_err("there is no such table");
                let says = format!("Statement {} of 500 failed: ERROR 42P01: relation", wrong + 1);
                check(&error, &resource_of(cluster, &database), Code::PGS020, &says);
                assert!(!error.transient);
                assert_eq!(reported.len(), wrong + 1);
                assert!(reported[..wrong].iter().all(|done| done.failure.is_none()));
                let failure = reported[wrong].failure.as_ref().map(|(sqlstate, _)| sqlstate.as_str());
                assert_eq!((reported[wrong].index, failure), (wrong, Some("42P01")));

                // What has failed cannot be gone on with, and is not committed.
                let (reported, outcome) = execute(&mut transaction, &statements(["SELECT 1"])).await;
                assert_eq!(outcome.expect_err("spoiled").diagnostic.code, Code::CLI010);
                assert_eq!(reported, []);
                assert_eq!(transaction.commit().await.expect_err("spoiled").diagnostic.code, Code::CLI010);
            });
            assert_eq!(tables(&tenant), "0");
        }
    });
}

#[test]
fn a_grant_that_does_nothing_is_a_failure() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        tenant.sql(
            "app",
            "CREATE ROLE {p}plain LOGIN PASSWORD 'x'; CREATE TABLE others (); GRANT SELECT ON others TO {p}plain;
             GRANT CREATE ON SCHEMA public TO {p}plain",
        );
        let resource = resource(cluster.address.port, &database, &tenant.fill("{p}plain"));
        let cases = [
            ("GRANT SELECT ON public.others TO PUBLIC", "01007", "no privileges were granted"),
            ("REVOKE SELECT ON public.others FROM PUBLIC", "01006", "no privileges could be revoked"),
        ];
        for (void, sqlstate, says) in cases {
            run(async {
                let server =
                    Postgres::default().connect(&resource, Some(&secret("x"))).await.expect("a session");
                let mut transaction = begin(&server, &database).await;
                let mut texts: Vec<String> = create(0..300).collect();
                texts[17] = "DROP TABLE IF EXISTS public.nothing".to_owned();
                texts[150] = void.to_owned();
                let (reported, outcome) = execute(&mut transaction, &statements(texts)).await;
                let error = outcome.expect_err("nothing was granted");
                check(&error, &resource, Code::PGS021, "Statement 151 of 300");
                check(&error, &resource, Code::PGS021, says);
                let last = reported.last().expect("a report");
                assert_eq!((reported.len(), last.index), (151, 150));
                assert_eq!(last.failure.as_ref().map(|(state, _)| state.as_str()), Some(sqlstate));
                // Other notices are told, and do not harm.
                let skipped = &reported[17];
                assert_eq!(skipped.failure, None);
                assert_eq!(skipped.notices.len(), 1, "{skipped:?}");
                let error = transaction.commit().await.expect_err("spoiled");
                assert_eq!(error.diagnostic.code, Code::CLI010);
            });
            assert_eq!(tables(&tenant), "0");
        }
    });
}

#[test]
fn notices_belong_to_their_statements() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        // None, one or many of them, of all sizes, on 600 statements in flight together.
        let notices = |number: usize| (number * 7) % 4;
        let texts = (0..600).map(|number| {
            let (count, length) = (notices(number), (number * 37) % 3000);
            format!(
                "DO $$ BEGIN FOR n IN 1..{count} LOOP RAISE NOTICE '{number} %', repeat('x', {length}); END LOOP; END $$"
            )
        });
        run(async {
            let server = connect(cluster, &database).await;
            let mut transaction = begin(&server, &database).await;
            let (reported, outcome) = execute(&mut transaction, &statements(texts)).await;
            outcome.expect("notices are no failures");
            assert_eq!(reported.len(), 600);
            for Executed { index, notices: said, .. } in &reported {
                assert_eq!(said.len(), notices(*index), "statement {index}");
                let own = format!("{index} ");
                assert!(said.iter().all(|(_, text)| text.starts_with(&own)), "statement {index}: {said:?}");
            }
        });
    });
}

#[test]
fn who_is_in_the_way_is_worth_another_try() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        tenant.sql("app", "CREATE TABLE t0 (); CREATE ROLE {p}ana");
        let resource = resource_of(cluster, &database);
        let role = tenant.fill("ALTER ROLE {p}ana CONNECTION LIMIT");
        run(async {
            let server = connect(cluster, &database).await;
            let check_transient = |error: &ProviderError, says: &str| {
                check(error, &resource, Code::PGS023, says);
                assert!(error.transient);
            };

            let mut holder = begin(&server, &database).await;
            let mut waiter = begin(&server, &database).await;
            let lock = ["LOCK TABLE public.t0"];
            execute(&mut holder, &statements(lock)).await.1.expect("a lock");
            let wait = statements(["SET LOCAL lock_timeout = '10ms'", lock[0]]);
            check_transient(&execute(&mut waiter, &wait).await.1.expect_err("it is held"), "55P03");
            holder.rollback().await.expect("a rollback");

            // Two that change one role: the second waits, and then finds another row than it read.
            let mut first = begin(&server, &database).await;
            let mut second = begin(&server, &database).await;
            let one = statements([format!("{role} 1")]);
            execute(&mut first, &one).await.1.expect("the first");
            let two = statements([format!("{role} 2")]);
            let (commit, (_, outcome)) = futures::join!(
                async {
                    let waits = format!(
                        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'"
                    );
                    wait_until(cluster, &waits).await;
                    first.commit().await
                },
                execute(&mut second, &two)
            );
            commit.expect("a commit");
            check_transient(&outcome.expect_err("the row has changed"), "tuple concurrently updated");
        });
    });
}

#[test]
fn a_session_that_is_terminated() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        let resource = resource_of(cluster, &database);
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND xact_start IS NOT NULL"
        );
        run(async {
            let server = connect(cluster, &database).await;
            // While it works.
            let mut busy = begin(&server, &database).await;
            let texts = create(0..1).chain(["SELECT pg_sleep(600)".to_owned()]).chain(create(1..9));
            let texts = statements(texts);
            let ((reported, outcome), ()) = futures::join!(execute(&mut busy, &texts), async {
                let sleeps = format!(
                    "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = '{database}' AND wait_event = 'PgSleep'"
                );
                wait_until(cluster, &sleeps).await;
                aside(|| cluster.query("postgres", &kill));
            });
            let error = outcome.expect_err("terminated");
            check(&error, &resource, Code::PGS018, "terminating connection due to administrator command");
            assert_eq!(reported.first().map(|done| done.index), Some(0));
            busy.rollback().await.expect("the server has rolled back");

            // While it waits for the other databases.
            let mut idle = begin(&server, &database).await;
            execute(&mut idle, &statements(create(0..1))).await.1.expect("a table");
            aside(|| cluster.query("postgres", &kill));
            let error = idle.commit().await.expect_err("terminated");
            check(&error, &resource, Code::PGS018, "terminating connection due to administrator command");
        });
        assert_eq!(tables(&tenant), "0");
    });
}

#[test]
fn a_server_that_stops_in_the_middle() {
    let mut cluster = private();
    let resource = resource_of(&cluster, "postgres");
    for (how, says) in [
        (Stop::Fast, "terminating connection due to administrator command"),
        // A server that leaves at once may have no time for last words.
        (Stop::Immediate, "the connection was lost"),
    ] {
        run(async {
            let server = connect(&cluster, "postgres").await;
            let mut transaction = begin(&server, "postgres").await;
            execute(&mut transaction, &statements(create(0..3))).await.1.expect("tables");
            cluster.stop(how);
            let (_, outcome) = execute(&mut transaction, &statements(create(3..6))).await;
            check(&outcome.expect_err("stopped"), &resource, Code::PGS018, says);
            transaction.rollback().await.expect("nothing is left to roll back");
        });
        cluster.restart();
        let left = cluster.query("postgres", TABLES);
        assert_eq!(left, vec![vec![Some("0".to_owned())]]);
    }
}

#[test]
fn work_that_is_dropped_is_cancelled() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        let sleeps = format!(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '{database}' AND wait_event = 'PgSleep'"
        );
        let texts = statements(create(0..9).chain(["SELECT pg_sleep(600)".to_owned()]).chain(create(9..99)));
        run(async {
            let server = connect(cluster, &database).await;
            for end in ["rollback", "commit", "drop"] {
                let mut transaction = begin(&server, &database).await;
                tokio::select! {
                    _ = execute(&mut transaction, &texts) => panic!("it sleeps for ten minutes"),
                    () = wait_until(cluster, &sleeps) => {}
                }
                match end {
                    "rollback" => transaction.rollback().await.expect("a rollback"),
                    "commit" => {
                        let error = transaction.commit().await.expect_err("interrupted");
                        assert_eq!(error.diagnostic.code, Code::CLI010);
                    }
                    _ => drop(transaction),
                }
                wait_until(cluster, &format!("SELECT NOT ({sleeps})")).await;
            }
        });
        run(wait_until(cluster, &nobody_else(&database)));
        assert_eq!(tables(&tenant), "0");
    });
}

#[test]
fn a_commit_without_an_answer() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let database = tenant.database("app");
    let cases = [
        (Rule::Pass, None, "1"),
        (Rule::LoseCommit, Some((Code::PGS018, "While committing the connection was lost")), "1"),
        (Rule::LoseAnswer, None, "2"),
        (Rule::LoseAnswerForGood, Some((Code::PGS019, "the server could not be asked")), "3"),
    ];
    for (number, (rule, expected, left)) in cases.into_iter().enumerate() {
        let proxy = Proxy::to(cluster.address.port, rule);
        let mut resource = resource(proxy.port, &database, &cluster.superuser.name);
        resource.connect_timeout_seconds = 6;
        run(async {
            let password = secret(&cluster.superuser.password);
            let server = Postgres::default().connect(&resource, Some(&password)).await.expect("a session");
            let mut transaction = begin(&server, &database).await;
            execute(&mut transaction, &statements(create(number..number + 1))).await.1.expect("a table");
            match (transaction.commit().await, expected) {
                (Ok(()), None) => {}
                (Err(error), Some((code, says))) => check(&error, &resource, code, says),
                (outcome, expected) => panic!("{rule:?}: {outcome:?} instead of {expected:?}"),
            }
        });
        // The server works on when the answer is lost.
        let done = || tables(&tenant) == left;
        assert!((0..200).any(|_| done() || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            false
        }));
    }
}

#[test]
fn a_transaction_that_may_not_write() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        run(async {
            let server = connect(cluster, &database).await;
            let mut transaction = begin(&server, &database).await;
            let texts = statements(["SET TRANSACTION READ ONLY", "CREATE TABLE public.t ()"]);
            let error = execute(&mut transaction, &texts).await.1.expect_err("read-only");
            check(&error, &resource_of(cluster, &database), Code::PGS025, "25006");
        });
    });
}
