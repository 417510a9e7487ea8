//! A story: what is done by hand and what is then wanted, chapter after chapter on one server.
//!
//! Every chapter begins with what the last one left, so grants are widened, narrowed and drifted
//! both ways. Not here: playing it (`differential`). Invariant: a story is told by its numbers alone.

use std::fmt::{self, Write as _};

use proptest::collection::vec;
use proptest::prelude::*;

use super::deed::{Deed, deed};
use super::ground::Ground;
use super::wish::{Wish, wish};

/// What people do, and what the configuration says then: one random pair.
#[derive(Clone, Debug)]
pub(crate) struct Chapter {
    pub(crate) deeds: Vec<Deed>,
    pub(crate) wish: Wish,
}

/// Chapters in order.
#[derive(Clone)]
pub(crate) struct Story(pub(crate) Vec<Chapter>);

/// Chapters of a story at most.
pub(crate) const CHAPTERS: usize = 4;

/// Any story.
pub(crate) fn story() -> BoxedStrategy<Story> {
    let chapter = (vec(deed(), 0..16), wish()).prop_map(|(deeds, wish)| Chapter { deeds, wish });
    vec(chapter, CHAPTERS..=CHAPTERS).prop_map(Story).boxed()
}

impl Story {
    /// The story up to a chapter, to be read and tried by hand.
    pub(crate) fn text(&self, ground: &Ground, last: usize) -> String {
        let mut out = String::new();
        for (number, chapter) in self.0[..=last].iter().enumerate() {
            let _ = writeln!(out, "-- chapter {number}, by hand");
            for (at, sql) in chapter.deeds.iter().map(|deed| deed.sql(ground)) {
                let _ = writeln!(out, "/* in {} */ {sql};", ground.databases[at].escape_debug());
            }
            let _ = writeln!(out, "# chapter {number}, wanted\n{}", chapter.wish.hcl(ground));
        }
        out
    }
}

impl fmt::Debug for Story {
    /// Short: the failure tells the story itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a story of {} chapters", self.0.len())
    }
}
