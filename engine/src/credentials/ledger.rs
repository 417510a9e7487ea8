//! All credentials of a state, by account, and how they follow what servers hold.
//!
//! Decides; the store writes. Not here: encryption (`seal`). Invariant: a password that a
//! server may have is never dropped before the server has shown that it has another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::credentials::error::CredentialError;
use crate::credentials::format_v1::{Slot, encode, key};
use crate::credentials::{Account, Credential};
use crate::digest::Digest;
use crate::format;
use crate::plan::saved::PlanId;
use crate::state::contents::{Changes, Entries};

/// Every account's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger(pub BTreeMap<Account, Entry>);

/// One account's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The one that the server has, as far as is known.
    pub current: Option<Credential>,
    /// Those that it may have been given, oldest first; usually none.
    pub pending: Vec<Credential>,
}

/// What a server shows about a role's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerSays {
    /// SHA-256 of the verifier that it stores.
    Verifier(Digest),
    /// The role has no password.
    NoPassword,
    /// There is no such role.
    NoRole,
    /// The administrator may not see verifiers, and no test login was made.
    Unknown,
}

/// What that means for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of the pending ones.
    pub pending: Fate,
    /// How the current one stands, after that.
    pub current: Standing,
}

/// What becomes of pending credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There are none.
    None,
    /// The server has this one of them: it becomes current, the others are dropped.
    Confirm(usize),
    /// The server has none of them: their transactions were rolled back.
    Drop,
    /// It cannot be told: all are kept.
    Keep,
}

/// How the current credential stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none, and the server has none either, or has one that was never ours.
    None,
    /// The server has it.
    Valid,
    /// The server has another password, or none: it was changed outside.
    ChangedOutside,
    /// The role is gone.
    Gone,
    /// It cannot be told.
    Unknown,
}

impl Ledger {
    /// Reads the store's entries.
    pub fn read(entries: &Entries) -> Result<Ledger, CredentialError> {
        let mut ledger = Ledger::default();
        for (key, value) in entries {
            let (slot, credential) = format::credential(key, value)?;
            let entry = ledger.0.entry(credential.account.clone()).or_default();
            match slot {
                Slot::Current => entry.current = Some(credential),
                // Keys sort by the time when they were made.
                Slot::Pending => entry.pending.push(credential),
            }
        }
        Ok(ledger)
    }

    /// Lets passwords follow roles that have other names now, each as (before, after), and
    /// returns the changes of the store. A password is as good under one name as under the
    /// other. What the apply of `plan` makes is under the new names from the start.
    pub fn rename(&mut self, renames: &[(Account, Account)], plan: PlanId) -> Changes {
        let mut changes = Changes::default();
        let mut held = BTreeMap::new();
        let accounts = renames.iter().flat_map(|(before, after)| [before, after]);
        for account in accounts.collect::<BTreeSet<_>>() {
            let Some(entry) = self.0.remove(account) else { continue };
            let (made, older): (Vec<_>, Vec<_>) =
                entry.pending.into_iter().partition(|credential| credential.plan == Some(plan));
            if !made.is_empty() {
                self.0.insert(account.clone(), Entry { current: None, pending: made });
            }
            let older = Entry { current: entry.current, pending: older };
            changes.remove.extend(older.forget().remove);
            held.insert(account, older);
        }
        for (before, after) in renames {
            let Some(entry) = held.get(before) else { continue };
            let moved = entry.clone().belonging_to(after);
            changes.put.extend(moved.entries());
            let new = self.0.entry(after.clone()).or_default();
            new.current = moved.current;
            new.pending.splice(0..0, moved.pending);
        }
        changes
    }

    /// The changes that bring an account in line with what its server shows.
    pub fn reconcile(&self, account: &Account, server: ServerSays) -> Changes {
        let Some(entry) = self.0.get(account) else { return Changes::default() };
        if server == ServerSays::NoRole {
            return entry.forget();
        }
        entry.settle(entry.reconcile(server).pending)
    }
}

/// Stores a credential that a transaction is about to give to its server. Commit this
/// before that transaction commits.
pub fn store_pending(credential: &Credential) -> Changes {
    put(credential, Slot::Pending)
}

/// Takes a credential back that no server was given.
pub fn withdraw(credential: &Credential) -> Changes {
    Changes { remove: [key(credential, Slot::Pending)].into(), ..Changes::default() }
}

/// Stores a credential that is valid already, such as an administrator's.
pub fn store_current(credential: &Credential) -> Changes {
    put(credential, Slot::Current)
}

fn put(credential: &Credential, slot: Slot) -> Changes {
    let put = Entries::from([(key(credential, slot), encode(credential))]);
    Changes { put, ..Changes::default() }
}

impl Entry {
    /// Decides what the server's word means. One table, from the server's side.
    ///
    /// Ask the server only when no transaction of an earlier run can still be committing
    /// there, which holding its advisory lock and having no other session of that run shows.
    pub fn reconcile(&self, server: ServerSays) -> Verdict {
        let is = |digest: Digest| move |credential: &Credential| credential.verifier == Some(digest);
        let has_pending = !self.pending.is_empty();
        let dropped = if has_pending { Fate::Drop } else { Fate::None };
        let or_none = |standing| if self.current.is_some() { standing } else { Standing::None };
        match server {
            ServerSays::Unknown => {
                let pending = if has_pending { Fate::Keep } else { Fate::None };
                Verdict { pending, current: or_none(Standing::Unknown) }
            }
            ServerSays::NoRole => Verdict { pending: dropped, current: or_none(Standing::Gone) },
            ServerSays::NoPassword => {
                Verdict { pending: dropped, current: or_none(Standing::ChangedOutside) }
            }
            ServerSays::Verifier(digest) => match self.pending.iter().rposition(is(digest)) {
                Some(index) => Verdict { pending: Fate::Confirm(index), current: Standing::Valid },
                None if self.current.as_ref().is_some_and(is(digest)) => {
                    Verdict { pending: dropped, current: Standing::Valid }
                }
                None => Verdict { pending: dropped, current: or_none(Standing::ChangedOutside) },
            },
        }
    }

    /// The changes of the store that carry a fate out.
    pub fn settle(&self, fate: Fate) -> Changes {
        let drop_pending = || self.pending.iter().map(|credential| key(credential, Slot::Pending)).collect();
        match fate {
            Fate::None | Fate::Keep => Changes::default(),
            Fate::Drop => Changes { remove: drop_pending(), ..Changes::default() },
            Fate::Confirm(index) => {
                let confirmed = self.pending.get(index).map(store_current).unwrap_or_default();
                Changes { remove: drop_pending(), ..confirmed }
            }
        }
    }

    /// Takes all of them away: the role was dropped or forgotten.
    pub fn forget(&self) -> Changes {
        Changes { remove: self.entries().into_keys().collect(), ..Changes::default() }
    }

    /// What the store holds of it.
    fn entries(&self) -> Entries {
        let current = self.current.iter().map(|credential| (credential, Slot::Current));
        let pending = self.pending.iter().map(|credential| (credential, Slot::Pending));
        let all = current.chain(pending);
        all.map(|(credential, slot)| (key(credential, slot), encode(credential))).collect()
    }

    /// The same passwords, of an account that has another name now.
    fn belonging_to(mut self, account: &Account) -> Entry {
        for credential in self.current.iter_mut().chain(&mut self.pending) {
            credential.account = account.clone();
        }
        self
    }

    /// The same credentials made again by `change` (encrypted anew, moved to another host),
    /// as changes of the store.
    pub fn replace(
        &self,
        mut change: impl FnMut(&Credential) -> Result<Credential, CredentialError>,
    ) -> Result<Changes, CredentialError> {
        let current = self.current.iter().map(|credential| (credential, Slot::Current));
        let pending = self.pending.iter().map(|credential| (credential, Slot::Pending));
        let mut changes = Changes::default();
        for (credential, slot) in current.chain(pending) {
            let changed = change(credential)?;
            changes.put.insert(key(&changed, slot), encode(&changed));
        }
        Ok(changes)
    }
}
