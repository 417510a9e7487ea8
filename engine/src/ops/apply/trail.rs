//! What an apply tells the audit, collected in order until the store takes it.
//!
//! Not here: the chain and its bytes (`audit`). Invariant: a statement stands in the trail with
//! the text as sent but for verifiers, which show as a mark; passwords never come near.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::audit::event::{Answer, Event, Notice, SessionId, Statement, TransactionStep, What};
use crate::audit::trail;
use crate::diagnostic::Diagnostic;
use crate::name::DatabaseName;
use crate::plan::Step;
use crate::provider::Executed;
use crate::state::store::Store;

/// Events of one session that the store has not taken yet. Shared by transactions that run
/// side by side, hence the cell.
pub struct Trail<'a> {
    session: SessionId,
    now: &'a dyn Fn() -> i64,
    events: RefCell<Vec<Event>>,
    /// Transactions that began and have not ended.
    open: RefCell<BTreeSet<(String, DatabaseName)>>,
    committed: RefCell<BTreeSet<(String, DatabaseName)>>,
    parts: Cell<usize>,
}

impl<'a> Trail<'a> {
    /// An empty trail of a session.
    pub fn new(session: SessionId, now: &'a dyn Fn() -> i64) -> Trail<'a> {
        let (events, open, committed) = (RefCell::default(), RefCell::default(), RefCell::default());
        Trail { session, now, events, open, committed, parts: Cell::new(0) }
    }

    /// Brings what was collected to the disk: a kill right after a COMMIT must not lose the
    /// statements that it committed.
    pub fn flush(&self, store: &mut Store) -> Result<(), Diagnostic> {
        let events = self.events.take();
        trail::append(store, &events).map_err(|error| error.diagnostic())?;
        store.sync().map_err(|error| error.diagnostic())
    }

    /// Adds anything.
    pub fn tell(&self, what: What) {
        self.events.borrow_mut().push(Event { session: self.session, at: (self.now)(), what });
    }

    /// A transaction began.
    pub(super) fn begun(&self, resource: &str, database: &DatabaseName) {
        self.transaction(resource, database, TransactionStep::Begun);
    }

    /// A transaction was committed.
    pub(super) fn committed(&self, resource: &str, database: &DatabaseName) {
        self.committed.borrow_mut().insert((resource.to_owned(), database.clone()));
        self.transaction(resource, database, TransactionStep::Committed);
    }

    /// A part that is committed ahead of the others was.
    pub(super) fn part_committed(&self) {
        self.parts.set(self.parts.get() + 1);
    }

    /// How many parts were committed in this session.
    pub(super) fn parts(&self) -> usize {
        self.parts.get()
    }

    /// Whether any transaction in this database was committed in this session.
    pub(super) fn was_committed(&self, resource: &str, database: &DatabaseName) -> bool {
        self.committed.borrow().contains(&(resource.to_owned(), database.clone()))
    }

    /// A transaction was rolled back.
    pub(super) fn rolled_back(&self, resource: &str, database: &DatabaseName) {
        self.transaction(resource, database, TransactionStep::RolledBack);
    }

    /// The connection was lost between COMMIT and its answer.
    pub(super) fn unknown(&self, resource: &str, database: &DatabaseName) {
        self.transaction(resource, database, TransactionStep::Unknown);
    }

    /// Whatever is open still was dropped, which rolls it back.
    pub(super) fn dropped(&self) {
        for (resource, database) in self.open.take() {
            self.rolled_back(&resource, &database);
        }
    }

    fn transaction(&self, resource: &str, database: &DatabaseName, step: TransactionStep) {
        let place = (resource.to_owned(), database.clone());
        match step {
            TransactionStep::Begun => self.open.borrow_mut().insert(place),
            TransactionStep::Committed | TransactionStep::RolledBack | TransactionStep::Unknown => {
                self.open.borrow_mut().remove(&place)
            }
        };
        let (resource, database) = (resource.to_owned(), database.to_string());
        self.tell(What::Transaction { resource, database, step });
    }

    /// A statement was answered.
    pub(super) fn executed(
        &self,
        resource: &str,
        (database, step): (&DatabaseName, &Step),
        executed: Executed,
    ) {
        let notice = |(sqlstate, text): (String, String)| Notice { sqlstate, text };
        self.tell(What::Statement(Box::new(Statement {
            resource: resource.to_owned(),
            database: database.to_string(),
            step: Some(executed.index as u64),
            node: step.subject.text.clone(),
            text: step.statement.display(),
            duration: executed.micros,
            answer: match executed.failure {
                None => Answer::Rows(executed.rows),
                Some(failure) => Answer::Error(notice(failure)),
            },
            notices: executed.notices.into_iter().map(notice).collect(),
        })));
    }
}
