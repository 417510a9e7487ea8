//! The account a server runs under, and which directories it can reach.
//!
//! PostgreSQL refuses to run as root, so root hands its servers to `postgres`, or to
//! `nobody` where that does not exist. Anybody else runs them as themselves.
//! Invariant: a command prepared with [`Account::run_as`] never runs as root.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Accounts that root may hand a server to, the best first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// An account of this machine that servers can run under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Name in /etc/passwd, or `you` for the account this process already has.
    pub name: String,
    /// User number.
    pub uid: u32,
    /// Group number.
    pub gid: u32,
    change: Change,
}

/// Whether a command has to change its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// This process is root: drop to the account.
    Drop,
    /// This process has the account already.
    Stay,
}

/// No account was found that a server could run under.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// This process is root, and neither account exists.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither an account postgres nor an account nobody"
    )]
    None,
    /// The system did not say who we are.
    #[error("cannot find out which account this process has")]
    Unknown(#[source] io::Error),
}

/// A directory on the way that an account may not enter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account {account} cannot enter {}", directory.display())]
pub struct Closed {
    /// Name of the account.
    pub account: String,
    /// The directory that is closed to it.
    pub directory: PathBuf,
}

impl Account {
    /// The account for servers that this process starts.
    pub fn for_servers() -> Result<Account, AccountError> {
        let (uid, gid) = ourselves().map_err(AccountError::Unknown)?;
        if uid != 0 {
            return Ok(Account { name: "you".to_owned(), uid, gid, change: Change::Stay });
        }
        let passwd = fs::read_to_string("/etc/passwd").map_err(AccountError::Unknown)?;
        UNPRIVILEGED.iter().find_map(|name| lookup(&passwd, name)).ok_or(AccountError::None)
    }

    /// Makes `command` run under this account, without supplementary groups.
    pub fn run_as<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if self.change == Change::Drop {
            // The standard library clears the supplementary groups when root sets a uid.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives a file or directory to this account; the account of this process owns what it makes already.
    pub fn own(&self, path: &Path) -> io::Result<()> {
        match self.change {
            Change::Drop => chown(path, Some(self.uid), Some(self.gid)),
            Change::Stay => Ok(()),
        }
    }

    /// Proves that this account can enter `path` and every directory above it.
    ///
    /// Reads modes only: access lists beyond them are not seen, and then starting the
    /// server says so. A path that does not exist yet is judged by its existing part.
    pub fn can_enter(&self, path: &Path) -> Result<(), Closed> {
        let existing = path.ancestors().find_map(|part| fs::canonicalize(part).ok());
        let start = existing.unwrap_or_else(|| path.to_owned());
        for directory in start.ancestors() {
            let open = fs::metadata(directory).is_ok_and(|found| self.may_search(&found));
            if !open {
                return Err(Closed { account: self.name.clone(), directory: directory.to_owned() });
            }
        }
        Ok(())
    }

    fn may_search(&self, found: &fs::Metadata) -> bool {
        let bit = if found.uid() == self.uid {
            0o100
        } else if found.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        // A file has no entering to forbid; only directories on its way matter.
        !found.is_dir() || found.mode() & bit != 0
    }
}

/// User and group number of this process: those of a file that it makes.
fn ourselves() -> io::Result<(u32, u32)> {
    if let Ok(found) = fs::metadata("/proc/self") {
        return Ok((found.uid(), found.gid()));
    }
    let probe = std::env::temp_dir().join(format!("roleform-who-{}", std::process::id()));
    let file = fs::File::create(&probe)?;
    let found = file.metadata()?;
    fs::remove_file(&probe)?;
    Ok((found.uid(), found.gid()))
}

/// Finds an account in the text of /etc/passwd: `name:password:uid:gid:…`.
fn lookup(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = number(fields.nth(1)?)?;
        let gid = number(fields.next()?)?;
        Some(Account { name: name.to_owned(), uid, gid, change: Change::Drop })
    })
}

/// macOS writes the account `nobody` as -2, which is the number 4294967294.
fn number(field: &str) -> Option<u32> {
    field.parse::<u32>().ok().or_else(|| field.parse::<i32>().ok().map(|negative| negative as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn accounts_are_read_from_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgresx:x:7:7::/:\npostgres:x:101:104:P:/var:/bin/sh\nnobody:*:-2:-2::/:\n";
        let numbers = |name| lookup(passwd, name).map(|account| (account.uid, account.gid));
        assert_eq!(numbers("postgres"), Some((101, 104)));
        assert_eq!(numbers("nobody"), Some((4_294_967_294, 4_294_967_294)));
        assert_eq!(numbers("ana"), None);
    }

    #[test]
    fn a_closed_parent_is_named() {
        let stranger = Account { name: "stranger".into(), uid: 4242, gid: 4242, change: Change::Stay };
        let outer = tempfile::tempdir().expect("temporary directory");
        let inner = outer.path().join("inner");
        fs::create_dir(&inner).expect("inner directory");
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).expect("mode");

        fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).expect("mode");
        assert_eq!(stranger.can_enter(&inner.join("not yet there")), Ok(()));

        fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o700)).expect("mode");
        let closed = stranger.can_enter(&inner).expect_err("the outer directory is closed");
        assert_eq!(closed.directory, fs::canonicalize(outer.path()).expect("path"));
    }

    #[test]
    fn a_server_never_runs_as_root() {
        let account = Account::for_servers().expect("an account");
        let shown = account.run_as(Command::new("id").arg("-u")).output().expect("id runs");
        let uid = String::from_utf8_lossy(&shown.stdout).trim().to_owned();
        assert_ne!(uid, "0");
        assert_eq!(uid, account.uid.to_string());
    }
}
