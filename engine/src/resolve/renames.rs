//! Which roles are renamed: a recorded block whose `name` changed, while its role is there.
//!
//! A name may become free by another rename of the same plan, in a chain (a to b, b to c) or
//! in a circle (two swap their names), which takes one of them aside first. Not here: the
//! statements' order (`graph::order`). Invariant: every new name is free when its turn comes.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::Code;
use crate::declared::DeclaredRole;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::{Digest, hex};
use crate::name::{BlockAddress, RoleName, printable};
use crate::resolve::Question;
use crate::state::RecordedRole;

/// A rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The new name.
    pub to: RoleName,
    /// The name that it has in between, where a circle of renames must be opened.
    pub aside: Option<RoleName>,
}

/// Finds the renames, by old name.
pub(super) fn find(
    question: &Question<'_>,
    declared: &BTreeMap<&RoleName, &DeclaredRole>,
) -> (BTreeMap<RoleName, Rename>, Diagnostics) {
    let mut wanted = wanted(question, declared);
    let mut diagnostics = Diagnostics::default();
    // Taking one out may leave another without its new name.
    while let Some((old, role)) = taken(question, &wanted) {
        if !adopted(question, role) {
            diagnostics.push(occupied(question, &old, role));
        }
        wanted.remove(&old);
    }
    for old in wanted.keys().filter(|old| question.observed.md5.contains(*old)) {
        diagnostics.push(loses_password(old, wanted[old]));
    }
    let mut renames: BTreeMap<RoleName, Rename> = wanted
        .iter()
        .map(|(old, role)| (old.clone(), Rename { to: role.name.clone(), aside: None }))
        .collect();
    for first in circles(&renames) {
        let aside = free_name(question, &first);
        if let Some(rename) = renames.get_mut(&first) {
            rename.aside = Some(aside);
        }
    }
    (renames, diagnostics)
}

/// Blocks whose recorded role is there under a name that is no longer theirs. A name that
/// another block declares stays with its role, unless that block comes from another name itself.
fn wanted<'a>(
    question: &Question<'a>,
    declared: &BTreeMap<&RoleName, &'a DeclaredRole>,
) -> BTreeMap<RoleName, &'a DeclaredRole> {
    let by_address: BTreeMap<&BlockAddress, &DeclaredRole> =
        declared.values().map(|role| (&role.address, *role)).collect();
    let other_name = |(old, remembered): (&'a RoleName, &RecordedRole)| {
        let role = by_address.get(&remembered.address)?;
        (role.name != *old).then_some((old, *role))
    };
    let moving: Vec<(&RoleName, &DeclaredRole)> =
        question.part.recorded_roles().filter_map(other_name).collect();
    let leaving: BTreeSet<&BlockAddress> = moving.iter().map(|(_, role)| &role.address).collect();
    let is_free = |old: &RoleName| declared.get(old).is_none_or(|other| leaving.contains(&other.address));
    let is_there = |old: &RoleName| question.observed.catalog.roles.contains_key(old);
    let wanted = moving.into_iter().filter(|(old, _)| is_free(old) && is_there(old));
    wanted.map(|(old, role)| (old.clone(), role)).collect()
}

/// A rename to a name that a role has which keeps it.
fn taken<'a>(
    question: &Question<'_>,
    wanted: &BTreeMap<RoleName, &'a DeclaredRole>,
) -> Option<(RoleName, &'a DeclaredRole)> {
    let keeps = |name: &RoleName| question.observed.roles.contains_key(name) && !wanted.contains_key(name);
    wanted.iter().find(|(_, role)| keeps(&role.name)).map(|(old, role)| (old.clone(), *role))
}

/// The role of that name shall be taken over, so it is no rename.
fn adopted(question: &Question<'_>, role: &DeclaredRole) -> bool {
    let recorded = question.part.recorded.is_some_and(|resource| resource.roles.contains_key(&role.name));
    !recorded && question.adopts(role)
}

fn occupied(question: &Question<'_>, old: &RoleName, role: &DeclaredRole) -> Diagnostic {
    let new = printable(role.name.as_str());
    Diagnostic::error(
        Code::PLN032,
        "New name is taken",
        format!(
            "{} is to be renamed from \"{}\" to \"{new}\", and {} has another role of that name, which keeps it.",
            role.address,
            printable(old.as_str()),
            question.part.resource.name
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
fn free_name(question: &Question<'_>, old: &RoleName) -> RoleName {
    let mut seed = old.as_str().to_owned();
    loop {
        let digest = hex(&Digest::of(&[seed.as_bytes()]).0);
        let name = RoleName::new(&format!("roleform_aside_{}", &digest[..16]));
        match name {
            Ok(name) if !question.observed.roles.contains_key(&name) => return name,
            // Cannot happen but by design of whoever names roles; another digest then.
            Ok(_) | Err(_) => seed = digest,
        }
    }
}
