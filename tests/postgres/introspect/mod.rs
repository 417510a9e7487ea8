//! Catalogs as `provider_postgres::introspect` reads them, shown as text.
//!
//! SQL set up by hand goes in, the picture that roleform gets comes out. Connecting is done
//! here by hand too: the provider's own connections have tests of their own.
//! Invariant: what is compared is the whole picture, so that nothing unasked-for can hide in it.

mod kinds;
mod names;
mod preflight;
mod rest;
mod roles;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use engine::acl::{Acl, Grantor};
use engine::catalog::{Grants, Membership, MembershipOptions, Password};
use engine::change::Place;
use engine::name::{DatabaseName, RoleName};
use engine::object::{Object, ObjectKind};
use engine::observed::{Identity, Observed, Scope};
use engine::public::{PublicObjects, PublicReach};
use expect_test::Expect;
use provider_postgres::introspect::{Local, Reader, Shared, assemble};
use test_support::cluster::Cluster;
use test_support::tenant::Tenant;
use tokio_postgres::{Client, Config, NoTls};

/// How every session of roleform is pinned; the transaction is the caller's.
const PINNED: &str = "SET search_path = pg_catalog; SET standard_conforming_strings = on; \
                      SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; \
                      BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A scope of managed roles (short names) and kinds that are listed whole.
fn scope(tenant: &Tenant<'_>, managed: &[&str], kinds: &[ObjectKind]) -> Scope {
    let role = |name: &&str| RoleName::new(&tenant.fill(&format!("{{p}}{name}"))).expect("a role name");
    Scope {
        managed: managed.iter().map(role).collect(),
        kinds: kinds.iter().copied().collect(),
        ..Scope::default()
    }
}

/// The full name of one of the tenant's databases.
fn database(tenant: &Tenant<'_>, name: &str) -> DatabaseName {
    DatabaseName::new(&tenant.fill(&format!("{{p}}{name}"))).expect("a database name")
}

/// What makes PUBLIC's entries on a database and everything in it belong to a scope.
fn public(database: &DatabaseName) -> [(Place, PublicReach); 2] {
    let itself = BTreeSet::from([Object::Database(database.clone())]);
    [
        (Place::Shared, PublicReach::Objects(PublicObjects { selected: itself, ..PublicObjects::default() })),
        (Place::Database(database.clone()), PublicReach::Unresolved),
    ]
}

/// Observes these databases (short names) as the superuser, as roleform would: what is
/// shared from the first of them.
fn observe(tenant: &Tenant<'_>, databases: &[&str], scope: &Scope) -> Observed {
    let superuser = &tenant.cluster.superuser;
    observe_as(tenant, (&superuser.name, &superuser.password, true), databases, scope)
}

/// Observes as anybody: name, password, whether that is a superuser.
fn observe_as(
    tenant: &Tenant<'_>,
    (role, password, superuser): (&str, &str, bool),
    databases: &[&str],
    scope: &Scope,
) -> Observed {
    let major = u32::from(tenant.cluster.version);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut shared = None;
        let mut locals = BTreeMap::new();
        for name in databases {
            let name = database(tenant, name);
            let client = connect(tenant.cluster, (role, password), name.as_str()).await;
            client.batch_execute(PINNED).await.expect("a pinned session");
            let reader = Reader::new(&client, major, superuser);
            if shared.is_none() {
                shared = Some(reader.shared(scope).await.expect("what is shared can be read"));
            }
            locals.insert(name.clone(), reader.local(&name, scope).await.expect("a database can be read"));
        }
        let identity = Identity { system_identifier: None, address: String::new(), version: major * 10_000 };
        assemble((identity, None), shared.expect("at least one database"), locals)
    })
}

/// The two halves of an observation of one database, as the superuser.
fn halves(tenant: &Tenant<'_>, name: &str, scope: &Scope) -> (Shared, Local) {
    let superuser = &tenant.cluster.superuser;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let name = database(tenant, name);
        let client = connect(tenant.cluster, (&superuser.name, &superuser.password), name.as_str()).await;
        client.batch_execute(PINNED).await.expect("a pinned session");
        let reader = Reader::new(&client, u32::from(tenant.cluster.version), true);
        let shared = reader.shared(scope).await.expect("what is shared can be read");
        (shared, reader.local(&name, scope).await.expect("a database can be read"))
    })
}

async fn connect(cluster: &Cluster, (role, password): (&str, &str), database: &str) -> Client {
    let mut config = Config::new();
    config.host_path(&cluster.address.socket_directory).port(cluster.address.port);
    config.user(role).password(password).dbname(database);
    let (client, connection) = config.connect(NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

/// Compares what a tenant's observation shows with what is expected.
#[track_caller]
fn check(tenant: &Tenant<'_>, observed: &Observed, expected: &Expect) {
    expected.assert_eq(&tenant.hide(&show(tenant, observed)));
}

/// The whole catalog as text: one line for every fact.
fn show(tenant: &Tenant<'_>, observed: &Observed) -> String {
    let mut out = String::new();
    let catalog = &observed.catalog;
    for (name, role) in &catalog.roles {
        let attributes = &role.attributes;
        let words = [
            ("LOGIN", attributes.login),
            ("INHERIT", attributes.inherit),
            ("SUPERUSER", attributes.superuser),
            ("CREATEDB", attributes.createdb),
            ("CREATEROLE", attributes.createrole),
            ("REPLICATION", attributes.replication),
            ("BYPASSRLS", attributes.bypassrls),
        ];
        let words: Vec<&str> = words.iter().filter(|(_, set)| *set).map(|(word, _)| *word).collect();
        let password = match role.password {
            Password::Unknown => "password unknown",
            Password::Absent => "no password",
            Password::Verifier(_) => "a password",
            Password::Fresh => "a fresh password",
        };
        let limit = attributes.connection_limit;
        writeln!(out, "role {name}: {} limit {limit}, {password}", words.join(" ")).expect("a string");
        let extras = [("until", &role.valid_until), ("comment", &role.comment)];
        for (word, value) in extras.iter().filter_map(|(word, value)| Some((word, (*value).as_ref()?))) {
            writeln!(out, "  {word} {value}").expect("a string");
        }
        for ((database, parameter), value) in &role.settings {
            let place = database.as_ref().map_or(String::new(), |database| format!("in {database}: "));
            writeln!(out, "  {place}{parameter} = {value}").expect("a string");
        }
    }
    let membership = |(key, options): (&Membership, &MembershipOptions)| {
        let by = by(&key.grantor);
        let options = [(options.admin, "ADMIN"), (options.inherit, "INHERIT"), (options.set, "SET")];
        let options: Vec<&str> = options.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
        tenant.hide(&format!("{} is in {}{by}: {}\n", key.member, key.role, options.join(" ")))
    };
    let mut memberships: Vec<String> = catalog.memberships.iter().map(membership).collect();
    // By text without the tenant's random prefix.
    memberships.sort();
    out.extend(memberships);
    show_grants(&mut out, "shared", &catalog.shared);
    for (database, grants) in &catalog.databases {
        show_grants(&mut out, database.as_str(), grants);
    }
    out
}

fn show_grants(out: &mut String, place: &str, grants: &Grants) {
    for (object, held) in grants.objects() {
        let word = match object {
            Object::Default(default) => {
                let schema = default.schema.as_ref().map_or("everywhere", |schema| schema.as_str());
                format!("default ({schema}): {}", object.short_name())
            }
            _ => format!("{} {object} of {}", object.kind().singular(), held.owner),
        };
        writeln!(out, "{place}: {word}{}", show_acl(grants.acl(held.acl))).expect("a string");
    }
}

fn show_acl(acl: &Acl) -> String {
    let mut out = String::new();
    for entry in acl.entries() {
        let option = match entry.holding.grantable {
            none if none.is_empty() => String::new(),
            grantable => format!(" (may grant {grantable})"),
        };
        let by = by(&entry.holding.grantor);
        write!(out, "\n    {}: {}{option}{by}", entry.grantee, entry.holding.privileges).expect("a string");
    }
    out
}

fn by(grantor: &Grantor) -> String {
    match grantor {
        Grantor::Owner => String::new(),
        Grantor::Role(role) => format!(" by {role}"),
    }
}
