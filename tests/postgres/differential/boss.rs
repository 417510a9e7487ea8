//! An administrator that is no superuser: what it is, and what it owns.
//!
//! Not here: what it may therefore do, which the server knows. Invariant: whatever it is, it may connect.

use proptest::prelude::*;

use super::deed::words;
use super::ground::{Ground, MANAGED, Spot};
use super::kind::Kind;
use super::names::{ident, literal};
use super::story::Chapter;
use super::wish::{Wanted, Wish};

/// What an administrator may; numbers choose.
#[derive(Clone, Debug)]
pub(crate) struct Boss {
    /// A bit for each attribute.
    attributes: u8,
    /// A bit for each role that it may not administer.
    barred: u16,
    /// A bit for each role that it is no member of.
    apart: u16,
    /// Which things are not its own, by remainder; 0: all are.
    foreign: usize,
    /// Whether it is asked for what no administrator of its kind may do.
    daring: bool,
    /// Whether others do only what it may undo.
    calm: bool,
}

/// Its name, after the tenant's prefix.
pub(crate) const NAME: &str = "boss";

/// Its password.
pub(crate) const PASSWORD: &str = "secret";

/// Bits of attributes that an administrator must have to give: CREATEDB, REPLICATION, BYPASSRLS.
const PRIVILEGED: u16 = 0b11_0100;

/// Bits of the setting that no server knows, here and in a database.
const UNKNOWN_PARAMETER: u16 = 0b100_0100;

/// What superusers do in a chapter at most: it stands in the way of other administrators.
const DEEDS: usize = 1;

/// Any administrator.
pub(crate) fn boss() -> BoxedStrategy<Boss> {
    let few = || prop_oneof![8 => Just(0_u16), 1 => (any::<u16>(), any::<u16>()).prop_map(|(a, b)| a & b)];
    let foreign = prop_oneof![5 => Just(0_usize), 1 => 2..60_usize];
    let boss = (any::<u8>(), few(), few(), foreign, any::<u8>());
    boss.prop_map(|(attributes, barred, apart, foreign, daring)| {
        let (daring, calm) = (daring % 4 == 3, daring % 8 < 5);
        Boss { attributes, barred, apart, foreign, daring, calm }
    })
    .boxed()
}

impl Boss {
    /// What makes it so: at home first, then in each database.
    pub(crate) fn sql(&self, ground: &Ground) -> Vec<String> {
        let name = ident(&format!("{}{NAME}", ground.prefix));
        let is = |bits: u16, at: usize| bits >> at & 1 == 1;
        let mut home = format!("CREATE ROLE {name} LOGIN CREATEROLE PASSWORD {}", literal(PASSWORD));
        for (bit, word) in ["CREATEDB", "REPLICATION", "BYPASSRLS"].into_iter().enumerate() {
            let word = if is(self.attributes.into(), bit) { word } else { "" };
            home.push_str(&format!(" {word}"));
        }
        for (at, role) in ground.roles.iter().enumerate().filter(|(at, _)| !is(self.barred, *at)) {
            // Managed roles are administered and not joined.
            let joins = !MANAGED.contains(&at) && !is(self.apart, at);
            let options = match (ground.version, joins) {
                (16.., true) => " WITH ADMIN TRUE",
                (16.., false) => " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
                (_, true) => "",
                (_, false) => continue,
            };
            home.push_str(&format!("; GRANT {} TO {name}{options}", ident(role)));
        }
        // A superuser must own foreign-data wrappers, and parameters; columns and rows of sequences follow
        // their table.
        let gives = |spot: &Spot| match spot.kind {
            Kind::Wrapper | Kind::Parameter => {
                format!("GRANT {} TO {name} WITH GRANT OPTION", words(ground, spot, u16::MAX))
            }
            _ => ground.gives(spot, &name),
        };
        let given = |database: &str| {
            let here = ground.things.iter().filter(|spot| spot.database == database);
            let here = here.filter(|spot| self.owns(ground, spot));
            let here = here.filter(|spot| spot.kind != Kind::Column && !spot.is_behind());
            here.map(gives).collect::<Vec<_>>().join("; ")
        };
        let inside = ground.databases.iter().map(|database| given(database));
        std::iter::once(format!("{home}; {}", given(""))).chain(inside).collect()
    }

    /// Leaves out of a chapter what only superusers may do, and most of what they did.
    pub(crate) fn tame(&self, chapter: Chapter) -> Chapter {
        if self.daring {
            return chapter;
        }
        let Chapter { wish, mut deeds, mut meddling } = chapter;
        for deeds in [&mut deeds, &mut meddling] {
            deeds.retain(|deed| !self.calm || deed.is_of_owners());
        }
        let tame = |wanted: Wanted| Wanted {
            attributes: wanted.attributes & !PRIVILEGED,
            settings: wanted.settings & !UNKNOWN_PARAMETER,
            ..wanted
        };
        let wish = Wish { roles: wish.roles.into_iter().map(|role| role.map(tame)).collect(), ..wish };
        Chapter { wish, deeds: deeds.into_iter().take(DEEDS).collect(), meddling }
    }

    fn owns(&self, ground: &Ground, spot: &Spot) -> bool {
        let at = ground.things.iter().position(|other| other == spot);
        self.foreign == 0 || at.is_some_and(|at| at % self.foreign != 1)
    }
}
