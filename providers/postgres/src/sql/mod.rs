//! Writes SQL: one batch of like work in, as few statements as possible out.
//!
//! Pure: the same batch gives the same text. Not here: what is to be done and in which order
//! (the engine), running it (`transaction`), reading (`introspect`). Invariant: every name and
//! value goes through `quote`, and a statement's size is bounded.

mod coalesce;
mod default_privileges;
mod disown;
mod grant;
mod keywords;
mod loan;
mod membership;
pub(crate) mod quote;
mod role;
mod schema;
mod sessions;
pub mod setting;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use loan::grant_option;

use engine::change::Place;
use engine::observed::{Identity, Observed};
use engine::plan::{Batch, Step};

use crate::acting::Powers;

/// What is known of the server.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Which it is.
    pub identity: &'a Identity,
    /// What it told; without that, the administrator is a superuser and no option has lapsed.
    pub observed: Option<&'a Observed>,
}

impl<'a> Known<'a> {
    /// What the administrator may do with the objects of a place, if it is no superuser.
    fn powers(&self, place: &'a Place) -> Option<Powers<'a>> {
        let limited = self.observed.filter(|observed| !observed.admin.superuser)?;
        Some(Powers::of(limited, place))
    }
}

/// The statements of one batch, in order.
pub fn write(known: &Known<'_>, batch: &Batch<'_>) -> Vec<Step> {
    let identity = known.identity;
    let statements = match batch {
        Batch::CreateRole(change) => role::create(change),
        Batch::RenameRole(_, from, to) => role::rename(from, to),
        Batch::FinishRole(change) => role::finish(change),
        Batch::EndSessions(change) => sessions::end(identity, change),
        Batch::Disown(change) => disown::disown(change),
        Batch::DropRole(change) => role::drop(change),
        Batch::GrantMembership(change) => membership::grant(identity, change),
        Batch::RevokeMembership(change) => membership::revoke(identity, change),
        Batch::HandOver(change) => schema::hand_over(change),
        Batch::RevokeGrants(place, changes) => {
            let loans = loan::loans(known.observed.and_then(|observed| observed.lapses.get(place)), changes);
            let groups = [loan::given(&loans), coalesce::revokes(changes), loan::taken_back(&loans)];
            let powers = known.powers(place);
            let steps = |groups| grant::steps(place, powers.as_ref(), groups);
            return groups.into_iter().flat_map(steps).collect();
        }
        Batch::AddGrants(place, changes) => {
            let powers = known.powers(place);
            return grant::steps(place, powers.as_ref(), coalesce::adds(changes));
        }
    };
    batch.steps(statements)
}
