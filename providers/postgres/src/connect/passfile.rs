//! Finds a password in the text of a password file, and writes such a text (`~/.pgpass`, `PGPASSFILE`).
//!
//! Source: PostgreSQL, libpq, "The Password File". Pure: where the file lies, and that
//! libpq ignores one which others may read (mode beyond 0600), is the caller's business.
//! Invariant: the first line that matches decides, as in libpq.

use engine::secret::Secret;

/// What a line of the file is matched against.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// Host name, address, or directory of a unix socket.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: &'a str,
    /// User.
    pub user: &'a str,
}

/// Directories where servers put their sockets unless told otherwise; libpq calls a
/// server there `localhost`.
const DEFAULT_SOCKET_DIRECTORIES: [&str; 3] = ["/tmp", "/var/run/postgresql", "/run/postgresql"];

/// The password of the first line that matches; `None` when there is none.
pub fn find(text: &str, login: Login<'_>) -> Option<Secret> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = Fields(line);
        let port = login.port.to_string();
        let local = DEFAULT_SOCKET_DIRECTORIES.contains(&login.host);
        let host = fields.next()?;
        let matches = (host.matches(login.host) || local && host.matches("localhost"))
            & fields.next()?.matches(&port)
            & fields.next()?.matches(login.database)
            & fields.next()?.matches(login.user);
        let password = fields.next()?;
        // An empty password counts as none, as in libpq.
        (matches && !password.raw.is_empty()).then(|| Secret::new(password.plain()))
    })
}

/// The text of a password file for one user of one server, whatever the database.
pub fn text(login: Login<'_>, password: &Secret) -> Secret {
    let escaped = |field: &str| field.replace('\\', "\\\\").replace(':', "\\:");
    let local = DEFAULT_SOCKET_DIRECTORIES.contains(&login.host);
    let hosts = [Some(login.host), local.then_some("localhost")];
    let (user, secret) = (escaped(login.user), zeroize::Zeroizing::new(escaped(password.reveal())));
    // The full size at once: a string that grows leaves copies behind.
    let mut text = String::with_capacity(2 * (login.host.len() * 2 + user.len() + secret.len() + 20));
    for host in hosts.into_iter().flatten() {
        for piece in [&escaped(host), ":", &login.port.to_string(), ":*:", &user, ":", &secret, "\n"] {
            text.push_str(piece);
        }
    }
    Secret::new(text)
}

/// The fields of a line, separated by colons without a backslash before.
struct Fields<'a>(&'a str);

/// A field as written.
#[derive(Clone, Copy)]
struct Field<'a> {
    raw: &'a str,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    /// The next field; an absent one is `None` only after the last colon was used up.
    fn next(&mut self) -> Option<Field<'a>> {
        let mut escaped = false;
        let end = self.0.char_indices().find(|(_, character)| {
            let ends = *character == ':' && !escaped;
            escaped = *character == '\\' && !escaped;
            ends
        });
        let (raw, rest) = match end {
            Some((at, _)) => (&self.0[..at], &self.0[at + 1..]),
            None if self.0.is_empty() => return None,
            None => (self.0, ""),
        };
        self.0 = rest;
        Some(Field { raw })
    }
}

impl Field<'_> {
    fn matches(self, value: &str) -> bool {
        self.raw == "*" || self.plain() == value
    }

    /// Without the backslashes that protect a character; one at the end stands for itself.
    fn plain(self) -> String {
        let mut out = String::with_capacity(self.raw.len());
        let mut characters = self.raw.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => out.push(characters.next().unwrap_or('\\')),
                other => out.push(other),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let login = Login { host: "db.example.org", port: 5432, database: "app", user: "ana" };
        let found = find(text, login);
        assert_eq!(found.as_ref().map(Secret::reveal), expected, "in {text:?}");
    }

    #[test]
    fn the_first_matching_line_decides() {
        check("", None);
        check("db.example.org:5432:app:ana:s3cret", Some("s3cret"));
        check("db.example.org:5432:app:ana:s3cret\r\n", Some("s3cret"));
        check("*:*:*:*:any", Some("any"));
        check("*:*:*:*:first\ndb.example.org:5432:app:ana:second", Some("first"));
        check("other:*:*:*:no\n*:5432:*:ana:yes\n", Some("yes"));
        check("#*:*:*:*:comment\n", None);
        check("db.example.org:5433:app:ana:port", None);
        check("db.example.org:5432:App:ana:case", None);
        check("db.example.org:5432:app:bob:user", None);
        check("*:*:*:*:", None);
        check("*:*:*:*", None);
        check("\n\n:::\n*:*:*:*:late", Some("late"));
    }

    #[test]
    fn backslashes_protect_colons_and_themselves() {
        check(r"*:*:*:*:a\:b\\c:ignored", Some(r"a:b\c"));
        check(r"*:*:*:*:end\", Some(r"end\"));
        check(r"*:*:a\pp:*:x", Some("x"));
        check(r"\*:*:*:*:literal star", None);
        check("*:*:*:*:grün # no comment", Some("grün # no comment"));
    }

    #[test]
    fn sockets_in_the_default_place_are_localhost() {
        let find_at = |text, host| {
            find(text, Login { host, port: 5432, database: "app", user: "ana" })
                .map(|found| found.reveal().to_owned())
        };
        assert_eq!(find_at("localhost:*:*:*:x", "/var/run/postgresql"), Some("x".to_owned()));
        assert_eq!(find_at("/var/run/postgresql:*:*:*:x", "/var/run/postgresql"), Some("x".to_owned()));
        assert_eq!(find_at("localhost:*:*:*:x", "/elsewhere"), None);
        assert_eq!(find_at(r"\:\:1:*:*:*:x", "::1"), Some("x".to_owned()));
    }
}
