//! The files of a repository, as the tidy rules look at them.
//!
//! Reads and lists; judges nothing. Invariant: what is built (`target`) is never in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rust_source::RustSource;

/// Every file's text by its path, and the Rust files once more, read.
pub struct Repository {
    /// Text by path from the top.
    pub files: BTreeMap<String, String>,
    /// The files that end in `.rs`.
    pub rust: Vec<RustSource>,
}

impl Repository {
    /// The files below `top` that git tracks or would track.
    pub fn load(top: &Path) -> Repository {
        let read = |path: String| {
            let bytes = fs::read(top.join(&path)).ok()?; // Deleted and not yet staged.
            Some((path, String::from_utf8_lossy(&bytes).into_owned()))
        };
        Repository::new(tracked(top).into_iter().filter_map(read).collect())
    }

    /// A repository of these paths and texts.
    pub fn of(files: &[(&str, &str)]) -> Repository {
        Repository::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn new(files: BTreeMap<String, String>) -> Repository {
        let rust = files.iter().filter(|(path, _)| path.ends_with(".rs"));
        let rust = rust.map(|(path, text)| RustSource::new(path, text)).collect();
        Repository { files, rust }
    }

    /// The Rust files below a directory.
    pub fn below(&self, directory: &str) -> impl Iterator<Item = &RustSource> {
        self.rust.iter().filter(move |source| source.path.starts_with(directory))
    }
}

/// Asks git; where that does not answer (an unpacked archive), walks past what is built.
fn tracked(top: &Path) -> Vec<String> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let said = Command::new("git").args(list).current_dir(top).output();
    if let Some(said) = said.ok().filter(|said| said.status.success() && !said.stdout.is_empty()) {
        let text = String::from_utf8(said.stdout).expect("paths of this repository are UTF-8");
        return text.split_terminator('\0').map(str::to_owned).collect();
    }
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(top.join(&directory)).expect("a directory of the repository").flatten() {
            let path = directory.join(entry.file_name());
            let built = [".git", "target", ".roleform"].iter().any(|name| path.ends_with(name));
            match entry.path().is_dir() {
                true if built => {}
                true => directories.push(path),
                false => found.push(path.display().to_string()),
            }
        }
    }
    found
}
