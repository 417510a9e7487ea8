//! The operation behind every other one: what an interrupted apply left is found, the state
//! is repaired by observation, and what happened is said.
//!
//! The journal holds the whole plan, so its scope is known; the servers say what is so. Not
//! here: undoing or finishing anything on a server (the next plan does, reviewed). Invariant:
//! afterwards the state says what the servers say, pending passwords are current or gone unless
//! no server tells, and the journal is empty; without an answer from every server of the plan
//! nothing is changed.

mod passwords;

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::event::What;
use crate::catalog::Catalog;
use crate::code::Code;
use crate::declared::DeclaredResource;
use crate::diagnostic::Diagnostic;
use crate::name::{ResourceName, RoleName};
use crate::ops::apply::intent;
use crate::ops::apply::trail::Trail;
use crate::ops::recover::passwords::Passwords;
use crate::plan::saved::{self, SavedPlan};
use crate::plan::{ResourcePlan, compare, moments, verify};
use crate::provider::{Provider, Quiet, Server};
use crate::secret::Secret;
use crate::state::contents::{Contents, JournalWrite, StateWrite};
use crate::state::store::Store;
use crate::state::{Recorded, RecordedResource, recorded as codec};

/// What recovery needs.
#[derive(Clone, Copy)]
pub struct RecoverRequest<'a> {
    /// How to reach the servers: as the configuration says, else as the plan in the journal does.
    pub targets: &'a BTreeMap<ResourceName, DeclaredResource>,
    /// Administrators' passwords.
    pub passwords: &'a BTreeMap<ResourceName, Secret>,
    /// What the audit is told.
    pub trail: &'a Trail<'a>,
}

/// How far an interrupted apply had come on one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    /// Nothing was committed.
    Before,
    /// Everything was.
    After,
    /// Some of it was, or others changed the same things since.
    Between,
    /// The plan only sets passwords, and the administrator may not see whether they are set.
    Unseen,
}

/// The servers that the next recovery has to reach; none when nothing is to be repaired.
pub fn servers(contents: &Contents) -> Result<BTreeSet<ResourceName>, Diagnostic> {
    let Some(journal) = &contents.journal else { return Ok(BTreeSet::new()) };
    let plans = saved::decode(journal)?.plan.resources.into_iter();
    Ok(plans.filter(|(_, plan)| !plan.stages.is_empty()).map(|(name, _)| name).collect())
}

/// Repairs what an interrupted apply left; `None` when there was nothing to repair.
pub async fn recover<P: Provider>(
    provider: &P,
    store: &mut Store,
    request: RecoverRequest<'_>,
) -> Result<Option<Diagnostic>, Diagnostic> {
    let Some(journal) = store.contents().journal.clone() else { return Ok(None) };
    let saved = saved::decode(&journal)?;
    let before = codec::read(store.contents()).map_err(|error| error.diagnostic())?;
    let mut write = StateWrite { journal: JournalWrite::Clear, ..StateWrite::default() };
    let mut recorded = BTreeMap::new();
    let mut reached = Vec::new();
    for (name, plan) in saved.plan.resources.iter().filter(|(_, plan)| !plan.stages.is_empty()) {
        let now = look(provider, request, (name, plan)).await?;
        let passwords = Passwords::of(store.contents(), saved.id, (name, plan))?;
        let how_far = classify(plan, &passwords, &now);
        reached.push((name, how_far));
        recorded.insert(name.clone(), repaired(&before, (name, plan), (&now, how_far)));
        write.credentials.merge(passwords.settle(store.contents(), &now, request.trail)?);
    }
    if reached.iter().any(|(_, reached)| !matches!(reached, Reached::Before | Reached::Unseen)) {
        write.nodes = codec::write(&recorded);
        write.serial = Some(store.contents().next_serial());
        write.applied = Some(saved.id);
    }
    let message = message(&saved, &reached);
    let text = format!("{}: {}", message.summary, message.detail);
    request.trail.tell(What::Note { code: Some(message.code.to_string()), text });
    request.trail.flush(store)?;
    store.commit(&write).map_err(|error| error.diagnostic())?;
    Ok(Some(message))
}

async fn look<P: Provider>(
    provider: &P,
    request: RecoverRequest<'_>,
    (name, plan): (&ResourceName, &ResourcePlan),
) -> Result<Catalog, Diagnostic> {
    let unreachable = |cause: Diagnostic| {
        let detail = format!(
            "An earlier apply was interrupted and its outcome on {name} has to be observed first. {}",
            cause.detail
        );
        Diagnostic { detail, ..cause }
    };
    let Some(resource) = request.targets.get(name) else {
        let detail =
            format!("An earlier apply on {name} was interrupted, and there is no `resource` block for it.");
        let error = Diagnostic::error(Code::SAV012, "Configuration lacks the plan's resource", detail);
        return Err(error.hint("put the block back until `roleform plan` has found out what became of it"));
    };
    let server = provider
        .connect(resource, request.passwords.get(name))
        .await
        .map_err(|error| unreachable(*error.diagnostic))?;
    verify::same_server(name.as_str(), &plan.identity, server.identity())?;
    // A run that is still at it holds the lock; its work must not be taken for wreckage.
    server.lock().await.map_err(|error| unreachable(*error.diagnostic))?;
    let observed =
        server.observe(&plan.scope, &Quiet).await.map_err(|error| unreachable(*error.diagnostic))?;
    Ok(observed.catalog)
}

fn classify(plan: &ResourcePlan, passwords: &Passwords<'_>, now: &Catalog) -> Reached {
    let equals = |expected: &Catalog| {
        let databases = now.databases.keys().chain(expected.databases.keys());
        compare::shared(expected, now).is_empty()
            && databases.into_iter().all(|database| compare::local(database, expected, now).is_empty())
    };
    match (equals(&plan.before), equals(&moments::proven(&plan.after, &passwords.digests))) {
        (true, true) => Reached::Unseen,
        (false, true) => Reached::After,
        (true, false) => Reached::Before,
        (false, false) => Reached::Between,
    }
}

/// The state as the server has it: roles of the plan that exist are roleform's, whether the
/// apply came as far as finishing them or not.
fn repaired(
    before: &Recorded,
    (name, plan): (&ResourceName, &ResourcePlan),
    (now, reached): (&Catalog, Reached),
) -> RecordedResource {
    let mut recorded = intent::record(before, (name, plan), &occupied(now));
    let old = before.resources.get(name).map(|old| &old.roles);
    let renamed = plan.changes.roles.iter().filter(|change| moments::is_renamed(change, now));
    let renamed: BTreeSet<&RoleName> = renamed.map(|change| &change.name).collect();
    for role in now.roles.keys() {
        // What had the name of a renamed role before was another one.
        let before = old.filter(|_| reached != Reached::After && !renamed.contains(role));
        let remembered = before.and_then(|roles| roles.get(role)).or_else(|| plan.roles.get(role));
        if let Some(remembered) = remembered {
            recorded.roles.insert(role.clone(), remembered.clone());
        }
    }
    recorded.roles.retain(|role, _| now.roles.contains_key(role) || !plan.scope.has_role(role));
    recorded
}

fn occupied(now: &Catalog) -> Catalog {
    let databases = now.databases.iter().map(|(name, grants)| (name.clone(), grants.occupied()));
    Catalog { databases: databases.collect(), shared: now.shared.occupied(), ..now.clone() }
}

fn message(saved: &SavedPlan, reached: &[(&ResourceName, Reached)]) -> Diagnostic {
    let lines: Vec<String> = reached
        .iter()
        .map(|(name, reached)| match reached {
            Reached::Before => format!("  {name}: nothing was committed; it is as before"),
            Reached::After => format!("  {name}: everything was committed"),
            Reached::Between => format!("  {name}: a part was committed; the next plan finishes the rest"),
            Reached::Unseen => format!(
                "  {name}: it cannot be seen whether the new passwords were set; `roleform plan -rotate-password` makes sure"
            ),
        })
        .collect();
    Diagnostic::warning(
        Code::STA091,
        "An interrupted apply was found",
        format!(
            "The apply of plan {} did not finish. The servers were observed and the state repaired:\n{}",
            saved.id,
            lines.join("\n")
        ),
    )
    .hint("read the next plan: it shows what is left to do, if anything")
}
