//! Memberships and grants of one block as lines.
//!
//! Like grants are one line whatever their number; with `-full` every address is one.
//! Not here: whose they are (`role`). Invariant: without `-full` a block has at most
//! `LINES` lines of either, and the last says how much it leaves out.

use std::collections::BTreeMap;
use std::io;

use crate::access::extent::Extent;
use crate::acl::{Grantor, Holding};
use crate::change::{Action, Changes, EntryChange, GrantChange, Place, Reason};
use crate::name::printable;
use crate::object::Object;
use crate::privilege::PrivilegeSet;
use crate::render::Label;
use crate::render::blocks::{Block, View};
use crate::render::extent::Class;
use crate::render::hazard;
use crate::render::page::{Page, Sign, WIDTH, counted};

/// Lines of grants, and lines of memberships, that a block may have.
pub(crate) const LINES: usize = 8;

/// Columns before the sign of a line in a block.
pub(crate) const INDENT: usize = 6;

/// How lines of a block are written.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// Which story.
    pub(crate) view: View,
    /// Every address.
    pub(crate) full: bool,
    /// The reason that the heading gave.
    pub(crate) reason: Option<Reason>,
}

/// Like entries on like objects.
struct Group<'a> {
    class: Class,
    entry: &'a EntryChange,
    parts: Vec<(&'a GrantChange, &'a EntryChange, &'a [Object])>,
}

/// What makes entries like: place (unless places are merged), class, and what changes why.
type Key<'a> = (Option<&'a Place>, Class, Action, Reason, &'a [Holding], &'a [Holding]);

/// Writes what happens to what a role holds.
pub(crate) fn write(
    page: &mut Page<'_>,
    block: &Block<'_>,
    changes: &Changes,
    manner: Manner,
) -> io::Result<()> {
    let mut groups = groups(block, changes, false);
    if manner.full {
        return groups.iter().try_for_each(|group| write_addresses(page, group, manner));
    }
    if groups.len() > LINES {
        groups = self::groups(block, changes, true);
    }
    let shown = if groups.len() > LINES { LINES - 1 } else { groups.len() };
    if shown < groups.len() {
        // What can hurt is not what gets left out.
        groups.sort_by_key(|group| hazard::of_entry(group.entry).is_empty());
    }
    groups[..shown].iter().try_for_each(|group| write_line(page, group, manner))?;
    let rest = &groups[shown..];
    if rest.is_empty() {
        return Ok(());
    }
    let count = rest.iter().flat_map(|group| &group.parts).map(|part| part.2.len() as u64).sum();
    page.indent(INDENT + 2)?;
    page.line(Label::Dim, &format!("… {} (-full lists them)", counted(count, "more grant")))
}

fn groups<'a>(block: &Block<'a>, changes: &'a Changes, merge_places: bool) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<Key<'a>, Group<'a>> = BTreeMap::new();
    for (number, entry) in &block.entries {
        let change = &changes.grants[*number];
        // One change has objects of one kind; only default privileges differ further, by creator.
        let same = |a: &Object, b: &Object| !matches!(a, Object::Default(_)) || Class::of(a) == Class::of(b);
        for objects in change.objects.chunk_by(same) {
            let class = Class::of(&objects[0]);
            let place = (!merge_places).then_some(&change.place);
            let key = (place, class.clone(), entry.action, entry.reason, &entry.before[..], &entry.after[..]);
            let group = groups.entry(key).or_insert_with(|| Group { class, entry, parts: Vec::new() });
            group.parts.push((change, entry, objects));
        }
    }
    let mut groups: Vec<Group<'a>> = groups.into_values().collect();
    groups.sort_by(|a, b| a.order(merge_places).cmp(&b.order(merge_places)));
    groups
}

impl Group<'_> {
    /// Place by place, kind by kind; what comes before what goes; then by name.
    fn order(&self, merge_places: bool) -> impl Ord {
        let (change, entry, objects) = &self.parts[0];
        ((!merge_places).then_some(&change.place), &self.class, entry.action, &objects[0])
    }
}

fn write_line(page: &mut Page<'_>, group: &Group<'_>, manner: Manner) -> io::Result<()> {
    let mut extent = Extent::default();
    for (change, _, objects) in &group.parts {
        extent.add(&change.place, objects);
    }
    page.sign(INDENT, Sign::of(manner.view.action(group.entry.action)))?;
    let used = write_privileges(page, group.entry, manner.view)?;
    let reason = reason(group.entry.reason, manner);
    let hint = " (-full lists them)";
    let taken = INDENT + 2 + used + 4 + reason.chars().count();
    let phrase = group.class.phrase(&extent, WIDTH.saturating_sub(taken), hint.len() + 3);
    page.plain(&format!(" on {}", phrase.text))?;
    if phrase.cut {
        page.put(Label::Dim, hint)?;
    }
    page.line(Label::Reason, &reason)?;
    if manner.view == View::Plan {
        hazard::write(page, INDENT, &hazard::of_entry(group.entry))?;
    }
    Ok(())
}

fn write_addresses(page: &mut Page<'_>, group: &Group<'_>, manner: Manner) -> io::Result<()> {
    let reason = reason(group.entry.reason, manner);
    for (change, entry, objects) in &group.parts {
        for object in *objects {
            page.sign(INDENT, Sign::of(manner.view.action(entry.action)))?;
            page.plain(&change.address_of(entry, object))?;
            page.plain(": ")?;
            write_privileges(page, entry, manner.view)?;
            page.line(Label::Reason, &reason)?;
        }
    }
    if manner.view == View::Plan {
        hazard::write(page, INDENT, &hazard::of_entry(group.entry))?;
    }
    Ok(())
}

/// ` (changed outside)`, unless the heading said so; drift has one reason only.
pub(crate) fn reason(reason: Reason, manner: Manner) -> String {
    match reason.words() {
        Some(words) if manner.view == View::Plan && manner.reason != Some(reason) => format!(" ({words})"),
        Some(_) | None => String::new(),
    }
}

/// Writes what is held, or how it changes, and tells how wide that was.
fn write_privileges(page: &mut Page<'_>, entry: &EntryChange, view: View) -> io::Result<usize> {
    let (before, after) = view.ends(&entry.before[..], &entry.after[..]);
    match (before.is_empty(), after.is_empty()) {
        (true, _) => write_held(page, after),
        (_, true) => write_held(page, before),
        (false, false) => write_set(page, before, after),
    }
}

fn write_held(page: &mut Page<'_>, holdings: &[Holding]) -> io::Result<usize> {
    let (all, grantable) = (privileges(holdings), grantable(holdings));
    let mut text = all.to_string();
    if grantable == all && !all.is_empty() {
        text.push_str(" with grant option");
    } else if !grantable.is_empty() {
        text.push_str(&format!(" (with grant option: {grantable})"));
    }
    if holdings.iter().any(|holding| holding.grantor != Grantor::Owner) {
        text.push_str(&format!(" granted by {}", grantors(holdings)));
    }
    page.plain(&text)?;
    Ok(text.chars().count())
}

/// `["SELECT", + "INSERT", - "DELETE"]`, and the grantors when they change.
fn write_set(page: &mut Page<'_>, before: &[Holding], after: &[Holding]) -> io::Result<usize> {
    let (old, new) = (privileges(before), privileges(after));
    let (old_option, new_option) = (grantable(before), grantable(after));
    let mut used = 2;
    page.plain("[")?;
    for (position, privilege) in old.union(new).iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        page.plain(comma)?;
        let sign = element(old.contains(privilege), new.contains(privilege));
        used += comma.len() + write_element(page, sign, &format!("\"{privilege}\""))?;
        let option = element(old_option.contains(privilege), new_option.contains(privilege));
        let either = old_option.contains(privilege) || new_option.contains(privilege);
        if either && option == sign {
            page.plain(" with grant option")?;
            used += 18;
        } else if either && sign == Sign::Stay {
            page.plain(" ")?;
            used += 1 + write_element(page, option, "grant option")?;
        }
    }
    page.plain("]")?;
    let (old, new) = (grantors(before), grantors(after));
    if old != new {
        let text = format!(" granted by {old} -> {new}");
        page.plain(&text)?;
        used += text.chars().count();
    }
    Ok(used)
}

fn element(before: bool, after: bool) -> Sign {
    match (before, after) {
        (false, true) => Sign::Add,
        (true, false) => Sign::Destroy,
        (true, true) | (false, false) => Sign::Stay,
    }
}

fn write_element(page: &mut Page<'_>, sign: Sign, text: &str) -> io::Result<usize> {
    match sign {
        Sign::Add | Sign::Destroy | Sign::Change | Sign::Adopt | Sign::Forget | Sign::Hazard => {
            page.put(sign.label(), sign.text())?;
            page.plain(&format!(" {text}"))?;
            Ok(text.chars().count() + 2)
        }
        Sign::Stay => {
            page.put(Label::Dim, text)?;
            Ok(text.chars().count())
        }
    }
}

fn privileges(holdings: &[Holding]) -> PrivilegeSet {
    holdings.iter().fold(PrivilegeSet::EMPTY, |sum, holding| sum.union(holding.privileges))
}

fn grantable(holdings: &[Holding]) -> PrivilegeSet {
    holdings.iter().fold(PrivilegeSet::EMPTY, |sum, holding| sum.union(holding.grantable))
}

fn grantors(holdings: &[Holding]) -> String {
    let name = |holding: &Holding| match &holding.grantor {
        Grantor::Owner => "the owner".to_owned(),
        Grantor::Role(role) => printable(role.as_str()),
    };
    holdings.iter().map(name).collect::<Vec<_>>().join(" and ")
}
