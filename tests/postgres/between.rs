//! Others act at a chosen moment of an apply, which stops for it.
//!
//! Not here: what others do (the tests), moments as such (`boundary`). Invariant: the act happens
//! once, at the first such moment, and is over before the apply goes on.

use std::cell::Cell;
use std::rc::Rc;

use provider_postgres::Postgres;

use crate::boundary::{Boundary, Watched, Witness, Work};
use crate::wire::aside;

/// Moments of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The server is reached, and no transaction is open.
    Connected,
    /// A transaction is open, and has not looked.
    Begun,
    /// It has seen the facts, and nothing is executed.
    Looked,
    /// All is executed, and the outcome not seen.
    Executed,
    /// The outcome is proven, and nothing committed.
    Proven,
}

impl Moment {
    /// What it comes after.
    fn after(self) -> Work {
        match self {
            Moment::Connected => Work::Connecting,
            Moment::Begun => Work::Begin,
            Moment::Looked => Work::Look,
            Moment::Executed => Work::Statements,
            Moment::Proven => Work::Proof,
        }
    }
}

/// What others do, and when.
#[derive(Clone)]
pub(crate) struct Act<'a> {
    moment: Moment,
    act: &'a (dyn Fn() + Sync),
    done: Rc<Cell<bool>>,
}

impl<'a> Act<'a> {
    /// Others act at this moment.
    pub(crate) fn at(moment: Moment, act: &'a (dyn Fn() + Sync)) -> Act<'a> {
        Act { moment, act, done: Rc::default() }
    }

    /// Whether the moment came.
    pub(crate) fn came(&self) -> bool {
        self.done.get()
    }

    /// The provider, and what others do.
    pub(crate) fn beside(&self, provider: Postgres) -> Watched<Postgres, Act<'a>> {
        Watched::new(provider, self.clone())
    }
}

impl Witness for Act<'_> {
    const EACH_STATEMENT: bool = false;

    fn passes(&self, boundary: Boundary) {
        if boundary == Boundary::After(self.moment.after()) && !self.done.replace(true) {
            aside(self.act);
        }
    }
}
