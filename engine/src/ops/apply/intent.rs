//! The intent of an apply: what the store holds while servers change, and how it ends.
//!
//! Passwords are made here, stored encrypted and *pending* before any transaction that sets
//! their verifiers can commit, and become *current* after. Not here: encryption
//! (`credentials`), what is left after a crash (`ops::recover`). Invariant: between `write`
//! and `conclude` or `withdraw` the journal holds the whole plan.

use std::collections::BTreeMap;

use crate::acl::Grantee;
use crate::audit::event::{CredentialAction, What};
use crate::catalog::{Catalog, Password};
use crate::change::Action;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::name::{ResourceName, RoleName};
use crate::ops::apply::prove::Case;
use crate::ops::apply::recorded;
use crate::ops::apply::trail::Trail;
use crate::plan::ResourcePlan;
use crate::plan::saved::PlanId;
use crate::plan::verify::VerifiedPlan;
use crate::provider::Dialect;
use crate::secret::Secret;
use crate::state::contents::{Changes, JournalWrite, StateWrite};
use crate::state::store::Store;
use crate::state::{Recorded, RecordedResource, recorded as codec};

/// Makes passwords and seals them for the people who may read them. The rim has the
/// randomness, the clock and the recipients.
pub trait Keyring {
    /// A new password.
    fn generate(&self) -> Secret;

    /// A password's entries for the store.
    fn seal(&self, account: Account<'_>, password: &Secret) -> Result<Sealed, Diagnostic>;

    /// The keys of all that is stored for an account: dropped with its role.
    fn keys(&self, resource: &ResourceName, role: &RoleName) -> Vec<Vec<u8>>;
}

/// Whose password it is.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// On which server.
    pub resource: &'a ResourceName,
    /// Which role.
    pub role: &'a RoleName,
    /// SHA-256 of the verifier that the server will hold.
    pub verifier: Digest,
    /// The plan that makes it.
    pub plan: PlanId,
}

/// A password's entries in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Before the commit.
    pub pending: Changes,
    /// After it.
    pub current: Changes,
    /// When it never came to a commit.
    pub withdrawn: Changes,
}

/// A server's new verifiers and their digests.
#[derive(Default)]
struct Verifiers {
    secrets: BTreeMap<RoleName, Secret>,
    digests: BTreeMap<RoleName, [u8; 32]>,
}

/// What is about to happen.
pub(super) struct Intent {
    verifiers: BTreeMap<ResourceName, Verifiers>,
    none: Verifiers,
    sealed: Vec<(String, Sealed)>,
    dropped: Changes,
}

impl Intent {
    /// Makes the passwords that a plan asks for.
    pub(super) fn of(
        verified: VerifiedPlan<'_>,
        keyring: &dyn Keyring,
        dialect: &dyn Dialect,
    ) -> Result<Intent, Diagnostic> {
        let mut intent = Intent {
            verifiers: BTreeMap::new(),
            none: Verifiers::default(),
            sealed: Vec::new(),
            dropped: Changes::default(),
        };
        for (resource, plan) in &verified.plan().resources {
            for (role, after) in &plan.after.roles {
                if after.password == Password::Fresh {
                    intent.make((resource, role), verified.id(), (keyring, dialect))?;
                }
            }
            let gone = plan.changes.roles.iter().filter(|change| change.action == Action::Delete);
            for change in gone {
                intent.dropped.remove.extend(keyring.keys(resource, &change.name));
            }
        }
        Ok(intent)
    }

    fn make(
        &mut self,
        (resource, role): (&ResourceName, &RoleName),
        plan: PlanId,
        (keyring, dialect): (&dyn Keyring, &dyn Dialect),
    ) -> Result<(), Diagnostic> {
        let password = keyring.generate();
        let verifier = dialect.verifier(&password);
        let digest = Digest::of(&[verifier.reveal().as_bytes()]);
        let account = Account { resource, role, verifier: digest, plan };
        self.sealed.push((format!("{resource}/{role}"), keyring.seal(account, &password)?));
        let of_server = self.verifiers.entry(resource.clone()).or_default();
        of_server.secrets.insert(role.clone(), verifier);
        of_server.digests.insert(role.clone(), digest.0);
        Ok(())
    }

    /// What proving a transaction of one server needs.
    pub(super) fn case<'a>(
        &'a self,
        resource: &'a ResourceName,
        plan: &'a ResourcePlan,
        trail: &'a Trail<'a>,
    ) -> Case<'a> {
        let verifiers = self.verifiers.get(resource).unwrap_or(&self.none);
        Case {
            resource: resource.as_str(),
            plan,
            verifiers: &verifiers.secrets,
            digests: &verifiers.digests,
            trail,
        }
    }

    /// Digests of the verifiers made for one server.
    pub(super) fn digests(&self, resource: &ResourceName) -> &BTreeMap<RoleName, [u8; 32]> {
        &self.verifiers.get(resource).unwrap_or(&self.none).digests
    }

    /// Accounts that get a new password: `resource/role`.
    pub(super) fn accounts(&self) -> Vec<String> {
        self.sealed.iter().map(|(account, _)| account.clone()).collect()
    }

    /// Before the first statement: the journal has the plan, passwords are safe.
    pub(super) fn write(&self, store: &mut Store, plan: &[u8], trail: &Trail<'_>) -> Result<(), Diagnostic> {
        self.tell(trail, CredentialAction::Stored);
        trail.flush(store)?;
        let write = StateWrite {
            credentials: self.gathered(|sealed| &sealed.pending),
            journal: JournalWrite::Put(plan.to_vec()),
            ..StateWrite::default()
        };
        store.commit(&write).map_err(|error| error.diagnostic())
    }

    /// Nothing was committed on any server.
    pub(super) fn withdraw(&self, store: &mut Store, trail: &Trail<'_>) -> Result<(), Diagnostic> {
        self.tell(trail, CredentialAction::Dropped);
        trail.flush(store)?;
        let write = StateWrite {
            credentials: self.gathered(|sealed| &sealed.withdrawn),
            journal: JournalWrite::Clear,
            ..StateWrite::default()
        };
        store.commit(&write).map_err(|error| error.diagnostic())
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
        self.tell(trail, CredentialAction::Confirmed);
        trail.flush(store)?;
        let before = codec::read(store.contents()).map_err(|error| error.diagnostic())?;
        let nothing = Catalog::default();
        let resources = verified.plan().resources.iter().map(|(name, plan)| {
            let now = recorded(self.digests(name), plan, seen.get(name).unwrap_or(&nothing));
            (name.clone(), record(&before, (name, plan), &now))
        });
        let serial = store.contents().serial + 1;
        let mut credentials = self.gathered(|sealed| &sealed.current);
        credentials.remove.extend(self.dropped.remove.iter().cloned());
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
        for (account, _) in &self.sealed {
            trail.tell(What::Credential { account: account.clone(), action });
        }
    }

    fn gathered(&self, part: impl Fn(&Sealed) -> &Changes) -> Changes {
        let mut all = Changes::default();
        for (_, sealed) in &self.sealed {
            let part = part(sealed);
            all.put.extend(part.put.clone());
            all.remove.extend(part.remove.iter().cloned());
        }
        all
    }
}

/// What is recorded about a server when a plan is done: what was recorded outside the plan's
/// scope, and the outcome inside it.
pub(super) fn record(
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
    let renamed: Vec<&RoleName> =
        plan.changes.roles.iter().filter_map(|change| change.renamed_from.as_ref()).collect();
    let in_run =
        |role: &RoleName| plan.scope.has_role(role) || forgotten.contains(&role) || renamed.contains(&role);
    let nothing = Catalog::default();
    let old = before.resources.get(name);
    let catalog = old.map_or(&nothing, |old| &old.catalog).replaced(now, |grantee| match grantee {
        Grantee::Public => true,
        Grantee::Role(role) => in_run(role),
    });
    let mut roles = old.map_or_else(BTreeMap::new, |old| old.roles.clone());
    roles.retain(|role, _| !in_run(role));
    roles.extend(plan.roles.iter().map(|(name, role)| (name.clone(), role.clone())));
    RecordedResource { identity: plan.identity.clone(), roles, catalog }
}
