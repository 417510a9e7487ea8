//! `lifecycle { ignore_changes = […] }`: parts of roles that stay as they are found.
//!
//! Not here: which parts there are (`crate::ignored`). Invariant: a role that does not exist
//! yet is made as declared, whatever it ignores later.

use std::collections::BTreeSet;

use crate::acl::Grantee;
use crate::catalog::{Membership, Role};
use crate::declared::DeclaredRole;
use crate::ignored::Ignored;
use crate::resolve::{Desired, Question};

/// What of the role itself is observed is desired.
pub(super) fn ignore(role: &DeclaredRole, observed: &Role, wanted: &mut Role) {
    let (from, to) = (&observed.attributes, &mut wanted.attributes);
    for part in &role.ignore_changes {
        match part {
            Ignored::Login => to.login = from.login,
            Ignored::Inherit => to.inherit = from.inherit,
            Ignored::Superuser => to.superuser = from.superuser,
            Ignored::CreateDb => to.createdb = from.createdb,
            Ignored::CreateRole => to.createrole = from.createrole,
            Ignored::Replication => to.replication = from.replication,
            Ignored::BypassRls => to.bypassrls = from.bypassrls,
            Ignored::ConnectionLimit => to.connection_limit = from.connection_limit,
            Ignored::ValidUntil => wanted.valid_until.clone_from(&observed.valid_until),
            Ignored::Comment => wanted.comment.clone_from(&observed.comment),
            Ignored::Settings => wanted.settings.clone_from(&observed.settings),
            Ignored::Password => wanted.password = observed.password,
            // Those of other roles too, or of objects: see `keep`.
            Ignored::MemberOf | Ignored::Grants => {}
        }
    }
}

/// That somebody changed what is ignored is no drift.
pub(super) fn leave(role: &DeclaredRole, desired: &mut Desired) {
    if let Some(observed) = desired.observed.roles.get(&role.name)
        && let Some(recorded) = desired.recorded.roles.get_mut(&role.name)
    {
        ignore(role, observed, recorded);
    }
}

/// Memberships and grants of roles that ignore changes of them: what is observed is desired, and no
/// drift from what was recorded.
pub(super) fn keep(question: &Question<'_>, desired: &mut Desired) {
    let observed = &desired.observed;
    let of = |part: Ignored| -> BTreeSet<Grantee> {
        let roles = question.part.declared_roles().filter(|role| role.ignore_changes.contains(&part));
        let there = roles.filter(|role| observed.roles.contains_key(&role.name));
        there.map(|role| Grantee::Role(role.name.clone())).collect()
    };
    let (members, grantees) = (of(Ignored::MemberOf), of(Ignored::Grants));
    let pictures = [&mut desired.catalog, &mut desired.recorded];
    for picture in pictures {
        if !grantees.is_empty() {
            let kept = observed.restricted(|grantee| grantees.contains(grantee));
            let merged = picture.replaced(&kept, |grantee| grantees.contains(grantee));
            picture.shared = merged.shared;
            picture.databases = merged.databases;
        }
        let is_kept = |membership: &Membership| members.contains(&Grantee::Role(membership.member.clone()));
        picture.memberships.retain(|membership, _| !is_kept(membership));
        let kept = observed.memberships.iter().filter(|(membership, _)| is_kept(membership));
        picture.memberships.extend(kept.map(|(membership, options)| (membership.clone(), *options)));
    }
}
