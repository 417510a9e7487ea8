//! The ground itself: servers start, refuse, stop, and end with their process.
//!
//! Says nothing about roleform. Invariant: every other module may rely on what holds here.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use test_support::client::Login;
use test_support::cluster::Cluster;
use test_support::process::signal;
use test_support::servers::{self, Identity};
use throwaway_server::options::Stop;

/// A single text field.
fn one(text: &str) -> Vec<Vec<Option<String>>> {
    vec![vec![Some(text.to_owned())]]
}

#[test]
fn a_tenant_has_databases_and_roles_of_its_own() {
    Cluster::on_each_version(|cluster| {
        let (ours, theirs) = (cluster.tenant(), cluster.tenant());
        for tenant in [&ours, &theirs] {
            tenant.database("app");
            tenant.sql("app", "CREATE TABLE orders (id int); CREATE ROLE {p}reader LOGIN PASSWORD 'x'");
            tenant.sql("app", "GRANT SELECT ON orders TO {p}reader");
        }
        let holders = "SELECT DISTINCT grantee::regrole FROM pg_class, aclexplode(relacl) \
                       WHERE relname = 'orders' AND grantee <> relowner";
        assert_eq!(ours.query("app", holders), one("{p}reader"));
        assert_eq!(theirs.query("app", "SELECT current_database()"), one("{p}app"));
        assert_eq!(
            cluster.query("postgres", "SHOW server_version_num")[0][0].as_ref().map(|v| v[..2].to_owned()),
            Some(cluster.version.to_string())
        );
    });
}

#[test]
fn a_role_may_what_it_was_granted_and_nothing_else() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("app");
        tenant.sql(
            "app",
            "CREATE TABLE orders AS SELECT 7 AS id; CREATE ROLE {p}reader LOGIN PASSWORD 'secret'",
        );
        let login = Login { role: "reader", password: "secret", database: "app" };
        let select = "SELECT id FROM public.orders";

        let denied = tenant.try_as(login, select).expect_err("nothing is granted yet");
        assert_eq!(denied.to_string(), "42501: permission denied for table orders");

        tenant.sql("app", "GRANT SELECT ON orders TO {p}reader");
        assert_eq!(tenant.try_as(login, select), Ok(one("7")));
        let denied = tenant.try_as(login, "DELETE FROM public.orders").expect_err("only SELECT is granted");
        assert_eq!(denied.sqlstate, "42501");

        let denied =
            tenant.try_as(Login { password: "wrong", ..login }, select).expect_err("a wrong password");
        assert_eq!(denied.to_string(), "28P01: password authentication failed for user \"{p}reader\"");
    });
}

#[test]
fn a_private_server_is_configured_stopped_and_started_again() {
    let version = Cluster::newest().version;
    let mut cluster = Cluster::private(version, &[("log_statement", "all"), ("work_mem", "5MB")]);
    cluster.sql("postgres", "CREATE TABLE kept AS SELECT 'it''s here' AS note");
    assert_eq!(cluster.query("postgres", "SHOW work_mem"), one("5MB"));
    assert!(cluster.log().contains("CREATE TABLE kept"), "{}", cluster.log());

    cluster.stop(Stop::Fast);
    let refused = cluster.try_sql("postgres", "SELECT 1").expect_err("the server is stopped");
    assert_eq!(refused.sqlstate, "08006");
    for _ in 0..2 {
        cluster.restart();
        assert_eq!(cluster.query("postgres", "SELECT note FROM kept"), one("it's here"));
    }

    cluster.sql("postgres", "CHECKPOINT");
    cluster.stop(Stop::Immediate);
    cluster.restart();
    assert_eq!(cluster.query("postgres", "SELECT note FROM kept"), one("it's here"));
}

#[test]
fn strangers_have_identities_of_their_own() {
    let identity = "SELECT system_identifier FROM pg_control_system()";
    let shared = Cluster::newest();
    let stranger = Cluster::stranger(shared.version);
    assert_ne!(shared.query("postgres", identity), stranger.query("postgres", identity));
}

#[test]
fn a_dropped_server_leaves_nothing() {
    let cluster = Cluster::private(Cluster::newest().version, &[]);
    let directory = cluster.data_directory().parent().expect("data lies in a directory").to_owned();
    assert!(directory.exists());
    drop(cluster);
    assert!(!directory.exists());
}

#[test]
fn a_kept_server_outlives_its_owner_and_can_be_ended_by_hand() {
    let kept =
        servers::start(Cluster::newest().version, Identity::OfTemplate, &[]).keep().expect("it is kept");
    assert!(signal("0", kept.pid));
    assert!(kept.directories.iter().all(|directory| directory.exists()));

    assert!(signal("INT", kept.pid));
    let pid_file = kept.directories[0].join("data/postmaster.pid");
    wait_until("the server has stopped", || !pid_file.exists());
    for directory in kept.directories {
        std::fs::remove_dir_all(directory).expect("it can be removed");
    }
}

#[test]
fn a_server_listens_on_loopback_and_nowhere_else() {
    let cluster = Cluster::newest();
    let listening = |host| TcpStream::connect((host, cluster.address.port)).is_ok();
    assert!(listening("127.0.0.1"));
    assert!(!listening("127.0.0.2"));
}

/// The other half of the next test: holds a private server until it is killed.
#[test]
fn a_killed_process_takes_its_servers_along() {
    const HOLD: &str = "ROLEFORM_TEST_HOLD";
    if let Some(note) = std::env::var_os(HOLD) {
        let cluster = Cluster::private(Cluster::newest().version, &[]);
        std::fs::write(note, cluster.data_directory().display().to_string()).expect("a note");
        std::thread::sleep(Duration::from_secs(600));
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let note = directory.path().join("note");
    let mut holder = Command::new(std::env::current_exe().expect("the test's own program"))
        .args(["--exact", "cluster::a_killed_process_takes_its_servers_along"])
        .env(HOLD, &note)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the test runs itself");
    wait_until("the server runs", || std::fs::read_to_string(&note).is_ok_and(|text| !text.is_empty()));
    let data = std::fs::read_to_string(&note).expect("a note");
    let pid_file = std::fs::read_to_string(Path::new(&data).join("postmaster.pid")).expect("it runs");
    let port: u16 =
        pid_file.lines().nth(3).and_then(|port| port.parse().ok()).expect("the port is in line 4");
    let listening = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(listening());

    holder.kill().expect("SIGKILL");
    holder.wait().expect("it is dead");

    wait_until("the server is gone", || !listening());
    let gone = Path::new(&data).parent().expect("data lies in a directory");
    wait_until("its directory is gone", || !gone.exists());
}

#[test]
fn every_chosen_version_is_supported() {
    let chosen = servers::chosen();
    assert!(chosen.iter().all(|version| servers::SUPPORTED.contains(version)), "{chosen:?}");
    assert!(chosen.is_sorted(), "{chosen:?}");
}

/// Waits for a condition; a test only fails when it never comes, not when a machine is slow.
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(120), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
