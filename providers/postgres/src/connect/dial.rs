//! Opens the stream to a server: name look-up, TCP or unix socket, the question for TLS.
//!
//! Not here: TLS itself (`tls`), login (`connect`). One's own rather than tokio-postgres's,
//! so that each phase has its failures and all of them share one deadline.
//! Invariant: of the server's answer to the question for TLS exactly one byte is read.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use super::failure::{ConnectError, Phase};

/// When to give up, and what to call it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    seconds: u64,
}

impl Deadline {
    /// So many seconds from now.
    pub(crate) fn after(seconds: u64) -> Deadline {
        Deadline { at: Instant::now() + Duration::from_secs(seconds), seconds }
    }

    /// Runs one phase.
    pub(crate) async fn within<T>(
        self,
        phase: Phase,
        work: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        match timeout_at(self.at, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ConnectError::Late(phase, self.seconds)),
        }
    }
}

/// Opens the unix socket of a server.
pub(crate) async fn unix(directory: &str, port: u16, deadline: Deadline) -> Result<UnixStream, ConnectError> {
    let path = std::path::Path::new(directory).join(format!(".s.PGSQL.{port}"));
    deadline.within(Phase::Dial, async { UnixStream::connect(path).await.map_err(ConnectError::Dial) }).await
}

/// Opens a TCP connection to the first address of a host that takes one.
pub(crate) async fn tcp(host: &str, port: u16, deadline: Deadline) -> Result<TcpStream, ConnectError> {
    // An IPv6 address may stand in brackets, as in a URL.
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let addresses: Vec<SocketAddr> = deadline
        .within(Phase::Resolve, async {
            lookup_host((host, port)).await.map(Iterator::collect).map_err(ConnectError::Resolve)
        })
        .await?;
    let mut failure = ConnectError::Resolve(io::Error::new(io::ErrorKind::NotFound, "no address"));
    for (position, address) in addresses.iter().enumerate() {
        // A host with several addresses of which one swallows packets: each gets its share.
        let left = deadline.at.saturating_duration_since(Instant::now());
        let others = u32::try_from(addresses.len() - position).unwrap_or(u32::MAX);
        let share = Deadline { at: Instant::now() + left / others, ..deadline };
        let attempt = async { TcpStream::connect(address).await.map_err(ConnectError::Dial) };
        match share.within(Phase::Dial, attempt).await {
            Ok(stream) => return watched(stream).map_err(ConnectError::Dial),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Without delay, and noticing within a minute when the other side is gone.
fn watched(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10))
        .with_retries(3);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}

/// Whether the server goes on with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// It waits for the handshake.
    Agreed,
    /// It has none.
    Refused,
}

/// Asks for TLS (PostgreSQL, "SSL Session Encryption"): length 8, code 1234.5679.
pub(crate) async fn ask_for_tls(
    stream: &mut TcpStream,
    deadline: Deadline,
) -> Result<Encryption, ConnectError> {
    const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    let conversation = async {
        stream.write_all(&REQUEST).await.map_err(ConnectError::Negotiate)?;
        // One byte and no more: what somebody slipped in after it in the clear goes into the
        // handshake, where it fails (CVE-2021-23222).
        stream.read_u8().await.map_err(ConnectError::Negotiate)
    };
    match deadline.within(Phase::Negotiate, conversation).await? {
        b'S' => Ok(Encryption::Agreed),
        b'N' => Ok(Encryption::Refused),
        _ => Err(ConnectError::NotPostgres),
    }
}
