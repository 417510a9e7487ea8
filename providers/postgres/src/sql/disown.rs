//! REASSIGN OWNED and DROP OWNED, in the database that the transaction is in.
//!
//! Not here: DROP ROLE (`role`). Invariant: afterwards nothing in that database keeps the
//! role from being dropped.

use engine::change::{OwnedFate, RoleChange};
use engine::plan::Statement;

use super::quote::identifier;

/// Takes away all that a role owns. After REASSIGN OWNED there are still its default
/// privileges, its place in policies and its user mappings, which only DROP OWNED removes
/// (PostgreSQL, "Dropping Roles").
pub(super) fn disown(change: &RoleChange) -> Vec<Statement> {
    let role = identifier(change.name.as_str());
    let fate = change.departure.as_ref().map(|departure| &departure.fate);
    let reassign = match fate {
        Some(OwnedFate::Reassigned(heir)) => {
            Some(format!("REASSIGN OWNED BY {role} TO {}", identifier(heir.as_str())))
        }
        Some(OwnedFate::None | OwnedFate::Dropped) | None => None,
    };
    reassign.into_iter().chain([format!("DROP OWNED BY {role}")]).map(Statement::complete).collect()
}
