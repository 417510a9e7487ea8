//! PostgreSQL provider.

pub mod acl;
pub mod introspect;
pub mod sql;
