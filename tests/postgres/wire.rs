//! What the tests of sessions and transactions share: resources, an event loop, checks.
//!
//! Invariant: every refusal that is checked here names the place, and tells no password.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use engine::code::Code;
use engine::declared::{DeclaredResource, SecretSource, SslMode};
use engine::diagnostic::{SourceFile, Span};
use engine::name::{DatabaseName, ResourceName, RoleName};
use engine::plan::Statement;
use engine::provider::{Executed, Provider, ProviderError, Server, Transaction};
use engine::secret::Secret;
use provider_postgres::Postgres;
use provider_postgres::server::PostgresServer;
use provider_postgres::transaction::PostgresTransaction;
use test_support::cluster::Cluster;
use test_support::servers;

/// Runs a test's conversation with a server.
pub(crate) fn run<T>(conversation: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event loop");
    runtime.block_on(conversation)
}

/// A resource block for 127.0.0.1.
pub(crate) fn resource(port: u16, database: &str, user: &str) -> DeclaredResource {
    let text = "resource \"postgres\" \"analytics\" {}".to_owned();
    let file = Arc::new(SourceFile::new("main.hcl", text));
    DeclaredResource {
        name: ResourceName::new("analytics").expect("a name"),
        host: "127.0.0.1".to_owned(),
        port,
        database: DatabaseName::new(database).expect("a name"),
        sslmode: SslMode::Prefer,
        sslrootcert: None,
        admin_username: Some(user.to_owned()),
        admin_password: SecretSource::Unset,
        connect_timeout_seconds: 10,
        span: Some(Span::new(&file, 0..8)),
        admin_span: None,
    }
}

/// The resource block for a test server, with its superuser as the administrator.
pub(crate) fn resource_of(cluster: &Cluster, database: &str) -> DeclaredResource {
    resource(cluster.address.port, database, &cluster.superuser.name)
}

/// A server of its own, of the newest version of this run.
pub(crate) fn private() -> Cluster {
    Cluster::private(newest(), &[])
}

/// The newest version of this run.
pub(crate) fn newest() -> u16 {
    let versions = servers::chosen();
    versions[versions.len() - 1]
}

/// A password for the provider.
pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// Connects as the superuser.
pub(crate) async fn connect(cluster: &Cluster, database: &str) -> PostgresServer {
    let password = secret(&cluster.superuser.password);
    let resource = resource_of(cluster, database);
    Postgres::default().connect(&resource, Some(&password)).await.unwrap_or_else(|error| panic!("{error}"))
}

/// What connecting ends with, as a refusal.
pub(crate) fn refusal(resource: &DeclaredResource, password: Option<&str>) -> ProviderError {
    let password = password.map(secret);
    match run(Postgres::default().connect(resource, password.as_ref())) {
        Ok(_) => panic!("the server let us in"),
        Err(error) => error,
    }
}

/// A refusal has this code, says this, and names the place.
#[track_caller]
pub(crate) fn check(error: &ProviderError, resource: &DeclaredResource, code: Code, says: &str) {
    let detail = &error.diagnostic.detail;
    assert_eq!(error.diagnostic.code, code, "{detail}");
    assert_eq!(error.diagnostic.summary, code.title());
    assert!(detail.contains(says), "{says:?} is not in {detail:?}");
    let user = resource.admin_username.as_deref().unwrap_or_default();
    let place = format!(
        "resource {} at {}:{}, database {}, user {user}",
        resource.name, resource.host, resource.port, resource.database
    );
    assert!(detail.contains(&place), "{place:?} is not in {detail:?}");
}

/// A transaction in a database.
pub(crate) async fn begin(server: &PostgresServer, database: &str) -> PostgresTransaction {
    let database = DatabaseName::new(database).expect("a name");
    server.begin(&database).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Statements without verifiers.
pub(crate) fn statements<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Vec<Statement> {
    texts.into_iter().map(|text| Statement::complete(text.into())).collect()
}

/// Executes statements without verifiers; what was reported, and how it ended.
pub(crate) async fn execute(
    transaction: &mut PostgresTransaction,
    statements: &[Statement],
) -> (Vec<Executed>, Result<(), ProviderError>) {
    let mut reported = Vec::new();
    let verifiers: BTreeMap<RoleName, Secret> = BTreeMap::new();
    let outcome = transaction.execute(statements, &verifiers, &mut |done| reported.push(done)).await;
    (reported, outcome)
}

/// Asks a server from beside the event loop: the test's client has a loop of its own.
pub(crate) fn aside<T: Send>(ask: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(ask).join().expect("it is answered"))
}

/// Waits until a query of the superuser returns `t`; servers do some things in their own time.
pub(crate) async fn wait_until(cluster: &Cluster, query: &str) {
    for _ in 0..1200 {
        if aside(|| cluster.query("postgres", query)) == vec![vec![Some("t".to_owned())]] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never became true that {query}");
}
