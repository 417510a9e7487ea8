//! Roles: what each shall be, and which must not be touched.
//!
//! Not here: renames (`resolve::renames`), what is dropped (`resolve::removal`), grants
//! (`resolve::grants`). Invariant: a role that exists and is not
//! recorded is never taken without `adopt` or an `import` block (design 4).

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Grantee, Grantor};
use crate::catalog::{Membership, MembershipOptions, Password, Role};
use crate::code::Code;
use crate::declared::{DeclaredMembership, DeclaredRole, PasswordPolicy};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::diff::Block;
use crate::name::{DatabaseName, RoleName, printable};
use crate::resolve::ignored::{self, ignore};
use crate::resolve::{Desired, Question, Rotate, pictures, removal, standing};
use crate::state::RecordedRole;

pub(super) fn resolve(question: &Question<'_>, desired: &mut Desired, diagnostics: &mut Diagnostics) {
    let declared: BTreeMap<&RoleName, &DeclaredRole> =
        question.part.declared_roles().map(|role| (&role.name, role)).collect();
    let forgotten = question.part.forgotten_roles();
    desired.forgotten = forgotten.map(|(name, role)| (name.clone(), role.clone())).collect();
    pictures::bring(question, &declared, desired);
    for role in declared.values() {
        match refusal(question, desired, role) {
            Some(diagnostic) => diagnostics.push(diagnostic),
            None => {
                declare(question, role, desired);
                diagnostics.extend(joined(question, (&declared, role), desired));
            }
        }
    }
    for (old, recorded) in question.part.recorded_roles() {
        if !declared.contains_key(old) && !desired.renames.contains_key(old) {
            removal::remove(question, (old, recorded), desired, diagnostics);
        }
    }
}

/// Why a declared role must not be managed, if so.
fn refusal(question: &Question<'_>, desired: &Desired, role: &DeclaredRole) -> Option<Diagnostic> {
    let name = role.name.as_str();
    let shown = printable(name);
    if role.name == question.observed.admin.name {
        return Some(
            Diagnostic::error(
                Code::PLN003,
                "The administrator cannot be managed",
                format!(
                    "\"{shown}\" is the role that roleform logs in as on {}.",
                    question.part.resource.name
                ),
            )
            .at(role.span.clone())
            .hint("use another administrator for this resource, or take the role out of the configuration"),
        );
    }
    if recorded_role(question, role, desired).is_some() {
        return None;
    }
    let fact = question.observed.roles.get(&role.name)?;
    if fact.superuser {
        return Some(
            Diagnostic::error(
                Code::PLN004,
                "Superusers are not taken over",
                format!("\"{shown}\" exists on {} and is a superuser.", question.part.resource.name),
            )
            .at(role.span.clone())
            .hint("take SUPERUSER from it first, or choose another name"),
        );
    }
    (!question.asked.adopts(role)).then(|| {
        let address = &role.address;
        Diagnostic::error(
            Code::PLN001,
            "Role exists and is not recorded",
            format!(
                "{address} declares \"{shown}\", which exists on {} already and which roleform did not make.",
                question.part.resource.name
            ),
        )
        .at(role.span.clone())
        .hint(format!(
            "to take it over, add `adopt = true` to the role, or `import {{ to = {address} }}`; all that it holds beyond its declaration is then planned for removal"
        ))
    })
}

fn declare(question: &Question<'_>, role: &DeclaredRole, desired: &mut Desired) {
    let block = Block { address: role.address.clone(), origin: Some(role.span.origin()) };
    desired.blocks.insert(Grantee::Role(role.name.clone()), block);
    desired.kinds.insert(role.name.clone(), role.kind);
    leave_password(role, desired);
    ignored::leave(role, desired);
    let password = password(question, role, desired);
    let wanted = wanted(question, role, desired, password);
    let password_set_at = match password {
        Password::Fresh => Some(question.options.now),
        Password::Unknown | Password::Absent | Password::Verifier(_) => {
            recorded_role(question, role, desired).and_then(|recorded| recorded.password_set_at)
        }
    };
    let remembered = RecordedRole {
        address: role.address.clone(),
        kind: role.kind,
        prevent_destroy: role.prevent_destroy,
        on_destroy: role.on_destroy.clone(),
        open_sessions: role.open_sessions,
        depends_on: needed(question, role),
        password_set_at,
    };
    desired.roles.insert(role.name.clone(), remembered);
    desired.catalog.roles.insert(role.name.clone(), wanted);
}

/// The roles of the same server that it depends on.
fn needed(question: &Question<'_>, role: &DeclaredRole) -> BTreeSet<RoleName> {
    let beside = || question.part.declared.roles.values().filter(|other| other.resource == role.resource);
    let needed = role.depends_on.iter();
    let needed = needed.flat_map(|needed| beside().filter(|other| needed.on.matches(&other.address)));
    needed.map(|other| other.name.clone()).collect()
}

fn recorded_role<'a>(
    question: &Question<'a>,
    role: &DeclaredRole,
    desired: &Desired,
) -> Option<&'a RecordedRole> {
    let roles = &question.part.recorded?.roles;
    match desired.old_name(&role.name) {
        Some(old) => roles.get(old),
        // Who had the name until now is another role.
        None => roles.get(&role.name).filter(|_| !desired.renames.contains_key(&role.name)),
    }
}

/// `password = "unmanaged"`: that somebody changed it is no drift.
fn leave_password(role: &DeclaredRole, desired: &mut Desired) {
    if role.password == PasswordPolicy::Unmanaged
        && let Some(observed) = desired.observed.roles.get(&role.name)
        && let Some(recorded) = desired.recorded.roles.get_mut(&role.name)
    {
        recorded.password = observed.password;
    }
}

/// What the password shall be. Only `Fresh` leads to a statement.
fn password(question: &Question<'_>, role: &DeclaredRole, desired: &Desired) -> Password {
    let observed = desired.observed.roles.get(&role.name).map(|role| role.password);
    let ours = desired.recorded.roles.get(&role.name).map(|role| role.password);
    let set_at = recorded_role(question, role, desired).and_then(|recorded| recorded.password_set_at);
    let without = || match observed {
        Some(Password::Unknown) => Password::Unknown,
        Some(Password::Absent | Password::Verifier(_) | Password::Fresh) | None => Password::Absent,
    };
    let due_after = match role.password {
        PasswordPolicy::None => return without(),
        PasswordPolicy::WithLogin if !role.attributes.login => {
            let kept = observed.filter(|_| set_at.is_some() && observed == ours);
            return kept.unwrap_or_else(without);
        }
        PasswordPolicy::Unmanaged => return observed.unwrap_or(Password::Absent),
        PasswordPolicy::Generated { rotate_after_seconds } => rotate_after_seconds,
        PasswordPolicy::WithLogin => None,
    };
    let Some(set_at) = set_at else { return Password::Fresh };
    let asked = match &question.options.rotate {
        Rotate::Due => false,
        Rotate::All => true,
        Rotate::These(meant) => meant.iter().any(|pattern| pattern.matches(&role.address)),
    };
    let age = question.options.now.saturating_sub(set_at);
    let due = due_after
        .is_some_and(|seconds| age >= i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000));
    match ours {
        Some(ours @ Password::Verifier(_)) if !asked && !due && observed == Some(ours) => ours,
        Some(Password::Unknown) if !asked && !due && observed == Some(Password::Unknown) => Password::Unknown,
        _ => Password::Fresh,
    }
}

fn wanted(question: &Question<'_>, role: &DeclaredRole, desired: &Desired, password: Password) -> Role {
    let settings = role.settings.iter().map(|((database, name), value)| {
        let name = spelled(desired, role, (database.as_ref(), &name.to_ascii_lowercase()));
        let value = question.dialect.canonical_setting(&name, value);
        ((database.clone(), name), value)
    });
    let mut wanted = Role {
        oid: 0,
        attributes: role.attributes.clone(),
        valid_until: role.valid_until.clone().filter(|until| until != "infinity"),
        // For PostgreSQL an empty comment is none.
        comment: role.comment.clone().filter(|comment| !comment.is_empty()),
        settings: settings.collect(),
        password,
    };
    if let Some(observed) = desired.observed.roles.get(&role.name) {
        wanted.oid = observed.oid;
        ignore(role, observed, &mut wanted);
    }
    wanted
}

/// A parameter's name as the server has it for this role already: a name with a dot is kept in the letters
/// in which it was first set, and no other spelling of it finds it again.
fn spelled(
    desired: &Desired,
    role: &DeclaredRole,
    (database, name): (Option<&DatabaseName>, &str),
) -> String {
    let observed = desired.observed.roles.get(&role.name).into_iter().flat_map(|role| role.settings.keys());
    let same: Vec<_> = observed.filter(|(_, one)| one.eq_ignore_ascii_case(name)).collect();
    let here = same.iter().find(|(place, _)| place.as_ref() == database);
    here.or(same.first()).map_or(name, |(_, one)| one).to_owned()
}

/// Makes a role a member; says which of the roles are nowhere.
fn joined(
    question: &Question<'_>,
    (declared, role): (&BTreeMap<&RoleName, &DeclaredRole>, &DeclaredRole),
    desired: &mut Desired,
) -> Vec<Diagnostic> {
    let observed = &question.observed.roles;
    let (known, unknown): (Vec<_>, Vec<_>) = role.member_of.iter().partition(|membership| {
        observed.contains_key(&membership.role) || declared.contains_key(&membership.role)
    });
    for membership in known {
        join(question, role, membership, desired);
    }
    let names = || observed.keys().chain(declared.keys().copied()).map(RoleName::as_str);
    let nowhere = |membership: &DeclaredMembership| {
        let name = membership.role.as_str();
        let detail = format!(
            "{} shall be a member of \"{}\", which is neither on {} nor declared for it.",
            role.address,
            printable(name),
            question.part.resource.name
        );
        let error = Diagnostic::error(Code::PLN005, "Role to be a member of does not exist", detail);
        let hint = nearest(name, names()).map(|near| format!("did you mean \"{}\"?", printable(near)));
        Diagnostic { hint, ..error.at(membership.span.clone()) }
    };
    unknown.into_iter().map(nowhere).collect()
}

fn join(
    question: &Question<'_>,
    role: &DeclaredRole,
    membership: &DeclaredMembership,
    desired: &mut Desired,
) {
    let observed = question.observed;
    let options = if observed.identity.major() >= 16 {
        MembershipOptions {
            admin: membership.admin,
            inherit: membership.inherit.unwrap_or(role.attributes.inherit),
            set: membership.set,
        }
    } else {
        MembershipOptions { admin: membership.admin, inherit: true, set: true }
    };
    let grantor = match &membership.granted_by {
        Some(grantor) if observed.identity.major() >= 16 && *grantor != observed.admin.membership_grantor => {
            Grantor::Role(grantor.clone())
        }
        Some(_) | None => Grantor::Owner,
    };
    let key = Membership { member: role.name.clone(), role: membership.role.clone(), grantor };
    let keys = match &membership.granted_by {
        Some(_) => BTreeSet::from([key]),
        None => {
            let named = role.member_of.iter().filter(|other| other.role == membership.role);
            let named = named.filter_map(|other| other.granted_by.as_ref()).collect();
            standing::memberships(question, desired, (key, options), &named)
        }
    };
    desired.catalog.memberships.extend(keys.into_iter().map(|key| (key, options)));
}
