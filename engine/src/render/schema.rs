//! The block of a schema: heading, hazards, whose it is.
//!
//! Not here: grants on schemas, which stand with their grantees (`grants`). Invariant: of a
//! schema only the owner is told, since nothing else of it is managed.

use std::io;

use crate::change::{Action, OwnerChange, Reason};
use crate::name::{RoleName, printable, quoted};
use crate::plan::HazardKind;
use crate::render::Label;
use crate::render::attributes::{self, Row};
use crate::render::blocks::View;
use crate::render::fate::Fate;
use crate::render::grants::INDENT;
use crate::render::hazard;
use crate::render::page::{Page, Sign};

/// Writes a block and an empty line.
pub(crate) fn write(page: &mut Page<'_>, change: &OwnerChange, view: View) -> io::Result<()> {
    heading(page, change, view)?;
    below_heading(page, change, view)?;
    page.end()
}

/// Writes the line above a block: `# schema.billing will be updated in-place  main.hcl:14`.
pub(crate) fn heading(page: &mut Page<'_>, change: &OwnerChange, view: View) -> io::Result<()> {
    page.put(Label::Heading, &format!("  # {} ", change.address_text()))?;
    let fate = Fate::of((change.action, change.reason), view);
    page.put(fate.label, fate.words)?;
    if view == View::Plan {
        if let Some(words) = Reason::words(change.reason) {
            page.put(Label::Reason, &format!(" ({words})"))?;
        }
        if let Some(origin) = &change.origin {
            page.put(Label::Dim, &format!("  {}", printable(&origin.to_string())))?;
        }
    }
    page.end()
}

/// Writes what stands below the heading.
pub(crate) fn below_heading(page: &mut Page<'_>, change: &OwnerChange, view: View) -> io::Result<()> {
    if view == View::Plan && change.action == Action::Update {
        hazard::write(page, 2, &[HazardKind::SchemaOwner])?;
    }
    page.sign(2, sign(change, view))?;
    page.plain(&format!("schema {}", quoted(&change.path.to_string())))?;
    let (before, after) = view.ends(change.before.as_ref(), change.after.as_ref());
    let text = |role: Option<&RoleName>| role.map(|role| quoted(role.as_str()));
    page.line(Label::Plain, " {")?;
    match (text(before), text(after)) {
        (Some(before), Some(after)) if before == after => {
            page.sign(INDENT, Sign::Stay)?;
            page.line(Label::Plain, &format!("owner = {after}"))?;
        }
        (before, after) => {
            attributes::write(page, INDENT, &[Row { name: "owner".to_owned(), before, after }], 0)?;
        }
    }
    page.line(Label::Plain, "    }")
}

/// What happens to the block as a whole.
pub(crate) fn sign(change: &OwnerChange, view: View) -> Sign {
    Sign::of(view.action(change.action))
}
