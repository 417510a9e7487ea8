//! What binds an apply besides its plan: the configuration as it stands, if there is one here,
//! and the command line.
//!
//! Not here: what it means (`engine::plan::verify`). Invariant: nothing that stands here can
//! weaken what the plan demands; both are met.

use std::collections::BTreeMap;
use std::path::Path;

use engine::catalog::Password;
use engine::code::Code;
use engine::declared::{Declared, DeclaredResource, SecretSource};
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::name::ResourceName;
use engine::plan::saved::PlanId;
use engine::plan::verify::{self, Demands, TrustedPlan};
use engine::plan::{Plan, target};
use engine::policy::Policy;
use engine::signature::Moment;
use engine::signature::demand::{Demand, Source};
use engine::signature::roster::Seals;

use crate::args::Apply;
use crate::configuration;
use crate::trust;

/// How long a plan may be applied unless the configuration says otherwise, in seconds.
pub(crate) const EXPIRY: u64 = 7 * 24 * 60 * 60;

/// What binds an apply.
pub(crate) struct Standing {
    declared: Option<Declared>,
    policies: Vec<Policy>,
    demands: Vec<Demand>,
    seals: Seals,
    moment: Moment,
    id: Option<PlanId>,
}

/// How the servers of a plan are reached, by label.
pub(crate) type Targets = BTreeMap<ResourceName, DeclaredResource>;

impl Standing {
    /// Reads the configuration, the signature files beside the plan, and the flags.
    pub(crate) fn read(
        args: &Apply,
        file: &Path,
        plan: &Plan,
    ) -> Result<(Standing, Diagnostics), Diagnostics> {
        let (declared, warnings) = match configuration::standing()? {
            Some((declared, warnings)) => (Some(declared), warnings),
            None => (None, Diagnostics::default()),
        };
        let mut demands = Vec::new();
        if let Some(declared) = &declared {
            demands.extend(of_configuration(declared)?);
        }
        if args.require_signature || args.allowed_signers.is_some() {
            demands.push(of_flags(args, &demands, plan)?);
        }
        let policies = declared.iter().flat_map(|declared| declared.policies.values());
        let standing = Standing {
            policies: policies.map(|found| found.policy.clone()).collect(),
            demands,
            seals: trust::seals(file)?,
            moment: trust::moment(),
            id: args.expect,
            declared,
        };
        Ok((standing, warnings))
    }

    /// What a plan has to meet.
    pub(crate) fn demands(&self) -> Demands<'_> {
        let settings = self.declared.as_ref().map(|declared| &declared.settings);
        Demands {
            id: self.id,
            moment: &self.moment,
            seals: &self.seals,
            demands: &self.demands,
            policies: &self.policies,
            expiry_seconds: settings.map(|settings| settings.plan_expiry_seconds.unwrap_or(EXPIRY)),
        }
    }

    /// How to reach the servers of a trusted plan: as it says; the configuration may say how to
    /// get the password, and nothing else.
    pub(crate) fn targets(&self, trusted: &TrustedPlan<'_>) -> Result<Targets, Diagnostic> {
        let signed = trusted.signatories.author.is_some();
        let busy = trusted.saved().plan.resources.iter().filter(|(_, plan)| !plan.stages.is_empty());
        busy.map(|(name, plan)| {
            let now = self.declared.as_ref().and_then(|declared| declared.resources.get(name));
            let admin_password = match now {
                Some(now) => {
                    target::same(&plan.target, now)?;
                    now.admin_password.clone()
                }
                None => own_password(&plan.target, signed)?,
            };
            let (span, admin_span) =
                now.map_or((None, None), |now| (now.span.clone(), now.admin_span.clone()));
            let target = DeclaredResource { admin_password, span, admin_span, ..plan.target.clone() };
            Ok((name.clone(), target))
        })
        .collect()
    }

    /// How to reach the servers of an interrupted plan too: as the configuration says, else as
    /// that plan does.
    pub(crate) fn with_journal(&self, targets: &Targets, journal: &Plan) -> Result<Targets, Diagnostic> {
        let mut all = targets.clone();
        for (name, plan) in journal.resources.iter().filter(|(_, plan)| !plan.stages.is_empty()) {
            if !all.contains_key(name) {
                let target = match self.declared.as_ref().and_then(|declared| declared.resources.get(name)) {
                    Some(now) => now.clone(),
                    None => {
                        let admin_password = own_password(&plan.target, false)?;
                        DeclaredResource { admin_password, ..plan.target.clone() }
                    }
                };
                all.insert(name.clone(), target);
            }
        }
        Ok(all)
    }

    /// The keys that passwords are encrypted to, as the plan says.
    pub(crate) fn recipients<'a>(&self, plan: &'a Plan) -> Result<&'a [String], Diagnostic> {
        let makes = |role: &engine::catalog::Role| role.password == Password::Fresh;
        let fresh = plan.resources.values().any(|resource| resource.after.roles.values().any(makes));
        match &self.declared {
            Some(declared) if fresh && declared.settings.recipients != plan.terms.recipients => {
                let detail = "The plan makes passwords, and the configuration now names others who could read them. Nothing was done.";
                Err(Diagnostic::error(Code::SAV021, Code::SAV021.title(), detail)
                    .hint("make a new plan, so that its readers are reviewed too"))
            }
            Some(_) | None => Ok(&plan.terms.recipients),
        }
    }
}

/// A plan's own way to a password, where no configuration says one.
fn own_password(target: &DeclaredResource, signed: bool) -> Result<SecretSource, Diagnostic> {
    match &target.admin_password {
        SecretSource::Command(_) if !signed => {
            let detail = format!(
                "The password of postgres.{} comes from a command that the plan names, the plan is not signed, and no configuration here says the same. Nothing was done.",
                target.name
            );
            Err(Diagnostic::error(Code::SAV025, Code::SAV025.title(), detail)
                .hint("apply it beside its configuration, or have it signed and use `-require-signature`"))
        }
        source => Ok(source.clone()),
    }
}

fn of_configuration(declared: &Declared) -> Result<Option<Demand>, Diagnostic> {
    let settings = &declared.settings;
    let Some(path) = &settings.allowed_signers else { return Ok(None) };
    let (signature, approvals) = (settings.require_signature, settings.require_approvals);
    let (_, signers) = trust::signers(Path::new(path))?;
    Ok(Some(Demand { source: Source::Configuration, signature, approvals, signers }))
}

/// The flags: who may sign, they say, or else the configuration, or else the plan.
fn of_flags(args: &Apply, demands: &[Demand], plan: &Plan) -> Result<Demand, Diagnostic> {
    let signers = match (&args.allowed_signers, demands.first()) {
        (Some(path), _) => trust::signers(path)?.1,
        (None, Some(demand)) => demand.signers.clone(),
        (None, None) => verify::own_demand(plan)?.signers,
    };
    if signers.is_empty() {
        return Err(trust::unknown_signers());
    }
    Ok(Demand { source: Source::CommandLine, signature: true, approvals: 0, signers })
}
