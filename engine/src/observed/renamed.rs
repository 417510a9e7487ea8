//! What a server will tell once some roles have other names.
//!
//! Everything but the renames themselves is written for the names of after, and two roles may change theirs:
//! what is asked of an observation then needs those names too. Not here: which roles are renamed
//! (`resolve::renames`). Invariant: nothing but names of roles differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::acl::{Grantee, Grantor};
use crate::catalog::Membership;
use crate::name::RoleName;
use crate::object::{DefaultPrivileges, Object};
use crate::observed::{Admin, Dependent, GrantOptions, Lapse, Lapses, LeftAlone, Observed, Obstacle};

impl Observed {
    /// The same observation with roles under their new names, by old name.
    #[must_use]
    pub fn renamed(&self, names: &BTreeMap<RoleName, RoleName>) -> Observed {
        let new = New(names);
        let dependent = |one: &Dependent| Dependent {
            object: new.object(&one.object),
            grantor: new.role(&one.grantor),
            grantee: one.grantee.as_ref().map(|grantee| new.role(grantee)),
            ..one.clone()
        };
        let obstacle = |one: &Obstacle| Obstacle { grantor: new.role(&one.grantor), ..one.clone() };
        let options = self.grant_options.iter();
        let lapses = self.lapses.iter();
        Observed {
            catalog: self.catalog.renamed(names),
            admin: new.admin(&self.admin),
            roles: new.keys(&self.roles),
            md5: new.set(&self.md5),
            owned: new.keys(&self.owned),
            closed: self.closed.iter().map(|(name, roles)| (name.clone(), new.set(roles))).collect(),
            dependent_objects: new.keys(&self.dependent_objects),
            members: self.members.iter().map(|(role, members)| (new.role(role), new.set(members))).collect(),
            granted: self.granted.iter().map(|membership| new.membership(membership)).collect(),
            sessions: new.keys(&self.sessions),
            dependents: self.dependents.iter().map(dependent).collect(),
            obstacles: self.obstacles.iter().map(obstacle).collect(),
            lapses: lapses.map(|(place, here)| (place.clone(), new.lapses(here))).collect(),
            grant_options: options.map(|(place, here)| (place.clone(), new.options(here))).collect(),
            left_alone: LeftAlone { owned: new.keys(&self.left_alone.owned), ..self.left_alone.clone() },
            ..self.clone()
        }
    }
}

/// New names, by old name.
struct New<'a>(&'a BTreeMap<RoleName, RoleName>);

impl New<'_> {
    fn role(&self, old: &RoleName) -> RoleName {
        self.0.get(old).unwrap_or(old).clone()
    }

    fn set(&self, roles: &BTreeSet<RoleName>) -> BTreeSet<RoleName> {
        roles.iter().map(|role| self.role(role)).collect()
    }

    fn keys<T: Clone>(&self, of_roles: &BTreeMap<RoleName, T>) -> BTreeMap<RoleName, T> {
        of_roles.iter().map(|(role, value)| (self.role(role), value.clone())).collect()
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

    fn membership(&self, membership: &Membership) -> Membership {
        Membership {
            member: self.role(&membership.member),
            role: self.role(&membership.role),
            grantor: self.grantor(&membership.grantor),
        }
    }

    /// A row of default privileges is its creator's.
    fn object(&self, object: &Object) -> Object {
        match object {
            Object::Default(default) => {
                Object::Default(DefaultPrivileges { creator: self.role(&default.creator), ..default.clone() })
            }
            other => other.clone(),
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
            ..admin.clone()
        }
    }

    fn options(&self, options: &GrantOptions) -> GrantOptions {
        let of_roles =
            |(object, roles): (&Object, &Arc<_>)| (self.object(object), Arc::new(self.keys(roles)));
        options.iter().map(of_roles).collect()
    }

    fn lapses(&self, lapses: &Lapses) -> Lapses {
        let lapse = |(grantor, lapse): (&RoleName, &Lapse)| {
            let granted =
                lapse.granted.iter().map(|(grantee, what)| (self.grantee(grantee), *what)).collect();
            (self.role(grantor), Lapse { granted, ..lapse.clone() })
        };
        let of_grantors = |(object, all): (&Object, &Arc<BTreeMap<RoleName, Lapse>>)| {
            (self.object(object), Arc::new(all.iter().map(lapse).collect()))
        };
        lapses.iter().map(of_grantors).collect()
    }
}
