//! The advisory lock: one roleform at a time on a server.
//!
//! Invariant: whoever is refused is told by whom.

use std::time::Duration;

use engine::code::Code;
use engine::provider::{Provider, Server, Transaction};
use provider_postgres::{Postgres, lock};
use test_support::cluster::Cluster;

use crate::wire::{aside, begin, check, connect, execute, resource, resource_of, run, secret, statements};

#[test]
fn the_second_is_told_who_is_first() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let database = tenant.database("app");
        let elsewhere = tenant.database("other");
        tenant.sql("app", "CREATE ROLE {p}plain LOGIN PASSWORD 'x'");
        let plain = resource(cluster.address.port, &database, &tenant.fill("{p}plain"));
        run(async {
            let first = connect(cluster, &database).await;
            first.lock().await.expect("the first");
            first.lock().await.expect("who has it, has it");
            connect(cluster, &elsewhere).await.lock().await.expect("another database, another lock");

            let second = connect(cluster, &database).await;
            let error = second.lock().await.expect_err("it is held");
            let asked = "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
                         WHERE locktype = 'advisory' AND datname = '{p}app'";
            let pid = aside(|| tenant.query("postgres", asked));
            let pid = pid[0][0].clone().expect("a pid");
            let says = format!(
                "held by the session with process {pid} of user {}, application roleform, from 127.0.0.1, connected since 2",
                cluster.superuser.name
            );
            check(&error, &resource_of(cluster, &database), Code::PGS017, &says);
            assert!(!error.transient);

            // Who may see less is told what there is to see.
            let third = Postgres::default().connect(&plain, Some(&secret("x"))).await.expect("a session");
            let error = third.lock().await.expect_err("it is held");
            check(&error, &plain, Code::PGS017, &format!("process {pid} of user {}", cluster.superuser.name));

            drop(first);
            let patient = Postgres { lock_wait: Duration::from_secs(60), ..Postgres::default() };
            let password = secret(&cluster.superuser.password);
            let server = patient.connect(&resource_of(cluster, &database), Some(&password)).await;
            server.expect("a session").lock().await.expect("free again");
        });
    });
}

#[test]
fn the_lock_is_waited_for() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let database = tenant.database("app");
    // Anybody who knows the key can hold it.
    let mut other = cluster.session(&database);
    other.run(&format!("SELECT pg_advisory_lock({})", lock::KEY)).expect("a lock");
    run(async {
        let patient = Postgres { lock_wait: Duration::from_secs(600), ..Postgres::default() };
        let password = secret(&cluster.superuser.password);
        let server =
            patient.connect(&resource_of(cluster, &database), Some(&password)).await.expect("a session");
        let release = async {
            tokio::time::sleep(Duration::from_millis(600)).await;
            tokio::task::spawn_blocking(move || drop(other)).await.expect("released");
        };
        let (locked, ()) = futures::join!(server.lock(), release);
        locked.expect("it was released");
    });
}

#[test]
fn without_the_lock_nothing_is_committed() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let database = tenant.database("app");
    run(async {
        let server = connect(cluster, &database).await;
        server.lock().await.expect("the lock");
        let mut transaction = begin(&server, &database).await;
        execute(&mut transaction, &statements(["CREATE TABLE public.t ()"])).await.1.expect("a table");
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
             WHERE locktype = 'advisory' AND datname = '{database}'"
        );
        aside(|| cluster.query("postgres", &kill));
        // The session that holds the lock learns of its end by itself, in its own time.
        while server.lock().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let error = transaction.commit().await.expect_err("somebody else may hold it now");
        check(&error, &resource_of(cluster, &database), Code::PGS018, "While holding the lock");
    });
    assert_eq!(tenant.query("app", "SELECT to_regclass('public.t')"), vec![vec![None]]);
}
