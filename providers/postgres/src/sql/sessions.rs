//! No session goes on as a role that is dropped, which PostgreSQL itself would allow.
//!
//! Not here: DROP ROLE (`role`). Invariant: after the statement no session of the role is open,
//! or the statement has failed with 55006.

use engine::change::RoleChange;
use engine::declared::OpenSessions;
use engine::observed::Identity;
use engine::plan::Statement;

use super::quote::literal;

/// How long to wait for a session to be gone, in milliseconds (14+).
const PATIENCE: u32 = 5000;

/// Ends the sessions of a role, or refuses while there are any.
pub(super) fn end(identity: &Identity, change: &RoleChange) -> Vec<Statement> {
    let Some(departure) = &change.departure else { return Vec::new() };
    let name = literal(change.name.as_str());
    let sql = match departure.sessions {
        OpenSessions::Refuse => {
            let body = format!(
                "BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE usename = {name}) THEN \
                 RAISE EXCEPTION USING ERRCODE = 'object_in_use', \
                 MESSAGE = pg_catalog.format('role %I has open sessions', {name}); END IF; END"
            );
            format!("DO {}", literal(&body))
        }
        OpenSessions::Terminate => {
            // Before 14 the function only sends the signal.
            let patience = if identity.major() >= 14 { format!(", {PATIENCE}") } else { String::new() };
            format!(
                "SELECT pg_catalog.pg_terminate_backend(pid{patience}) FROM pg_catalog.pg_stat_activity WHERE usename = {name}"
            )
        }
    };
    vec![Statement::complete(sql)]
}
