//! Opens sessions: from a resource to a connection that is logged in and pinned.
//!
//! Not here: what runs on it (`link`), what it is for (`server`, `transaction`).
//! Invariant: one deadline covers everything from the name look-up to the login, and every
//! session starts with the settings of `pins`.

mod cancel;
mod certificate;
pub(crate) mod dial;
pub(crate) mod failure;
pub mod passfile;
pub(crate) mod pins;

use std::sync::Arc;

use engine::declared::{DeclaredResource, SslMode};
use engine::name::DatabaseName;
use engine::provider::ProviderError;
use engine::secret::Secret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::{SslMode as Wanted, SslNegotiation};
use tokio_postgres::tls::{NoTls, TlsConnect};
use tokio_postgres::{Client, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Site;
use crate::link::{Link, Protection};
use crate::tls::{self, Established};
use dial::{Deadline, Encryption};
use failure::{ConnectError, Phase, is_encryption_unwanted};
use pins::Mode;

/// What sessions are called in `pg_stat_activity`.
const APPLICATION: &str = "roleform";

/// Everything that it takes to open another session on the same server.
pub(crate) struct Target {
    /// Host name, address, or directory of a unix socket.
    host: String,
    port: u16,
    mode: SslMode,
    tls: Option<MakeRustlsConnect>,
    user: String,
    password: Option<Secret>,
    /// How long connecting may take, in seconds.
    pub(crate) patience: u64,
    /// The place to name in messages, in the resource's own database.
    pub(crate) site: Site,
}

/// The administrator's name: as configured, else the operating system's user, as libpq.
pub fn administrator(resource: &DeclaredResource) -> Result<String, ProviderError> {
    match &resource.admin_username {
        Some(name) => Ok(name.clone()),
        None => whoami::username().map_err(|error| {
            let site = site(resource, "?");
            ConnectError::Nobody(std::io::Error::other(error)).tell(&site)
        }),
    }
}

/// Host and port for people: `10.0.3.4:5432`, `[::1]:5432`, `/run/postgresql:5432`.
pub(crate) fn address(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with(['[', '/']) {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

fn site(resource: &DeclaredResource, user: &str) -> Site {
    Site {
        resource: resource.name.clone(),
        address: address(&resource.host, resource.port),
        user: user.to_owned(),
        database: resource.database.clone(),
        span: resource.span.clone(),
    }
}

impl Target {
    /// Reads what a resource says, and its root certificates.
    pub(crate) fn new(
        resource: &DeclaredResource,
        password: Option<&Secret>,
    ) -> Result<Target, ProviderError> {
        let user = administrator(resource)?;
        let site = site(resource, &user);
        let tls = if is_socket(&resource.host) {
            None
        } else {
            let roots = resource.sslrootcert.as_deref();
            tls::client(resource.sslmode, roots).map_err(|error| error.tell(&site))?
        };
        Ok(Target {
            host: resource.host.clone(),
            port: resource.port,
            mode: resource.sslmode,
            tls,
            user,
            // Sessions in other databases are opened later and need it again.
            password: password.map(|secret| Secret::new(secret.reveal().to_owned())),
            patience: u64::from(resource.connect_timeout_seconds.max(1)),
            site,
        })
    }

    /// Opens a session in a database of the server.
    pub(crate) async fn open(
        self: &Arc<Target>,
        database: &DatabaseName,
        mode: Mode,
    ) -> Result<Link, ProviderError> {
        let site = Site { database: database.clone(), ..self.site.clone() };
        let deadline = Deadline::after(self.patience);
        match self.log_in(&site, mode, deadline).await {
            Ok(link) => Ok(link),
            Err(error) => Err(error.tell(&site)),
        }
    }

    async fn log_in(
        self: &Arc<Target>,
        site: &Site,
        mode: Mode,
        deadline: Deadline,
    ) -> Result<Link, ConnectError> {
        let config = self.config(site, mode);
        if is_socket(&self.host) {
            let stream = dial::unix(&self.host, self.port, deadline).await?;
            return self.start(config, stream, site, deadline).await;
        }
        if let Some(tls) = &self.tls {
            let outcome = self.log_in_encrypted(tls, config.clone(), site, deadline).await;
            match outcome {
                // As libpq: what `prefer` cannot have encrypted it takes plain.
                Err(error) if self.mode == SslMode::Prefer && is_encryption_unwanted(&error) => {}
                other => return other,
            }
        }
        let stream = dial::tcp(&self.host, self.port, deadline).await?;
        self.start(config, stream, site, deadline).await
    }

    async fn log_in_encrypted(
        self: &Arc<Target>,
        tls: &MakeRustlsConnect,
        mut config: Config,
        site: &Site,
        deadline: Deadline,
    ) -> Result<Link, ConnectError> {
        let mut stream = dial::tcp(&self.host, self.port, deadline).await?;
        match dial::ask_for_tls(&mut stream, deadline).await? {
            Encryption::Refused if self.mode == SslMode::Prefer => {
                return self.start(config, stream, site, deadline).await;
            }
            Encryption::Refused => return Err(ConnectError::NoTls),
            Encryption::Agreed => {}
        }
        let stream = deadline.within(Phase::Handshake, tls::handshake(tls, &self.host, stream)).await?;
        // To tokio-postgres: TLS is there, do not ask the server for it.
        config.ssl_mode(Wanted::Require).ssl_negotiation(SslNegotiation::Direct);
        let login = self.greet(&config, stream, Established);
        let (client, connection) = deadline.within(Phase::Login, login).await?;
        Ok(Link::start(client, connection, Protection::Encrypted, (Arc::clone(self), site.clone())))
    }

    async fn start<S>(
        self: &Arc<Target>,
        config: Config,
        stream: S,
        site: &Site,
        deadline: Deadline,
    ) -> Result<Link, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let login = self.greet(&config, stream, NoTls);
        let (client, connection) = deadline.within(Phase::Login, login).await?;
        Ok(Link::start(client, connection, Protection::Plain, (Arc::clone(self), site.clone())))
    }

    async fn greet<S, T>(
        &self,
        config: &Config,
        stream: S,
        tls: T,
    ) -> Result<(Client, Connection<S, T::Stream>), ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: TlsConnect<S>,
    {
        config.connect_raw(stream, tls).await.map_err(|error| {
            let refused = error.as_db_error().is_some();
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            // tokio-postgres has no other sign of it than this text.
            if !refused && cause.as_deref() == Some("password missing") {
                ConnectError::NoPassword
            } else {
                ConnectError::Login(error)
            }
        })
    }

    fn config(&self, site: &Site, mode: Mode) -> Config {
        let mut config = Config::new();
        config
            .user(&self.user)
            .dbname(site.database.as_str())
            .application_name(APPLICATION)
            .options(pins::options(mode))
            .ssl_mode(Wanted::Disable);
        if let Some(password) = &self.password {
            config.password(password.reveal());
        }
        config
    }
}

fn is_socket(host: &str) -> bool {
    host.starts_with('/')
}
