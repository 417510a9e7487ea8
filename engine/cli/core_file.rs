//! A process that dies leaves no core file: its memory holds passwords.
//!
//! Not here: what a panic prints (`panic`), which leaves none. Invariant: what this process had in
//! memory is on no disk, whatever it dies of, and whatever the limits were that it started with.

/// Asks the system for that.
#[cfg(unix)]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    // A system that refuses to do less than it may is no reason not to work.
    let _ = setrlimit(Resource::Core, limit);
}

/// Only Unix has core files.
#[cfg(not(unix))]
pub(crate) fn forbid() {}
