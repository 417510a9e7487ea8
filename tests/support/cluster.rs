//! A PostgreSQL server for tests.
//!
//! [`Cluster::shared`] is one server per version for the whole run (under
//! `with-servers`) or for this process: use it with a [`Tenant`], and change nothing
//! that others see. [`Cluster::private`] is a test's own, to stop, restart and configure.
//! Invariant: servers end with the process that started them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use throwaway_server::initdb::Superuser;
use throwaway_server::options::{Address, Stop};
use throwaway_server::server::ThrowawayServer;

use crate::client::{Login, Rows, Session, SqlError};
use crate::servers::{self, Identity};
use crate::tenant::Tenant;

/// Servers that this process started or found, by major version. They are never dropped: the end of the process
/// ends them.
static SHARED: Mutex<BTreeMap<u16, &'static Cluster>> = Mutex::new(BTreeMap::new());

/// A running server.
pub struct Cluster {
    /// Major version.
    pub version: u16,
    /// How to reach it.
    pub address: Address,
    /// Its superuser; the admin of most tests.
    pub superuser: Superuser,
    directory: PathBuf,
    server: Option<ThrowawayServer>,
}

impl Cluster {
    /// The server of this version that tests share.
    pub fn shared(version: u16) -> &'static Cluster {
        // A test that failed to start a server must not fail all others with a poisoned lock.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.entry(version).or_insert_with(|| Box::leak(Box::new(Cluster::find_or_start(version))))
    }

    /// The shared server of the newest version that this run tests: for tests to which the version does not matter.
    pub fn newest() -> &'static Cluster {
        let versions = servers::chosen();
        Cluster::shared(versions[versions.len() - 1])
    }

    /// Runs a check on the shared server of each version of this run; a failure says which.
    pub fn on_each_version(check: impl Fn(&'static Cluster)) {
        for version in servers::chosen() {
            let on = OnVersion(version);
            check(Cluster::shared(version));
            drop(on);
        }
    }

    /// A server of its own, with these settings in its postgresql.conf. Takes half a second.
    pub fn private(version: u16, settings: &[(&str, &str)]) -> Cluster {
        Cluster::own(version, servers::start(version, Identity::OfTemplate, settings))
    }

    /// A private server with a `system_identifier` of its own. Takes two seconds.
    pub fn stranger(version: u16) -> Cluster {
        Cluster::own(version, servers::start(version, Identity::Own, &[]))
    }

    /// One test's corner of this server.
    pub fn tenant(&self) -> Tenant<'_> {
        Tenant::new(self)
    }

    /// Runs statements as the superuser, as one simple query: one transaction, unless it says otherwise.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) {
        self.query(database, sql);
    }

    /// Runs statements as the superuser and returns their rows.
    #[track_caller]
    pub fn query(&self, database: &str, sql: &str) -> Rows {
        self.try_sql(database, sql).unwrap_or_else(|error| panic!("{error}\n  in {database}: {sql}"))
    }

    /// Runs statements as the superuser, who may be refused too.
    pub fn try_sql(&self, database: &str, sql: &str) -> Result<Rows, SqlError> {
        let Superuser { name, password } = &self.superuser;
        self.try_as(Login { role: name, password, database }, sql)
    }

    /// Logs in and tries statements.
    pub fn try_as(&self, login: Login<'_>, sql: &str) -> Result<Rows, SqlError> {
        Session::open(&self.address, login)?.run(sql)
    }

    /// An open connection of the superuser, to hold locks and transactions with.
    #[track_caller]
    pub fn session(&self, database: &str) -> Session {
        let Superuser { name, password } = &self.superuser;
        let login = Login { role: name, password, database };
        Session::open(&self.address, login).unwrap_or_else(|error| panic!("{error}\n  in {database}"))
    }

    /// Everything the server logged so far.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.directory.join("server.log")).expect("a server has a log");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The data directory.
    pub fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Stops a private server and keeps its data.
    pub fn stop(&mut self, how: Stop) {
        self.private_server().stop(how).expect("the server stops");
    }

    /// Starts a private server again, on the same address; stops it first if it runs.
    pub fn restart(&mut self) {
        self.private_server().restart().expect("the server starts again");
    }

    /// Writes a file into a private server's data directory (`pg_hba.conf`, `server.key`), readable by it alone.
    pub fn write_file(&mut self, name: &str, content: &str) {
        self.private_server().write_file(name, content).expect("a file in the data directory");
    }

    fn find_or_start(version: u16) -> Cluster {
        match servers::published(version) {
            Some(servers::Running { directory, address, superuser }) => {
                Cluster { version, address, superuser, directory, server: None }
            }
            None => Cluster::own(version, servers::start(version, Identity::OfTemplate, &[])),
        }
    }

    fn own(version: u16, server: ThrowawayServer) -> Cluster {
        let (address, superuser) = (server.address.clone(), server.superuser.clone());
        Cluster { version, address, superuser, directory: server.directory.clone(), server: Some(server) }
    }

    /// Shared servers are only ever lent as `&'static`, so whoever has `&mut` has a private one.
    fn private_server(&mut self) -> &mut ThrowawayServer {
        self.server.as_mut().expect("a private cluster owns its server")
    }
}

/// Names the version when a check panics.
struct OnVersion(u16);

impl Drop for OnVersion {
    #[expect(clippy::print_stderr, reason = "the reader of a failed test needs the version")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this happened on PostgreSQL {}", self.0);
        }
    }
}
