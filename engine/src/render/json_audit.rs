//! The audit trail as JSON: sessions, and records with all that a check by hand needs.
//!
//! Not here: text (the binary). Invariant: a record tells every field of its event, and
//! with `previous` and `bytes` the exact input of its digest, so that nobody has to
//! believe the fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::audit::chain::Record;
use crate::audit::event::{Answer, End, Event, Notice, Start, Statement, What};
use crate::audit::trail::{Linked, Session};
use crate::render::json_own::time;

/// A session as one line of JSON: how it began and how it ended.
pub fn session(session: &Session) -> String {
    line(&SessionJson::of(session, None))
}

/// A session with its records.
pub fn whole_session(session: &Session, records: &[Linked]) -> String {
    let records = records.iter().map(RecordJson::from).collect();
    line(&SessionJson::of(session, Some(records)))
}

/// A record as one line of JSON, as `session export` writes it.
pub fn record(linked: &Linked) -> String {
    line(&RecordJson::from(linked))
}

fn line(value: &impl Serialize) -> String {
    // Text and numbers only: there is nothing that JSON cannot say.
    let json = serde_json::to_string(value).expect("plain data is always JSON");
    // JSON itself asks for that below U+0020 only, and terminals obey others too.
    let escape = |character: char| match character.is_control() {
        true => format!("\\u{:04x}", u32::from(character)),
        false => character.to_string(),
    };
    if json.contains(char::is_control) { json.chars().map(escape).collect() } else { json }
}

#[derive(Serialize)]
struct SessionJson<'a> {
    id: String,
    #[serde(flatten)]
    start: StartJson<'a>,
    started_at: String,
    ended_at: Option<String>,
    end: Option<EndJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<RecordJson<'a>>>,
}

impl<'a> SessionJson<'a> {
    fn of(session: &'a Session, records: Option<Vec<RecordJson<'a>>>) -> SessionJson<'a> {
        SessionJson {
            id: session.id.to_string(),
            start: StartJson::from(&session.start),
            started_at: time(session.started),
            ended_at: session.end.as_ref().map(|(at, _)| time(*at)),
            end: session.end.as_ref().map(|(_, end)| EndJson::from(end)),
            records,
        }
    }
}

#[derive(Serialize)]
struct RecordJson<'a> {
    sequence: u64,
    at: String,
    session: String,
    #[serde(flatten)]
    what: WhatJson<'a>,
    previous: String,
    digest: String,
    bytes: String,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum WhatJson<'a> {
    Started(StartJson<'a>),
    Ended(EndJson<'a>),
    Statement(StatementJson<'a>),
    Transaction { resource: &'a str, database: &'a str, step: &'static str },
    Credential { account: &'a str, action: &'static str },
    Note { code: Option<&'a str>, text: &'a str },
}

#[derive(Serialize)]
struct StartJson<'a> {
    kind: &'static str,
    who: &'a str,
    host: &'a str,
    version: &'a str,
    resources: &'a [String],
    plan: Option<String>,
}

#[derive(Serialize)]
struct EndJson<'a> {
    outcome: &'static str,
    plan: Option<String>,
    serial: u64,
    code: Option<&'a str>,
    text: &'a str,
}

#[derive(Serialize)]
struct StatementJson<'a> {
    resource: &'a str,
    database: &'a str,
    step: Option<u64>,
    node: &'a str,
    text: &'a str,
    duration_us: u64,
    rows: Option<u64>,
    error: Option<NoticeJson<'a>>,
    notices: Vec<NoticeJson<'a>>,
}

#[derive(Serialize)]
struct NoticeJson<'a> {
    sqlstate: &'a str,
    text: &'a str,
}

impl<'a> From<&'a Linked> for RecordJson<'a> {
    fn from(linked: &'a Linked) -> RecordJson<'a> {
        let Linked { previous, record, event } = linked;
        let Record { sequence, digest, bytes } = record;
        let Event { session, at, what } = event;
        RecordJson {
            sequence: *sequence,
            at: time(*at),
            session: session.to_string(),
            what: WhatJson::from(what),
            previous: previous.to_string(),
            digest: digest.to_string(),
            bytes: STANDARD.encode(bytes),
        }
    }
}

impl<'a> From<&'a What> for WhatJson<'a> {
    fn from(what: &'a What) -> WhatJson<'a> {
        match what {
            What::Started(start) => WhatJson::Started(start.into()),
            What::Ended(end) => WhatJson::Ended(end.into()),
            What::Statement(statement) => WhatJson::Statement(statement.as_ref().into()),
            What::Transaction { resource, database, step } => {
                WhatJson::Transaction { resource, database, step: step.word() }
            }
            What::Credential { account, action } => WhatJson::Credential { account, action: action.word() },
            What::Note { code, text } => WhatJson::Note { code: code.as_deref(), text },
        }
    }
}

impl<'a> From<&'a Start> for StartJson<'a> {
    fn from(start: &'a Start) -> StartJson<'a> {
        let Start { kind, who, host, version, resources, plan } = start;
        let plan = plan.map(|plan| plan.to_string());
        StartJson { kind: kind.word(), who, host, version, resources, plan }
    }
}

impl<'a> From<&'a End> for EndJson<'a> {
    fn from(end: &'a End) -> EndJson<'a> {
        let End { outcome, plan, serial, code, text } = end;
        let plan = plan.map(|plan| plan.to_string());
        EndJson { outcome: outcome.word(), plan, serial: *serial, code: code.as_deref(), text }
    }
}

impl<'a> From<&'a Statement> for StatementJson<'a> {
    fn from(statement: &'a Statement) -> StatementJson<'a> {
        let Statement { resource, database, step, node, text, duration, answer, notices } = statement;
        let (rows, error) = match answer {
            Answer::Rows(rows) => (*rows, None),
            Answer::Error(notice) => (None, Some(NoticeJson::from(notice))),
        };
        StatementJson {
            resource,
            database,
            step: *step,
            node,
            text,
            duration_us: *duration,
            rows,
            error,
            notices: notices.iter().map(NoticeJson::from).collect(),
        }
    }
}

impl<'a> From<&'a Notice> for NoticeJson<'a> {
    fn from(Notice { sqlstate, text }: &'a Notice) -> NoticeJson<'a> {
        NoticeJson { sqlstate, text }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{record, session, whole_session};
    use crate::audit::chain::Head;
    use crate::audit::event::{
        Answer, End, Event, Notice, Outcome, SessionId, SessionKind, Start, Statement, What,
    };
    use crate::audit::format_v1::encode;
    use crate::audit::trail::{Linked, Session};
    use crate::state::Lineage;
    use crate::state::audit_entries::SessionRange;

    fn linked(what: What) -> Linked {
        let event = Event { session: SessionId([2; 16]), at: 1_800_000_000_000_000, what };
        let base = Head::genesis(Lineage([1; 16]));
        Linked { previous: base.digest, record: base.extend(encode(&event)), event }
    }

    fn start() -> Start {
        Start {
            kind: SessionKind::Apply,
            who: "ana".to_owned(),
            host: "laptop".to_owned(),
            version: "0.1.0".to_owned(),
            resources: vec!["main".to_owned()],
            plan: None,
        }
    }

    #[test]
    fn a_record_is_one_line_whatever_it_says() {
        let statement = Statement {
            resource: "main".to_owned(),
            database: "a\"b".to_owned(),
            step: None,
            node: "role.r".to_owned(),
            text: "two\nlines \u{1b}[31m \u{9b}1m".to_owned(),
            duration: 7,
            answer: Answer::Error(Notice { sqlstate: "42501".to_owned(), text: "no".to_owned() }),
            notices: Vec::new(),
        };
        let line = record(&linked(What::Statement(Box::new(statement))));
        let (told, chain) = line.split_once(",\"previous\"").unwrap();
        expect![[r#"{"sequence":1,"at":"2027-01-15T08:00:00Z","session":"02020202020202020202020202020202","event":"statement","resource":"main","database":"a\"b","step":null,"node":"role.r","text":"two\nlines \u001b[31m \u009b1m","duration_us":7,"rows":null,"error":{"sqlstate":"42501","text":"no"},"notices":[]"#]].assert_eq(told);
        assert!(chain.contains("\"digest\":\"") && chain.contains("\"bytes\":\"AQIC"), "{chain}");
        assert!(!line.contains(char::is_control));
    }

    #[test]
    fn a_session_tells_how_it_ended_if_it_did() {
        let range = SessionRange { first: 1, last: None };
        let mut run = Session { id: SessionId([2; 16]), started: 0, start: start(), end: None, range };
        expect![[r#"{"id":"02020202020202020202020202020202","kind":"apply","who":"ana","host":"laptop","version":"0.1.0","resources":["main"],"plan":null,"started_at":"1970-01-01T00:00:00Z","ended_at":null,"end":null}"#]].assert_eq(&session(&run));
        let text = "Apply complete.".to_owned();
        let end = End { outcome: Outcome::Done, plan: None, serial: 4, code: None, text };
        run.end = Some((1_500_000, end));
        let whole = whole_session(&run, &[linked(What::Started(start()))]);
        let (told, records) = whole.split_once(",\"records\":[").unwrap();
        expect![[r#"{"id":"02020202020202020202020202020202","kind":"apply","who":"ana","host":"laptop","version":"0.1.0","resources":["main"],"plan":null,"started_at":"1970-01-01T00:00:00Z","ended_at":"1970-01-01T00:00:01.5Z","end":{"outcome":"done","plan":null,"serial":4,"code":null,"text":"Apply complete."}"#]].assert_eq(told);
        assert!(records.starts_with("{\"sequence\":1,") && records.ends_with("}]}"), "{records}");
    }
}
