//! Blocks: changes as people think of them, one block a role.
//!
//! A block has what happens to the role itself, to its memberships, and to what it holds.
//! Roles to which exactly the same happens share a block. Not here: words and lines.
//! Invariants: every change that a server sees is in exactly one block; a block borrows the
//! changes and never copies their objects.

use std::collections::BTreeMap;

use crate::acl::{Grantee, Holding};
use crate::catalog::{Password, Role};
use crate::change::{Action, Changes, EntryChange, MembershipChange, Reason, RoleChange};
use crate::name::BlockAddress;
use crate::plan::summary::Summary;
use crate::render::hazard::InPlace;
use crate::render::role::Story;

/// Which story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// What the plan does: from what is there to what is desired.
    Plan,
    /// What others did: from what was recorded to what is there.
    Drift,
}

/// What happens to one grantee.
pub(crate) struct Block<'a> {
    /// Who.
    pub(crate) grantee: &'a Grantee,
    /// The block of the configuration that answers for it.
    pub(crate) address: &'a BlockAddress,
    /// What happens to the role itself.
    pub(crate) role: Option<&'a RoleChange>,
    /// What happens to its memberships.
    pub(crate) memberships: Vec<&'a MembershipChange>,
    /// What happens to what it holds: the number of the change, and the entry.
    pub(crate) entries: Vec<(usize, &'a EntryChange)>,
}

/// A block, and who else it stands for.
pub(crate) struct Folded<'a> {
    /// The first of them.
    pub(crate) block: Block<'a>,
    /// The others.
    pub(crate) alike: Vec<&'a Grantee>,
}

/// Gathers the blocks of one server, PUBLIC first, then by name.
fn blocks<'a>(
    changes: &'a Changes,
    grantees: &'a BTreeMap<Grantee, &'a BlockAddress>,
    view: View,
) -> Vec<Block<'a>> {
    let empty = |(grantee, address): (&'a Grantee, &&'a BlockAddress)| {
        let block = Block { grantee, address, role: None, memberships: Vec::new(), entries: Vec::new() };
        (grantee, block)
    };
    let mut blocks: BTreeMap<&Grantee, Block<'a>> = grantees.iter().map(empty).collect();
    for change in changes.roles.iter().filter(|change| view.shows_block(change.action, change.reason)) {
        if let Some(block) = blocks.get_mut(&Grantee::Role(change.name.clone())) {
            block.role = Some(change);
        }
    }
    for change in changes.memberships.iter().filter(|change| view.shows(change.action, change.reason)) {
        if let Some(block) = blocks.get_mut(&Grantee::Role(change.membership.member.clone())) {
            block.memberships.push(change);
        }
    }
    for (number, change) in changes.grants.iter().enumerate() {
        for entry in change.entries.iter().filter(|entry| view.shows(entry.action, entry.reason)) {
            if let Some(block) = blocks.get_mut(&entry.grantee) {
                block.entries.push((number, entry));
            }
        }
    }
    blocks.into_values().filter_map(|block| view.kept(block)).collect()
}

/// Everyone to whom something happens, with the block that answers for them.
pub(crate) fn grantees(changes: &Changes) -> BTreeMap<Grantee, &BlockAddress> {
    let mut grantees = BTreeMap::new();
    for change in &changes.roles {
        grantees.insert(Grantee::Role(change.name.clone()), &change.address);
    }
    for change in &changes.memberships {
        grantees.entry(Grantee::Role(change.membership.member.clone())).or_insert(&change.address);
    }
    for entry in changes.grants.iter().flat_map(|change| &change.entries) {
        if !grantees.contains_key(&entry.grantee) {
            grantees.insert(entry.grantee.clone(), &entry.address);
        }
    }
    grantees
}

impl View {
    fn shows(self, action: Action, reason: Reason) -> bool {
        match self {
            View::Plan => matches!(action, Action::Create | Action::Update | Action::Delete),
            View::Drift => reason.is_drift(),
        }
    }

    /// Whether a block of the configuration has its place in the story for its own sake.
    pub(crate) fn shows_block(self, action: Action, reason: Reason) -> bool {
        match self {
            View::Plan => action != Action::NoOp,
            View::Drift => reason.is_drift(),
        }
    }

    /// A block if there is something in it. A role that was deleted lost all with it, which
    /// needs no lines of its own.
    fn kept(self, mut block: Block<'_>) -> Option<Block<'_>> {
        let deleted = block.role.is_some_and(|role| role.reason == Reason::DeletedOutside);
        if self == View::Drift && deleted {
            block.memberships.clear();
            block.entries.clear();
        }
        let nothing = block.role.is_none() && block.memberships.is_empty() && block.entries.is_empty();
        (!nothing).then_some(block)
    }

    /// The two ends of a change in the order of the story.
    pub(crate) fn ends<T>(self, before: T, after: T) -> (T, T) {
        match self {
            View::Plan => (before, after),
            View::Drift => (after, before),
        }
    }

    /// The action that the story tells: drift is told backwards.
    pub(crate) fn action(self, action: Action) -> Action {
        match (self, action) {
            (View::Drift, Action::Create) => Action::Delete,
            (View::Drift, Action::Delete) => Action::Create,
            (View::Plan | View::Drift, other) => other,
        }
    }
}

impl Block<'_> {
    /// How many memberships and grants are touched.
    pub(crate) fn summary(&self, changes: &Changes) -> Summary {
        let mut summary = Summary::default();
        self.memberships.iter().for_each(|change| summary.count(change.action, 1));
        for (number, entry) in &self.entries {
            summary.count(entry.action, changes.grants[*number].objects.len() as u64);
        }
        summary
    }

    /// The reason of everything in the block, when it is one.
    pub(crate) fn reason(&self) -> Option<Reason> {
        let of_role = self.role.map(|role| role.reason);
        let of_memberships = self.memberships.iter().map(|change| change.reason);
        let of_entries = self.entries.iter().map(|(_, entry)| entry.reason);
        let mut all = of_memberships.chain(of_entries);
        match of_role {
            Some(reason) => Some(reason),
            None => {
                let first = all.next()?;
                all.all(|reason| reason == first).then_some(first)
            }
        }
    }
}

/// What an entry changes, whoever the grantee is.
type Shape<'a> = (Action, Reason, &'a [Holding], &'a [Holding]);

/// Everything about a block but whose it is. Two blocks with equal likenesses read the same.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    role: String,
    memberships: Vec<String>,
    entries: Vec<(usize, usize)>,
}

/// The blocks of one server as they are told: with `-full` each on its own.
pub(crate) fn folded<'a>(
    changes: &'a Changes,
    grantees: &'a BTreeMap<Grantee, &'a BlockAddress>,
    story: Story<'_>,
) -> Vec<Folded<'a>> {
    let blocks = blocks(changes, grantees, story.view);
    if story.full {
        return blocks.into_iter().map(|block| Folded { block, alike: Vec::new() }).collect();
    }
    fold(blocks, story.hazards)
}

/// Lets one block stand for all that are alike, in order of the first.
fn fold<'a>(blocks: Vec<Block<'a>>, hazards: &InPlace<'_>) -> Vec<Folded<'a>> {
    let mut shapes: BTreeMap<Shape<'a>, usize> = BTreeMap::new();
    let mut places: BTreeMap<Likeness, usize> = BTreeMap::new();
    let mut folded: Vec<Folded<'a>> = Vec::new();
    for block in blocks {
        match places.entry(likeness(&block, &mut shapes, hazards)) {
            std::collections::btree_map::Entry::Occupied(place) => {
                folded[*place.get()].alike.push(block.grantee);
            }
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(folded.len());
                folded.push(Folded { block, alike: Vec::new() });
            }
        }
    }
    folded
}

fn likeness<'a>(
    block: &Block<'a>,
    shapes: &mut BTreeMap<Shape<'a>, usize>,
    hazards: &InPlace<'_>,
) -> Likeness {
    let mut number = |entry: &'a EntryChange| {
        let next = shapes.len();
        *shapes.entry((entry.action, entry.reason, &entry.before, &entry.after)).or_insert(next)
    };
    let entries = block.entries.iter().map(|(change, entry)| (*change, number(entry))).collect();
    let memberships = block.memberships.iter().map(|change| {
        let key = (&change.membership.role, &change.membership.grantor);
        let own = hazards.get(change.address_text().as_str());
        format!("{:?}", (key, change.action, change.reason, change.before, change.after, own))
    });
    let role = block.role.map(|change| {
        let ends = (change.before.as_ref().map(anonymous), change.after.as_ref().map(anonymous));
        let own = hazards.get(change.address.to_string().as_str());
        // A rename has its own name in it, so that no two are alike.
        format!(
            "{:?}",
            (change.kind, change.action, change.reason, ends, &change.departure, own, &change.renamed_from)
        )
    });
    // PUBLIC is no role, whatever else is equal.
    let kind = if *block.grantee == Grantee::Public { "PUBLIC" } else { "" };
    Likeness { role: role.unwrap_or_default() + kind, memberships: memberships.collect(), entries }
}

/// A role without what tells it from others and is never shown.
fn anonymous(role: &Role) -> Role {
    let password = match role.password {
        Password::Verifier(_) => Password::Verifier([0; 32]),
        other => other,
    };
    Role { oid: 0, password, ..role.clone() }
}
