//! What the whole server shares: roles, memberships, settings, shared ACLs, and what
//! planning must know besides.
//!
//! Readable from any database. Not here: ACLs inside databases (`local`).
//! Invariant: all queries go out at once; no verifier of a password leaves the server.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;
use tokio_postgres::Row;

use engine::catalog::{Grants, Membership, MembershipOptions, Role};
use engine::change::Place;
use engine::name::{DatabaseName, RoleName};
use engine::object::{Object, ObjectKind};
use engine::observed::{
    Admin, DatabaseFact, Dependent, GrantOptions, Lapses, LeftAlone, Obstacle, Owned, OwnedKind,
    ParameterFact, RoleFact, Scope,
};
use engine::privilege::PrivilegeSet;

use super::collect::Question;
use super::{ReadError, Reader, Value, name, roles, scope_roles, shared_grants, wants};

const ALL_ROLES: &str = include_str!("queries/all_roles.sql");
const ROLE: &str = include_str!("queries/role.sql");
const ROLE_SUPERUSER: &str = include_str!("queries/role_superuser.sql");
const MEMBER: &str = include_str!("queries/member.sql");
const MEMBERSHIP_13: &str = include_str!("queries/membership_13.sql");
const MEMBERSHIP_16: &str = include_str!("queries/membership_16.sql");
const SETTING: &str = include_str!("queries/setting.sql");
const DATABASE: &str = include_str!("queries/database.sql");
const TABLESPACE: &str = include_str!("queries/tablespace.sql");
const PARAMETER: &str = include_str!("queries/parameter.sql");
const PARAMETER_FACT_13: &str = include_str!("queries/parameter_fact_13.sql");
const PARAMETER_FACT_15: &str = include_str!("queries/parameter_fact_15.sql");
const ADMIN: &str = include_str!("queries/admin.sql");
const ELSEWHERE: &str = include_str!("queries/elsewhere.sql");
const SUBSCRIPTION: &str = include_str!("queries/subscription.sql");
const SESSION: &str = include_str!("queries/session.sql");

/// What the whole server shares.
#[derive(Debug)]
pub struct Shared {
    /// Roles in scope that exist.
    pub roles: BTreeMap<RoleName, Role>,
    /// What they are members of.
    pub memberships: BTreeMap<Membership, MembershipOptions>,
    /// Memberships of others that they granted.
    pub granted: BTreeSet<Membership>,
    /// ACLs of databases, tablespaces, parameters.
    pub grants: Grants,
    /// What PUBLIC holds on them where it is not managed.
    pub everybody: BTreeMap<Object, PrivilegeSet>,
    /// How many entries somebody made for it where it is.
    pub made_for_public: BTreeMap<Object, u64>,
    /// Every role.
    pub all_roles: BTreeMap<RoleName, RoleFact>,
    /// Roles in scope with a password stored as MD5.
    pub md5: BTreeSet<RoleName>,
    /// Every database.
    pub databases: BTreeMap<DatabaseName, DatabaseFact>,
    /// Databases beyond those that the scope names in which roles in scope hold or own
    /// something: they must be read too.
    pub elsewhere: BTreeSet<DatabaseName>,
    /// The administrator.
    pub admin: Admin,
    /// Every parameter that the server knows.
    pub parameters: BTreeMap<String, ParameterFact>,
    /// Databases that let nobody in where roles in scope hold or own something.
    pub closed: BTreeMap<DatabaseName, BTreeSet<RoleName>>,
    /// Roles outside the scope by what they are members of: roles in scope, and each other.
    pub members: BTreeMap<RoleName, BTreeSet<RoleName>>,
    /// Sessions open now, by role in scope.
    pub sessions: BTreeMap<RoleName, u32>,
    /// What roles in scope own that the server shares.
    pub owned: Vec<(RoleName, Owned)>,
    /// Grants that stand on a grant option of a role in scope.
    pub dependents: Vec<Dependent>,
    /// What keeps grantors from revoking what they granted to roles in scope.
    pub obstacles: Vec<Obstacle>,
    /// Grant options of roles other than the owner.
    pub grant_options: GrantOptions,
    /// Grants to roles in scope whose grantors have lost the option for them.
    pub lapses: Lapses,
    /// What was seen and left alone.
    pub left_alone: LeftAlone,
}

/// The rows, as they came.
pub(super) struct Rows {
    pub(super) all_roles: Vec<Row>,
    pub(super) roles: Vec<Row>,
    pub(super) memberships: Vec<Row>,
    pub(super) settings: Vec<Row>,
    pub(super) databases: Vec<Row>,
    pub(super) tablespaces: Vec<Row>,
    pub(super) parameters: Vec<Row>,
    pub(super) parameter_facts: Vec<Row>,
    pub(super) admin: Vec<Row>,
    pub(super) elsewhere: Vec<Row>,
    pub(super) subscriptions: Vec<Row>,
    pub(super) sessions: Vec<Row>,
}

impl Reader<'_> {
    /// Reads what the server shares. Databases of the scope are not searched for in
    /// `elsewhere`, since they are read anyway.
    pub async fn shared(&self, scope: &Scope) -> Result<Shared, ReadError> {
        // Boxed, since what is large here is a part of larger futures.
        let (rows, closed, members) =
            Box::pin(async { try_join!(self.shared_rows(scope), self.closed(scope), self.members(scope)) })
                .await?;
        let (mut shared, questions) = interpret(&rows, scope)?;
        shared.obstacles = self.obstacles(&Place::Shared, &questions).await?;
        Ok(Shared { closed, members, ..shared })
    }

    /// Roles outside the scope by what they are members of.
    async fn members(&self, scope: &Scope) -> Result<BTreeMap<RoleName, BTreeSet<RoleName>>, ReadError> {
        let mut members: BTreeMap<RoleName, BTreeSet<RoleName>> = BTreeMap::new();
        for row in self.ask(MEMBER, vec![Value::Names(&scope_roles(scope))]).await? {
            let role = name(row.try_get(0)?, RoleName::new)?;
            members.entry(role).or_default().insert(name(row.try_get(1)?, RoleName::new)?);
        }
        Ok(members)
    }

    async fn shared_rows(&self, scope: &Scope) -> Result<Rows, ReadError> {
        let names = scope_roles(scope);
        let roles = || Value::Names(&names);
        let known: Vec<&str> = scope.databases.iter().map(|database| database.as_str()).collect();
        let custom: Vec<&str> = scope.parameters.iter().map(|name| name.as_str()).collect();
        let role = if self.superuser { ROLE_SUPERUSER } else { ROLE };
        let membership = if self.major >= 16 { MEMBERSHIP_16 } else { MEMBERSHIP_13 };
        let whole = |kind| Value::Flag(wants(scope, kind));
        let (all_roles, roles_, memberships, settings, databases, tablespaces, parameters, rest) = try_join!(
            self.ask(ALL_ROLES, vec![]),
            self.ask(role, vec![roles()]),
            self.ask(membership, vec![roles()]),
            self.ask(SETTING, vec![roles()]),
            self.ask(DATABASE, vec![]),
            self.ask(TABLESPACE, vec![whole(ObjectKind::Tablespace), roles()]),
            async {
                // Before 15 nobody can hold anything on a parameter.
                if self.major < 15 {
                    return Ok(Vec::new());
                }
                self.ask(PARAMETER, vec![whole(ObjectKind::Parameter), Value::Names(&custom)]).await
            },
            async {
                let facts = if self.major >= 15 { PARAMETER_FACT_15 } else { PARAMETER_FACT_13 };
                try_join!(
                    self.ask(facts, vec![]),
                    self.ask(ADMIN, vec![]),
                    self.ask(ELSEWHERE, vec![roles(), Value::Names(&known)]),
                    self.ask(SUBSCRIPTION, vec![roles()]),
                    self.ask(SESSION, vec![roles()]),
                )
            },
        )?;
        let (parameter_facts, admin, elsewhere, subscriptions, sessions) = rest;
        Ok(Rows {
            all_roles,
            roles: roles_,
            memberships,
            settings,
            databases,
            tablespaces,
            parameters,
            parameter_facts,
            admin,
            elsewhere,
            subscriptions,
            sessions,
        })
    }
}

fn interpret(rows: &Rows, scope: &Scope) -> Result<(Shared, Vec<Question>), ReadError> {
    let admin = roles::admin(&rows.admin)?;
    let (databases, found) = shared_grants::read(rows, scope)?;
    let memberships = roles::memberships(&rows.memberships, scope)?;
    let all_roles = roles::all(&rows.all_roles)?;
    let strangers = all_roles.keys().filter(|role| !scope.has_role(role) && !is_predefined(role));
    let left_alone = LeftAlone { roles: strangers.count() as u64, ..found.left_alone };
    let mut owned: Vec<(RoleName, Owned)> = found.owned.list(None).collect();
    owned.extend(memberships.granted.iter().filter_map(roles::grantor));
    for row in &rows.subscriptions {
        let description = format!("subscription {}", row.try_get::<_, &str>(2)?);
        let database = Some(name(row.try_get(1)?, DatabaseName::new)?);
        let owner = name(row.try_get(0)?, RoleName::new)?;
        owned.push((owner, Owned { database, kind: OwnedKind::Shared, description }));
    }
    let mut sessions = BTreeMap::new();
    for row in &rows.sessions {
        let count: i64 = row.try_get(1)?;
        sessions.insert(name(row.try_get(0)?, RoleName::new)?, u32::try_from(count).unwrap_or(u32::MAX));
    }
    let elsewhere = rows.elsewhere.iter().map(|row| name(row.try_get(0)?, DatabaseName::new));
    let shared = Shared {
        roles: roles::in_scope(&rows.roles, &rows.settings)?,
        memberships: memberships.held,
        granted: memberships.granted,
        grants: found.grants,
        everybody: found.everybody,
        made_for_public: found.made_for_public,
        all_roles,
        md5: roles::md5(&rows.roles)?,
        databases,
        elsewhere: elsewhere.collect::<Result<_, ReadError>>()?,
        admin,
        parameters: parameters(&rows.parameter_facts)?,
        closed: BTreeMap::new(),
        members: BTreeMap::new(),
        sessions,
        owned,
        dependents: found.dependents,
        obstacles: Vec::new(),
        grant_options: found.grant_options,
        lapses: found.lapses,
        left_alone,
    };
    Ok((shared, found.questions))
}

fn parameters(rows: &[Row]) -> Result<BTreeMap<String, ParameterFact>, ReadError> {
    let fact = |row: &Row| {
        let fact = match (row.try_get(1)?, row.try_get(2)?) {
            (true, _) => ParameterFact::Fixed,
            (false, true) => ParameterFact::Guarded,
            (false, false) => ParameterFact::Free,
        };
        Ok((row.try_get::<_, String>(0)?, fact))
    };
    rows.iter().map(fact).collect()
}

/// PostgreSQL keeps names that begin with `pg_` to itself.
fn is_predefined(role: &RoleName) -> bool {
    role.as_str().starts_with("pg_")
}
