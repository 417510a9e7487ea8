//! A disk that fails: a small library that stands in front of the system's, for one process.
//!
//! Not here: disks that are really full or read-only, which need the right to mount. Invariant: a
//! test knows whether the fault that it asked for has happened.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One sync, with an error of the device.
    Sync,
    /// Every write to a file from one on: the disk is full.
    Write,
}

/// The library, made here with the machine's C compiler (Rust's linker).
pub struct FailingDisk {
    library: PathBuf,
    mark: PathBuf,
}

impl FailingDisk {
    /// Makes the library in a directory.
    pub fn new(directory: &Path) -> FailingDisk {
        let (source, library) = (directory.join("disk.c"), directory.join("disk.so"));
        fs::write(&source, include_str!("disk.c")).expect("a file for the source");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
        assert!(cc.status().expect("a C compiler").success(), "{cc:?}");
        FailingDisk { library, mark: directory.join("disk.failed") }
    }

    /// Lets the `at`th sync or write (from 1) of a command's process fail.
    pub fn fail(&self, command: &mut Command, fault: Fault, at: usize) {
        let kind = match fault {
            Fault::Sync => "sync",
            Fault::Write => "write",
        };
        command.env("LD_PRELOAD", &self.library).env("DISK_FAILED", &self.mark);
        command.env("DISK_FAILS", kind).env("DISK_FAILS_AT", at.to_string());
    }

    /// Whether it failed since this was last asked.
    pub fn has_failed(&self) -> bool {
        fs::remove_file(&self.mark).is_ok()
    }
}
