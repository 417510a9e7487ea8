//! Ctrl-C during the story: remembered, so that the story ends between two steps and
//! cleans up, instead of dying where it stands.
//!
//! Invariant: after `watch`, no signal to end kills the process; `check` turns it into an
//! error instead.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::code::Code;
use engine::diagnostic::Diagnostic;

use crate::interrupt::on_signals;

/// Whether somebody asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches signals from now on.
    pub(crate) fn watch() -> io::Result<Interrupt> {
        let asked = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&asked);
        on_signals(move || seen.store(true, Ordering::SeqCst))?;
        Ok(Interrupt(asked))
    }

    /// An error once somebody has asked to end.
    pub(crate) fn check(&self) -> Result<(), Diagnostic> {
        if !self.0.load(Ordering::SeqCst) {
            return Ok(());
        }
        let detail = "The demo was interrupted. Its server was stopped, and its files were removed.";
        Err(Diagnostic::error(Code::CLI006, "Interrupted", detail))
    }
}
