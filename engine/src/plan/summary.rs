//! Summary: how many addresses a plan touches, by what happens to them.
//!
//! An address (a role, a membership, what one grantee holds on one object) counts one, so a
//! `GrantChange` counts entries × objects without expanding them. Not here: the words of
//! `Plan: A to add, …` (`render`). Invariant: computed from changes, never stored beside them.

use std::ops::AddAssign;

use crate::change::{Action, Changes, Reason};
use crate::plan::{Mode, Plan, ResourcePlan};

/// Numbers of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Summary {
    /// Roles, and owners of schemas, that are so and are taken over.
    pub import: u64,
    /// Made on the server.
    pub add: u64,
    /// Changed on the server.
    pub change: u64,
    /// Taken off the server.
    pub destroy: u64,
    /// What is as declared already, and known roles of which more is to be remembered: written
    /// into the state only.
    pub adopt: u64,
    /// Taken out of the state only.
    pub forget: u64,
}

impl Summary {
    /// The summary of one server's changes.
    pub fn of(changes: &Changes) -> Summary {
        let mut summary = Summary::default();
        for role in &changes.roles {
            match role.action {
                Action::Adopt if role.reason == Reason::AlreadySo => summary.import += 1,
                other => summary.count(other, 1),
            }
        }
        for membership in &changes.memberships {
            summary.count(membership.action, 1);
        }
        for change in &changes.owners {
            match change.action {
                Action::Adopt if change.reason == Reason::AlreadySo => summary.import += 1,
                other => summary.count(other, 1),
            }
        }
        for change in &changes.grants {
            let objects = change.objects.len() as u64;
            for entry in &change.entries {
                summary.count(entry.action, objects);
            }
        }
        summary
    }

    /// Counts addresses that are no roles to take over.
    pub fn count(&mut self, action: Action, addresses: u64) {
        match action {
            Action::NoOp => {}
            Action::Create => self.add += addresses,
            Action::Update => self.change += addresses,
            Action::Delete => self.destroy += addresses,
            Action::Adopt => self.adopt += addresses,
            Action::Forget => self.forget += addresses,
        }
    }

    /// Whether nothing changes on a server.
    pub fn leaves_servers_alone(&self) -> bool {
        self.add + self.change + self.destroy == 0
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Summary) {
        self.import += other.import;
        self.add += other.add;
        self.change += other.change;
        self.destroy += other.destroy;
        self.adopt += other.adopt;
        self.forget += other.forget;
    }
}

impl ResourcePlan {
    /// Whether there is nothing to run on this server and no block to take over or to forget.
    pub fn is_noop(&self) -> bool {
        let kept = |action| matches!(action, Action::Adopt | Action::Forget);
        let roles = self.changes.roles.iter().map(|role| role.action);
        let owners = self.changes.owners.iter().map(|owner| owner.action);
        self.stages.is_empty() && !roles.chain(owners).any(kept)
    }
}

impl Plan {
    /// How many addresses the plan touches on all servers.
    pub fn summary(&self) -> Summary {
        let mut all = Summary::default();
        match self.mode {
            Mode::Normal | Mode::Destroy => {
                self.resources.values().for_each(|resource| all += Summary::of(&resource.changes));
            }
            // Its changes are those that others made.
            Mode::RefreshOnly => {}
        }
        all
    }

    /// Whether there is nothing to run on any server and no block to take over or to forget:
    /// exit code 0 of `plan -detailed-exitcode`. Grants that merely get recorded do not count.
    pub fn is_noop(&self) -> bool {
        match self.mode {
            Mode::Normal | Mode::Destroy => self.resources.values().all(ResourcePlan::is_noop),
            Mode::RefreshOnly => self.resources.values().all(|resource| resource.changes.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::plan::plan;

    #[test]
    fn an_address_counts_one() {
        let cases = [
            ("both role a", Summary::default(), true),
            ("+ role a:\n+ member a of b, c: plain", Summary { add: 3, ..Summary::default() }, true),
            ("+ grant a, b on app table s.t{0..9}: SELECT", Summary { add: 20, ..Summary::default() }, true),
            (
                "~ grant a on app table s.t: SELECT -> INSERT",
                Summary { change: 1, ..Summary::default() },
                true,
            ),
            ("- grant a on app table s.t{0..1}: SELECT", Summary { destroy: 2, ..Summary::default() }, true),
            ("= role a:", Summary { import: 1, ..Summary::default() }, false),
            ("= grant a on app table s.t: SELECT", Summary { adopt: 1, ..Summary::default() }, true),
            (". role a:", Summary { forget: 1, ..Summary::default() }, false),
            (". grant a on app table s.t:", Summary { forget: 1, ..Summary::default() }, true),
        ];
        for (text, expected, noop) in cases {
            let plan = plan(text);
            assert_eq!(plan.summary(), expected, "{text}");
            // None of them has a statement: only what is kept or forgotten needs an apply.
            assert_eq!(plan.is_noop(), noop, "{text}");
        }
        assert!(!plan("sql app x | GRANT").is_noop());
    }
}
