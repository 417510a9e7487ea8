//! Connections: who gets in, and what whoever does not is told.
//!
//! Invariant: every reason to be refused is provoked for real, on a real server or a real
//! socket.

use std::net::{Ipv4Addr, TcpListener};

use engine::code::Code;
use engine::declared::SslMode;
use engine::diagnostic::Span;
use engine::name::DatabaseName;
use engine::provider::{Provider, Server};
use provider_postgres::Postgres;
use test_support::cluster::Cluster;

use crate::wire::{check, connect, newest, private, refusal, resource, resource_of, run, secret};
use test_support::proxy::{Proxy, Rule};

#[test]
fn a_server_says_who_it_is() {
    Cluster::on_each_version(|cluster| {
        let system = cluster.query("postgres", "SELECT system_identifier FROM pg_control_system()");
        let identifier = system[0][0].as_ref().and_then(|text| text.parse().ok());
        run(async {
            let server = connect(cluster, "postgres").await;
            assert_eq!(server.identity().system_identifier, identifier);
            assert_eq!(server.identity().major(), u32::from(cluster.version));
            assert_eq!(server.identity().address, format!("127.0.0.1:{}", cluster.address.port));

            let mut by_socket = resource_of(cluster, "postgres");
            by_socket.host = cluster.address.socket_directory.display().to_string();
            by_socket.sslmode = SslMode::VerifyFull; // Has no meaning on a socket, as in libpq.
            let password = secret(&cluster.superuser.password);
            let server = Postgres::default().connect(&by_socket, Some(&password)).await.expect("a socket");
            assert_eq!(server.identity().system_identifier, identifier);
        });
    });
}

#[test]
fn a_server_may_keep_its_identifier_to_itself() {
    let cluster = private();
    cluster.sql("postgres", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    cluster.sql("postgres", "CREATE ROLE plain LOGIN PASSWORD 'plain'");
    let resource = resource(cluster.address.port, "postgres", "plain");
    run(async {
        let server = Postgres::default().connect(&resource, Some(&secret("plain"))).await.expect("a session");
        assert_eq!(server.identity().system_identifier, None);
        server.begin(&resource.database).await.expect("a transaction");
    });
}

#[test]
fn nothing_there() {
    let port = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let nobody = resource(port, "postgres", "ana");
    let error = refusal(&nobody, None);
    check(&error, &nobody, Code::PGS001, "Connection refused");
    assert_eq!(
        error.diagnostic.span.as_ref().map(Span::origin).map(|at| at.to_string()),
        Some("main.hcl:1".into())
    );
    assert!(error.diagnostic.hint.is_some());

    let mut no_socket = resource(port, "postgres", "ana");
    no_socket.host = "/nonexistent".to_owned();
    check(&refusal(&no_socket, None), &no_socket, Code::PGS001, "No such file or directory");

    let mut no_name = resource(port, "postgres", "ana");
    no_name.host = "no-such-host.invalid".to_owned();
    check(&refusal(&no_name, None), &no_name, Code::PGS003, "The host name has no address");
}

#[test]
fn a_host_that_is_silent() {
    // Accepts connections (the system does) and never says a word.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let mut resource = resource(silent.local_addr().expect("an address").port(), "postgres", "ana");
    resource.connect_timeout_seconds = 1;
    resource.sslmode = SslMode::Disable;
    check(
        &refusal(&resource, None),
        &resource,
        Code::PGS002,
        "Within 1 s a connection was opened, but the login",
    );
    resource.sslmode = SslMode::Require;
    check(&refusal(&resource, None), &resource, Code::PGS002, "the question for TLS was not answered");
}

#[test]
fn a_host_that_swallows_packets() {
    // A queue for connections that is full: the system answers no more of them.
    run(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
        let listener = socket.listen(1).expect("a queue");
        let address = listener.local_addr().expect("an address");
        let mut waiting = Vec::new();
        loop {
            let patience = std::time::Duration::from_millis(300);
            match tokio::time::timeout(patience, tokio::net::TcpStream::connect(address)).await {
                Ok(stream) => waiting.push(stream.expect("a place in the queue")),
                Err(_) => break,
            }
        }
        let mut resource = resource(address.port(), "postgres", "ana");
        resource.connect_timeout_seconds = 1;
        let outcome = Postgres::default().connect(&resource, None).await;
        let error = outcome.err().expect("nobody is there");
        check(&error, &resource, Code::PGS002, "Within 1 s nothing answered at the address");
    });
}

#[test]
fn something_else_that_answers() {
    let web = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = web.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut client in web.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut client, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let mut resource = resource(port, "postgres", "ana");
    check(&refusal(&resource, None), &resource, Code::PGS016, "is not a PostgreSQL server");
    resource.sslmode = SslMode::Disable;
    let error = refusal(&resource, None);
    assert!([Code::PGS001, Code::PGS016].contains(&error.diagnostic.code), "{error}");
}

#[test]
fn logins_that_are_refused() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        tenant.database("closed");
        tenant.database("private");
        tenant.sql(
            "postgres",
            "CREATE ROLE {p}ana LOGIN PASSWORD 'right'; CREATE ROLE {p}nologin PASSWORD 'right';
             CREATE ROLE {p}full LOGIN PASSWORD 'right' CONNECTION LIMIT 0;
             REVOKE CONNECT ON DATABASE {p}private FROM PUBLIC",
        );
        tenant.sql("postgres", "ALTER DATABASE {p}closed ALLOW_CONNECTIONS false");
        let cases = [
            ("ana", "postgres", Some("wrong-and-secret"), Code::PGS004, "password authentication failed"),
            ("nobody", "postgres", Some("x"), Code::PGS004, "password authentication failed"),
            ("ana", "postgres", None, Code::PGS005, "none is known"),
            ("nologin", "postgres", Some("right"), Code::PGS006, "is not permitted to log in"),
            ("full", "postgres", Some("right"), Code::PGS012, "too many connections"),
            ("ana", "{p}missing", Some("right"), Code::PGS013, "does not exist"),
            ("ana", "{p}closed", Some("right"), Code::PGS014, "not currently accepting connections"),
            ("ana", "{p}private", Some("right"), Code::PGS014, "permission denied for database"),
        ];
        for (user, database, password, code, says) in cases {
            let (user, database) = (tenant.fill(&format!("{{p}}{user}")), tenant.fill(database));
            let resource = resource(cluster.address.port, &database, &user);
            let error = refusal(&resource, password);
            check(&error, &resource, code, says);
            assert!(!error.to_string().contains("wrong-and-secret"), "{error}");
        }
    });
}

#[test]
fn no_line_of_pg_hba() {
    let mut cluster = private();
    cluster.write_file(
        "pg_hba.conf",
        "local all all scram-sha-256\nhost all postgres 127.0.0.1/32 scram-sha-256\n",
    );
    cluster.restart();
    let resource = resource(cluster.address.port, "postgres", "ana");
    check(&refusal(&resource, Some("x")), &resource, Code::PGS006, "no pg_hba.conf entry");
}

#[test]
fn a_server_that_shuts_down() {
    let cluster = private();
    let _holds_it_up = cluster.session("postgres");
    let pid_file =
        std::fs::read_to_string(cluster.data_directory().join("postmaster.pid")).expect("a pid file");
    let pid = pid_file.lines().next().expect("a pid");
    // Smart shutdown: the server waits for its sessions, and lets nobody in meanwhile.
    assert!(test_support::process::signal("TERM", pid.parse().expect("a process id")));
    let resource = resource_of(&cluster, "postgres");
    let password = &cluster.superuser.password;
    for _ in 0..1200 {
        let password = secret(password);
        match run(Postgres::default().connect(&resource, Some(&password))) {
            // The signal is on its way.
            Ok(_) => std::thread::sleep(std::time::Duration::from_millis(50)),
            Err(error) => return check(&error, &resource, Code::PGS024, "shutting down"),
        }
    }
    panic!("the server never began to shut down");
}

#[test]
fn connections_that_lead_to_different_servers() {
    let (one, other) = (Cluster::newest(), Cluster::stranger(newest()));
    // The same administrator on both, as behind a load balancer.
    let name = "balanced";
    other.sql("postgres", &format!("CREATE ROLE {name} SUPERUSER LOGIN PASSWORD 'x'"));
    let tenant = one.tenant();
    let own = format!("{}{name}", tenant.prefix);
    one.sql("postgres", &format!("CREATE ROLE {own} SUPERUSER LOGIN PASSWORD 'x'"));
    other.sql("postgres", &format!("ALTER ROLE {name} RENAME TO {own}"));
    other.sql("postgres", &format!("ALTER ROLE {own} PASSWORD 'x'"));
    let proxy = Proxy::to(one.address.port, Rule::SwitchTo(other.address.port));
    let mut resource = resource(proxy.port, "postgres", &own);
    resource.sslmode = SslMode::Disable;
    run(async {
        let server = Postgres::default().connect(&resource, Some(&secret("x"))).await.expect("a session");
        let database = DatabaseName::new("postgres").expect("a name");
        let error = server.begin(&database).await.err().expect("another server");
        check(&error, &resource, Code::PGS027, "system identifier");
    });
}
