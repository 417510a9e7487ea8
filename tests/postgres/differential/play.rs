//! Plays stories on one server.
//!
//! Invariant: a story begins on fresh databases and with roles that hold nothing.

use std::collections::BTreeSet;

use engine::catalog::{Catalog, Grants};
use engine::plan::Plan;
use engine::resolve::Options;
use engine::testing::interpreter::interpret;
use test_support::cluster::Cluster;

use super::effect::contradictions;
use super::expect::expected;
use super::fresh;
use super::ground::Ground;
use super::judge::Run;
use super::read::{Entry, Eyes};
use super::refusal::Refused;
use super::story::{Chapter, Story};
use super::told::untruths;
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
struct Tally {
    pairs: usize,
    statements: usize,
    deeds: usize,
    undone: usize,
    refused: usize,
}

/// A story on its way.
struct Scene<'a> {
    ground: &'a Ground,
    lab: Lab<'a>,
    eyes: &'a mut Eyes,
    /// Roles that the state remembers.
    recorded: BTreeSet<String>,
    /// What PUBLIC held where it was managed last.
    given: BTreeSet<Entry>,
    tally: &'a mut Tally,
}

impl Stage {
    /// The ground is made on a server.
    pub(crate) fn new(cluster: &'static Cluster, ground: Ground) -> Stage {
        let eyes = fresh::make(&ground, cluster);
        Stage { cluster, ground, eyes, tally: Tally::default() }
    }

    /// Plays a story; how it went wrong, if it did.
    pub(crate) fn play(&mut self, story: &Story) -> Result<(), String> {
        fresh::reset(&self.ground, &mut self.eyes);
        let mut scene = Scene {
            ground: &self.ground,
            lab: Lab::beside(self.cluster, self.ground.prefix.clone()),
            eyes: &mut self.eyes,
            recorded: BTreeSet::new(),
            given: BTreeSet::new(),
            tally: &mut self.tally,
        };
        for (number, chapter) in story.0.iter().enumerate() {
            scene.chapter(chapter).map_err(|wrong| {
                format!(
                    "on PostgreSQL {}:\n{wrong}\n\n{}",
                    self.ground.version,
                    story.text(&self.ground, number)
                )
            })?;
        }
        Ok(())
    }

    /// Cleans up, and tells what was tried.
    #[expect(clippy::print_stderr, reason = "how much was tried is part of the result")]
    pub(crate) fn leave(self, wanted: usize) {
        fresh::leave(&self.ground, self.eyes);
        let Tally { pairs, statements, deeds, undone, refused } = self.tally;
        eprintln!(
            "differential: {pairs} pairs on PostgreSQL {}, {statements} statements applied; {deeds} deeds by hand, \
             {undone} of them refused by the server; {refused} plans refused and tried again",
            self.ground.version
        );
        // Half as many where one seed is repeated.
        assert!(pairs * 2 >= wanted, "only {pairs} pairs were tried");
        assert!(undone * 2 < deeds, "{undone} of {deeds} deeds were refused: stories lost their meaning");
        assert!(refused * 2 < pairs, "{refused} of {pairs} plans were refused: stories lost their meaning");
    }
}

impl Scene<'_> {
    fn chapter(&mut self, chapter: &Chapter) -> Result<(), String> {
        self.tally.pairs += 1;
        for (at, sql) in chapter.deeds.iter().map(|deed| deed.sql(self.ground)) {
            self.tally.deeds += 1;
            if self.eyes.inside[at].run(&sql).is_err() {
                self.tally.undone += 1;
            }
        }
        let hcl = chapter.wish.hcl(self.ground);
        let declared: BTreeSet<String> =
            chapter.wish.declared(self.ground).map(|(_, name, _)| name.to_owned()).collect();
        let dropped: BTreeSet<String> = self.recorded.difference(&declared).cloned().collect();
        let roles = self.recorded.union(&declared).cloned().collect();
        let mut before = self.eyes.read(self.ground);
        let made = match self.lab.try_plan(&hcl, Options::default()) {
            Ok(made) => made,
            Err(messages) => {
                self.tally.refused += 1;
                let expected = &expected(self.ground, &before, (&chapter.wish, &self.given));
                let (ground, roles, dropped, before_it) = (self.ground, &roles, &dropped, &before);
                let refused = Refused { ground, roles, dropped, before: before_it, expected };
                refused.cause(self.eyes, &messages)?;
                refused.clear_the_way(self.eyes);
                before = self.eyes.read(self.ground);
                self.lab.try_plan(&hcl, Options::default())?
            }
        };
        interpreted(&made)?;
        self.lab
            .try_apply(&hcl, &made)
            .map_err(|error| format!("{}: {}\n{}", error.summary, error.detail, self.lab.text(&made)))?;
        self.tally.statements +=
            made.resources.values().map(|plan| plan.stages.statements().count()).sum::<usize>();
        let after = self.eyes.read(self.ground);
        let expected = expected(self.ground, &before, (&chapter.wish, &self.given));
        let (ground, public) = (self.ground, &expected.public);
        let run = Run { ground, roles: &roles, dropped: &dropped, public, before: &before, after: &after };
        let mut wrongs = run.wrongs(&expected);
        wrongs.extend(contradictions(self.ground, self.eyes, (&after, &roles)));
        wrongs.extend(untruths(&run, &made));
        if !wrongs.is_empty() {
            return Err(format!("{}\n{}", wrongs.join("\n"), self.lab.text(&made)));
        }
        let given = after
            .entries
            .into_iter()
            .filter(|entry| entry.grantee.is_empty() && public.contains(&entry.spot));
        self.given = given.collect();
        self.recorded = declared;
        let next = self.lab.try_plan(&hcl, Options::default())?;
        if next.is_noop() {
            Ok(())
        } else {
            Err(format!("the next plan is not empty:\n{}", self.lab.text(&next)))
        }
    }
}

/// The engine's interpreter comes to the outcome that the plan promises.
fn interpreted(made: &Plan) -> Result<(), String> {
    for plan in made.resources.values() {
        let (after, promised) = (occupied(&interpret(&plan.changes, &plan.before)), occupied(&plan.after));
        if after != promised {
            return Err(format!("interpreted:\n{after:#?}\npromised:\n{promised:#?}"));
        }
    }
    Ok(())
}

/// A picture without the objects on which nobody holds anything.
fn occupied(catalog: &Catalog) -> Catalog {
    let databases = catalog.databases.iter().map(|(name, grants)| (name.clone(), grants.occupied()));
    let databases = databases.filter(|(_, grants)| !Grants::is_empty(grants)).collect();
    Catalog { shared: catalog.shared.occupied(), databases, ..catalog.clone() }
}
