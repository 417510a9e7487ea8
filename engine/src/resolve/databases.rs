//! Databases that a configuration names: whether they are there and let anybody in.
//!
//! Not here: what is in them (`select`). Invariant: what is wrong is said at the line that names
//! the database.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::name::{DatabaseName, printable};
use crate::resolve::Question;

/// Why nothing inside a database can be planned, if so.
pub(super) fn missing_database(
    question: &Question<'_>,
    name: &DatabaseName,
    span: &Span,
) -> Option<Diagnostic> {
    let resource = &question.part.resource.name;
    let shown = printable(name.as_str());
    match question.observed.databases.get(name) {
        Some(fact) if fact.accepts_connections => None,
        Some(_) => Some(
            Diagnostic::error(
                Code::PLN012,
                "Database does not accept connections",
                format!(
                    "\"{shown}\" exists on {resource}, and it lets nobody in (its datallowconn is false)."
                ),
            )
            .at(span.clone())
            .hint("let connections in with `ALTER DATABASE … ALLOW_CONNECTIONS true`, or take it out here"),
        ),
        None => {
            let known = question.observed.databases.keys().map(DatabaseName::as_str);
            let hint =
                nearest(name.as_str(), known).map(|near| format!("did you mean \"{}\"?", printable(near)));
            let diagnostic = Diagnostic::error(
                Code::PLN008,
                "Database does not exist",
                format!("There is no database \"{shown}\" on {resource}."),
            )
            .at(span.clone());
            Some(Diagnostic { hint, ..diagnostic })
        }
    }
}
