//! Memberships that would close a circle with those that others have on the server.
//!
//! Not here: circles that are declared whole, which need no server (`graph::cycles`). Invariant: only
//! memberships that stay count: those of roles that the run is about go unless they are declared.

use crate::diagnostic::Diagnostics;
use crate::graph::cycles;
use crate::resolve::Question;

/// Refuses memberships that PostgreSQL would refuse.
pub(super) fn refuse(question: &Question<'_>, diagnostics: &mut Diagnostics) {
    let members = question.observed.members.iter();
    let kept = members.flat_map(|(role, members)| members.iter().map(move |member| (member, role)));
    let roles = question.part.declared_roles();
    diagnostics.extend(cycles::with_kept(&question.part.resource.name, roles, kept));
}
