//! As whom statements about grants run, so that the server records the grantor that is planned.
//!
//! PostgreSQL chooses the grantor of a GRANT or REVOKE itself (`select_best_grantor` in acl.c): the
//! owner where the session is that role or a superuser; else, of the session's role and all whose
//! privileges it has, the first that has every grant option which the statement needs, the owner
//! counting as one that has all. They come in the order of `Admin::acts_as`. Not here: whether the role
//! acted for can do its part (`preflight`). Invariant: a statement runs as the administrator only where
//! the server chooses nobody else.

use std::collections::BTreeMap;

use engine::acl::Grantor;
use engine::catalog::Grants;
use engine::change::Place;
use engine::name::RoleName;
use engine::object::{Object, ObjectKind};
use engine::observed::Observed;
use engine::privilege::PrivilegeSet;

/// As whom a statement runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Acting {
    /// As the administrator.
    Session,
    /// As a role that it may SET ROLE to.
    As(RoleName),
    /// The administrator cannot be that grantor; the server would take this role for it, if any.
    Nobody(Option<RoleName>),
}

/// What a statement does to an object, as far as the choice of a grantor depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act<'a> {
    /// By whom.
    pub(crate) grantor: &'a Grantor,
    /// With what: the options for all of it are needed.
    pub(crate) privileges: PrivilegeSet,
    /// Whether it takes, which reaches the columns of a relation too.
    pub(crate) takes: bool,
}

/// What an administrator may do with the objects of one place.
#[derive(Debug)]
pub(crate) struct Powers<'a> {
    observed: &'a Observed,
    place: &'a Place,
    grants: Option<&'a Grants>,
    /// Columns on which somebody has an option of his own, by relation.
    columns: BTreeMap<Object, Vec<&'a Object>>,
}

impl<'a> Powers<'a> {
    /// Those of the administrator who made the observation.
    pub(crate) fn of(observed: &'a Observed, place: &'a Place) -> Powers<'a> {
        let mut columns: BTreeMap<Object, Vec<&Object>> = BTreeMap::new();
        for options in [&observed.grant_options, &observed.coming] {
            let objects = options.get(place).filter(|_| !observed.admin.superuser);
            for column in objects.into_iter().flat_map(BTreeMap::keys) {
                for relation in column.relations().into_iter().flatten() {
                    columns.entry(relation).or_default().push(column);
                }
            }
        }
        Powers { observed, place, grants: observed.catalog.place(place), columns }
    }

    /// Whose an object is, as the pictures have it: the owner of the database stands for
    /// `pg_database_owner`.
    pub(crate) fn owner<'o>(&'o self, object: &'o Object) -> Option<&'o RoleName> {
        match object {
            Object::Default(default) => Some(&default.creator),
            _ => self.grants?.objects().get(object).map(|held| &held.owner),
        }
    }

    /// As whom an act on an object runs.
    pub(crate) fn acting(&self, object: &Object, act: Act<'_>) -> Acting {
        let admin = &self.observed.admin;
        match (act.grantor, self.owner(object)) {
            (Grantor::Owner, None) => Acting::Session,
            (Grantor::Owner, Some(_)) if admin.superuser => Acting::Session,
            (Grantor::Owner, Some(owner)) => match object {
                Object::Default(_) => self.as_creator(owner),
                _ => self.as_owner(object, act, owner),
            },
            // Of its own options the server thinks first.
            (Grantor::Role(role), _) if !admin.superuser && *role == admin.name => Acting::Session,
            (Grantor::Role(role), _) if admin.superuser || admin.may_become.contains(role) => {
                Acting::As(role.clone())
            }
            (Grantor::Role(role), _) => {
                let rival = self.rival(object, act, role);
                let may = self.holders(object).get(role).copied().unwrap_or_default();
                let has = act.privileges.minus(may).is_empty();
                if has && rival.is_none() { Acting::Session } else { Acting::Nobody(rival) }
            }
        }
    }

    fn as_owner(&self, object: &Object, act: Act<'_>, owner: &RoleName) -> Acting {
        let admin = &self.observed.admin;
        let real = self.real_owner(object).unwrap_or_else(|| owner.clone());
        let rival = self.rival(object, act, &real);
        let chosen = admin.has_privileges_of.contains(owner) && rival.is_none();
        if real == admin.name || chosen {
            Acting::Session
        } else if admin.may_become.contains(owner) {
            Acting::As(real)
        } else {
            Acting::Nobody(rival)
        }
    }

    /// The creator stands as the grantor of default privileges, whoever writes them. Who is only a
    /// member of it may do so up to 15; from 16 on its privileges are needed.
    fn as_creator(&self, creator: &RoleName) -> Acting {
        let admin = &self.observed.admin;
        let (has, may_become) =
            (admin.has_privileges_of.contains(creator), admin.may_become.contains(creator));
        if has || (may_become && self.observed.identity.major() < 16) {
            Acting::Session
        } else if may_become {
            Acting::As(creator.clone())
        } else {
            Acting::Nobody(None)
        }
    }

    /// `pg_database_owner`, if it is the owner itself.
    fn real_owner(&self, object: &Object) -> Option<RoleName> {
        let Place::Database(database) = self.place else { return None };
        let its_own = self.observed.of_database_owner.get(database)?.contains(object);
        its_own.then(|| RoleName::new(RoleName::DATABASE_OWNER).ok()).flatten()
    }

    /// Whom the server would choose instead, as the administrator has the privileges of that role too: on
    /// the object, or on its columns where a relation's REVOKE reaches them.
    fn rival(&self, object: &Object, act: Act<'_>, wanted: &RoleName) -> Option<RoleName> {
        let of_columns = ObjectKind::Column.privileges(self.observed.identity.major());
        let reached = act.privileges.intersection(of_columns);
        let columns = self.columns.get(object).filter(|_| act.takes).into_iter().flatten();
        let on_columns = columns.map(|column| (*column, reached));
        let is_relation = matches!(object, Object::Table(..) | Object::Sequence(..));
        let itself = (act.takes && is_relation).then_some((object, reached));
        let all = std::iter::once((object, act.privileges)).chain(itself).chain(on_columns);
        let mut needed = all.filter(|(_, privileges)| !privileges.is_empty());
        needed.find_map(|(object, privileges)| {
            let holders = self.holders(object);
            let suffices = |may: &PrivilegeSet| privileges.minus(*may).is_empty();
            let mut in_turn = self.observed.admin.acts_as.iter();
            let first = in_turn.find(|role| holders.get(*role).is_some_and(suffices))?;
            (first != wanted).then(|| first.clone())
        })
    }

    /// What roles whose privileges the administrator has may grant on an object: before the plan, by it,
    /// or by an option that they are lent.
    fn holders<'p>(&'p self, object: &'p Object) -> BTreeMap<&'p RoleName, PrivilegeSet> {
        let observed = self.observed;
        let mut holders: BTreeMap<&RoleName, PrivilegeSet> = BTreeMap::new();
        let mut add = |role: &'p RoleName, may: PrivilegeSet| {
            if observed.admin.has_privileges_of.contains(role) {
                let held = holders.entry(role).or_default();
                *held = held.union(may);
            }
        };
        let relations = object.relations();
        for on in relations.iter().flatten().chain([object]) {
            for options in [&observed.grant_options, &observed.coming] {
                let here = options.get(self.place).and_then(|objects| objects.get(on));
                here.into_iter().flat_map(|here| here.iter()).for_each(|(role, may)| add(role, *may));
            }
        }
        let lapses = observed.lapses.get(self.place).and_then(|lapses| lapses.get(object));
        lapses.into_iter().flat_map(|by| by.iter()).for_each(|(role, lapse)| add(role, lapse.privileges));
        if let Some(owner) = self.owner(object).filter(|_| self.real_owner(object).is_none()) {
            add(owner, PrivilegeSet::all());
        }
        holders
    }
}
