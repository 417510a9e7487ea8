//! ACLs that the server shares: databases, tablespaces, parameters.
//!
//! Not here: ACLs inside databases (`local`). Invariant: databases, tablespaces and parameters
//! are read from whatever database the session is in.

use std::collections::BTreeMap;

use engine::name::{DatabaseName, Name};
use engine::object::{Object, ObjectKind};
use engine::observed::{DatabaseFact, Scope};

use super::collect::{ClassRow, Collector, Found};
use super::shared::Rows;
use super::{ReadError, name, wants};

/// Reads databases, tablespaces and parameters.
pub(super) fn read(
    rows: &Rows,
    scope: &Scope,
) -> Result<(BTreeMap<DatabaseName, DatabaseFact>, Found), ReadError> {
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
        let class = found.judge(&row, 1)?;
        found.insert(&row, &class, |_| Ok(Object::Database(database.clone())))?;
    }
    found.named(ObjectKind::Tablespace, &rows.tablespaces, |text| Name::new(text).map(Object::Tablespace))?;
    found.named(ObjectKind::Parameter, &rows.parameters, |text| Name::new(text).map(Object::Parameter))?;
    Ok((databases, found.finish()))
}
