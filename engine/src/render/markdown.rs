//! A plan for pull requests: GitHub's and GitLab's Markdown.
//!
//! Sums first, hazards next, then a fold per role with its changes as a diff, access in
//! effect, policies, who stands for it, and what to do next. Not here: the lines inside (`role`, `access`, `sql`), which
//! are the text's own. Invariants: no name can leave its fence, code span or tag; without
//! `-full` the folds end before a comment gets too long for GitHub, saying what is left out.

use std::io;

use crate::change::{Changes, OwnerChange};
use crate::plan::{Mode, Plan, ResourcePlan};
use crate::policy::message;
use crate::render::blocks::{self, Folded, View};
use crate::render::page::{Page, Sign, thousands, visible};
use crate::render::plan::{argument, drift_fate, found_effects, has_drift, left_alone, parts, server, sum};
use crate::render::role::{self, Story};
use crate::render::text::PlainText;
use crate::render::{Label, Options, Out, access, fence, hazard, policy, schema, sql};

/// Bytes after which no more folds are written: a comment on GitHub has at most 65,536.
const ENOUGH: usize = 45_000;
/// Addresses named per hazard.
const NAMED: usize = 8;

/// Renders a plan.
pub fn render(plan: &Plan, options: &Options, out: &mut dyn Out) -> io::Result<()> {
    let mut counted = Counted { out, bytes: 0 };
    let out = &mut counted;
    if plan.is_noop() {
        text(out, "### roleform: no changes\n\nYour infrastructure matches the configuration.\n")?;
        return Ok(());
    }
    text(out, &format!("### roleform plan: {}\n\n", sum(plan.summary()).trim_end_matches('.')))?;
    hazards(out, plan)?;
    for (name, resource) in &plan.resources {
        text(out, &format!("**{}**\n\n", code(&server(name, &resource.identity))))?;
        if has_drift(&resource.changes) {
            text(out, "Changed outside of roleform:\n\n")?;
            folds(out, resource, options, View::Drift)?;
            text(out, &format!("{}\n\n", drift_fate(plan.mode)))?;
        }
        if plan.mode == Mode::RefreshOnly {
            continue;
        }
        if resource.is_noop() {
            text(out, "No changes.\n\n")?;
        }
        folds(out, resource, options, View::Plan)?;
        let mut note = PlainText::default();
        left_alone(&mut Page::new(&mut note), &resource.left_alone)?;
        text(out, &note.0)?;
    }
    let mut note = PlainText::default();
    parts(&mut Page::new(&mut note), plan)?;
    text(out, &note.0)?;
    sections(out, plan, options)?;
    last(out, plan, options)
}

/// Counts what goes through.
struct Counted<'a> {
    out: &'a mut dyn Out,
    bytes: usize,
}

impl Out for Counted<'_> {
    fn write(&mut self, label: Label, text: &str) -> io::Result<()> {
        self.bytes += text.len();
        self.out.write(label, text)
    }
}

fn text(out: &mut dyn Out, text: &str) -> io::Result<()> {
    out.write(Label::Plain, text)
}

fn hazards(out: &mut dyn Out, plan: &Plan) -> io::Result<()> {
    let gathered = hazard::gathered(plan);
    if gathered.is_empty() {
        return Ok(());
    }
    text(out, "> [!CAUTION]\n")?;
    for (kind, addresses) in gathered {
        let named: Vec<String> = addresses.iter().take(NAMED).map(|address| code(address)).collect();
        let more = match addresses.len() - named.len() {
            0 => String::new(),
            more => format!(", … and {} more", thousands(more as u64)),
        };
        text(out, &format!("> - **{}** ({}): {}{more}\n", kind.title(), kind.meaning(), named.join(", ")))?;
    }
    text(out, "\n")
}

fn folds(out: &mut Counted<'_>, resource: &ResourcePlan, options: &Options, view: View) -> io::Result<()> {
    let hazards = hazard::in_place(&resource.hazards);
    let grantees = blocks::grantees(&resource.changes);
    let story = Story { view, full: options.full, hazards: &hazards };
    let folded = blocks::folded(&resource.changes, &grantees, story);
    for (position, one) in folded.iter().enumerate() {
        if out.bytes > ENOUGH && !options.full {
            let rest = folded[position..].iter().map(|folded| 1 + folded.alike.len() as u64).sum();
            return text(
                out,
                &format!("…and {} more roles, which `roleform show` tells in full.\n\n", thousands(rest)),
            );
        }
        fold(out, one, &resource.changes, story)?;
    }
    let schemas = resource.changes.owners.iter();
    let schemas: Vec<_> = schemas.filter(|change| view.shows_block(change.action, change.reason)).collect();
    for (position, change) in schemas.iter().enumerate() {
        if out.bytes > ENOUGH && !options.full {
            let rest = thousands((schemas.len() - position) as u64);
            return text(out, &format!("…and {rest} more schemas, which `roleform show` tells in full.\n\n"));
        }
        fold_schema(out, change, view)?;
    }
    Ok(())
}

fn fold(out: &mut dyn Out, folded: &Folded<'_>, changes: &Changes, story: Story<'_>) -> io::Result<()> {
    let block = &folded.block;
    let mut heading = PlainText::default();
    role::heading(&mut Page::new(&mut heading), block, changes, story.view)?;
    let alike = match folded.alike.len() {
        0 => String::new(),
        more => format!(", and {} more alike", thousands(more as u64)),
    };
    let title = Title { sign: block.sign(story.view), address: &block.role_address(), heading: &heading.0 };
    title.open(out, &alike)?;
    let mut diff = fence::Diff::new(out);
    role::below_heading(&mut Page::new(&mut diff), folded, changes, story)?;
    text(out, "```\n\n</details>\n\n")
}

fn fold_schema(out: &mut dyn Out, change: &OwnerChange, view: View) -> io::Result<()> {
    let mut heading = PlainText::default();
    schema::heading(&mut Page::new(&mut heading), change, view)?;
    let (sign, address) = (schema::sign(change, view), change.address_text());
    Title { sign, address: &address, heading: &heading.0 }.open(out, "")?;
    let mut diff = fence::Diff::new(out);
    schema::below_heading(&mut Page::new(&mut diff), change, view)?;
    text(out, "```\n\n</details>\n\n")
}

/// What stands on a fold while it is closed.
struct Title<'a> {
    sign: Sign,
    address: &'a str,
    /// The line that the text has above the block.
    heading: &'a str,
}

impl Title<'_> {
    fn open(&self, out: &mut dyn Out, alike: &str) -> io::Result<()> {
        let address = visible(self.address);
        let fate = self.heading.trim().trim_start_matches("# ").strip_prefix(&*address).unwrap_or("");
        let summary =
            format!("{} <code>{}</code>{}{alike}", self.sign.text(), tagged(&address), tagged(fate));
        text(out, &format!("<details><summary>{summary}</summary>\n\n```diff\n"))
    }
}

fn sections(out: &mut dyn Out, plan: &Plan, options: &Options) -> io::Result<()> {
    let found = found_effects(plan);
    if !found.is_empty() {
        text(out, "<details open><summary>Access in effect</summary>\n\n```diff\n")?;
        let mut diff = fence::Diff::new(out);
        let page = &mut Page::new(&mut diff);
        for (name, access) in &found {
            if plan.resources.len() > 1 {
                page.line(Label::Heading, &server(name, &plan.resources[*name].identity))?;
            }
            access::write(page, access, options.full)?;
        }
        text(out, "```\n\n</details>\n\n")?;
    }
    if !plan.policies.is_empty() {
        text(out, "<details open><summary>Policies</summary>\n\n```text\n")?;
        policy::verdicts(&mut Page::new(&mut fence::Verbatim::new(out)), plan, options.full)?;
        text(out, "```\n\n</details>\n\n")?;
    }
    if !options.sql {
        return Ok(());
    }
    text(out, "<details><summary>SQL</summary>\n\n```sql\n")?;
    sql::render(plan, &mut fence::Verbatim::new(out))?;
    text(out, "```\n\n</details>\n\n")
}

fn last(out: &mut dyn Out, plan: &Plan, options: &Options) -> io::Result<()> {
    if message::denied(plan) {
        return text(out, "A policy forbids this plan: it cannot be saved or applied.\n");
    }
    let mut trust = PlainText::default();
    policy::trust(&mut Page::new(&mut trust), plan, options)?;
    for line in trust.0.lines() {
        text(out, &format!("- {}\n", escaped(line)))?;
    }
    if !trust.0.is_empty() {
        text(out, "\n")?;
    }
    if let Some(id) = &options.id {
        text(out, &format!("Plan id {}. ", code(id)))?;
    }
    match &options.file {
        Some(file) => {
            let command = format!("roleform apply {}", argument(file));
            text(out, &format!("To apply exactly this plan: {}\n", code(&command)))
        }
        None => text(out, "This plan was not saved, so it cannot be applied.\n"),
    }
}

/// A code span that the text cannot end: its fence is longer than any run of backticks.
fn code(text: &str) -> String {
    let text = visible(text).replace('\n', " ");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A sentence with a name in it that is not ours, without meaning for Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_{}[]<>#|~!&@".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Text inside a tag.
fn tagged(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}
