//! Which PostgreSQL versions the tests run on, and starting them.
//!
//! `ROLEFORM_TEST_VERSIONS` chooses: `all`, or majors such as `13,15`; unset, the
//! oldest, the machine's own and the newest, as far as they are here. Servers come from
//! the system's packages and from what `tests/servers` brought. Servers started by
//! `with-servers` for a whole run are found through `ROLEFORM_TEST_SERVERS`.
//! Invariant: a version that was asked for and is not here fails, it is never skipped.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use throwaway_server::account::Account;
use throwaway_server::find::Binaries;
use throwaway_server::initdb::{self, Superuser};
use throwaway_server::options::{Address, Data, Loopback, ServerOptions};
use throwaway_server::server::ThrowawayServer;

/// Chooses the versions: `all`, or majors with commas between.
pub const VERSIONS: &str = "ROLEFORM_TEST_VERSIONS";

/// Names the servers of this run: their directories with colons between. Set by `with-servers`.
pub const SERVERS: &str = "ROLEFORM_TEST_SERVERS";

/// Every major version that roleform supports.
pub const SUPPORTED: std::ops::RangeInclusive<u16> = 13..=18;

/// What every test server is told: room for many tests at once, and output that does not depend on the machine.
const SETTINGS: [(&str, &str); 6] = [
    ("max_connections", "300"),
    ("shared_buffers", "32MB"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_line_prefix", "%m [%p] %u@%d "),
    ("lc_messages", "C"),
];

/// The majors that this run tests, ascending. Never empty.
pub fn chosen() -> Vec<u16> {
    let chosen = match env::var(VERSIONS) {
        Ok(text) if text == "all" => SUPPORTED.collect(),
        Ok(text) if !text.is_empty() => parse_versions(&text),
        _ => usual(),
    };
    assert!(!chosen.is_empty(), "no PostgreSQL server is on this machine: tests/run installs one");
    chosen.into_iter().collect()
}

/// Programs of the server of one major version; panics with what to do when they are not here.
pub fn binaries(major: u16) -> Binaries {
    let mut candidates = system().into_iter().chain(brought());
    candidates.find(|found| found.version.major == major).unwrap_or_else(|| {
        panic!("PostgreSQL {major} is not on this machine: `tests/servers {major}` brings it")
    })
}

/// How the data of a private server is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A copy of this version's template: fast; all copies have one `system_identifier`.
    OfTemplate,
    /// Its own initdb: a server that nobody can mistake for another.
    Own,
}

/// Starts a server of `major` with these settings besides the usual ones.
pub fn start(major: u16, identity: Identity, settings: &[(&str, &str)]) -> ThrowawayServer {
    let account = Account::for_servers().expect("an account to run servers under");
    let binaries = binaries(major);
    let parent = base(&account).expect("a directory for test servers");
    let (superuser, data) = match identity {
        Identity::Own => (Superuser::random().expect("random bytes"), Data::New),
        Identity::OfTemplate => template(&binaries, &account, &parent).expect("a template data directory"),
    };
    let settings =
        SETTINGS.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let options = ServerOptions {
        parent,
        name: format!("pg{major}"),
        superuser,
        data,
        loopback: Loopback::On,
        settings: settings.collect(),
    };
    ThrowawayServer::start(&binaries, options).unwrap_or_else(|error| panic!("PostgreSQL {major}: {error}"))
}

/// A server that `with-servers` started for the whole run.
pub struct Running {
    /// Its directory.
    pub directory: PathBuf,
    /// How to reach it.
    pub address: Address,
    /// Its superuser.
    pub superuser: Superuser,
}

/// Writes down how other processes of this run reach a server; the directory is closed to others.
pub fn publish(server: &ThrowawayServer, major: u16) -> io::Result<()> {
    let Address { socket_directory, port, .. } = &server.address;
    let Superuser { name, password } = &server.superuser;
    let text = format!("{major}\n{port}\n{name}\n{password}\n{}\n", socket_directory.display());
    fs::write(server.directory.join("facts"), text)
}

/// The server of `major` that this run shares, if `with-servers` started one.
pub fn published(major: u16) -> Option<Running> {
    let list = env::var_os(SERVERS)?;
    env::split_paths(&list).find_map(|directory| {
        let text = fs::read_to_string(directory.join("facts")).ok()?;
        let mut lines = text.lines();
        if lines.next()?.parse() != Ok(major) {
            return None;
        }
        let port = lines.next()?.parse().ok()?;
        let superuser = Superuser { name: lines.next()?.to_owned(), password: lines.next()?.to_owned() };
        let socket_directory = PathBuf::from(lines.next()?);
        let address = Address { socket_directory, port, loopback: Loopback::On };
        Some(Running { directory, address, superuser })
    })
}

fn parse_versions(text: &str) -> BTreeSet<u16> {
    let parse = |part: &str| {
        let major = part.trim().parse().ok().filter(|major| SUPPORTED.contains(major));
        major.unwrap_or_else(|| panic!("{VERSIONS}: {part:?} is not one of 13 to 18, and not `all`"))
    };
    text.split(',').map(parse).collect()
}

/// Oldest, the machine's own, newest.
fn usual() -> BTreeSet<u16> {
    let own: Vec<u16> = system().iter().map(|found| found.version.major).collect();
    let ends = [*SUPPORTED.start(), *SUPPORTED.end()];
    let brought = brought().into_iter().map(|found| found.version.major);
    brought
        .filter(|major| ends.contains(major))
        .chain(own)
        .filter(|major| SUPPORTED.contains(major))
        .collect()
}

/// Servers that the system's packages installed.
fn system() -> Vec<Binaries> {
    Binaries::installed().expect("an account to run servers under")
}

/// Servers that `tests/servers` brought: `VERSION/native/bin` in one of its two cache directories.
fn brought() -> Vec<Binaries> {
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let of_user = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home);
    let caches = [Some(PathBuf::from("/var/cache")), of_user];
    let account = Account::for_servers().expect("an account to run servers under");
    let caches = caches.into_iter().flatten().map(|cache| cache.join("roleform/servers"));
    let entries = caches.filter_map(|cache| fs::read_dir(cache).ok()).flatten().flatten();
    let directories = entries.map(|entry| entry.path().join("native/bin"));
    directories
        .filter(|directory| account.can_enter(directory).is_ok())
        .filter_map(|directory| Binaries::in_directory(&directory).ok())
        .collect()
}

/// The directory that holds test servers: in `target/tmp`, or in /tmp where the account or we cannot use that.
///
/// Owned by the account, so that the guard of a server can remove the server's directory.
fn base(account: &Account) -> io::Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp");
    let target = fs::create_dir_all(&target).and_then(|()| fs::canonicalize(&target));
    if let Some(target) = target.ok().filter(|target| account.can_enter(target).is_ok()) {
        let made = make_base(target.join(format!("servers-{}", account.uid)), account);
        if made.is_ok() {
            return made;
        }
    }
    make_base(PathBuf::from(format!("/tmp/roleform-test-servers-{}", account.uid)), account)
}

fn make_base(base: PathBuf, account: &Account) -> io::Result<PathBuf> {
    match fs::DirBuilder::new().mode(0o755).create(&base) {
        Ok(()) => account.own(&base)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => wait_for_owner(&base, account)?,
        Err(error) => return Err(error),
    }
    Ok(base)
}

/// A directory that was there already must be the account's: anybody can make one in /tmp.
fn wait_for_owner(base: &Path, account: &Account) -> io::Result<()> {
    for _ in 0..100 {
        let found = fs::symlink_metadata(base)?;
        if found.is_dir() && found.uid() == account.uid {
            return Ok(());
        }
        // Another test process may be between making it and giving it away.
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(io::Error::other(format!("{} belongs to somebody else", base.display())))
}

/// A data directory that initdb made once, with its superuser. Kept for later runs.
fn template(binaries: &Binaries, account: &Account, base: &Path) -> io::Result<(Superuser, Data)> {
    let mut hasher = DefaultHasher::new();
    binaries.directory.hash(&mut hasher);
    let home = base.join(format!("template-{}-{:08x}", binaries.version, hasher.finish() as u32));
    if !home.exists() {
        make_template(binaries, account, &home)?;
    }
    let password = fs::read_to_string(home.join("password"))?;
    Ok((Superuser { name: "postgres".to_owned(), password }, Data::CopyOf(home.join("data"))))
}

/// Makes it under another name first: several test processes may want it at once.
fn make_template(binaries: &Binaries, account: &Account, home: &Path) -> io::Result<()> {
    let superuser = Superuser::random()?;
    let part = tempfile::Builder::new().prefix("part-").tempdir_in(home.parent().unwrap_or(home))?.keep();
    account.own(&part)?;
    initdb::initialise(binaries, account, &superuser, &part.join("data")).map_err(io::Error::other)?;
    fs::write(part.join("password"), &superuser.password)?;
    if fs::rename(&part, home).is_err() {
        fs::remove_dir_all(&part)?; // Somebody else was faster.
    }
    Ok(())
}
