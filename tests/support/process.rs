//! Signals to other processes.
//!
//! Through the shell's own `kill`: minimal systems have no program of that name.
//! Invariant: only processes that a test started, directly or through a server.

use std::process::{Command, Stdio};

/// Sends a signal (`INT`, `KILL`); `0` only asks. Whether the process was there.
///
/// One that has ended may still be "there": where nobody reaps orphans (process 1 of
/// many containers), they stay as zombies. Ask for what it leaves instead.
pub fn signal(name: &str, pid: u32) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", "kill -s \"$0\" \"$1\"", name, &pid.to_string()]).stderr(Stdio::null());
    command.status().expect("there is a shell").success()
}
