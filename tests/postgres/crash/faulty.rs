//! A fault at a chosen boundary of an apply.
//!
//! Boundaries are those of what it asks of servers (`boundary`), and every event that it tells its
//! audit (through the clock), between which it writes its state. Invariant: they have numbers, from
//! 1, that are the same in every apply of the same plan.

use std::cell::Cell;
use std::rc::Rc;

use crate::boundary::{Boundary, Witness};

/// What happens at the boundary.
pub(crate) type Act = Rc<dyn Fn(&str)>;

/// Counts boundaries and acts at one of them.
#[derive(Clone)]
pub(crate) struct Fault {
    passed: Rc<Cell<usize>>,
    /// How the names of the boundaries that are counted end.
    kind: &'static str,
    at: usize,
    act: Act,
}

impl Fault {
    /// Acts at boundary number `at`, counted from 1.
    pub(crate) fn new(at: usize, act: Act) -> Fault {
        Fault::among("", at, act)
    }

    /// The same, where only boundaries count whose names end so.
    pub(crate) fn among(kind: &'static str, at: usize, act: Act) -> Fault {
        Fault { passed: Rc::default(), kind, at, act }
    }

    /// One more boundary.
    pub(crate) fn pass(&self, name: &str) {
        if !name.ends_with(self.kind) {
            return;
        }
        self.passed.set(self.passed.get() + 1);
        if self.passed.get() == self.at {
            (self.act)(name);
        }
    }

    /// How many there were.
    pub(crate) fn passed(&self) -> usize {
        self.passed.get()
    }
}

impl Witness for Fault {
    const EACH_STATEMENT: bool = true;

    fn passes(&self, boundary: Boundary) {
        match boundary {
            Boundary::Before(work) => self.pass(&format!("before {work}")),
            Boundary::After(work) | Boundary::Failed(work) => self.pass(&format!("after {work}")),
        }
    }
}
