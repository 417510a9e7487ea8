//! The intent of an apply: what the store holds while servers change, and how it ends.
//!
//! Passwords are made here, stored encrypted and *pending* before any transaction that sets
//! their verifiers can commit, and become *current* after. Not here: encryption
//! (`credentials`), what is left after a crash (`ops::recover`). Invariant: between `write`
//! and `conclude` or `withdraw` the journal holds the whole plan.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::acl::Grantee;
use crate::audit::event::{CredentialAction, What};
use crate::catalog::{Catalog, Owner, Password};
use crate::change::{Action, Place, RoleChange};
use crate::credentials::keyring::Keyring;
use crate::credentials::ledger::{self, Ledger, ServerSays};
use crate::credentials::{Account, Credential};
use crate::declared::DeclaredResource;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::name::{BlockAddress, ResourceName, RoleName, SchemaPath};
use crate::object::Object;
use crate::observed::Scope;
use crate::ops::apply::ApplyRequest;
use crate::ops::apply::prove::Case;
use crate::ops::apply::recorded;
use crate::ops::apply::trail::Trail;
use crate::plan::ResourcePlan;
use crate::plan::saved::PlanId;
use crate::plan::verify::VerifiedPlan;
use crate::provider::Dialect;
use crate::secret::Secret;
use crate::state::contents::{Changes, Contents, JournalWrite, StateWrite};
use crate::state::store::Store;
use crate::state::{Recorded, RecordedResource, recorded as codec};

/// A server's new verifiers and their digests.
#[derive(Default)]
struct Verifiers {
    secrets: BTreeMap<RoleName, Secret>,
    digests: BTreeMap<RoleName, [u8; 32]>,
}

/// What is about to happen.
pub(super) struct Intent {
    /// What the state records now.
    before: Recorded,
    verifiers: BTreeMap<ResourceName, Verifiers>,
    none: Verifiers,
    /// Credentials of roles that get a new password.
    fresh: Vec<Credential>,
    /// Accounts of roles that are dropped.
    gone: Vec<Account>,
    /// Accounts of roles that are renamed, before and after.
    renamed: Vec<(Account, Account)>,
}

impl Intent {
    /// Makes the passwords that a plan asks for.
    pub(super) fn of(
        verified: VerifiedPlan<'_>,
        request: &ApplyRequest<'_>,
        dialect: &dyn Dialect,
        contents: &Contents,
    ) -> Result<Intent, Diagnostic> {
        // What is read when all is done must not turn out to be unreadable only then.
        Ledger::read(&contents.credentials).map_err(|error| error.diagnostic())?;
        let mut intent = Intent {
            before: codec::read(contents).map_err(|error| error.diagnostic())?,
            verifiers: BTreeMap::new(),
            none: Verifiers::default(),
            fresh: Vec::new(),
            gone: Vec::new(),
            renamed: Vec::new(),
        };
        for (name, plan) in &verified.plan().resources {
            let Some(resource) = request.targets.get(name) else { continue };
            for (role, after) in &plan.after.roles {
                if after.password == Password::Fresh {
                    intent.make((resource, role), verified.id(), (request.keyring, dialect))?;
                }
            }
            intent.gone.extend(gone(plan).map(|role| account(name, role)));
            let renamed =
                renamed(plan).map(|(old, change)| (account(name, old), account(name, &change.name)));
            intent.renamed.extend(renamed);
        }
        Ok(intent)
    }

    fn make(
        &mut self,
        (resource, role): (&DeclaredResource, &RoleName),
        plan: PlanId,
        (keyring, dialect): (Keyring<'_>, &dyn Dialect),
    ) -> Result<(), Diagnostic> {
        let password = keyring.generate();
        let verifier = dialect.verifier(&password);
        let digest = Digest::of(&[verifier.reveal().as_bytes()]);
        let credential = keyring
            .credential((resource, role), (&password, digest), plan)
            .map_err(|error| error.diagnostic())?;
        self.fresh.push(credential);
        let of_server = self.verifiers.entry(resource.name.clone()).or_default();
        of_server.secrets.insert(role.clone(), verifier);
        of_server.digests.insert(role.clone(), digest.0);
        Ok(())
    }

    /// What proving a transaction of one server needs.
    pub(super) fn case<'a>(
        &'a self,
        resource: &'a ResourceName,
        plan: &'a ResourcePlan,
        request: &'a ApplyRequest<'a>,
    ) -> Case<'a> {
        let verifiers = self.verifiers.get(resource).unwrap_or(&self.none);
        Case {
            name: resource,
            resource: resource.as_str(),
            plan,
            verifiers: &verifiers.secrets,
            trail: request.trail,
            progress: request.progress,
        }
    }

    /// Digests of the verifiers made for one server.
    pub(super) fn digests(&self, resource: &ResourceName) -> &BTreeMap<RoleName, [u8; 32]> {
        &self.verifiers.get(resource).unwrap_or(&self.none).digests
    }

    /// Accounts that get a new password: `resource/role`.
    pub(super) fn accounts(&self) -> Vec<String> {
        self.fresh.iter().map(|credential| credential.account.to_string()).collect()
    }

    /// Before the first statement: the journal has the plan, passwords are safe.
    pub(super) fn write(&self, store: &mut Store, plan: &[u8], trail: &Trail<'_>) -> Result<(), Diagnostic> {
        self.tell(trail, CredentialAction::Stored);
        trail.flush(store)?;
        let mut credentials = Changes::default();
        self.fresh.iter().for_each(|credential| credentials.merge(ledger::store_pending(credential)));
        let write =
            StateWrite { credentials, journal: JournalWrite::Put(plan.to_vec()), ..StateWrite::default() };
        store.commit(&write).map_err(|error| error.diagnostic())
    }

    /// Nothing was committed on any server.
    pub(super) fn withdraw(&self, store: &mut Store, trail: &Trail<'_>) -> Result<(), Diagnostic> {
        self.tell(trail, CredentialAction::Dropped);
        trail.flush(store)?;
        let mut credentials = Changes::default();
        self.fresh.iter().for_each(|credential| credentials.merge(ledger::withdraw(credential)));
        let write = StateWrite { credentials, journal: JournalWrite::Clear, ..StateWrite::default() };
        store.commit(&write).map_err(|error| error.diagnostic())
    }

    /// What becomes of credentials when everything was committed.
    fn settled(&self, contents: &Contents, plan: PlanId, trail: &Trail<'_>) -> Result<Changes, Diagnostic> {
        let mut ledger = Ledger::read(&contents.credentials).map_err(|error| error.diagnostic())?;
        let has_fresh =
            |account: &Account| self.fresh.iter().any(|credential| credential.account == *account);
        let moved = self.renamed.iter().filter(|(old, new)| ledger.0.contains_key(old) && !has_fresh(new));
        moved.for_each(|(_, new)| tell(trail, new, CredentialAction::Renamed));
        let mut changes = ledger.rename(&self.renamed, plan);
        for credential in &self.fresh {
            let says = credential.verifier.map_or(ServerSays::Unknown, ServerSays::Verifier);
            changes.merge(ledger.reconcile(&credential.account, says));
        }
        self.gone.iter().for_each(|account| changes.merge(ledger.reconcile(account, ServerSays::NoRole)));
        Ok(changes)
    }

    /// Everything was committed: state, credentials and the end of the journal in one write.
    /// Returns the new serial.
    pub(super) fn conclude(
        &self,
        store: &mut Store,
        verified: VerifiedPlan<'_>,
        seen: &BTreeMap<&ResourceName, Catalog>,
        trail: &Trail<'_>,
    ) -> Result<u64, Diagnostic> {
        let credentials = self.settled(store.contents(), verified.id(), trail)?;
        self.tell(trail, CredentialAction::Confirmed);
        trail.flush(store)?;
        let nothing = Catalog::default();
        let resources = verified.plan().resources.iter().map(|(name, plan)| {
            let now = recorded(self.digests(name), plan, seen.get(name).unwrap_or(&nothing));
            (name.clone(), record(&self.before, (name, plan), &now))
        });
        let serial = store.contents().next_serial();
        let write = StateWrite {
            nodes: codec::write(&resources.collect()),
            credentials,
            serial: Some(serial),
            applied: Some(verified.id()),
            journal: JournalWrite::Clear,
        };
        store.commit(&write).map_err(|error| error.diagnostic())?;
        Ok(serial)
    }

    fn tell(&self, trail: &Trail<'_>, action: CredentialAction) {
        self.fresh.iter().for_each(|credential| tell(trail, &credential.account, action));
    }
}

/// Tells the audit what became of a password.
pub(in crate::ops) fn tell(trail: &Trail<'_>, account: &Account, action: CredentialAction) {
    trail.tell(What::Credential { account: account.to_string(), action });
}

/// Roles that are dropped.
pub(in crate::ops) fn gone(plan: &ResourcePlan) -> impl Iterator<Item = &RoleName> {
    let dropped = plan.changes.roles.iter().filter(|change| change.action == Action::Delete);
    dropped.map(|change| &change.name)
}

/// Roles that are renamed, with their old names.
pub(in crate::ops) fn renamed(plan: &ResourcePlan) -> impl Iterator<Item = (&RoleName, &RoleChange)> {
    plan.changes.roles.iter().filter_map(|change| Some((change.renamed_from.as_ref()?, change)))
}

/// A role's account.
pub(in crate::ops) fn account(resource: &ResourceName, role: &RoleName) -> Account {
    Account::Role { resource: resource.clone(), role: role.clone() }
}

/// What is recorded about a server when a plan is done: what was recorded outside the plan's
/// scope, and the outcome inside it.
pub(in crate::ops) fn record(
    before: &Recorded,
    (name, plan): (&ResourceName, &ResourcePlan),
    now: &Catalog,
) -> RecordedResource {
    let forgotten: Vec<&RoleName> = plan
        .changes
        .roles
        .iter()
        .filter(|change| change.action == Action::Forget)
        .map(|change| &change.name)
        .collect();
    let renamed: Vec<&RoleName> = renamed(plan).map(|(old, _)| old).collect();
    let in_run =
        |role: &RoleName| plan.scope.has_role(role) || forgotten.contains(&role) || renamed.contains(&role);
    let nothing = Catalog::default();
    let old = before.resources.get(name);
    let now = &*remembered(now, &plan.scope);
    let catalog = old.map_or(&nothing, |old| &old.catalog).replaced(now, |grantee| match grantee {
        // A run that leaves the `public` blocks out does not look at PUBLIC.
        Grantee::Public => !plan.scope.public.is_empty(),
        Grantee::Role(role) => in_run(role),
    });
    let mut roles = old.map_or_else(BTreeMap::new, |old| old.roles.clone());
    roles.retain(|role, _| !in_run(role));
    roles.extend(plan.roles.iter().map(|(name, role)| (name.clone(), role.clone())));
    let (schemas, owners) = schemas(old, plan, now);
    let catalog = Catalog { owners, ..catalog };
    RecordedResource { identity: plan.identity.clone(), roles, schemas, catalog }
}

/// Of what PUBLIC holds only what a block selects: what was given back or left is not ours.
fn remembered<'a>(now: &'a Catalog, scope: &Scope) -> Cow<'a, Catalog> {
    let mut now = Cow::Borrowed(now);
    if !scope.public.is_empty() {
        let remembers = |place: &Place, object: &Object| {
            scope.public.get(place).is_some_and(|reach| reach.remembers(object))
        };
        now.to_mut().keep_public(remembers, |_, _, _| {});
    }
    now
}

/// The blocks of schemas and their owners: as recorded outside the plan's scope, as seen inside it.
fn schemas(
    old: Option<&RecordedResource>,
    plan: &ResourcePlan,
    now: &Catalog,
) -> (BTreeMap<SchemaPath, BlockAddress>, BTreeMap<SchemaPath, Owner>) {
    let forgotten = plan.changes.owners.iter().filter(|change| change.action == Action::Forget);
    let forgotten: Vec<&SchemaPath> = forgotten.map(|change| &change.path).collect();
    let mut schemas = old.map_or_else(BTreeMap::new, |old| old.schemas.clone());
    let mut owners = old.map_or_else(BTreeMap::new, |old| old.catalog.owners.clone());
    schemas.extend(plan.schemas.clone());
    owners.retain(|path, _| !plan.scope.schemas.contains(path));
    owners.extend(now.owners.clone());
    // One that is gone is nobody's.
    schemas.retain(|path, _| owners.contains_key(path));
    schemas.retain(|path, _| !forgotten.contains(&path));
    owners.retain(|path, _| schemas.contains_key(path));
    (schemas, owners)
}
