//! Why a connection could not be opened, as messages that people read.
//!
//! Not here: opening it (`connect`), failures of open connections (`error`).
//! Invariant: each phase of connecting has its own failures, so that a message says how
//! far it got; no message has a secret.

use std::io;

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::provider::ProviderError;
use tokio_postgres::error::{DbError, SqlState};

use crate::connect::certificate;
use crate::error::{self, Site};

/// Advice to whoever reaches the server through something that drops startup options.
pub(crate) const NO_POOLER: &str = "Connect to the server itself, not to a pooler before it.";

/// How far a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Looking the name up.
    Resolve,
    /// Opening TCP or a unix socket.
    Dial,
    /// Asking for TLS.
    Negotiate,
    /// TLS handshake.
    Handshake,
    /// Startup and authentication.
    Login,
    /// The first questions.
    Greet,
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// Out of time.
    #[error("no answer within {1} s ({0:?})")]
    Late(Phase, u64),
    /// No name of the operating system's user, and none configured.
    #[error("no user name")]
    Nobody(#[source] io::Error),
    /// Name look-up.
    #[error("no address")]
    Resolve(#[source] io::Error),
    /// TCP or unix socket.
    #[error("no connection")]
    Dial(#[source] io::Error),
    /// The connection broke while TLS was agreed on.
    #[error("broken while asking for TLS")]
    Negotiate(#[source] io::Error),
    /// The server has no TLS.
    #[error("no TLS")]
    NoTls,
    /// Neither yes nor no to the question for TLS.
    #[error("not a PostgreSQL server")]
    NotPostgres,
    /// TLS handshake; a `rustls::Error` inside.
    #[error("TLS handshake failed")]
    Handshake(#[source] io::Error),
    /// Root certificates: the file (none: the system's) and why.
    #[error("no root certificates")]
    Roots(Option<String>, String),
    /// Startup and authentication.
    #[error("login failed")]
    Login(#[source] tokio_postgres::Error),
    /// The server asks for a password, and there is none.
    #[error("no password")]
    NoPassword,
    /// `server_version_num` of a server that is too old.
    #[error("version {0}")]
    Version(u32),
}

impl ConnectError {
    /// The message.
    pub(crate) fn tell(self, site: &Site) -> ProviderError {
        error::lasting(Diagnostic { span: site.span.clone(), ..self.diagnostic(site) })
    }

    fn diagnostic(self, site: &Site) -> Diagnostic {
        match self {
            ConnectError::Late(phase, seconds) => late(site, phase, seconds),
            ConnectError::Nobody(source) => site
                .tell(Code::PGS006, format_args!("The system does not say who runs roleform: {source}"))
                .hint("Name the administrator: `admin { username = \"…\" }`."),
            ConnectError::Resolve(source) => site
                .tell(Code::PGS003, format_args!("The host name has no address: {source}"))
                .hint("Check `host`, and that this machine can ask the name server that knows it."),
            ConnectError::Dial(source) => dial(site, &source),
            ConnectError::Negotiate(source) => closed(site, "when it was asked for TLS", &source),
            ConnectError::NoTls => site
                .tell(Code::PGS007, "The server has no TLS, and `sslmode` asks for it")
                .hint("Turn `ssl` on at the server, or say `sslmode = \"disable\"` if nobody else can read this network."),
            ConnectError::NotPostgres => site
                .tell(Code::PGS016, "What listens there is not a PostgreSQL server")
                .hint("Check `host` and `port`."),
            ConnectError::Handshake(source) => handshake(site, &source),
            ConnectError::Roots(file, why) => {
                let place = file.map_or("The system's root certificates".to_owned(), |path| {
                    format!("The root certificates in {}", engine::name::printable(&path))
                });
                site.tell(Code::PGS011, format_args!("{place} cannot be used: {why}"))
                    .hint("Name a PEM file with the certificate of the server's issuer in `sslrootcert`.")
            }
            ConnectError::Login(source) => login(site, &source),
            ConnectError::NoPassword => site
                .tell(Code::PGS005, "The server asks for a password, and none is known")
                .hint("Add `password = env(\"NAME\")` to the `admin` block, or run `roleform admin set`."),
            ConnectError::Version(number) => {
                let major = number / 10_000;
                site.tell(Code::PGS015, format_args!("The server is PostgreSQL {major}; roleform needs 13 or later"))
            }
        }
    }
}

fn late(site: &Site, phase: Phase, seconds: u64) -> Diagnostic {
    let what = match phase {
        Phase::Resolve => "the name server did not answer",
        Phase::Dial => "nothing answered at the address",
        Phase::Negotiate => "a connection was opened, but the question for TLS was not answered",
        Phase::Handshake => "a connection was opened, but the TLS handshake did not end",
        Phase::Login => "a connection was opened, but the login did not end",
        Phase::Greet => "the login succeeded, but the first query was not answered",
    };
    site.tell(Code::PGS002, format_args!("Within {seconds} s {what}"))
        .hint("Check `host` and `port`, and firewalls on the way. `connect_timeout` of the resource gives it more time.")
}

fn dial(site: &Site, source: &io::Error) -> Diagnostic {
    let hint = match source.kind() {
        io::ErrorKind::ConnectionRefused => {
            "Check that the server runs, and that it listens there (`listen_addresses`, `port`)."
        }
        io::ErrorKind::NotFound => {
            "There is no socket of a server in that directory: check `host` and `port`, and that the server runs."
        }
        io::ErrorKind::PermissionDenied => "This user may not open the socket of the server.",
        _ => "Check `host` and `port`, and the network between.",
    };
    site.tell(Code::PGS001, format_args!("The connection could not be opened: {source}")).hint(hint)
}

fn closed(site: &Site, when: &str, source: &dyn std::error::Error) -> Diagnostic {
    site.tell(Code::PGS001, format_args!("The connection was closed {when}: {}", error::chain(source)))
        .hint("Check that a PostgreSQL server listens at `host` and `port`; its log may say more.")
}

fn handshake(site: &Site, source: &io::Error) -> Diagnostic {
    let tls = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(wrong)) => certificate::refused(site, wrong),
        Some(other) => site.tell(Code::PGS010, format_args!("The TLS handshake failed: {other}")),
        None => site.tell(Code::PGS010, format_args!("The TLS handshake failed: {source}")),
    }
}

fn login(site: &Site, source: &tokio_postgres::Error) -> Diagnostic {
    match source.as_db_error() {
        Some(refusal) => refused(site, refusal),
        None if error::is_lost(source) => closed(site, "before the login was done", source),
        None => site.tell(Code::PGS016, format_args!("The login failed: {}", error::chain(source))),
    }
}

/// Whether another try without encryption can end otherwise (`sslmode = "prefer"`).
pub(crate) fn is_encryption_unwanted(error: &ConnectError) -> bool {
    match error {
        ConnectError::Handshake(_) => true,
        ConnectError::Login(source) => source.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION),
        _ => false,
    }
}

fn refused(site: &Site, refusal: &DbError) -> Diagnostic {
    let words = error::words(refusal);
    let state = refusal.code();
    let (code, hint) = if *state == SqlState::INVALID_PASSWORD {
        (Code::PGS004, "Check `username` and `password` of the `admin` block. The server's log may say more.")
    } else if *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        (
            Code::PGS006,
            "Ask for a line in the server's pg_hba.conf that lets this user in from here, or use another user.",
        )
    } else if *state == SqlState::INVALID_CATALOG_NAME {
        (Code::PGS013, "Check the name. Names of databases compare exactly, upper and lower case included.")
    } else if *state == SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE
        || *state == SqlState::INSUFFICIENT_PRIVILEGE
    {
        (Code::PGS014, "The database must accept connections, and the administrator needs CONNECT on it.")
    } else if *state == SqlState::TOO_MANY_CONNECTIONS {
        (Code::PGS012, "Wait, end some connections, or raise the limit.")
    } else if *state == SqlState::CANNOT_CONNECT_NOW
        || *state == SqlState::ADMIN_SHUTDOWN
        || *state == SqlState::CRASH_SHUTDOWN
    {
        (Code::PGS024, "Try again later.")
    } else if *state == SqlState::UNDEFINED_OBJECT || words.contains("startup parameter") {
        (Code::PGS026, NO_POOLER)
    } else {
        (Code::PGS001, "The server's log may say more.")
    };
    site.tell(code, format_args!("The server refused the login: {words}")).hint(hint)
}
