//! Whether a server became what was wanted, and nothing else moved.
//!
//! Not here: reading it (`read`). Invariant: what belongs to no role of the run is compared letter
//! by letter where the run had nothing to do, else entry by entry.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::boss;
use super::cast::Cast;
use super::expect::Expected;
use super::ground::{Ground, Spot};
use super::kind::Kind;
use super::read::{Entry, Joined, World};

/// What a run was about.
pub(crate) struct Run<'a> {
    pub(crate) ground: &'a Ground,
    /// Who is in it.
    pub(crate) cast: &'a Cast,
    /// On what PUBLIC is managed.
    pub(crate) public: &'a BTreeSet<Spot>,
    pub(crate) before: &'a World,
    pub(crate) after: &'a World,
    /// Whether the administrator is a superuser, who always grants as the owner.
    pub(crate) superuser: bool,
}

impl Run<'_> {
    /// Every way in which the outcome is not what was wanted.
    pub(crate) fn wrongs(&self, expected: &Expected) -> Vec<String> {
        let mut wrongs = Vec::new();
        let held = self.after.entries.iter().filter(|entry| self.is_ours(self.after, entry));
        let held = held.map(|entry| self.by_whom(entry)).collect();
        let wanted = expected.entries.iter().map(|entry| self.by_whom(entry)).collect();
        differences("entry", &wanted, &held, &mut wrongs);
        self.strangers(&mut wrongs);
        self.roles(expected, &mut wrongs);
        wrongs
    }

    /// Whether a role of the run holds it by a grant, or PUBLIC where it is managed; what an owner holds of its own is nobody's business.
    fn is_ours(&self, world: &World, entry: &Entry) -> bool {
        match entry.grantee.as_str() {
            "" => self.public.contains(&entry.spot),
            role => self.cast.holds_ours(role) && world.owner(&entry.spot, self.ground) != role,
        }
    }

    /// An entry with its grantor, where it is known who that shall be.
    fn by_whom(&self, entry: &Entry) -> Entry {
        if self.superuser { entry.clone() } else { Entry { grantor: String::new(), ..entry.clone() } }
    }

    /// The same of a membership. Whoever makes a role without being a superuser administers it (16).
    fn joined(&self, world: &World, which: bool) -> BTreeSet<String> {
        let made = |joined: &&Joined| {
            joined.member == format!("{}{}", self.ground.prefix, boss::NAME)
                && self.cast.roles.contains(&joined.role)
        };
        let some =
            world.memberships.iter().filter(|joined| self.cast.roles.contains(&joined.member) == which);
        let lasts = some.filter(|joined| !self.cast.dropped.contains(&joined.role) && !made(joined));
        let text = |joined: &Joined| self.joined_by_whom(joined);
        lasts.map(text).collect()
    }

    fn joined_by_whom(&self, joined: &Joined) -> String {
        let grantor = if self.superuser { joined.grantor.clone() } else { String::new() };
        format!("{:?}", Joined { grantor, ..joined.clone() })
    }

    /// Entries of others, owners, and what stands letter by letter.
    fn strangers(&self, wrongs: &mut Vec<String>) {
        let of_others = |world: &World| -> BTreeSet<Entry> {
            let others =
                world.entries.iter().filter(|entry| !self.is_ours(world, entry) && self.lasts(&entry.spot));
            // A parameter has an ACL, and its owner's entry in it, only while somebody holds something.
            let built_in =
                |entry: &&Entry| entry.spot.kind == Kind::Parameter && entry.grantee == self.ground.superuser;
            others.filter(|entry| !built_in(entry)).cloned().collect()
        };
        differences("entry of others:", &of_others(self.before), &of_others(self.after), wrongs);
        let ours = |world: &World, spot: &Spot| -> BTreeSet<Entry> {
            let of_spot =
                world.entries.iter().filter(|entry| entry.spot == *spot && self.is_ours(world, entry));
            of_spot.cloned().collect()
        };
        let lasts = |spot: &Spot| self.lasts(spot) && spot.kind != Kind::Parameter;
        for (spot, before) in self.before.acls.iter().filter(|(spot, _)| lasts(spot)) {
            let after = self.after.acls.get(spot);
            if after.map(|after| &after.0) != Some(&before.0) && spot.kind != Kind::Default {
                wrongs.push(format!("{spot:?}: its owner was {}, and now it is {after:?}", before.0));
            }
            let touched = || ours(self.before, spot) != ours(self.after, spot);
            if after.map(|after| &after.1) != Some(&before.1) && !touched() {
                wrongs.push(format!(
                    "{spot:?}: {before:?} became {after:?} though nothing of the run is on it"
                ));
            }
        }
        differences("digest", &self.before.digests, &self.after.digests, wrongs);
    }

    /// Default privileges come and go with their creator.
    fn lasts(&self, spot: &Spot) -> bool {
        let there = |world: &World| world.roles.contains_key(&spot.name);
        let is_ours = spot.kind == Kind::Default && self.cast.roles.contains(&spot.name);
        !is_ours || (there(self.before) && there(self.after))
    }

    fn roles(&self, expected: &Expected, wrongs: &mut Vec<String>) {
        let ours = |name: &String| self.cast.roles.contains(name);
        let roles = |world: &World, which: bool| -> BTreeSet<String> {
            let some = world.roles.iter().filter(|(name, _)| ours(name) == which);
            some.map(|(name, facts)| format!("{name:?} {facts:?}")).collect()
        };
        let wanted = expected.roles.iter().map(|(name, facts)| format!("{name:?} {facts:?}")).collect();
        differences("role", &wanted, &roles(self.after, true), wrongs);
        differences("other role:", &roles(self.before, false), &roles(self.after, false), wrongs);
        let passwords = |world: &World| -> BTreeSet<String> {
            let others = world.passwords.iter().filter(|(name, _)| !ours(name));
            others.map(|(name, password)| format!("{name:?} {password:?}")).collect()
        };
        differences("password of others:", &passwords(self.before), &passwords(self.after), wrongs);
        let wanted = expected.memberships.iter().map(|joined| self.joined_by_whom(joined)).collect();
        differences("membership", &wanted, &self.joined(self.after, true), wrongs);
        let (before, after) = (self.joined(self.before, false), self.joined(self.after, false));
        differences("membership of others:", &before, &after, wrongs);
        let settings = |world: &World, which: bool| -> BTreeSet<String> {
            let some = world.settings.iter().filter(|(name, ..)| ours(name) == which);
            some.map(|setting| format!("{setting:?}")).collect()
        };
        let wanted = expected.settings.iter().map(|setting| format!("{setting:?}")).collect();
        differences("setting", &wanted, &settings(self.after, true), wrongs);
        differences(
            "setting of others:",
            &settings(self.before, false),
            &settings(self.after, false),
            wrongs,
        );
    }
}

/// What is missing and what is too much.
fn differences<T: Ord + Display>(
    what: &str,
    wanted: &BTreeSet<T>,
    found: &BTreeSet<T>,
    wrongs: &mut Vec<String>,
) {
    wrongs.extend(wanted.difference(found).map(|missing| format!("{what} is missing: {missing}")));
    wrongs.extend(found.difference(wanted).map(|extra| format!("{what} is too much: {extra}")));
}
