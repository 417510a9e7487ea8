//! One block: heading, hazards, the role itself, its memberships, what it holds.
//!
//! Not here: which roles there are (`blocks`). Invariant: the heading says the address, what
//! happens and why before anything else, and hazards of the role stand right below it.

use std::io;

use crate::acl::Grantee;
use crate::change::{Action, Changes, Departure, OwnedFate, Reason, RoleChange};
use crate::declared::{OpenSessions, RoleKind};
use crate::diagnostic::Origin;
use crate::name::{RoleName, printable, quoted};
use crate::plan::summary::Summary;
use crate::render::Label;
use crate::render::attributes::{self, Map, Row};
use crate::render::blocks::{Block, Folded, View};
use crate::render::fate::Fate;
use crate::render::grants::{self, INDENT, Manner};
use crate::render::hazard::{self, InPlace};
use crate::render::memberships;
use crate::render::page::{Page, Sign, thousands};

/// Lines that the names of alike roles may take.
const ALIKE_LINES: usize = 3;

/// Writes a block and whom it stands for, and an empty line.
pub(crate) fn write(
    page: &mut Page<'_>,
    folded: &Folded<'_>,
    changes: &Changes,
    story: Story<'_>,
) -> io::Result<()> {
    heading(page, &folded.block, changes, story.view)?;
    below_heading(page, folded, changes, story)?;
    page.end()
}

/// Writes what stands below the heading.
pub(crate) fn below_heading(
    page: &mut Page<'_>,
    folded: &Folded<'_>,
    changes: &Changes,
    story: Story<'_>,
) -> io::Result<()> {
    let block = &folded.block;
    if story.view == View::Plan {
        let own = story.hazards.get(block.role_address().as_str());
        hazard::write(page, 2, own.map_or(&[], Vec::as_slice))?;
    }
    body(page, block, changes, story)?;
    if !folded.alike.is_empty() {
        let number = thousands(folded.alike.len() as u64);
        let roles = if folded.alike.len() == 1 { "role" } else { "roles" };
        page.line(Label::Heading, &format!("  # …and {number} more {roles} alike:"))?;
        let names: Vec<String> = folded.alike.iter().map(|grantee| grantee.to_string()).collect();
        page.wrapped(&names, 4, ALIKE_LINES)?;
    }
    Ok(())
}

/// How a block is told.
#[derive(Clone, Copy)]
pub(crate) struct Story<'a> {
    /// What the plan does, or what others did.
    pub(crate) view: View,
    /// Every address.
    pub(crate) full: bool,
    /// Hazards by address.
    pub(crate) hazards: &'a InPlace<'a>,
}

impl Block<'_> {
    /// The address of the role, or of the `public` block.
    pub(crate) fn role_address(&self) -> String {
        match self.grantee {
            Grantee::Public => self.address.of_kind("public"),
            Grantee::Role(_) => self.address.to_string(),
        }
    }

    /// What happens to the block as a whole.
    pub(crate) fn sign(&self, view: View) -> Sign {
        self.role.map_or(Sign::Change, |role| Sign::of(view.action(role.action)))
    }
}

/// Writes the line above a block: `# role.reader will be created (new)  main.hcl:14`.
pub(crate) fn heading(
    page: &mut Page<'_>,
    block: &Block<'_>,
    changes: &Changes,
    view: View,
) -> io::Result<()> {
    page.put(Label::Heading, &format!("  # {} ", block.role_address()))?;
    let fate = match block.role {
        Some(role) => Fate::of((role.action, role.reason), view),
        None => Fate::of((Action::Update, Reason::Unchanged), view),
    };
    page.put(fate.label, fate.words)?;
    if block.role.is_none() && view == View::Plan {
        page.put(Label::Heading, &format!(": {}", counts(block.summary(changes))))?;
    }
    if view == View::Plan
        && let Some(words) = block.reason().and_then(Reason::words)
    {
        page.put(Label::Reason, &format!(" ({words})"))?;
    }
    if view == View::Plan
        && let Some(origin) = origin(block)
    {
        page.put(Label::Dim, &format!("  {}", printable(&origin.to_string())))?;
    }
    page.end()
}

fn origin<'a>(block: &Block<'a>) -> Option<&'a Origin> {
    let of_role = block.role.and_then(|role| role.origin.as_ref());
    let of_memberships = block.memberships.first().and_then(|change| change.origin.as_ref());
    of_role.or(of_memberships).or_else(|| block.entries.first().and_then(|(_, entry)| entry.origin.as_ref()))
}

/// `214 to add, 1 to destroy`.
fn counts(summary: Summary) -> String {
    let parts = [(summary.add, "to add"), (summary.change, "to change"), (summary.destroy, "to destroy")];
    let words = parts.into_iter().filter(|(number, _)| *number > 0);
    words.map(|(number, word)| format!("{} {word}", thousands(number))).collect::<Vec<_>>().join(", ")
}

fn body(page: &mut Page<'_>, block: &Block<'_>, changes: &Changes, story: Story<'_>) -> io::Result<()> {
    let rows = block.role.map_or_else(Vec::new, |role| rows(role, story.view));
    let places = block.role.map_or_else(Default::default, |role| settings(role, story.view));
    let departure = block.role.and_then(|role| role.departure.as_ref()).filter(|_| story.view == View::Plan);
    let departure = departure.map_or_else(Vec::new, departure_lines);
    page.sign(2, block.sign(story.view))?;
    page.plain(&title(block.grantee))?;
    let held = !block.memberships.is_empty() || !block.entries.is_empty() || !departure.is_empty();
    let itself = !rows.is_empty() || !places.is_empty();
    if !held && !itself {
        return page.end();
    }
    page.line(Label::Plain, " {")?;
    let least = if places.contains_key(&None) { attributes::SETTINGS_WORD.len() } else { 0 };
    let width = attributes::write(page, INDENT, &rows, least)?;
    for (place, rows) in &places {
        attributes::write_settings(page, place.as_ref(), rows, Map { width, full: story.full })?;
    }
    if held && itself {
        page.end()?;
    }
    let manner = Manner { view: story.view, full: story.full, reason: block.reason() };
    memberships::write(page, block, story.hazards, manner)?;
    grants::write(page, block, changes, manner)?;
    for (sign, line) in departure {
        page.sign(INDENT, sign)?;
        page.line(Label::Plain, &line)?;
    }
    page.line(Label::Plain, "    }")
}

fn title(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Role(name) => format!("role {}", quoted(name.as_str())),
    }
}

fn rows(role: &RoleChange, view: View) -> Vec<Row> {
    let (before, after) = ends(role, view);
    let text = |text: &str| Some(text.to_owned());
    let mut rows = Vec::new();
    if let (Some(old), View::Plan) = (&role.renamed_from, view) {
        rows.push(Row {
            name: "name".to_owned(),
            before: Some(quoted(old.as_str())),
            after: Some(quoted(role.name.as_str())),
        });
    }
    if role.kind == RoleKind::External && before.is_none() && after.is_some() {
        rows.push(Row { name: "type".to_owned(), before: None, after: text("\"external\"") });
    }
    if !stays_as_it_is(role) {
        rows.extend(attributes::rows(before, after, view));
    }
    rows
}

fn settings(
    role: &RoleChange,
    view: View,
) -> std::collections::BTreeMap<Option<crate::name::DatabaseName>, Vec<Row>> {
    let (before, after) = ends(role, view);
    // What a role that goes was set to is of no interest any more.
    if stays_as_it_is(role) || after.is_none() {
        return Default::default();
    }
    attributes::settings(before, after)
}

fn ends(role: &RoleChange, view: View) -> (Option<&crate::catalog::Role>, Option<&crate::catalog::Role>) {
    view.ends(role.before.as_ref(), role.after.as_ref())
}

/// Adopted and forgotten roles stay on the server as they are.
fn stays_as_it_is(role: &RoleChange) -> bool {
    matches!(role.action, Action::Adopt | Action::Forget)
}

/// What goes with a role that is dropped, a line each.
fn departure_lines(departure: &Departure) -> Vec<(Sign, String)> {
    let names =
        |names: &[RoleName]| names.iter().map(|name| quoted(name.as_str())).collect::<Vec<_>>().join(", ");
    let databases: Vec<String> = departure.databases.iter().map(|name| printable(name.as_str())).collect();
    let databases = databases.join(", ");
    let mut lines = Vec::new();
    match &departure.fate {
        OwnedFate::None if databases.is_empty() => {}
        OwnedFate::None => lines.push((
            Sign::Destroy,
            format!("its default privileges, policies and user mappings in {databases} are cleared"),
        )),
        OwnedFate::Reassigned(heir) => lines
            .push((Sign::Change, format!("what it owns in {databases} goes to {}", quoted(heir.as_str())))),
        OwnedFate::Dropped => {
            lines.push((Sign::Destroy, format!("what it owns in {databases} is dropped, with its data")));
        }
    }
    match departure.sessions {
        OpenSessions::Refuse => {}
        OpenSessions::Terminate => lines.push((Sign::Destroy, "its sessions are ended".to_owned())),
    }
    if !departure.members.is_empty() {
        lines.push((Sign::Destroy, format!("its members lose it: {}", names(&departure.members))));
    }
    lines
}
