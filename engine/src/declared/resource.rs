//! A server of the inventory, and how it is reached.
//!
//! Not here: connecting (the provider), secrets themselves (the rim resolves them). Invariant:
//! what stands here may stand in a plan, but for a password that was written as a literal.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Span};
use crate::name::{DatabaseName, ResourceName};

/// A `resource "postgres" "label"` block: one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredResource {
    /// The label.
    pub name: ResourceName,
    /// Host name, address, or the absolute path of a directory with a unix socket.
    pub host: String,
    /// Port, 5432 when absent.
    pub port: u16,
    /// The database where role DDL runs and the lock is taken; `postgres` when absent.
    pub database: DatabaseName,
    /// How the wire is protected.
    pub sslmode: SslMode,
    /// File with the root certificates to trust instead of the system's.
    pub sslrootcert: Option<String>,
    /// The administrator's name; `None`: the operating system's user, as libpq.
    pub admin_username: Option<String>,
    /// Where the administrator's password comes from.
    pub admin_password: SecretSource,
    /// Seconds to wait for a connection, 10 when absent.
    pub connect_timeout_seconds: u32,
    /// Where the block stands; `None` when a plan file tells.
    pub span: Option<Span>,
    /// Where its `admin` block stands, if there is one.
    pub admin_span: Option<Span>,
}

impl DeclaredResource {
    /// A message about this server at the place where it is mended: the `admin` block when the
    /// password is what is wrong.
    pub fn locate(&self, message: Diagnostic) -> Diagnostic {
        let admin = match message.code {
            Code::PGS004 | Code::CLI005 => self.admin_span.as_ref(),
            _ => None,
        };
        let span = message.span.clone().or(admin.or(self.span.as_ref()).cloned());
        Diagnostic { span, ..message }
    }
}

/// `sslmode`, as libpq.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS when the server offers it, unverified.
    Prefer,
    /// TLS, unverified.
    Require,
    /// TLS, certificate verified.
    VerifyCa,
    /// TLS, certificate and host name verified.
    VerifyFull,
}

/// Where a secret comes from; resolved at the rim, never evaluated into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Credential store, then PGPASSFILE, then none.
    Unset,
    /// `env("NAME")`.
    Environment(String),
    /// `file("PATH")`: the first line of a file, relative to the configuration.
    File(String),
    /// `command(["op", "read", "…"])`: the first line of a command's output.
    Command(Vec<String>),
    /// Written into the configuration (warned about).
    Literal(String),
    /// The same, as a plan has it: without the password.
    InConfiguration,
}
