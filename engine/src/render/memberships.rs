//! Memberships of one block as lines: `+ member of "pg_monitor"`.
//!
//! Not here: what a membership gives (`access`). Invariant: a membership that can hurt
//! stands in a line of its own, with the hazard below it.

use std::collections::BTreeMap;
use std::io;

use crate::acl::Grantor;
use crate::catalog::MembershipOptions;
use crate::change::{Action, MembershipChange, Reason};
use crate::name::{printable, quoted};
use crate::plan::HazardKind;
use crate::render::Label;
use crate::render::blocks::{Block, View};
use crate::render::grants::{INDENT, LINES, Manner, reason};
use crate::render::hazard::{self, InPlace};
use crate::render::page::{Page, Sign, WIDTH, counted, fitting, thousands};

/// What makes memberships like.
type Key<'a> =
    (&'a Grantor, Action, Reason, Option<MembershipOptions>, Option<MembershipOptions>, Option<String>);

/// Writes what happens to a role's memberships.
pub(crate) fn write(
    page: &mut Page<'_>,
    block: &Block<'_>,
    hazards: &InPlace<'_>,
    manner: Manner,
) -> io::Result<()> {
    if manner.full {
        return block.memberships.iter().try_for_each(|change| {
            let address = change.address_text();
            write_line(page, change, &address, manner)?;
            hazard::write(page, INDENT, of_address(hazards, &address))
        });
    }
    let mut groups: BTreeMap<Key<'_>, Vec<&MembershipChange>> = BTreeMap::new();
    for change in &block.memberships {
        let address = change.address_text();
        let own = hazards.contains_key(address.as_str()).then_some(address);
        let grantor = &change.membership.grantor;
        let key = (grantor, change.action, change.reason, change.before, change.after, own);
        groups.entry(key).or_default().push(change);
    }
    let shown = if groups.len() > LINES { LINES - 1 } else { groups.len() };
    for (key, changes) in groups.iter().take(shown) {
        write_line(page, changes[0], &phrase(changes), manner)?;
        if manner.view == View::Plan
            && let Some(address) = &key.5
        {
            hazard::write(page, INDENT, of_address(hazards, address))?;
        }
    }
    let rest: usize = groups.values().skip(shown).map(Vec::len).sum();
    if rest > 0 {
        page.indent(INDENT + 2)?;
        page.line(Label::Dim, &format!("… {} (-full lists them)", counted(rest as u64, "more membership")))?;
    }
    Ok(())
}

fn of_address<'a>(hazards: &'a InPlace<'_>, address: &str) -> &'a [HazardKind] {
    hazards.get(address).map_or(&[], Vec::as_slice)
}

/// `member of "a"`, `member of 3 roles: "a", "b", "c"`.
fn phrase(changes: &[&MembershipChange]) -> String {
    if let [only] = changes {
        return format!("member of {}", quoted(only.membership.role.as_str()));
    }
    let names: Vec<String> = changes.iter().map(|change| quoted(change.membership.role.as_str())).collect();
    let fit = fitting(&names, WIDTH - 60);
    let dots = if fit < names.len() { ", … (-full lists them)" } else { "" };
    format!("member of {} roles: {}{dots}", thousands(names.len() as u64), names[..fit].join(", "))
}

fn write_line(page: &mut Page<'_>, change: &MembershipChange, what: &str, manner: Manner) -> io::Result<()> {
    page.sign(INDENT, Sign::of(manner.view.action(change.action)))?;
    page.plain(what)?;
    match manner.view.ends(change.before, change.after) {
        (Some(before), Some(after)) => page.plain(&changed(before, after))?,
        (Some(options), None) | (None, Some(options)) => page.plain(&unusual(options))?,
        (None, None) => {}
    }
    if let Grantor::Role(grantor) = &change.membership.grantor {
        page.plain(&format!(" granted by {}", printable(grantor.as_str())))?;
    }
    page.line(Label::Reason, &reason(change.reason, manner))
}

fn named(options: MembershipOptions) -> [(&'static str, bool); 3] {
    [("admin", options.admin), ("inherit", options.inherit), ("set", options.set)]
}

/// What differs from a plain membership.
fn unusual(options: MembershipOptions) -> String {
    let mut text = String::new();
    if options.admin {
        text.push_str(" with admin option");
    }
    if !options.inherit {
        text.push_str(", not inherited");
    }
    if !options.set {
        text.push_str(", without SET ROLE");
    }
    text
}

fn changed(before: MembershipOptions, after: MembershipOptions) -> String {
    let pairs = named(before).into_iter().zip(named(after));
    let changes: Vec<String> = pairs
        .filter(|((_, old), (_, new))| old != new)
        .map(|((name, old), (_, new))| format!("{name} = {old} -> {new}"))
        .collect();
    if changes.is_empty() { String::new() } else { format!(": {}", changes.join(", ")) }
}
