//! What must be known about roles that shall be dropped, beside what they hold and own.
//!
//! Not here: what they own (`local`, `shared`). Invariant: where nobody is to be dropped
//! nothing is asked but for databases that let nobody in.

use std::collections::{BTreeMap, BTreeSet};

use engine::name::{DatabaseName, RoleName};
use engine::observed::{Owned, OwnedKind, Scope};

use super::{ReadError, Reader, Value, name, scope_roles};

const CLOSED: &str = include_str!("queries/closed.sql");
const DEPENDENT: &str = include_str!("queries/dependent.sql");
const TEMPORARY: &str = include_str!("queries/temporary.sql");

impl Reader<'_> {
    /// Databases that let nobody in where roles in scope hold or own something.
    pub(super) async fn closed(
        &self,
        scope: &Scope,
    ) -> Result<BTreeMap<DatabaseName, BTreeSet<RoleName>>, ReadError> {
        let names = scope_roles(scope);
        let mut closed: BTreeMap<DatabaseName, BTreeSet<RoleName>> = BTreeMap::new();
        for row in self.ask(CLOSED, vec![Value::Names(&names)]).await? {
            let database = name(row.try_get(0)?, DatabaseName::new)?;
            closed.entry(database).or_default().insert(name(row.try_get(1)?, RoleName::new)?);
        }
        Ok(closed)
    }

    /// Objects of others in this database that depend on what roles own that shall be dropped.
    pub(super) async fn dependent_objects(
        &self,
        database: &DatabaseName,
        scope: &Scope,
    ) -> Result<Vec<(RoleName, Owned)>, ReadError> {
        self.in_the_way(DEPENDENT, database, scope).await
    }

    /// Temporary objects of other sessions that keep roles from being dropped.
    pub(super) async fn temporary(
        &self,
        database: &DatabaseName,
        scope: &Scope,
    ) -> Result<Vec<(RoleName, Owned)>, ReadError> {
        self.in_the_way(TEMPORARY, database, scope).await
    }

    /// What a query finds about roles that shall be dropped, if there are any: role, description, trace.
    async fn in_the_way(
        &self,
        query: &'static str,
        database: &DatabaseName,
        scope: &Scope,
    ) -> Result<Vec<(RoleName, Owned)>, ReadError> {
        let leaving = leaving(scope);
        if leaving.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for row in self.ask(query, vec![Value::Names(&leaving)]).await? {
            // NULL when the thing went away between the query's snapshot and now.
            let Some(description) = row.try_get::<_, Option<String>>(1)? else { continue };
            let kind = if row.try_get(2)? { OwnedKind::Trace } else { OwnedKind::Object };
            let owned = Owned { database: Some(database.clone()), kind, description };
            found.push((name(row.try_get(0)?, RoleName::new)?, owned));
        }
        Ok(found)
    }
}

fn leaving(scope: &Scope) -> Vec<&str> {
    scope.leaving.iter().map(RoleName::as_str).collect()
}
