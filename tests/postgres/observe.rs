//! Observation of a whole server: which databases are read, how often the wire turns.
//!
//! What is read in each is `introspect`'s subject. Invariant: sessions are real, and what
//! they cost is counted on the wire.

use std::cell::Cell;
use std::collections::BTreeSet;

use engine::declared::{DeclaredResource, SslMode};
use engine::name::{DatabaseName, RoleName, SchemaName};
use engine::object::{Object, ObjectKind};
use engine::observed::{Observed, Scope};
use engine::provider::{Progress, Provider, Quiet, Server, Transaction, View};
use engine::secret::Secret;
use provider_postgres::Postgres;
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;

use crate::wire::{aside, begin, connect, execute, resource, run, secret, statements};
use test_support::proxy::{Proxy, Rule};

fn database(name: &str) -> DatabaseName {
    DatabaseName::new(name).expect("a name")
}

/// Counts what is to do and what is done.
#[derive(Default)]
struct Count {
    expected: Cell<u64>,
    done: Cell<u64>,
}

impl Progress for Count {
    fn expect(&self, units: u64) {
        self.expected.set(self.expected.get() + units);
    }

    fn done(&self, units: u64) {
        self.done.set(self.done.get() + units);
    }
}

/// Three databases; a role that holds something in two of them.
fn populate(tenant: &Tenant<'_>) {
    tenant.sql("postgres", "CREATE ROLE {p}reader LOGIN");
    for name in ["app", "legacy", "bystander"] {
        tenant.database(name);
        tenant.sql(name, "CREATE TABLE orders (id int)");
    }
    for name in ["app", "legacy"] {
        tenant.sql(name, "GRANT SELECT ON orders TO {p}reader");
    }
}

fn scope(tenant: &Tenant<'_>, databases: &[&str]) -> Scope {
    Scope {
        managed: BTreeSet::from([RoleName::new(&tenant.fill("{p}reader")).expect("a name")]),
        databases: databases.iter().map(|name| database(&tenant.fill(name))).collect(),
        kinds: BTreeSet::from([ObjectKind::Table]),
        ..Scope::default()
    }
}

fn names(tenant: &Tenant<'_>, observed: &Observed) -> Vec<String> {
    observed.catalog.databases.keys().map(|name| tenant.hide(name.as_str())).collect()
}

/// What the role holds on `public.orders` of a database, as text.
fn held(tenant: &Tenant<'_>, observed: &Observed, name: &str) -> String {
    let orders = Object::Table(
        SchemaName::new("public").expect("a name"),
        engine::name::Name::new("orders").expect("a name"),
    );
    let role = RoleName::new(&tenant.fill("{p}reader")).expect("a name");
    let grants = &observed.catalog.databases[&database(&tenant.fill(name))];
    let acl = grants.acl_of(&orders).expect("the table is listed");
    acl.privileges_of(&engine::acl::Grantee::Role(role)).to_string()
}

#[test]
fn databases_are_read_where_the_scope_or_its_roles_are() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        populate(&tenant);
        tenant.database("closed");
        tenant.sql("postgres", "ALTER DATABASE {p}closed ALLOW_CONNECTIONS false");
        let cases: [(&str, &[&str], &[&str]); 5] = [
            ("postgres", &["{p}app"], &["{p}app", "{p}legacy"]),
            ("postgres", &["{p}app", "{p}legacy"], &["{p}app", "{p}legacy"]),
            ("{p}app", &["{p}app"], &["{p}app", "{p}legacy"]),
            ("{p}app", &[], &["{p}app", "{p}legacy"]),
            // The engine says what is wrong with these: it knows who named them.
            ("{p}bystander", &["{p}app", "{p}missing", "{p}closed"], &["{p}app", "{p}legacy"]),
        ];
        for (home, in_scope, expected) in cases {
            run(async {
                let server = connect(cluster, &tenant.fill(home)).await;
                let count = Count::default();
                let observed = server.observe(&scope(&tenant, in_scope), &count).await;
                let observed = observed.unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(names(&tenant, &observed), expected, "from {home} with {in_scope:?}");
                assert_eq!(held(&tenant, &observed, "{p}legacy"), "SELECT");
                assert_eq!(count.done.get(), count.expected.get());
                assert!(!observed.databases[&database(&tenant.fill("{p}closed"))].accepts_connections);
            });
        }
    });
}

#[test]
fn every_observation_is_fresh() {
    Cluster::on_each_version(|cluster| {
        let tenant = cluster.tenant();
        populate(&tenant);
        let app = tenant.fill("{p}app");
        let scope = scope(&tenant, &["{p}app"]);
        run(async {
            let server = connect(cluster, &app).await;
            let observe =
                async || server.observe(&scope, &Quiet).await.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(held(&tenant, &observe().await, "{p}app"), "SELECT");
            aside(|| tenant.sql("app", "GRANT INSERT ON orders TO {p}reader"));
            assert_eq!(held(&tenant, &observe().await, "{p}app"), "SELECT, INSERT");

            // Inside a transaction: its own work and nobody else's.
            let mut transaction = begin(&server, &app).await;
            let grant = tenant.fill("GRANT UPDATE ON public.orders TO {p}reader");
            execute(&mut transaction, &statements([grant])).await.1.expect("a grant");
            let inside = transaction.observe(&scope, View::LocalAndShared).await.expect("a catalog");
            let local = transaction.observe(&scope, View::Local).await.expect("a catalog");
            assert_eq!(inside.databases, local.databases);
            assert_eq!((inside.roles.len(), local.roles.len()), (1, 0));
            let outside = observe().await;
            assert_ne!(inside.databases[&database(&app)], outside.catalog.databases[&database(&app)]);
            transaction.rollback().await.expect("a rollback");
            assert_eq!(held(&tenant, &observe().await, "{p}app"), "SELECT, INSERT");
        });
    });
}

#[test]
fn an_observation_that_is_given_up_leaves_the_session_usable() {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    populate(&tenant);
    let scope = scope(&tenant, &["{p}app"]);
    run(async {
        let server = connect(cluster, &tenant.fill("{p}app")).await;
        for _ in 0..3 {
            let observation = server.observe(&scope, &Quiet);
            // Polled once: everything is sent, nothing is answered.
            assert!(futures::FutureExt::now_or_never(observation).is_none());
        }
        let observed = server.observe(&scope, &Quiet).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(held(&tenant, &observed, "{p}app"), "SELECT");
    });
}

/// Round trips of each session that reads a server with two named databases beside the home
/// database, in the order of their opening. The least of three runs: a busy machine may take
/// longer to send what is sent together than the wire takes to answer the first of it.
fn turns(read: impl AsyncFn(&DeclaredResource, &Secret, &Scope)) -> Vec<usize> {
    let cluster = Cluster::newest();
    let tenant = cluster.tenant();
    populate(&tenant);
    let scope = scope(&tenant, &["{p}app", "{p}legacy"]);
    let once = |_| {
        let proxy = Proxy::to(cluster.address.port, Rule::Slow);
        let mut resource = resource(proxy.port, "postgres", &cluster.superuser.name);
        resource.sslmode = SslMode::Disable;
        run(read(&resource, &secret(&cluster.superuser.password), &scope));
        proxy.turns()
    };
    let least = |all: Vec<usize>, one: Vec<usize>| {
        assert_eq!(all.len(), one.len(), "as many sessions each time");
        all.into_iter().zip(one).map(|(a, b)| a.min(b)).collect()
    };
    (0..3).map(once).reduce(least).expect("three runs")
}

#[test]
fn on_an_open_server_the_wire_turns_ten_times_at_most() {
    let turns = turns(async |resource, password, scope| {
        let server = Postgres::default().connect(resource, Some(password)).await.expect("a session");
        server.observe(scope, &Quiet).await.unwrap_or_else(|error| panic!("{error}"));
    });
    assert_eq!(turns.len(), 3, "one session at home and one per database");
    // At home: three for the login, one to ask who it is, one to read, one to end. In the
    // databases, side by side, once it is known who it is: three, one to read, one to end.
    // Nobody waits for an end, so the longest way is 4 + 4, and two for opening TCP: 10.
    assert!(turns[0] <= 6 && turns[1] <= 5 && turns[2] <= 5, "{turns:?}");
}

#[test]
fn to_plan_the_wire_turns_five_times() {
    let turns = turns(async |resource, password, scope| {
        let looked = Postgres::default().look((resource, Some(password)), scope, &Quiet).await;
        looked.unwrap_or_else(|error| panic!("{error}"));
    });
    assert_eq!(turns.len(), 3, "one session at home and one per database");
    // All side by side: three for the login, one to ask everything, and one to end, for which
    // nobody waits. With one for opening TCP: 5.
    assert!(turns.iter().all(|turns| *turns <= 5), "{turns:?}");
}
