//! ACLs: what rules give, on every object that they fall on.
//!
//! An ACL is made once for all objects that have the same rules, owner, grantors, and whatever stands
//! there. Not here: which rules there are (`resolve::grants`). Invariant: the objects are those of the
//! observed picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::{AclId, Grants, Held};
use crate::change::Place;
use crate::name::RoleName;
use crate::object::Object;
use crate::resolve::grants::{Gift, Rules};
use crate::resolve::standing::Standing;
use crate::resolve::usual::Usual;
use crate::resolve::{Desired, Question};

/// One place as it is, with the owners that its objects have when something is granted on them.
pub(super) struct Here<'a> {
    pub(super) place: &'a Place,
    pub(super) objects: &'a Grants,
    pub(super) recorded: Option<&'a Grants>,
    /// On these the role that stands for the owner holds only what it is granted.
    pub(super) nobodys: BTreeSet<Object>,
}

/// The desired ACL of every object that a rule falls on.
pub(super) fn acls(question: &Question<'_>, desired: &Desired, here: &Here<'_>, rules: &Rules) -> Grants {
    let nobody = Acl::default();
    let mut grants = Grants::default();
    let mut made: BTreeMap<Alike<'_>, AclId> = BTreeMap::new();
    let wanted = rules.falls_on.iter().filter_map(|(object, bundles)| {
        let held = here.objects.objects().get(object);
        let (oid, owner) = match (held, object) {
            (Some(held), _) => (held.oid, held.owner.clone()),
            (None, Object::Default(default)) => (0, default.creator.clone()),
            // Only what was observed is ever matched.
            (None, _) => return None,
        };
        let usual = Usual::of(question, desired, (here.place, object), &owner);
        let standing = (!usual.is_owner()).then(|| Standing {
            observed: here.objects.acl_of(object).unwrap_or(&nobody),
            recorded: here.recorded.and_then(|grants| grants.acl_of(object)).unwrap_or(&nobody),
        });
        let implied = !here.nobodys.contains(object);
        let alike = Alike { bundles: bundles.as_slice(), owner: owner.clone(), implied, usual, standing };
        let acl = match made.get(&alike) {
            Some(acl) => *acl,
            None => {
                let acl = grants.number(alike.acl(rules));
                *made.entry(alike).or_insert(acl)
            }
        };
        Some((object.clone(), Held { oid, owner, acl }))
    });
    let wanted = wanted.collect();
    grants.fill(wanted);
    grants
}

/// What objects with the same desired ACL have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Alike<'a> {
    /// The rules that fall on them.
    bundles: &'a [u32],
    owner: RoleName,
    /// Whether the owner's entries are implied.
    implied: bool,
    usual: Usual,
    standing: Option<Standing<'a>>,
}

impl Alike<'_> {
    fn acl(&self, rules: &Rules) -> Acl {
        let gifts = self.bundles.iter().flat_map(|number| &rules.bundles[*number as usize]);
        let to_owner = |gift: &&Gift| gift.grantee == Grantee::Role(self.owner.clone());
        let gifts = gifts.filter(|gift| !self.implied || !to_owner(gift));
        let (usually, otherwise): (Vec<&Gift>, Vec<&Gift>) =
            gifts.partition(|gift| gift.granted_by.is_none());
        let usually = usually.into_iter().flat_map(|gift| {
            let entry = |holding| Entry { grantee: gift.grantee.clone(), holding };
            self.usual.holdings(gift.privileges, gift.grantable).into_iter().map(entry)
        });
        let usually = Acl::new(usually.collect());
        let mut entries = match self.standing {
            None => usually.entries().to_vec(),
            Some(standing) => standing.keep(&usually),
        };
        entries.extend(otherwise.into_iter().filter_map(|gift| {
            let grantor = match gift.granted_by.clone()? {
                grantor if grantor == self.owner => Grantor::Owner,
                grantor => Grantor::Role(grantor),
            };
            let holding = Holding { grantor, privileges: gift.privileges, grantable: gift.grantable };
            Some(Entry { grantee: gift.grantee.clone(), holding })
        }));
        Acl::new(entries)
    }
}
