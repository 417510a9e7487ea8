//! What policies say about a plan, what it takes to apply it, and who signed it, as JSON.
//!
//! Under `roleform.policies`, `terms` and `signatures` of the plan's JSON. Not here: the verdict
//! (`policy::judge`). Invariant: a policy is `passed`, `warned` or `failed`.

use serde_json::{Value, json};

use crate::plan::{Plan, Terms};
use crate::policy::message::{self, Verdict};
use crate::policy::{Enforcement, Policy, Violation};
use crate::signature::roster::Signatory;

/// All policies, in order.
pub(crate) fn policies(plan: &Plan) -> Vec<Value> {
    let one = |(policy, own): (&Policy, Vec<Verdict<'_>>)| {
        let (enforcement, failed) = match policy.enforcement {
            Enforcement::Deny => ("deny", "failed"),
            Enforcement::Warn => ("warn", "warned"),
        };
        let found =
            own.iter().flat_map(|verdict| verdict.found.iter().map(|found| violation(verdict, found)));
        json!({
            "name": policy.name,
            "description": policy.description,
            "enforcement": enforcement,
            "status": if own.is_empty() { "passed" } else { failed },
            "violations": found.collect::<Vec<_>>(),
        })
    };
    message::by_policy(&plan.policies, &plan.violations).map(one).collect()
}

fn violation(verdict: &Verdict<'_>, found: &Violation) -> Value {
    json!({
        "rule": verdict.rule_text(),
        "resource": found.resource.as_ref().map(ToString::to_string),
        "address": (!found.address.is_empty()).then_some(&found.address),
        "others": found.others,
        "detail": found.detail,
        "declared_at": found.origin.as_ref().map(ToString::to_string),
    })
}

/// What it takes to apply a plan.
pub(crate) fn terms(terms: &Terms) -> Value {
    json!({
        "signature": terms.signature || terms.approvals > 0,
        "approvals": terms.approvals,
        "recipients": terms.recipients,
    })
}

/// Every signature file beside a plan; `counts` is null where no allowed signers are named.
pub(crate) fn signatures(signatories: &[Signatory]) -> Vec<Value> {
    let one = |signatory: &Signatory| {
        let key = signatory.worth.key();
        json!({
            "purpose": signatory.purpose.words(),
            "key": key.map(|(fingerprint, _)| fingerprint),
            "principals": key.map_or(&[][..], |(_, names)| names),
            "counts": signatory.worth.counts(),
            "reason": signatory.worth.flaw(),
        })
    };
    signatories.iter().map(one).collect()
}
