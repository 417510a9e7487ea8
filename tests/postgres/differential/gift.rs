//! A gift: what a role, or PUBLIC, may do with some things; one grant block of a configuration.
//!
//! Not here: what it means on a server (`expect`). Invariant: what it names is there, so that no block is in error.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::ground::{Ground, MANAGED, Spot};
use super::kind::{Kind, future};
use super::names::{self, hcl, ident, pattern};

/// One grant block; numbers choose, modulo what there is.
#[derive(Clone, Debug)]
pub(crate) struct Gift {
    pub(crate) thing: usize,
    pub(crate) bits: u16,
    /// Only the thing, all of its kind in its schema, or in its database.
    pub(crate) reach: u8,
    /// A pattern that is met by the thing's name, for those that it reaches.
    pub(crate) glob: u8,
    /// One of those that it reaches is excepted.
    pub(crate) except: Option<usize>,
    pub(crate) option: bool,
    pub(crate) implied: bool,
    /// Whose future things too.
    pub(crate) creators: Vec<usize>,
    /// In whose name it is granted, if somebody can.
    pub(crate) by: Option<usize>,
}

/// How far a gift reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Thing,
    Schema,
    Database,
}

/// Any gift.
pub(crate) fn gift() -> BoxedStrategy<Gift> {
    let gift = (
        (0..1000_usize, any::<u16>(), prop_oneof![5 => Just(0_u8), 2 => Just(1), 1 => Just(2)]),
        (0..4_u8, prop_oneof![3 => Just(None), 1 => (0..100_usize).prop_map(Some)]),
        (any::<u8>(), any::<u8>()),
        prop_oneof![4 => Just(Vec::new()), 1 => vec(0..100_usize, 1..3)],
        prop_oneof![1 => Just(None), 1 => (0..100_usize).prop_map(Some)],
    );
    gift.prop_map(|((thing, bits, reach), (glob, except), (option, implied), creators, by)| Gift {
        thing,
        bits,
        reach,
        glob,
        except,
        option: option % 4 == 3,
        implied: implied % 4 != 3,
        creators,
        by,
    })
    .boxed()
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

    /// The things that it selects.
    pub(crate) fn things<'a>(&self, ground: &'a Ground) -> Vec<&'a Spot> {
        let (glob, except) = self.patterns(ground);
        let meets =
            |spot: &&Spot, pattern: &str| spot.called().iter().any(|name| names::meets(pattern, name));
        let reached = self.reached(ground).into_iter();
        let some = reached.filter(|spot| glob.as_ref().is_none_or(|glob| meets(spot, glob)));
        some.filter(|spot| except.as_ref().is_none_or(|except| !meets(spot, except))).collect()
    }

    /// The things that it reaches, whatever they are called.
    fn reached<'a>(&self, ground: &'a Ground) -> Vec<&'a Spot> {
        let (spot, reach) = (self.spot(ground), self.reach(ground));
        let same = |other: &&Spot| match reach {
            Reach::Thing => *other == spot,
            Reach::Schema => other.schema == spot.schema,
            Reach::Database => true,
        };
        let alike = |other: &&Spot| other.kind == spot.kind && other.database == spot.database;
        ground.things.iter().filter(alike).filter(same).collect()
    }

    /// What names shall meet, and what they shall not; none where all are meant.
    fn patterns(&self, ground: &Ground) -> (Option<String>, Option<String>) {
        let spot = self.spot(ground);
        if self.reach(ground) == Reach::Thing || !spot.kind.in_schema() {
            return (None, None);
        }
        let mut characters: Vec<char> = spot.name.chars().collect();
        let glob = match self.glob {
            0 | 1 => None,
            2 => characters.first().map(|first| format!("{}*", pattern(&first.to_string()))),
            _ => characters.pop().map(|_| format!("{}?", pattern(&characters.iter().collect::<String>()))),
        };
        let reached = self.reached(ground);
        let except = self.except.map(|number| reached[number % reached.len()].called());
        (glob, except.map(|called| pattern(called.last().expect("it has a name"))))
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

    /// In whose name it is granted: a stranger's whom the owner gave the option for all of it.
    pub(crate) fn grantor<'a>(&self, ground: &'a Ground, grantee: &str) -> Option<&'a str> {
        let (spot, words) = (self.spot(ground), self.words(ground, grantee));
        if grantee.is_empty() || self.reach(ground) != Reach::Thing || !self.creators(ground).is_empty() {
            return None;
        }
        let may = |role: &&String| words.iter().all(|word| ground.may_grant(role, (spot, word)));
        let able: Vec<&String> = ground.roles[MANAGED.end..].iter().filter(may).collect();
        self.by.filter(|_| !able.is_empty()).map(|number| able[number % able.len()].as_str())
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
            let schema = if reach == Reach::Database { "*".to_owned() } else { pattern(&spot.schema) };
            let _ = writeln!(out, "    schemas = [{}]", hcl(&schema));
        }
        if spot.kind == Kind::Column {
            let _ = writeln!(out, "    tables = [{}]", hcl(&pattern(&spot.name)));
        }
        let selector = spot.kind.facts().selector;
        if !selector.is_empty() {
            let (glob, except) = self.patterns(ground);
            let all = || format!("[{}]", hcl(glob.as_deref().unwrap_or("*")));
            let names = if reach == Reach::Thing { ground.selected(spot) } else { all() };
            let _ = writeln!(out, "    {selector} = {names}");
            if let Some(except) = except {
                let _ = writeln!(out, "    except = [{}]", hcl(&except));
            }
        }
        let words = self.words(ground, grantee);
        let all = words == spot.kind.some(u16::MAX, ground.version);
        let words: Vec<String> =
            if all { vec!["\"ALL\"".to_owned()] } else { words.iter().map(|word| ident(word)).collect() };
        let _ = writeln!(out, "    privileges = [{}]", words.join(", "));
        if self.option {
            let _ = writeln!(out, "    grant_option = true");
        }
        if let Some(grantor) = self.grantor(ground, grantee) {
            let _ = writeln!(out, "    granted_by = {}", hcl(grantor));
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
