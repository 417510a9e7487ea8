//! Why grants cannot be made or revoked as planned, and how people are told.
//!
//! Not here: whether there is a cause (`preflight::grants`). Invariant: a hint says what would help as
//! roles are called now.

use std::collections::BTreeSet;

use engine::acl::Grantee;
use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::name::{RoleName, SchemaName};
use engine::object::Object;
use engine::observed::{Observed, ObstacleKind};
use engine::privilege::PrivilegeSet;

use crate::preflight::{MOST_NAMED, named, quoted};
use crate::sql;

/// Why something cannot be done on some objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// The administrator cannot act as the owner.
    NotOwner(RoleName),
    /// It has no USAGE on the schema, so that it cannot name what is inside.
    Barred(SchemaName),
    /// It cannot act as the role that granted.
    CannotBecome(RoleName),
    /// It would act in the name of this role, its own or another, where the owner shall be the grantor.
    Rival(RoleName, PrivilegeSet),
    /// It must act as the owner, who has no USAGE on the schema.
    OwnerBarred(RoleName, SchemaName),
    /// Who shall stand as the grantor has no USAGE on the schema.
    GrantorBarred(RoleName, SchemaName),
    /// It would grant in its own name without the options for that.
    NoOption(PrivilegeSet),
    /// The grantor cannot revoke what it granted.
    Obstacle(RoleName, ObstacleKind),
    /// The grantor has no option for it, and granted it to these too, who keep it.
    Lapsed(RoleName, PrivilegeSet, BTreeSet<Grantee>),
    /// These hold something from the grantee whose option goes.
    Depends(RoleName, BTreeSet<Grantee>),
}

/// A cause as people read it; `objects` are those that it is about.
pub(super) fn tell(observed: &Observed, (cause, of): (&Cause, &[&Object]), objects: &str) -> Diagnostic {
    let admin = observed.shown(&observed.admin.name);
    match cause {
        Cause::NotOwner(owner) => {
            let owner = observed.shown(owner);
            let detail = format!(
                "Access to {objects} is {owner}'s to give and to take, and {admin} has not its privileges."
            );
            not_allowed(detail).hint(format!("grant {owner} to {admin}, or use another administrator"))
        }
        Cause::Barred(schema) => {
            let schema = quoted(schema.as_str());
            not_allowed(format!(
                "{admin} has no USAGE on schema {schema}, without which it cannot name {objects}."
            ))
            .hint(format!("grant USAGE on schema {schema} to {admin}, or use another administrator"))
        }
        Cause::NoOption(privileges) => not_allowed(format!(
            "{admin} does not own {objects}, has not the owner's privileges, and holds no grant option for {privileges}."
        ))
        .hint(format!("grant the owner to {admin}, or the privileges with grant option")),
        Cause::Rival(rival, privileges) => {
            let its_own = *rival == observed.admin.name;
            let rival = observed.shown(rival);
            let (whose, who) = match its_own {
                true => ("a grant option of its own".to_owned(), "it"),
                false => (format!("those of {rival}, which has a grant option"), rival.as_str()),
            };
            not_allowed(format!(
                "{admin} has the privileges of the owner of {objects} and also {whose} for {privileges}. The server would take {who} for the grantor rather than the owner, and {admin} cannot SET ROLE to the owner."
            ))
            .hint(match its_own {
                true => format!("revoke the grant option from {admin}, or grant the owner to it WITH SET TRUE"),
                false => format!("revoke the grant option from {rival}, or {rival} from {admin}, or grant the owner to it WITH SET TRUE"),
            })
        }
        Cause::OwnerBarred(owner, schema) => {
            let (owner, schema) = (observed.shown(owner), quoted(schema.as_str()));
            not_allowed(format!(
                "Access to {objects} is {owner}'s to give and to take. {admin} would have to act as that role, which has no USAGE on schema {schema}."
            ))
            .hint(format!("grant USAGE on schema {schema} to {owner}"))
        }
        Cause::GrantorBarred(grantor, schema) => {
            let (grantor, schema) = (observed.shown(grantor), quoted(schema.as_str()));
            cannot_act(format!(
                "{grantor} shall stand as the grantor on {objects} and has no USAGE on schema {schema}, without which it can grant nothing there."
            ))
            .hint(format!("grant USAGE on schema {schema} to {grantor}, or leave `granted_by` out"))
        }
        Cause::CannotBecome(grantor) => {
            let grantor = observed.shown(grantor);
            cannot_act(format!(
                "{grantor} granted something on {objects}. Only {grantor} can revoke it, and {admin} may not act as that role."
            ))
            .hint(format!("grant {grantor} to {admin}, or let {grantor} revoke it"))
        }
        Cause::Obstacle(grantor, why) => obstacle(&observed.shown(grantor), *why, objects),
        Cause::Lapsed(grantor, privileges, others) => {
            let first = &of[..of.len().min(MOST_NAMED)];
            let now = observed.former.get(grantor).unwrap_or(grantor);
            let statement = sql::grant_option(now, *privileges, first);
            let grantor = observed.shown(grantor);
            cannot_act(format!(
                "{grantor} granted {privileges} on {objects}, to {} too, and has lost the grant option, without which nobody can revoke it.",
                named(observed, others)
            ))
            .hint(format!("give {grantor} the option until this plan is applied: {statement}"))
        }
        Cause::Depends(role, holders) => {
            let role = observed.shown(role);
            let detail = format!(
                "{role} used its grant option on {objects} to grant on to {}, whose grants roleform leaves alone. To take the option away would take them along.",
                named(observed, holders)
            );
            Diagnostic::error(Code::PGS202, "Grants depend on what is to be revoked", detail).hint(format!(
                "let {role} revoke them first, or leave it the grant option with `grant_option = true`"
            ))
        }
    }
}

fn obstacle(grantor: &str, why: ObstacleKind, objects: &str) -> Diagnostic {
    match why {
        ObstacleKind::Gone => cannot_act(format!(
            "An entry on {objects} was granted by {grantor}, a role that is gone. No statement can revoke it."
        ))
        .hint("a superuser must repair the catalog, or make the object anew"),
        ObstacleKind::NoUsage => cannot_act(format!(
            "{grantor} granted something on {objects} and has lost USAGE on the schema, without which it cannot revoke it."
        ))
        .hint(format!("grant {grantor} USAGE on the schema until this plan is applied")),
        ObstacleKind::Superuser => cannot_act(format!(
            "{grantor} granted something on {objects} and is a superuser by now. The server takes superusers for the owner, so it cannot revoke what it granted in its own name."
        ))
        .hint(format!("take SUPERUSER from {grantor} until this plan is applied")),
    }
}

fn not_allowed(detail: String) -> Diagnostic {
    Diagnostic::error(Code::PGS201, "Administrator may not grant on an object", detail)
}

fn cannot_act(detail: String) -> Diagnostic {
    Diagnostic::error(Code::PGS203, "A grantor cannot be acted for", detail)
}
