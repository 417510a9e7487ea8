//! Roles: what each shall be, which are renamed, forgotten, dropped, or must not be touched.
//!
//! Not here: their grants (`resolve::grants`). Invariant: a role that exists and is not
//! recorded is never taken without `adopt` or an `import` block (design 4).

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Grantee, Grantor};
use crate::catalog::{Catalog, Membership, MembershipOptions, Password, Role};
use crate::change::OwnedObjects;
use crate::code::Code;
use crate::declared::{DeclaredMembership, DeclaredRole, OnDestroy, PasswordPolicy};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::diff::Block;
use crate::name::{RoleName, printable};
use crate::resolve::ignored::ignore;
use crate::resolve::reserved::is_reserved;
use crate::resolve::{Desired, Question, Rotate};
use crate::scope;
use crate::state::RecordedRole;

pub(super) fn resolve(question: &Question<'_>, desired: &mut Desired, diagnostics: &mut Diagnostics) {
    let declared: BTreeMap<&RoleName, &DeclaredRole> =
        question.declared_roles().map(|role| (&role.name, role)).collect();
    desired.renames = renames(question, &declared);
    forget(question, desired);
    pictures(question, &declared, desired);
    for role in declared.values() {
        match refusal(question, desired, role) {
            Some(diagnostic) => diagnostics.push(diagnostic),
            None => declare(question, role, desired, diagnostics),
        }
    }
    for (name, recorded) in question.recorded_roles() {
        let name = desired.renames.get(name).unwrap_or(name).clone();
        if !declared.contains_key(&name) {
            remove(question, (&name, recorded), desired, diagnostics);
        }
    }
}

/// A recorded block whose `name` changed: the old role is there, the new name is free.
fn renames(
    question: &Question<'_>,
    declared: &BTreeMap<&RoleName, &DeclaredRole>,
) -> BTreeMap<RoleName, RoleName> {
    let observed = &question.observed.roles;
    let mut renames = BTreeMap::new();
    let by_address: BTreeMap<_, _> = declared.values().map(|role| (&role.address, &role.name)).collect();
    for (old, recorded) in question.recorded_roles() {
        if let Some(new) = by_address.get(&recorded.address).copied()
            && new != old
            && !declared.contains_key(old)
            && observed.contains_key(old)
            && !observed.contains_key(new)
        {
            renames.insert(old.clone(), new.clone());
        }
    }
    renames
}

fn forget(question: &Question<'_>, desired: &mut Desired) {
    let recorded = question.recorded.into_iter().flat_map(|resource| &resource.roles);
    for (name, role) in recorded {
        if scope::is_forgotten(question.declared, &role.address)
            && question.options.choice.includes(&role.address)
        {
            desired.forgotten.insert(name.clone(), role.clone());
        }
    }
}

/// The observed and the recorded picture, brought to one form.
fn pictures(question: &Question<'_>, declared: &BTreeMap<&RoleName, &DeclaredRole>, desired: &mut Desired) {
    let recorded_names: BTreeSet<&RoleName> = question.recorded_roles().map(|(name, _)| name).collect();
    let nothing = Catalog::default();
    let recorded = question.recorded.map_or(&nothing, |resource| &resource.catalog);
    desired.recorded = recorded
        .restricted(|grantee| match grantee {
            Grantee::Public => true,
            Grantee::Role(role) => recorded_names.contains(role) || declared.contains_key(role),
        })
        .renamed(&desired.renames);
    desired.observed = question.observed.catalog.renamed(&desired.renames);
    for (name, role) in &mut desired.observed.roles {
        if role.password == Password::Unknown
            && let Some(recorded) = desired.recorded.roles.get(name)
        {
            role.password = recorded.password;
        }
    }
}

/// Why a declared role must not be managed, if so.
fn refusal(question: &Question<'_>, desired: &Desired, role: &DeclaredRole) -> Option<Diagnostic> {
    let name = role.name.as_str();
    let shown = printable(name);
    if is_reserved(&role.name) {
        return Some(
            Diagnostic::error(
                Code::PLN002,
                "Role name is reserved",
                format!("PostgreSQL, or the provider of the server, keeps the name \"{shown}\" for itself."),
            )
            .at(role.span.clone()),
        );
    }
    if role.name == question.observed.admin.name {
        return Some(
            Diagnostic::error(
                Code::PLN003,
                "The administrator cannot be managed",
                format!("\"{shown}\" is the role that roleform logs in as on {}.", question.resource.name),
            )
            .at(role.span.clone())
            .hint("use another administrator for this resource, or take the role out of the configuration"),
        );
    }
    let recorded = question.recorded.is_some_and(|resource| resource.roles.contains_key(&role.name))
        || desired.renames.values().any(|new| new == &role.name);
    let fact = question.observed.roles.get(&role.name)?;
    if recorded {
        return None;
    }
    if fact.superuser {
        return Some(
            Diagnostic::error(
                Code::PLN004,
                "Superusers are not taken over",
                format!("\"{shown}\" exists on {} and is a superuser.", question.resource.name),
            )
            .at(role.span.clone()),
        );
    }
    let adopted = role.adopt || question.declared.imports.contains(&role.address);
    (!adopted).then(|| {
        let address = &role.address;
        Diagnostic::error(
            Code::PLN001,
            "Role exists and is not recorded",
            format!(
                "{address} declares \"{shown}\", which exists on {} already and which roleform did not make.",
                question.resource.name
            ),
        )
        .at(role.span.clone())
        .hint(format!(
            "to take it over, add `adopt = true` to the role, or `import {{ to = {address} }}`; all that it holds beyond its declaration is then planned for removal"
        ))
    })
}

fn declare(
    question: &Question<'_>,
    role: &DeclaredRole,
    desired: &mut Desired,
    diagnostics: &mut Diagnostics,
) {
    let block = Block { address: role.address.clone(), origin: Some(role.span.origin()) };
    desired.blocks.insert(Grantee::Role(role.name.clone()), block);
    desired.kinds.insert(role.name.clone(), role.kind);
    leave_password(role, desired);
    let password = password(question, role, desired);
    let wanted = wanted(question, role, desired, password);
    let password_set_at = match password {
        Password::Fresh => Some(question.options.now),
        Password::Unknown | Password::Absent | Password::Verifier(_) => {
            recorded_role(question, role).and_then(|recorded| recorded.password_set_at)
        }
    };
    desired.roles.insert(
        role.name.clone(),
        RecordedRole {
            address: role.address.clone(),
            kind: role.kind,
            prevent_destroy: role.prevent_destroy,
            on_destroy: role.on_destroy.clone(),
            password_set_at,
        },
    );
    desired.catalog.roles.insert(role.name.clone(), wanted);
    for membership in &role.member_of {
        join(question, role, membership, desired, diagnostics);
    }
}

fn recorded_role<'a>(question: &Question<'a>, role: &DeclaredRole) -> Option<&'a RecordedRole> {
    let roles = &question.recorded?.roles;
    roles.get(&role.name).or_else(|| roles.values().find(|recorded| recorded.address == role.address))
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
    let due_after = match &role.password {
        PasswordPolicy::None if observed == Some(Password::Unknown) => return Password::Unknown,
        PasswordPolicy::None => return Password::Absent,
        PasswordPolicy::Unmanaged => return observed.unwrap_or(Password::Absent),
        PasswordPolicy::Generated { rotate_after_seconds } => *rotate_after_seconds,
    };
    let Some(set_at) = recorded_role(question, role).and_then(|recorded| recorded.password_set_at) else {
        return Password::Fresh;
    };
    let asked = match &question.options.rotate {
        Rotate::Due => false,
        Rotate::All => true,
        Rotate::These(meant) => meant.iter().any(|pattern| pattern.matches(&role.address)),
    };
    let age = question.options.now.saturating_sub(set_at);
    let due = due_after
        .is_some_and(|seconds| age >= i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000));
    let ours = desired.recorded.roles.get(&role.name).map(|role| role.password);
    match ours {
        Some(ours @ Password::Verifier(_)) if !asked && !due && observed == Some(ours) => ours,
        Some(Password::Unknown) if !asked && !due && observed == Some(Password::Unknown) => Password::Unknown,
        _ => Password::Fresh,
    }
}

fn wanted(question: &Question<'_>, role: &DeclaredRole, desired: &Desired, password: Password) -> Role {
    let settings = role.settings.iter().map(|((database, name), value)| {
        let name = name.to_ascii_lowercase();
        let value = question.dialect.canonical_setting(&name, value);
        ((database.clone(), name), value)
    });
    let mut wanted = Role {
        oid: 0,
        attributes: role.attributes.clone(),
        valid_until: role.valid_until.clone().filter(|until| until != "infinity"),
        comment: role.comment.clone(),
        settings: settings.collect(),
        password,
    };
    if let Some(observed) = desired.observed.roles.get(&role.name) {
        wanted.oid = observed.oid;
        ignore(role, observed, &mut wanted);
    }
    wanted
}

fn join(
    question: &Question<'_>,
    role: &DeclaredRole,
    membership: &DeclaredMembership,
    desired: &mut Desired,
    diagnostics: &mut Diagnostics,
) {
    let observed = question.observed;
    let declared_here = || question.declared_roles().any(|other| other.name == membership.role);
    if !observed.roles.contains_key(&membership.role) && !declared_here() {
        let known = observed.roles.keys().map(RoleName::as_str);
        let mut diagnostic = Diagnostic::error(
            Code::PLN005,
            "Role to be a member of does not exist",
            format!(
                "{} shall be a member of \"{}\", which is neither on {} nor declared for it.",
                role.address,
                printable(membership.role.as_str()),
                question.resource.name
            ),
        )
        .at(membership.span.clone());
        if let Some(near) = nearest(membership.role.as_str(), known) {
            diagnostic = diagnostic.hint(format!("did you mean \"{}\"?", printable(near)));
        }
        diagnostics.push(diagnostic);
        return;
    }
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
    desired.catalog.memberships.insert(key, options);
}

/// A recorded role that is no longer declared: it is dropped, unless something forbids it.
fn remove(
    question: &Question<'_>,
    (name, recorded): (&RoleName, &RecordedRole),
    desired: &mut Desired,
    diagnostics: &mut Diagnostics,
) {
    let block = Block { address: recorded.address.clone(), origin: None };
    desired.blocks.insert(Grantee::Role(name.clone()), block);
    desired.kinds.insert(name.clone(), recorded.kind);
    if !question.observed.roles.contains_key(name) {
        return;
    }
    if recorded.prevent_destroy {
        diagnostics.push(
            Diagnostic::error(
                Code::PLN006,
                "Role is protected from destruction",
                format!(
                    "{} (\"{}\") was last applied with prevent_destroy, which still holds although the block is gone.",
                    recorded.address,
                    printable(name.as_str())
                ),
            )
            .hint("put the block back; to give it up, apply once with `prevent_destroy = false`, or forget it with a `removed` block"),
        );
    }
    let owned = question.observed.owned.get(name).map_or(&[][..], Vec::as_slice);
    let databases: BTreeSet<_> = owned.iter().filter_map(|owned| owned.database.clone()).collect();
    let reassign_to = match &recorded.on_destroy {
        OnDestroy::Reassign(to) => Some(to.clone()),
        OnDestroy::Refuse | OnDestroy::Drop => None,
    };
    if recorded.on_destroy == OnDestroy::Refuse && !owned.is_empty() {
        diagnostics.push(owns_objects(recorded, owned));
    }
    desired
        .owned
        .insert(name.clone(), OwnedObjects { reassign_to, databases: databases.into_iter().collect() });
}

fn owns_objects(recorded: &RecordedRole, owned: &[crate::observed::Owned]) -> Diagnostic {
    const SHOWN: usize = 10;
    let mut lines: Vec<String> = owned
        .iter()
        .take(SHOWN)
        .map(|owned| match &owned.database {
            Some(database) => format!("  {database}: {}", printable(&owned.description)),
            None => format!("  {}", printable(&owned.description)),
        })
        .collect();
    if owned.len() > SHOWN {
        lines.push(format!("  … and {} more", owned.len() - SHOWN));
    }
    Diagnostic::error(
        Code::PLN007,
        "Role owns objects",
        format!("{} shall be dropped and owns:\n{}", recorded.address, lines.join("\n")),
    )
    .hint("give them to another role first, or put the block back with `lifecycle { on_destroy { reassign_owned_to = \"…\" } }`, apply, and remove it then")
}
