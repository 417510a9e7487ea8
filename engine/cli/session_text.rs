//! Sessions of the audit trail as text.
//!
//! Not here: JSON (`engine::render::json_audit`), the trail itself (`engine::audit`).
//! Invariant: what a server or a person wrote is printed without control characters.

use engine::audit::check::Checked;
use engine::audit::event::{Answer, Event, Notice, Statement, What};
use engine::audit::trail::{Linked, Session};
use engine::name::printable;

use crate::time::{duration, readable};

/// Digits of an id in lists: enough to tell sessions apart.
const DIGITS: usize = 16;

/// One line per session.
pub(crate) fn table(sessions: &[Session]) -> String {
    let mut rows = vec![["ID", "STARTED", "KIND", "WHO", "OUTCOME", "RESULT"].map(str::to_owned)];
    rows.extend(sessions.iter().map(|session| {
        let (end, text) = match &session.end {
            Some((_, end)) => (end.outcome.word(), printable(&end.text)),
            None => ("unended", String::new()),
        };
        [
            session.id.to_string()[..DIGITS].to_owned(),
            readable(session.started),
            session.start.kind.word().to_owned(),
            printable(&format!("{}@{}", session.start.who, session.start.host)),
            end.to_owned(),
            text,
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = widths.iter().zip(row).map(|(width, cell)| format!("{cell:<width$}  "));
        format!("{}{}", cells.collect::<String>(), row[5]).trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// One session with all its events.
pub(crate) fn whole(session: &Session, records: &[Linked]) -> String {
    let start = &session.start;
    let mut out = format!("session {}\n", session.id);
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("  {name:<10}{}\n", printable(value)));
        }
    };
    fact("kind", start.kind.word());
    fact("who", &format!("{}@{}", start.who, start.host));
    fact("roleform", &start.version);
    fact("resources", &start.resources.join(", "));
    fact("started", &readable(session.started));
    let plan = session.end.as_ref().and_then(|(_, end)| end.plan).or(start.plan);
    fact("plan", &plan.map_or_else(String::new, |plan| plan.to_string()));
    match &session.end {
        None => fact("outcome", "unended: its process was killed, or it is running now"),
        Some((at, end)) => {
            fact("ended", &readable(*at));
            fact("serial", &end.serial.to_string());
            let code = end.code.as_ref().map_or_else(String::new, |code| format!(" [{code}]"));
            fact("outcome", &format!("{}{code}: {}", end.outcome.word(), end.text));
        }
    }
    let lines: String = records.iter().filter_map(|linked| line(&linked.event)).collect();
    if !lines.is_empty() {
        out.push('\n');
        out.push_str(&lines);
    }
    out
}

/// One event; the beginning and the end of a session stand above.
fn line(event: &Event) -> Option<String> {
    let words = match &event.what {
        What::Started(_) | What::Ended(_) => return None,
        What::Statement(statement) => self::statement(statement),
        What::Transaction { resource, database, step } => {
            format!("{resource}/{database}: {}", step.word())
        }
        What::Credential { account, action } => format!("{account}: password {}", action.word()),
        What::Note { code, text } => match code {
            Some(code) => format!("{code}: {text}"),
            None => text.clone(),
        },
    };
    let text: Vec<String> = words.lines().map(printable).collect();
    Some(format!("{}  {}\n", readable(event.at), text.join("\n    ")))
}

fn statement(statement: &Statement) -> String {
    let answer = match &statement.answer {
        Answer::Rows(None) => "done".to_owned(),
        Answer::Rows(Some(rows)) => format!("{rows} rows"),
        Answer::Error(notice) => format!("refused, {}", said(notice)),
    };
    let mut out = format!(
        "{}/{}: {} ({answer}, {})\n{}",
        statement.resource,
        statement.database,
        statement.node,
        duration(statement.duration),
        statement.text,
    );
    for notice in &statement.notices {
        out.push_str(&format!("\n{}", said(notice)));
    }
    out
}

fn said(notice: &Notice) -> String {
    format!("{}: {}", notice.sqlstate, notice.text)
}

/// What `session verify` found.
pub(crate) fn checked(checked: &Checked) -> String {
    let records = match checked.records {
        1 => "1 record".to_owned(),
        many => format!("{many} records"),
    };
    let mut out = format!("The audit trail is whole: {records}, each as it was written.\n");
    if checked.unended > 0 {
        out.push_str(&format!("Sessions without an end: {}.\n", checked.unended));
    }
    if checked.lost > 0 {
        out.push_str(&format!("Records that an earlier recovery could not restore: {}.\n", checked.lost));
    }
    out.push_str(&format!(
        "Its head is {}. Kept elsewhere, it proves later that nothing was rewritten: `roleform session verify -head`.\n",
        checked.head
    ));
    out
}
