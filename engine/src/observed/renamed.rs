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
        let mut observed = Observed {
            catalog: self.catalog.renamed(names.0),
            admin: names.admin(&self.admin),
            roles: names.keys(&self.roles),
            md5: names.set(&self.md5),
            owned: names.keys(&self.owned),
            dependent_objects: names.keys(&self.dependent_objects),
            sessions: names.keys(&self.sessions),
            granted: self.granted.iter().map(|membership| names.membership(membership)).collect(),
            dependents: self.dependents.iter().map(|dependent| names.dependent(dependent)).collect(),
            obstacles: self.obstacles.iter().map(|obstacle| names.obstacle(obstacle)).collect(),
            left_alone: LeftAlone { owned: names.keys(&self.left_alone.owned), ..self.left_alone.clone() },
            former: names.0.iter().map(|(old, new)| (new.clone(), old.clone())).collect(),
            ..self.clone()
        };
        observed.closed.values_mut().for_each(|roles| *roles = names.set(roles));
        let members = self.members.iter().map(|(role, of)| (names.role(role), names.set(of)));
        observed.members = members.collect();
        observed.lapses.values_mut().for_each(|lapses| *lapses = names.lapses(lapses));
        observed.grant_options.values_mut().for_each(|options| *options = names.options(options));
        observed.everybody.values_mut().for_each(|held| *held = names.objects(held));
        observed.made_for_public.values_mut().for_each(|made| *made = names.objects(made));
        Cow::Owned(observed)
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
