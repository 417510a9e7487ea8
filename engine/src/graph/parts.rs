//! Parts: work that must not stand in one transaction, because the server has no room for the
//! locks of all the objects that it names.
//!
//! PostgreSQL 18 keeps a lock for each object that a GRANT or REVOKE names until its transaction
//! ends, in a table of fixed size. Not here: how large that is (the provider observes it), what
//! must be seen between parts (`plan::moments`). Invariant: everything that is taken is taken
//! before anything is given, so a run that stops between two parts leaves nobody with more than
//! before or more than planned; and no part names more objects than there is room for.

use std::collections::{BTreeSet, VecDeque};

use crate::change::{EntryChange, GrantChange, Place};
use crate::graph::order::vertex::Vertex;
use crate::graph::order::{Work, Write};
use crate::name::DatabaseName;
use crate::object::Object;
use crate::plan::{Batch, Half, Part, Share, Step, TransactionPlan};

/// The parts to be committed ahead; none where there is room for everything at once.
pub(super) fn parts<'a>(
    work: &Work<'a>,
    ranked: &[Vertex<'a>],
    (home, room): (&DatabaseName, Option<u64>),
    write: Write<'_>,
) -> Vec<Part> {
    let changes = work.grants.values().flatten().map(|at| &work.changes.grants[*at]);
    let named = changes.map(|change| locks(&change.objects).sum::<u64>()).sum::<u64>();
    let Some(room) = room.filter(|room| named > *room) else { return Vec::new() };
    let mut cutter = Cutter { work, write, room: room.max(1), parts: Vec::new() };
    cutter.local(ranked, Half::Take);
    cutter.shared(ranked, home);
    cutter.local(ranked, Half::Give);
    cutter.parts
}

/// The half that a vertex is when it is done ahead; `None` for what is done at the end: what
/// comes of memberships, shared grants, attributes, logins and drops, schemas that change hands
/// and the grants on them.
pub(super) fn half(work: &Work<'_>, vertex: &Vertex<'_>) -> Option<Half> {
    match vertex {
        Vertex::RevokeGrants(place, class) | Vertex::AddGrants(place, class)
            if class.is_schemas() && work.hands_over_in(place) =>
        {
            None
        }
        Vertex::RevokeGrants(..) | Vertex::RevokeMembership(_) => Some(Half::Take),
        Vertex::AddGrants(Place::Database(_), _) => Some(Half::Give),
        Vertex::AddGrants(Place::Shared, _)
        | Vertex::Aside(_)
        | Vertex::Rename(_)
        | Vertex::Renamed
        | Vertex::Create(_)
        | Vertex::HandOver(..)
        | Vertex::MembershipsRevoked
        | Vertex::GrantMembership(_)
        | Vertex::Finish(_)
        | Vertex::Sessions(_)
        | Vertex::Disown(..)
        | Vertex::Drop(_) => None,
    }
}

/// Whether an entry has something to do in a half.
fn has(half: Half, entry: &EntryChange) -> bool {
    match half {
        Half::Take => !entry.revoked().is_empty(),
        Half::Give => !entry.added().is_empty(),
    }
}

/// One for each object that takes a lock: the columns of a relation, which follow each other,
/// take one together.
fn locks(objects: &[Object]) -> impl Iterator<Item = u64> {
    let relation = |object: &Object| match object {
        Object::Column(schema, relation, _) => Some((schema.clone(), relation.clone())),
        _ => None,
    };
    let mut last = None;
    objects.iter().map(move |object| {
        let this = relation(object);
        let again = this.is_some() && this == last;
        last = this;
        u64::from(!again)
    })
}

struct Cutter<'a, 'w> {
    work: &'w Work<'a>,
    write: Write<'w>,
    room: u64,
    parts: Vec<Part>,
}

impl<'a> Cutter<'a, '_> {
    /// One half of the grants inside databases, database by database.
    fn local(&mut self, ranked: &[Vertex<'a>], wanted: Half) {
        let vertices: Vec<&Vertex<'a>> =
            ranked.iter().filter(|vertex| half(self.work, vertex) == Some(wanted)).collect();
        let databases: BTreeSet<&DatabaseName> =
            vertices.iter().filter_map(|vertex| vertex.database()).collect();
        for database in databases {
            let mut room = 0;
            for vertex in vertices.iter().filter(|vertex| vertex.database() == Some(database)) {
                let mut waiting = self.shares(vertex, wanted);
                while !waiting.is_empty() {
                    if room == 0 {
                        room = self.room;
                        self.parts.push(empty(database, wanted));
                    }
                    let shares = self.fill(&mut waiting, &mut room);
                    let steps = self.steps(vertex, &shares);
                    if let Some(part) = self.parts.last_mut() {
                        part.transaction.steps.extend(steps);
                        part.shares.extend(shares);
                    }
                }
            }
        }
    }

    /// What is taken that the whole server shares: memberships, and grants on databases.
    fn shared(&mut self, ranked: &[Vertex<'a>], home: &DatabaseName) {
        let mut part = empty(home, Half::Take);
        part.transaction.shared = true;
        let work = self.work;
        let wanted =
            |vertex: &&Vertex<'a>| half(work, vertex) == Some(Half::Take) && vertex.database().is_none();
        for vertex in ranked.iter().filter(wanted) {
            part.transaction.steps.extend(self.work.steps(*vertex, self.write));
            part.shares.extend(self.shares(vertex, Half::Take));
        }
        if !part.transaction.steps.is_empty() {
            self.parts.push(part);
        }
    }

    /// All that a vertex is about and has something to do in a half.
    fn shares(&self, vertex: &Vertex<'a>, wanted: Half) -> VecDeque<Share> {
        let (Vertex::RevokeGrants(place, class) | Vertex::AddGrants(place, class)) = vertex else {
            return VecDeque::new();
        };
        let places = self.work.grants.get(&(*place, *class)).into_iter().flatten();
        let all = places.map(|at| (*at, &self.work.changes.grants[*at]));
        all.filter(|(_, change)| change.entries.iter().any(|entry| has(wanted, entry)))
            .map(|(at, change)| Share { change: at, from: 0, to: change.objects.len() })
            .collect()
    }

    /// Takes off the front what there is room for. There is room for at least one object.
    fn fill(&self, waiting: &mut VecDeque<Share>, room: &mut u64) -> Vec<Share> {
        let mut taken = Vec::new();
        while *room > 0
            && let Some(share) = waiting.pop_front()
        {
            let mut to = share.from;
            for locks in locks(&self.work.changes.grants[share.change].objects[share.from..share.to]) {
                if locks > *room {
                    break;
                }
                *room -= locks;
                to += 1;
            }
            taken.push(Share { to, ..share });
            if to < share.to {
                waiting.push_front(Share { from: to, ..share });
            }
        }
        taken
    }

    fn steps(&self, vertex: &Vertex<'a>, shares: &[Share]) -> Vec<Step> {
        let some: Vec<GrantChange> = shares.iter().map(|share| share.of(&self.work.changes.grants)).collect();
        let some: Vec<&GrantChange> = some.iter().collect();
        match vertex {
            Vertex::RevokeGrants(place, _) => (self.write)(&Batch::RevokeGrants(place, some)),
            Vertex::AddGrants(place, _) => (self.write)(&Batch::AddGrants(place, some)),
            Vertex::RevokeMembership(_)
            | Vertex::Aside(_)
            | Vertex::Rename(_)
            | Vertex::Renamed
            | Vertex::Create(_)
            | Vertex::HandOver(..)
            | Vertex::MembershipsRevoked
            | Vertex::GrantMembership(_)
            | Vertex::Finish(_)
            | Vertex::Sessions(_)
            | Vertex::Disown(..)
            | Vertex::Drop(_) => Vec::new(),
        }
    }
}

fn empty(database: &DatabaseName, half: Half) -> Part {
    let transaction = TransactionPlan { database: database.clone(), shared: false, steps: Vec::new() };
    Part { transaction, half, shares: Vec::new() }
}
