//! Between the store's opaque entries and what they record.
//!
//! Key of a node: the resource's label. Value: as `format` reads and `state::format_v1` writes it. Not here: where entries
//! are kept (`state::store`). Invariant: what was written is read back equal.

use std::collections::BTreeMap;

use crate::format;
use crate::name::ResourceName;
use crate::state::contents::{Changes, Contents};
use crate::state::format_v1::{self, StateError};
use crate::state::{Recorded, RecordedResource};

/// Reads everything recorded.
pub fn read(contents: &Contents) -> Result<Recorded, StateError> {
    let mut resources = BTreeMap::new();
    for (key, value) in &contents.nodes {
        let label = std::str::from_utf8(key).map_err(|_| StateError::Damaged)?;
        let name = ResourceName::new(label).map_err(|_| StateError::Damaged)?;
        resources.insert(name, format::recorded(value)?);
    }
    Ok(Recorded { lineage: contents.lineage, serial: contents.serial, resources })
}

/// What to write so that these servers are recorded like this; one of which nothing is
/// remembered is no longer recorded.
pub fn write(resources: &BTreeMap<ResourceName, RecordedResource>) -> Changes {
    let mut changes = Changes::default();
    for (name, resource) in resources {
        let key = name.as_str().as_bytes().to_vec();
        if resource.roles.is_empty() && resource.schemas.is_empty() && resource.catalog.is_empty() {
            changes.remove.insert(key);
        } else {
            changes.put.insert(key, format_v1::encode(resource));
        }
    }
    changes
}
