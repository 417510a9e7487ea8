//! Whether roles that are dropped leave behind what the plan says, and nothing else.
//!
//! DROP OWNED takes all that there is at its moment, so what a role owns is a fact of the plan
//! like any other. Not here: roles that stay. Invariant: nothing is dropped that no plan named.

use std::collections::BTreeSet;

use crate::name::{DatabaseName, printable};
use crate::observed::{Owned, OwnedKind};
use crate::plan::compare::Differences;
use crate::plan::{ResourcePlan, TransactionPlan};
use crate::provider::Possessions;

/// What differs from the plan, in what one transaction sees.
pub(super) fn differences(plan: &ResourcePlan, part: &TransactionPlan, now: &Possessions) -> Differences {
    let mut found = Differences::default();
    for change in &plan.changes.roles {
        let Some(departure) = &change.departure else { continue };
        let visible = |owned: &[Owned]| -> BTreeSet<Owned> {
            owned.iter().filter(|owned| is_visible(owned, part)).cloned().collect()
        };
        let (was, is) =
            (visible(&departure.owned), visible(now.owned.get(&change.name).map_or(&[][..], Vec::as_slice)));
        let role = printable(change.name.as_str());
        for (owned, word) in is
            .difference(&was)
            .map(|owned| (owned, "has"))
            .chain(was.difference(&is).map(|owned| (owned, "no longer has")))
        {
            found.add(|| format!("role \"{role}\" {word} {}", text(owned)));
        }
    }
    let known = |database: &&DatabaseName| {
        plan.before.databases.contains_key(*database) || plan.scope.databases.contains(*database)
    };
    for database in now.elsewhere.iter().filter(|database| !known(database)) {
        let name = printable(database.as_str());
        found.add(|| format!("database \"{name}\": roles of the plan hold or own something there now"));
    }
    found
}

/// Whether a transaction sees it.
fn is_visible(owned: &Owned, part: &TransactionPlan) -> bool {
    match owned.kind {
        OwnedKind::Object | OwnedKind::Trace => owned.database.as_ref() == Some(&part.database),
        OwnedKind::Shared | OwnedKind::Membership => part.shared,
    }
}

fn text(owned: &Owned) -> String {
    let place =
        owned.database.as_ref().map_or(String::new(), |name| format!(" in {}", printable(name.as_str())));
    format!("{}{place}", printable(&owned.description))
}
