//! What goes wrong on an open connection, as messages that people read.
//!
//! Not here: why a connection could not be opened (`connect::failure`).
//! Invariant: every message names the resource, the address, the user and the database;
//! text from a server is escaped, and no verifier survives in it.

use std::error::Error as _;
use std::fmt;

use engine::code::Code;
use engine::diagnostic::{Diagnostic, Span};
use engine::name::{DatabaseName, ResourceName, printable};
use engine::provider::ProviderError;
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::introspect::ReadError;
use crate::link::End;

/// A failure to which nobody has put names yet.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server or the wire failed.
    Wire(tokio_postgres::Error),
    /// The catalog holds something that roleform does not understand.
    Strange(ReadError),
    /// Somebody who knew more has already written the message.
    Told(ProviderError),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        Failure::Wire(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Failure {
        match error {
            ReadError::Wire(error) => Failure::Wire(error),
            strange => Failure::Strange(strange),
        }
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Failure {
        Failure::Told(error)
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Failure {
        Failure::Told(lasting(diagnostic))
    }
}

/// Where something happened.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The resource's label.
    pub(crate) resource: ResourceName,
    /// Host and port.
    pub(crate) address: String,
    /// The administrator.
    pub(crate) user: String,
    /// The database of the session.
    pub(crate) database: DatabaseName,
    /// The resource's block.
    pub(crate) span: Option<Span>,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = printable(&self.user);
        let database = printable(self.database.as_str());
        let address = printable(&self.address);
        write!(f, "resource {} at {address}, database {database}, user {user}", self.resource)
    }
}

impl Site {
    /// A message about this place: `what` is one sentence without a full stop.
    pub(crate) fn tell(&self, code: Code, what: impl fmt::Display) -> Diagnostic {
        Diagnostic::error(code, code.title(), format!("{what} ({self})."))
    }

    /// Puts names to a failure of something that roleform was doing, e.g. `reading the catalog`.
    pub(crate) fn explain(&self, failure: Failure, doing: &str, end: Option<End>) -> ProviderError {
        let error = match failure {
            Failure::Told(error) => return error,
            Failure::Strange(error) => {
                return lasting(self.tell(Code::PGS030, format_args!("While {doing}: {}", chain(&error))));
            }
            Failure::Wire(error) => error,
        };
        match error.as_db_error() {
            Some(refusal) => self.refused(refusal, &format!("While {doing} the server said")),
            None if is_lost(&error) => lasting(self.lost(doing, end)),
            None => {
                let what = format!("While {doing} the server answered unexpectedly: {}", chain(&error));
                lasting(self.tell(Code::PGS016, what))
            }
        }
    }

    /// The message for an ERROR or FATAL of the server.
    pub(crate) fn refused(&self, refusal: &DbError, lead: &str) -> ProviderError {
        let (code, transient) = classify(refusal);
        let diagnostic = self.tell(code, format_args!("{lead}: {}", words(refusal)));
        let diagnostic = match hint(code).or_else(|| of_encoding(refusal)) {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        };
        ProviderError { diagnostic: Box::new(diagnostic), transient }
    }

    /// The message for a connection that ended.
    pub(crate) fn lost(&self, doing: &str, end: Option<End>) -> Diagnostic {
        let why = match end {
            Some(end) => end.0,
            None => "the connection was closed".to_owned(),
        };
        self.tell(Code::PGS018, format_args!("While {doing} the connection was lost: {why}"))
            .hint("What was not committed is rolled back by the server. Run the same command again.")
    }
}

/// An error that trying again would not mend.
pub(crate) fn lasting(diagnostic: Diagnostic) -> ProviderError {
    ProviderError { diagnostic: Box::new(diagnostic), transient: false }
}

/// Whether the session is gone, rather than a request refused on it.
pub(crate) fn is_lost(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(refusal) => ends_session(refusal),
        None => error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>()),
    }
}

/// Whether the server ends the session with this message.
fn ends_session(refusal: &DbError) -> bool {
    matches!(refusal.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// What an SQLSTATE means for us, and whether the same may succeed when tried again.
pub(crate) fn classify(refusal: &DbError) -> (Code, bool) {
    const IN_THE_WAY: [&SqlState; 3] = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::LOCK_NOT_AVAILABLE,
    ];
    let state = refusal.code();
    // Catalog rows have no serialization failures: two writers of one row get this internal
    // error instead. It is never translated (`elog`).
    let same_row = *state == SqlState::INTERNAL_ERROR && refusal.message().starts_with("tuple concurrently ");
    if ends_session(refusal) {
        (Code::PGS018, false)
    } else if IN_THE_WAY.contains(&state) || same_row {
        (Code::PGS023, true)
    } else if *state == SqlState::QUERY_CANCELED {
        (Code::PGS028, false)
    } else if *state == SqlState::INSUFFICIENT_PRIVILEGE {
        (Code::PGS022, false)
    } else if *state == SqlState::READ_ONLY_SQL_TRANSACTION {
        (Code::PGS025, false)
    } else {
        (Code::PGS020, false)
    }
}

fn hint(code: Code) -> Option<&'static str> {
    match code {
        Code::PGS018 => {
            Some("What was not committed is rolled back by the server. Run the same command again.")
        }
        Code::PGS022 => Some("Use an administrator who owns the object or has the grant option on it."),
        Code::PGS023 => Some("Look into pg_locks for the other session, and run the same command again."),
        Code::PGS025 => Some("Name the primary server in `host`."),
        Code::PGS028 => {
            Some("Find out what held it up (pg_stat_activity, pg_locks), and run the same command again.")
        }
        _ => None,
    }
}

/// Databases have encodings of their own: with SQL_ASCII any bytes are a name, and a role's name need not
/// be one in LATIN1.
fn of_encoding(refusal: &DbError) -> Option<&'static str> {
    const UNREADABLE: [&SqlState; 2] =
        [&SqlState::CHARACTER_NOT_IN_REPERTOIRE, &SqlState::UNTRANSLATABLE_CHARACTER];
    UNREADABLE.contains(&refusal.code()).then_some(
        "The encoding of this database and UTF-8 do not go together for a name: rename what has it, or the role that the encoding has no letters for.",
    )
}

/// What the server said, with its detail and advice, fit for a terminal.
pub(crate) fn words(refusal: &DbError) -> String {
    let mut text =
        format!("{} {}: {}", refusal.severity(), refusal.code().code(), harmless(refusal.message()));
    for (label, more) in [("detail", refusal.detail()), ("hint", refusal.hint())] {
        if let Some(more) = more {
            text.push_str(&format!("; {label}: {}", harmless(more.trim_end_matches('.'))));
        }
    }
    text
}

/// Text of a server without control characters and without verifiers.
pub(crate) fn harmless(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| printable(&without_verifiers(line))).collect();
    lines.join("\n")
}

/// An error message may quote the statement, and a statement may hold a verifier.
fn without_verifiers(text: &str) -> String {
    const MARK: &str = "SCRAM-SHA-256$";
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c == '\'' || c == '"' || c.is_whitespace()).unwrap_or(part.len());
        out.push_str("(verifier)");
        out.push_str(&part[end..]);
    }
    out
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    harmless(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_text_is_made_harmless() {
        let cases = [
            ("plain", "plain"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            (
                "syntax error at or near \"'SCRAM-SHA-256$4096:c2FsdA==$a:b'\"",
                "syntax error at or near \"'(verifier)'\"",
            ),
            ("SCRAM-SHA-256$1:a$b:c and SCRAM-SHA-256$2", "(verifier) and (verifier)"),
            ("two\nlines", "two\nlines"),
        ];
        for (text, expected) in cases {
            assert_eq!(harmless(text), expected);
        }
    }
}
