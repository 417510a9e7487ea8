//! What policies found, in words.
//!
//! Not here: the verdict (`judge`), JSON and the plan's text (`render`). Invariant: each rule
//! that found something is one message with its first findings, each with address and place.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::plan::Plan;
use crate::policy::{Enforcement, Policy, Violation};

/// Findings of one rule that are listed; the others are counted.
const LISTED: usize = 10;

/// One rule and all that it found.
pub struct Verdict<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The rule's place in it.
    pub rule: usize,
    /// What it found; never empty.
    pub found: &'a [Violation],
}

/// Findings by rule, in order.
pub fn verdicts<'a>(policies: &'a [Policy], violations: &'a [Violation]) -> Vec<Verdict<'a>> {
    violations
        .chunk_by(|a, b| (a.policy, a.rule) == (b.policy, b.rule))
        .filter_map(|found| {
            let policy = policies.get(found[0].policy as usize)?;
            Some(Verdict { policy, rule: found[0].rule as usize, found })
        })
        .collect()
}

/// Every policy with what its rules found, in order.
pub fn by_policy<'a>(
    policies: &'a [Policy],
    violations: &'a [Violation],
) -> impl Iterator<Item = (&'a Policy, Vec<Verdict<'a>>)> {
    (0_u32..).zip(policies).map(move |(number, policy)| {
        let from = violations.partition_point(|found| found.policy < number);
        let to = violations.partition_point(|found| found.policy <= number);
        (policy, verdicts(policies, &violations[from..to]))
    })
}

impl Verdict<'_> {
    /// The rule, in words: `deny at policies.hcl:4`.
    pub fn rule_text(&self) -> String {
        self.policy
            .rules
            .get(self.rule)
            .map_or_else(String::new, |rule| format!("{} at {}", rule.says.block(), rule.origin))
    }

    /// The message for planning; `span` is where the rule is written.
    pub fn diagnostic(&self, span: Option<Span>) -> Diagnostic {
        let (severity, code) = match self.policy.enforcement {
            Enforcement::Deny => (Severity::Error, Code::POL001),
            Enforcement::Warn => (Severity::Warning, Code::POL002),
        };
        let said = Diagnostic::error(code, code.title(), self.text())
            .hint("change what is planned, or the policy, whose rule stands where this points");
        Diagnostic { severity, span, ..said }
    }

    fn text(&self) -> String {
        let why = self.policy.description.as_ref().map_or(String::new(), |text| format!(" {text}"));
        let mut text = format!("Policy \"{}\", {}:{why}", self.policy.name, self.rule_text());
        for violation in self.found.iter().take(LISTED) {
            text.push_str("\n  - ");
            text.push_str(&line(violation));
        }
        if self.found.len() > LISTED {
            text.push_str(&format!("\n  … and {} more", self.found.len() - LISTED));
        }
        text
    }
}

/// One finding: address, like ones, what is wrong, where it is declared.
pub fn line(violation: &Violation) -> String {
    let mut text = String::new();
    if !violation.address.is_empty() {
        text.push_str(&violation.address);
        if violation.others > 0 {
            text.push_str(&format!(" and {} more like it", violation.others));
        }
        text.push_str(": ");
    }
    text.push_str(&violation.detail);
    if let Some(origin) = &violation.origin {
        text.push_str(&format!(" ({origin})"));
    }
    text
}

/// Refuses to apply a plan that a policy denies; `whose` says where the policy was found.
pub fn refuse(policies: &[Policy], violations: &[Violation], whose: &str) -> Result<(), Diagnostic> {
    let denied: Vec<String> = verdicts(policies, violations)
        .iter()
        .filter(|verdict| verdict.policy.enforcement == Enforcement::Deny)
        .map(Verdict::text)
        .collect();
    if denied.is_empty() {
        return Ok(());
    }
    let detail = format!("{whose}\n{}\nNothing was done.", denied.join("\n"));
    Err(Diagnostic::error(Code::SAV020, "Policy forbids the plan", detail)
        .hint("make a plan that keeps to the policies"))
}

/// Whether a plan has violations that are more than warnings.
pub fn denied(plan: &Plan) -> bool {
    verdicts(&plan.policies, &plan.violations)
        .iter()
        .any(|verdict| verdict.policy.enforcement == Enforcement::Deny)
}
