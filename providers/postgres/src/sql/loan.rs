//! Grant options lent by the owner, so that a role can revoke what it has lost them for.
//!
//! A REVOKE counts only as the role that granted, which needs the option for it at that moment
//! (`observed::Lapse`). The owner lends it, and takes it back in the same batch. Not here: whether
//! somebody else's grants stand on the loan (`preflight`). Invariant: what is lent is taken back,
//! and a grantor keeps what it held.

use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Grantee, Grantor};
use engine::change::{EntryChange, GrantChange};
use engine::name::RoleName;
use engine::object::Object;
use engine::observed::Lapses;
use engine::privilege::PrivilegeSet;

use super::coalesce::{Deed, Group, Verb};
use super::grant;

/// Grant options that somebody needs for a moment.
#[derive(Debug)]
pub(super) struct Loan<'a> {
    to: Grantee,
    on: BTreeSet<&'a Object>,
    privileges: PrivilegeSet,
    /// What of them it holds without the option.
    held: PrivilegeSet,
    /// What asks for it.
    entries: Vec<&'a EntryChange>,
}

/// What has to be lent for what is to be revoked.
pub(super) fn loans<'a>(lapses: Option<&'a Lapses>, changes: &[&'a GrantChange]) -> Vec<Loan<'a>> {
    let Some(lapses) = lapses else { return Vec::new() };
    let mut loans = Vec::new();
    for change in changes {
        for (grantor, (privileges, entries)) in revoked_by(change) {
            let mut like: BTreeMap<(PrivilegeSet, PrivilegeSet), BTreeSet<&Object>> = BTreeMap::new();
            for object in &change.objects {
                let Some(lapse) = lapses.get(object).and_then(|of_object| of_object.get(&grantor)) else {
                    continue;
                };
                let lapsed = lapse.privileges.intersection(privileges);
                like.entry((lapsed, lapse.held.intersection(lapsed))).or_default().insert(object);
            }
            let loan = |((privileges, held), on)| {
                let (to, entries) = (Grantee::Role(grantor.clone()), entries.clone());
                Loan { to, on, privileges, held, entries }
            };
            loans.extend(like.into_iter().map(loan).filter(|loan| !loan.privileges.is_empty()));
        }
    }
    loans
}

/// Statements before the revocations.
pub(super) fn given<'a>(loans: &'a [Loan<'a>]) -> Vec<Group<'a>> {
    groups(loans.iter().map(|loan| (loan, Verb::GrantWithOption, loan.privileges)))
}

/// Statements after them.
pub(super) fn taken_back<'a>(loans: &'a [Loan<'a>]) -> Vec<Group<'a>> {
    groups(loans.iter().flat_map(|loan| {
        let lent = loan.privileges.minus(loan.held);
        [(loan, Verb::RevokeOption, loan.held), (loan, Verb::Revoke, lent)]
    }))
}

/// The statement that lends for longer, for people.
pub(crate) fn grant_option(to: &RoleName, privileges: PrivilegeSet, on: &[&Object]) -> String {
    let to = Grantee::Role(to.clone());
    let group = Group {
        deed: Deed { grantor: Grantor::Owner, verb: Verb::GrantWithOption, privileges },
        grantees: BTreeSet::from([&to]),
        objects: on.iter().copied().collect(),
        entries: Vec::new(),
    };
    grant::texts(&group).join("; ")
}

/// What each grantor other than the owner revokes, and the entries that it is in.
fn revoked_by(change: &GrantChange) -> BTreeMap<RoleName, (PrivilegeSet, Vec<&EntryChange>)> {
    let mut revoked: BTreeMap<RoleName, (PrivilegeSet, Vec<&EntryChange>)> = BTreeMap::new();
    for entry in &change.entries {
        for holding in entry.revoked() {
            match holding.grantor {
                Grantor::Owner => {}
                Grantor::Role(grantor) => {
                    let (all, entries) = revoked.entry(grantor).or_default();
                    *all = all.union(holding.privileges).union(holding.grantable);
                    entries.push(entry);
                }
            }
        }
    }
    revoked
}

fn groups<'a>(deeds: impl Iterator<Item = (&'a Loan<'a>, Verb, PrivilegeSet)>) -> Vec<Group<'a>> {
    let mut like: BTreeMap<(Deed, &Grantee), Vec<&Loan<'_>>> = BTreeMap::new();
    for (loan, verb, privileges) in deeds.filter(|(.., privileges)| !privileges.is_empty()) {
        let deed = Deed { grantor: Grantor::Owner, verb, privileges };
        like.entry((deed, &loan.to)).or_default().push(loan);
    }
    let group = |((deed, to), loans): (_, Vec<&'a Loan<'a>>)| Group {
        deed,
        grantees: BTreeSet::from([to]),
        objects: loans.iter().flat_map(|loan| loan.on.iter().copied()).collect(),
        entries: loans.iter().flat_map(|loan| loan.entries.iter().copied()).collect(),
    };
    like.into_iter().map(group).collect()
}
