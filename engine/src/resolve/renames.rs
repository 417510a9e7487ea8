//! Which roles are renamed: a recorded block whose `name` changed, while its role is there.
//!
//! A name may become free by another rename of the same plan, in a chain (a to b, b to c) or
//! in a circle (two swap their names), which takes one of them aside first. Not here: the
//! statements' order (`graph::order`). Invariant: every new name is free when its turn comes.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::Code;
use crate::declared::{DeclaredRole, RoleKind};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::{Digest, hex};
use crate::name::{RoleName, printable};
use crate::resolve::Asked;

/// A rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The new name.
    pub to: RoleName,
    /// The name that it has in between, where a circle of renames must be opened.
    pub aside: Option<RoleName>,
}

/// Finds the renames, by old name.
pub(super) fn find(asked: &Asked<'_>) -> (BTreeMap<RoleName, Rename>, Diagnostics) {
    let is_there = |old: &RoleName| asked.observed.catalog.roles.contains_key(old);
    let moving = asked.part.moving().into_iter().filter(|(old, _)| is_there(old));
    let mut wanted: BTreeMap<RoleName, &DeclaredRole> =
        moving.map(|(old, role)| (old.clone(), role)).collect();
    let mut diagnostics = Diagnostics::default();
    // Taking one out may leave another without its new name.
    while let Some((old, role)) = taken(asked, &wanted) {
        // What an external role holds that would be dropped for the other is not seen.
        if !adopted(asked, role) || role.kind == RoleKind::External {
            diagnostics.push(occupied(asked, (&old, role), wanted.contains_key(&role.name)));
        }
        wanted.remove(&old);
    }
    diagnostics.extend(wanted.iter().filter_map(|(old, role)| inherited(asked, (old, role), &wanted)));
    for old in wanted.keys().filter(|old| asked.observed.md5.contains(*old)) {
        diagnostics.push(loses_password(old, wanted[old]));
    }
    let mut renames: BTreeMap<RoleName, Rename> = wanted
        .iter()
        .map(|(old, role)| (old.clone(), Rename { to: role.name.clone(), aside: None }))
        .collect();
    for first in circles(&renames) {
        let aside = free_name(asked, &first);
        if let Some(rename) = renames.get_mut(&first) {
            rename.aside = Some(aside);
        }
    }
    (renames, diagnostics)
}

/// A rename to a name that a role has which keeps it, or would leave it to one of another type.
fn taken<'a>(
    asked: &Asked<'_>,
    wanted: &BTreeMap<RoleName, &'a DeclaredRole>,
) -> Option<(RoleName, &'a DeclaredRole)> {
    let keeps = |(old, role): &(&RoleName, &&DeclaredRole)| match wanted.get(&role.name) {
        None => asked.observed.roles.contains_key(&role.name),
        // A name is looked at whole or not, whoever has it.
        Some(other) => is_whole(asked, (old, role)) != is_whole(asked, (&role.name, other)),
    };
    wanted.iter().find(keeps).map(|(old, role)| (old.clone(), *role))
}

/// An external role leaves its name to a managed one that is made: what it holds under that name would be
/// taken for the other's.
fn inherited(
    asked: &Asked<'_>,
    (old, role): (&RoleName, &DeclaredRole),
    wanted: &BTreeMap<RoleName, &DeclaredRole>,
) -> Option<Diagnostic> {
    let heir = asked.part.declared_roles().find(|heir| heir.name == *old)?;
    let is_made = wanted.values().all(|other| other.address != heir.address);
    if !is_made || heir.kind == RoleKind::External || is_whole(asked, (old, role)) {
        return None;
    }
    let name = printable(old.as_str());
    let detail = format!(
        "{} is to be made as \"{name}\", which {} leaves in the same plan. That one is external: what it holds is not looked at.",
        heir.address, role.address
    );
    let said = Diagnostic::error(Code::PLN032, "New name is taken", detail).at(heir.span.clone());
    Some(said.hint(format!("rename {} first, and declare {} in a second plan", role.address, heir.address)))
}

/// Whether all that a role holds is the run's business: it was managed, or shall be.
fn is_whole(asked: &Asked<'_>, (old, role): (&RoleName, &DeclaredRole)) -> bool {
    let mut recorded = asked.part.recorded_roles();
    role.kind == RoleKind::Managed
        || recorded.any(|(name, recorded)| name == old && recorded.kind == RoleKind::Managed)
}

/// The role of that name shall be taken over, so it is no rename.
fn adopted(asked: &Asked<'_>, role: &DeclaredRole) -> bool {
    let recorded = asked.part.recorded.is_some_and(|resource| resource.roles.contains_key(&role.name));
    !recorded && asked.adopts(role)
}

fn occupied(asked: &Asked<'_>, (old, role): (&RoleName, &DeclaredRole), becomes_free: bool) -> Diagnostic {
    let new = printable(role.name.as_str());
    let why = match becomes_free {
        true => {
            "which gets a new name too, but one of the two is external and the other is managed: what they hold is not looked at alike"
        }
        false => "which keeps it",
    };
    Diagnostic::error(
        Code::PLN032,
        "New name is taken",
        format!(
            "{} is to be renamed from \"{}\" to \"{new}\", and {} has another role of that name, {why}.",
            role.address,
            printable(old.as_str()),
            asked.part.resource.name
        ),
    )
    .at(role.span.clone())
    .hint(format!("choose another name, or drop or rename \"{new}\" in a plan before this one"))
}

fn loses_password(old: &RoleName, role: &DeclaredRole) -> Diagnostic {
    Diagnostic::error(
        Code::PLN033,
        "Renaming would clear an MD5 password",
        format!(
            "\"{}\" has a password stored as MD5, which its name is part of: PostgreSQL clears it when the role is renamed.",
            printable(old.as_str())
        ),
    )
    .at(role.span.clone())
    .hint(format!("give it a new password first: keep the name, and apply `roleform plan -rotate-password={}`", role.address))
}

/// The first name of every circle of renames.
fn circles(renames: &BTreeMap<RoleName, Rename>) -> BTreeSet<RoleName> {
    let mut firsts = BTreeSet::new();
    for start in renames.keys() {
        let mut circle = BTreeSet::from([start]);
        let mut here = &renames[start].to;
        while let Some(next) = renames.get(here).filter(|_| here != start) {
            if !circle.insert(here) {
                break;
            }
            here = &next.to;
        }
        if here == start {
            firsts.extend(circle.first().map(|first| (*first).clone()));
        }
    }
    firsts
}

/// A name that no role has: the same in every plan of the same renames.
fn free_name(asked: &Asked<'_>, old: &RoleName) -> RoleName {
    let mut seed = old.as_str().to_owned();
    loop {
        let digest = hex(&Digest::of(&[seed.as_bytes()]).0);
        let name = RoleName::new(&format!("roleform_aside_{}", &digest[..16]));
        match name {
            Ok(name) if !asked.observed.roles.contains_key(&name) => return name,
            // Cannot happen but by design of whoever names roles; another digest then.
            Ok(_) | Err(_) => seed = digest,
        }
    }
}
