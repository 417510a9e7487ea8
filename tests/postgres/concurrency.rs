//! Others are at work on the server while a plan is applied.
//!
//! Moments are chosen by `between`, waiting sessions by what the server says about them; no
//! test sleeps and hopes. Invariant: the apply waits, verifies again, or refuses with the reason
//! by name; whatever it does, it does whole, and the next plan leads to the same end.

use std::process::Stdio;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use provider_postgres::Postgres;
use test_support::client::{Login, Session};
use test_support::cluster::Cluster;
use test_support::project::TestProject;
use test_support::tenant::Tenant;
use throwaway_server::initdb::Superuser;
use throwaway_server::options::Stop;

use crate::between::{Act, Moment};
use crate::company::{READER, WRITER, company};
use crate::lab::Lab;
use crate::wire::{newest, private};

/// How an apply ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It is carried out.
    Done,
    /// It is refused: the code, if it is always the same, and what the message names.
    Refused(&'static str, &'static str),
}
use End::{Done, Refused};

/// Applies while others act at a moment, and checks that it ends so, whole, and converges after.
#[track_caller]
fn check(lab: &Lab<'_>, (before, hcl): (&str, &str), (moment, sql): (Moment, &str), end: End) {
    if !before.is_empty() {
        lab.converge(before);
    }
    let made = lab.plan(hcl);
    let held = access(&lab.tenant);
    let outcome = Mutex::new(Ok(Vec::new()));
    let (tenant, database) = (&lab.tenant, lab.tenant.fill("{p}app"));
    let act = || {
        let patient = format!("SET lock_timeout = '300ms'; {}", tenant.fill(sql));
        *outcome.lock().expect("it is ours") = tenant.cluster.try_sql(&database, &patient);
    };
    let act = Act::at(moment, &act);
    let applied = lab.try_apply_with(&act.beside(Lab::provider()), hcl, &made);
    assert!(act.came(), "{moment:?} never came");
    let outcome = outcome.into_inner().expect("it is ours");
    let case = format!("at {moment:?}: {sql}: {outcome:?}");
    match (end, applied) {
        (Done, Ok(_)) => {}
        (Done, Err(error)) => panic!("{case}\n{}: {}", error.code, error.detail),
        (Refused(..), Ok(_)) => panic!("{case}\nit was applied"),
        (Refused(code, names), Err(error)) => {
            assert_eq!(error.code.name(), code, "{case}\n{}", error.detail);
            assert!(error.detail.contains(names), "{case}\n{names} is not in {}", error.detail);
            if !sql.contains("{p}reader") {
                assert_eq!(access(&lab.tenant), held, "{case}\nnothing is half done");
            }
            if sql.starts_with("CREATE ROLE") {
                lab.tenant.sql("postgres", "DROP ROLE {p}reader");
            }
        }
    }
    lab.converge(hcl);
}

/// What the role is and holds, as text.
fn access(tenant: &Tenant<'_>) -> Vec<Vec<Option<String>>> {
    let role =
        tenant.query("postgres", "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname = '{p}reader'");
    let held = tenant.query(
        "app",
        "SELECT relname, relacl FROM pg_class WHERE relacl::text LIKE '%{p}reader%' ORDER BY relname",
    );
    role.into_iter().chain(held).collect()
}

#[test]
fn what_others_do_meanwhile() {
    use Moment::{Begun, Executed, Looked, Proven};
    let cases: [(Moment, &str, End); 20] = [
        (Begun, "DROP TABLE s.u", Refused("SAV008", "s.u: is gone")),
        (Looked, "DROP TABLE s.u", Refused("SAV008", "s.u: is gone")),
        (Looked, "ALTER TABLE s.u RENAME TO w", Refused("SAV008", "s.u: is gone")),
        (
            Looked,
            "ALTER TABLE s.u RENAME TO w; CREATE TABLE s.u (id int)",
            Refused("APL002", "another object"),
        ),
        (Looked, "ALTER TABLE s.u SET SCHEMA public", Refused("SAV008", "s.u: is gone")),
        (Looked, "ALTER TABLE s.u OWNER TO {p}heir", Refused("APL002", "belongs to")),
        (Looked, "CREATE ROLE {p}reader", Refused("SAV008", "exists now")),
        (Looked, "ALTER TABLE s.t ADD COLUMN more int", Done),
        (Looked, "CREATE TABLE s.later (id int)", Done),
        (Looked, "GRANT DELETE ON s.t TO pg_monitor", Done),
        (Looked, "ANALYZE s.t", Done),
        (Looked, "CREATE INDEX ON s.t (id)", Done),
        // What was granted is locked until the end: others wait.
        (Executed, "GRANT DELETE ON s.t TO pg_monitor", Done),
        (Executed, "ALTER TABLE s.t RENAME TO w", Done),
        (Executed, "DROP TABLE s.t", Done),
        (Executed, "CREATE TABLE s.later (id int)", Done),
        (Executed, "CREATE ROLE {p}reader", Done),
        (Proven, "GRANT DELETE ON s.t TO pg_monitor", Done),
        (Proven, "ANALYZE s.t", Done),
        (Proven, "DROP TABLE s.u", Done),
    ];
    Cluster::on_each_version(|cluster| {
        for (moment, sql, end) in cases {
            check(&company(cluster), ("", READER), (moment, sql), end);
        }
    });
}

#[test]
fn what_others_do_to_the_same_role_meanwhile() {
    use Moment::{Begun, Executed, Looked};
    let cases: [(Moment, &str, End); 9] = [
        (Begun, "GRANT DELETE ON s.u TO {p}reader", Refused("SAV008", "DELETE")),
        (Looked, "GRANT DELETE ON s.u TO {p}reader", Refused("APL002", "DELETE")),
        (Looked, "GRANT DELETE ON s.t TO {p}reader", Refused("APL002", "DELETE")),
        (Executed, "GRANT DELETE ON s.u TO {p}reader", Refused("APL002", "DELETE")),
        (Executed, "GRANT DELETE ON s.t TO {p}reader", Done),
        (Looked, "ALTER ROLE {p}reader CREATEDB", Refused("APL002", "CREATEDB")),
        (Looked, "ALTER ROLE {p}reader RENAME TO {p}lector", Refused("SAV008", "is gone")),
        (Looked, "DROP OWNED BY {p}reader; DROP ROLE {p}reader", Refused("SAV008", "is gone")),
        (Looked, "GRANT pg_monitor TO {p}reader", Refused("APL002", "pg_monitor")),
    ];
    Cluster::on_each_version(|cluster| {
        for (moment, sql, end) in cases {
            let lab = company(cluster);
            if sql.contains("RENAME") {
                // It comes back under its old name, or the next plan would rightly make another one.
                check_renamed(&lab, (moment, sql), end);
                continue;
            }
            check(&lab, (READER, WRITER), (moment, sql), end);
        }
    });
}

fn check_renamed(lab: &Lab<'_>, (moment, sql): (Moment, &str), end: End) {
    lab.converge(READER);
    let made = lab.plan(WRITER);
    let (tenant, database) = (&lab.tenant, lab.tenant.fill("{p}app"));
    let act = || tenant.cluster.sql(&database, &tenant.fill(sql));
    let act = Act::at(moment, &act);
    let error =
        lab.try_apply_with(&act.beside(Lab::provider()), WRITER, &made).expect_err("it has another name");
    let Refused(code, names) = end else { panic!("a refusal is expected") };
    assert_eq!(error.code.name(), code, "{}", error.detail);
    assert!(error.detail.contains(names), "{}", error.detail);
    lab.tenant.sql("postgres", "ALTER ROLE {p}lector RENAME TO {p}reader");
    lab.converge(WRITER);
}

/// Another session that holds something, and goes on when roleform waits for it.
fn rival<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    tenant: &'scope Tenant<'scope>,
    (holds, then): (&'scope str, &'scope str),
) {
    let (ready, held) = mpsc::channel();
    scope.spawn(move || {
        let database = tenant.fill("{p}app");
        let mut session = tenant.cluster.session(&database);
        session.run(&format!("BEGIN; {}", tenant.fill(holds))).expect("nobody else is here yet");
        ready.send(()).expect("the test waits");
        let waits = format!(
            "SELECT FROM pg_stat_activity WHERE datname = '{database}' AND application_name = 'roleform' \
             AND wait_event_type = 'Lock'"
        );
        while tenant.cluster.query("postgres", &waits).is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        // It may be the victim of a deadlock; then its transaction is over as well.
        session.run(&tenant.fill(then)).ok();
    });
    held.recv().expect("it holds what it wants");
}

#[test]
fn whoever_is_in_the_way_is_waited_for() {
    // What another session holds, and what it does when roleform waits.
    let cases: [(&str, &str, End); 7] = [
        ("GRANT DELETE ON s.t TO pg_monitor", "COMMIT", Done),
        ("GRANT DELETE ON s.t TO pg_monitor", "ROLLBACK", Done),
        ("ALTER TABLE s.t ADD COLUMN more int", "COMMIT", Done),
        // Before 18 the statement fails and is tried again; from then on it sees the new owner.
        ("ALTER TABLE s.u OWNER TO {p}heir", "COMMIT", Refused("", "belongs to")),
        ("GRANT CREATE ON SCHEMA s TO pg_monitor", "COMMIT", Done),
        ("DROP TABLE s.u", "COMMIT", Refused("SAV008", "s.u: is gone")),
        // Each waits for the other: one gives up and is tried again.
        ("GRANT DELETE ON s.u TO pg_monitor", "GRANT DELETE ON s.t TO pg_monitor; COMMIT", Done),
    ];
    Cluster::on_each_version(|cluster| {
        for (holds, then, end) in cases {
            let lab = company(cluster);
            let made = lab.plan(READER);
            let tenant = Tenant { cluster, prefix: lab.tenant.prefix.clone() };
            let applied = std::thread::scope(|scope| {
                rival(scope, &tenant, (holds, then));
                lab.try_apply(READER, &made)
            });
            match (end, applied) {
                (Done, Ok(_)) => {}
                (Done, Err(error)) => panic!("{holds}; {then}\n{}: {}", error.code, error.detail),
                (Refused(..), Ok(_)) => panic!("{holds}; {then}\nit was applied"),
                (Refused(code, names), Err(error)) => {
                    assert!(
                        code.is_empty() || error.code.name() == code,
                        "{holds}; {then}\n{}",
                        error.detail
                    );
                    assert!(error.detail.contains(names), "{holds}; {then}\n{}", error.detail);
                    assert!(access(&lab.tenant).is_empty(), "{holds}; {then}\nnothing is half done");
                }
            }
            lab.converge(READER);
        }
    });
}

#[test]
fn whoever_stays_in_the_way_is_named() {
    let cluster = Cluster::newest();
    let lab = company(cluster);
    let made = lab.plan(READER);
    let mut held = cluster.session(&lab.tenant.fill("{p}app"));
    held.run("BEGIN; GRANT SELECT ON s.t TO pg_monitor").expect("a grant of somebody else");
    let pid = held.run("SELECT pg_backend_pid()").expect("its own")[0][0].clone().expect("a number");
    let error = lab.try_apply(READER, &made).expect_err("it does not go on");
    assert!(error.detail.contains("lock timeout"), "{}", error.detail);
    let names = format!("In the way was the session with process {pid} of user");
    assert!(error.detail.contains(&names), "{}", error.detail);
    assert!(access(&lab.tenant).is_empty(), "nothing is half done");
    held.run("COMMIT").expect("it is done");
    lab.try_apply(READER, &made).expect("nothing that the plan is about has moved");
}

#[test]
fn two_states_on_one_server_at_once() {
    const OTHER: &str = r#"
role "other" {
  resource   = postgres.main
  name       = "{p}other"
  scopes     = ["{p}app.s"]
  privileges = ["SELECT", "DELETE"]
}
"#;
    Cluster::on_each_version(|cluster| {
        for (hcl, end) in [(OTHER, Done), (READER, Refused("SAV024", "exists now"))] {
            let lab = company(cluster);
            let made = lab.plan(READER);
            let prefix = lab.tenant.prefix.clone();
            let held = Mutex::new(None);
            // Both want the same lock, unless their resources name different databases.
            let act = || {
                let other = Lab::beside(cluster, prefix.clone());
                let plan = other.plan(hcl);
                let locked = other.try_apply_with(&Postgres::default(), hcl, &plan).map(|_| ());
                *held.lock().expect("it is ours") = locked.err().map(|error| error.code.name());
                let elsewhere = other.at_home_in("{p}app");
                elsewhere.try_apply(hcl, &elsewhere.plan(hcl)).expect("another lock");
            };
            let act = Act::at(Moment::Looked, &act);
            let applied = lab.try_apply_with(&act.beside(Lab::provider()), READER, &made);
            assert_eq!(*held.lock().expect("it is ours"), Some("PGS017"), "the lock is told of");
            match (end, applied) {
                (Done, Ok(_)) => assert!(lab.plan(READER).is_noop()),
                (Refused(code, names), Err(error)) => {
                    assert_eq!(error.code.name(), code, "{}", error.detail);
                    assert!(error.detail.contains(names), "{}", error.detail);
                }
                (end, applied) => panic!("{end:?} and {:?}", applied.map_err(|error| error.detail).err()),
            }
        }
    });
}

#[test]
fn sessions_that_are_ended_leave_everything_as_it_was() {
    use Moment::{Begun, Connected, Executed, Looked, Proven};
    Cluster::on_each_version(|cluster| {
        for moment in [Connected, Begun, Looked, Executed, Proven] {
            let lab = company(cluster).at_home_in("{p}app");
            let made = lab.plan(READER);
            let database = lab.tenant.fill("{p}app");
            let ends = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = '{database}' AND application_name = 'roleform'"
            );
            let act = || cluster.sql("postgres", &ends);
            let act = Act::at(moment, &act);
            let error = lab
                .try_apply_with(&act.beside(Lab::provider()), READER, &made)
                .expect_err("the server ended it");
            assert!(
                error.code.name().starts_with("PGS") || error.code.name() == "APL003",
                "{}",
                error.detail
            );
            assert!(access(&lab.tenant).is_empty(), "at {moment:?}: nothing is half done");
            lab.converge(READER);
        }
    });
}

#[test]
fn a_server_without_room_for_another_session() {
    let cluster =
        Cluster::private(newest(), &[("max_connections", "12"), ("superuser_reserved_connections", "0")]);
    let lab = company(&cluster);
    lab.tenant.database("two");
    let both = READER.replace("[\"{p}app.s\"]", "[\"{p}app.s\", \"{p}two\"]");
    let made = lab.plan(&both);
    let crowd = Mutex::new(Vec::new());
    let act = || {
        let Superuser { name, password } = &cluster.superuser;
        let login = Login { role: name, password, database: "postgres" };
        while let Ok(session) = Session::open(&cluster.address, login) {
            crowd.lock().expect("it is ours").push(session);
        }
    };
    let act = Act::at(Moment::Connected, &act);
    let error = lab.try_apply_with(&act.beside(Lab::provider()), &both, &made).expect_err("there is no room");
    assert_eq!(error.code.name(), "PGS012", "{}", error.detail);
    crowd.lock().expect("it is ours").clear();
    assert!(access(&lab.tenant).is_empty(), "nothing is half done");
    lab.converge(&both);
}

#[test]
fn a_standby_and_a_restart() {
    let mut cluster = private();
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    cluster.sql("postgres", "CREATE DATABASE app");
    cluster.sql("app", "CREATE SCHEMA s; CREATE TABLE s.t (id int)");
    project.use_server("main", &cluster);
    project.write("roles.hcl", READER.replace("{p}", ""));
    project.run(["init"]).expect_code(0);
    project.run(["plan", "-out", "plan.bin"]).expect_code(0);

    // A standby answers and cannot be written to.
    cluster.stop(Stop::Fast);
    cluster.write_file("standby.signal", "");
    cluster.restart();
    project.run(["plan"]).expect_code(0);
    let output = project.run(["apply", "plan.bin"]).expect_code(1);
    assert!(output.stderr.contains("PGS025"), "{}", output.block());
    cluster.stop(Stop::Fast);
    std::fs::remove_file(cluster.data_directory().join("standby.signal")).expect("it is there");
    cluster.restart();

    // It waits for somebody when the server goes down.
    let mut held = cluster.session("app");
    held.run("BEGIN; GRANT SELECT ON s.t TO pg_monitor").expect("a grant of somebody else");
    let mut command = project.command(["apply", "plan.bin"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("roleform starts");
    let waits =
        "SELECT FROM pg_stat_activity WHERE application_name = 'roleform' AND wait_event_type = 'Lock'";
    while cluster.query("postgres", waits).is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    cluster.restart();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(cluster.query("postgres", "SELECT FROM pg_roles WHERE rolname = 'reader'").is_empty());
    project.run(["plan", "-out", "again.bin"]).expect_code(0);
    project.run(["apply", "again.bin"]).expect_code(0);
    project.run(["plan", "-detailed-exitcode"]).expect_code(0);
}
