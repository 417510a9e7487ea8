//! Whose schemas are, as the catalog has it.
//!
//! Not here: ACLs of schemas (`local`), in whose picture `pg_database_owner` is the owner of the
//! database. Invariant: only schemas in scope are asked about, and nothing where there are none.

use std::collections::BTreeMap;

use engine::catalog::Owner;
use engine::name::{DatabaseName, RoleName, SchemaName, SchemaPath};
use engine::observed::Scope;

use super::{ReadError, Reader, Value, name};

const SCHEMA_OWNER: &str = include_str!("queries/schema_owner.sql");

/// Owners of the schemas of one database.
#[derive(Debug, Default)]
pub struct Owners {
    /// By schema.
    pub owners: BTreeMap<SchemaPath, Owner>,
    /// Whether the administrator may create schemas here.
    pub may_create: bool,
}

impl Reader<'_> {
    /// Reads the owners of the schemas in scope.
    pub(super) async fn owners(&self, database: &DatabaseName, scope: &Scope) -> Result<Owners, ReadError> {
        let here = scope.schemas.iter().filter(|path| path.database == *database);
        let names: Vec<&str> = here.map(|path| path.schema.as_str()).collect();
        let mut found = Owners::default();
        if names.is_empty() {
            return Ok(found);
        }
        for row in self.ask(SCHEMA_OWNER, vec![Value::Names(&names)]).await? {
            let schema = name(row.try_get(0)?, SchemaName::new)?;
            let role = name(row.try_get(2)?, RoleName::new)?;
            let path = SchemaPath { database: database.clone(), schema };
            found.owners.insert(path, Owner { oid: row.try_get(1)?, role });
            found.may_create = row.try_get(3)?;
        }
        Ok(found)
    }
}
