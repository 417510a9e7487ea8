//! A schema changes hands: what ALTER SCHEMA … OWNER TO makes of a picture.
//!
//! PostgreSQL puts the new owner in the place of the old one wherever the schema's ACL names it:
//! what the new owner held is implied from then on, and what it granted is the owner's grant. Not
//! here: who shall own what (`resolve::owners`). Invariant: nothing changes but the schema itself;
//! what is inside it keeps its owners.

use crate::acl::{Acl, Entry, Grantee, Grantor, Holding};
use crate::catalog::Grants;
use crate::name::{RoleName, SchemaName};
use crate::object::Object;

impl Grants {
    /// Gives a schema, if it is here, to another role, which stands in pictures as `shown`:
    /// for `pg_database_owner` that is the owner of the database.
    pub fn hand_over(&mut self, schema: &SchemaName, owner: &RoleName, shown: &RoleName) {
        let object = Object::Schema(schema.clone());
        let Some(held) = self.objects.get(&object) else { return };
        let oid = held.oid;
        let entries = self.acl(held.acl).entries().iter();
        let others = entries.filter(|entry| entry.grantee != Grantee::Role(owner.clone()));
        let entries = others.map(|entry| {
            let grantor = match &entry.holding.grantor {
                Grantor::Role(role) if role == owner => Grantor::Owner,
                other => other.clone(),
            };
            Entry { grantee: entry.grantee.clone(), holding: Holding { grantor, ..entry.holding.clone() } }
        });
        let acl = Acl::new(entries.collect());
        self.insert_acl(object, oid, shown.clone(), acl);
    }
}
