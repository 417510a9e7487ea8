//! GRANT and REVOKE of roles.
//!
//! Not here: privileges on objects (`grant`). Invariant: from 16 on every option is spelled
//! out, so that the result does not depend on defaults, and a foreign grantor is named.

use engine::acl::Grantor;
use engine::catalog::MembershipOptions;
use engine::change::MembershipChange;
use engine::observed::Identity;
use engine::plan::Statement;

use super::quote::identifier;

/// GRANT role TO member, or new options.
pub(super) fn grant(identity: &Identity, change: &MembershipChange) -> Vec<Statement> {
    let Some(after) = change.after else { return Vec::new() };
    let (role, member) = names(change);
    let sql = if identity.major() >= 16 {
        let options = options(after);
        format!("GRANT {role} TO {member} WITH {options}{}", granted_by(identity, change))
    } else if change.before.is_some_and(|before| before.admin && !after.admin) {
        format!("REVOKE ADMIN OPTION FOR {role} FROM {member}")
    } else if after.admin {
        format!("GRANT {role} TO {member} WITH ADMIN OPTION")
    } else {
        format!("GRANT {role} TO {member}")
    };
    vec![Statement::complete(sql)]
}

/// REVOKE role FROM member.
pub(super) fn revoke(identity: &Identity, change: &MembershipChange) -> Vec<Statement> {
    let (role, member) = names(change);
    vec![Statement::complete(format!("REVOKE {role} FROM {member}{}", granted_by(identity, change)))]
}

fn names(change: &MembershipChange) -> (String, String) {
    (identifier(change.membership.role.as_str()), identifier(change.membership.member.as_str()))
}

fn options(options: MembershipOptions) -> String {
    let word = |set| if set { "TRUE" } else { "FALSE" };
    format!("ADMIN {}, INHERIT {}, SET {}", word(options.admin), word(options.inherit), word(options.set))
}

/// Before 16 a membership has one grantor, whoever revokes it.
fn granted_by(identity: &Identity, change: &MembershipChange) -> String {
    match &change.membership.grantor {
        Grantor::Role(grantor) if identity.major() >= 16 => {
            format!(" GRANTED BY {}", identifier(grantor.as_str()))
        }
        Grantor::Role(_) | Grantor::Owner => String::new(),
    }
}
