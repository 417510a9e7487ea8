//! The statements of a plan, in the order in which apply runs them.
//!
//! Not here: how statements come about (`plan::make`, the provider). Invariant: each
//! statement as sent, but for the verifier that apply makes and for control characters,
//! which are escaped; what is not a statement is a comment, `BEGIN` or `COMMIT`.

use std::io;

use crate::change::{Action, Changes};
use crate::graph::order::early;
use crate::name::printable;
use crate::plan::{Plan, ResourcePlan, Step, TransactionPlan};
use crate::render::page::Page;
use crate::render::plan::server;
use crate::render::{Label, Out};

/// Writes the statements of all servers.
pub fn render(plan: &Plan, out: &mut dyn Out) -> io::Result<()> {
    let mut page = Page::new(out);
    for (name, resource) in plan.resources.iter().filter(|(_, resource)| !resource.stages.is_empty()) {
        comment(&mut page, 0, &server(name, &resource.identity))?;
        write(&mut page, resource)?;
    }
    Ok(())
}

/// Writes the statements of one server.
pub(crate) fn write(page: &mut Page<'_>, resource: &ResourcePlan) -> io::Result<()> {
    let stages = &resource.stages;
    if !stages.prepare.is_empty() {
        comment(page, 0, &ahead(&resource.changes))?;
        steps(page, 0, &stages.prepare)?;
        if !stages.undo.is_empty() {
            comment(page, 0, "taken back, should anything after this fail, by:")?;
        }
        for step in &stages.undo {
            comment(page, 0, &format!("  {};", step.statement.display().trim_end_matches(';')))?;
        }
        page.end()?;
    }
    for (number, part) in stages.parts.iter().enumerate() {
        let all = stages.parts.len() + 1;
        comment(page, 0, &format!("part {} of {all}, committed before the next begins", number + 1))?;
        write_transaction(page, &part.transaction)?;
    }
    for transaction in &stages.transactions {
        write_transaction(page, transaction)?;
    }
    if !stages.finish.is_empty() {
        comment(page, 0, "last, each committed at once: drops of roles that hold nothing any more")?;
        steps(page, 0, &stages.finish)?;
        page.end()?;
    }
    Ok(())
}

/// What stage 1 does.
fn ahead(changes: &Changes) -> String {
    let renames = changes.roles.iter().any(|role| role.renamed_from.is_some());
    let creates = changes.roles.iter().any(|role| role.action == Action::Create);
    let parts = [
        renames.then_some("new names"),
        creates.then_some("new roles, which hold nothing and cannot log in"),
        early::split(changes).map(|_| "revokes for which two databases would wait for each other"),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    format!("first, each committed at once: {}", parts.join("; "))
}

fn write_transaction(page: &mut Page<'_>, transaction: &TransactionPlan) -> io::Result<()> {
    let database = printable(transaction.database.as_str());
    let shared = if transaction.shared { ", and what the whole server shares" } else { "" };
    comment(page, 0, &format!("in database {database}{shared}"))?;
    page.line(Label::Sql, "BEGIN;")?;
    steps(page, 2, &transaction.steps)?;
    page.line(Label::Sql, "COMMIT;")?;
    page.end()
}

fn steps(page: &mut Page<'_>, indent: usize, steps: &[Step]) -> io::Result<()> {
    let mut subject = None;
    for step in steps {
        if subject != Some(&step.subject) {
            comment(page, indent, &step.subject.to_string())?;
            subject = Some(&step.subject);
        }
        page.indent(indent)?;
        page.put(Label::Sql, step.statement.display().trim_end().trim_end_matches(';'))?;
        page.line(Label::Sql, ";")?;
    }
    Ok(())
}

/// A comment of one line, whatever is in the text.
fn comment(page: &mut Page<'_>, indent: usize, text: &str) -> io::Result<()> {
    page.indent(indent)?;
    page.line(Label::Comment, &format!("-- {}", text.replace('\n', "\\n")))
}
