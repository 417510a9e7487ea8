//! Files: read whole, written whole or not at all.
//!
//! Not here: which files there are (`project`). Invariant: a file that was to be written
//! is complete and flushed under its name, or what had the name is unchanged.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use engine::code::Code;
use engine::diagnostic::Diagnostic;

use crate::error::system_words;

/// Reads a file as bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Reads a file as text.
pub(crate) fn read_text(path: &Path) -> Result<String, Diagnostic> {
    String::from_utf8(read(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let detail =
            format!("\"{}\" is not UTF-8 text: line {line} has a byte that does not fit.", path.display());
        Diagnostic::error(Code::CLI002, "File cannot be read", detail).hint("save the file as UTF-8")
    })
}

/// The message for a file or directory that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let detail = format!("\"{}\": {}.", path.display(), system_words(error));
    Diagnostic::error(Code::CLI002, "File cannot be read", detail)
}

/// Whether other accounts than the owner's have any access to a file.
#[cfg(unix)]
pub(crate) fn is_open_to_others(path: &Path) -> Result<bool, Diagnostic> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    Ok(metadata.permissions().mode() & 0o077 != 0)
}

/// Other systems have no such bits.
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_: &Path) -> Result<bool, Diagnostic> {
    Ok(false)
}

fn unwritable(path: &Path, why: &str) -> Diagnostic {
    let detail = format!("\"{}\": {why}.", path.display());
    Diagnostic::error(Code::CLI003, "Output cannot be written", detail)
}

/// A path that was found writable before any work.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
}

impl Target {
    /// Checks a path by making a file beside it and removing it again.
    pub(crate) fn check(path: &Path) -> Result<Target, Diagnostic> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(unwritable(path, "it is a directory")),
            // A rename would put a file in the place of a device or a pipe.
            Ok(found) if !found.is_file() => return Err(unwritable(path, "it is not a regular file")),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(path, &system_words(&error))),
        }
        if path.file_name().is_none() {
            return Err(unwritable(path, "it names no file"));
        }
        let target = Target { path: path.to_owned() };
        target.beside().map_err(|error| unwritable(path, &system_words(&error)))?;
        Ok(target)
    }

    /// Writes the file, mode 0600, in place of what had its name.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        self.replace(bytes).map_err(|error| unwritable(&self.path, &system_words(&error)))
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }

    /// A file without the name yet; removed when dropped.
    fn beside(&self) -> io::Result<tempfile::NamedTempFile> {
        tempfile::Builder::new().prefix(".roleform-").suffix(".tmp").tempfile_in(self.directory())
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.beside()?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        fs::File::open(self.directory())?.sync_all()
    }
}

/// Replaces the content of a source file, whose mode stays as it was.
pub(crate) fn rewrite(path: &Path, text: &str) -> Result<(), Diagnostic> {
    // Through a link, the file that it leads to is replaced, not the link.
    let real = fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
    let target = Target { path: real };
    let written = || -> io::Result<()> {
        let mode = fs::metadata(&target.path)?.permissions();
        let mut file = target.beside()?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(mode)?;
        file.as_file().sync_all()?;
        file.persist(&target.path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| unwritable(path, &system_words(&error)))
}
