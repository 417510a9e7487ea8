//! ACLs that the server shares: databases, tablespaces, parameters.
//!
//! Not here: ACLs inside databases (`local`). Invariant: PUBLIC's entries on a database are
//! in scope where PUBLIC's entries inside it are.

use std::collections::BTreeMap;

use engine::catalog::Grants;
use engine::name::{DatabaseName, Name, RoleName};
use engine::object::{Object, ObjectKind};
use engine::observed::{DatabaseFact, Dependent, LeftAlone, Owned, Scope};

use super::collect::{ClassRow, Collector};
use super::shared::Rows;
use super::{ReadError, name, wants};

/// What the rows say.
pub(super) struct SharedGrants {
    pub(super) grants: Grants,
    pub(super) databases: BTreeMap<DatabaseName, DatabaseFact>,
    pub(super) owned: Vec<(RoleName, Owned)>,
    pub(super) dependents: Vec<Dependent>,
    pub(super) left_alone: LeftAlone,
}

/// Reads databases, tablespaces and parameters.
pub(super) fn read(rows: &Rows, scope: &Scope) -> Result<SharedGrants, ReadError> {
    let mut found = Collector::new(scope, None);
    let mut databases = BTreeMap::new();
    for row in &rows.databases {
        let text: &str = row.try_get(0)?;
        let database = name(text, DatabaseName::new)?;
        let oid = row.try_get(1)?;
        databases.insert(
            database.clone(),
            DatabaseFact { oid, accepts_connections: row.try_get(4)?, template: row.try_get(5)? },
        );
        let row = ClassRow {
            kind: ObjectKind::Database,
            namespace: None,
            system: false,
            listed: wants(scope, ObjectKind::Database),
            owner: row.try_get(2)?,
            acl: row.try_get(3)?,
            names: vec![text],
            oids: vec![oid],
        };
        found.judge.public = scope.public.contains(&database);
        let class = found.judge(&row, 1)?;
        found.insert(&row, &class, |_| Ok(Object::Database(database.clone())))?;
    }
    found.judge.public = false;
    found.named(ObjectKind::Tablespace, &rows.tablespaces, |text| Name::new(text).map(Object::Tablespace))?;
    found.named(ObjectKind::Parameter, &rows.parameters, |text| Name::new(text).map(Object::Parameter))?;
    let owned = |description| Owned { database: None, description };
    Ok(SharedGrants {
        grants: found.grants,
        databases,
        owned: found.owned.lines().map(|(owner, line)| (owner, owned(line))).collect(),
        dependents: found.dependents,
        left_alone: found.left_alone,
    })
}
