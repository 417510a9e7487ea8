//! The operation `plan`: configuration, state and servers in, a plan out. Writes nothing.
//!
//! ```text
//! declared + recorded -> scope -> observe (all servers side by side)
//!   -> resolve -> diff -> order -> statements -> policies -> plan
//! ```
//!
//! Not here: how the configuration was read (`config`), how the plan is shown (`render`).
//! Invariant: with any error but a policy's there is no plan, and servers are only read.

mod objections;

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::choice::Selection;
use crate::declared::{Declared, DeclaredResource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::cycles;
use crate::moved;
use crate::name::ResourceName;
use crate::observed::{Observed, Scope};
use crate::plan::{Header, Plan, ResourcePlan, Terms, make};
use crate::policy::{Policy, Violation, judge, message};
use crate::provider::{Progress, Provider};
use crate::resolve::{Asked, Options};
use crate::scope::Part;
use crate::secret::Secret;
use crate::state::Recorded;

/// What a plan is made of.
#[derive(Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The configuration.
    pub declared: &'a Declared,
    /// The state.
    pub recorded: &'a Recorded,
    /// Administrators' passwords, of those resources that have one.
    pub passwords: &'a BTreeMap<ResourceName, Secret>,
    /// How the run was asked for.
    pub options: &'a Options,
    /// Who makes the plan, when, with what.
    pub header: &'a Header,
    /// SHA-256 over the configuration's files and variables.
    pub configuration: [u8; 32],
    /// The text of the allowed-signers file that the configuration names.
    pub signers: Option<&'a str>,
    /// Where long work tells how far it is.
    pub progress: &'a dyn Progress,
}

/// Makes a plan. Errors come together: those of the configuration at once, then those of all
/// servers; without errors there is a plan, possibly with warnings. A plan that a policy denies
/// comes with the error, to be looked at; it cannot be applied.
pub async fn plan<P: Provider>(provider: &P, request: PlanRequest<'_>) -> (Option<Plan>, Diagnostics) {
    let (declared, written) = (request.declared, request.recorded);
    let (moved, unmoved) = moved::recorded(declared, written);
    let request = PlanRequest { recorded: &moved, ..request };
    let mut diagnostics = cycles::memberships(declared.roles.values());
    diagnostics.extend(unmoved);
    diagnostics.extend(objections::unmatched(&request));
    diagnostics.extend(objections::undeclared(declared, request.options));
    let selection = match request.options.choice.select(declared, request.recorded, request.options.mode) {
        Ok((selection, warning)) => {
            diagnostics.extend(warning);
            selection
        }
        Err(unknown) => {
            diagnostics.extend(unknown);
            return (None, diagnostics);
        }
    };
    diagnostics.extend(objections::orphans(declared, request.recorded, &selection));
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    let run = (&request, written);
    let work = declared.resources.values().map(|resource| one(provider, run, (resource, &selection)));
    let mut resources = BTreeMap::new();
    for (resource, (plan, found)) in declared.resources.values().zip(join_all(work).await) {
        diagnostics.extend(found);
        resources.extend(plan.map(|plan| (resource.name.clone(), plan)));
    }
    diagnostics.sort();
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    let policies: Vec<Policy> = declared.policies.values().map(|found| found.policy.clone()).collect();
    let violations = judge::judge(&policies, &resources);
    diagnostics.extend(verdicts(declared, &policies, &violations));
    let plan = Plan {
        terms: terms(declared, request.signers),
        policies,
        violations,
        header: request.header.clone(),
        mode: request.options.mode,
        lineage: request.recorded.lineage,
        serial: request.recorded.serial,
        configuration: request.configuration,
        resources,
        outputs: declared.outputs.clone(),
    };
    (Some(plan), diagnostics)
}

/// Plans one server; nothing when no block of the run is about it.
async fn one<P: Provider>(
    provider: &P,
    (request, written): (&PlanRequest<'_>, &Recorded),
    (resource, selection): (&DeclaredResource, &Selection),
) -> (Option<ResourcePlan>, Diagnostics) {
    let recorded = request.recorded.resources.get(&resource.name);
    let mode = request.options.mode;
    let part = Part { declared: request.declared, resource, recorded, selection, mode };
    let scope = part.scope();
    let forgets = part.forgotten_roles().next().is_some() || part.recorded_schemas().next().is_some();
    if scope.is_empty() && !forgets {
        return (None, Diagnostics::default());
    }
    let observed = match observe(provider, request, resource, &scope).await {
        Ok(observed) => observed,
        Err(diagnostic) => return (None, diagnostic.into()),
    };
    if let Some(diagnostic) = objections::other_server(resource, recorded, &observed) {
        return (None, diagnostic.into());
    }
    let (options, dialect) = (request.options, provider);
    let written = written.resources.get(&resource.name);
    make::resource(&Asked { part, scope: &scope, written, observed: &observed, options, dialect })
}

async fn observe<P: Provider>(
    provider: &P,
    request: &PlanRequest<'_>,
    resource: &DeclaredResource,
    scope: &Scope,
) -> Result<Observed, Diagnostic> {
    let password = request.passwords.get(&resource.name);
    let looked = provider.look((resource, password), scope, request.progress).await;
    looked.map_err(|error| resource.locate(*error.diagnostic))
}

/// What the configuration demands of whoever applies the plan.
fn terms(declared: &Declared, signers: Option<&str>) -> Terms {
    let settings = &declared.settings;
    Terms {
        signature: settings.require_signature,
        approvals: settings.require_approvals,
        signers: signers.map(str::to_owned),
        recipients: settings.recipients.clone(),
    }
}

/// What policies found, at the places where their rules are written.
fn verdicts(declared: &Declared, policies: &[Policy], violations: &[Violation]) -> Vec<Diagnostic> {
    let told = message::verdicts(policies, violations).into_iter().map(|verdict| {
        let found = declared.policies.get(&verdict.policy.name);
        verdict.diagnostic(found.and_then(|found| found.rules.get(verdict.rule).cloned()))
    });
    told.collect()
}
