//! The command line against a real server, attacked: damaged plans, replays, staleness, other
//! servers, drift, kills, two at once.
//!
//! Invariant: whatever is refused has its own code and exit 3, and changes nothing.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use test_support::client::Login;
use test_support::cluster::Cluster;
use test_support::project::{Output, TestProject};
use test_support::tenant::Tenant;

/// A project with one role on a tenant of a server, ready to plan.
fn project(cluster: &Cluster, tenant: &Tenant<'_>) -> TestProject {
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    tenant.database("app");
    // The lock is taken in the resource's database, and tests share the server.
    tenant.sql("app", "CREATE TABLE orders (id int); CREATE TABLE invoices (id int)");
    project.use_server("main", cluster);
    let server = project.read("main.server.hcl");
    let own = tenant.fill("port = {port}\n  database = \"{p}app\"\n");
    let port = cluster.address.port.to_string();
    project
        .write("main.server.hcl", server.replace(&format!("port = {port}\n"), &own.replace("{port}", &port)));
    project.write("roles.hcl", tenant.fill(READER));
    project.run(["init"]).expect_code(0);
    project
}

const READER: &str = r#"
role "reader" {
  resource   = postgres.main
  name       = "{p}reader"
  scopes     = ["{p}app"]
  privileges = ["SELECT"]
}
"#;

#[track_caller]
fn refused(output: Output, code: &str) {
    let output = output.expect_code(3);
    assert!(output.stderr.contains(code), "{code} is not in:\n{}", output.block());
}

fn roles(tenant: &Tenant<'_>) -> usize {
    tenant.query("postgres", "SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{p}')").len()
}

#[test]
fn from_init_to_no_changes() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        let project = project(cluster, &tenant);
        project.run(["validate"]).expect_code(0);
        project.run(["plan", "-detailed-exitcode", "-out", "plan.bin"]).expect_code(2);
        assert_eq!(roles(&tenant), 0, "planning changes nothing");
        let shown = project.run(["show", "-sql", "plan.bin"]).expect_code(0);
        assert!(shown.stdout.contains("GRANT SELECT ON TABLE"), "{}", shown.block());
        project.run(["apply", "plan.bin"]).expect_code(0);
        project.run(["plan", "-detailed-exitcode"]).expect_code(0);
        let verified = project.run(["session", "verify"]).expect_code(0);
        assert!(verified.stderr.is_empty() || verified.stdout.contains("whole"), "{}", verified.block());
    });
}

#[test]
fn a_plan_file_that_is_not_whole_is_refused() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let project = project(cluster, &tenant);
    project.run(["plan", "-out", "plan.bin"]).expect_code(0);
    let whole = fs::read(project.path("plan.bin")).expect("the plan");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("empty.bin", Vec::new(), "SAV001"),
        ("cut.bin", whole[..whole.len() - 1].to_vec(), "SAV001"),
        ("flipped.bin", flipped, "SAV001"),
        ("text.bin", b"not a plan at all".to_vec(), "SAV002"),
        ("later.bin", [&whole[..9], &[9], &whole[10..]].concat(), "SAV003"),
    ];
    for (name, bytes, code) in cases {
        project.write(name, bytes);
        refused(project.run(["apply", name]), code);
        refused(project.run(["show", name]), code);
    }
    assert_eq!(roles(&tenant), 0);
    project.run(["apply", "plan.bin"]).expect_code(0);
    refused(project.run(["apply", "plan.bin"]), "SAV004");
}

#[test]
fn a_plan_is_stale_when_its_facts_moved_and_only_then() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let project = project(cluster, &tenant);
    project.run(["plan", "-out", "first.bin"]).expect_code(0);
    // Out of scope: another role's grant, another table.
    tenant.sql("app", "CREATE TABLE later (id int); GRANT SELECT ON orders TO pg_monitor");
    project.run(["apply", "first.bin"]).expect_code(0);
    project.run(["plan", "-out", "second.bin"]).expect_code(0);
    tenant.sql("app", "GRANT DELETE ON orders TO {p}reader");
    let output = project.run(["apply", "second.bin"]);
    assert!(output.stderr.contains("orders: was SELECT"), "{}", output.block());
    refused(output, "SAV008");
}

#[test]
fn a_table_that_was_swapped_is_another_table() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let project = project(cluster, &tenant);
    project.run(["plan", "-out", "plan.bin"]).expect_code(0);
    tenant.sql("app", "ALTER TABLE orders RENAME TO old; CREATE TABLE orders (secret text)");
    let output = project.run(["apply", "plan.bin"]);
    assert!(output.stderr.contains("another object of that name"), "{}", output.block());
    refused(output, "SAV008");
    assert_eq!(roles(&tenant), 0);
}

#[test]
fn a_superseded_plan_and_another_state_are_refused() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let project = project(cluster, &tenant);
    project.run(["plan", "-out", "one.bin"]).expect_code(0);
    project.run(["plan", "-out", "two.bin"]).expect_code(0);
    project.run(["apply", "one.bin"]).expect_code(0);
    refused(project.run(["apply", "two.bin"]), "SAV005");
    fs::rename(project.path(".roleform"), project.path("aside")).expect("the state moves");
    project.run(["init"]).expect_code(0);
    refused(project.run(["apply", "two.bin"]), "SAV006");
    // Without its state roleform does not know its own role: it says how to take it over.
    let output = project.run(["plan"]).expect_code(1);
    assert!(output.stderr.contains("PLN001"), "{}", output.block());
    let adopting = tenant.fill(READER).replace("privileges", "adopt = true\n  privileges");
    project.write("roles.hcl", adopting);
    project.run(["plan", "-out", "adopt.bin"]).expect_code(0);
    project.run(["apply", "adopt.bin"]).expect_code(0);
    project.run(["plan", "-detailed-exitcode"]).expect_code(0);
}

#[test]
fn another_server_is_refused() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let project = project(cluster, &tenant);
    project.run(["plan", "-out", "plan.bin"]).expect_code(0);
    let stranger = Cluster::stranger(cluster.version);
    stranger.sql("postgres", &tenant.fill("CREATE DATABASE {p}app"));
    let socket = |cluster: &Cluster| cluster.address.socket_directory.display().to_string();
    let port = |cluster: &Cluster| format!("port = {}", cluster.address.port);
    let block = project.read("main.server.hcl");
    let block = block.replace(&socket(cluster), &socket(&stranger)).replace(&port(cluster), &port(&stranger));
    let block =
        block.replace("env(\"MAIN_ADMIN_PASSWORD\")", &format!("\"{}\"", stranger.superuser.password));
    project.write("main.server.hcl", block);
    // The configuration says elsewhere, so the plan is refused before anybody is asked.
    refused(project.run(["apply", "plan.bin"]), "SAV013");
}

#[test]
fn killed_at_any_moment_it_is_before_or_after() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let project = project(cluster, &tenant);
    tenant.database("two");
    for database in ["app", "two"] {
        let tables = "DO $$ BEGIN FOR i IN 1..150 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$";
        tenant.sql(database, tables);
    }
    let both = tenant.fill(READER).replace("app\"]", &tenant.fill("app\", \"{p}two\"]"));
    project.write("roles.hcl", &both);
    let mut outcomes = Vec::new();
    for round in 0..8_u64 {
        let want = if round % 2 == 0 {
            both.clone()
        } else {
            both.replace("[\"SELECT\"]", "[\"SELECT\", \"DELETE\"]")
        };
        project.write("roles.hcl", want);
        project.run(["plan", "-out", "plan.bin"]).expect_code(0);
        let mut command = project.command(["apply", "plan.bin"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("roleform starts");
        std::thread::sleep(Duration::from_millis(20 + round * 45));
        let done = child.try_wait().expect("its state").is_some();
        child.kill().ok();
        child.wait().expect("it ends");
        // The session that a kill left behind must be gone before its lock is.
        let gone = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'roleform' AND starts_with(datname, '{p}')";
        while !tenant.query("postgres", gone).is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let grants = |database| {
            let rows = tenant.query(
                database,
                "SELECT count(*), count(DISTINCT x) FROM (SELECT relname, string_agg(privilege_type, ',' ORDER BY privilege_type) x \
                 FROM pg_class, aclexplode(relacl) a WHERE relkind = 'r' AND grantee::regrole::text = '{p}reader' GROUP BY relname) y",
            );
            (rows[0][0].clone().unwrap_or_default(), rows[0][1].clone().unwrap_or_default())
        };
        for database in ["app", "two"] {
            let (tables, kinds) = grants(database);
            assert!(
                tables == "0" || kinds == "1",
                "half a grant in {database}: {tables} tables, {kinds} kinds"
            );
        }
        outcomes.push(done);
    }
    project.run(["plan", "-out", "last.bin"]).expect_code(0);
    project.run(["apply", "last.bin"]).expect_code(0);
    project.run(["plan", "-detailed-exitcode"]).expect_code(0);
    project.run(["session", "verify"]).expect_code(0);
    let shown = project.run(["credentials", "show", &tenant.fill("main/{p}reader"), "-format", "json"]);
    let password = field(&shown.stdout, "password");
    let login = Login { role: "reader", password: &password, database: "two" };
    assert!(
        tenant.try_as(login, "SELECT * FROM t1").is_ok(),
        "the stored password is the server's: {}",
        shown.block()
    );
    assert!(outcomes.iter().any(|done| !done), "every kill came too late: {outcomes:?}");
}

/// A text field of a flat JSON object.
fn field(json: &str, name: &str) -> String {
    let rest = json.split(&format!("\"{name}\":")).nth(1).unwrap_or_else(|| panic!("no {name} in {json}"));
    rest.split('"').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn two_at_once_wait_or_are_refused() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    let project = project(cluster, &tenant);
    let mut held = cluster.session(&tenant.fill("{p}app"));
    project.run(["plan", "-out", "plan.bin"]).expect_code(0);
    // A table locked by somebody else: apply waits for its catalog row, and so holds the state.
    held.run("BEGIN; GRANT SELECT ON orders TO pg_monitor").expect("a grant of somebody else");
    let mut first = project.command(["apply", "plan.bin"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("roleform starts");
    let busy = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = '{p}app')";
    while tenant.query("postgres", busy).is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = project.run(["plan"]).expect_code(1);
    assert!(second.stderr.contains("STA"), "{}", second.block());
    held.run("COMMIT").expect("the other grant is done");
    assert!(first.wait().expect("it ends").success(), "the first one waits and then succeeds");
}
