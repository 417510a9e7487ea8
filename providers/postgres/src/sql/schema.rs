//! ALTER SCHEMA … OWNER TO.
//!
//! Not here: REASSIGN OWNED, which gives away all that a role has (`disown`). Invariant: nothing
//! but the schema changes hands, not what is in it.

use engine::change::OwnerChange;
use engine::plan::Statement;

use super::quote::identifier;

/// Gives a schema of the database that the transaction is in to another role.
pub(super) fn hand_over(change: &OwnerChange) -> Vec<Statement> {
    let schema = identifier(change.path.schema.as_str());
    let owner = change.after.iter().map(|owner| identifier(owner.as_str()));
    owner.map(|owner| Statement::complete(format!("ALTER SCHEMA {schema} OWNER TO {owner}"))).collect()
}
