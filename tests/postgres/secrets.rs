//! Canaries: secrets that the test knows, looked for in everything that roleform leaves.
//!
//! Administrators' passwords from every source, generated passwords, a sensitive variable; in
//! plan, state, audit, exports, output, environments, arguments and the server's log with
//! everything switched on, also when a statement fails. Invariant: the search itself is proven
//! by finding each canary where it belongs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use engine::credentials::identity::Identity;
use engine::credentials::ledger::Ledger;
use engine::credentials::seal;
use engine::secret::Secret;
use engine::state::store::Store;
use test_support::client::Login;
use test_support::cluster::Cluster;
use test_support::project::{Output, TestProject};

use crate::crash::print;
use crate::wire::newest;

/// Everything that a server can log about statements and their values.
const TALKATIVE: [(&str, &str); 6] = [
    ("log_statement", "all"),
    ("log_min_error_statement", "debug5"),
    ("log_min_messages", "debug1"),
    ("log_min_duration_statement", "0"),
    ("log_parameter_max_length_on_error", "-1"),
    ("log_connections", "on"),
];

/// Source, and what is behind `password =`.
const SOURCES: [(&str, &str); 5] = [
    ("env", "password = env(\"CANARY\")"),
    ("file", "password = file(\"secret.txt\")"),
    ("command", "password = command([\"/bin/sh\", \"child.sh\"])"),
    ("pgpass", ""),
    ("store", ""),
];

/// As the server was given it, and as it is typed: SASLprep makes them the same.
fn canary(source: &str) -> (String, String) {
    (format!("canary-{source}-fi-\u{e9}-IX"), format!("canary-{source}-\u{fb01}-e\u{301}-\u{2168}"))
}

struct Sweep<'a> {
    cluster: &'a Cluster,
    project: TestProject,
    printed: String,
    canaries: Vec<String>,
}

impl Sweep<'_> {
    fn run(&mut self, line: &str) -> Output {
        let output = self.project.run(line.split(' '));
        self.printed.push_str(&format!("{}{}", output.stdout, output.stderr));
        output
    }

    #[track_caller]
    fn done(&mut self, line: &str) -> Output {
        let output = self.run(line);
        assert_eq!(output.code, Some(0), "{line}\n{}", output.block());
        output
    }

    fn identities(&self) -> Vec<Identity> {
        let file = self.project.home().join(".config/roleform/identity.txt");
        Identity::parse(&Secret::new(fs::read_to_string(file).expect("an identity"))).expect("an identity")
    }

    /// Passwords of roles, pending ones too, become canaries.
    fn remember_generated(&mut self) -> usize {
        let contents = Store::peek(&self.project.path(".roleform")).expect("a state").contents;
        let before = self.canaries.len();
        for entry in Ledger::read(&contents.credentials).expect("credentials").0.values() {
            for credential in entry.current.iter().chain(&entry.pending) {
                let password = seal::open(credential, &self.identities()).expect("it is ours");
                if !self.canaries.iter().any(|known| known == password.reveal()) {
                    self.canaries.push(password.reveal().to_owned());
                }
            }
        }
        self.canaries.len() - before
    }

    /// Every file of the project and what was printed and logged: name and bytes.
    fn artifacts(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = vec![
            ("what was printed".to_owned(), self.printed.clone().into_bytes()),
            ("the server's log".to_owned(), self.cluster.log().into_bytes()),
        ];
        collect(&self.project.path(""), &mut found);
        found
    }
}

fn collect(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The files that the user keeps secrets in.
const KEPT: [&str; 3] = ["secret.txt", "pgpass", "child.secret"];

/// The server makes the verifiers itself, and logs nothing of that.
fn administrators(cluster: &Cluster) {
    for (source, _) in SOURCES {
        cluster.sql("postgres", &format!("CREATE DATABASE home_{source}"));
        cluster.sql(&format!("home_{source}"), "CREATE TABLE things (id int)");
        let (given, _) = canary(source);
        let mut session = cluster.session("postgres");
        session
            .run("SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_messages = 'warning'")
            .expect("silence");
        session
            .run(&format!("CREATE ROLE admin_{source} SUPERUSER LOGIN PASSWORD '{given}'"))
            .expect("an administrator");
    }
}

fn configuration(cluster: &Cluster) -> String {
    let socket = cluster.address.socket_directory.display();
    let mut hcl = "variable \"token\" {\n  type = string\n  sensitive = true\n}\n\
                   output \"token\" {\n  value = var.token\n  sensitive = true\n}\n"
        .to_owned();
    for (source, password) in SOURCES {
        hcl += &format!(
            "resource \"postgres\" \"{source}\" {{\n  host = \"{socket}\"\n  port = {}\n  database = \"home_{source}\"\n  \
             admin {{\n    username = \"admin_{source}\"\n    {password}\n  }}\n}}\n\
             role \"role_{source}\" {{\n  resource = postgres.{source}\n  scopes = [\"home_{source}\"]\n  privileges = [\"SELECT\"]\n}}\n",
            cluster.address.port
        );
    }
    hcl
}

fn project(cluster: &Cluster) -> Sweep<'_> {
    administrators(cluster);
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    project.write("main.hcl", configuration(cluster));
    project.write("secret.txt", canary("file").1 + "\n");
    project.write("child.secret", canary("command").1 + "\n");
    project.write("child.sh", "tr '\\0' '\\n' < /proc/$$/environ > child.environ\ncat child.secret\n");
    project.write("pgpass", format!("*:*:*:admin_pgpass:{}\n", canary("pgpass").1));
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(project.path("pgpass"), closed).expect("closed to others");
    for (name, value) in [
        ("CANARY", canary("env").1.as_str()),
        ("PGPASSFILE", &project.path("pgpass").display().to_string()),
        ("ROLEFORM_VAR_token", "canary-token"),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
    ] {
        project.set(name, value);
    }
    let mut canaries = vec!["canary-token".to_owned(), "AGE-SECRET-KEY-1".to_owned()];
    for (source, _) in SOURCES {
        let (given, typed) = canary(source);
        canaries.extend([given, typed]);
    }
    let mut sweep = Sweep { cluster, project, printed: String::new(), canaries };
    sweep.done("init");
    let mut set = sweep.project.command(["admin", "set", "store"]);
    let password = fs::File::open(typed_into(&sweep.project)).expect("the password");
    set.stdin(Stdio::from(password));
    sweep.project.finish(set).expect_code(0);
    sweep
}

/// Outside of what is searched.
fn typed_into(project: &TestProject) -> std::path::PathBuf {
    let path = project.home().join("typed");
    fs::write(&path, canary("store").1 + "\n").expect("a file");
    path
}

/// A statement that sets a password waits for a lock, is looked at meanwhile, and is cancelled.
fn fail_a_statement(sweep: &mut Sweep<'_>) {
    sweep.done("plan -rotate-password -out plan.bin");
    let mut other = sweep.cluster.session("postgres");
    other.run("BEGIN; ALTER ROLE role_store CONNECTION LIMIT 7").expect("in the way");
    let mut command = sweep.project.command(["apply", "plan.bin"]);
    let apply = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("roleform starts");
    let waits =
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'roleform' AND wait_event_type = 'Lock'";
    while sweep.cluster.query("postgres", waits).is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(sweep.remember_generated() >= SOURCES.len(), "pending passwords");
    let arguments = fs::read(format!("/proc/{}/cmdline", apply.id())).expect("its arguments");
    let environment = fs::read(format!("/proc/{}/environ", apply.id())).expect("its environment");
    sweep.printed.push_str(&String::from_utf8_lossy(&arguments));
    let generated = &sweep.canaries[2 + 2 * SOURCES.len()..];
    assert!(generated.iter().all(|canary| !holds(&environment, canary)));
    let interrupt = format!("kill -INT {}", apply.id());
    assert!(Command::new("/bin/sh").arg("-c").arg(interrupt).status().expect("a shell").success());
    let output = apply.wait_with_output().expect("it ends");
    sweep.printed.push_str(&String::from_utf8_lossy(&output.stderr));
    other.run("ROLLBACK").expect("out of the way");
    assert!(sweep.cluster.log().contains("canceling statement"), "the statement failed");
}

#[test]
fn no_secret_is_anywhere_it_does_not_belong() {
    let cluster = Cluster::private(newest(), &TALKATIVE);
    let mut sweep = project(&cluster);
    sweep.done("plan -sql -out plan.bin");
    sweep.done("apply plan.bin");
    assert_eq!(sweep.remember_generated(), SOURCES.len());
    fail_a_statement(&mut sweep);
    for line in [
        "plan -rotate-password -out plan.bin",
        "apply -json plan.bin",
        "show -json plan.bin",
        "show -sql -full plan.bin",
        "show -markdown plan.bin",
        "state list",
        "state show role.role_env",
        "state export",
        "credentials list",
        "session list -json",
        "session export",
        "session verify",
        "admin test",
    ] {
        sweep.done(line);
    }
    // Failures of every kind of talk.
    sweep.run("apply plan.bin");
    sweep.run("plan -var token=");
    sweep.remember_generated();
    // The search finds what is there.
    for (file, canary) in KEPT.iter().zip([canary("file"), canary("pgpass"), canary("command")]) {
        assert!(holds(sweep.project.read(file).as_bytes(), &canary.1), "{file}");
    }
    let child = sweep.project.read("child.environ");
    assert!(child.contains("PATH=") && !child.contains("CANARY="), "the child's environment: {child}");
    let artifacts = sweep.artifacts();
    let mut searched = 0;
    for (name, bytes) in artifacts.iter().filter(|(name, _)| !KEPT.iter().any(|kept| name.ends_with(kept))) {
        searched += bytes.len();
        for canary in &sweep.canaries {
            assert!(!holds(bytes, canary), "{canary:?} is in {name}");
        }
    }
    let log = cluster.log();
    assert!(log.contains("ALTER ROLE") && log.contains("SCRAM-SHA-256$"), "the log is talkative");
    assert!(!holds(sweep.printed.as_bytes(), "SCRAM-SHA-256$"), "no verifier is printed");
    print(&format!(
        "{} secrets looked for in {} artifacts of {searched} bytes together",
        sweep.canaries.len(),
        artifacts.len()
    ));
}

#[test]
fn a_program_gets_a_password_file_and_no_password() {
    let cluster = Cluster::private(newest(), &[]);
    let mut sweep = project(&cluster);
    sweep.done("plan -out plan.bin");
    sweep.done("apply plan.bin");
    let shell = "grep 'core file' /proc/$PPID/limits; tr '\\0' '\\n' < /proc/$$/environ; stat -L -c %a \"$PGPASSFILE\"; cat \"$PGPASSFILE\"; exit 7";
    let output = sweep.project.run(["credentials", "exec", "role_env", "--", "/bin/sh", "-c", shell]);
    assert_eq!(output.code, Some(7), "{}", output.block());
    let password = sweep.done("credentials show role_env").stdout;
    let (environment, file) =
        output.stdout.split_once("\n600\n").unwrap_or_else(|| panic!("{}", output.block()));
    assert!(!environment.contains(password.trim_end()), "{environment}");
    assert!(environment.contains("PGUSER=role_env") && environment.contains("PGDATABASE=home_env"));
    let core = environment.lines().next().expect("a limit");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}: no core file has the password");
    let path = environment.lines().find_map(|line| line.strip_prefix("PGPASSFILE=")).expect("a path");
    assert!(!Path::new(path).exists(), "it is gone with the program");
    let line = file.lines().next().expect("a line");
    assert!(
        line.ends_with(&format!(":{}:*:role_env:{}", cluster.address.port, password.trim_end())),
        "{line}"
    );
    let login = Login { role: "role_env", password: password.trim_end(), database: "home_env" };
    cluster.try_as(login, "SELECT * FROM things").expect("the password logs in");
    let shown = sweep.done("session list").stdout;
    assert!(shown.contains("The password of env/role_env was read."), "{shown}");
}
