//! What to start, how to reach it, and what can go wrong: the plain words of [`crate::server`].
//!
//! Data only. Invariant: no value here holds a process or a file open.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::account::{Account, AccountError, Closed};
use crate::initdb::{InitError, Superuser};

/// How long to wait for a server to start or stop. A loaded machine may need many times the usual 0.2 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Whether the server listens on 127.0.0.1 besides its unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loopback {
    /// Unix socket only.
    Off,
    /// Also a free TCP port.
    On,
}

/// Where the data directory comes from.
#[derive(Clone, Debug)]
pub enum Data {
    /// initdb: a server with an identity of its own.
    New,
    /// A copy of a data directory: fast, with the identity of the template.
    CopyOf(PathBuf),
}

/// What to start.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Existing directory to put the server's own directory in. When this process is root it should be
    /// sticky (/tmp) or owned by the account of servers, else a killed process leaves an empty directory.
    pub parent: PathBuf,
    /// Start of the name of the server's directory.
    pub name: String,
    /// The first superuser: of the new server, or the one that the template has.
    pub superuser: Superuser,
    /// Where the data comes from.
    pub data: Data,
    /// TCP or not.
    pub loopback: Loopback,
    /// Settings for postgresql.conf, name and unquoted value. Later ones win.
    pub settings: Vec<(String, String)>,
}

impl ServerOptions {
    /// A new server in the directory for temporary files (the system's, where the account of servers cannot
    /// enter the user's), listening on loopback too.
    pub fn new(name: &str) -> io::Result<ServerOptions> {
        let own = std::env::temp_dir();
        let open = Account::for_servers().is_ok_and(|account| account.can_enter(&own).is_ok());
        Ok(ServerOptions {
            parent: if open { own } else { PathBuf::from("/tmp") },
            name: name.to_owned(),
            superuser: Superuser::random()?,
            data: Data::New,
            loopback: Loopback::On,
            settings: Vec::new(),
        })
    }
}

/// Why a server did not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No account to run it under.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The account cannot reach the binaries or the directory.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// No data directory.
    #[error(transparent)]
    Init(#[from] InitError),
    /// A file or a process failed us.
    #[error("cannot run a server in {}", directory.display())]
    Io {
        /// The server's directory.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server ended while starting.
    #[error("the server did not start; its log ends with:\n{log}")]
    Ended {
        /// The last lines of its log.
        log: String,
    },
    /// The server did not get ready, or did not stop, in time.
    #[error("the server was not {wanted} after {} seconds; its log ends with:\n{log}", PATIENCE.as_secs())]
    Late {
        /// `ready` or `stopped`.
        wanted: &'static str,
        /// The last lines of its log.
        log: String,
    },
}

/// How to reach a server.
#[derive(Clone, Debug)]
pub struct Address {
    /// Directory of the unix socket: the `host` of a connection string.
    pub socket_directory: PathBuf,
    /// Port: of 127.0.0.1 when loopback is on, and in the name of the socket in any case.
    pub port: u16,
    /// Whether 127.0.0.1 works.
    pub loopback: Loopback,
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ends sessions, writes a checkpoint (`pg_ctl stop -m fast`).
    Fast,
    /// As a crash: the next start recovers (`pg_ctl stop -m immediate`).
    Immediate,
}

/// A server that was kept: what somebody needs who wants to end it by hand.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Process number of the server; SIGINT stops it.
    pub pid: u32,
    /// Directories to remove afterwards.
    pub directories: Vec<PathBuf>,
}
