//! Sessions of the audit trail as JSON.
//!
//! Not here: text (`session_text`). Invariant: every field of every event is there, so
//! that an export loses nothing but the bytes that the chain's digests cover.

use engine::audit::chain::Record;
use engine::audit::event::{Answer, End, Event, Notice, Start, Statement, What};
use engine::audit::trail::Session;
use serde_json::{Value, json};

use crate::session_text::{credential, kind, outcome, transaction};
use crate::time::rfc3339;

/// A session: how it began and ended.
pub(crate) fn run(session: &Session) -> Value {
    let ended = session.end.as_ref();
    json!({
        "id": session.id.to_string(),
        "started_at": rfc3339(session.started),
        "start": start(&session.start),
        "ended_at": ended.map(|(at, _)| rfc3339(*at)),
        "end": ended.map(|(_, found)| end(found)),
    })
}

/// A record with its event.
pub(crate) fn record(record: &Record, event: &Event) -> Value {
    let (name, body) = match &event.what {
        What::Started(found) => ("started", start(found)),
        What::Ended(found) => ("ended", end(found)),
        What::Statement(found) => ("statement", statement(found)),
        What::Transaction { resource, database, step } => {
            ("transaction", json!({ "resource": resource, "database": database, "step": transaction(*step) }))
        }
        What::Credential { account, action } => {
            ("credential", json!({ "account": account, "action": credential(*action) }))
        }
        What::Note { code, text } => ("note", json!({ "code": code, "text": text })),
    };
    json!({
        "sequence": record.sequence,
        "digest": record.digest.to_string(),
        "session": event.session.to_string(),
        "at": rfc3339(event.at),
        "event": name,
        name: body,
    })
}

fn start(start: &Start) -> Value {
    json!({
        "kind": kind(start.kind),
        "who": start.who,
        "host": start.host,
        "version": start.version,
        "resources": start.resources,
        "plan": start.plan.map(|plan| plan.to_string()),
    })
}

fn end(end: &End) -> Value {
    json!({
        "outcome": outcome(end.outcome),
        "plan": end.plan.map(|plan| plan.to_string()),
        "serial": end.serial,
        "code": end.code,
        "text": end.text,
    })
}

fn statement(statement: &Statement) -> Value {
    let (rows, error) = match &statement.answer {
        Answer::Rows(rows) => (*rows, None),
        Answer::Error(said) => (None, Some(notice(said))),
    };
    json!({
        "resource": statement.resource,
        "database": statement.database,
        "step": statement.step,
        "node": statement.node,
        "text": statement.text,
        "duration_us": statement.duration,
        "rows": rows,
        "error": error,
        "notices": statement.notices.iter().map(notice).collect::<Vec<_>>(),
    })
}

fn notice(notice: &Notice) -> Value {
    json!({ "sqlstate": notice.sqlstate, "text": notice.text })
}
