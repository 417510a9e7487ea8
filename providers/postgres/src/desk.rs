//! Where a notice waits until it is known which statement it belongs to.
//!
//! Notices come in order with the answers, but tokio-postgres hands them over apart: the
//! task that drives the connection gets notices, whoever sent a statement gets its
//! answer. When the driver gets a notice, all answers before it have been handed over
//! and none after it. So it puts the notice on the desk and stops; the clerk (`execute`)
//! takes all the answers that there are, and then the notice belongs to the first
//! statement that has none yet; then the driver goes on.
//! Invariant: while somebody attends the desk, at most one notice lies on it, and no
//! answer from after it has been handed over.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio_postgres::error::DbError;

use crate::link::End;

/// The desk of one connection.
#[derive(Debug, Default)]
pub(crate) struct Desk(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    attended: bool,
    notice: Option<Box<DbError>>,
    driver: Option<Waker>,
    clerk: Option<Waker>,
    end: Option<End>,
}

impl Desk {
    /// For the driver: waits until no notice lies there.
    pub(crate) async fn cleared(&self) {
        std::future::poll_fn(|context| {
            let mut inner = self.inner();
            if inner.notice.is_none() {
                return Poll::Ready(());
            }
            inner.driver = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// For the driver: puts a notice down. Nobody wants it when nobody attends.
    pub(crate) fn put(&self, notice: DbError) {
        let mut inner = self.inner();
        if inner.attended {
            inner.notice = Some(Box::new(notice));
            wake(inner.clerk.take());
        }
    }

    /// For the driver: the connection has ended. Call it before the connection is dropped,
    /// so that whoever learns of the end finds the reason here.
    pub(crate) fn close(&self, end: End) {
        self.inner().end = Some(end);
    }

    /// How the connection ended, if it has.
    pub(crate) fn end(&self) -> Option<End> {
        self.inner().end.clone()
    }

    /// For the clerk: from now on notices wait. Every request before must have been
    /// answered, or its notices count for what comes.
    pub(crate) fn attend(&self) -> Clerk<'_> {
        self.inner().attended = true;
        Clerk(self)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it holds the lock, so what it guards is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever attends a desk.
pub(crate) struct Clerk<'a>(&'a Desk);

impl Clerk<'_> {
    /// Whether a notice waits; if not, the task is woken when one comes. Take all answers
    /// after this, then `take` the notice.
    pub(crate) fn sees_notice(&self, context: &Context<'_>) -> bool {
        let mut inner = self.0.inner();
        inner.clerk = Some(context.waker().clone());
        inner.notice.is_some()
    }

    /// Takes the notice, and lets the driver go on.
    pub(crate) fn take(&self) -> Option<Box<DbError>> {
        let mut inner = self.0.inner();
        let notice = inner.notice.take();
        wake(inner.driver.take());
        notice
    }
}

impl Drop for Clerk<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        inner.attended = false;
        inner.notice = None;
        inner.clerk = None;
        wake(inner.driver.take());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
