//! Signals to other processes, and an end for those that hang.
//!
//! Signals go through the shell's own `kill`: minimal systems have no program of that name.
//! Invariant: only processes that a test started, directly or through a server.

use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Sends a signal (`INT`, `KILL`); `0` only asks. Whether the process was there.
///
/// One that has ended may still be "there": where nobody reaps orphans (process 1 of
/// many containers), they stay as zombies. Ask for what it leaves instead.
pub fn signal(name: &str, pid: u32) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", "kill -s \"$0\" \"$1\"", name, &pid.to_string()]).stderr(Stdio::null());
    command.status().expect("there is a shell").success()
}

/// Runs a command to its end, or kills it after a time: `None` for one that hangs.
pub fn finish_within(command: &mut Command, time: Duration) -> Option<Output> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child_pid = child.as_mut().expect("it starts").id();
    let (tell, told) = mpsc::channel();
    let waiter = thread::spawn(move || tell.send(child.and_then(Child::wait_with_output)));
    let in_time = told.recv_timeout(time).ok();
    if in_time.is_none() {
        signal("KILL", child_pid);
    }
    let _ = waiter.join();
    in_time.map(|output| output.expect("its output"))
}
