//! Plays stories on one server.
//!
//! Invariant: a story begins on fresh databases and with roles that hold nothing.

use std::fmt::Write as _;

use test_support::cluster::Cluster;

use super::boss;
use super::fresh;
use super::ground::Ground;
use super::read::Eyes;
use super::scene::Scene;
use super::story::Story;
use crate::lab::Lab;

/// One server, and what was played on it.
pub(crate) struct Stage {
    cluster: &'static Cluster,
    ground: Ground,
    eyes: Eyes,
    tally: Tally,
}

/// How much was tried.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) pairs: usize,
    pub(crate) statements: usize,
    pub(crate) deeds: usize,
    pub(crate) undone: usize,
    pub(crate) refused: usize,
    pub(crate) stale: usize,
    /// Under an administrator of limited powers, and refused to it.
    pub(crate) limited: usize,
    pub(crate) barred: usize,
}

impl Stage {
    /// The ground is made on a server.
    pub(crate) fn new(cluster: &'static Cluster, ground: Ground) -> Stage {
        let eyes = fresh::make(&ground, cluster);
        Stage { cluster, ground, eyes, tally: Tally::default() }
    }

    /// Plays a story; how it went wrong, if it did.
    pub(crate) fn play(&mut self, story: &Story) -> Result<(), String> {
        fresh::reset(&self.ground, &mut self.eyes, story.boss.as_ref());
        let lab = Lab::beside(self.cluster, self.ground.prefix.clone());
        let superuser = story.boss.is_none();
        let lab = if superuser { lab } else { lab.administered_by(boss::NAME, boss::PASSWORD) };
        let mut scene = Scene::new(self.ground.clone(), (lab, superuser), (&mut self.eyes, &mut self.tally));
        for sql in story.boss.iter().flat_map(|boss| boss.sql(&self.ground)) {
            let _ = writeln!(scene.told, "/* of the administrator */ {sql};");
        }
        for (number, chapter) in story.chapters.iter().enumerate() {
            let _ = writeln!(scene.told, "# chapter {number}");
            let played = scene.chapter(chapter);
            played.map_err(|wrong| {
                format!("on PostgreSQL {}:\n{wrong}\n\n{}", scene.ground.version, scene.told)
            })?;
        }
        Ok(())
    }

    /// Cleans up, and tells what was tried.
    #[expect(clippy::print_stderr, reason = "how much was tried is part of the result")]
    pub(crate) fn leave(self, wanted: usize) {
        fresh::leave(&self.ground, self.eyes);
        let Tally { pairs, statements, deeds, undone, refused, stale, limited, barred } = self.tally;
        eprintln!(
            "differential: {pairs} pairs on PostgreSQL {}, {statements} statements applied; {deeds} deeds by hand, \
             {undone} of them refused by the server; {refused} plans refused to superusers, {barred} of {limited} to others; {stale} stale",
            self.ground.version
        );
        // Half as many where one seed is repeated.
        assert!(pairs * 2 >= wanted, "only {pairs} pairs were tried");
        assert!(limited < 16 || barred < limited, "all of {barred} were refused: stories lost their meaning");
        assert!(undone * 2 < deeds, "{undone} of {deeds} deeds were refused: stories lost their meaning");
        assert!(refused * 2 < pairs, "{refused} of {pairs} plans were refused: stories lost their meaning");
    }
}
