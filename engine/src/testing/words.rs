//! The words that catalogs and plans of tests share: names, objects, holdings, roles.
//!
//! Not here: lines (`testing::catalog`, `testing::plan`).
//! Invariant: every mistake panics with the word that was not understood.

use std::str::FromStr;
use std::sync::Arc;

use crate::acl::{Grantee, Grantor, Holding};
use crate::catalog::{MembershipOptions, Password, Role};
use crate::change::Place;
use crate::declared::Attributes;
use crate::name::{BlockAddress, DatabaseName, InstanceKey, Name, RoleName, SchemaName};
use crate::object::{DefaultPrivileges, Object, ObjectKind};
use crate::privilege::{Privilege, PrivilegeSet};

/// Makes a name, `\n`, `\e` and `\_` (a space) written out.
pub fn plain(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\e", "\u{1b}").replace("\\_", " ")
}

/// A role's name.
pub fn role_name(text: &str) -> RoleName {
    RoleName::new(&plain(text)).expect("a role name")
}

/// A database's name.
pub fn database(text: &str) -> DatabaseName {
    DatabaseName::new(&plain(text)).expect("a database name")
}

fn name(text: &str) -> Name {
    Name::new(&plain(text)).expect("a name")
}

fn schema(text: &str) -> SchemaName {
    SchemaName::new(&plain(text)).expect("a schema name")
}

/// `server` or a database.
pub fn place(text: &str) -> Place {
    match text {
        "server" => Place::Shared,
        other => Place::Database(database(other)),
    }
}

/// `PUBLIC` or a role.
pub fn grantee(text: &str) -> Grantee {
    match text {
        "PUBLIC" => Grantee::Public,
        role => Grantee::Role(role_name(role)),
    }
}

/// `label`, `label["key"]` or `module.m.label`: the address of a block.
pub fn block(text: &str) -> BlockAddress {
    let (path, key) = match text.split_once("[\"") {
        Some((path, rest)) => (path, Some(InstanceKey::Key(Arc::from(rest.trim_end_matches("\"]"))))),
        None => (text, None),
    };
    let mut parts: Vec<&str> = path.split('.').filter(|part| *part != "module").collect();
    let label = parts.pop().expect("a label");
    BlockAddress { modules: parts.into_iter().map(Arc::from).collect(), label: Arc::from(label), key }
}

/// `a{1..3}b` is `a1b a2b a3b`, digits kept; several braces multiply; `a,b` are two.
pub fn expand(text: &str) -> Vec<String> {
    text.split(", ").flat_map(expand_one).collect()
}

fn expand_one(text: &str) -> Vec<String> {
    let Some((head, rest)) = text.split_once('{') else { return vec![text.to_owned()] };
    let (range, tail) = rest.split_once('}').expect("a closing brace");
    let (from, to) = range.split_once("..").expect("a range like 00..49");
    let width = from.len();
    let (from, to): (u32, u32) = (from.parse().expect("a number"), to.parse().expect("a number"));
    let tails = expand_one(tail);
    (from..=to)
        .flat_map(|number| tails.iter().map(move |tail| format!("{head}{number:0width$}{tail}")))
        .collect()
}

/// Objects of a kind: `table billing.orders`, `table s{0..9}.t{0..9}`, `database app`,
/// `routine app.close(date)`, `default table by app_owner in billing`.
pub fn objects(text: &str) -> Vec<Object> {
    let (kind, names) = text.split_once(' ').expect("a kind and names");
    if kind == "default" {
        return vec![default_object(names)];
    }
    expand(names).iter().map(|name| object(kind, name)).collect()
}

fn default_object(text: &str) -> Object {
    let (kind, rest) = text.split_once(" by ").expect("KIND by CREATOR [in SCHEMA]");
    let (creator, within) = match rest.split_once(" in ") {
        Some((creator, within)) => (creator, Some(schema(within))),
        None => (rest, None),
    };
    let kind = ObjectKind::ALL.iter().copied().find(|known| known.singular() == kind).expect("a kind");
    Object::Default(DefaultPrivileges { creator: role_name(creator), schema: within, kind })
}

fn object(kind: &str, text: &str) -> Object {
    let two = || text.split_once('.').expect("schema.name");
    match kind {
        "database" => Object::Database(database(text)),
        "schema" => Object::Schema(schema(text)),
        "tablespace" => Object::Tablespace(name(text)),
        "parameter" => Object::Parameter(name(text)),
        "language" => Object::Language(name(text)),
        "wrapper" => Object::ForeignDataWrapper(name(text)),
        "foreign_server" => Object::ForeignServer(name(text)),
        "large_object" => Object::LargeObject(text.parse().expect("an OID")),
        "table" => Object::Table(schema(two().0), name(two().1)),
        "sequence" => Object::Sequence(schema(two().0), name(two().1)),
        "type" => Object::Type(schema(two().0), name(two().1)),
        "column" => {
            let (relation, column) = two().1.split_once('.').expect("schema.relation.column");
            Object::Column(schema(two().0), name(relation), name(column))
        }
        "routine" => {
            let (routine, arguments) = two().1.split_once('(').expect("schema.name(arguments)");
            Object::Routine(schema(two().0), name(routine), Arc::from(arguments.trim_end_matches(')')))
        }
        other => panic!("no such kind of object: {other}"),
    }
}

/// `SELECT,INSERT*` (a star: with grant option), `SELECT/bob` (granted by bob), joined by `;`.
pub fn holdings(text: &str) -> Vec<Holding> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(holding).collect()
}

fn holding(text: &str) -> Holding {
    let (privileges, grantor) = match text.split_once('/') {
        Some((privileges, grantor)) => (privileges, Grantor::Role(role_name(grantor))),
        None => (text, Grantor::Owner),
    };
    let (mut all, mut grantable) = (PrivilegeSet::EMPTY, PrivilegeSet::EMPTY);
    for word in privileges.split(',') {
        let bare = word.trim_end_matches('*');
        let set = PrivilegeSet::of(&[Privilege::from_str(&plain(bare)).expect("a privilege")]);
        all = all.union(set);
        if bare != word {
            grantable = grantable.union(set);
        }
    }
    Holding { grantor, privileges: all, grantable }
}

/// Attributes of a role, from a role with LOGIN, INHERIT and no password:
/// `nologin superuser limit=5 password=fresh valid_until=2027-01-01T00:00:00Z set.work_mem=1GB app.set.x=y`.
pub fn role(text: &str) -> Role {
    let mut role = Role {
        oid: 0,
        attributes: Attributes::default(),
        valid_until: None,
        comment: None,
        settings: std::collections::BTreeMap::new(),
        password: Password::Absent,
    };
    text.split_whitespace().for_each(|word| attribute(&mut role, word));
    role
}

fn attribute(role: &mut Role, word: &str) {
    let attributes = &mut role.attributes;
    match word {
        "login" => attributes.login = true,
        "nologin" => attributes.login = false,
        "noinherit" => attributes.inherit = false,
        "superuser" => attributes.superuser = true,
        "createdb" => attributes.createdb = true,
        "createrole" => attributes.createrole = true,
        "replication" => attributes.replication = true,
        "bypassrls" => attributes.bypassrls = true,
        other => {
            let (key, value) = other.split_once('=').unwrap_or_else(|| panic!("no such attribute: {other}"));
            valued_attribute(role, key, &plain(value));
        }
    }
}

fn valued_attribute(role: &mut Role, key: &str, value: &str) {
    match (key, value) {
        ("oid", oid) => role.oid = oid.parse().expect("an OID"),
        ("limit", limit) => role.attributes.connection_limit = limit.parse().expect("a number"),
        ("valid_until", until) => role.valid_until = Some(until.to_owned()),
        ("comment", comment) => role.comment = Some(comment.to_owned()),
        ("password", "fresh") => role.password = Password::Fresh,
        ("password", "unknown") => role.password = Password::Unknown,
        ("password", seed) => role.password = Password::Verifier([seed.as_bytes()[0]; 32]),
        (setting, value) => {
            let (within, parameter) = match setting.split_once(".set.") {
                Some((within, parameter)) => (Some(database(within)), parameter),
                None => (None, setting.strip_prefix("set.").unwrap_or_else(|| panic!("no such key: {key}"))),
            };
            role.settings.insert((within, parameter.to_owned()), value.to_owned());
        }
    }
}

/// `admin`, `noinherit`, `noset`, from a plain membership.
pub fn options(text: &str) -> MembershipOptions {
    let mut options = MembershipOptions { admin: false, inherit: true, set: true };
    for word in text.split_whitespace() {
        match word {
            "plain" => {}
            "admin" => options.admin = true,
            "noinherit" => options.inherit = false,
            "noset" => options.set = false,
            other => panic!("no such option: {other}"),
        }
    }
    options
}
