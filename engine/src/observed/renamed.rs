//! What a server told, by the names that roles have after the renames of a plan.
//!
//! Renames come before everything else in a plan, so whatever is decided, refused or written
//! speaks of roles as they are called by then; only here the names of before become those of
//! after. Not here: which roles are renamed (`resolve::renames`). Invariant: no name of before is
//! left but in `former`, from which messages tell what a role is called as yet.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::acl::{Grantee, Grantor};
use crate::catalog::Membership;
use crate::name::{RoleName, printable};
use crate::object::{DefaultPrivileges, Object};
use crate::observed::{Admin, Dependent, GrantOptions, Lapse, Lapses, LeftAlone, Observed, Obstacle};

impl Observed {
    /// The same with roles under their new names.
    pub fn renamed(&self, names: &BTreeMap<RoleName, RoleName>) -> Cow<'_, Observed> {
        if names.is_empty() {
            return Cow::Borrowed(self);
        }
        let names = New(names);
        // Field by field, so that a new one cannot be forgotten.
        Cow::Owned(Observed {
            identity: self.identity.clone(),
            catalog: self.catalog.renamed(names.0),
            admin: names.admin(&self.admin),
            roles: names.keys(&self.roles),
            md5: names.set(&self.md5),
            databases: self.databases.clone(),
            serial: self.serial.clone(),
            owned: names.keys(&self.owned),
            closed: each(&self.closed, |roles| names.set(roles)),
            dependent_objects: names.keys(&self.dependent_objects),
            members: self.members.iter().map(|(role, of)| (names.role(role), names.set(of))).collect(),
            granted: self.granted.iter().map(|membership| names.membership(membership)).collect(),
            sessions: names.keys(&self.sessions),
            dependents: self.dependents.iter().map(|dependent| names.dependent(dependent)).collect(),
            obstacles: self.obstacles.iter().map(|obstacle| names.obstacle(obstacle)).collect(),
            lapses: each(&self.lapses, |lapses| names.lapses(lapses)),
            grant_options: each(&self.grant_options, |options| names.options(options)),
            of_database_owner: self.of_database_owner.clone(),
            may_create_in: self.may_create_in.clone(),
            barred: self.barred.clone(),
            room: self.room,
            unseen: self.unseen.clone(),
            parameters: self.parameters.clone(),
            everybody: each(&self.everybody, |held| names.objects(held)),
            made_for_public: each(&self.made_for_public, |made| names.objects(made)),
            left_alone: LeftAlone { owned: names.keys(&self.left_alone.owned), ..self.left_alone },
            coming: each(&self.coming, |options| names.options(options)),
            former: names.0.iter().map(|(old, new)| (new.clone(), old.clone())).collect(),
        })
    }

    /// A role in quotes, fit to print, with the name that it has until the plan is applied.
    pub fn shown(&self, role: &RoleName) -> String {
        let quoted = |role: &RoleName| format!("\"{}\"", printable(role.as_str()));
        match self.former.get(role) {
            Some(old) => format!("{} ({} as yet)", quoted(role), quoted(old)),
            None => quoted(role),
        }
    }
}

/// The same of each place.
fn each<K: Ord + Clone, T>(by_place: &BTreeMap<K, T>, new: impl Fn(&T) -> T) -> BTreeMap<K, T> {
    by_place.iter().map(|(place, one)| (place.clone(), new(one))).collect()
}

/// New names by old.
struct New<'a>(&'a BTreeMap<RoleName, RoleName>);

impl New<'_> {
    fn role(&self, role: &RoleName) -> RoleName {
        self.0.get(role).unwrap_or(role).clone()
    }

    fn set(&self, roles: &BTreeSet<RoleName>) -> BTreeSet<RoleName> {
        roles.iter().map(|role| self.role(role)).collect()
    }

    fn keys<T: Clone>(&self, by_role: &BTreeMap<RoleName, T>) -> BTreeMap<RoleName, T> {
        by_role.iter().map(|(role, what)| (self.role(role), what.clone())).collect()
    }

    fn grantor(&self, grantor: &Grantor) -> Grantor {
        match grantor {
            Grantor::Owner => Grantor::Owner,
            Grantor::Role(role) => Grantor::Role(self.role(role)),
        }
    }

    fn grantee(&self, grantee: &Grantee) -> Grantee {
        match grantee {
            Grantee::Public => Grantee::Public,
            Grantee::Role(role) => Grantee::Role(self.role(role)),
        }
    }

    fn object(&self, object: &Object) -> Object {
        match object {
            Object::Default(default) => {
                Object::Default(DefaultPrivileges { creator: self.role(&default.creator), ..default.clone() })
            }
            other => other.clone(),
        }
    }

    fn objects<T: Clone>(&self, by_object: &BTreeMap<Object, T>) -> BTreeMap<Object, T> {
        by_object.iter().map(|(object, what)| (self.object(object), what.clone())).collect()
    }

    fn membership(&self, membership: &Membership) -> Membership {
        Membership {
            member: self.role(&membership.member),
            role: self.role(&membership.role),
            grantor: self.grantor(&membership.grantor),
        }
    }

    fn admin(&self, admin: &Admin) -> Admin {
        Admin {
            name: self.role(&admin.name),
            has_privileges_of: self.set(&admin.has_privileges_of),
            acts_as: admin.acts_as.iter().map(|role| self.role(role)).collect(),
            may_become: self.set(&admin.may_become),
            may_grant: self.set(&admin.may_grant),
            membership_grantor: self.role(&admin.membership_grantor),
            ..*admin
        }
    }

    fn dependent(&self, dependent: &Dependent) -> Dependent {
        Dependent {
            object: self.object(&dependent.object),
            grantor: self.role(&dependent.grantor),
            grantee: dependent.grantee.as_ref().map(|role| self.role(role)),
            ..dependent.clone()
        }
    }

    fn obstacle(&self, obstacle: &Obstacle) -> Obstacle {
        Obstacle { grantor: self.role(&obstacle.grantor), ..obstacle.clone() }
    }

    fn lapses(&self, lapses: &Lapses) -> Lapses {
        let lapse = |lapse: &Lapse| Lapse {
            granted: lapse.granted.iter().map(|(to, what)| (self.grantee(to), *what)).collect(),
            ..*lapse
        };
        let of_object = |by: &BTreeMap<RoleName, Lapse>| {
            Arc::new(by.iter().map(|(role, one)| (self.role(role), lapse(one))).collect())
        };
        lapses.iter().map(|(object, by)| (self.object(object), of_object(by))).collect()
    }

    fn options(&self, options: &GrantOptions) -> GrantOptions {
        options.iter().map(|(object, by)| (self.object(object), Arc::new(self.keys(by)))).collect()
    }
}
