//! Whether the administrator may give a schema to another role.
//!
//! PostgreSQL, "ALTER SCHEMA": it must own the schema, be able to SET ROLE to the new owner, and
//! have CREATE on the database. Not here: grants on schemas (`grants`). Invariant: a superuser may.

use engine::change::OwnerChange;
use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::observed::Observed;

use super::quoted;

/// ALTER SCHEMA … OWNER TO.
pub(super) fn hand_over(observed: &Observed, change: &OwnerChange) -> Option<Diagnostic> {
    let admin = &observed.admin;
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return None };
    let name = observed.shown(&admin.name);
    let (why, hint) = if admin.superuser {
        return None;
    } else if !admin.has_privileges_of.contains(before) {
        let owner = observed.shown(before);
        (
            format!("it belongs to {owner}, whose privileges {name} has not"),
            format!("grant {owner} to {name}"),
        )
    } else if *after != admin.name && !admin.may_become.contains(after) {
        let owner = observed.shown(after);
        (format!("{name} cannot SET ROLE to {owner}"), format!("grant {owner} to {name}"))
    } else if !observed.may_create_in.contains(&change.path.database) {
        let database = quoted(change.path.database.as_str());
        (
            format!("{name} has not CREATE on the database {database}"),
            format!("grant CREATE ON DATABASE {database} to {name}"),
        )
    } else {
        return None;
    };
    let (schema, owner) = (&change.path, observed.shown(after));
    let detail = format!("The schema {schema} shall belong to {owner}: {why}.");
    Some(Diagnostic::error(Code::PGS208, "Administrator may not give a schema away", detail).hint(hint))
}
