//! libpq's password file: `hostname:port:database:username:password` lines.
//!
//! Source: PostgreSQL, "The Password File". Not here: other places of passwords
//! (`secrets`). Invariant: the first line that matches wins, and a file that others can
//! read is not used, as in libpq.

use std::path::PathBuf;

use engine::secret::Secret;
use zeroize::Zeroizing;

/// What a line must match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Login<'a> {
    /// Host as configured: a name, an address, or a directory with a socket.
    pub(crate) host: &'a str,
    /// Port.
    pub(crate) port: u16,
    /// Database.
    pub(crate) database: &'a str,
    /// Role.
    pub(crate) user: &'a str,
}

/// Directories whose socket is `localhost` in a password file: what libpq is built with.
const SOCKET_DIRECTORIES: [&str; 3] = ["/tmp", "/var/run/postgresql", "/run/postgresql"];

/// Where the file is: `PGPASSFILE`, else `~/.pgpass`.
pub(crate) fn place() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PGPASSFILE") {
        return Some(PathBuf::from(named));
    }
    std::env::home_dir().map(|home| home.join(".pgpass"))
}

/// The password of the first line that matches.
pub(crate) fn find(text: &str, login: Login<'_>) -> Option<Secret> {
    let port = login.port.to_string();
    let host = if SOCKET_DIRECTORIES.contains(&login.host) { "localhost" } else { login.host };
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = Fields { rest: line.trim_end_matches('\r') };
        let matches = |field: Option<Zeroizing<String>>, names: &[&str]| {
            field.is_some_and(|field| field.as_str() == "*" || names.contains(&field.as_str()))
        };
        let fits = matches(fields.next(), &[host, login.host])
            && matches(fields.next(), &[&port])
            && matches(fields.next(), &[login.database])
            && matches(fields.next(), &[login.user]);
        let password = if fits { fields.next() } else { None };
        password
            .filter(|password| !password.is_empty())
            .map(|password| Secret::new(password.as_str().to_owned()))
    })
}

/// Fields between colons; a backslash takes the next character as it is.
struct Fields<'a> {
    rest: &'a str,
}

impl Iterator for Fields<'_> {
    type Item = Zeroizing<String>;

    fn next(&mut self) -> Option<Zeroizing<String>> {
        if self.rest.is_empty() {
            return None;
        }
        // As large as it can get, so that no part of a password is left in an old buffer.
        let mut field = Zeroizing::new(String::with_capacity(self.rest.len()));
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                ':' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(field);
                }
                '\\' => field.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
                plain => field.push(plain),
            }
        }
        self.rest = "";
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, host: &str, expected: Option<&str>) {
        let login = Login { host, port: 5432, database: "app", user: "admin" };
        let found = find(text, login);
        assert_eq!(found.as_ref().map(Secret::reveal), expected, "{text}");
    }

    #[test]
    fn lines_match_as_in_libpq() {
        check("h:5432:app:admin:one\nh:*:*:*:two", "h", Some("one"));
        check("h:5433:app:admin:one\nh:*:*:*:two", "h", Some("two"));
        check("# h:*:*:*:one\n\nother:*:*:*:two", "h", None);
        check("*:*:*:admin:p\\:q\\\\r\r\n", "h", Some("p:q\\r"));
        check("a\\:b:*:*:*:six", "a:b", Some("six"));
        check("h:*:*:admin:", "h", None);
        check("h:*:*", "h", None);
        check("*:*:*:*:ends:here", "h", Some("ends"));
        check("localhost:*:*:*:socket", "/var/run/postgresql", Some("socket"));
        check("/data/sock:*:*:*:socket", "/data/sock", Some("socket"));
        check("localhost:*:*:*:socket", "/data/sock", None);
    }
}
