//! Cancel requests: a connection of their own, sixteen bytes, no answer.
//!
//! Source: PostgreSQL, "Canceling Requests in Progress". Not here: when to cancel (`link`).
//! Invariant: when `cancel` returns, the server has passed the request on to the session,
//! as libpq's `PQcancel`: it closes the connection once it has.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, NoTls, TlsConnect, TlsStream};

use super::dial::{self, Deadline, Encryption};
use super::failure::{ConnectError, Phase};
use super::{Target, is_socket};
use crate::link::Protection;
use crate::tls::{self, Established};

impl Target {
    /// Asks the server to cancel what a session runs. Whether that came in time only the
    /// session itself can tell.
    pub(crate) async fn cancel(
        &self,
        token: &CancelToken,
        protection: Protection,
    ) -> Result<(), ConnectError> {
        let deadline = Deadline::after(self.patience);
        if is_socket(&self.host) {
            let stream = dial::unix(&self.host, self.port, deadline).await?;
            return request(token, stream, NoTls, deadline).await;
        }
        let mut stream = dial::tcp(&self.host, self.port, deadline).await?;
        match (protection, &self.tls) {
            // Whoever reads the key of an unprotected cancel request can send it too.
            (Protection::Encrypted, Some(tls)) => {
                if dial::ask_for_tls(&mut stream, deadline).await? == Encryption::Refused {
                    return Err(ConnectError::NoTls);
                }
                let handshake = tls::handshake(tls, &self.host, stream);
                let stream = deadline.within(Phase::Handshake, handshake).await?;
                request(token, stream, Established, deadline).await
            }
            _ => request(token, stream, NoTls, deadline).await,
        }
    }
}

/// Sends the request and waits until the server closes.
async fn request<S, T>(
    token: &CancelToken,
    mut stream: S,
    tls: T,
    deadline: Deadline,
) -> Result<(), ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: for<'a> TlsConnect<Lent<'a, S>>,
{
    let conversation = async {
        token.cancel_query_raw(Lent(&mut stream), tls).await.map_err(ConnectError::Login)?;
        // Closed in whatever way: some servers reset the connection.
        let _ = stream.read(&mut [0]).await;
        Ok(())
    };
    deadline.within(Phase::Login, conversation).await
}

/// A stream that tokio-postgres writes to and we read the end of.
struct Lent<'a, S>(&'a mut S);

impl<S: AsyncRead + Unpin> AsyncRead for Lent<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lent<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Lent<'_, S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.0.channel_binding()
    }
}
