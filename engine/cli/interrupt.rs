//! Signals that ask a run to end: the first stops it in order, the second at once.
//!
//! Not here: what stopping means (`engine::ops`). Invariant: leaving at once is as safe as
//! being killed: what was promised is on the disk already, and the journal tells the rest.

use std::io;

use console::Term;
use engine::code::Code;
use engine::diagnostic::Diagnostic;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::{Exit, system_words};

const STOPPING: &str =
    "Stopping: what is not committed yet is rolled back. Interrupt again to leave at once.";
const LEAVING: &str = "Left at once. The next command asks the servers what they have and repairs the state.";

/// Calls `each` at Ctrl-C, SIGTERM and SIGHUP from now on, instead of ending the process. On a
/// thread of its own: nothing that the others do can keep it from noticing.
pub(crate) fn on_signals(mut each: impl FnMut() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listen = || {
        let _entered = runtime.enter();
        Ok::<_, io::Error>((
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ))
    };
    let (mut keyboard, mut request, mut gone) = listen()?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        loop {
            runtime.block_on(async {
                tokio::select! {
                    _ = keyboard.recv() => {}
                    _ = request.recv() => {}
                    _ = gone.recv() => {}
                }
            });
            each();
        }
    })?;
    Ok(())
}

/// What is returned resolves at the first signal; at the second the process ends.
pub(crate) fn watch() -> Result<impl Future<Output = ()>, Diagnostic> {
    let (tell, told) = oneshot::channel();
    let mut first = Some(tell);
    let each = move || {
        // A terminal that is gone hears nothing, and the run ends all the same.
        let say = |text| drop(Term::stderr().write_line(text));
        match first.take() {
            Some(tell) => {
                say(STOPPING);
                // Nobody listens any more where the run can no longer be stopped.
                let _ = tell.send(());
            }
            None => {
                say(LEAVING);
                std::process::exit(Exit::Error.code().into());
            }
        }
    };
    on_signals(each).map_err(|error| {
        let detail = format!("It gives no signals: {}.", system_words(&error));
        Diagnostic::error(Code::CLI008, "System refuses what a run needs", detail)
    })?;
    Ok(async {
        // The sender lives as long as the process.
        let _ = told.await;
    })
}
