//! Extent: how many objects, where, and the first of their names.
//!
//! What a line such as `SELECT on 10,000 tables in 50 schemas of app` has to know, of a
//! size that follows schemas, never objects. Not here: words (`render`).
//! Invariant: counts are exact; `first` are the first in order, at most `FIRST`.

use std::collections::BTreeMap;

use crate::change::Place;
use crate::name::SchemaName;
use crate::object::Object;

/// How many objects an extent keeps by name: more than any line shows.
pub const FIRST: usize = 32;

/// Like objects in one or several places.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Number of objects by place and schema (`None`: in no schema).
    pub places: BTreeMap<Place, BTreeMap<Option<SchemaName>, u64>>,
    /// The first of them, in order of place and name.
    pub first: Vec<(Place, Object)>,
    /// How many there are.
    pub count: u64,
}

impl Extent {
    /// The extent of objects in one place, in order.
    pub fn of(place: &Place, objects: &[Object]) -> Extent {
        let mut extent = Extent::default();
        extent.add(place, objects);
        extent
    }

    /// Adds objects of one place.
    pub fn add(&mut self, place: &Place, objects: &[Object]) {
        if objects.is_empty() {
            return;
        }
        let schemas = self.places.entry(place.clone()).or_default();
        for run in objects.chunk_by(|a, b| a.schema() == b.schema()) {
            *schemas.entry(run[0].schema().cloned()).or_default() += run.len() as u64;
        }
        self.count += objects.len() as u64;
        self.first.extend(objects.iter().take(FIRST).map(|object| (place.clone(), object.clone())));
        self.keep_first();
    }

    /// Adds one object; cheap when it follows the last one.
    pub fn push(&mut self, place: &Place, object: &Object) {
        if !self.places.contains_key(place) {
            self.places.insert(place.clone(), BTreeMap::new());
        }
        if let Some(schemas) = self.places.get_mut(place) {
            *schemas.entry(object.schema().cloned()).or_default() += 1;
        }
        self.count += 1;
        if self.first.len() < FIRST {
            self.first.push((place.clone(), object.clone()));
        }
    }

    /// Adds another extent.
    pub fn merge(&mut self, other: &Extent) {
        for (place, schemas) in &other.places {
            let known = self.places.entry(place.clone()).or_default();
            for (schema, count) in schemas {
                *known.entry(schema.clone()).or_default() += count;
            }
        }
        self.count += other.count;
        self.first.extend(other.first.iter().cloned());
        self.keep_first();
    }

    fn keep_first(&mut self) {
        self.first.sort();
        self.first.truncate(FIRST);
    }

    /// Whether all names are in `first`.
    pub fn is_whole(&self) -> bool {
        self.first.len() as u64 == self.count
    }
}
