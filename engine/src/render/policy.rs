//! What policies say about a plan, as text: which hold, and what others found; who has to
//! stand for it, and who does.
//!
//! Not here: the verdict (`policy::judge`), its JSON (`json_policy`). Invariant: a plan without
//! policies says nothing about them.

use std::io;

use crate::name::printable;
use crate::plan::{Plan, Terms};
use crate::policy::message;
use crate::policy::{Enforcement, Policy};
use crate::render::page::{Page, counted};
use crate::render::{Label, Options};

/// Findings of one rule that are shown without `-full`.
const SHOWN: usize = 10;

/// Writes the section.
pub(crate) fn write(page: &mut Page<'_>, plan: &Plan, full: bool) -> io::Result<()> {
    if plan.policies.is_empty() {
        return Ok(());
    }
    page.put(Label::Heading, "Policies")?;
    page.line(Label::Plain, ": what must hold for every plan")?;
    page.end()?;
    verdicts(page, plan, full)?;
    page.end()
}

/// What each policy says.
pub(super) fn verdicts(page: &mut Page<'_>, plan: &Plan, full: bool) -> io::Result<()> {
    for (policy, own) in message::by_policy(&plan.policies, &plan.violations) {
        page.plain(&format!("  {}: ", printable(&policy.name)))?;
        page.line(Label::Plain, outcome(policy, own.is_empty()))?;
        for verdict in own {
            page.line(Label::Dim, &format!("    {}", printable(&verdict.rule_text())))?;
            let shown = if full { verdict.found.len() } else { SHOWN };
            for violation in verdict.found.iter().take(shown) {
                page.line(Label::Plain, &format!("      {}", message::line(violation)))?;
            }
            if verdict.found.len() > shown {
                let more = counted((verdict.found.len() - shown) as u64, "more finding");
                page.line(Label::Dim, &format!("      … {more} (-full lists them)"))?;
            }
        }
    }
    Ok(())
}

fn outcome(policy: &Policy, holds: bool) -> &'static str {
    match (holds, policy.enforcement) {
        (true, _) => "holds",
        (false, Enforcement::Warn) => "warns",
        (false, Enforcement::Deny) => "forbids this plan",
    }
}

/// Who has to stand for the plan before it is applied, and who does.
pub(super) fn trust(page: &mut Page<'_>, plan: &Plan, options: &Options) -> io::Result<()> {
    demands(page, &plan.terms)?;
    options.signatories.iter().try_for_each(|signatory| page.line(Label::Plain, &signatory.text()))
}

fn demands(page: &mut Page<'_>, terms: &Terms) -> io::Result<()> {
    match (terms.signature, terms.approvals) {
        (false, 0) => Ok(()),
        (true, 0) => page.line(Label::Plain, "Needs its author's signature."),
        (_, number) => {
            let approvals = counted(number.into(), "approval");
            page.line(Label::Plain, &format!("Needs its author's signature and {approvals} by others."))
        }
    }
}
