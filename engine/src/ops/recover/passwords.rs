//! Passwords that an interrupted apply was about to set: set, or not?
//!
//! A superuser sees the verifiers. Another administrator does not, but what a transaction does
//! to a role it does as a whole: a role that is as after the plan, and was not before, has its
//! password too. Not here: what follows (`credentials::ledger`). Invariant: a password that a
//! server may have is kept.

use std::collections::BTreeMap;

use crate::audit::event::CredentialAction;
use crate::catalog::{Catalog, Password};
use crate::credentials::ledger::{Ledger, ServerSays};
use crate::credentials::{Account, keyring};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::name::{ResourceName, RoleName};
use crate::ops::apply::intent;
use crate::ops::apply::trail::Trail;
use crate::plan::saved::PlanId;
use crate::plan::{ResourcePlan, compare, moments};
use crate::state::contents::{Changes, Contents};

/// The pending passwords of one server of the plan.
pub(super) struct Passwords<'a> {
    id: PlanId,
    name: &'a ResourceName,
    plan: &'a ResourcePlan,
    /// Digests of the verifiers that the apply made.
    pub(super) digests: BTreeMap<RoleName, [u8; 32]>,
}

impl<'a> Passwords<'a> {
    /// What the store has pending for this plan.
    pub(super) fn of(
        contents: &Contents,
        id: PlanId,
        (name, plan): (&'a ResourceName, &'a ResourcePlan),
    ) -> Result<Passwords<'a>, Diagnostic> {
        let ledger = Ledger::read(&contents.credentials).map_err(|error| error.diagnostic())?;
        let pending = |role: &RoleName| {
            let entry = ledger.0.get(&intent::account(name, role))?;
            let made = entry.pending.iter().rev().find(|credential| credential.plan == Some(id))?;
            Some((role.clone(), made.verifier?.0))
        };
        let fresh = plan.after.roles.iter().filter(|(_, role)| role.password == Password::Fresh);
        Ok(Passwords { id, name, plan, digests: fresh.filter_map(|(role, _)| pending(role)).collect() })
    }

    /// The changes that bring the credentials in line with the server.
    pub(super) fn settle(
        &self,
        contents: &Contents,
        now: &Catalog,
        trail: &Trail<'_>,
    ) -> Result<Changes, Diagnostic> {
        let mut ledger = Ledger::read(&contents.credentials).map_err(|error| error.diagnostic())?;
        let mut all = self.renamed(&mut ledger, now, trail);
        for (role, digest) in &self.digests {
            let account = intent::account(self.name, role);
            let changes = ledger.reconcile(&account, self.says((role, Digest(*digest)), now));
            if !changes.remove.is_empty() {
                let confirmed = !changes.put.is_empty();
                let action = if confirmed { CredentialAction::Confirmed } else { CredentialAction::Dropped };
                intent::tell(trail, &account, action);
            }
            all.merge(changes);
        }
        let renamed = intent::renamed(self.plan).map(|(old, _)| old);
        let gone = intent::gone(self.plan).chain(renamed).filter(|role| !now.roles.contains_key(*role));
        for role in gone {
            all.merge(ledger.reconcile(&intent::account(self.name, role), ServerSays::NoRole));
        }
        Ok(all)
    }

    /// Follows the roles that have their new names already.
    fn renamed(&self, ledger: &mut Ledger, now: &Catalog, trail: &Trail<'_>) -> Changes {
        let renamed: Vec<(Account, Account)> = intent::renamed(self.plan)
            .filter(|(_, change)| moments::is_renamed(change, now))
            .map(|(old, change)| (intent::account(self.name, old), intent::account(self.name, &change.name)))
            .collect();
        for (_, new) in renamed.iter().filter(|(old, _)| ledger.0.contains_key(old)) {
            intent::tell(trail, new, CredentialAction::Renamed);
        }
        ledger.rename(&renamed, self.id)
    }

    fn says(&self, (role, made): (&RoleName, Digest), now: &Catalog) -> ServerSays {
        let is = now.roles.get(role);
        match (keyring::server_says(is), is, self.plan.after.roles.get(role)) {
            (ServerSays::Unknown, Some(is), Some(after)) => {
                let facts = moments::facts(self.plan);
                let as_before = facts.roles.get(role).is_some_and(|before| compare::same_role(before, is));
                judged((as_before, compare::same_role(after, is)), made)
            }
            (says, ..) => says,
        }
    }
}

/// What a role that is as (before, after) the plan tells about its password.
fn judged(like: (bool, bool), made: Digest) -> ServerSays {
    match like {
        (false, true) => ServerSays::Verifier(made),
        (true, false) => ServerSays::NoPassword,
        (true, true) | (false, false) => ServerSays::Unknown,
    }
}
