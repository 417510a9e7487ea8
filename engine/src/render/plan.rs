//! A whole plan as text, in Terraform's order: what drifted, what will be done role by role,
//! who gains or loses access, the statements, the sums, what to do next.
//!
//! Not here: blocks and lines (`role`, `grants`), other shapes (`json`, `markdown`).
//! Invariant: the lines that scripts look for are Terraform's, character by character:
//! `Plan: (I to import, )A to add, C to change, D to destroy.` and
//! `No changes. Your infrastructure matches the configuration.`

use std::collections::BTreeSet;
use std::io;

use crate::access::Access;
use crate::acl::Grantee;
use crate::change::{Action, Changes, OwnerChange};
use crate::name::{ResourceName, RoleName, printable};
use crate::observed::{Identity, LeftAlone};
use crate::plan::summary::Summary;
use crate::plan::{Mode, Plan, ResourcePlan};
use crate::policy::message;
use crate::render::blocks::{self, View};
use crate::render::page::{Page, Sign, counted, thousands};
use crate::render::role::{self, Story};
use crate::render::{Label, Options, Out, access, hazard, policy, schema, sql};

/// Lines of outputs, and the longest value, in characters.
const OUTPUTS: usize = 20;
const OUTPUT_WIDTH: usize = 200;

/// Renders a plan.
pub fn render(plan: &Plan, options: &Options, out: &mut dyn Out) -> io::Result<()> {
    let mut page = Page::new(out);
    let page = &mut page;
    if plan.is_noop() {
        no_changes(page, plan)?;
        return outputs(page, plan);
    }
    if drifted(page, plan, options)? {
        page.line(Label::Plain, drift_fate(plan.mode))?;
        page.end()?;
        rule(page)?;
    }
    if plan.mode == Mode::RefreshOnly {
        return next(page, plan, options);
    }
    legend(page, plan)?;
    page.line(Label::Heading, &opening(plan))?;
    page.end()?;
    for (name, resource) in &plan.resources {
        if plan.resources.len() > 1 {
            page.line(Label::Heading, &server(name, &resource.identity))?;
            page.end()?;
        }
        actions(page, resource, options)?;
    }
    effects(page, plan, options)?;
    policy::write(page, plan, options.full)?;
    if options.sql {
        statements(page, plan)?;
    }
    sums(page, plan)?;
    outputs(page, plan)?;
    rule(page)?;
    next(page, plan, options)
}

/// `postgres.analytics (10.0.3.4:5432, PostgreSQL 15.18)`.
pub(crate) fn server(name: &ResourceName, identity: &Identity) -> String {
    let version = match identity.version {
        old if old < 100_000 => old.to_string(),
        new => format!("{}.{}", new / 10_000, new % 10_000),
    };
    let (name, address) = (printable(name.as_str()), printable(&identity.address));
    format!("postgres.{name} ({address}, PostgreSQL {version})")
}

fn opening(plan: &Plan) -> String {
    let mut resources = plan.resources.iter();
    match (resources.next(), resources.next()) {
        (Some((name, resource)), None) => {
            let server = server(name, &resource.identity);
            format!("roleform will perform the following actions on {server}:")
        }
        (None | Some(_), _) => "roleform will perform the following actions:".to_owned(),
    }
}

fn rule(page: &mut Page<'_>) -> io::Result<()> {
    page.line(Label::Dim, &"─".repeat(77))?;
    page.end()
}

fn no_changes(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    page.put(Label::Heading, "No changes.")?;
    page.line(Label::Plain, " Your infrastructure matches the configuration.")?;
    page.end()?;
    page.line(Label::Plain, "roleform compared the servers with the configuration and found nothing to do.")?;
    let mut left = LeftAlone::default();
    for resource in plan.resources.values() {
        left.roles += resource.left_alone.roles;
        left.entries += resource.left_alone.entries;
        left.external_entries += resource.left_alone.external_entries;
        left.owned.extend(resource.left_alone.owned.clone());
    }
    state_only(page, plan.summary())?;
    left_alone(page, &left)
}

/// What becomes of what others changed.
pub(crate) fn drift_fate(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal | Mode::Destroy => {
            "The plan below takes them back, since the configuration says otherwise."
        }
        // Terraform's words.
        Mode::RefreshOnly => {
            "This is a refresh-only plan, so roleform will not take any actions to undo these. If you were \
             expecting these changes then you can apply this plan to record the updated values in the \
             state without changing any server."
        }
    }
}

/// Tells what others changed; whether there was anything.
fn drifted(page: &mut Page<'_>, plan: &Plan, options: &Options) -> io::Result<bool> {
    if !plan.resources.values().any(|resource| has_drift(&resource.changes)) {
        return Ok(false);
    }
    page.line(Label::Heading, "Note: Objects have changed outside of roleform")?;
    page.end()?;
    page.line(
        Label::Plain,
        "Since its last apply, or before it looked after them, someone else made these changes:",
    )?;
    page.end()?;
    for (name, resource) in plan.resources.iter().filter(|(_, resource)| has_drift(&resource.changes)) {
        if plan.resources.len() > 1 {
            page.line(Label::Heading, &server(name, &resource.identity))?;
            page.end()?;
        }
        write_blocks(page, resource, options, View::Drift)?;
    }
    Ok(true)
}

/// Whether someone else changed something on a server.
pub(crate) fn has_drift(changes: &Changes) -> bool {
    changes.roles.iter().any(|change| change.reason.is_drift())
        || changes.memberships.iter().any(|change| change.reason.is_drift())
        || changes.owners.iter().any(|change| change.reason.is_drift())
        || changes.grants.iter().flat_map(|change| &change.entries).any(|entry| entry.reason.is_drift())
}

/// The signs that this plan uses, as Terraform tells them.
fn legend(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    page.line(Label::Plain, "Actions are indicated with the following symbols:")?;
    let mut signs: BTreeSet<Sign> = BTreeSet::new();
    for resource in plan.resources.values() {
        signs.extend(used_signs(&resource.changes));
        signs.extend((!resource.hazards.is_empty()).then_some(Sign::Hazard));
    }
    let words = [
        (Sign::Add, "create"),
        (Sign::Change, "update in-place"),
        (Sign::Destroy, "destroy"),
        (Sign::Adopt, "import: record as it is"),
        (Sign::Forget, "forget: leave as it is"),
        (Sign::Hazard, "hazard: can hurt"),
    ];
    for (sign, word) in words.into_iter().filter(|(sign, _)| signs.contains(sign)) {
        page.sign(2, sign)?;
        page.line(Label::Plain, word)?;
    }
    page.end()
}

/// The signs at blocks and lines of one server.
fn used_signs(changes: &Changes) -> BTreeSet<Sign> {
    let kept = |action: &Action| !matches!(action, Action::Adopt | Action::Forget | Action::NoOp);
    let entries = || changes.grants.iter().flat_map(|change| &change.entries);
    let actions = changes.memberships.iter().map(|change| change.action);
    let actions = actions.chain(entries().map(|entry| entry.action)).filter(kept);
    let mut signs: BTreeSet<Sign> = actions.map(Sign::of).collect();
    signs.extend(changes.roles.iter().map(|change| Sign::of(change.action)));
    signs.extend(changes.owners.iter().map(|change| Sign::of(change.action)));
    // The block of a role that stays as it is, while what it holds changes, has a `~`.
    let roles: BTreeSet<&RoleName> = changes.roles.iter().map(|change| &change.name).collect();
    let stays = |grantee: &Grantee| match grantee {
        Grantee::Public => true,
        Grantee::Role(role) => !roles.contains(role),
    };
    let of_stayer = entries().any(|entry| kept(&entry.action) && stays(&entry.grantee))
        || changes.memberships.iter().any(|c| kept(&c.action) && !roles.contains(&c.membership.member));
    signs.extend(of_stayer.then_some(Sign::Change));
    signs
}

fn actions(page: &mut Page<'_>, resource: &ResourcePlan, options: &Options) -> io::Result<()> {
    if resource.is_noop() {
        page.line(Label::Plain, "  No changes.")?;
        page.end()?;
    } else {
        write_blocks(page, resource, options, View::Plan)?;
    }
    left_alone(page, &resource.left_alone)
}

fn write_blocks(
    page: &mut Page<'_>,
    resource: &ResourcePlan,
    options: &Options,
    view: View,
) -> io::Result<()> {
    let hazards = hazard::in_place(&resource.hazards);
    let grantees = blocks::grantees(&resource.changes);
    let story = Story { view, full: options.full, hazards: &hazards };
    blocks::folded(&resource.changes, &grantees, story)
        .iter()
        .try_for_each(|folded| role::write(page, folded, &resource.changes, story))?;
    let shown = |change: &&OwnerChange| view.shows_block(change.action, change.reason);
    resource.changes.owners.iter().filter(shown).try_for_each(|change| schema::write(page, change, view))
}

/// Says how much was seen and is not roleform's business.
pub(crate) fn left_alone(page: &mut Page<'_>, left: &LeftAlone) -> io::Result<()> {
    let parts = [
        (left.roles, counted(left.roles, "other role")),
        (left.entries, format!("{} to others", counted(left.entries, "grant"))),
        (
            left.external_entries,
            format!("{} to external roles", counted(left.external_entries, "direct grant")),
        ),
    ];
    let words: Vec<String> = parts.into_iter().filter(|part| part.0 > 0).map(|part| part.1).collect();
    if words.is_empty() && left.owned.is_empty() {
        return Ok(());
    }
    if !words.is_empty() {
        page.line(Label::Dim, &format!("Left alone: {}.", words.join(", ")))?;
    }
    for (role, (count, first)) in &left.owned {
        let more = count.saturating_sub(first.len() as u64);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let first: Vec<String> = first.iter().map(|text| printable(text)).collect();
        page.line(Label::Dim, &format!("Left alone: {role} owns {}{more}.", first.join(", ")))?;
    }
    page.end()
}

fn effects(page: &mut Page<'_>, plan: &Plan, options: &Options) -> io::Result<()> {
    let found = found_effects(plan);
    if found.is_empty() {
        return Ok(());
    }
    page.put(Label::Heading, "Access")?;
    page.line(Label::Plain, ": who gains or loses what in effect, memberships included")?;
    page.end()?;
    for (name, access) in found {
        if plan.resources.len() > 1 {
            page.line(Label::Heading, &server(name, &plan.resources[name].identity))?;
        }
        access::write(page, &access, options.full)?;
        page.end()?;
    }
    Ok(())
}

/// Per server, who gains or loses access; servers without any left out.
pub(crate) fn found_effects(plan: &Plan) -> Vec<(&ResourceName, Access)> {
    let all = plan.resources.iter().map(|(name, resource)| (name, Access::of(resource)));
    all.filter(|(_, access)| !access.is_empty() || !access.unaffected.is_empty()).collect()
}

fn statements(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    page.put(Label::Heading, "SQL")?;
    page.line(Label::Plain, ": what apply will run, in this order")?;
    page.end()?;
    for (name, resource) in plan.resources.iter().filter(|(_, resource)| !resource.stages.is_empty()) {
        if plan.resources.len() > 1 {
            page.line(Label::Heading, &server(name, &resource.identity))?;
        }
        sql::write(page, resource)?;
    }
    Ok(())
}

/// `Plan: 3 to add, 1 to change, 0 to destroy.`, with Terraform's own words and no others.
pub(crate) fn sum(summary: Summary) -> String {
    let import = match summary.import {
        0 => String::new(),
        number => format!("{number} to import, "),
    };
    let Summary { add, change, destroy, .. } = summary;
    format!("{import}{add} to add, {change} to change, {destroy} to destroy.")
}

fn sums(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    let summary = plan.summary();
    page.put(Label::Heading, "Plan:")?;
    page.line(Label::Plain, &format!(" {}", sum(summary)))?;
    hazard::write_gathered(page, plan)?;
    page.end()?;
    parts(page, plan)?;
    state_only(page, summary)
}

/// Says where the work is not one step from before to after.
pub(crate) fn parts(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    for (name, resource) in &plan.resources {
        let parts = resource.stages.parts.len();
        if parts > 0 {
            let text = format!(
                "In {} on postgres.{}: together its statements name more objects than the server has room to lock.",
                counted(parts as u64 + 1, "part"),
                printable(name.as_str())
            );
            page.line(Label::Heading, &text)?;
            page.line(Label::Plain, "What is revoked goes first, logins come last, and each part is proven before it is committed.")?;
            page.line(Label::Plain, "A run that stops between parts leaves less access than planned; the next plan does the rest.")?;
            page.end()?;
        }
    }
    Ok(())
}

/// What is written into the state and changes nothing on a server.
fn state_only(page: &mut Page<'_>, summary: Summary) -> io::Result<()> {
    let mut words = Vec::new();
    if summary.adopt > 0 {
        words.push(format!("{} already as declared, to be recorded", thousands(summary.adopt)));
    }
    if summary.forget > 0 {
        words.push(format!("{} to be forgotten", thousands(summary.forget)));
    }
    if words.is_empty() {
        return Ok(());
    }
    page.line(Label::Dim, &format!("In the state only: {}.", words.join("; ")))?;
    page.end()
}

fn outputs(page: &mut Page<'_>, plan: &Plan) -> io::Result<()> {
    if plan.outputs.is_empty() {
        return Ok(());
    }
    page.line(Label::Heading, "Outputs:")?;
    for (name, value) in plan.outputs.iter().take(OUTPUTS) {
        let value = value.as_deref().unwrap_or("(sensitive value)").replace('\n', " ");
        let cut: String = value.chars().take(OUTPUT_WIDTH).collect();
        let dots = if cut.len() < value.len() { "…" } else { "" };
        page.line(Label::Plain, &format!("  {} = {cut}{dots}", printable(name)))?;
    }
    if plan.outputs.len() > OUTPUTS {
        let more = counted((plan.outputs.len() - OUTPUTS) as u64, "more output");
        page.line(Label::Dim, &format!("  … {more} (-json has them)"))?;
    }
    page.end()
}

fn next(page: &mut Page<'_>, plan: &Plan, options: &Options) -> io::Result<()> {
    if let Some(id) = &options.id {
        page.plain("Plan id: ")?;
        page.line(Label::Code, id)?;
    }
    if message::denied(plan) {
        return page.line(Label::Plain, "A policy forbids this plan: it cannot be saved or applied.");
    }
    policy::trust(page, plan, options)?;
    match &options.file {
        Some(file) => {
            let until = jiff::Timestamp::from_microsecond(plan.header.expires_at).ok();
            page.plain("To apply exactly this plan: ")?;
            page.put(Label::Code, &format!("roleform apply {}", argument(file)))?;
            match until {
                Some(until) => {
                    page.line(Label::Dim, &format!("  (until {})", until.strftime("%Y-%m-%d %H:%M UTC")))
                }
                None => page.end(),
            }
        }
        None => {
            page.plain("This plan was not saved, so it cannot be applied. To save it: ")?;
            page.line(Label::Code, "roleform plan -out plan.bin")
        }
    }
}

/// A file name as one types it into a shell.
pub(crate) fn argument(file: &str) -> String {
    let harmless = |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
    if !file.is_empty() && file.chars().all(harmless) {
        return file.to_owned();
    }
    format!("'{}'", printable(file).replace('\'', "'\\''"))
}
