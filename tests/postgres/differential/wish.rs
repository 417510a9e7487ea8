//! What a configuration says: some roles, what they may do, and what PUBLIC may.
//!
//! Not here: what that means on a server (`expect`). Invariant: every wish is a configuration
//! without mistakes, which a server of the ground's version can fulfil.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::cast::{Called, Names};
use super::everybody::{Everybody, everybody};
use super::gift::{Gift, gift};
use super::ground::{Ground, MANAGED};
use super::names::hcl;

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
    /// Whether it has its access from those that it is a member of alone; then its gifts are not said.
    pub(crate) external: bool,
    pub(crate) memberships: Vec<(usize, u8)>,
    pub(crate) gifts: Vec<Gift>,
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

/// What roles may be set to: in HCL, and as the server stores it.
pub(crate) const SETTINGS: [(&str, &str, &str); 4] = [
    ("work_mem", "8MB", "8MB"),
    ("search_path", "\"select\", \"a.b \"\"c\"\"\"", "\"select\", \"a.b \"\"c\"\"\""),
    ("my.motto", "it's; \"fine\" \\ \n ${x}", "it's; \"fine\" \\ \n ${x}"),
    ("statement_timeout", "30s", "30s"),
];

/// Any wish.
pub(crate) fn wish() -> BoxedStrategy<Wish> {
    let usual = prop_oneof![2 => Just(0_u16), 1 => any::<u16>()];
    let external = prop_oneof![6 => Just(false), 1 => Just(true)];
    let wanted = (usual.clone(), usual, external, vec((0..100_usize, any::<u8>()), 0..3), vec(gift(), 0..5));
    let wanted = wanted.prop_map(|(attributes, settings, external, memberships, gifts)| Wanted {
        attributes,
        settings,
        external,
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
        let called = |(at, name, wanted): (usize, &str, &Wanted)| {
            let called = Called { name: name.to_owned(), external: wanted.external };
            (self.label(at).to_owned(), called)
        };
        declared.map(called).collect()
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

    /// What it holds by grants that the configuration speaks of.
    pub(crate) fn gifts(&self) -> impl Iterator<Item = &Gift> {
        self.gifts.iter().filter(|_| !self.external)
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
        let joined = if self.external { "type = \"external\"\n  source_role" } else { "member_of" };
        let _ = writeln!(out, "  {joined} = [{}]", each.collect::<Vec<_>>().join(", "));
        self.gifts().for_each(|gift| gift.write(ground, &ground.roles[at], out));
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
