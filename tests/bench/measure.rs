//! One run of a program: wall time, CPU time, peak memory, and what its server spent meanwhile.
//!
//! From `/proc` (Linux). What the program prints is read and thrown away, as a pipe's reader
//! would. Not here: what is run. Invariant: a program that fails stops the benchmark; its
//! figures would mean nothing.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use test_support::cluster::Cluster;

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds until the first byte of output; 0 without any.
    pub(crate) first: f64,
    /// Seconds of user and system time, of the program itself.
    pub(crate) cpu: f64,
    /// Seconds of user and system time of the server's sessions.
    pub(crate) server: f64,
    /// Kilobytes at the peak.
    pub(crate) memory: u64,
    /// Bytes printed.
    pub(crate) printed: u64,
}

impl Measured {
    /// Peak memory in MB, rounded up.
    pub(crate) fn megabytes(&self) -> u64 {
        self.memory.div_ceil(1024)
    }
}

/// Runs a program to its end; `servers` are those that it works on.
pub(crate) fn run(mut command: Command, servers: &[&Cluster]) -> Measured {
    let server_before: f64 = servers.iter().map(|cluster| sessions(cluster)).sum();
    let own_before = children("self");
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let (first, printed, memory) = follow(&mut child, start);
    let status = child.wait().expect("the program can be waited for");
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?} ended with {status}");
    let cpu = children("self") - own_before;
    if !servers.is_empty() {
        // A session ends a moment after its client; the server counts its time when it has ended.
        thread::sleep(Duration::from_millis(60));
    }
    let server = servers.iter().map(|cluster| sessions(cluster)).sum::<f64>() - server_before;
    Measured { wall, first, cpu, server, memory, printed }
}

/// Reads what a program prints and watches its memory until it closes its output.
fn follow(child: &mut Child, start: Instant) -> (f64, u64, u64) {
    let mut output = child.stdout.take().expect("it was piped");
    let status = format!("/proc/{}/status", child.id());
    let (over, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut first, mut printed) = (0.0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(high_water(&status).unwrap_or(0), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(2));
            }
        });
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            if printed == 0 {
                first = start.elapsed().as_secs_f64();
            }
            printed += count as u64;
        }
        over.store(true, Ordering::Relaxed);
    });
    (first, printed, peak.into_inner())
}

/// VmHWM of `/proc/PID/status`, in kilobytes.
fn high_water(path: &str) -> Option<u64> {
    let status = fs::read_to_string(path).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Seconds of user and system time of a process's children that have ended (USER_HZ is 100 on
/// every Linux).
fn children(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("a running process");
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks: u64 = fields[13..=14].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
    ticks as f64 / 100.0
}

/// The same of a server, whose children are its sessions.
fn sessions(cluster: &Cluster) -> f64 {
    let file = fs::read_to_string(cluster.data_directory().join("postmaster.pid")).expect("a running server");
    children(file.lines().next().expect("its process number"))
}

/// The median of something about several runs.
pub(crate) fn median(all: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    let mut sorted: Vec<f64> = all.iter().map(of).collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
