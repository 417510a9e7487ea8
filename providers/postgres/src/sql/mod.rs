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

use std::collections::BTreeMap;

use engine::change::Place;
use engine::observed::{Identity, Lapses};
use engine::plan::{Batch, Step};

/// The statements of one batch, in order.
pub fn write((identity, lapses): (&Identity, &BTreeMap<Place, Lapses>), batch: &Batch<'_>) -> Vec<Step> {
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
            let loans = loan::loans(lapses.get(place), changes);
            let groups = [loan::given(&loans), coalesce::revokes(changes), loan::taken_back(&loans)];
            return groups.into_iter().flat_map(|groups| grant::steps(place, groups)).collect();
        }
        Batch::AddGrants(place, changes) => return grant::steps(place, coalesce::adds(changes)),
    };
    batch.steps(statements)
}
