//! Diff: desired, recorded and observed catalogs in, changes out.
//!
//! Not here: which statements bring a change about (the provider), in which order
//! (`graph`). Invariant: every decision is made by `decide`; there are no filters after it.

mod columns;
pub mod decide;
pub mod grants;
pub mod owners;
pub mod roles;

use std::collections::BTreeMap;

use crate::acl::Grantee;
use crate::catalog::{Catalog, Grants};
use crate::change::{Changes, Place};
use crate::diagnostic::Origin;
use crate::name::{BlockAddress, DatabaseName};

/// The three pictures of one server.
#[derive(Clone, Copy, Debug)]
pub struct Pictures<'a> {
    /// From the configuration.
    pub desired: &'a Catalog,
    /// From the state.
    pub recorded: &'a Catalog,
    /// From the server.
    pub observed: &'a Catalog,
}

/// Who answers for a grantee: the block, and where it stands when it still does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The address.
    pub address: BlockAddress,
    /// File and line.
    pub origin: Option<Origin>,
}

/// Who answers for whom. Every grantee in scope has a block, declared or remembered.
pub type Blocks = BTreeMap<Grantee, Block>;

/// Finds all changes of ACLs, in order of place.
pub fn grants(pictures: Pictures<'_>, blocks: &Blocks) -> Changes {
    let nothing = Grants::default();
    let mut changes = Changes::default();
    let shared = grants::Three {
        desired: &pictures.desired.shared,
        recorded: &pictures.recorded.shared,
        observed: &pictures.observed.shared,
    };
    changes.grants.extend(grants::diff(&Place::Shared, shared, blocks));
    for database in databases(pictures) {
        let of = |catalog: &'_ Catalog| catalog.databases.contains_key(database);
        let three = grants::Three {
            desired: if of(pictures.desired) { &pictures.desired.databases[database] } else { &nothing },
            recorded: if of(pictures.recorded) { &pictures.recorded.databases[database] } else { &nothing },
            observed: if of(pictures.observed) { &pictures.observed.databases[database] } else { &nothing },
        };
        changes.grants.extend(grants::diff(&Place::Database(database.clone()), three, blocks));
    }
    changes
}

fn databases(pictures: Pictures<'_>) -> impl Iterator<Item = &DatabaseName> {
    let all: std::collections::BTreeSet<&DatabaseName> = pictures
        .desired
        .databases
        .keys()
        .chain(pictures.recorded.databases.keys())
        .chain(pictures.observed.databases.keys())
        .collect();
    all.into_iter()
}
