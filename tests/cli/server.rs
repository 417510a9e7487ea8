//! The main job from the command line, on a real server: plan, show, apply, and what is
//! refused.
//!
//! Not here: which statements do what (`tests/postgres`). Invariant: each test has roles
//! and databases of its own on the shared server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use expect_test::expect;
use test_support::client::Login;
use test_support::cluster::Cluster;
use test_support::project::TestProject;
use test_support::tenant::Tenant;

use super::{done, project, run};

/// A project with a server, and a database `app` with a few tables on it.
pub(crate) fn shop() -> (TestProject, Tenant<'static>) {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    tenant.database("app");
    let tables = "CREATE SCHEMA sales; CREATE TABLE sales.orders (id serial PRIMARY KEY); \
                  CREATE TABLE sales.customers (id integer);";
    tenant.sql("app", tables);
    let mut project = project();
    project.use_server("main", cluster);
    project.use_tenant(&tenant);
    project.write("roles.hcl", tenant.fill(READER));
    done(&project, "init");
    (project, tenant)
}

pub(crate) const READER: &str = r#"role "reader" {
  resource   = postgres.main
  name       = "{p}reader"
  scopes     = ["{p}app.sales"]
  privileges = ["SELECT"]
}
"#;

#[test]
fn from_plan_to_no_changes() {
    let (project, tenant) = shop();
    let planned = run(&project, "plan -out plan.bin -detailed-exitcode").expect_code(2);
    assert!(planned.stdout.contains("\nPlan: 5 to add, 0 to change, 0 to destroy.\n"), "{planned}");
    assert_eq!(run(&project, "show plan.bin").expect_code(0).stdout, planned.stdout);
    let applied = run(&project, "apply -lock-timeout=60s plan.bin").expect_code(0);
    assert!(
        applied.stdout.starts_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.\n"),
        "{applied}"
    );
    let password = run(&project, "credentials show role.reader").expect_code(0).stdout;
    let login = Login { role: "reader", password: password.trim_end(), database: "app" };
    assert!(tenant.try_as(login, "SELECT * FROM sales.orders").is_ok());
    let refused = tenant.try_as(login, "DELETE FROM sales.orders").expect_err("DELETE was not granted");
    assert_eq!(refused.sqlstate, "42501");
    let again = run(&project, "plan -detailed-exitcode").expect_code(0);
    assert!(
        again.stdout.starts_with("No changes. Your infrastructure matches the configuration.\n"),
        "{again}"
    );
}

#[test]
fn a_plan_is_applied_once_and_only_unchanged() {
    let (project, tenant) = shop();
    done(&project, "plan -out plan.bin");
    let wrong = "0".repeat(64);
    assert_eq!(
        code(
            &run(&project, &format!("apply -lock-timeout=60s -expect {wrong} plan.bin"))
                .expect_code(3)
                .stderr
        ),
        "SAV010"
    );
    let mut bytes = fs::read(project.path("plan.bin")).expect("the plan");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    project.write("flipped.bin", &bytes);
    assert_eq!(code(&run(&project, "apply -lock-timeout=60s flipped.bin").expect_code(3).stderr), "SAV001");
    assert_eq!(code(&run(&project, "show flipped.bin").expect_code(3).stderr), "SAV001");
    project.write("short.bin", &bytes[..middle]);
    assert_eq!(code(&run(&project, "apply -lock-timeout=60s short.bin").expect_code(3).stderr), "SAV001");
    project.write("empty.bin", "");
    assert_eq!(code(&run(&project, "apply -lock-timeout=60s empty.bin").expect_code(3).stderr), "SAV001");
    assert_eq!(code(&run(&project, "apply -lock-timeout=60s roles.hcl").expect_code(3).stderr), "SAV002");
    let id = run(&project, "show -json plan.bin").expect_code(0).stdout;
    let id = id.split("\"plan_id\":\"").nth(1).and_then(|rest| rest.get(..64)).expect("an id").to_owned();
    done(&project, &format!("apply -lock-timeout=60s -expect={id} plan.bin"));
    assert_eq!(code(&run(&project, "apply -lock-timeout=60s plan.bin").expect_code(3).stderr), "SAV004");
    assert_eq!(tenant.query("app", "SELECT count(*) FROM pg_roles WHERE rolname = '{p}reader'").len(), 1);
}

#[test]
fn a_stale_plan_names_what_changed() {
    let (project, tenant) = shop();
    done(&project, "plan -out first.bin");
    done(&project, "apply -lock-timeout=60s first.bin");
    tenant.sql("app", "GRANT DELETE ON sales.orders TO {p}reader");
    done(&project, "plan -out heal.bin");
    tenant.sql("app", "GRANT UPDATE ON sales.orders TO {p}reader");
    let refused = run(&project, "apply -lock-timeout=60s heal.bin").expect_code(3);
    assert_eq!(code(&refused.stderr), "SAV008");
    assert!(refused.stderr.contains("sales.orders"), "{refused}");
}

/// The code of the first message.
pub(crate) fn code(stderr: &str) -> String {
    let start = stderr.find("error[").map_or(0, |at| at + "error[".len());
    stderr[start..].split(']').next().unwrap_or_default().to_owned()
}

#[test]
fn nothing_is_planned_when_the_file_cannot_be_written() {
    let (project, _tenant) = shop();
    fs::create_dir(project.path("directory")).expect("a directory");
    for target in ["directory", "nowhere/plan.bin", "/dev/null"] {
        let output = run(&project, &format!("plan -out {target}")).expect_code(1);
        assert_eq!((code(&output.stderr).as_str(), output.stdout.as_str()), ("CLI003", ""), "{output}");
    }
    let sessions = run(&project, "session list").expect_code(0).stdout;
    assert_eq!(sessions.lines().count(), 1, "{sessions}");
}

#[test]
fn what_is_on_record() {
    let (project, _tenant) = shop();
    done(&project, "plan -out plan.bin");
    done(&project, "apply -lock-timeout=60s plan.bin");
    assert_eq!(code(&run(&project, "apply -lock-timeout=60s plan.bin").expect_code(3).stderr), "SAV004");
    let list = run(&project, "session list").expect_code(0).stdout;
    let outcomes: Vec<&str> =
        list.lines().skip(1).map(|line| line[41..].split_whitespace().nth(2).unwrap_or("")).collect();
    assert_eq!(outcomes, ["refused", "done", "done"], "{list}");
    let apply = list.lines().nth(2).and_then(|line| line.get(..16)).expect("an id");
    let shown = run(&project, &format!("session show {apply}")).expect_code(0).stdout;
    assert!(shown.contains("GRANT SELECT ON TABLE sales.customers, sales.orders TO"), "{shown}");
    assert!(!shown.contains("SCRAM-SHA-256"), "{shown}");
    done(&project, "session verify");
    expect![[r#"
        exit code: 0
        ----- stdout
        role.reader
        database_connect.reader["app"]
        schema_usage.reader["app.sales"]
        table_grant.reader["app.sales.customers"]
        table_grant.reader["app.sales.orders"]
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state list").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        # role.reader (managed, "reader" on postgres.main)
            LOGIN, INHERIT
            CONNECT on database: app
            SELECT on 2 tables of app.sales: customers, orders
            USAGE on schema of app: sales

        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state show role.reader").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        main/reader  (made [TIME], for 1 reader)
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "credentials list").block());
}

#[test]
fn a_role_that_is_forgotten_must_be_adopted() {
    let (project, tenant) = shop();
    done(&project, "plan -out plan.bin");
    done(&project, "apply -lock-timeout=60s plan.bin");
    expect![[r#"
        exit code: 0
        ----- stdout
        Would remove role.reader
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state rm -dry-run role.reader").block());
    expect![[r#"
        exit code: 0
        ----- stdout
        Removed role.reader
        Removed 1 role from the state. In PostgreSQL nothing changed.
        Its password is kept: `roleform credentials show main/reader`
        ----- stderr: empty
    "#]]
    .assert_eq(&run(&project, "state rm role.reader").block());
    assert_eq!(run(&project, "state list").expect_code(0).stdout, "");
    assert_eq!(code(&run(&project, "plan").expect_code(1).stderr), "PLN001");
    project.write("roles.hcl", tenant.fill(&READER.replace("scopes", "adopt = true\n  scopes")));
    done(&project, "plan -out adopt.bin");
    done(&project, "apply -lock-timeout=60s adopt.bin");
    assert_eq!(run(&project, "state list").expect_code(0).stdout.lines().next(), Some("role.reader"));
    done(&project, "plan -detailed-exitcode");
}

#[test]
fn servers_are_asked() {
    let (mut project, _tenant) = shop();
    let check = run(&project, "inventory check").expect_code(0);
    assert!(check.stdout.starts_with("postgres.main: PostgreSQL "), "{check}");
    expect![[r#"
        exit code: 0
        ----- stdout
        postgres.main: postgres logs in; superuser, so it may do everything
        ----- stderr
        Asking 1 server
    "#]]
    .assert_eq(&run(&project, "admin test").block());
    expect![[r#"
        exit code: 1
        ----- stdout: empty
        ----- stderr
        error[CLI009]: Nothing has this name
          The configuration has no resource "postgres" "mian".
          hint: did you mean main?
    "#]]
    .assert_eq(&run(&project, "admin test mian").block());
    project.set("MAIN_ADMIN_PASSWORD", "wrong");
    let refused = run(&project, "admin test").expect_code(1);
    assert!(code(&refused.stderr).starts_with("PGS"), "{refused}");
    project.set("MAIN_ADMIN_PASSWORD", "");
    assert_eq!(code(&run(&project, "plan").expect_code(1).stderr), "CLI005");
}

#[test]
fn an_interrupted_apply_changes_nothing() {
    let (project, tenant) = shop();
    done(&project, "plan -out plan.bin");
    let mut other = tenant.cluster.session(&format!("{}app", tenant.prefix));
    other
        .run("BEGIN; GRANT SELECT ON sales.orders TO pg_monitor")
        .expect("a grant that is not committed yet");
    let mut command = project.command(["apply", "-lock-timeout=60s", "plan.bin"]);
    let apply = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("roleform starts");
    let waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'roleform' \
                   AND datname = '{p}app' AND wait_event_type = 'Lock'";
    while tenant.query("postgres", waiting).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = format!("kill -INT {}", apply.id());
    assert!(Command::new("/bin/sh").arg("-c").arg(kill).status().expect("a shell").success());
    let output = apply.wait_with_output().expect("roleform ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), code(&stderr).as_str()), (Some(1), "APL006"), "{stderr}");
    other.run("ROLLBACK").expect("nothing is left");
    let roles = tenant.query("postgres", "SELECT 1 FROM pg_roles WHERE rolname = '{p}reader'");
    assert!(roles.is_empty(), "the role is gone again");
    let sessions = run(&project, "session list").expect_code(0).stdout;
    assert!(
        sessions.lines().nth(1).is_some_and(|line| line.contains("  interrupted  Apply was interrupted: ")),
        "{sessions}"
    );
    done(&project, "apply -lock-timeout=60s plan.bin");
}

/// A file name, and a file with the password; `0` is the port.
const LISTS: [(&str, &str); 6] = [
    ("pgpass", "# ours\n/elsewhere:0:postgres:postgres:wrong\n*:0:*:postgres:PASSWORD\n"),
    ("list.csv", "name,port,user,password\nother,0,postgres,wrong\nmain,0,postgres,PASSWORD\n"),
    ("list.json", r#"[{"name": "main", "password": "PASSWORD"}, {"name": "other", "password": "wrong"}]"#),
    // As `credentials show -format json` prints one.
    (
        "one",
        r#"{"host": "SOCKET", "port": 0, "database": "postgres", "user": "postgres", "password": "PASSWORD"}"#,
    ),
    ("services", "[main]\nuser=postgres\npassword=PASSWORD\n"),
    ("-", "SOCKET:0:*:*:PASSWORD\n"),
];

#[test]
fn passwords_of_administrators_are_imported() {
    let (project, _tenant) = shop();
    let superuser = &Cluster::newest().superuser;
    let block = project.read("main.server.hcl");
    project.write("main.server.hcl", block.replace("    password = env(\"MAIN_ADMIN_PASSWORD\")\n", ""));
    let address = &Cluster::newest().address;
    let import = |name: &str, text: &str, password: &str| {
        let text = text
            .replace("PASSWORD", password)
            .replace("SOCKET", &address.socket_directory.display().to_string())
            .replace(":0:", &format!(":{}:", address.port))
            .replace(",0,", &format!(",{},", address.port))
            .replace(": 0,", &format!(": {},", address.port));
        let file = if name == "-" { "stdin" } else { name };
        project.write(file, text);
        fs::set_permissions(project.path(file), fs::Permissions::from_mode(0o600)).expect("its mode");
        let mut command = project.command(["admin", "import", name]);
        command.stdin(fs::File::open(project.path(file)).expect("the file"));
        project.finish(command)
    };
    for (name, text) in LISTS {
        import(name, text, "wrong").expect_code(0);
        assert_eq!(code(&run(&project, "admin test").expect_code(1).stderr), "PGS004", "{name}");
        let imported = import(name, text, &superuser.password).expect_code(0);
        assert_eq!(imported.stdout, "Stored the password of main/postgres (admin), encrypted.\n", "{name}");
        done(&project, "admin test");
    }
    for (name, text, says) in [
        ("other.csv", "name,password\nmain,a\nmain,b\n", "several passwords for postgres.main"),
        ("other.csv", "name,user,password\nmain,ana,PASSWORD\n", "no password for a resource"),
        ("other.json", r#"[{"user": "postgres", "password": "PASSWORD"}]"#, "no password for a resource"),
        ("pgpass", "", "no password for a resource"),
    ] {
        let refused = import(name, text, &superuser.password).expect_code(1);
        assert_eq!(code(&refused.stderr), "CLI005", "{refused}");
        assert!(refused.stderr.contains(says) && !refused.stderr.contains(&superuser.password), "{refused}");
    }
    done(&project, "admin test");
    fs::set_permissions(project.path("pgpass"), fs::Permissions::from_mode(0o644)).expect("its mode");
    project.write("pgpass", format!("*:*:*:*:{}\n", superuser.password));
    let warned = run(&project, "admin import pgpass").expect_code(0);
    assert!(warned.stderr.contains("can be read by other accounts"), "{warned}");
    done(&project, "session verify");
}

/// A database with SQL_ASCII takes any bytes for a name.
#[test]
fn a_name_that_is_not_utf_8_is_told_with_what_to_do() {
    let (project, tenant) = shop();
    let encoding = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'";
    tenant.sql("postgres", &format!("CREATE DATABASE {{p}}old TEMPLATE template0 {encoding}"));
    let name = r"convert_from('\x636166e9'::bytea, 'SQL_ASCII')";
    tenant.sql("old", &format!("DO $$ BEGIN EXECUTE format('CREATE TABLE %I (id integer)', {name}); END $$"));
    project.write("roles.hcl", tenant.fill(&READER.replace("app.sales", "old.public")));
    let refused = run(&project, "plan").expect_code(1);
    assert!(
        refused.stderr.contains("22021") && refused.stderr.contains("hint: The encoding of this database"),
        "{refused}"
    );
}
