//! What people do by hand between two plans.
//!
//! Each deed is one statement or a few that belong together; one that the server refuses changes
//! nothing and counts as not done. Not here: what the configuration wants (`wish`). Invariant: a deed is
//! made of numbers, so that it shrinks, and stays possible whatever else goes away.

use proptest::prelude::*;

use super::ground::{Ground, MANAGED, Spot};
use super::kind::{FUTURE, Kind};
use super::names::{ROLES, SCHEMAS, ident, literal};
use super::thing;

/// Something done by hand; numbers choose, modulo what there is.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// The owner grants: thing, privileges, grantee, grant option.
    Grant(usize, u16, usize, bool),
    /// Somebody grants on what the owner granted it: thing, privileges, who, grantee, grant option.
    HandOn(usize, u16, usize, usize, bool),
    /// The owner revokes with all that hangs on it: thing, privileges, grantee, only the option.
    Revoke(usize, u16, usize, bool),
    /// A thing is made: what, in which schema, called how, by whom.
    Make(usize, usize, usize, usize),
    /// A thing is dropped, with all that hangs on it.
    Drop(usize),
    /// A thing gets another name, or changes names with another.
    Rename(usize, usize),
    /// A thing gets another owner.
    Own(usize, usize),
    /// A membership: member, role, options.
    Join(usize, usize, u8),
    /// A membership that somebody with the ADMIN option grants: member, role, by whom.
    JoinBy(usize, usize, usize),
    /// A membership ends.
    Leave(usize, usize),
    /// Default privileges: creator, where, kind, privileges, grantee, how.
    Future(usize, usize, usize, u16, usize, u8),
    /// An attribute of a role turns.
    Alter(usize, usize),
    /// A setting of a role: role, where, which.
    Set(usize, usize, usize),
    /// A role comes into being.
    Create(usize),
    /// Two managed roles change names, or two strangers.
    Exchange(usize, usize),
    /// A role goes, if it has nothing outside the first database.
    Destroy(usize),
}

/// What may be turned.
const ATTRIBUTES: [&str; 14] = [
    "LOGIN",
    "NOLOGIN",
    "NOINHERIT",
    "INHERIT",
    "CREATEDB",
    "CREATEROLE",
    "REPLICATION",
    "BYPASSRLS",
    "CONNECTION LIMIT 3",
    "VALID UNTIL 'infinity'",
    "VALID UNTIL '-infinity'",
    "VALID UNTIL '2030-01-02 03:04:05+00'",
    "PASSWORD 'by hand'",
    "PASSWORD NULL",
];

/// What may be set: a parameter and its value in SQL; the last resets all.
const SETTINGS: [&str; 6] = [
    "SET work_mem = '9MB'",
    "SET search_path = \"select\", \"a.b \"\"c\"\"\", public",
    "SET \"my.motto\" = E'it\\'s; \"fine\" \\n'",
    "SET statement_timeout = 0",
    "SET role = 'none'",
    "RESET ALL",
];

/// Any deed.
pub(crate) fn deed() -> BoxedStrategy<Deed> {
    let (thing, bits, who) = (0..1000_usize, any::<u16>(), 0..100_usize);
    let (strangers, managed) = (MANAGED.end..ROLES.len(), MANAGED);
    let some = (thing.clone(), bits, who.clone(), any::<bool>());
    prop_oneof![
        6 => some.clone().prop_map(|(thing, bits, to, option)| Deed::Grant(thing, bits, to, option)),
        3 => (some.clone(), who.clone())
            .prop_map(|((thing, bits, to, option), by)| Deed::HandOn(thing, bits, by, to, option)),
        // A stranger to a managed role, which the plan has to undo as that stranger.
        3 => (some.clone(), strangers, managed)
            .prop_map(|((thing, bits, _, option), by, to)| Deed::HandOn(thing, bits, by, to, option)),
        3 => some.prop_map(|(thing, bits, to, option)| Deed::Revoke(thing, bits, to, option)),
        2 => (who.clone(), who.clone(), who.clone(), who.clone())
            .prop_map(|(what, place, name, by)| Deed::Make(what, place, name, by)),
        1 => thing.clone().prop_map(Deed::Drop),
        2 => (thing.clone(), who.clone()).prop_map(|(thing, name)| Deed::Rename(thing, name)),
        2 => (thing, who.clone()).prop_map(|(thing, to)| Deed::Own(thing, to)),
        2 => (who.clone(), who.clone(), any::<u8>()).prop_map(|(a, b, bits)| Deed::Join(a, b, bits)),
        1 => (who.clone(), who.clone(), who.clone()).prop_map(|(a, b, by)| Deed::JoinBy(a, b, by)),
        1 => (who.clone(), who.clone()).prop_map(|(a, b)| Deed::Leave(a, b)),
        3 => (who.clone(), 0..3_usize, 0..6_usize, bits, who.clone(), any::<u8>())
            .prop_map(|(by, place, kind, bits, to, how)| Deed::Future(by, place, kind, bits, to, how)),
        1 => (who.clone(), who.clone()).prop_map(|(role, which)| Deed::Alter(role, which)),
        1 => (who.clone(), 0..3_usize, who.clone()).prop_map(|(role, place, which)| Deed::Set(role, place, which)),
        1 => who.clone().prop_map(Deed::Create),
        1 => (who.clone(), who.clone()).prop_map(|(a, b)| Deed::Exchange(a, b)),
        1 => who.prop_map(Deed::Destroy),
    ]
    .boxed()
}

/// A statement and the database to say it in, by number.
pub(crate) type Said = (usize, String);

impl Deed {
    /// The deed in SQL.
    pub(crate) fn sql(&self, ground: &Ground) -> Said {
        let role = |number: usize| ident(&ground.roles[number % ground.roles.len()]);
        let anybody = |number: usize| match number % (ground.roles.len() + 1) {
            at if at == ground.roles.len() => "PUBLIC".to_owned(),
            at => role(at),
        };
        let thing = |number: usize| &ground.things[number % ground.things.len()];
        let at = |spot: &Spot| ground.databases.iter().position(|name| *name == spot.database).unwrap_or(0);
        match self {
            Deed::Grant(number, bits, to, option) => {
                let (spot, option) = (thing(*number), with_option(*option));
                (at(spot), format!("GRANT {} TO {}{option}", words(ground, spot, *bits), anybody(*to)))
            }
            Deed::HandOn(number, bits, by, to, option) => {
                let (spot, option, by) = (thing(*number), with_option(*option), role(*by));
                let words = words(ground, spot, *bits);
                let usage = match spot.kind.in_schema() {
                    true => format!("GRANT USAGE ON SCHEMA {} TO {by}; ", ident(&spot.schema)),
                    false => String::new(),
                };
                let sql = format!(
                    "{usage}GRANT {words} TO {by} WITH GRANT OPTION; SET ROLE {by}; GRANT {words} TO {}{option}; RESET ROLE",
                    anybody(*to)
                );
                (at(spot), sql)
            }
            Deed::Revoke(number, bits, from, only_option) => {
                let spot = thing(*number);
                let only = if *only_option { "GRANT OPTION FOR " } else { "" };
                (
                    at(spot),
                    format!("REVOKE {only}{} FROM {} CASCADE", words(ground, spot, *bits), anybody(*from)),
                )
            }
            Deed::Make(what, place, name, by) => {
                let schema = thing::schema(ground, *place);
                let by = (*by % (ROLES.len() + 1) < ROLES.len()).then(|| role(*by));
                (at(schema), thing::made(schema, (*what, *name), by.as_deref()))
            }
            Deed::Drop(number) => {
                let spot = thing::movable(ground, *number);
                (at(spot), thing::dropped(ground, spot))
            }
            Deed::Rename(number, name) => {
                let spot = thing::movable(ground, *number);
                (at(spot), thing::renamed(ground, spot, *name))
            }
            Deed::Own(number, to) => {
                let spot = thing(*number);
                (at(spot), ground.gives(spot, &role(*to)))
            }
            Deed::Join(member, of, bits) => (0, join(ground, (*member, *of), *bits)),
            Deed::JoinBy(member, of, by) => (0, join_by(ground, [*member, *of, *by])),
            Deed::Leave(member, of) => (0, format!("REVOKE {} FROM {} CASCADE", role(*of), role(*member))),
            Deed::Future(..) => self.future(ground),
            Deed::Alter(number, which) => {
                let which = which % (ATTRIBUTES.len() + 1);
                let sql = match ATTRIBUTES.get(which) {
                    Some(attribute) => format!("ALTER ROLE {} {attribute}", role(*number)),
                    None => {
                        format!("COMMENT ON ROLE {} IS {}", role(*number), literal("it's \\ \"hand\" made\n"))
                    }
                };
                (0, sql)
            }
            Deed::Set(number, place, which) => {
                let within = match ground.databases.get(*place) {
                    Some(database) => format!(" IN DATABASE {}", ident(database)),
                    None => String::new(),
                };
                (0, format!("ALTER ROLE {}{within} {}", role(*number), SETTINGS[which % SETTINGS.len()]))
            }
            Deed::Exchange(a, b) => {
                // Within these bounds nobody becomes a member of one before it.
                let of = if a % 2 == 0 { MANAGED } else { MANAGED.end..ground.roles.len() };
                let one = |number: usize| role(of.start + number % of.len());
                let (a, b, aside) = (one(*a), one(*b), ident(&format!("{}aside", ground.prefix)));
                let rename = |from: &str, to: &str| format!("ALTER ROLE {from} RENAME TO {to}");
                (0, [rename(&a, &aside), rename(&b, &a), rename(&aside, &b)].join("; "))
            }
            Deed::Create(number) => {
                (0, format!("CREATE ROLE {}", role(MANAGED.start + number % MANAGED.len())))
            }
            Deed::Destroy(number) => {
                let (role, heir) = (role(MANAGED.start + number % MANAGED.len()), ident(&ground.superuser));
                (0, format!("REASSIGN OWNED BY {role} TO {heir}; DROP OWNED BY {role}; DROP ROLE {role}"))
            }
        }
    }

    /// Whether it makes, drops or renames things.
    pub(crate) fn moves(&self) -> bool {
        matches!(self, Deed::Make(..) | Deed::Drop(_) | Deed::Rename(..))
    }

    /// Whether it is the owner's to do, and makes nobody another owner or grantor.
    pub(crate) fn is_of_owners(&self) -> bool {
        match self {
            Deed::Grant(..) | Deed::Revoke(..) | Deed::Future(..) | Deed::Set(..) | Deed::Leave(..) => true,
            Deed::HandOn(..)
            | Deed::Make(..)
            | Deed::Drop(_)
            | Deed::Rename(..)
            | Deed::Own(..)
            | Deed::Join(..)
            | Deed::JoinBy(..)
            | Deed::Alter(..)
            | Deed::Create(_)
            | Deed::Exchange(..)
            | Deed::Destroy(_) => false,
        }
    }

    fn future(&self, ground: &Ground) -> Said {
        let Deed::Future(by, place, kind, bits, to, how) = self else {
            unreachable!("asked of defaults only")
        };
        let kinds: Vec<_> = FUTURE.iter().filter(|row| row.4 <= ground.version).collect();
        let (kind, _, word, in_schema, _) = kinds[kind % kinds.len()];
        let within = match SCHEMAS.get(*place) {
            Some(schema) if *in_schema => format!(" IN SCHEMA {}", ident(schema)),
            _ => String::new(),
        };
        let role = |number: usize| ident(&ground.roles[number % ground.roles.len()]);
        let to =
            if to % (ground.roles.len() + 1) == ground.roles.len() { "PUBLIC".to_owned() } else { role(*to) };
        let privileges = kind.some(*bits, ground.version).join(", ");
        let act = match how % 4 {
            0 => format!("REVOKE {privileges} ON {word} FROM {to}"),
            1 => format!("GRANT {privileges} ON {word} TO {to} WITH GRANT OPTION"),
            _ => format!("GRANT {privileges} ON {word} TO {to}"),
        };
        (usize::from(how / 4 % 2), format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{within} {act}", role(*by)))
    }
}

/// `SELECT ("a"), UPDATE ("a") ON TABLE "s"."t"`.
pub(crate) fn words(ground: &Ground, spot: &Spot, bits: u16) -> String {
    let columns = match spot.kind {
        Kind::Column => format!(" ({})", ident(&spot.part)),
        _ => String::new(),
    };
    let words = spot.kind.some(bits, ground.version).into_iter().map(|word| format!("{word}{columns}"));
    format!("{} ON {}", words.collect::<Vec<_>>().join(", "), ground.on(spot))
}

fn with_option(option: bool) -> &'static str {
    if option { " WITH GRANT OPTION" } else { "" }
}

/// A role joins one after it.
fn join(ground: &Ground, (member, of): (usize, usize), bits: u8) -> String {
    let (member, of) = (member % ground.roles.len(), of % ground.roles.len());
    let (member, of) = (ident(&ground.roles[member.min(of)]), ident(&ground.roles[member.max(of)]));
    let is = |bit: u8| bits >> bit & 1 == 1;
    match ground.version {
        ..16 => format!("GRANT {of} TO {member}{}", if is(0) { " WITH ADMIN OPTION" } else { "" }),
        _ => format!("GRANT {of} TO {member} WITH ADMIN {}, INHERIT {}, SET {}", is(0), is(1), is(2)),
    }
}

/// A role joins one after it by the hand of another who may grant that.
fn join_by(ground: &Ground, numbers: [usize; 3]) -> String {
    let mut numbers = numbers.map(|number| number % ground.roles.len());
    numbers.sort_unstable();
    let [member, by, of] = numbers.map(|number| ident(&ground.roles[number]));
    match ground.version {
        ..16 => {
            format!("GRANT {of} TO {by} WITH ADMIN OPTION; SET ROLE {by}; GRANT {of} TO {member}; RESET ROLE")
        }
        _ => format!("GRANT {of} TO {by} WITH ADMIN OPTION; GRANT {of} TO {member} GRANTED BY {by}"),
    }
}
