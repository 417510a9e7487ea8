//! Extents in words: `214 tables of app.billing: accounts, audit_log, …`.
//!
//! The same for entries of a plan and for effective access. Not here: privileges, signs.
//! Invariant: a phrase says how many objects there are and where, and keeps to its room by
//! leaving out names, never numbers.

use crate::access::extent::{Extent, FIRST};
use crate::change::Place;
use crate::name::{RoleName, printable};
use crate::object::{Object, ObjectKind};
use crate::render::page::{fitting, thousands};

/// What the objects of an extent have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Objects of one kind.
    Kind(ObjectKind),
    /// What a creator will make: rows of default privileges.
    Future(ObjectKind, RoleName),
}

/// An extent in words.
pub(crate) struct Phrase {
    /// The words.
    pub(crate) text: String,
    /// Whether names were left out.
    pub(crate) cut: bool,
}

impl Class {
    /// The class of an object.
    pub(crate) fn of(object: &Object) -> Class {
        match object {
            Object::Default(default) => Class::Future(default.kind, default.creator.clone()),
            other => Class::Kind(other.kind()),
        }
    }

    /// The extent in words, names included as far as there is room for them; `hint` is the
    /// width of what follows when names are left out.
    pub(crate) fn phrase(&self, extent: &Extent, room: usize, hint: usize) -> Phrase {
        if extent.count == 1
            && let Some((place, object)) = extent.first.first()
        {
            return Phrase { text: self.single(place, object), cut: false };
        }
        let head = self.several(extent);
        let names = names(self, extent);
        let room = room.saturating_sub(head.chars().count());
        let all = fitting(&names.words, room) == names.words.len() && names.complete;
        let fit = if all { names.words.len() } else { fitting(&names.words, room.saturating_sub(hint)) };
        let cut = !all;
        let dots = if cut { ", …" } else { "" };
        Phrase { text: format!("{head}: {}{dots}", names.words[..fit].join(", ")), cut }
    }

    /// One object: `table app.billing.orders`, `future tables by app_owner in app.billing`.
    fn single(&self, place: &Place, object: &Object) -> String {
        match self {
            Class::Kind(kind) => format!("{} {}", kind.singular(), path(place, object)),
            Class::Future(kind, creator) => {
                let future = format!("future {} by {}", kind.plural(), printable(creator.as_str()));
                let within = object.schema().map(|schema| printable(schema.as_str()));
                match (place, within) {
                    (Place::Shared, _) => future,
                    (Place::Database(database), None) => {
                        format!("{future} in {}", printable(database.as_str()))
                    }
                    (Place::Database(database), Some(schema)) => {
                        format!("{future} in {}.{schema}", printable(database.as_str()))
                    }
                }
            }
        }
    }

    /// Several objects, how many and where, names left out.
    fn several(&self, extent: &Extent) -> String {
        let whereabouts = self.whereabouts(extent);
        match self {
            Class::Kind(kind) => format!("{} {}{whereabouts}", thousands(extent.count), kind.plural()),
            Class::Future(kind, creator) => {
                let creator = printable(creator.as_str());
                format!("future {} by {creator}{whereabouts}", kind.plural())
            }
        }
    }

    fn whereabouts(&self, extent: &Extent) -> String {
        let mut places = extent.places.iter();
        match (places.next(), places.next()) {
            (Some((Place::Database(database), schemas)), None) => {
                let database = printable(database.as_str());
                let mut keys = schemas.keys();
                match (self, keys.next(), keys.next()) {
                    (Class::Kind(ObjectKind::Schema), ..) => format!(" of {database}"),
                    (Class::Kind(_), Some(Some(schema)), None) => {
                        format!(" of {database}.{}", printable(schema.as_str()))
                    }
                    (Class::Kind(_), Some(None) | None, _) => format!(" of {database}"),
                    (Class::Kind(_), Some(Some(_)), Some(_)) => {
                        let whole = if lists_objects(self, extent) {
                            String::new()
                        } else {
                            format!(" in {} schemas", schemas.len())
                        };
                        format!("{whole} of {database}")
                    }
                    (Class::Future(..), ..) => format!(" in {} schemas of {database}", schemas.len()),
                }
            }
            (Some((Place::Shared, _)), None) | (None, _) => String::new(),
            (Some(_), Some(_)) => format!(" in {} databases", extent.places.len()),
        }
    }
}

/// The names that follow the colon.
struct Names {
    words: Vec<String>,
    complete: bool,
}

/// Few objects in several schemas are listed themselves, many by schema.
const FEW: usize = 4;

fn lists_objects(class: &Class, extent: &Extent) -> bool {
    let several = |count: usize| count > 1;
    let spread = extent.places.values().map(|schemas| schemas.len()).sum();
    let own_names = matches!(class, Class::Kind(ObjectKind::Schema) | Class::Future(..));
    let one_place = !several(extent.places.len());
    (extent.is_whole() && extent.first.len() <= FEW) || (one_place && (own_names || !several(spread)))
}

fn names(class: &Class, extent: &Extent) -> Names {
    if lists_objects(class, extent) {
        let words = extent.first.iter().map(|(place, object)| name(class, extent, place, object)).collect();
        return Names { words, complete: extent.is_whole() };
    }
    if extent.places.len() > 1 {
        let counted = |(place, schemas): (&Place, &std::collections::BTreeMap<_, u64>)| {
            let name = match place {
                Place::Shared => "the server".to_owned(),
                Place::Database(database) => printable(database.as_str()),
            };
            format!("{name} ({})", thousands(schemas.values().sum()))
        };
        let words = extent.places.iter().take(FIRST).map(counted).collect();
        return Names { words, complete: extent.places.len() <= FIRST };
    }
    let schemas: Vec<_> = extent.places.values().flatten().collect();
    let counted = |(schema, count): &(&Option<crate::name::SchemaName>, &u64)| {
        let name = schema.as_ref().map_or_else(String::new, |schema| printable(schema.as_str()));
        format!("{name} ({})", thousands(**count))
    };
    Names { words: schemas.iter().take(FIRST).map(counted).collect(), complete: schemas.len() <= FIRST }
}

/// An object's name as far as the head has not said it.
fn name(class: &Class, extent: &Extent, place: &Place, object: &Object) -> String {
    let schemas = extent.places.values().map(|schemas| schemas.len()).sum::<usize>();
    if extent.places.len() > 1 {
        return path(place, object);
    }
    match class {
        Class::Future(..) => match object.schema() {
            Some(schema) => printable(schema.as_str()),
            None => "(every schema)".to_owned(),
        },
        Class::Kind(ObjectKind::Schema) => object.short_name(),
        Class::Kind(_) if schemas > 1 => object.to_string(),
        Class::Kind(_) => object.short_name(),
    }
}

/// The whole name of an object on its server.
pub(crate) fn path(place: &Place, object: &Object) -> String {
    match place {
        Place::Shared => object.to_string(),
        Place::Database(database) => format!("{}.{object}", printable(database.as_str())),
    }
}
