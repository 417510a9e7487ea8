//! What of a batch the administrator would not be allowed to do, or the server would refuse.
//!
//! From the observation alone, so that a plan says it before an apply fails on it or, worse,
//! the server grants nothing and warns. What the catalog cannot tell is left to the server,
//! which is asked inside the transaction anyway. Not here: what the statements look like
//! (`sql`). Invariant: nothing is refused that the server would do; lists are bounded.

mod grants;
mod roles;
mod schemas;

use std::collections::BTreeSet;

use engine::acl::Grantee;
use engine::diagnostic::Diagnostic;
use engine::name::printable;
use engine::observed::Observed;
use engine::plan::Batch;

/// Most objects that one message names.
const MOST_NAMED: usize = 5;

/// What is in the way of a batch.
pub(crate) fn preflight(observed: &Observed, batch: &Batch<'_>) -> Vec<Diagnostic> {
    match batch {
        Batch::CreateRole(change) => roles::create(observed, change),
        Batch::RenameRole(change, ..) => roles::rename(observed, change),
        Batch::FinishRole(change) => roles::finish(observed, change),
        Batch::EndSessions(change) => roles::end_sessions(observed, change),
        Batch::Disown(change) => roles::disown(observed, change),
        Batch::DropRole(change) => roles::drop(observed, change),
        Batch::GrantMembership(change) | Batch::RevokeMembership(change) => {
            roles::membership(observed, change)
        }
        Batch::HandOver(change) => schemas::hand_over(observed, change).into_iter().collect(),
        Batch::RevokeGrants(place, changes) => grants::revoke(observed, place, changes),
        Batch::AddGrants(place, changes) => grants::add(observed, place, changes),
    }
}

/// A name in quotes, fit to print.
fn quoted(name: &str) -> String {
    format!("\"{}\"", printable(name))
}

/// Grantees, most of them by name.
fn named(observed: &Observed, grantees: &BTreeSet<Grantee>) -> String {
    let name = |one: &Grantee| match one {
        Grantee::Public => one.to_string(),
        Grantee::Role(role) => observed.shown(role),
    };
    listed(&grantees.iter().map(name).collect::<Vec<String>>())
}

/// `a, b and 3 more`.
fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] if names.len() <= MOST_NAMED => format!("{} and {last}", most.join(", ")),
        _ => format!("{} and {} more", names[..MOST_NAMED].join(", "), names.len() - MOST_NAMED),
    }
}
