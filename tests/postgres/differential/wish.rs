//! What a configuration says: some roles, what they may do, and what PUBLIC may.
//!
//! Not here: what that means on a server (`expect`). Invariant: every wish is a configuration
//! without mistakes, which a server of the ground's version can fulfil.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::cast::Names;
use super::everybody::{Everybody, everybody};
use super::ground::{Ground, MANAGED, Spot};
use super::kind::{Kind, future};
use super::names::{hcl, ident, pattern};

/// What a configuration says; roles by number, `None`: it does not declare it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) roles: Vec<Option<Wanted>>,
    /// A row of `LABELS`.
    pub(crate) labels: usize,
    pub(crate) public: Option<Everybody>,
}

/// What a role shall be and hold.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// A bit for each attribute.
    pub(crate) attributes: u16,
    pub(crate) settings: u16,
    pub(crate) memberships: Vec<(usize, u8)>,
    pub(crate) gifts: Vec<Gift>,
}

/// One grant block; numbers choose, modulo what there is.
#[derive(Clone, Debug)]
pub(crate) struct Gift {
    pub(crate) thing: usize,
    pub(crate) bits: u16,
    /// Only the thing, all of its kind in its schema, or in its database.
    pub(crate) reach: u8,
    pub(crate) option: bool,
    pub(crate) implied: bool,
    /// Whose future things too.
    pub(crate) creators: Vec<usize>,
}

/// The labels of the blocks, in order of the roles: when they change, roles get other names.
const LABELS: [[&str; MANAGED.end - MANAGED.start]; 6] = [
    ["m1", "m2", "m3"],
    ["m2", "m1", "m3"],
    ["m2", "m3", "m1"],
    ["m3", "m1", "m2"],
    ["m1", "m3", "m4"],
    ["x1", "x2", "x3"],
];

/// A role to be a member of, with ADMIN, INHERIT and SET where they are said.
pub(crate) type Join<'a> = (&'a str, Option<[bool; 3]>);

/// How far a gift reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Thing,
    Schema,
    Database,
}

/// What roles may be set to: in HCL, and as the server stores it.
pub(crate) const SETTINGS: [(&str, &str, &str); 4] = [
    ("work_mem", "8MB", "8MB"),
    ("search_path", "\"select\", \"a.b \"\"c\"\"\"", "\"select\", \"a.b \"\"c\"\"\""),
    ("my.motto", "it's; \"fine\" \\ \n ${x}", "it's; \"fine\" \\ \n ${x}"),
    ("statement_timeout", "30s", "30s"),
];

/// Any gift.
pub(crate) fn gift() -> BoxedStrategy<Gift> {
    let gift = (
        (0..1000_usize, any::<u16>(), prop_oneof![5 => Just(0_u8), 2 => Just(1), 1 => Just(2)]),
        (any::<u8>(), any::<u8>()),
        prop_oneof![4 => Just(Vec::new()), 1 => vec(0..100_usize, 1..3)],
    );
    gift.prop_map(|((thing, bits, reach), (option, implied), creators)| Gift {
        thing,
        bits,
        reach,
        option: option % 4 == 3,
        implied: implied % 4 != 3,
        creators,
    })
    .boxed()
}

/// Any wish.
pub(crate) fn wish() -> BoxedStrategy<Wish> {
    let usual = prop_oneof![2 => Just(0_u16), 1 => any::<u16>()];
    let wanted = (usual.clone(), usual, vec((0..100_usize, any::<u8>()), 0..3), vec(gift(), 0..5));
    let wanted = wanted.prop_map(|(attributes, settings, memberships, gifts)| Wanted {
        attributes,
        settings,
        memberships,
        gifts,
    });
    let maybe = prop_oneof![1 => Just(None), 6 => wanted.prop_map(Some)];
    let public = prop_oneof![2 => Just(None), 1 => everybody().prop_map(Some)];
    let labels = prop_oneof![6 => Just(0_usize), 4 => 0..LABELS.len()];
    (vec(maybe, MANAGED.len()), labels, public)
        .prop_map(|(roles, labels, public)| Wish { roles, labels, public })
        .boxed()
}

impl Wish {
    /// The roles that it declares: name and what it says.
    pub(crate) fn declared<'a>(
        &'a self,
        ground: &'a Ground,
    ) -> impl Iterator<Item = (usize, &'a str, &'a Wanted)> {
        let all = MANAGED.zip(&self.roles);
        all.filter_map(|(at, wanted)| Some((at, ground.roles[at].as_str(), wanted.as_ref()?)))
    }

    fn label(&self, at: usize) -> &'static str {
        LABELS[self.labels][at - MANAGED.start]
    }

    /// The names that it gives to roles.
    pub(crate) fn names(&self, ground: &Ground) -> Names {
        let declared = self.declared(ground);
        declared.map(|(at, name, _)| (self.label(at).to_owned(), name.to_owned())).collect()
    }

    /// What the role with this number is a member of; never of roles that may be gone.
    pub(crate) fn joins<'a>(&self, (at, wanted): (usize, &Wanted), ground: &'a Ground) -> Vec<Join<'a>> {
        let declared = |role: usize| role >= MANAGED.end || self.roles[role - MANAGED.start].is_some();
        let later: Vec<usize> = (at + 1..ground.roles.len()).filter(|role| declared(*role)).collect();
        let mut joins: Vec<Join<'_>> = Vec::new();
        for (number, bits) in &wanted.memberships {
            let role = ground.roles[later[number % later.len()]].as_str();
            let is = |bit: u8| bits >> bit & 1 == 1;
            let options = is(3).then(|| [is(0), is(1), is(2)]);
            if joins.iter().all(|(known, _)| *known != role) {
                joins.push((role, options));
            }
        }
        joins
    }

    /// The configuration.
    pub(crate) fn hcl(&self, ground: &Ground) -> String {
        let mut out = String::new();
        for (at, name, wanted) in self.declared(ground) {
            let _ = writeln!(
                out,
                "role \"{}\" {{\n  resource = postgres.main\n  name = {}\n  adopt = true",
                self.label(at),
                hcl(name)
            );
            let joins = self.joins((at, wanted), ground);
            wanted.write((at, &joins), ground, &mut out);
            out.push_str("}\n");
        }
        if let Some(public) = &self.public {
            public.write(ground, &mut out);
        }
        out
    }
}

impl Wanted {
    pub(crate) fn is(&self, bit: u8) -> bool {
        self.attributes >> bit & 1 == 1
    }

    fn write(&self, (at, joins): (usize, &[Join<'_>]), ground: &Ground, out: &mut String) {
        let words = ["login", "inherit", "createdb", "createrole", "replication", "bypassrls"];
        // LOGIN and INHERIT are on unless taken.
        for (bit, word) in (0_u8..).zip(words).filter(|(bit, _)| self.is(*bit)) {
            let _ = writeln!(out, "  {word} = {}", bit > 1);
        }
        let more = [
            (6, "connection_limit = 7".to_owned()),
            (7, "valid_until = \"2031-05-06T07:08:09Z\"".to_owned()),
            (8, format!("comment = {}", hcl("it's \\ \"declared\"\n ${x}"))),
        ];
        for (_, line) in more.iter().filter(|(bit, _)| self.is(*bit)) {
            let _ = writeln!(out, "  {line}");
        }
        let password = match self.attributes >> 9 & 3 {
            0 | 1 => "password = \"none\"",
            2 => "password = \"unmanaged\"",
            _ => "",
        };
        let _ = writeln!(out, "  {password}");
        self.write_settings(ground, out);
        let each = joins.iter().map(|(role, options)| {
            let options = match options {
                None => String::new(),
                Some([admin, inherit, set]) => format!(", admin = {admin}, inherit = {inherit}, set = {set}"),
            };
            format!("{{ role = {}{options} }}", hcl(role))
        });
        let _ = writeln!(out, "  member_of = [{}]", each.collect::<Vec<_>>().join(", "));
        self.gifts.iter().for_each(|gift| gift.write(ground, &ground.roles[at], out));
    }

    fn write_settings(&self, ground: &Ground, out: &mut String) {
        let objects = self.set(ground);
        let lines = |place: &str| {
            let of_place = objects.iter().filter(|(within, ..)| *within == place);
            of_place
                .map(|(_, (name, value, _))| format!("{} = {}", hcl(name), hcl(value)))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let _ = writeln!(out, "  settings = {{ {} }}", lines(""));
        let database = &ground.databases[0];
        let _ = writeln!(out, "  database_settings = {{ {} = {{ {} }} }}", hcl(database), lines(database));
    }

    /// What is set: where (empty: everywhere), and which row of `SETTINGS`.
    pub(crate) fn set<'a>(
        &self,
        ground: &'a Ground,
    ) -> Vec<(&'a str, &'static (&'static str, &'static str, &'static str))> {
        let bits = self.settings;
        let chosen = (0..8_u16).filter(|bit| bits >> bit & 1 == 1);
        chosen
            .map(|bit| {
                (if bit < 4 { "" } else { ground.databases[0].as_str() }, &SETTINGS[usize::from(bit % 4)])
            })
            .collect()
    }
}

impl Gift {
    /// The thing that it names.
    pub(crate) fn spot<'a>(&self, ground: &'a Ground) -> &'a Spot {
        &ground.things[self.thing % ground.things.len()]
    }

    /// How far it reaches; what is everywhere on a server is only ever named.
    pub(crate) fn reach(&self, ground: &Ground) -> Reach {
        let spot = self.spot(ground);
        match self.reach {
            1 if spot.kind.in_schema() && spot.kind != Kind::Column => Reach::Schema,
            2 if !spot.kind.is_shared() && spot.kind != Kind::Column => Reach::Database,
            _ => Reach::Thing,
        }
    }

    /// Whose future things are meant too, where the kind and the reach have such.
    pub(crate) fn creators<'a>(&self, ground: &'a Ground) -> Vec<&'a str> {
        let spot = self.spot(ground);
        let reach = self.reach(ground);
        let has = future(spot.kind, ground.version).is_some_and(|row| row.3 || reach == Reach::Database);
        // Managed roles may be gone: only strangers are creators.
        let strangers = &ground.roles[MANAGED.end..];
        let some =
            self.creators.iter().filter(|_| has).map(|number| strangers[number % strangers.len()].as_str());
        let mut some: Vec<&str> = some.collect();
        some.sort_unstable();
        some.dedup();
        some
    }

    /// What it gives to a role, or to PUBLIC (empty), which may be given nothing.
    pub(crate) fn words(&self, ground: &Ground, grantee: &str) -> Vec<&'static str> {
        match self.bits {
            0 if grantee.is_empty() => Vec::new(),
            bits => self.spot(ground).kind.some(bits, ground.version),
        }
    }

    /// The block, of a role or of PUBLIC (empty).
    pub(crate) fn write(&self, ground: &Ground, grantee: &str, out: &mut String) {
        let (spot, reach) = (self.spot(ground), self.reach(ground));
        let _ = writeln!(out, "  grant {{");
        if matches!(spot.kind, Kind::Database) {
            let _ = writeln!(out, "    database = {}", hcl(&spot.name));
        } else if !spot.kind.is_shared() {
            let _ = writeln!(out, "    database = {}", hcl(&spot.database));
        }
        if spot.kind.in_schema() {
            let schema = if reach == Reach::Database { "*" } else { &spot.schema };
            let _ = writeln!(out, "    schemas = [{}]", hcl(schema));
        }
        if spot.kind == Kind::Column {
            let _ = writeln!(out, "    tables = [{}]", hcl(&pattern(&spot.name)));
        }
        let selector = spot.kind.facts().selector;
        if !selector.is_empty() {
            let names = if reach == Reach::Thing { ground.selected(spot) } else { "[\"*\"]".to_owned() };
            let _ = writeln!(out, "    {selector} = {names}");
        }
        let words = self.words(ground, grantee);
        let all = words == spot.kind.some(u16::MAX, ground.version);
        let words: Vec<String> =
            if all { vec!["\"ALL\"".to_owned()] } else { words.iter().map(|word| ident(word)).collect() };
        let _ = writeln!(out, "    privileges = [{}]", words.join(", "));
        if self.option {
            let _ = writeln!(out, "    grant_option = true");
        }
        if !self.implied {
            let _ = writeln!(out, "    implied = false");
        }
        let creators: Vec<String> = self.creators(ground).into_iter().map(hcl).collect();
        if !creators.is_empty() {
            let _ = writeln!(out, "    future {{\n      creators = [{}]\n    }}", creators.join(", "));
        }
        let _ = writeln!(out, "  }}");
    }
}
