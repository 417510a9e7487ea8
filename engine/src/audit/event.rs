//! What an audit record says.
//!
//! Plain words. Not here: bytes (`format_v1`), the chain (`chain`), how it is shown
//! (`render`). Invariant: nothing here is secret by construction: statements carry
//! verifiers and never passwords, credentials are named and never shown.

use std::fmt;

use crate::digest::{hex, unhex};
use crate::plan::saved::PlanId;

/// Microseconds since 1970-01-01 00:00:00 UTC.
pub type Micros = i64;

/// The identity of a session: 6 bytes of its start (milliseconds since 1970) and 10
/// random ones, so that identities sort by start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// A new identity from the clock and from chance, both the caller's.
    pub fn new(started: Micros, random: [u8; 10]) -> SessionId {
        let milliseconds = u64::try_from(started / 1000).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        SessionId(bytes)
    }

    /// Reads the 32 hexadecimal digits that it is printed as.
    pub fn parse(text: &str) -> Option<SessionId> {
        unhex(text)?.try_into().ok().map(SessionId)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One record of the trail: something that happened in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// In which session.
    pub session: SessionId,
    /// When it happened; for a statement, when it was answered.
    pub at: Micros,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The session began.
    Started(Start),
    /// The session ended, and how.
    Ended(End),
    /// A statement was sent and answered.
    Statement(Box<Statement>),
    /// A transaction began, was committed, or was rolled back.
    Transaction {
        /// On which resource.
        resource: String,
        /// In which database.
        database: String,
        /// What became of it.
        step: TransactionStep,
    },
    /// A credential was read, stored, made current, dropped or encrypted anew.
    Credential {
        /// The credential as printed: `analytics/billing_rw`.
        account: String,
        /// What was done with it.
        action: CredentialAction,
    },
    /// Something that whoever reads the trail should know: a repair, a recovery, a warning.
    Note {
        /// The code of the diagnostic it comes from, if it comes from one.
        code: Option<String>,
        /// A sentence.
        text: String,
    },
}

/// The beginning of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// What kind of run it is.
    pub kind: SessionKind,
    /// The operating system's user, or whom the run acts for.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The version of roleform.
    pub version: String,
    /// The resources that it is about.
    pub resources: Vec<String>,
    /// The plan that is carried out; a plan's own id is known only at its end.
    pub plan: Option<PlanId>,
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// How it ended.
    pub outcome: Outcome,
    /// The plan that was made or carried out.
    pub plan: Option<PlanId>,
    /// The serial of the state at the end.
    pub serial: u64,
    /// The code of the diagnostic that ended it, if one did.
    pub code: Option<String>,
    /// One sentence: the summary line, or what went wrong.
    pub text: String,
}

/// What kind of run a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionKind {
    /// `plan`.
    Plan,
    /// `apply`.
    Apply,
    /// `credentials show` and `credentials exec`.
    Credentials,
    /// `admin set` and `admin import`.
    Admin,
    /// `state rm`, `import`, a recovery: the state alone is changed.
    State,
    /// `approve`.
    Approve,
}

impl SessionKind {
    /// As printed.
    pub fn word(self) -> &'static str {
        match self {
            SessionKind::Plan => "plan",
            SessionKind::Apply => "apply",
            SessionKind::Credentials => "credentials",
            SessionKind::Admin => "admin",
            SessionKind::State => "state",
            SessionKind::Approve => "approve",
        }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It did what it should.
    Done,
    /// It declined before changing anything: stale, replayed, unsigned, other server.
    Refused,
    /// It could not: the text says why and what is left.
    Failed,
    /// A person stopped it.
    Interrupted,
}

impl Outcome {
    /// As printed.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
            Outcome::Interrupted => "interrupted",
        }
    }
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransactionStep {
    /// BEGIN was answered.
    Begun,
    /// COMMIT was answered.
    Committed,
    /// ROLLBACK was answered, or the server rolled back by itself.
    RolledBack,
    /// COMMIT was sent, and the connection was lost before the answer.
    Unknown,
}

impl TransactionStep {
    /// As printed.
    pub fn word(self) -> &'static str {
        match self {
            TransactionStep::Begun => "begun",
            TransactionStep::Committed => "committed",
            TransactionStep::RolledBack => "rolled back",
            TransactionStep::Unknown => "outcome unknown",
        }
    }
}

/// What was done with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialAction {
    /// It was decrypted and handed out.
    Read,
    /// It was stored as pending: the server does not have it yet.
    Stored,
    /// It became current: the server has it.
    Confirmed,
    /// It was dropped.
    Dropped,
    /// It was encrypted to other recipients.
    Reencrypted,
    /// Its role has another name, which it is kept under now.
    Renamed,
}

impl CredentialAction {
    /// As printed.
    pub fn word(self) -> &'static str {
        match self {
            CredentialAction::Read => "read",
            CredentialAction::Stored => "stored",
            CredentialAction::Confirmed => "confirmed",
            CredentialAction::Dropped => "dropped",
            CredentialAction::Reencrypted => "re-encrypted",
            CredentialAction::Renamed => "renamed",
        }
    }
}

/// A statement and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// On which resource.
    pub resource: String,
    /// In which database.
    pub database: String,
    /// The step of the plan that it belongs to, from 0; `None` for what every apply sends.
    pub step: Option<u64>,
    /// The node that it changes, or the group of like nodes, as printed.
    pub node: String,
    /// The text as sent.
    pub text: String,
    /// How long the server took, in microseconds.
    pub duration: u64,
    /// What it answered.
    pub answer: Answer,
    /// What it said besides, in order.
    pub notices: Vec<Notice>,
}

/// The server's answer to a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, with as many rows; `None` for commands that count none.
    Rows(Option<u64>),
    /// Refused.
    Error(Notice),
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// SQLSTATE, five characters.
    pub sqlstate: String,
    /// The message.
    pub text: String,
}
