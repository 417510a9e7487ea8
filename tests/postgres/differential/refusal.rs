//! Plans that roleform refuses to make, and whether it is right to.
//!
//! Not here: configurations with mistakes, which no wish is. Invariant: a refusal without a cause that
//! is found here is a failure, and after the cause is taken away the same plan is made.

use super::cast::Cast;
use super::expect::Expected;
use super::fresh::wipe;
use super::ground::{Ground, Spot};
use super::kind::Kind;
use super::names::{ident, literal};
use super::read::{Entry, Eyes, Joined, World};

/// What a refused run was about.
pub(crate) struct Refused<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) cast: &'a Cast,
    /// With the names that roles get.
    pub(crate) before: &'a World,
    pub(crate) expected: &'a Expected,
}

/// Codes with which plans are refused that are not the configuration's fault.
const CODES: [&str; 6] = ["PGS202", "PGS203", "PLN007", "PLN032", "PLN033", "PLN038"];

/// Whether a plan is refused for what its administrator may not do, or a server has.
pub(crate) fn is_of_the_server(messages: &str) -> bool {
    let of_server = |code: &str| code.starts_with("PGS2") || CODES.contains(&code);
    messages.split_whitespace().any(of_server)
}

/// Whether an entry can have been made by the option of another, wherever the two are.
fn stands_on(entry: &Entry, option: &Entry) -> bool {
    option.grantee == entry.grantor && option.privilege == entry.privilege && option.grantable
}

impl Refused<'_> {
    /// Why there is no plan, found without asking roleform; what is wrong when there is no reason.
    pub(crate) fn cause(&self, eyes: &mut Eyes, messages: &str) -> Result<(), String> {
        let mut founded = false;
        for code in CODES.into_iter().filter(|code| messages.contains(code)) {
            founded = match code {
                "PGS202" => self.others_depend(),
                "PGS203" => self.a_grantor_is_shut_out(eyes) || self.others_share_a_lapse(),
                "PLN007" => self.a_leaver_owns(),
                "PLN032" => !self.cast.keepers.is_empty(),
                "PLN033" => self.with_md5().next().is_some(),
                _ => self.others_joined().next().is_some(),
            };
            if !founded {
                break;
            }
        }
        if founded { Ok(()) } else { Err(format!("refused without a cause:\n{messages}")) }
    }

    /// Memberships of others that a role of the run granted.
    fn others_joined(&self) -> impl Iterator<Item = &Joined> {
        let all = self.before.memberships.iter();
        all.filter(|joined| {
            self.cast.roles.contains(&joined.grantor) && !self.cast.roles.contains(&joined.member)
        })
    }

    /// Somebody outside the run holds something by a grant option that a role of the run loses.
    fn others_depend(&self) -> bool {
        self.before.entries.iter().any(|entry| {
            let owner = self.before.owner(&entry.spot, self.ground);
            // What its owner has is not the run's to take, whoever that is.
            let is_left = !self.cast.holds_ours(&entry.grantee) || owner == entry.grantee;
            self.cast.holds_ours(&entry.grantor)
                && is_left
                && owner != entry.grantor
                && !self.keeps_option(entry)
        })
    }

    /// Whether the grantor of an entry keeps an option that the entry stands on. An option on the
    /// column itself cannot go while the entry is there, whatever the grantor has on the table.
    fn keeps_option(&self, entry: &Entry) -> bool {
        let here = |other: &Entry| other.spot == entry.spot && stands_on(entry, other);
        let on_table = |other: &Entry| {
            entry.spot.kind == Kind::Column
                && other.spot.kind == Kind::Table
                && other.spot.name == entry.spot.name
                && stands_on(entry, other)
        };
        let expected = &self.expected.entries;
        if self.before.entries.iter().any(here) {
            // By the same grantor: another's grant comes too late.
            self.before
                .entries
                .intersection(expected)
                .any(|option| here(option) && !self.goes_with_its_table(option))
        } else {
            expected.iter().any(|other| here(other) || on_table(other))
        }
    }

    /// Whether an option on a column is taken along by a REVOKE on the table, and granted again.
    fn goes_with_its_table(&self, option: &Entry) -> bool {
        let expected = &self.expected.entries;
        let taken = |on_table: &Entry| {
            let more = Entry { grantable: true, ..on_table.clone() };
            on_table.spot.kind == Kind::Table
                && on_table.spot.name == option.spot.name
                && (&on_table.grantee, &on_table.grantor) == (&option.grantee, &option.grantor)
                && on_table.privilege == option.privilege
                && !expected.contains(on_table)
                && !expected.contains(&more)
        };
        option.spot.kind == Kind::Column && self.before.entries.iter().any(taken)
    }

    /// Somebody who granted something to a role of the run has no USAGE on the schema any more.
    fn a_grantor_is_shut_out(&self, eyes: &mut Eyes) -> bool {
        self.before.entries.iter().chain(&self.expected.entries).any(|entry| {
            let owner = self.before.owner(&entry.spot, self.ground);
            if !entry.spot.kind.in_schema()
                || !self.cast.roles.contains(&entry.grantee)
                || owner == entry.grantor
            {
                return false;
            }
            let sql = format!(
                "SELECT has_schema_privilege({}, {}, 'USAGE')",
                literal(self.cast.old_name(&entry.grantor)),
                literal(&entry.spot.schema)
            );
            let at = self.ground.databases.iter().position(|name| *name == entry.spot.database).unwrap_or(0);
            let rows = eyes.inside[at].run(&sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
            rows[0][0].as_deref() == Some("f")
        })
    }

    /// Somebody has lost the option for what it granted in the run, and to somebody else.
    fn others_share_a_lapse(&self) -> bool {
        let entries = &self.before.entries;
        let lapsed = entries.iter().filter(|entry| self.is_lapsed(entry));
        lapsed.filter(|entry| self.is_ours(entry)).any(|entry| {
            entries.iter().any(|other| {
                other.spot == entry.spot
                    && other.grantor == entry.grantor
                    && other.privilege == entry.privilege
                    && !self.is_ours(other)
            })
        })
    }

    /// Whether a role of the run holds it, or PUBLIC where it is managed.
    fn is_ours(&self, entry: &Entry) -> bool {
        match entry.grantee.as_str() {
            "" => self.expected.public.contains(&entry.spot),
            role => self.cast.holds_ours(role),
        }
    }

    /// Whether the grantor has no option for an entry.
    fn is_lapsed(&self, entry: &Entry) -> bool {
        let table = Spot { kind: Kind::Table, part: String::new(), ..entry.spot.clone() };
        let option = |other: &Entry| {
            stands_on(entry, other)
                && (other.spot == entry.spot || entry.spot.kind == Kind::Column && other.spot == table)
        };
        self.before.owner(&entry.spot, self.ground) != entry.grantor
            && !self.before.entries.iter().any(option)
    }

    /// A role that shall be dropped owns something.
    fn a_leaver_owns(&self) -> bool {
        self.before
            .acls
            .iter()
            .any(|(spot, (owner, _))| spot.kind != Kind::Default && self.cast.dropped.contains(owner))
    }

    /// Roles to be renamed whose password the server would clear, by the names that they have.
    fn with_md5(&self) -> impl Iterator<Item = &str> {
        let names = self.cast.renamed.iter();
        let stored = names.map(|(old, new)| (old.as_str(), self.before.passwords.get(new)));
        let with = |password: Option<&Option<String>>| {
            password.and_then(Option::as_ref).is_some_and(|password| password.starts_with("md5"))
        };
        stored.filter(move |(_, password)| with(*password)).map(|(old, _)| old)
    }

    /// Takes every cause away by hand: nobody holds anything.
    pub(crate) fn clear_the_way(&self, eyes: &mut Eyes) {
        let mut said = Vec::new();
        for Joined { member, role, grantor, .. } in self.others_joined() {
            let [member, role, grantor] = [member, role, grantor].map(|name| ident(self.cast.old_name(name)));
            said.push(format!("REVOKE {role} FROM {member} GRANTED BY {grantor} CASCADE"));
        }
        said.extend(self.with_md5().map(|role| format!("ALTER ROLE {} PASSWORD NULL", ident(role))));
        let asides = (0..).map(|number| format!("{}aside {number}", self.ground.prefix));
        let free = asides.filter(|name| !self.before.roles.contains_key(name));
        for (keeper, aside) in self.cast.keepers.iter().zip(free) {
            said.push(format!("ALTER ROLE {} RENAME TO {}", ident(keeper), ident(&aside)));
        }
        for sql in said {
            eyes.home.run(&sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        }
        let leaves =
            |role: &&String| self.before.roles.contains_key(*role) && !self.cast.keepers.contains(*role);
        let leavers = self.cast.dropped.iter().filter(leaves);
        let leavers: Vec<String> = leavers.map(|role| ident(role)).collect();
        wipe(self.ground, eyes, &leavers);
    }
}
