//! What a statement is about, in words, and where that is declared.
//!
//! Statements of like grants name many objects and many grantees; each of them says its own
//! share and no more, so that a refused one points at what it would have done. Not here: the
//! words of a plan's changes (`render`). Invariant: one grantee on one object is named by its
//! address.

use std::collections::BTreeSet;
use std::fmt;

use crate::change::{EntryChange, MembershipChange, OwnerChange, Place, RoleChange};
use crate::diagnostic::Origin;
use crate::name::{printable, quoted};
use crate::object::Object;

/// Most grantees that are named one by one.
const NAMED: usize = 3;

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The node, or like nodes, e.g. `table_grant.reader on 214 objects in app`.
    pub text: String,
    /// Where it is declared, when one place stands for it.
    pub origin: Option<Origin>,
}

impl Subject {
    /// Like entries on like objects.
    pub fn grants(place: &Place, objects: &BTreeSet<&Object>, entries: &[&EntryChange]) -> Subject {
        let word = objects.first().map_or("grant", |object| object.grant_word());
        let blocks: BTreeSet<_> = entries.iter().map(|entry| &entry.address).collect();
        let grantees: BTreeSet<_> = entries.iter().map(|entry| &entry.grantee).collect();
        let on = match (objects.first(), objects.len()) {
            (Some(object), 1) => place.path(object),
            (_, count) => format!("{count} objects{}", in_place(place)),
        };
        let text = match (blocks.first(), objects.first()) {
            (Some(block), Some(object)) if blocks.len() == 1 && objects.len() == 1 => {
                format!("{}[{}]", block.of_kind(word), quoted(&place.path(object)))
            }
            (Some(block), _) if blocks.len() == 1 => format!("{} on {on}", block.of_kind(word)),
            _ if grantees.len() > NAMED => format!("{word} of {} grantees on {on}", grantees.len()),
            _ => {
                let names: Vec<String> = grantees.iter().map(|grantee| grantee.to_string()).collect();
                format!("{word} of {} on {on}", names.join(", "))
            }
        };
        let origins: BTreeSet<_> = entries.iter().map(|entry| &entry.origin).collect();
        let origin = if origins.len() == 1 { origins.first().copied().cloned().flatten() } else { None };
        Subject { text, origin }
    }
}

fn in_place(place: &Place) -> String {
    match place {
        Place::Shared => String::new(),
        Place::Database(database) => format!(" in {}", printable(database.as_str())),
    }
}

impl From<&RoleChange> for Subject {
    fn from(change: &RoleChange) -> Subject {
        Subject { text: change.address.to_string(), origin: change.origin.clone() }
    }
}

impl From<&MembershipChange> for Subject {
    fn from(change: &MembershipChange) -> Subject {
        Subject { text: change.address_text(), origin: change.origin.clone() }
    }
}

impl From<&OwnerChange> for Subject {
    fn from(change: &OwnerChange) -> Subject {
        Subject { text: change.address_text(), origin: change.origin.clone() }
    }
}

/// With the place, as people read it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.origin {
            Some(origin) => write!(f, " ({origin})"),
            None => Ok(()),
        }
    }
}
