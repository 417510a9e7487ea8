//! Coalesces like changes: the same privileges, for the same grantees, on many objects.
//!
//! The server rewrites an object's ACL once per statement that names it, so the objects are
//! grouped by what changes on them as a whole: an object is named once per distinct set of
//! privileges, and every grantee of that set stands in the same statement (design 11).
//! Not here: SQL (`grant`). Invariant: on each object the groups together make exactly the
//! change asked for, and a grant that stands on another is revoked before it and made after it.

use std::collections::{BTreeMap, BTreeSet};

use engine::acl::{Grantee, Grantor, Holding};
use engine::change::{EntryChange, GrantChange};
use engine::name::RoleName;
use engine::object::Object;
use engine::privilege::PrivilegeSet;

/// What a statement does with privileges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    /// GRANT.
    Grant,
    /// GRANT … WITH GRANT OPTION.
    GrantWithOption,
    /// REVOKE GRANT OPTION FOR.
    RevokeOption,
    /// REVOKE.
    Revoke,
}

/// What happens to an object, but for the grantees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deed {
    /// As whom.
    pub(super) grantor: Grantor,
    /// What is done.
    pub(super) verb: Verb,
    /// With what.
    pub(super) privileges: PrivilegeSet,
}

/// Objects to which exactly the same happens.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    /// What.
    pub(super) deed: Deed,
    /// To whom.
    pub(super) grantees: BTreeSet<&'a Grantee>,
    /// On what.
    pub(super) objects: BTreeSet<&'a Object>,
    /// What asks for it.
    pub(super) entries: Vec<&'a EntryChange>,
}

/// What must go, dependent grants first.
pub(super) fn revokes<'a>(changes: &[&'a GrantChange]) -> Vec<Group<'a>> {
    let mut groups = Groups::default();
    for change in changes {
        groups.take(change, |entry| {
            let deeds = |holding: Holding| {
                let options = holding.grantable.minus(holding.privileges);
                let deeds = [(Verb::Revoke, holding.privileges), (Verb::RevokeOption, options)];
                (holding.grantor, deeds)
            };
            entry.revoked().into_iter().map(deeds).collect()
        });
    }
    let mut steps = groups.by_steps();
    steps.reverse();
    steps.into_iter().flatten().collect()
}

/// What must come, what others stand on first.
pub(super) fn adds<'a>(changes: &[&'a GrantChange]) -> Vec<Group<'a>> {
    let mut groups = Groups::default();
    for change in changes {
        groups.take(change, |entry| {
            let deeds = |holding: Holding| {
                let plain = holding.privileges.minus(holding.grantable);
                let deeds = [(Verb::GrantWithOption, holding.grantable), (Verb::Grant, plain)];
                (holding.grantor, deeds)
            };
            entry.added().into_iter().map(deeds).collect()
        });
    }
    groups.by_steps().into_iter().flatten().collect()
}

/// What happens to one grantee, by grantor.
type Deeds = Vec<(Grantor, [(Verb, PrivilegeSet); 2])>;

/// Objects by what happens to them, and by how far from the owner its grantor is.
#[derive(Default)]
struct Groups<'a>(BTreeMap<usize, Like<'a>>);

type Like<'a> = BTreeMap<(Deed, BTreeSet<&'a Grantee>), Asked<'a>>;

/// On which objects, by which entries.
#[derive(Default)]
struct Asked<'a> {
    objects: BTreeSet<&'a Object>,
    entries: Vec<&'a EntryChange>,
}

impl<'a> Groups<'a> {
    fn take(&mut self, change: &'a GrantChange, deeds: impl Fn(&EntryChange) -> Deeds) {
        let mut by_deed: BTreeMap<Deed, Vec<&'a EntryChange>> = BTreeMap::new();
        for entry in &change.entries {
            for (grantor, deeds) in deeds(entry) {
                for (verb, privileges) in deeds.into_iter().filter(|(_, set)| !set.is_empty()) {
                    let deed = Deed { grantor: grantor.clone(), verb, privileges };
                    by_deed.entry(deed).or_default().push(entry);
                }
            }
        }
        let steps = Steps::of(change);
        for (deed, entries) in by_deed {
            let like = self.0.entry(steps.to_owner(&deed.grantor)).or_default();
            let grantees = entries.iter().map(|entry| &entry.grantee).collect();
            let asked = like.entry((deed, grantees)).or_default();
            asked.objects.extend(&change.objects);
            asked.entries.extend(entries);
        }
    }

    /// Those of the owner first.
    fn by_steps(self) -> Vec<Vec<Group<'a>>> {
        let group = |((deed, grantees), asked): (_, Asked<'a>)| Group {
            deed,
            grantees,
            objects: asked.objects,
            entries: asked.entries,
        };
        self.0.into_values().map(|like| like.into_iter().map(group).collect()).collect()
    }
}

/// Who got what they grant on from whom, on the objects of one change: how many steps each
/// grantor is from the owner. Another object may have the opposite chain.
struct Steps<'a>(BTreeMap<&'a RoleName, BTreeSet<&'a Grantor>>);

impl<'a> Steps<'a> {
    fn of(change: &'a GrantChange) -> Steps<'a> {
        let mut from: BTreeMap<&RoleName, BTreeSet<&Grantor>> = BTreeMap::new();
        for entry in &change.entries {
            if let Grantee::Role(role) = &entry.grantee {
                let holdings = entry.before.iter().chain(&entry.after);
                let options = holdings.filter(|holding| !holding.grantable.is_empty());
                from.entry(role).or_default().extend(options.map(|holding| &holding.grantor));
            }
        }
        Steps(from)
    }

    /// 0 for the owner; the longest way for another.
    fn to_owner(&self, grantor: &Grantor) -> usize {
        self.walk(grantor, &mut BTreeSet::new())
    }

    /// What stands before and after together may bite its tail, as each alone cannot.
    fn walk<'b>(&'b self, grantor: &'b Grantor, seen: &mut BTreeSet<&'b RoleName>) -> usize {
        let Grantor::Role(role) = grantor else { return 0 };
        if !seen.insert(role) {
            return 0;
        }
        let from = self.0.get(role).into_iter().flatten();
        let longest = from.map(|grantor| self.walk(grantor, seen)).max().unwrap_or(0);
        seen.remove(role);
        longest + 1
    }
}
