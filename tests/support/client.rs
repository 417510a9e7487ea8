//! A SQL client for tests: text in, text out, one connection per session.
//!
//! Blocking, over the unix socket, with a password as any client. Not the client that
//! roleform uses: that one is under test.
//! Invariant: an error keeps its SQLSTATE, so that tests need not read messages.

use std::fmt;
use std::time::Duration;

use throwaway_server::options::Address;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// Rows of text; NULL is `None`.
pub type Rows = Vec<Vec<Option<String>>>;

/// Who logs in where.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// Role name.
    pub role: &'a str,
    /// Its password.
    pub password: &'a str,
    /// Database name.
    pub database: &'a str,
}

/// What the server refused, or why it could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// Five characters; 08006 when there is no connection.
    pub sqlstate: String,
    /// The server's words.
    pub message: String,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate, self.message)
    }
}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> SqlError {
        match error.as_db_error() {
            Some(said) => {
                SqlError { sqlstate: said.code().code().to_owned(), message: said.message().to_owned() }
            }
            None => SqlError { sqlstate: "08006".to_owned(), message: error.to_string() },
        }
    }
}

/// An open connection. Transactions and locks last until it is dropped.
pub struct Session {
    runtime: Runtime,
    client: Client,
}

impl Session {
    /// Logs in.
    pub fn open(address: &Address, login: Login<'_>) -> Result<Session, SqlError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the system gives a test an event loop");
        let mut config = Config::new();
        config
            .host_path(&address.socket_directory)
            .port(address.port)
            .user(login.role)
            .password(login.password)
            .dbname(login.database)
            .application_name("test")
            .connect_timeout(Duration::from_secs(60));
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await?;
            // Its error reaches us again through the next query.
            tokio::spawn(async { drop(connection.await) });
            Ok::<_, SqlError>(client)
        })?;
        Ok(Session { runtime, client })
    }

    /// Runs statements as one simple query; the rows of all of them.
    pub fn run(&mut self, sql: &str) -> Result<Rows, SqlError> {
        let messages = self.runtime.block_on(self.client.simple_query(sql))?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }
}
