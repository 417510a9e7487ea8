//! Pieces of work, and what each requires of another.
//!
//! Not here: which there are and in which order they end up (`graph::order`). Invariant: no
//! wildcard where a requirement is decided: a new piece of work is compared with every other.

use crate::change::Place;
use crate::name::DatabaseName;
use crate::object::ObjectKind;

/// A piece of work that becomes as few statements as possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::graph) enum Vertex<'a> {
    /// The first of two steps of a rename, to a name in between.
    Aside(usize),
    Rename(usize),
    /// No work: the point from which on all names are those of after.
    Renamed,
    Create(usize),
    /// A schema gets another owner.
    HandOver(usize, &'a DatabaseName),
    RevokeGrants(&'a Place, Class),
    RevokeMembership(usize),
    /// No work: the point at which all memberships that go are gone, so that those to come
    /// cannot close a cycle with them.
    MembershipsRevoked,
    AddGrants(&'a Place, Class),
    GrantMembership(usize),
    Finish(usize),
    /// No session of the role may go on without it.
    Sessions(usize),
    Disown(usize, &'a DatabaseName),
    Drop(usize),
}

/// Grants that one form of GRANT can carry out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::graph) struct Class {
    pub(in crate::graph) kind: ObjectKind,
    pub(in crate::graph) default: bool,
}

impl Class {
    /// Whether they are grants on schemas that there are.
    pub(in crate::graph) fn is_schemas(self) -> bool {
        self.kind == ObjectKind::Schema && !self.default
    }
}

impl<'a> Vertex<'a> {
    /// The database that it must run in; `None` for what the server shares.
    pub(in crate::graph) fn database(&self) -> Option<&'a DatabaseName> {
        match self {
            Vertex::RevokeGrants(Place::Database(database), _)
            | Vertex::AddGrants(Place::Database(database), _) => Some(database),
            Vertex::HandOver(_, database) | Vertex::Disown(_, database) => Some(database),
            Vertex::RevokeGrants(Place::Shared, _)
            | Vertex::AddGrants(Place::Shared, _)
            | Vertex::Aside(_)
            | Vertex::Rename(_)
            | Vertex::Renamed
            | Vertex::Create(_)
            | Vertex::RevokeMembership(_)
            | Vertex::MembershipsRevoked
            | Vertex::GrantMembership(_)
            | Vertex::Finish(_)
            | Vertex::Sessions(_)
            | Vertex::Drop(_) => None,
        }
    }
}

/// Whether `after` requires that `before` is done, given that they share a role where either
/// is about a role's life.
pub(in crate::graph) fn requires(after: &Vertex<'_>, before: &Vertex<'_>) -> bool {
    use Vertex as V;
    match (before, after) {
        // The order of renames is that of the names they free: see `order::renames`.
        (V::Aside(_) | V::Rename(_), V::Aside(_) | V::Rename(_)) => false,
        // Names are never mixed: who else would be meant by a name that is given up or taken?
        (V::Aside(_) | V::Rename(_), _) | (V::Renamed, V::Create(_)) => true,
        (V::Renamed | V::Create(_), V::Aside(_) | V::Rename(_) | V::Renamed | V::Create(_)) => false,
        (V::Renamed | V::Create(_), _) => true,
        (_, V::Aside(_) | V::Rename(_) | V::Renamed | V::Create(_)) => false,
        // Whose grants those on a schema are follows from whose the schema is.
        (V::HandOver(_, database), V::RevokeGrants(place, _) | V::AddGrants(place, _)) => {
            matches!(place, Place::Database(name) if name == *database)
        }
        // What a role gave away is no longer its own.
        (V::HandOver(..), V::Finish(_) | V::Sessions(_) | V::Disown(..) | V::Drop(_)) => true,
        (V::RevokeGrants(a, x), V::RevokeGrants(b, y)) => {
            depth(*x) > depth(*y) && (a == b || **b == Place::Shared)
        }
        (V::AddGrants(a, x), V::AddGrants(b, y)) => depth(*x) < depth(*y) && (a == b || **a == Place::Shared),
        // A table's REVOKE takes the columns' grants along; a grantor is replaced by revoking first.
        (V::RevokeGrants(a, _), V::AddGrants(b, _)) => a == b,
        (V::RevokeMembership(_), V::MembershipsRevoked) => true,
        (V::MembershipsRevoked, V::GrantMembership(_)) => true,
        (V::RevokeGrants(..) | V::RevokeMembership(_), V::Sessions(_) | V::Disown(..) | V::Drop(_)) => true,
        (V::Sessions(a), V::Disown(b, _) | V::Drop(b)) | (V::Disown(a, _), V::Drop(b)) => a == b,
        // The heir must be there.
        (V::Finish(_), V::Disown(..)) => true,
        (V::AddGrants(..) | V::GrantMembership(_), V::Finish(_)) => true,
        (
            V::HandOver(..)
            | V::RevokeGrants(..)
            | V::AddGrants(..)
            | V::RevokeMembership(_)
            | V::MembershipsRevoked
            | V::GrantMembership(_)
            | V::Finish(_)
            | V::Sessions(_)
            | V::Disown(..)
            | V::Drop(_),
            _,
        ) => false,
    }
}

/// How far inside a server: a grant is of no use before the one around it.
fn depth(class: Class) -> u8 {
    match class.kind {
        ObjectKind::Database => 0,
        ObjectKind::Schema if class.is_schemas() => 1,
        ObjectKind::Column => 3,
        _ => 2,
    }
}
