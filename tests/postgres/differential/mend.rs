//! Mends what only PostgreSQL's own gaps make: grants whose grantor has lost the option for them.
//!
//! They stay on columns when the option on the table goes, and where the grantor is a member of its
//! grantee, which PostgreSQL takes for an option that is still there. Nobody can revoke them, so no
//! plan leads on from there. Invariant: afterwards every grant stands on an option.

use super::ground::{Ground, Spot};
use super::kind::Kind;
use super::names::ident;
use super::read::{Entry, Eyes, World};

/// Gives grantors their options back, and reads the world, mended.
pub(crate) fn read(ground: &Ground, eyes: &mut Eyes) -> World {
    loop {
        let world = eyes.read(ground);
        let dangling = world.entries.iter().filter(|entry| dangles(ground, &world, entry));
        let grants: Vec<(usize, String)> = dangling.map(|entry| grant(ground, entry)).collect();
        for (at, sql) in &grants {
            eyes.inside[*at].run(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        }
        if grants.is_empty() {
            return world;
        }
    }
}

/// Whether the grantor has no option for it.
fn dangles(ground: &Ground, world: &World, entry: &Entry) -> bool {
    let table = Spot { kind: Kind::Table, part: String::new(), ..entry.spot.clone() };
    let option = |other: &Entry| {
        (other.spot == entry.spot || entry.spot.kind == Kind::Column && other.spot == table)
            && other.grantee == entry.grantor
            && other.privilege == entry.privilege
            && other.grantable
    };
    world.owner(&entry.spot, ground) != entry.grantor && !world.entries.iter().any(option)
}

fn grant(ground: &Ground, entry: &Entry) -> (usize, String) {
    let spot = &entry.spot;
    let column = if spot.kind == Kind::Column { format!(" ({})", ident(&spot.part)) } else { String::new() };
    let (privilege, on, grantor) = (&entry.privilege, ground.on(spot), ident(&entry.grantor));
    let at = ground.databases.iter().position(|name| *name == spot.database).unwrap_or(0);
    (at, format!("GRANT {privilege}{column} ON {on} TO {grantor} WITH GRANT OPTION"))
}
