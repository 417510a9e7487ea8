//! One run of a program: wall time, CPU time, peak memory.
//!
//! From `/proc` while it runs (Linux). Not here: what is run. Invariant: a program that fails
//! stops the benchmark; its figures would mean nothing.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of user and system time, of the program itself.
    pub(crate) cpu: f64,
    /// Kilobytes at the peak.
    pub(crate) memory: u64,
}

impl Measured {
    /// Peak memory in MB, rounded.
    pub(crate) fn megabytes(&self) -> u64 {
        self.memory.div_ceil(1024)
    }
}

/// Runs a program to its end; what it prints is thrown away.
pub(crate) fn run(mut command: Command) -> Measured {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let process = format!("/proc/{}", child.id());
    let mut seen = Measured::default();
    let status = loop {
        if let Some(memory) = peak(&process) {
            seen.memory = seen.memory.max(memory);
        }
        if let Some(cpu) = cpu(&process) {
            seen.cpu = cpu;
        }
        match child.try_wait().expect("the program can be waited for") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    seen.wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?} ended with {status}");
    seen
}

/// VmHWM of `/proc/PID/status`, in kilobytes.
fn peak(process: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// utime and stime of `/proc/PID/stat`, in seconds (USER_HZ is 100 on every Linux).
fn cpu(process: &str) -> Option<f64> {
    let stat = fs::read_to_string(format!("{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(ticks as f64 / 100.0)
}

/// The run with the median wall time.
pub(crate) fn median(all: &[Measured]) -> Measured {
    let mut sorted = all.to_vec();
    sorted.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    sorted[sorted.len() / 2]
}
