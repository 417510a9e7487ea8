//! Whether a plan tells the truth about access: who gains or loses what in effect.
//!
//! What the plan says is compared with what the server held before and holds after. Not here: whether
//! the server itself agrees (`effect`). Invariant: the reckoning follows memberships as a plan does,
//! as far as roles of the run lead; what lies behind them is told as the role that they reach.

use std::collections::{BTreeMap, BTreeSet};

use engine::access::extent::Extent;
use engine::access::{Access, RoleAccess, Turn};
use engine::acl::Grantee;
use engine::change::Place;
use engine::name::RoleName;
use engine::object::Object;
use engine::plan::Plan;

use super::effect::inherits;
use super::ground::Spot;
use super::judge::Run;
use super::kind::Kind;
use super::read::World;

/// Somebody (empty: PUBLIC), whether it is gained, where, and what.
type Line = (String, bool, Spot, String);

/// Every line that is missing in what a plan tells about access, or too much.
pub(crate) fn untruths(run: &Run<'_>, made: &Plan) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut wrongs = Vec::new();
    for access in made.resources.values().map(Access::of) {
        for (grantee, role) in &access.roles {
            let name = match grantee {
                Grantee::Public => "",
                Grantee::Role(role) => role.as_str(),
            };
            for (effect, extent) in &role.effects {
                assert!(extent.is_whole(), "the ground has too many things: {extent:?}");
                let gained = effect.turn == Turn::Gained;
                let privileges: Vec<&str> = effect.privileges.iter().map(|one| one.word()).collect();
                for spot in spots(extent) {
                    let line = |word: &&str| (name.to_owned(), gained, spot.clone(), (*word).to_owned());
                    told.extend(privileges.iter().map(line));
                }
            }
            wrongs.extend(reached(run, name, role));
        }
    }
    // A plan knows a thing and its owner only where somebody of the run holds something.
    let (strict, wide) = (truth(run, false), truth(run, true));
    let text = |(name, gained, spot, word): &Line| {
        format!("{name:?} {} {word} on {spot:?}", if *gained { "gains" } else { "loses" })
    };
    let missing = strict.intersection(&wide).filter(|line| !told.contains(*line));
    wrongs.extend(missing.map(|line| format!("access does not say: {}", text(line))));
    let false_lines = told.iter().filter(|line| !strict.contains(*line) && !wide.contains(*line));
    wrongs.extend(false_lines.map(|line| format!("access says wrongly: {}", text(line))));
    wrongs
}

/// What holds at one end.
struct End<'a> {
    run: &'a Run<'a>,
    world: &'a World,
    /// Whether the owner's membership gives what it owns.
    wide: bool,
    holders: BTreeMap<(&'a Spot, &'a str), BTreeSet<&'a str>>,
}

impl<'a> End<'a> {
    fn new(run: &'a Run<'a>, world: &'a World, wide: bool) -> End<'a> {
        let mut holders: BTreeMap<(&Spot, &str), BTreeSet<&str>> = BTreeMap::new();
        for entry in &world.entries {
            holders.entry((&entry.spot, &entry.privilege)).or_default().insert(&entry.grantee);
        }
        End { run, world, wide, holders }
    }

    /// The role, and those whose privileges it has, as far as roles of the run lead.
    fn reached(&self, role: &str) -> BTreeSet<&'a str> {
        let there = self.world.roles.get_key_value(role);
        let mut reached: BTreeSet<&str> = there.iter().map(|(name, _)| name.as_str()).collect();
        loop {
            let from_here = self.world.memberships.iter().filter(|joined| {
                reached.contains(joined.member.as_str())
                    && self.run.cast.roles.contains(&joined.member)
                    && inherits(self.run.ground, self.world, joined)
            });
            let more: BTreeSet<&str> = from_here.map(|joined| joined.role.as_str()).collect();
            if more.is_subset(&reached) {
                return reached;
            }
            reached.extend(more);
        }
    }

    /// Whether one of these has a privilege: as the owner, or as a role of the run by a grant.
    fn has(&self, reached: &BTreeSet<&str>, (spot, word): (&Spot, &str)) -> bool {
        let owner = self.world.stands_for(spot, self.run.ground);
        let granted = |name: &str| name != owner && reached.contains(name) && self.run.cast.holds_ours(name);
        let holders = self.holders.get(&(spot, word));
        self.wide && reached.contains(owner)
            || holders.is_some_and(|holders| holders.iter().any(|name| granted(name)))
            || self.everybody((spot, word))
    }

    fn everybody(&self, (spot, word): (&Spot, &str)) -> bool {
        self.holders.get(&(spot, word)).is_some_and(|holders| holders.contains(""))
    }
}

/// What changes in effect.
fn truth(run: &Run<'_>, wide: bool) -> BTreeSet<Line> {
    let ends = (End::new(run, run.before, wide), End::new(run, run.after, wide));
    let table = |spot: &Spot| Spot { kind: Kind::Table, part: String::new(), ..spot.clone() };
    let things: BTreeMap<&Spot, Option<Spot>> = [&ends.0, &ends.1]
        .into_iter()
        .flat_map(|end| end.holders.keys().map(|(spot, _)| *spot))
        .filter(|spot| spot.kind != Kind::Default)
        .map(|spot| (spot, (spot.kind == Kind::Column).then(|| table(spot))))
        .collect();
    let mut lines = BTreeSet::new();
    for role in run.cast.roles.iter().map(String::as_str).chain([""]) {
        let reached = (ends.0.reached(role), ends.1.reached(role));
        for (spot, table) in &things {
            for word in spot.kind.some(u16::MAX, run.ground.version) {
                let same = |spot| ends.0.holders.get(&(spot, word)) == ends.1.holders.get(&(spot, word));
                if reached.0 == reached.1 && same(*spot) && table.as_ref().is_none_or(same) {
                    continue;
                }
                let turn = Turns { is_public: role.is_empty(), ends: &ends, reached: &reached, word }
                    .of((spot, table.as_ref()));
                lines.extend(turn.map(|gained| (role.to_owned(), gained, (*spot).clone(), word.to_owned())));
            }
        }
    }
    lines
}

/// How a privilege comes and goes for one role, or for PUBLIC.
struct Turns<'a> {
    is_public: bool,
    ends: &'a (End<'a>, End<'a>),
    reached: &'a (BTreeSet<&'a str>, BTreeSet<&'a str>),
    word: &'a str,
}

impl Turns<'_> {
    /// Whether it is gained or lost on a thing; what is said of the table is not said of its columns,
    /// nor what is said of PUBLIC of roles.
    fn of(&self, (spot, table): (&Spot, Option<&Spot>)) -> Option<bool> {
        let has = |spot: &Spot| {
            let at = (spot, self.word);
            (self.ends.0.has(&self.reached.0, at), self.ends.1.has(&self.reached.1, at))
        };
        let of_public = |spot: &Spot| {
            let at = (spot, self.word);
            Turns::turn((self.ends.0.everybody(at), self.ends.1.everybody(at)))
        };
        let (here, whole) = (has(spot), table.map_or((false, false), has));
        let turn = Turns::turn((here.0 || whole.0, here.1 || whole.1));
        let said = [Turns::turn(whole)]
            .into_iter()
            .chain([Some(spot), table].into_iter().flatten().filter(|_| !self.is_public).map(of_public));
        turn.filter(|_| said.into_iter().all(|said| said != turn))
    }

    fn turn((before, after): (bool, bool)) -> Option<bool> {
        (before != after).then_some(after)
    }
}

/// What is wrong with the roles that a role is said to reach: those whose grants are not the run's business, and owners in it.
fn reached(run: &Run<'_>, role: &str, told: &RoleAccess) -> Vec<String> {
    let owns = |name: &str| {
        run.before.acls.iter().any(|(spot, (owner, _))| owner == name && spot.kind != Kind::Default)
    };
    let ends = [run.before, run.after].map(|world| {
        let reached = End::new(run, world, true).reached(role);
        let others: BTreeSet<&str> = reached.into_iter().filter(|name| *name != role).collect();
        // A role that the run makes holds what the run gives it.
        let unknown = |name: &&str| !run.cast.holds_ours(name) && run.before.roles.contains_key(*name);
        let owning = |name: &&str| run.cast.roles.contains(*name) && owns(name);
        let only = |keep: &dyn Fn(&&str) -> bool| -> BTreeSet<&str> {
            others.iter().copied().filter(keep).collect()
        };
        [only(&unknown), only(&owning)]
    });
    let names = |names: &BTreeSet<RoleName>| -> BTreeSet<String> {
        names.iter().map(|name| name.as_str().to_owned()).collect()
    };
    let mut wrongs = Vec::new();
    for (at, roles) in [&told.roles, &told.owners].into_iter().enumerate() {
        let owned =
            |names: BTreeSet<&str>| -> BTreeSet<String> { names.into_iter().map(str::to_owned).collect() };
        let truth = (owned(&ends[1][at] - &ends[0][at]), owned(&ends[0][at] - &ends[1][at]));
        let told = (names(&roles.gained), names(&roles.lost));
        if truth != told {
            wrongs.push(format!("access of {role:?} through others: {told:?} is told, {truth:?} is true"));
        }
    }
    wrongs
}

/// The things of an extent, as this test calls them.
fn spots(extent: &Extent) -> Vec<Spot> {
    extent.first.iter().map(|(place, object)| spot(place, object)).collect()
}

fn spot(place: &Place, object: &Object) -> Spot {
    let (kind, [schema, name, part]) = match object {
        Object::Database(name) => (Kind::Database, ["", name.as_str(), ""]),
        Object::Tablespace(name) => (Kind::Tablespace, ["", name.as_str(), ""]),
        Object::Parameter(name) => (Kind::Parameter, ["", name.as_str(), ""]),
        Object::Schema(schema) => (Kind::Schema, [schema.as_str(), "", ""]),
        Object::Table(schema, name) => (Kind::Table, [schema.as_str(), name.as_str(), ""]),
        Object::Column(schema, name, part) => (Kind::Column, [schema.as_str(), name.as_str(), part.as_str()]),
        Object::Sequence(schema, name) => (Kind::Sequence, [schema.as_str(), name.as_str(), ""]),
        Object::Routine(schema, name, part) => (Kind::Routine, [schema.as_str(), name.as_str(), &**part]),
        Object::Type(schema, name) => (Kind::Type, [schema.as_str(), name.as_str(), ""]),
        Object::Language(name) => (Kind::Language, ["", name.as_str(), ""]),
        Object::ForeignDataWrapper(name) => (Kind::Wrapper, ["", name.as_str(), ""]),
        Object::ForeignServer(name) => (Kind::Server, ["", name.as_str(), ""]),
        Object::LargeObject(_) => (Kind::LargeObject, ["", "", ""]),
        Object::Default(_) => unreachable!("access is about what there is"),
    };
    let database = match place {
        Place::Shared => String::new(),
        Place::Database(name) => name.as_str().to_owned(),
    };
    let [schema, name, part] = [schema, name, part].map(str::to_owned);
    let name = if let Object::LargeObject(oid) = object { oid.to_string() } else { name };
    Spot { kind, database, schema, name, part }
}
