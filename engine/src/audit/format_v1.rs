//! The bytes of an event, version 1. Frozen: read for ever, never changed.
//!
//! A version byte, then postcard over the twin types below. Not here: what the fields
//! mean (`event`). Invariant: a twin never gains, loses or reorders a field or variant;
//! a new version gets a new file, a new first byte and new twins.

use serde::{Deserialize, Serialize};

use crate::audit::event::{
    Answer, CredentialAction, End, Event, Notice, Outcome, SessionId, SessionKind, Start, Statement,
    TransactionStep, What,
};
use crate::format::OtherVersion;
use crate::plan::saved::PlanId;

const VERSION: u8 = 1;

/// Bytes that are not an event of a known version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// Of a version that is not read here.
    #[error(transparent)]
    Version(#[from] OtherVersion),
    /// Cut, or never an event.
    #[error("its bytes make no sense")]
    Malformed,
}

/// The canonical bytes of an event.
pub fn encode(event: &Event) -> Vec<u8> {
    // Writing plain data into a growing buffer has nothing that could fail.
    postcard::to_extend(&EventV1::from(event), vec![VERSION]).expect("plain data always encodes")
}

/// Reads what `encode` wrote, and nothing else: not even trailing bytes.
pub fn decode(bytes: &[u8]) -> Result<Event, NotAnEvent> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => {
            let (event, behind): (EventV1, _) =
                postcard::take_from_bytes(rest).map_err(|_| NotAnEvent::Malformed)?;
            let event = Event::from(event);
            // One event, one encoding: numbers, for instance, could be written longer.
            let is_canonical = behind.is_empty() && encode(&event) == bytes;
            if is_canonical { Ok(event) } else { Err(NotAnEvent::Malformed) }
        }
        Some(_) | None => Err(NotAnEvent::Malformed),
    }
}

#[derive(Serialize, Deserialize)]
struct EventV1 {
    session: [u8; 16],
    at: i64,
    what: WhatV1,
}

#[derive(Serialize, Deserialize)]
enum WhatV1 {
    Started(StartV1),
    Ended(EndV1),
    Statement(StatementV1),
    Transaction { resource: String, database: String, step: TransactionStepV1 },
    Credential { account: String, action: CredentialActionV1 },
    Note { code: Option<String>, text: String },
}

#[derive(Serialize, Deserialize)]
struct StartV1 {
    kind: SessionKindV1,
    who: String,
    host: String,
    version: String,
    resources: Vec<String>,
    plan: Option<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
struct EndV1 {
    outcome: OutcomeV1,
    plan: Option<[u8; 32]>,
    serial: u64,
    code: Option<String>,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct StatementV1 {
    resource: String,
    database: String,
    step: Option<u64>,
    node: String,
    text: String,
    duration: u64,
    answer: AnswerV1,
    notices: Vec<NoticeV1>,
}

#[derive(Serialize, Deserialize)]
enum AnswerV1 {
    Rows(Option<u64>),
    Error(NoticeV1),
}

#[derive(Serialize, Deserialize)]
struct NoticeV1 {
    sqlstate: String,
    text: String,
}

/// An enum without data, its twin, and the way there and back.
macro_rules! twin {
    ($twin:ident = $plain:ident { $( $variant:ident ),* }) => {
        #[derive(Serialize, Deserialize)]
        enum $twin { $( $variant ),* }

        impl From<$plain> for $twin {
            fn from(plain: $plain) -> $twin {
                match plain { $( $plain::$variant => $twin::$variant ),* }
            }
        }

        impl From<$twin> for $plain {
            fn from(twin: $twin) -> $plain {
                match twin { $( $twin::$variant => $plain::$variant ),* }
            }
        }
    };
}

twin!(SessionKindV1 = SessionKind { Plan, Apply, Credentials, Admin, State, Approve });
twin!(OutcomeV1 = Outcome { Done, Refused, Failed, Interrupted });
twin!(TransactionStepV1 = TransactionStep { Begun, Committed, RolledBack, Unknown });
twin!(CredentialActionV1 = CredentialAction { Read, Stored, Confirmed, Dropped, Reencrypted, Renamed });

impl From<&Event> for EventV1 {
    fn from(event: &Event) -> EventV1 {
        let what = match &event.what {
            What::Started(start) => WhatV1::Started(start.into()),
            What::Ended(end) => WhatV1::Ended(end.into()),
            What::Statement(statement) => WhatV1::Statement(statement.as_ref().into()),
            What::Transaction { resource, database, step } => WhatV1::Transaction {
                resource: resource.clone(),
                database: database.clone(),
                step: (*step).into(),
            },
            What::Credential { account, action } => {
                WhatV1::Credential { account: account.clone(), action: (*action).into() }
            }
            What::Note { code, text } => WhatV1::Note { code: code.clone(), text: text.clone() },
        };
        EventV1 { session: event.session.0, at: event.at, what }
    }
}

impl From<EventV1> for Event {
    fn from(event: EventV1) -> Event {
        let what = match event.what {
            WhatV1::Started(start) => What::Started(start.into()),
            WhatV1::Ended(end) => What::Ended(end.into()),
            WhatV1::Statement(statement) => What::Statement(Box::new(statement.into())),
            WhatV1::Transaction { resource, database, step } => {
                What::Transaction { resource, database, step: step.into() }
            }
            WhatV1::Credential { account, action } => What::Credential { account, action: action.into() },
            WhatV1::Note { code, text } => What::Note { code, text },
        };
        Event { session: SessionId(event.session), at: event.at, what }
    }
}

impl From<&Start> for StartV1 {
    fn from(start: &Start) -> StartV1 {
        let Start { kind, who, host, version, resources, plan } = start.clone();
        StartV1 { kind: kind.into(), who, host, version, resources, plan: plan.map(|plan| plan.0) }
    }
}

impl From<StartV1> for Start {
    fn from(start: StartV1) -> Start {
        let StartV1 { kind, who, host, version, resources, plan } = start;
        Start { kind: kind.into(), who, host, version, resources, plan: plan.map(PlanId) }
    }
}

impl From<&End> for EndV1 {
    fn from(end: &End) -> EndV1 {
        let End { outcome, plan, serial, code, text } = end.clone();
        EndV1 { outcome: outcome.into(), plan: plan.map(|plan| plan.0), serial, code, text }
    }
}

impl From<EndV1> for End {
    fn from(end: EndV1) -> End {
        let EndV1 { outcome, plan, serial, code, text } = end;
        End { outcome: outcome.into(), plan: plan.map(PlanId), serial, code, text }
    }
}

impl From<&Statement> for StatementV1 {
    fn from(statement: &Statement) -> StatementV1 {
        let Statement { resource, database, step, node, text, duration, answer, notices } = statement.clone();
        let answer = match answer {
            Answer::Rows(rows) => AnswerV1::Rows(rows),
            Answer::Error(notice) => AnswerV1::Error(notice.into()),
        };
        let notices = notices.into_iter().map(NoticeV1::from).collect();
        StatementV1 { resource, database, step, node, text, duration, answer, notices }
    }
}

impl From<StatementV1> for Statement {
    fn from(statement: StatementV1) -> Statement {
        let StatementV1 { resource, database, step, node, text, duration, answer, notices } = statement;
        let answer = match answer {
            AnswerV1::Rows(rows) => Answer::Rows(rows),
            AnswerV1::Error(notice) => Answer::Error(notice.into()),
        };
        let notices = notices.into_iter().map(Notice::from).collect();
        Statement { resource, database, step, node, text, duration, answer, notices }
    }
}

impl From<Notice> for NoticeV1 {
    fn from(Notice { sqlstate, text }: Notice) -> NoticeV1 {
        NoticeV1 { sqlstate, text }
    }
}

impl From<NoticeV1> for Notice {
    fn from(NoticeV1 { sqlstate, text }: NoticeV1) -> Notice {
        Notice { sqlstate, text }
    }
}
