//! A `public` block: on what PUBLIC is managed, and what it holds there.
//!
//! Not here: what becomes of it on a server (`expect`). Invariant: PUBLIC never gets a grant option.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::gift::{Gift, Reach, gift};
use super::ground::{Ground, Spot};
use super::kind::Kind;
use super::names::{hcl, ident};

/// What a `public` block says.
#[derive(Clone, Debug)]
pub(crate) struct Everybody {
    /// The short form: tables, each standing for itself, its schema or its database; one set of
    /// privileges for all. No privilege where its bits are 0, here and in gifts.
    pub(crate) scopes: Vec<Gift>,
    pub(crate) gifts: Vec<Gift>,
}

/// Any block.
pub(crate) fn everybody() -> BoxedStrategy<Everybody> {
    let bits = prop_oneof![Just(0_u16), any::<u16>()];
    let gift = || (gift(), bits.clone()).prop_map(|(gift, bits)| Gift { bits, option: false, ..gift });
    let scopes = (vec(gift(), 0..3), bits.clone()).prop_map(|(scopes, bits)| {
        let same = |scope| Gift {
            bits,
            implied: true,
            creators: Vec::new(),
            glob: 0,
            except: None,
            by: None,
            ..scope
        };
        scopes.into_iter().map(same).collect()
    });
    (scopes, vec(gift(), 0..4)).prop_map(|(scopes, gifts)| Everybody { scopes, gifts }).boxed()
}

impl Everybody {
    /// Everything that it selects, the short form in full: what a whole schema has beside tables is managed
    /// too, and given to nobody.
    pub(crate) fn selected(&self, ground: &Ground) -> Vec<Gift> {
        let mut selected: Vec<Gift> = self.gifts.clone();
        for scope in self.scopes(ground) {
            let table = scope.spot(ground).clone();
            let reach = scope.reach(ground);
            let beside = ground.things.iter().enumerate().filter(|(_, spot)| match reach {
                Reach::Thing => false,
                Reach::Schema => spot.database == table.database && spot.schema == table.schema,
                Reach::Database => spot.database == table.database,
            });
            let inside = beside.filter(|(_, spot)| {
                matches!(spot.kind, Kind::Schema | Kind::Sequence | Kind::Routine | Kind::Type)
            });
            selected.extend(inside.map(|(thing, _)| Gift { thing, bits: 0, reach: 0, ..scope.clone() }));
            selected.push(scope);
        }
        selected
    }

    /// The short form, with tables for whatever was drawn.
    fn scopes(&self, ground: &Ground) -> Vec<Gift> {
        let tables: Vec<usize> =
            (0..ground.things.len()).filter(|at| ground.things[*at].kind == Kind::Table).collect();
        let scope = |scope: &Gift| Gift { thing: tables[scope.thing % tables.len()], ..scope.clone() };
        // People may have dropped all tables.
        self.scopes.iter().filter(|_| !tables.is_empty()).map(scope).collect()
    }

    /// The block.
    pub(crate) fn write(&self, ground: &Ground, out: &mut String) {
        out.push_str("public \"all\" {\n  resource = postgres.main\n");
        let scopes = self.scopes(ground);
        if let Some(first) = scopes.first() {
            let text = |scope: &Gift| {
                let Spot { database, schema, name, .. } = scope.spot(ground);
                let parts: &[&String] = match scope.reach(ground) {
                    Reach::Thing => &[database, schema, name],
                    Reach::Schema => &[database, schema],
                    Reach::Database => &[database],
                };
                hcl(&parts.iter().map(|part| ident(part)).collect::<Vec<_>>().join("."))
            };
            let texts: Vec<String> = scopes.iter().map(text).collect();
            let words: Vec<String> = first.words(ground, "").into_iter().map(ident).collect();
            let _ = writeln!(out, "  scopes = [{}]\n  privileges = [{}]", texts.join(", "), words.join(", "));
        }
        self.gifts.iter().for_each(|gift| gift.write(ground, "", out));
        out.push_str("}\n");
    }
}
