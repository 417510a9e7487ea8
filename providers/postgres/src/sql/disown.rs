//! REASSIGN OWNED and DROP OWNED, in the database that the transaction is in.
//!
//! Not here: DROP ROLE (`role`). Invariant: afterwards nothing in that database keeps the
//! role from being dropped.

use engine::change::RoleChange;
use engine::plan::Statement;

use super::quote::identifier;

/// Takes away all that a role owns. After REASSIGN OWNED there are still its default
/// privileges, its place in policies and its user mappings, which only DROP OWNED removes
/// (PostgreSQL, "Dropping Roles").
pub(super) fn disown(change: &RoleChange) -> Vec<Statement> {
    let role = identifier(change.name.as_str());
    let reassign = change
        .owned
        .reassign_to
        .iter()
        .map(|to| format!("REASSIGN OWNED BY {role} TO {}", identifier(to.as_str())));
    reassign.chain([format!("DROP OWNED BY {role}")]).map(Statement::complete).collect()
}
