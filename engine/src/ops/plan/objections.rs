//! What forbids a plan though the configuration is right: what was asked for, or what is
//! recorded, does not fit it.
//!
//! Not here: mistakes in the configuration (`config`), what is in the way on a server
//! (`resolve`, the provider). Invariant: each objection says what to do instead.

use std::collections::BTreeSet;

use crate::choice::{self, Selection};
use crate::code::Code;
use crate::declared::{Declared, DeclaredResource};
use crate::diagnostic::Diagnostic;
use crate::name::BlockAddress;
use crate::observed::Observed;
use crate::ops::plan::PlanRequest;
use crate::resolve::{Options, Rotate};
use crate::state::{Recorded, RecordedResource};

/// The state was recorded from another server than the one that answers now.
pub(super) fn other_server(
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
pub(super) fn unmatched(request: &PlanRequest<'_>) -> Vec<Diagnostic> {
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
pub(super) fn undeclared(declared: &Declared, options: &Options) -> Vec<Diagnostic> {
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
pub(super) fn orphans(declared: &Declared, recorded: &Recorded, selection: &Selection) -> Vec<Diagnostic> {
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
