//! Roles: attributes, settings, memberships, and the administrator's own standing.
//!
//! Not here: what roles hold on objects (`collect`). Invariant: a role's `Role` has
//! everything of it that a configuration can declare, in one canonical form.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Row;

use engine::acl::Grantor;
use engine::catalog::{Membership, MembershipOptions, Password, Role};
use engine::declared::Attributes;
use engine::name::{DatabaseName, RoleName};
use engine::observed::{Admin, Owned, OwnedKind, RoleFact, Scope};

use super::{ReadError, name};
use crate::sql::setting::{canonical_setting, spelling};

/// Every role of the server.
pub(super) fn all(rows: &[Row]) -> Result<BTreeMap<RoleName, RoleFact>, ReadError> {
    rows.iter()
        .map(|row| {
            let fact = RoleFact { oid: row.try_get(1)?, superuser: row.try_get(2)? };
            Ok((name(row.try_get(0)?, RoleName::new)?, fact))
        })
        .collect()
}

/// Roles in scope, with their settings.
pub(super) fn in_scope(rows: &[Row], settings: &[Row]) -> Result<BTreeMap<RoleName, Role>, ReadError> {
    let mut roles = BTreeMap::new();
    for row in rows {
        roles.insert(name(row.try_get(0)?, RoleName::new)?, role(row)?);
    }
    for row in settings {
        let database: Option<&str> = row.try_get(1)?;
        let database = database.map(|text| name(text, DatabaseName::new)).transpose()?;
        let Some(role) = roles.get_mut(row.try_get::<_, &str>(0)?) else { continue };
        for setting in row.try_get::<_, Vec<&str>>(2)? {
            // Always `name=value`: `pg_db_role_setting` is written by ALTER ROLE alone.
            let (parameter, value) = setting.split_once('=').unwrap_or((setting, ""));
            let parameter = spelling(parameter);
            let value = canonical_setting(&parameter, value);
            role.settings.insert((database.clone(), parameter), value);
        }
    }
    Ok(roles)
}

/// Roles in scope whose password is stored as MD5.
pub(super) fn md5(rows: &[Row]) -> Result<BTreeSet<RoleName>, ReadError> {
    let mut names = BTreeSet::new();
    for row in rows {
        if row.try_get::<_, Option<bool>>(15)? == Some(true) {
            names.insert(name(row.try_get(0)?, RoleName::new)?);
        }
    }
    Ok(names)
}

fn role(row: &Row) -> Result<Role, ReadError> {
    let attributes = Attributes {
        login: row.try_get(2)?,
        inherit: row.try_get(3)?,
        superuser: row.try_get(4)?,
        createdb: row.try_get(5)?,
        createrole: row.try_get(6)?,
        replication: row.try_get(7)?,
        bypassrls: row.try_get(8)?,
        connection_limit: row.try_get(9)?,
    };
    let never: Option<bool> = row.try_get(10)?;
    let until: Option<&str> = row.try_get(11)?;
    let valid_until =
        if never == Some(true) { Some("-infinity".to_owned()) } else { until.map(canonical_time) };
    let has_password: Option<bool> = row.try_get(13)?;
    let verifier: Option<&[u8]> = row.try_get(14)?;
    let password = match (has_password, verifier.and_then(|digest| digest.try_into().ok())) {
        (None, _) => Password::Unknown,
        (Some(_), Some(digest)) => Password::Verifier(digest),
        (Some(_), None) => Password::Absent,
    };
    let (oid, comment) = (row.try_get(1)?, row.try_get(12)?);
    Ok(Role { oid, attributes, valid_until, comment, settings: BTreeMap::new(), password })
}

/// `2027-01-01T00:00:00.500000` as `2027-01-01T00:00:00.5Z`: a fraction is as short as can be. Years
/// before the first keep their ` BC` at the end.
fn canonical_time(text: &str) -> String {
    let (time, era) = text.strip_suffix(" BC").map_or((text, ""), |time| (time, " BC"));
    let shortest = match time.split_once('.') {
        Some(_) => time.trim_end_matches('0').trim_end_matches('.'),
        None => time,
    };
    format!("{shortest}Z{era}")
}

/// What the membership rows say.
#[derive(Default)]
pub(super) struct Memberships {
    /// Those of members in scope.
    pub(super) held: BTreeMap<Membership, MembershipOptions>,
    /// Those of others that a role in scope granted.
    pub(super) granted: BTreeSet<Membership>,
}

/// The grantor of a membership, whom it keeps from being dropped.
pub(super) fn grantor(membership: &Membership) -> Option<(RoleName, Owned)> {
    let Grantor::Role(grantor) = &membership.grantor else { return None };
    let description = format!("membership of role {} in role {}", membership.member, membership.role);
    Some((grantor.clone(), Owned { database: None, kind: OwnedKind::Membership, description }))
}

/// Memberships of roles in scope, and by them.
pub(super) fn memberships(rows: &[Row], scope: &Scope) -> Result<Memberships, ReadError> {
    let mut memberships = Memberships::default();
    for row in rows {
        let member = name(row.try_get(0)?, RoleName::new)?;
        let role = name(row.try_get(1)?, RoleName::new)?;
        let grantor: Option<&str> = row.try_get(2)?;
        let grantor = grantor.map(|text| name(text, RoleName::new)).transpose()?;
        if !scope.has_role(&member) {
            if let Some(grantor) = grantor.filter(|grantor| scope.has_role(grantor)) {
                memberships.granted.insert(Membership { member, role, grantor: Grantor::Role(grantor) });
            }
            continue;
        }
        let grantor = match grantor {
            Some(grantor) if !row.try_get::<_, bool>(3)? => Grantor::Role(grantor),
            Some(_) | None => Grantor::Owner,
        };
        let options =
            MembershipOptions { admin: row.try_get(4)?, inherit: row.try_get(5)?, set: row.try_get(6)? };
        memberships.held.insert(Membership { member, role, grantor }, options);
    }
    Ok(memberships)
}

/// The administrator that this session runs as.
pub(super) fn admin(rows: &[Row]) -> Result<Admin, ReadError> {
    let row = rows.first().ok_or(ReadError::NoAdmin)?;
    let admin = name(row.try_get(0)?, RoleName::new)?;
    let superuser = row.try_get(1)?;
    let bootstrap = name(row.try_get(6)?, RoleName::new)?;
    let list = |column: usize| -> Result<Vec<RoleName>, ReadError> {
        row.try_get::<_, Vec<&str>>(column)?.into_iter().map(|text| name(text, RoleName::new)).collect()
    };
    let names = |column: usize| list(column).map(BTreeSet::from_iter);
    let inherited: Vec<(RoleName, RoleName)> = list(10)?.into_iter().zip(list(11)?).collect();
    Ok(Admin {
        superuser,
        createrole: row.try_get(2)?,
        createdb: row.try_get(3)?,
        replication: row.try_get(4)?,
        bypassrls: row.try_get(5)?,
        has_privileges_of: names(7)?,
        may_become: names(8)?,
        may_grant: names(9)?,
        acts_as: in_turn(&admin, &inherited),
        membership_grantor: if superuser { bootstrap } else { admin.clone() },
        name: admin,
    })
}

/// The roles whose privileges one has by these memberships, as the server comes by them: itself, what it is
/// a member of, what those are, and so on (`roles_is_member_of`).
fn in_turn(from: &RoleName, memberships: &[(RoleName, RoleName)]) -> Vec<RoleName> {
    let mut found = vec![from.clone()];
    let mut next = 0;
    while let Some(here) = found.get(next).cloned() {
        let of_here = memberships.iter().filter(|(member, _)| *member == here).map(|(_, role)| role);
        for role in of_here {
            if !found.contains(role) {
                found.push(role.clone());
            }
        }
        next += 1;
    }
    found
}
