//! sled's handle, which can be waited for and closed without waiting for ever.
//!
//! sled 0.34 writes on threads of its own. A write that fails there is noted, but not everybody
//! who waits for it is woken (`Log::exit_reservation`); one that fails before (a large value) is
//! waited for all the same; and without threads nothing is written at all. Not here: what is
//! written (`store/database`). Invariant: every function returns, and so does every drop.

use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::Builder;
use std::time::Duration;
use std::{io, mem, thread};

use crate::state::store::closing::Closing;

/// The threads that sled starts when it is first used, and the one of a flush.
const THREADS: usize = 8;

/// How long between two looks at whether sled has failed without telling.
const GLANCE: Duration = Duration::from_millis(100);

/// How many of them, and with them how long a disk may take: five minutes.
const GLANCES: usize = 3000;

/// An open sled database.
pub(super) struct Handle {
    database: Closing<sled::Db>,
    /// A write failed, and sled may wait for it for ever.
    failed: bool,
}

impl Handle {
    /// Opens a database, or makes an empty one.
    pub(super) fn open(config: &sled::Config) -> sled::Result<Handle> {
        Ok(Handle { database: Closing::new(config.open()?), failed: false })
    }

    /// Writes something.
    pub(super) fn write<T>(&mut self, run: impl FnOnce(&sled::Db) -> sled::Result<T>) -> sled::Result<T> {
        // It stays so when this panics as well.
        let before = mem::replace(&mut self.failed, true);
        let written = run(&self.database)?;
        self.failed = before;
        Ok(written)
    }

    /// Brings what was written to the disk.
    pub(super) fn flush(&mut self) -> sled::Result<()> {
        self.write(flush)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // sled flushes once more when its last handle goes. After a failure that one never goes.
        if self.failed || self.flush().is_err() {
            mem::forget(sled::Db::clone(&self.database));
        }
    }
}

/// Whether the system gives this process as many threads as sled would wait for.
pub(super) fn check_threads() -> io::Result<()> {
    let gate = Mutex::new(());
    thread::scope(|scope| {
        let closed = gate.lock();
        let start = |_| Builder::new().spawn_scoped(scope, || drop(gate.lock())).map(drop);
        let started = (0..THREADS).try_for_each(start);
        drop(closed);
        started
    })
}

/// What the flush says, or why that could not be known: then a thread goes on waiting, with the
/// database in its hands.
fn flush(database: &sled::Db) -> sled::Result<()> {
    let (tell, answer) = mpsc::channel();
    let flushed = database.clone();
    Builder::new().spawn(move || {
        let result = flushed.flush();
        drop(flushed);
        // Nobody listens any more after a failure.
        let _ = tell.send(result.map(drop));
    })?;
    for _ in 0..GLANCES {
        match answer.recv_timeout(GLANCE) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => database.context.global_error()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(sled::Error::ReportableBug("its flush gave up".to_owned()));
            }
        }
    }
    Err(io::Error::from(io::ErrorKind::TimedOut).into())
}
