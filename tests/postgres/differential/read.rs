//! What a server holds, read by queries of this test's own.
//!
//! Not here: what it should hold (`expect`). Invariant: every ACL is there twice, as it stands
//! and as the entries that it means, since no ACL means what is built in.

use std::collections::{BTreeMap, BTreeSet};

use test_support::client::{Rows, Session};

use super::ground::{Ground, Spot};
use super::kind::Kind;
use super::names::{ident, literal};

const LOCAL: &str = include_str!("local.sql");
const SHARED: &str = include_str!("shared.sql");
const PARAMETERS: &str =
    "SELECT 'parameter', p.parname, 10, p.paracl, acldefault('p', 10) FROM pg_parameter_acl p";
const NO_PARAMETERS: &str = "SELECT '', '', 0, NULL::aclitem[], NULL::aclitem[] WHERE false";

/// One privilege that somebody holds on something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) spot: Spot,
    /// Empty: PUBLIC.
    pub(crate) grantee: String,
    pub(crate) grantor: String,
    pub(crate) privilege: String,
    pub(crate) grantable: bool,
}

/// What one role is a member of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Joined {
    pub(crate) member: String,
    pub(crate) role: String,
    /// Empty before 16, where nothing hangs on it.
    pub(crate) grantor: String,
    pub(crate) admin: bool,
    pub(crate) inherit: bool,
    pub(crate) set: bool,
}

/// Everything that the tenant's part of a server holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct World {
    /// Owner and ACL, in order and by the numbers of roles: no name changes those.
    pub(crate) acls: BTreeMap<Spot, (String, Option<String>)>,
    pub(crate) entries: BTreeSet<Entry>,
    /// Tables, and sequences that belong to their columns and are no identity's.
    pub(crate) behind: BTreeSet<(Spot, Spot)>,
    /// Attributes, validity and comment as one text.
    pub(crate) roles: BTreeMap<String, String>,
    pub(crate) passwords: BTreeMap<String, Option<String>>,
    pub(crate) memberships: BTreeSet<Joined>,
    /// Role, database, `name=value`; empty for none.
    pub(crate) settings: BTreeSet<(String, String, String)>,
    /// Of all that no story is about.
    pub(crate) digests: BTreeSet<String>,
}

/// Sessions of the superuser: at home, and in each database of the ground.
pub(crate) struct Eyes {
    pub(crate) home: Session,
    pub(crate) inside: Vec<Session>,
}

impl Eyes {
    /// Reads everything.
    pub(crate) fn read(&mut self, ground: &Ground) -> World {
        let mut world = World::default();
        let parameters = if ground.version >= 15 { PARAMETERS } else { NO_PARAMETERS };
        let sql = SHARED.replace("{prefix}", &literal(&ground.prefix)).replace("{parameters}", parameters);
        let rows = self.home.run(&sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        world.take("", rows, ground.version);
        let roles: Vec<String> = ground.roles.iter().map(|role| literal(role)).collect();
        for (database, session) in ground.databases.iter().zip(&mut self.inside) {
            let sql = LOCAL.replace("{roles}", &roles.join(", "));
            let rows = session.run(&sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
            world.take(database, rows, ground.version);
        }
        world
    }
}

impl World {
    /// The same with other names for roles, by old name.
    pub(crate) fn called(&self, names: &BTreeMap<String, String>) -> World {
        let new = |old: &String| names.get(old).unwrap_or(old).clone();
        let spot = |spot: &Spot| match spot.kind {
            Kind::Default => Spot { name: new(&spot.name), ..spot.clone() },
            _ => spot.clone(),
        };
        let entry = |entry: &Entry| {
            let (spot, grantee, grantor) = (spot(&entry.spot), new(&entry.grantee), new(&entry.grantor));
            Entry { spot, grantee, grantor, ..entry.clone() }
        };
        let joined = |joined: &Joined| {
            let [member, role, grantor] = [&joined.member, &joined.role, &joined.grantor].map(new);
            Joined { member, role, grantor, ..joined.clone() }
        };
        let setting =
            |(role, database, set): &(String, String, String)| (new(role), database.clone(), set.clone());
        World {
            acls: self.acls.iter().map(|(at, (owner, acl))| (spot(at), (new(owner), acl.clone()))).collect(),
            entries: self.entries.iter().map(entry).collect(),
            roles: self.roles.iter().map(|(name, facts)| (new(name), facts.clone())).collect(),
            passwords: self.passwords.iter().map(|(name, password)| (new(name), password.clone())).collect(),
            memberships: self.memberships.iter().map(joined).collect(),
            settings: self.settings.iter().map(setting).collect(),
            ..self.clone()
        }
    }

    fn take(&mut self, database: &str, rows: Rows, version: u16) {
        for row in rows {
            let text = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
            let [kind, schema, name, part, owner] = [0, 1, 2, 3, 4].map(text);
            let more = row.get(6).cloned().flatten();
            match kind.as_str() {
                "role" => drop(self.roles.insert(name, more.unwrap_or_default())),
                "password" => drop(self.passwords.insert(name, more)),
                "setting" => drop(self.settings.insert((name, schema, more.unwrap_or_default()))),
                "behind" => {
                    let of = |kind: Kind, name: String| {
                        let (database, schema) = (database.to_owned(), schema.clone());
                        Spot { kind, database, schema, name, part: String::new() }
                    };
                    self.behind.insert((of(Kind::Table, name), of(Kind::Sequence, part)));
                }
                "digest" => drop(self.digests.insert(format!("{database}: {}", more.unwrap_or_default()))),
                "membership" => {
                    let facts: Vec<String> = fields(&more.unwrap_or_default());
                    let is = |at: usize| matches!(facts[at].as_str(), "t" | "true");
                    let grantor = if version >= 16 { facts[0].clone() } else { String::new() };
                    let (admin, inherit, set) = (is(1), is(2), is(3));
                    self.memberships.insert(Joined {
                        member: name,
                        role: part,
                        grantor,
                        admin,
                        inherit,
                        set,
                    });
                }
                word => {
                    let kind = Kind::of(word);
                    let spot = Spot { kind, database: database.to_owned(), schema, name, part };
                    self.hold(spot, (owner, row[5].clone()), &more.unwrap_or_default());
                }
            }
        }
    }

    fn hold(&mut self, spot: Spot, acl: (String, Option<String>), entries: &str) {
        for entry in entries.split('\x1e').filter(|entry| !entry.is_empty()) {
            let facts = fields(entry);
            self.entries.insert(Entry {
                spot: spot.clone(),
                grantee: facts[0].clone(),
                grantor: facts[1].clone(),
                privilege: facts[2].clone(),
                grantable: matches!(facts[3].as_str(), "t" | "true"),
            });
        }
        self.acls.insert(spot, acl);
    }

    /// Who owns a thing; of default privileges the creator, of parameters whoever made the server.
    pub(crate) fn owner<'a>(&'a self, spot: &'a Spot, ground: &'a Ground) -> &'a str {
        match spot.kind {
            Kind::Default => &spot.name,
            Kind::Parameter => &ground.superuser,
            _ => &self.acls[spot].0,
        }
    }

    /// Who has an owner's rights on a thing: for `pg_database_owner` that is the owner of the database.
    pub(crate) fn stands_for<'a>(&'a self, spot: &'a Spot, ground: &'a Ground) -> &'a str {
        let owner = self.owner(spot, ground);
        let database = |other: &&Spot| other.kind == Kind::Database && other.name == spot.database;
        let database = || self.acls.keys().find(database).map(|database| self.owner(database, ground));
        if owner == "pg_database_owner" { database().unwrap_or(owner) } else { owner }
    }
}

fn fields(text: &str) -> Vec<String> {
    text.split('\x1f').map(str::to_owned).collect()
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let spot = &self.spot;
        let path: Vec<String> = [&spot.database, &spot.schema, &spot.name, &spot.part]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| ident(part))
            .collect();
        let star = if self.grantable { " with grant option" } else { "" };
        let word = spot.kind.facts().word;
        write!(
            f,
            "{word} {}: {} to {:?}{star} by {:?}",
            path.join("."),
            self.privilege,
            self.grantee,
            self.grantor
        )
    }
}
