//! TLS: who is trusted by which `sslmode`, with certificates made for the test.
//!
//! Needs the `openssl` command, and psql for what programs of others make of it. Invariant: whether a session is encrypted is asked from
//! the server, by another session.

use std::path::Path;
use std::process::Command;

use engine::code::Code;
use engine::declared::{DeclaredResource, SslMode};
use engine::provider::Provider;
use provider_postgres::Postgres;
use tempfile::TempDir;
use test_support::cluster::Cluster;
use test_support::project::TestProject;

use crate::wire::{aside, check, private, refusal, resource_of, run, secret};

/// Certificates in a directory.
struct Certificates(TempDir);

/// For `openssl ca`, the only command of it that takes dates.
const CONFIGURATION: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\n\
     default_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";

impl Certificates {
    fn new() -> Certificates {
        let certificates = Certificates(tempfile::tempdir().expect("a directory"));
        std::fs::write(certificates.path("ca.conf"), CONFIGURATION).expect("a file");
        std::fs::write(certificates.path("index"), "").expect("a file");
        certificates
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file")
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let done =
            command.args(arguments.split(' ')).current_dir(self.0.path()).output().expect("openssl runs");
        assert!(done.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// A certificate that is its own issuer, as `openssl req -x509` makes it.
    fn own(&self, name: &str) {
        self.openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
             -subj /CN={name} -addext subjectAltName=DNS:localhost -keyout {name}.key -out {name}.crt"
        ));
    }

    /// A certificate for `localhost`, issued by another one, good until a date.
    fn issued(&self, name: &str, issuer: &str, until: &str) {
        std::fs::write(self.path("names"), "subjectAltName = DNS:localhost\n").expect("a file");
        self.openssl(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
             -subj /CN={name} -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "ca -batch -config ca.conf -notext -extfile names -cert {issuer}.crt -keyfile {issuer}.key \
             -startdate 20200101000000Z -enddate {until} -in {name}.csr -out {name}.crt"
        ));
    }
}

/// Gives a server a certificate.
fn install(cluster: &mut Cluster, certificates: &Certificates, name: &str) {
    cluster.write_file("server.crt", &certificates.read(&format!("{name}.crt")));
    cluster.write_file("server.key", &certificates.read(&format!("{name}.key")));
    cluster.sql("postgres", "ALTER SYSTEM SET ssl = on");
    cluster.restart();
}

fn with(base: &DeclaredResource, host: &str, mode: SslMode, roots: Option<String>) -> DeclaredResource {
    DeclaredResource { host: host.to_owned(), sslmode: mode, sslrootcert: roots, ..base.clone() }
}

/// Whether a session that gets in is encrypted.
fn encrypted(cluster: &Cluster, resource: &DeclaredResource) -> bool {
    let password = secret(&cluster.superuser.password);
    run(async {
        let server = Postgres::default().connect(resource, Some(&password)).await;
        let _server = server.unwrap_or_else(|error| panic!("{error}"));
        let query = "SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
                     WHERE a.application_name = 'roleform' ORDER BY a.backend_start DESC LIMIT 1";
        aside(|| cluster.query("postgres", query)) == vec![vec![Some("t".to_owned())]]
    })
}

#[test]
fn a_server_without_tls() {
    let cluster = Cluster::newest();
    let base = resource_of(cluster, "postgres");
    for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
        let resource = with(&base, "127.0.0.1", mode, Some("system".to_owned()));
        let error = refusal(&resource, Some("x"));
        if error.diagnostic.code == Code::PGS011 {
            // A machine without any root certificates says that first.
            continue;
        }
        check(&error, &resource, Code::PGS007, "The server has no TLS");
    }
    assert!(!encrypted(cluster, &with(&base, "127.0.0.1", SslMode::Prefer, None)));
}

/// A server whose certificate `issuer` issued, and another key that is nobody's issuer here.
fn certified() -> (Cluster, Certificates) {
    let mut cluster = private();
    let certificates = Certificates::new();
    for name in ["issuer", "stranger"] {
        certificates.own(name);
    }
    certificates.issued("server", "issuer", "20500101000000Z");
    install(&mut cluster, &certificates, "server");
    (cluster, certificates)
}

#[test]
fn whom_each_sslmode_trusts() {
    let (cluster, certificates) = certified();
    let base = resource_of(&cluster, "postgres");
    let roots = |name: &str| Some(certificates.path(name));
    let (ip, name) = ("127.0.0.1", "localhost");

    assert!(!encrypted(&cluster, &with(&base, ip, SslMode::Disable, None)));
    let accepted = [
        (ip, SslMode::Prefer, None),
        (ip, SslMode::Prefer, roots("stranger.crt")),
        (ip, SslMode::Require, None),
        (ip, SslMode::Require, roots("issuer.crt")),
        (ip, SslMode::VerifyCa, roots("issuer.crt")),
        (name, SslMode::VerifyFull, roots("issuer.crt")),
    ];
    for (host, mode, roots) in accepted {
        let resource = with(&base, host, mode, roots);
        assert!(encrypted(&cluster, &resource), "{mode:?} as {host}");
    }
    std::fs::write(certificates.path("empty.crt"), "nothing in it\n").expect("a file");
    let refused = [
        (
            ip,
            SslMode::VerifyFull,
            roots("issuer.crt"),
            Code::PGS009,
            "is not for this host, but for localhost",
        ),
        (ip, SslMode::VerifyCa, roots("stranger.crt"), Code::PGS008, "issued by nobody who is trusted here"),
        (
            name,
            SslMode::VerifyFull,
            roots("stranger.crt"),
            Code::PGS008,
            "issued by nobody who is trusted here",
        ),
        (ip, SslMode::Require, roots("stranger.crt"), Code::PGS008, "issued by nobody who is trusted here"),
        (name, SslMode::VerifyFull, roots("missing.crt"), Code::PGS011, "missing.crt cannot be used"),
        (name, SslMode::VerifyFull, roots("empty.crt"), Code::PGS011, "no certificate in PEM form"),
    ];
    for (host, mode, roots, code, says) in refused {
        let resource = with(&base, host, mode, roots);
        check(&refusal(&resource, Some(&cluster.superuser.password)), &resource, code, says);
    }
    let system = with(&base, name, SslMode::VerifyFull, None);
    let error = refusal(&system, Some("x"));
    // A machine without root certificates has nobody to trust; others do not trust this issuer.
    assert!([Code::PGS008, Code::PGS011].contains(&error.diagnostic.code), "{error}");
}

#[test]
fn certificates_out_of_the_ordinary() {
    let mut cluster = private();
    let certificates = Certificates::new();
    for name in ["itself", "stranger"] {
        certificates.own(name);
    }
    certificates.issued("expired", "itself", "20200102000000Z");
    let base = resource_of(&cluster, "postgres");
    let roots = |name: &str| Some(certificates.path(name));

    install(&mut cluster, &certificates, "itself");
    assert!(encrypted(&cluster, &with(&base, "localhost", SslMode::VerifyFull, roots("itself.crt"))));
    let other_host = with(&base, "127.0.0.1", SslMode::VerifyFull, roots("itself.crt"));
    check(&refusal(&other_host, Some("x")), &other_host, Code::PGS009, "is not for this host");
    let stranger = with(&base, "localhost", SslMode::VerifyFull, roots("stranger.crt"));
    check(&refusal(&stranger, Some("x")), &stranger, Code::PGS008, "that of an authority (CA:TRUE)");

    install(&mut cluster, &certificates, "expired");
    for trusted in ["itself.crt", "expired.crt"] {
        let resource = with(&base, "localhost", SslMode::VerifyFull, roots(trusted));
        check(&refusal(&resource, Some("x")), &resource, Code::PGS008, "xpired");
    }
    assert!(encrypted(&cluster, &with(&base, "localhost", SslMode::Require, None)));
}

#[test]
fn what_pg_hba_wants_encrypted_or_plain() {
    let mut cluster = private();
    let certificates = Certificates::new();
    certificates.own("server");
    let base = resource_of(&cluster, "postgres");
    let hba =
        |kind: &str| format!("local all all scram-sha-256\n{kind} all all 127.0.0.1/32 scram-sha-256\n");

    cluster.write_file("pg_hba.conf", &hba("hostssl"));
    install(&mut cluster, &certificates, "server");
    let plain = with(&base, "127.0.0.1", SslMode::Disable, None);
    check(&refusal(&plain, Some("x")), &plain, Code::PGS006, "no pg_hba.conf entry");
    assert!(encrypted(&cluster, &with(&base, "127.0.0.1", SslMode::Prefer, None)));

    cluster.write_file("pg_hba.conf", &hba("hostnossl"));
    cluster.restart();
    let required = with(&base, "127.0.0.1", SslMode::Require, None);
    check(&refusal(&required, Some("x")), &required, Code::PGS006, "no pg_hba.conf entry");
    assert!(!encrypted(&cluster, &with(&base, "127.0.0.1", SslMode::Prefer, None)));
}

#[test]
fn cancel_requests_are_encrypted_too() {
    let mut cluster = private();
    let certificates = Certificates::new();
    certificates.own("server");
    cluster.write_file(
        "pg_hba.conf",
        "local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
    );
    install(&mut cluster, &certificates, "server");
    assert!(Path::new(&certificates.path("server.crt")).exists());
    let resource = with(&resource_of(&cluster, "postgres"), "127.0.0.1", SslMode::Require, None);
    let sleeps = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    run(async {
        let password = secret(&cluster.superuser.password);
        let server = Postgres::default().connect(&resource, Some(&password)).await.expect("a session");
        let mut transaction = crate::wire::begin(&server, "postgres").await;
        let texts = crate::wire::statements(["SELECT pg_sleep(600)"]);
        tokio::select! {
            _ = crate::wire::execute(&mut transaction, &texts) => panic!("it sleeps for ten minutes"),
            () = crate::wire::wait_until(&cluster, sleeps) => {}
        }
        crate::wire::wait_until(&cluster, &format!("SELECT NOT ({sleeps})")).await;
    });
}

const LOGGER: &str = r#"
role "logger" {
  resource = postgres.main
  name     = "log:ger\\"
}
"#;

/// What `credentials exec` tells libpq is what roleform itself goes by: the server, the role, and
/// whom to trust, wherever the program goes.
#[test]
fn a_program_trusts_whom_roleform_trusts() {
    let (cluster, certificates) = certified();
    let mut project = TestProject::new(env!("CARGO_BIN_EXE_roleform"));
    project.use_server("main", &cluster);
    let block = project.read("main.server.hcl");
    let host = format!("host = \"{}\"", cluster.address.socket_directory.display());
    let tls = "host = \"localhost\"\n  sslmode = \"verify-full\"\n  sslrootcert = \"roots.crt\"";
    project.write("main.server.hcl", block.replace(&host, tls));
    project.write("roots.crt", certificates.read("issuer.crt"));
    project.write("roles.hcl", LOGGER);
    for line in ["init", "plan -out plan.bin", "apply plan.bin"] {
        project.run(line.split(' ')).expect_code(0);
    }
    project.set("PGHOSTADDR", "192.0.2.1");
    project.set("PGPASSWORD", "wrong");
    let run = |script: &str| project.run(["credentials", "exec", "logger", "--", "/bin/sh", "-c", script]);
    let told =
        run("cd /; echo \"$PGHOST $PGPORT $PGDATABASE $PGUSER $PGSSLMODE $PGSSLROOTCERT\"").expect_code(0);
    let roots = project.path("roots.crt");
    let expected =
        format!("localhost {} postgres log:ger\\ verify-full {}\n", cluster.address.port, roots.display());
    assert_eq!(told.stdout, expected);
    if Command::new("psql").arg("--version").output().is_err() {
        return;
    }
    let psql = "cd /; psql -XAtc 'SELECT ssl, current_user FROM pg_stat_ssl WHERE pid = pg_backend_pid()'";
    assert_eq!(run(psql).expect_code(0).stdout, "t|log:ger\\\n");
    project.write("roots.crt", certificates.read("stranger.crt"));
    let refused = run(psql).expect_code(2);
    assert!(refused.stderr.contains("certificate verify failed"), "{}", refused.block());
}
