//! Files of the state directory: permissions, the lock, durable writes.
//!
//! Part of the store, and with it the only place of this package that does IO. Knows no
//! formats and no sled. Invariant: after a function that writes has returned, the bytes
//! survive a crash of the machine, and nobody but the owner can read them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::state::error::StoreError;

/// Makes a directory for the owner alone; one that exists stays as it is.
pub(super) fn create_directory(path: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => sync_directory(parent(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(StoreError::io("make", path, error)),
    }
}

/// Refuses what group or others may read or write.
pub(super) fn check_private(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        let metadata = fs::metadata(path).map_err(|error| StoreError::io("read", path, error))?;
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        if mode & 0o077 != 0 {
            return Err(StoreError::TooOpen { path: path.to_owned(), mode });
        }
    }
    Ok(())
}

/// The lock of a state directory, given back when it is dropped.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough while a child that another thread is just
        // starting still has a copy of it. The lock ends with the process in any case.
        let _ = self.0.unlock();
    }
}

/// Takes the lock, which ends with the process. `wait` is told who holds it, sleeps, and
/// says whether to try again.
pub(super) fn lock(
    path: &Path,
    holder: &str,
    wait: &mut dyn FnMut(&str) -> bool,
) -> Result<Lock, StoreError> {
    let failed = |error| StoreError::io("open", path, error);
    let mut file = private().create(true).truncate(false).open(path).map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                let holder = holder_of(path);
                if !wait(&holder) {
                    return Err(StoreError::Locked { holder });
                }
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path, error)),
        }
    }
    file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed)?;
    Ok(Lock(file))
}

/// What the holder wrote about itself: a courtesy, so that no error comes of it.
fn holder_of(path: &Path) -> String {
    const LONGEST: u64 = 200;
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
    read.map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

/// The bytes of a file, or `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path, error)),
    }
}

/// The size of a file in bytes, or `None` when there is none.
pub(super) fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.len())
}

/// Replaces a file as a whole: a reader sees the old bytes or the new ones, never a part.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("write", path, error);
    let temporary = path.with_extension("new");
    let mut file = private().create(true).truncate(true).open(&temporary).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)?;
    sync_directory(parent(path))
}

/// Appends to a file that exists.
pub(super) fn append(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("write", path, error);
    let mut file = OpenOptions::new().append(true).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    // Only Unix lets a directory be opened and synced.
    if cfg!(unix) {
        File::open(path)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| StoreError::io("sync", path, error))?;
    }
    Ok(())
}

/// Makes a file durable that someone else wrote, and closes it to others.
pub(super) fn seal(path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::io("sync", path, error);
    #[cfg(unix)]
    {
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(path, owner_only).map_err(failed)?;
    }
    OpenOptions::new().write(true).open(path).and_then(|file| file.sync_all()).map_err(failed)
}

/// The files directly inside a directory, in order; none when it does not exist.
pub(super) fn files_in(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |error| StoreError::io("read", path, error);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Renames a damaged file or directory to `damaged-N.NAME`, so that nothing is ever deleted.
/// `None` when there is nothing of that name.
pub(super) fn set_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let free = (1_u32..)
        .map(|number| path.with_file_name(format!("damaged-{number}.{name}")))
        .find(|candidate| fs::symlink_metadata(candidate).is_err());
    let Some(aside) = free else { return Ok(None) };
    match fs::rename(path, &aside) {
        Ok(()) => sync_directory(parent(path)).map(|()| Some(aside)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("move aside", path, error)),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The directory that a path is in; the empty parent of a bare name is the current one.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
