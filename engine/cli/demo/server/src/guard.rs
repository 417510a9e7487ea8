//! The small process that outlives ours and cleans up after it.
//!
//! A pipe is the only signal of death that works for every kind of it, SIGKILL
//! included, on every unix, and from any thread (`PR_SET_PDEATHSIG` follows the thread,
//! and test threads end early). The guard is a shell running `guard.sh`, in a process
//! group of its own so that Ctrl-C on the terminal does not reach it.
//! Invariant: the writing end of the pipe is held by this process alone.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::account::Account;

const SCRIPT: &str = include_str!("guard.sh");

/// A running guard.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
    orders: Option<ChildStdin>,
}

impl Guard {
    /// Starts a guard that will remove `directories` when this process ends.
    pub(crate) fn start(account: &Account, data: &Path, directories: &[PathBuf]) -> io::Result<Guard> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(SCRIPT).arg("roleform-guard").arg(data).args(directories);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = account.run_as(&mut command).process_group(0).spawn()?;
        let orders = process.stdin.take();
        Ok(Guard { process, orders })
    }

    /// Names the server to end, or that there is none now.
    pub(crate) fn watch(&mut self, pid: Option<u32>) -> io::Result<()> {
        match pid {
            Some(pid) => self.order(&format!("pid {pid}")),
            None => self.order("pid none"),
        }
    }

    /// Sends a signal to the server, e.g. `INT`.
    pub(crate) fn signal(&mut self, name: &str) -> io::Result<()> {
        self.order(&format!("signal {name}"))
    }

    /// Dismisses the guard: the server and its directories stay.
    pub(crate) fn keep(&mut self) -> io::Result<()> {
        self.order("keep")?;
        self.orders = None;
        self.process.wait().map(|_| ())
    }

    /// Tells the guard to end the server; it removes the directories afterwards.
    pub(crate) fn release(&mut self) {
        self.orders = None;
    }

    /// Waits until the guard has removed everything. Call after [`Guard::release`].
    pub(crate) fn join(&mut self) {
        // The guard is our child and its pipe is closed: it ends, and waiting cannot fail
        // in a way that anybody could act on.
        let _ = self.process.wait();
    }

    fn order(&mut self, line: &str) -> io::Result<()> {
        let pipe = self.orders.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(pipe, "{line}")?;
        pipe.flush()
    }
}
