//! A story on its way: chapter after chapter, each a pair of a world and a configuration.
//!
//! Not here: the server and what was tried in all (`play`). Invariant: what happened is told in order, so that a
//! failure can be read and tried by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use engine::catalog::{Catalog, Grants, Password};
use engine::code::Code;
use engine::plan::Plan;
use engine::resolve::Options;
use engine::testing::interpreter::interpret;

use super::cast::{Cast, Names};
use super::deed::Deed;
use super::effect::contradictions;
use super::expect::expected;
use super::ground::Ground;
use super::judge::Run;
use super::play::Tally;
use super::read::{Entry, Eyes, World};
use super::refusal::{Refused, is_of_the_server};
use super::story::Chapter;
use super::told::untruths;
use super::wish::Wish;
use crate::lab::Lab;

/// How often a plan may be refused for a new reason.
const REASONS: usize = 3;

/// A story on its way.
pub(crate) struct Scene<'a> {
    /// What there is by now.
    pub(crate) ground: Ground,
    /// What happened so far.
    pub(crate) told: String,
    lab: Lab<'a>,
    /// Whether the administrator is one.
    superuser: bool,
    eyes: &'a mut Eyes,
    /// What the state remembers.
    recorded: Names,
    /// What PUBLIC held where it was managed last.
    given: BTreeSet<Entry>,
    tally: &'a mut Tally,
}

impl<'a> Scene<'a> {
    /// Nothing has happened yet. The administrator is a superuser or not.
    pub(crate) fn new(
        ground: Ground,
        (lab, superuser): (Lab<'a>, bool),
        (eyes, tally): (&'a mut Eyes, &'a mut Tally),
    ) -> Scene<'a> {
        let (told, recorded, given) = (String::new(), Names::new(), BTreeSet::new());
        let mut scene = Scene { ground, told, lab, superuser, eyes, recorded, given, tally };
        scene.look();
        scene
    }

    /// Plays one.
    pub(crate) fn chapter(&mut self, chapter: &Chapter) -> Result<(), String> {
        self.tally.pairs += 1;
        self.tally.limited += usize::from(!self.superuser);
        self.by_hand(&chapter.deeds);
        let Some((hcl, made, before)) = self.plan(&chapter.wish)? else { return Ok(()) };
        interpreted(&made, self.superuser)?;
        let planned = self.ground.clone();
        self.by_hand(&chapter.meddling);
        let before = if chapter.meddling.is_empty() { before } else { self.eyes.read(&self.ground) };
        match self.lab.try_apply(&hcl, &made) {
            Ok(_) => self.tally.statements += statements(&made),
            // Somebody may also have done what was planned.
            Err(error)
                if !chapter.meddling.is_empty() && [Code::SAV008, Code::SAV024].contains(&error.code) =>
            {
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
                Ok(_) if deed.moves() => drop(self.look()),
                Ok(_) => {}
                Err(error) => {
                    self.tally.undone += 1;
                    let _ = write!(self.told, " -- refused: {error}");
                }
            }
            self.told.push('\n');
        }
    }

    fn look(&mut self) -> World {
        let world = self.eyes.read(&self.ground);
        self.ground.look(&world);
        world
    }

    /// The configuration, as it is said of what there is now.
    fn wanted(&mut self, wish: &Wish) -> (String, World) {
        let world = self.look();
        let hcl = wish.hcl(&self.ground);
        let _ = writeln!(self.told, "# wanted\n{hcl}");
        (hcl, world)
    }

    /// The configuration, the plan, and the world that it was made in; none where its administrator may not
    /// do it.
    fn plan(&mut self, wish: &Wish) -> Result<Option<(String, Plan, World)>, String> {
        // What is cleared away for one reason can be another's.
        for _ in 0..REASONS {
            let (hcl, before) = self.wanted(wish);
            let messages = match self.lab.try_plan(&hcl, Options::default()) {
                Ok(made) => return Ok(Some((hcl, made, before))),
                Err(messages) => messages,
            };
            if !self.superuser {
                self.tally.barred += 1;
                let known = is_of_the_server(&messages);
                return if known { Ok(None) } else { Err(format!("refused without a cause:\n{messages}")) };
            }
            self.tally.refused += 1;
            let cast = &self.cast(wish, &before);
            let before = &before.called(&cast.renamed);
            let expected = &expected(&self.ground, before, (wish, &self.given));
            let refused = Refused { ground: &self.ground, cast, before, expected };
            refused.cause(self.eyes, &messages)?;
            refused.clear_the_way(self.eyes);
        }
        Err(format!("refused {REASONS} times, for a reason each time"))
    }

    /// What came of a plan, and remembers it.
    fn judge(
        &mut self,
        (chapter, planned): (&Chapter, &Ground),
        (made, before): (&Plan, &World),
    ) -> Result<(), String> {
        let after = self.eyes.read(&self.ground);
        let cast = self.cast(&chapter.wish, before);
        let before = &before.called(&cast.renamed);
        let expected = expected(planned, before, (&chapter.wish, &self.given));
        let (ground, public, superuser) = (&self.ground, &expected.public, self.superuser);
        let run = Run { ground, cast: &cast, public, before, after: &after, superuser };
        let mut wrongs = run.wrongs(&expected);
        wrongs.extend(contradictions(&self.ground, self.eyes, (&after, &cast.roles)));
        if chapter.meddling.is_empty() {
            wrongs.extend(untruths(&run, made));
        }
        if !wrongs.is_empty() {
            return Err(format!("{}\n{}", wrongs.join("\n"), self.lab.text(made)));
        }
        self.recorded = chapter.wish.names(&self.ground);
        let given = after
            .entries
            .into_iter()
            .filter(|entry| entry.grantee.is_empty() && public.contains(&entry.spot));
        self.given = given.collect();
        Ok(())
    }

    fn cast(&self, wish: &Wish, world: &World) -> Cast {
        Cast::of((&self.recorded, &wish.names(&self.ground)), world)
    }
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
