//! A session: the client, the task that drives its connection, and what happened to it.
//!
//! Not here: opening it (`connect`), what is said on it. Invariant: work that is dropped
//! before it is finished is cancelled on the server, by cancel requests that are repeated
//! until the session is idle or gone; and new work waits until then, so that no cancel
//! request hits what it was not meant for.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::provider::ProviderError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Connection};

use crate::connect::Target;
use crate::desk::Desk;
use crate::error::{self, Failure, Site};

/// How long a cancelled session may take to become idle before it is cancelled again:
/// a request that arrives between two pipelined statements hits none of them.
const CANCEL_AGAIN: Duration = Duration::from_millis(500);

/// How often at most.
const CANCEL_TIMES: u32 = 20;

/// SQLSTATEs with which a server ends sessions: 57P01 to 57P05.
const OPERATOR_INTERVENTION: &str = "57P";

/// Whether the wire is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// In the clear.
    Plain,
    /// TLS.
    Encrypted,
}

/// Whether work on a session was dropped unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calm {
    /// No.
    Undisturbed,
    /// Yes: what it left, a transaction perhaps, is not known.
    Interrupted,
}

/// How a connection ended: words for people.
#[derive(Clone, Debug)]
pub(crate) struct End(pub(crate) String);

/// An open session.
pub(crate) struct Link {
    client: Arc<Client>,
    /// Notices, and how the connection ended.
    pub(crate) desk: Arc<Desk>,
    /// To open more sessions.
    pub(crate) target: Arc<Target>,
    /// For messages.
    pub(crate) site: Site,
    /// Whether the administrator is a superuser, as the server reported at login.
    pub(crate) superuser: bool,
    /// The server's major version, as it reported at login.
    pub(crate) major: u32,
    protection: Protection,
    /// Cancellations under way.
    interrupts: Mutex<Vec<JoinHandle<()>>>,
}

impl Link {
    /// Takes a connection over and starts to drive it.
    pub(crate) fn start<S, T>(
        client: Client,
        connection: Connection<S, T>,
        protection: Protection,
        (target, site): (Arc<Target>, Site),
    ) -> Link
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let desk = Arc::new(Desk::default());
        let superuser = connection.parameter("is_superuser") == Some("on");
        let major = connection.parameter("server_version").map_or(0, major);
        tokio::spawn(drive(connection, Arc::clone(&desk)));
        Link {
            client: Arc::new(client),
            desk,
            target,
            site,
            superuser,
            major,
            protection,
            interrupts: Mutex::default(),
        }
    }

    /// To ask with. Ask inside of `work`, so that dropped work is cancelled.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the connection is known to be gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Does something on the session, e.g. `reading the catalogs`.
    pub(crate) async fn work<T>(
        &self,
        doing: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, ProviderError> {
        self.calm().await;
        let interrupt = Interrupt { link: self, armed: true };
        let outcome = work.await;
        interrupt.disarm();
        outcome.map_err(|failure| self.explain(failure, doing))
    }

    /// Waits until everything that was dropped is over. Whether there was anything.
    pub(crate) async fn calm(&self) -> Calm {
        let mut calm = Calm::Undisturbed;
        loop {
            let next = self.interrupts.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match next {
                // A cancellation that failed has done what it could.
                Some(interrupt) => drop(interrupt.await),
                None => return calm,
            }
            calm = Calm::Interrupted;
        }
    }

    /// Puts names to a failure on this session.
    pub(crate) fn explain(&self, failure: Failure, doing: &str) -> ProviderError {
        self.site.explain(failure, doing, self.desk.end())
    }

    /// The message for a session that is gone.
    pub(crate) fn lost(&self, doing: &str) -> ProviderError {
        error::lasting(self.site.lost(doing, self.desk.end()))
    }

    /// Sends one statement without waiting for the answer.
    pub(crate) fn send(&self, sql: &str) {
        use futures::FutureExt as _;
        // The first poll of a request sends it; requests are answered in order.
        let _ = self.client.batch_execute(sql).now_or_never();
    }

    /// Cancels what runs, from a task of its own: whoever drops something cannot wait.
    fn interrupt(&self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The runtime is gone, and with it the connection: the server notices that.
            return;
        };
        let (client, target) = (Arc::clone(&self.client), Arc::clone(&self.target));
        let protection = self.protection;
        let interrupt = runtime.spawn(async move {
            let token = client.cancel_token();
            for _ in 0..CANCEL_TIMES {
                // Without success there is nothing better to do than to try again.
                let _ = target.cancel(&token, protection).await;
                if tokio::time::timeout(CANCEL_AGAIN, client.check_connection()).await.is_ok() {
                    break;
                }
            }
        });
        self.interrupts.lock().unwrap_or_else(PoisonError::into_inner).push(interrupt);
    }
}

/// The major version in `15.18 (Debian 15.18-0+deb12u1)`, `18beta1`; 0 when there is none.
fn major(version: &str) -> u32 {
    let digits = version.split(|character: char| !character.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Cancels on the server what is dropped here.
struct Interrupt<'a> {
    link: &'a Link,
    armed: bool,
}

impl Interrupt<'_> {
    fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Interrupt<'_> {
    fn drop(&mut self) {
        if self.armed && !self.link.is_closed() {
            self.link.interrupt();
        }
    }
}

/// Moves messages until the connection ends. Ends by itself when the client is dropped.
async fn drive<S, T>(mut connection: Connection<S, T>, desk: Arc<Desk>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    // A server that crashes or stops at once says why in a warning, and is gone.
    let mut omen = None;
    loop {
        desk.cleared().await;
        match std::future::poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => {
                if notice.code().code().starts_with(OPERATOR_INTERVENTION) {
                    omen = Some(error::words(&notice));
                }
                desk.put(notice);
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return desk.close(End(omen.unwrap_or_else(|| end(&error)))),
            None => return desk.close(End("the session was closed here".to_owned())),
        }
    }
}

fn end(failure: &tokio_postgres::Error) -> String {
    match failure.as_db_error() {
        Some(refusal) => error::words(refusal),
        None => error::chain(failure),
    }
}
