//! What a role's grants would bring along, against what it holds.
//!
//! `resolve::grants` adds USAGE on schemas, CONNECT on databases and USAGE on sequences behind
//! columns to what is written. Where a role holds all of that anyway, it need not be written;
//! where it does not (CONNECT often comes from PUBLIC), the role says `implied = false`.
//! Invariant: what is left, with what it implies, is exactly what was held.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Place;
use crate::declared::Implied;
use crate::generate::facts::{GrantOption, InPlace, Manner, OfRole};
use crate::name::{DatabaseName, RoleName};
use crate::object::Object;
use crate::observed::Observed;
use crate::privilege::{Privilege, PrivilegeSet};

/// What is to be written of a role's grants.
pub(super) struct Settled<'a> {
    /// What of it comes along unwritten.
    pub(super) implied: Implied,
    /// What is written.
    pub(super) held: OfRole<'a>,
}

/// Something that comes along.
type Along<'a> = BTreeSet<(Place, &'a Object, Privilege)>;

/// Leaves out what need not be written, when all that would come along is held.
pub(super) fn settle<'a>(observed: &'a Observed, role: &RoleName, mut held: OfRole<'a>) -> Settled<'a> {
    let Some(along) = along(observed, role, &held) else {
        return Settled { implied: Implied::Nothing, held };
    };
    for (place, object, privilege) in along {
        let Some(objects) = held.get_mut(&place) else { continue };
        let Some(of_object) = objects.get_mut(object) else { continue };
        if let Some(set) = of_object.get_mut(&Manner::PLAIN) {
            *set = set.minus(PrivilegeSet::of(&[privilege]));
            if set.is_empty() {
                of_object.remove(&Manner::PLAIN);
            }
        }
        if of_object.is_empty() {
            objects.remove(object);
        }
    }
    Settled { implied: Implied::Everything, held }
}

/// All that would come along; `None` when the role lacks some of it.
fn along<'a>(observed: &'a Observed, role: &RoleName, held: &OfRole<'a>) -> Option<Along<'a>> {
    let mut along = Along::new();
    let usage = PrivilegeSet::of(&[Privilege::Usage]);
    for (place, objects) in held {
        let Place::Database(database) = place else { continue };
        let sequences = sequences(observed, database, objects);
        let inside = objects.iter().filter(|(object, held)| {
            let only_along =
                sequences.contains(*object) && **held == BTreeMap::from([(Manner::PLAIN, usage)]);
            !matches!(object, Object::Default(_) | Object::Schema(_)) && !only_along
        });
        let schemas = inside.filter_map(|(object, _)| object.schema());
        let schemas: BTreeSet<_> = schemas.filter(|schema| !schema.is_system()).collect();
        // Even a schema's own grant brings CONNECT; default privileges are written without.
        if objects.keys().any(|object| !matches!(object, Object::Default(_))) {
            along.insert((Place::Shared, database_object(observed, database)?, Privilege::Connect));
        }
        let grants = observed.catalog.databases.get(database)?;
        for schema in schemas {
            let listed = grants.objects().get_key_value(&Object::Schema(schema.clone()));
            along.extend(listed.map(|(object, _)| ((*place).clone(), object, Privilege::Usage)));
        }
        for sequence in sequences {
            along.insert(((*place).clone(), sequence, Privilege::Usage));
        }
    }
    along
        .iter()
        .all(|(place, object, privilege)| has(observed, role, held, (place, object, *privilege)))
        .then_some(along)
}

fn database_object<'a>(observed: &'a Observed, name: &DatabaseName) -> Option<&'a Object> {
    observed.catalog.shared.objects().get_key_value(&Object::Database(name.clone())).map(|(object, _)| object)
}

/// Sequences behind the columns of relations that the role writes to.
fn sequences<'a>(
    observed: &'a Observed,
    database: &DatabaseName,
    objects: &InPlace<'a>,
) -> BTreeSet<&'a Object> {
    let Some(serial) = observed.serial.get(database) else { return BTreeSet::new() };
    let writing = PrivilegeSet::of(&[Privilege::Insert, Privilege::Update]);
    let written =
        objects.iter().filter(|(_, held)| held.values().any(|set| !set.intersection(writing).is_empty()));
    written
        .filter_map(|(object, _)| match object {
            Object::Table(..) => serial.get(*object),
            Object::Column(schema, table, _) => serial.get(&Object::Table(schema.clone(), table.clone())),
            _ => None,
        })
        .flatten()
        .collect()
}

/// Whether the role holds it as a plain GRANT would give it, or owns the object.
fn has(
    observed: &Observed,
    role: &RoleName,
    held: &OfRole<'_>,
    (place, object, privilege): (&Place, &Object, Privilege),
) -> bool {
    let grants = match place {
        Place::Shared => Some(&observed.catalog.shared),
        Place::Database(database) => observed.catalog.databases.get(database),
    };
    let owner = grants.and_then(|grants| grants.objects().get(object)).map(|held| &held.owner);
    if owner == Some(role) {
        return true;
    }
    let options = [GrantOption::Without, GrantOption::With].map(|option| Manner { option, granted_by: None });
    let of_object = held.get(place).and_then(|objects| objects.get(object));
    let sets = options.iter().filter_map(|manner| of_object?.get(manner));
    sets.into_iter().any(|set| set.contains(privilege))
}
