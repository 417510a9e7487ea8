//! The operation `plan`: configuration, state and servers in, a plan out. Writes nothing.
//!
//! ```text
//! declared + recorded -> scope -> observe (all servers side by side)
//!   -> resolve -> diff -> order -> statements -> policies -> plan
//! ```
//!
//! Not here: how the configuration was read (`config`), how the plan is shown (`render`).
//! Invariant: with any error but a policy's there is no plan, and servers are only read.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use crate::choice::{self, Selection};
use crate::code::Code;
use crate::declared::{Declared, DeclaredResource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::cycles;
use crate::moved;
use crate::name::{BlockAddress, ResourceName};
use crate::observed::{Observed, Scope};
use crate::plan::{Header, Plan, ResourcePlan, Terms, make};
use crate::policy::{Policy, Violation, judge, message};
use crate::provider::{Progress, Provider};
use crate::resolve::{Options, Question, Rotate};
use crate::scope::Part;
use crate::secret::Secret;
use crate::state::{Recorded, RecordedResource};

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
    let moved = (!declared.moved.is_empty()).then(|| moved::recorded(&declared.moved, written));
    let request = PlanRequest { recorded: moved.as_ref().unwrap_or(written), ..request };
    let mut diagnostics = cycles::memberships(declared.roles.values());
    diagnostics.extend(unmatched(&request));
    diagnostics.extend(undeclared(declared, request.options));
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
    diagnostics.extend(orphans(declared, request.recorded, &selection));
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
    if let Some(diagnostic) = other_server(resource, recorded, &observed) {
        return (None, diagnostic.into());
    }
    let (options, dialect) = (request.options, provider);
    let written = written.resources.get(&resource.name);
    make::resource(&Question { part, scope: &scope, written, observed: &observed, options, dialect })
}

async fn observe<P: Provider>(
    provider: &P,
    request: &PlanRequest<'_>,
    resource: &DeclaredResource,
    scope: &Scope,
) -> Result<Observed, Diagnostic> {
    let password = request.passwords.get(&resource.name);
    provider.look((resource, password), scope, request.progress).await.map_err(|error| {
        let diagnostic = *error.diagnostic;
        Diagnostic { span: diagnostic.span.clone().or(resource.span.clone()), ..diagnostic }
    })
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

/// The state was recorded from another server than the one that answers now.
fn other_server(
    resource: &DeclaredResource,
    recorded: Option<&RecordedResource>,
    observed: &Observed,
) -> Option<Diagnostic> {
    let recorded = recorded?;
    let (then, now) = (recorded.identity.system_identifier?, observed.identity.system_identifier?);
    (then != now && !recorded.roles.is_empty()).then(|| {
        let said = Diagnostic::error(
            Code::PLN015,
            "Another server answers",
            format!(
                "{} was recorded from the server with system identifier {then} ({}), and {} has {now}.",
                resource.name, recorded.identity.address, observed.identity.address
            ),
        )
        .hint("check host and port; if the server was really replaced, `roleform state rm` its roles and adopt them anew");
        Diagnostic { span: resource.span.clone(), ..said }
    })
}

/// A role on the command line that is nowhere is a slip: what was meant would keep its password.
fn unmatched(request: &PlanRequest<'_>) -> Vec<Diagnostic> {
    let recorded = request.recorded.resources.values().flat_map(|resource| resource.roles.values());
    let known: BTreeSet<&BlockAddress> =
        request.declared.roles.keys().chain(recorded.map(|role| &role.address)).collect();
    let rotated = match &request.options.rotate {
        Rotate::These(patterns) => Some(patterns),
        Rotate::Due | Rotate::All => None,
    };
    let named = rotated.into_iter().flatten();
    let missing = named.filter(|pattern| !known.iter().any(|address| pattern.matches(address)));
    missing.map(|pattern| choice::nowhere(pattern, known.iter().copied())).collect()
}

/// Roles to take over must be declared: what they shall be is not asked of the server.
fn undeclared(declared: &Declared, options: &Options) -> Vec<Diagnostic> {
    let missing = options.adopt.iter().filter(|named| !declared.roles.keys().any(|role| named.matches(role)));
    missing
        .map(|address| {
            let detail = format!("{address} is to be imported, but the configuration does not declare it.");
            Diagnostic::error(Code::CFG007, "Import of an undeclared role", detail)
                .hint("declare it first; the plan then shows what would change")
        })
        .collect()
}

/// Servers with recorded roles whose block is gone: nothing tells how to reach them.
fn orphans(declared: &Declared, recorded: &Recorded, selection: &Selection) -> Vec<Diagnostic> {
    let gone = recorded.resources.iter().filter(|(name, _)| !declared.resources.contains_key(*name));
    let with_blocks = gone.map(|(name, resource)| {
        let roles = resource.roles.values().map(|role| &role.address);
        let roles = roles.filter(|address| selection.role(address)).map(ToString::to_string);
        let schemas = resource.schemas.values().filter(|address| selection.schema(address));
        (name, roles.chain(schemas.map(|address| address.of_kind("schema"))).collect::<Vec<_>>())
    });
    let with_blocks = with_blocks.filter(|(_, blocks)| !blocks.is_empty());
    with_blocks.map(|(name, blocks)| {
        Diagnostic::error(
            Code::PLN016,
            "Resource is gone while roles are recorded on it",
            format!("The block of {name} is gone, and the state has {} on it.", blocks.join(", ")),
        )
        .hint("keep the resource block until its roles are removed, or take them out of the state with `roleform state rm`")
    })
    .collect()
}
