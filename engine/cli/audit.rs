//! Audited runs of commands: one session each, from its first event to its last.
//!
//! Not here: the trail (`engine::audit`), what operations tell it. Invariant: what a
//! session tells is on the disk before the command says that it is done.

use engine::audit::event::{CredentialAction, End, Outcome, SessionId, SessionKind, Start, What};
use engine::code::Code;
use engine::diagnostic::{Diagnostic, Diagnostics, Severity};
use engine::ops::apply::trail::Trail;
use engine::plan::saved::PlanId;
use engine::state::store::Store;

use crate::surroundings;

/// A session that is under way.
pub(crate) struct Session {
    /// What operations tell their events to.
    pub(crate) trail: Trail<'static>,
}

impl Session {
    /// Opens a session about these resources.
    pub(crate) fn open(
        store: &mut Store,
        kind: SessionKind,
        resources: Vec<String>,
        plan: Option<PlanId>,
    ) -> Result<Session, Diagnostic> {
        let id = SessionId::new(surroundings::now(), surroundings::random()?);
        let session = Session { trail: Trail::new(id, &surroundings::now) };
        session.trail.tell(What::Started(Start {
            kind,
            who: surroundings::user(),
            host: surroundings::host(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            resources,
            plan,
        }));
        session.trail.flush(store)?;
        Ok(session)
    }

    /// Tells a sentence.
    pub(crate) fn note(&self, text: String) {
        self.trail.tell(What::Note { code: None, text });
    }

    /// Tells that a stored password was decrypted.
    pub(crate) fn password_read(&self, account: String) {
        self.trail.tell(What::Credential { account, action: CredentialAction::Read });
    }

    /// Closes the session of a run that did what it should.
    pub(crate) fn done(
        self,
        store: &mut Store,
        plan: Option<PlanId>,
        text: String,
    ) -> Result<(), Diagnostic> {
        let serial = store.contents().serial;
        self.close(store, End { outcome: Outcome::Done, plan, serial, code: None, text })
    }

    /// Closes the session of a run that failed. Returns all that there is to tell: why, and
    /// that this is not on record when the store does not take it any more.
    pub(crate) fn failed(self, store: &mut Store, mut why: Diagnostics) -> Diagnostics {
        let first = why.0.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        let outcome = match first.map(|diagnostic| diagnostic.code) {
            Some(Code::APL006 | Code::CLI006) => Outcome::Interrupted,
            Some(code) if code.name().starts_with("SAV") => Outcome::Refused,
            _ => Outcome::Failed,
        };
        let end = End {
            outcome,
            plan: None,
            serial: store.contents().serial,
            code: first.map(|diagnostic| diagnostic.code.to_string()),
            text: first.map_or_else(String::new, |found| format!("{}: {}", found.summary, found.detail)),
        };
        if let Err(unrecorded) = self.close(store, end) {
            why.push(unrecorded);
        }
        why
    }

    fn close(self, store: &mut Store, end: End) -> Result<(), Diagnostic> {
        self.trail.tell(What::Ended(end));
        self.trail.flush(store)?;
        store.sync().map_err(|error| error.diagnostic())
    }
}
