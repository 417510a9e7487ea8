//! Plays stories on one server.
//!
//! Invariant: a story begins on fresh databases and with roles that hold nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use engine::catalog::{Catalog, Grants, Password};
use engine::code::Code;
use engine::plan::Plan;
use engine::resolve::Options;
use engine::testing::interpreter::interpret;
use test_support::cluster::Cluster;

use super::boss;
use super::deed::Deed;
use super::effect::contradictions;
use super::expect::expected;
use super::fresh;
use super::ground::Ground;
use super::judge::Run;
use super::read::{Entry, Eyes, World};
use super::refusal::{Refused, is_of_the_server};
use super::story::{Chapter, Story};
use super::told::untruths;
use super::wish::Wish;
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
    stale: usize,
    /// Under an administrator of limited powers, and refused to it.
    limited: usize,
    barred: usize,
}

/// A story on its way.
struct Scene<'a> {
    /// What there is by now.
    ground: Ground,
    /// What happened so far, to be read and tried by hand.
    told: String,
    lab: Lab<'a>,
    /// Whether the administrator is one.
    superuser: bool,
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
        fresh::reset(&self.ground, &mut self.eyes, story.boss.as_ref());
        let lab = Lab::beside(self.cluster, self.ground.prefix.clone());
        let superuser = story.boss.is_none();
        let mut scene = Scene {
            ground: self.ground.clone(),
            told: String::new(),
            lab: if superuser { lab } else { lab.administered_by(boss::NAME, boss::PASSWORD) },
            superuser,
            eyes: &mut self.eyes,
            recorded: BTreeSet::new(),
            given: BTreeSet::new(),
            tally: &mut self.tally,
        };
        for sql in story.boss.iter().flat_map(|boss| boss.sql(&self.ground)) {
            let _ = writeln!(scene.told, "/* of the administrator */ {sql};");
        }
        scene.look();
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

impl Scene<'_> {
    fn chapter(&mut self, chapter: &Chapter) -> Result<(), String> {
        self.tally.pairs += 1;
        self.tally.limited += usize::from(!self.superuser);
        self.by_hand(&chapter.deeds);
        let hcl = chapter.wish.hcl(&self.ground);
        let _ = writeln!(self.told, "# wanted\n{hcl}");
        let Some((made, before)) = self.plan(&chapter.wish, &hcl)? else { return Ok(()) };
        interpreted(&made, self.superuser)?;
        let planned = self.ground.clone();
        self.by_hand(&chapter.meddling);
        let before = if chapter.meddling.is_empty() { before } else { self.eyes.read(&self.ground) };
        match self.lab.try_apply(&hcl, &made) {
            Ok(_) => self.tally.statements += statements(&made),
            Err(error) if !chapter.meddling.is_empty() && error.code == Code::SAV008 => {
                self.tally.stale += 1;
                let after = self.eyes.read(&self.ground);
                if before != after {
                    return Err(format!("a stale plan changed something: {before:#?}\nbecame\n{after:#?}"));
                }
                return self.again(chapter);
            }
            Err(error) => {
                return Err(format!("{}: {}\n{}", error.summary, error.detail, self.lab.text(&made)));
            }
        }
        self.judge((chapter, &planned), (&made, &before))?;
        if chapter.meddling.iter().any(Deed::moves) {
            return self.again(chapter);
        }
        let next = self.lab.try_plan(&hcl, Options::default())?;
        if next.is_noop() {
            Ok(())
        } else {
            Err(format!("the next plan is not empty:\n{}", self.lab.text(&next)))
        }
    }

    /// The same is wanted of what there is now, and nobody does anything meanwhile.
    fn again(&mut self, chapter: &Chapter) -> Result<(), String> {
        let (deeds, meddling) = (Vec::new(), Vec::new());
        self.chapter(&Chapter { deeds, meddling, wish: chapter.wish.clone() })
    }

    fn by_hand(&mut self, deeds: &[Deed]) {
        for deed in deeds {
            let (at, sql) = deed.sql(&self.ground);
            self.tally.deeds += 1;
            let _ = write!(self.told, "/* in {} */ {sql};", self.ground.databases[at].escape_debug());
            match self.eyes.inside[at].run(&sql) {
                Ok(_) if deed.moves() => self.look(),
                Ok(_) => {}
                Err(error) => {
                    self.tally.undone += 1;
                    let _ = write!(self.told, " -- refused: {error}");
                }
            }
            self.told.push('\n');
        }
    }

    fn look(&mut self) {
        let world = self.eyes.read(&self.ground);
        self.ground.look(&world);
    }

    /// The plan, and the world that it was made in; none where its administrator may not do it.
    fn plan(&mut self, wish: &Wish, hcl: &str) -> Result<Option<(Plan, World)>, String> {
        let before = self.eyes.read(&self.ground);
        let messages = match self.lab.try_plan(hcl, Options::default()) {
            Ok(made) => return Ok(Some((made, before))),
            Err(messages) => messages,
        };
        if !self.superuser {
            self.tally.barred += 1;
            let known = is_of_the_server(&messages);
            return if known { Ok(None) } else { Err(format!("refused without a cause:\n{messages}")) };
        }
        self.tally.refused += 1;
        let expected = &expected(&self.ground, &before, (wish, &self.given));
        let (roles, dropped) = (&self.roles(wish), &self.dropped(wish));
        let refused = Refused { ground: &self.ground, roles, dropped, before: &before, expected };
        refused.cause(self.eyes, &messages)?;
        refused.clear_the_way(self.eyes);
        let before = self.eyes.read(&self.ground);
        Ok(Some((self.lab.try_plan(hcl, Options::default())?, before)))
    }

    /// What came of a plan, and remembers it.
    fn judge(
        &mut self,
        (chapter, planned): (&Chapter, &Ground),
        (made, before): (&Plan, &World),
    ) -> Result<(), String> {
        let after = self.eyes.read(&self.ground);
        let expected = expected(planned, before, (&chapter.wish, &self.given));
        let (ground, public, superuser) = (&self.ground, &expected.public, self.superuser);
        let (roles, dropped) = (&self.roles(&chapter.wish), &self.dropped(&chapter.wish));
        let run = Run { ground, roles, dropped, public, before, after: &after, superuser };
        let mut wrongs = run.wrongs(&expected);
        wrongs.extend(contradictions(&self.ground, self.eyes, (&after, roles)));
        if chapter.meddling.is_empty() {
            wrongs.extend(untruths(&run, made));
        }
        if !wrongs.is_empty() {
            return Err(format!("{}\n{}", wrongs.join("\n"), self.lab.text(made)));
        }
        self.recorded = declared(&chapter.wish, &self.ground);
        let given = after
            .entries
            .into_iter()
            .filter(|entry| entry.grantee.is_empty() && public.contains(&entry.spot));
        self.given = given.collect();
        Ok(())
    }

    /// The roles of a run.
    fn roles(&self, wish: &Wish) -> BTreeSet<String> {
        self.recorded.union(&declared(wish, &self.ground)).cloned().collect()
    }

    /// Those of them that it drops.
    fn dropped(&self, wish: &Wish) -> BTreeSet<String> {
        self.recorded.difference(&declared(wish, &self.ground)).cloned().collect()
    }
}

fn declared(wish: &Wish, ground: &Ground) -> BTreeSet<String> {
    wish.declared(ground).map(|(_, name, _)| name.to_owned()).collect()
}

fn statements(made: &Plan) -> usize {
    made.resources.values().map(|plan| plan.stages.statements().count()).sum()
}

/// The engine's interpreter comes to the outcome that the plan promises. Only superusers see passwords.
fn interpreted(made: &Plan, superuser: bool) -> Result<(), String> {
    let seen = |catalog: &Catalog| {
        let mut catalog = occupied(catalog);
        for role in catalog.roles.values_mut().filter(|_| !superuser) {
            role.password = Password::Unknown;
        }
        catalog
    };
    for plan in made.resources.values() {
        let (after, promised) = (seen(&interpret(&plan.changes, &plan.before)), seen(&plan.after));
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
