//! Audited runs of commands: one session each, from its first event to its last.
//!
//! Not here: the trail (`engine::audit`), the sessions of apply, whose operation keeps its
//! own. Invariant: what a session tells is on the disk before the command says it is done.

use engine::audit::event::{End, Event, SessionId, SessionKind, Start, What};
use engine::audit::trail;
use engine::diagnostic::Diagnostic;
use engine::state::store::Store;

use crate::surroundings;

/// A session that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    id: SessionId,
}

/// How a session begins.
pub(crate) fn start(kind: SessionKind, resources: Vec<String>) -> Start {
    Start {
        kind,
        who: surroundings::user(),
        host: surroundings::host(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        resources,
        plan: None,
    }
}

impl Session {
    /// Opens a session.
    pub(crate) fn open(store: &mut Store, start: Start) -> Result<Session, Diagnostic> {
        let session = Session { id: SessionId::new(surroundings::now(), surroundings::random()?) };
        session.tell(store, What::Started(start))?;
        Ok(session)
    }

    /// Tells something that happened.
    pub(crate) fn tell(self, store: &mut Store, what: What) -> Result<(), Diagnostic> {
        let event = Event { session: self.id, at: surroundings::now(), what };
        trail::append(store, &[event]).map(|_| ()).map_err(|error| error.diagnostic())
    }

    /// Closes the session and brings it to the disk.
    pub(crate) fn close(self, store: &mut Store, end: End) -> Result<(), Diagnostic> {
        self.tell(store, What::Ended(end))?;
        store.sync().map_err(|error| error.diagnostic())
    }
}
