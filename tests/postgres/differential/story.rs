//! A story: what is done by hand and what is then wanted, chapter after chapter on one server.
//!
//! It has an administrator, a superuser or one of limited powers. Every chapter begins with what the last one left, so grants are widened, narrowed and drifted
//! both ways. Not here: playing it (`differential`). Invariant: a story is told by its numbers alone.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;

use super::boss::{Boss, boss};
use super::deed::{Deed, deed};
use super::wish::{Wish, wish};

/// What people do, and what the configuration says then: one random pair.
#[derive(Clone, Debug)]
pub(crate) struct Chapter {
    pub(crate) deeds: Vec<Deed>,
    pub(crate) wish: Wish,
    /// What people do while the plan waits for its apply.
    pub(crate) meddling: Vec<Deed>,
}

/// Chapters in order, and who administers.
#[derive(Clone)]
pub(crate) struct Story {
    /// `None`: the superuser.
    pub(crate) boss: Option<Boss>,
    pub(crate) chapters: Vec<Chapter>,
}

/// Chapters of a story at most.
pub(crate) const CHAPTERS: usize = 4;

/// Any story.
pub(crate) fn story() -> BoxedStrategy<Story> {
    let meddling = prop_oneof![3 => Just(Vec::new()), 1 => vec(deed(), 1..3)];
    let chapter = (vec(deed(), 0..16), wish(), meddling);
    let chapter = chapter.prop_map(|(deeds, wish, meddling)| Chapter { deeds, wish, meddling });
    let boss = prop_oneof![3 => Just(None), 1 => boss().prop_map(Some)];
    let story = (boss, vec(chapter, CHAPTERS..=CHAPTERS));
    story
        .prop_map(|(boss, chapters)| {
            let tame = |chapter: Chapter| match &boss {
                Some(boss) => boss.tame(chapter),
                None => chapter,
            };
            let chapters = chapters.into_iter().map(tame).collect();
            Story { boss, chapters }
        })
        .boxed()
}

impl fmt::Debug for Story {
    /// Short: the failure tells the story itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a story of {} chapters", self.chapters.len())
    }
}
