//! Memberships that roles of the run granted to others, by an ADMIN option that they lose.
//!
//! PostgreSQL takes the option only with those memberships, and they are not ours. Not here: roles
//! that are dropped (`removal`). Invariant: an option that stays in any way refuses nothing.

use std::collections::BTreeMap;

use crate::acl::Grantor;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::name::RoleName;
use crate::resolve::{Desired, Question};

/// Refuses to take an option that others' memberships stand on.
pub(super) fn refuse(question: &Question<'_>, desired: &Desired, diagnostics: &mut Diagnostics) {
    let mut losers: BTreeMap<(&RoleName, &RoleName), Vec<String>> = BTreeMap::new();
    for membership in &question.observed.granted {
        let Grantor::Role(grantor) = &membership.grantor else { continue };
        if desired.roles.contains_key(grantor) && !keeps(desired, (grantor, &membership.role)) {
            let member = question.observed.shown(&membership.member);
            losers.entry((grantor, &membership.role)).or_default().push(member);
        }
    }
    diagnostics.extend(losers.into_iter().map(|((grantor, role), members)| {
        let said = Diagnostic::error(
            Code::PLN038,
            "Role granted memberships to others",
            format!(
                "{} shall lose the ADMIN option on {} and is recorded as the grantor of its memberships of {}.",
                question.observed.shown(grantor),
                question.observed.shown(role),
                members.join(", ")
            ),
        )
        .hint("have them granted by another role and revoked `GRANTED BY` this one first, or declare `admin = true`");
        let declared = question.part.declared_roles().find(|declared| declared.name == *grantor);
        Diagnostic { span: declared.map(|declared| declared.span.clone()), ..said }
    }));
}

/// Whether a role has the ADMIN option on another and keeps it, whoever gave it.
fn keeps(desired: &Desired, (member, role): (&RoleName, &RoleName)) -> bool {
    let wanted = desired.catalog.memberships.iter().filter(|(_, options)| options.admin);
    let mut wanted = wanted.filter(|(key, _)| key.member == *member && key.role == *role);
    wanted.any(|(key, _)| desired.observed.memberships.get(key).is_some_and(|options| options.admin))
}
