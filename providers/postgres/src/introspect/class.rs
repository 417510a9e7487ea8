//! One distinct ACL, judged once: what of it is in scope, and how much is not.
//!
//! Not here: the objects that have it (`collect`). Invariant: entries of the owner are left
//! out, a grantor who is the owner becomes `Grantor::Owner`, and what is out of scope leaves
//! only counts and the grants that depend on a role in scope.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use engine::acl::{Acl, Entry, Grantee, Grantor, Holding};
use engine::name::RoleName;
use engine::object::ObjectKind;
use engine::observed::{Lapse, Scope};
use engine::privilege::PrivilegeSet;

use super::collect::ClassRow;
use super::{ReadError, name};
use crate::acl::{AclError, Item, parse};

/// An ACL as the scope sees it.
#[derive(Debug, Default)]
pub(super) struct Class {
    /// The entries of roles in scope.
    pub(super) acl: Acl,
    /// Those and PUBLIC's, when PUBLIC holds something.
    pub(super) with_public: Option<Acl>,
    /// How many entries PUBLIC has that somebody made.
    pub(super) of_public: u64,
    /// Entries of roles that are not in scope.
    pub(super) others: u64,
    /// Entries of external roles.
    pub(super) external: u64,
    /// Grants by a role in scope to one outside it (`None`: PUBLIC).
    pub(super) dependents: Vec<(RoleName, Option<RoleName>, PrivilegeSet)>,
    /// What roles other than the owner may grant on.
    pub(super) options: Arc<BTreeMap<RoleName, PrivilegeSet>>,
    /// Grants to the scope and PUBLIC by roles without an option for them in this ACL.
    pub(super) lapses: Arc<BTreeMap<RoleName, Lapse>>,
}

/// Judges ACLs against a scope. Remembers each, and each role's name.
pub(super) struct Judge<'a> {
    standing: HashMap<&'a str, (RoleName, Standing)>,
    strangers: HashMap<String, RoleName>,
    known: HashMap<(&'a str, &'a str), Rc<Class>>,
    built_in: HashMap<ObjectKind, Rc<Class>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Managed,
    External,
}

impl<'a> Judge<'a> {
    /// Knows the scope's roles; what PUBLIC is managed on is a matter of objects, not of ACLs.
    pub(super) fn new(scope: &'a Scope) -> Judge<'a> {
        let external = scope.external.iter().map(|role| (role, Standing::External));
        let managed = scope.managed.iter().map(|role| (role, Standing::Managed));
        let standing = external.chain(managed).map(|(role, how)| (role.as_str(), (role.clone(), how)));
        Judge {
            standing: standing.collect(),
            strangers: HashMap::new(),
            known: HashMap::new(),
            built_in: HashMap::new(),
        }
    }

    /// Judges the ACL of a row; no ACL means the built-in default.
    pub(super) fn class(&mut self, row: &ClassRow<'a>) -> Result<Rc<Class>, AclError> {
        let Some(text) = row.acl else {
            let class = self.built_in.entry(row.kind).or_insert_with(|| Rc::new(built_in(row.kind)));
            return Ok(Rc::clone(class));
        };
        let key = (row.owner, text);
        if let Some(class) = self.known.get(&key) {
            return Ok(Rc::clone(class));
        }
        let class = Rc::new(self.read(key)?);
        self.known.insert(key, Rc::clone(&class));
        Ok(class)
    }

    /// Which role in scope has this name.
    pub(super) fn in_scope(&self, text: &str) -> Option<&RoleName> {
        self.standing.get(text).map(|(role, _)| role)
    }

    /// A role by its name as the catalog prints it: one shared text per role.
    pub(super) fn role(&mut self, text: &str) -> Result<RoleName, ReadError> {
        if let Some((role, _)) = self.standing.get(text) {
            return Ok(role.clone());
        }
        if let Some(role) = self.strangers.get(text) {
            return Ok(role.clone());
        }
        let role = name(text, RoleName::new)?;
        self.strangers.insert(text.to_owned(), role.clone());
        Ok(role)
    }

    fn read(&mut self, (owner, text): (&str, &str)) -> Result<Class, AclError> {
        let mut class = Class::default();
        let (mut entries, mut public) = (Vec::new(), Vec::new());
        let mut options: BTreeMap<RoleName, PrivilegeSet> = BTreeMap::new();
        let items = parse(text)?;
        for item in &items {
            let to_owner = item.grantee.as_deref().is_some_and(|grantee| is_owner(owner, grantee));
            if item.privileges.is_empty() {
                continue;
            }
            if to_owner {
                // Implied anyway, but while it is there nobody can take away what it stands on.
                self.depend(&mut class, owner, item);
                continue;
            }
            if let Some(grantee) = item.grantee.as_deref().filter(|_| !item.grantable.is_empty())
                && let Ok(holder) = self.role(grantee)
            {
                let held = options.entry(holder).or_default();
                *held = held.union(item.grantable);
            }
            let grantee = match item.grantee.as_deref() {
                None => {
                    class.of_public += 1;
                    self.depend(&mut class, owner, item);
                    let grantor = self.grantor(owner, item)?;
                    let (privileges, grantable) = (item.privileges, item.grantable);
                    let holding = Holding { grantor, privileges, grantable };
                    public.push(Entry { grantee: Grantee::Public, holding });
                    continue;
                }
                Some(name) => match self.standing.get(name) {
                    Some((role, Standing::Managed)) => Some(Grantee::Role(role.clone())),
                    Some((_, Standing::External)) => {
                        class.external += 1;
                        self.depend(&mut class, owner, item);
                        continue;
                    }
                    None => None,
                },
            };
            let Some(grantee) = grantee else {
                class.others += 1;
                self.depend(&mut class, owner, item);
                continue;
            };
            let grantor = self.grantor(owner, item)?;
            let holding = Holding { grantor, privileges: item.privileges, grantable: item.grantable };
            entries.push(Entry { grantee, holding });
        }
        if !public.is_empty() {
            public.extend(entries.iter().cloned());
            class.with_public = Some(Acl::new(public));
        }
        class.acl = Acl::new(entries);
        let entries = class.with_public.as_ref().unwrap_or(&class.acl);
        class.lapses = Arc::new(lapses(owner, &items, entries));
        class.options = Arc::new(options);
        Ok(class)
    }

    fn grantor(&mut self, owner: &str, item: &Item<'_>) -> Result<Grantor, AclError> {
        if is_owner(owner, &item.grantor) {
            return Ok(Grantor::Owner);
        }
        let role = self.role(&item.grantor).map_err(|_| AclError::Malformed(item.grantor.to_string()))?;
        Ok(Grantor::Role(role))
    }

    /// Notes an entry that stands on a grant option of a role in scope.
    fn depend(&self, class: &mut Class, owner: &str, item: &Item<'_>) {
        if is_owner(owner, &item.grantor) {
            return;
        }
        if let Some((grantor, Standing::Managed)) = self.standing.get(&*item.grantor) {
            // A grantee that is no name at all cannot stand in the catalog.
            let grantee = item.grantee.as_deref().and_then(|text| RoleName::new(text).ok());
            class.dependents.push((grantor.clone(), grantee, item.privileges));
        }
    }
}

/// What each grantor of the entries granted, whoever has it, without a grant option in this ACL.
fn lapses(owner: &str, items: &[Item<'_>], entries: &Acl) -> BTreeMap<RoleName, Lapse> {
    let mut lapses = BTreeMap::new();
    for entry in entries.entries() {
        let Grantor::Role(grantor) = &entry.holding.grantor else { continue };
        if !lapses.contains_key(grantor)
            && let Some(lapse) = lapse(owner, items, grantor)
        {
            lapses.insert(grantor.clone(), lapse);
        }
    }
    lapses
}

fn lapse(owner: &str, items: &[Item<'_>], grantor: &RoleName) -> Option<Lapse> {
    let its_own = items.iter().filter(|item| item.grantee.as_deref() == Some(grantor.as_str()));
    let options = its_own.clone().fold(PrivilegeSet::EMPTY, |all, item| all.union(item.grantable));
    let from_owner = its_own.filter(|item| is_owner(owner, &item.grantor));
    let held = from_owner.fold(PrivilegeSet::EMPTY, |all, item| all.union(item.privileges));
    let mut lapse = Lapse::default();
    for item in items.iter().filter(|item| *item.grantor == *grantor.as_str()) {
        let without = item.privileges.minus(options);
        let grantee = match item.grantee.as_deref() {
            None => Some(Grantee::Public),
            Some(text) => RoleName::new(text).ok().map(Grantee::Role),
        };
        if let Some(grantee) = grantee.filter(|_| !without.is_empty()) {
            lapse.privileges = lapse.privileges.union(without);
            lapse.granted.insert(grantee, without);
        }
    }
    lapse.held = held.intersection(lapse.privileges);
    (!lapse.privileges.is_empty()).then_some(lapse)
}

/// Whether a name in an ACL is the owner's. A role that is gone is a number in the ACL, and
/// `unknown (OID=…)` where the owner is asked for.
fn is_owner(owner: &str, name: &str) -> bool {
    let number = || owner.strip_prefix("unknown (OID=").and_then(|rest| rest.strip_suffix(')'));
    owner == name || number() == Some(name)
}

/// What stands behind no ACL at all.
fn built_in(kind: ObjectKind) -> Class {
    let privileges = kind.public_default();
    if privileges.is_empty() {
        return Class::default();
    }
    let holding = Holding { grantor: Grantor::Owner, privileges, grantable: PrivilegeSet::EMPTY };
    let acl = Acl::new(vec![Entry { grantee: Grantee::Public, holding }]);
    Class { with_public: Some(acl), ..Class::default() }
}
