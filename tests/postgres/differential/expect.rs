//! What a server shall hold after a configuration was applied, worked out anew from PostgreSQL's
//! manual and the rules of the language.
//!
//! Not here: how the server gets there. Invariant: nothing of the engine is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::gift::{Gift, Reach};
use super::ground::{Ground, Spot};
use super::kind::{Kind, future};
use super::read::{Entry, Joined, World};
use super::wish::{Wanted, Wish};

/// All that declared roles shall be and hold.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) entries: BTreeSet<Entry>,
    /// On what PUBLIC is managed.
    pub(crate) public: BTreeSet<Spot>,
    pub(crate) roles: BTreeMap<String, String>,
    pub(crate) memberships: BTreeSet<Joined>,
    pub(crate) settings: BTreeSet<(String, String, String)>,
}

/// What holds after a wish was fulfilled in a world where PUBLIC was given some things before.
pub(crate) fn expected(ground: &Ground, world: &World, (wish, given): (&Wish, &BTreeSet<Entry>)) -> Expected {
    let mut expected = Expected::default();
    everybody(ground, world, (wish, given), &mut expected);
    for (at, name, wanted) in wish.declared(ground) {
        let mut holds = Holds::new(ground, world, name);
        wanted.gifts().for_each(|gift| holds.take(gift));
        expected.entries.extend(holds.entries());
        expected.roles.insert(name.to_owned(), attributes(wanted));
        expected.memberships.extend(memberships(ground, wish, (at, name), wanted));
        expected.settings.extend(wanted.set(ground).into_iter().map(|(database, (parameter, _, stored))| {
            (name.to_owned(), database.to_owned(), format!("{parameter}={stored}"))
        }));
    }
    expected
}

/// What one role holds: privilege by thing and grantor, and whether it may hand it on.
struct Holds<'a> {
    ground: &'a Ground,
    world: &'a World,
    name: &'a str,
    found: BTreeMap<(Spot, &'static str, String), bool>,
    /// What its gifts select.
    selected: BTreeSet<Spot>,
}

/// What PUBLIC holds where it is managed. What was given beyond what is built in, on things that are no
/// longer selected, is taken back, and nothing else there.
fn everybody(
    ground: &Ground,
    world: &World,
    (wish, given): (&Wish, &BTreeSet<Entry>),
    expected: &mut Expected,
) {
    let mut holds = Holds::new(ground, world, "");
    let gifts = wish.public.iter().flat_map(|public| public.selected(ground));
    gifts.for_each(|gift| holds.take(&gift));
    let tables: BTreeSet<Spot> =
        holds.selected.iter().filter(|spot| spot.kind == Kind::Table).cloned().collect();
    let columns = world.acls.keys().filter(|spot| {
        spot.kind == Kind::Column
            && tables.contains(&Spot { kind: Kind::Table, part: String::new(), ..(*spot).clone() })
    });
    let public: BTreeSet<Spot> = holds.selected.iter().chain(columns).cloned().collect();
    // What a gift implies counts only where PUBLIC is managed anyway.
    expected.entries.extend(holds.entries().filter(|entry| public.contains(&entry.spot)));
    let beyond = given.iter().filter(|entry| !built_in(&entry.spot, &entry.privilege));
    let back: BTreeSet<&Spot> =
        beyond.map(|entry| &entry.spot).filter(|spot| !public.contains(spot)).collect();
    for entry in world.entries.iter().filter(|entry| entry.grantee.is_empty() && back.contains(&entry.spot)) {
        if built_in(&entry.spot, &entry.privilege) {
            let grantor = world.owner(&entry.spot, ground).to_owned();
            expected.entries.insert(Entry { grantor, ..entry.clone() });
        }
    }
    expected.public = public.iter().chain(back).cloned().collect();
}

/// Whether PUBLIC holds it while nobody has said anything.
fn built_in(spot: &Spot, privilege: &str) -> bool {
    match spot.kind {
        Kind::Database => matches!(privilege, "CONNECT" | "TEMPORARY"),
        Kind::Routine => privilege == "EXECUTE",
        Kind::Type | Kind::Language => privilege == "USAGE",
        Kind::Default => spot.schema.is_empty() && matches!(spot.part.as_str(), "f" | "T"),
        _ => false,
    }
}

impl<'a> Holds<'a> {
    fn new(ground: &'a Ground, world: &'a World, name: &'a str) -> Holds<'a> {
        Holds { ground, world, name, found: BTreeMap::new(), selected: BTreeSet::new() }
    }

    fn take(&mut self, gift: &Gift) {
        let (spot, reach) = (gift.spot(self.ground), gift.reach(self.ground));
        let things: Vec<Spot> = gift.things(self.ground).into_iter().cloned().collect();
        let words = gift.words(self.ground, self.name);
        let by = gift.grantor(self.ground, self.name);
        for thing in &things {
            self.hold_by(by, thing, (&words, gift.option));
        }
        self.selected.extend(things.iter().cloned());
        let schemas = self.schemas(spot, reach);
        for creator in gift.creators(self.ground) {
            let (_, letter, ..) = *future(spot.kind, self.ground.version).expect("it has such");
            let places = if reach == Reach::Database { vec![String::new()] } else { schemas.clone() };
            for schema in places {
                let (database, part) = (spot.database.clone(), letter.to_owned());
                let row = Spot { kind: Kind::Default, database, schema, name: creator.to_owned(), part };
                self.hold(&row, &words, gift.option);
                self.selected.insert(row);
            }
        }
        if gift.implied && !spot.kind.is_shared() && !words.is_empty() {
            self.imply(&spot.database, (&things, &schemas), &words);
        }
    }

    /// The schemas that a gift looks into.
    fn schemas(&self, spot: &Spot, reach: Reach) -> Vec<String> {
        let all = self
            .ground
            .things
            .iter()
            .filter(|other| other.kind == Kind::Schema && other.database == spot.database);
        match reach {
            _ if !spot.kind.in_schema() => Vec::new(),
            Reach::Thing | Reach::Schema => vec![spot.schema.clone()],
            Reach::Database => all.map(|schema| schema.schema.clone()).collect(),
        }
    }

    /// USAGE on schemas, CONNECT on the database, USAGE on sequences that an INSERT would use.
    fn imply(&mut self, database: &str, (things, schemas): (&[Spot], &[String]), words: &[&'static str]) {
        for schema in schemas {
            let (schema, empty) = (schema.clone(), String::new());
            let spot = Spot {
                kind: Kind::Schema,
                database: database.to_owned(),
                schema,
                name: empty.clone(),
                part: empty,
            };
            self.hold(&spot, &["USAGE"], false);
        }
        let empty = String::new();
        let spot = Spot {
            kind: Kind::Database,
            database: empty.clone(),
            schema: empty.clone(),
            name: database.to_owned(),
            part: empty,
        };
        self.hold(&spot, &["CONNECT"], false);
        let writes = words.contains(&"INSERT") || words.contains(&"UPDATE");
        for table in things.iter().filter(|spot| writes && matches!(spot.kind, Kind::Table | Kind::Column)) {
            let of_table = |(owner, _): &&(Spot, Spot)| {
                Spot { part: String::new(), kind: Kind::Table, ..table.clone() } == *owner
            };
            for (_, sequence) in self.world.behind.iter().filter(of_table) {
                self.hold(sequence, &["USAGE"], false);
            }
        }
    }

    fn hold(&mut self, spot: &Spot, words: &[&'static str], option: bool) {
        self.hold_by(None, spot, (words, option));
    }

    /// By a grant of somebody, or else of the owner.
    fn hold_by(&mut self, by: Option<&str>, spot: &Spot, (words, option): (&[&'static str], bool)) {
        // People may have dropped it since the plan was made.
        if spot.kind.is_movable() && !self.world.acls.contains_key(spot) {
            return;
        }
        let owner = self.world.owner(spot, self.ground);
        if owner == self.name {
            return;
        }
        let grantor = by.unwrap_or(owner);
        for word in words {
            *self.found.entry((spot.clone(), word, grantor.to_owned())).or_insert(false) |= option;
        }
    }

    fn entries(self) -> impl Iterator<Item = Entry> + 'a {
        let name = self.name;
        self.found.into_iter().map(move |((spot, privilege, grantor), grantable)| Entry {
            grantee: name.to_owned(),
            grantor,
            privilege: privilege.to_owned(),
            grantable,
            spot,
        })
    }
}

fn attributes(wanted: &Wanted) -> String {
    let words = [
        (!wanted.is(0), "login"),
        (!wanted.is(1), "inherit"),
        (wanted.is(2), "createdb"),
        (wanted.is(3), "createrole"),
        (wanted.is(4), "replication"),
        (wanted.is(5), "bypassrls"),
        (true, if wanted.is(6) { "7" } else { "-1" }),
        (wanted.is(7), "2031-05-06T07:08:09Z"),
        (wanted.is(8), "it's \\ \"declared\"\n ${x}"),
    ];
    words.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

fn memberships(ground: &Ground, wish: &Wish, (at, name): (usize, &str), wanted: &Wanted) -> Vec<Joined> {
    let joins = wish.joins((at, wanted), ground).into_iter().map(|(role, options)| {
        let [admin, inherit, set] = options.unwrap_or([false, !wanted.is(1), true]);
        let recent = ground.version >= 16;
        Joined {
            member: name.to_owned(),
            role: role.to_owned(),
            grantor: if recent { ground.superuser.clone() } else { String::new() },
            admin,
            inherit: inherit || !recent,
            set: set || !recent,
        }
    });
    joins.collect()
}
