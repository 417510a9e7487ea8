//! Compares a picture that a plan rests on with what a server shows now.
//!
//! The same comparison serves staleness (facts against a new observation) and proof (outcome
//! against the last observation). Not here: when it is asked (`ops::apply`). Invariant: every
//! difference is named by address-like text with what was and what is; the first hundred are
//! kept, all are counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Acl, Entry, Grantor};
use crate::catalog::{Catalog, Grants, Held, MembershipOptions, Owner, Password, Role};
use crate::declared::Attributes;
use crate::name::{DatabaseName, printable, quoted};
use crate::object::Object;

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// One line each, in order.
    pub lines: Vec<String>,
    /// How many there are, also those without a line.
    pub count: usize,
}

const KEPT: usize = 100;

impl Differences {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes others in.
    pub fn extend(&mut self, other: Differences) {
        self.count += other.count;
        self.lines.extend(other.lines);
        self.lines.truncate(KEPT);
    }

    /// Adds one; the line is only made when it is kept.
    pub fn add(&mut self, line: impl FnOnce() -> String) {
        self.count += 1;
        if self.lines.len() < KEPT {
            self.lines.push(line());
        }
    }
}

/// Compares roles, memberships and shared ACLs.
pub fn shared(expected: &Catalog, now: &Catalog) -> Differences {
    let mut found = Differences::default();
    let names: BTreeSet<_> = expected.roles.keys().chain(now.roles.keys()).collect();
    for name in names {
        let (was, is) = (expected.roles.get(name), now.roles.get(name));
        let equal = match (was, is) {
            (Some(was), Some(is)) => same_role(was, is),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !equal {
            found.add(|| format!("role \"{}\": {}", printable(name.as_str()), role_difference(was, is)));
        }
    }
    let keys: BTreeSet<_> = expected.memberships.keys().chain(now.memberships.keys()).collect();
    for key in keys {
        let (was, is) = (expected.memberships.get(key), now.memberships.get(key));
        if was != is {
            found.add(|| {
                format!(
                    "membership of \"{}\" in \"{}\"{}: was {}, is {}",
                    printable(key.member.as_str()),
                    printable(key.role.as_str()),
                    by(&key.grantor),
                    membership_text(was),
                    membership_text(is)
                )
            });
        }
    }
    found.extend(grants(None, &expected.shared, &now.shared));
    found
}

/// Compares the ACLs of one database, and whose its schemas are.
pub fn local(database: &DatabaseName, expected: &Catalog, now: &Catalog) -> Differences {
    let nothing = Grants::default();
    let of = |catalog: &'_ Catalog| catalog.databases.get(database).cloned();
    let (was, is) = (of(expected), of(now));
    let mut found = owners(database, expected, now);
    found.extend(grants(Some(database), was.as_ref().unwrap_or(&nothing), is.as_ref().unwrap_or(&nothing)));
    found
}

fn owners(database: &DatabaseName, expected: &Catalog, now: &Catalog) -> Differences {
    let mut found = Differences::default();
    let paths: BTreeSet<_> = expected.owners.keys().chain(now.owners.keys()).collect();
    for path in paths.into_iter().filter(|path| path.database == *database) {
        let (was, is) = (expected.owners.get(path), now.owners.get(path));
        if was != is {
            found.add(|| format!("schema {path}: {}", owner_difference(was, is)));
        }
    }
    found
}

fn owner_difference(was: Option<&Owner>, is: Option<&Owner>) -> String {
    let (was, is) = match (was, is) {
        (None, _) => return "exists now".to_owned(),
        (_, None) => return "is gone".to_owned(),
        (Some(was), Some(is)) => (was, is),
    };
    if was.oid != is.oid {
        return "is another schema of that name".to_owned();
    }
    let (is, was) = (printable(is.role.as_str()), printable(was.role.as_str()));
    format!("belongs to \"{is}\", belonged to \"{was}\"")
}

fn grants(database: Option<&DatabaseName>, expected: &Grants, now: &Grants) -> Differences {
    let mut found = Differences::default();
    let nobody = Acl::default();
    for (object, held) in expected.objects() {
        let was = expected.acl(held.acl);
        match now.objects().get(object) {
            Some(new) => thing(&mut found, (database, object), (held, was), (new, now.acl(new.acl))),
            // A row of default privileges without entries is no row.
            None if was.is_empty() && matches!(object, Object::Default(_)) => {}
            None => found.add(|| format!("{}: is gone", path(database, object))),
        }
    }
    for (object, held) in now.objects() {
        let is = now.acl(held.acl);
        if !is.is_empty() && !expected.objects().contains_key(object) {
            found.add(|| format!("{}: {}", path(database, object), acl_difference(&nobody, is)));
        }
    }
    found
}

fn thing(
    found: &mut Differences,
    (database, object): (Option<&DatabaseName>, &Object),
    (held, was): (&Held, &Acl),
    (new, is): (&Held, &Acl),
) {
    if held.oid != new.oid && held.oid != 0 && new.oid != 0 {
        found.add(|| {
            format!(
                "{}: is another object of that name (OID {}, was {})",
                path(database, object),
                new.oid,
                held.oid
            )
        });
    } else if held.owner != new.owner {
        found.add(|| {
            format!(
                "{}: belongs to \"{}\", belonged to \"{}\"",
                path(database, object),
                printable(new.owner.as_str()),
                printable(held.owner.as_str())
            )
        });
    }
    if was != is {
        found.add(|| format!("{}: {}", path(database, object), acl_difference(was, is)));
    }
}

fn path(database: Option<&DatabaseName>, object: &Object) -> String {
    let kind = object.kind().singular();
    match (database, object) {
        (Some(database), Object::Default(_)) => {
            format!("default privileges on {object} in {}", printable(database.as_str()))
        }
        (Some(database), _) => format!("{kind} {}.{object}", printable(database.as_str())),
        (None, _) => format!("{kind} {object}"),
    }
}

/// Whether a role is as it was, as far as may be seen.
pub fn same_role(was: &Role, is: &Role) -> bool {
    let password = match (was.password, is.password) {
        // What may not be looked at proves nothing, and what is not made yet is not known.
        (Password::Unknown | Password::Fresh, _) | (_, Password::Unknown | Password::Fresh) => true,
        (a, b) => a == b,
    };
    let oid = was.oid == is.oid || was.oid == 0 || is.oid == 0;
    password
        && oid
        && was.attributes == is.attributes
        && was.valid_until == is.valid_until
        && was.comment == is.comment
        && was.settings == is.settings
}

fn role_difference(was: Option<&Role>, is: Option<&Role>) -> String {
    let (was, is) = match (was, is) {
        (None, _) => return "exists now".to_owned(),
        (_, None) => return "is gone".to_owned(),
        (Some(was), Some(is)) => (was, is),
    };
    let mut parts = Vec::new();
    if was.oid != is.oid && was.oid != 0 && is.oid != 0 {
        parts.push("is another role of that name".to_owned());
    }
    parts.extend(attributes(&was.attributes, &is.attributes));
    if was.valid_until != is.valid_until {
        let text = |until: &Option<String>| until.clone().unwrap_or_else(|| "without limit".to_owned());
        parts.push(format!("valid until {}, was {}", text(&is.valid_until), text(&was.valid_until)));
    }
    if was.comment != is.comment {
        let text = |comment: &Option<String>| comment.as_ref().map_or("none".to_owned(), |text| quoted(text));
        parts.push(format!("comment is {}, was {}", text(&is.comment), text(&was.comment)));
    }
    parts.extend(settings(&was.settings, &is.settings));
    if !same_role(&Role { password: was.password, ..is.clone() }, is) {
        parts.push("has another password".to_owned());
    }
    parts.join("; ")
}

fn attributes(was: &Attributes, is: &Attributes) -> Vec<String> {
    let flags = |of: &Attributes| {
        [
            ("LOGIN", of.login),
            ("INHERIT", of.inherit),
            ("SUPERUSER", of.superuser),
            ("CREATEDB", of.createdb),
            ("CREATEROLE", of.createrole),
            ("REPLICATION", of.replication),
            ("BYPASSRLS", of.bypassrls),
        ]
    };
    let changed = flags(was).into_iter().zip(flags(is)).filter(|(was, is)| was != is);
    let mut parts: Vec<String> = changed
        .map(|(_, (word, has))| if has { format!("has {word} now") } else { format!("has {word} no more") })
        .collect();
    if was.connection_limit != is.connection_limit {
        parts.push(format!("connection limit is {}, was {}", is.connection_limit, was.connection_limit));
    }
    parts
}

type Settings = BTreeMap<(Option<DatabaseName>, String), String>;

fn settings(was: &Settings, is: &Settings) -> Vec<String> {
    let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
    let changed = keys.into_iter().filter(|key| was.get(*key) != is.get(*key));
    let text = |value: Option<&String>| value.map_or("not set".to_owned(), |value| quoted(value));
    changed
        .map(|key| {
            let place = key
                .0
                .as_ref()
                .map_or(String::new(), |database| format!(" in {}", printable(database.as_str())));
            format!(
                "setting {}{place} is {}, was {}",
                printable(&key.1),
                text(is.get(key)),
                text(was.get(key))
            )
        })
        .collect()
}

fn membership_text(options: Option<&MembershipOptions>) -> String {
    match options {
        None => "none".to_owned(),
        Some(options) => {
            format!("admin {}, inherit {}, set {}", options.admin, options.inherit, options.set)
        }
    }
}

fn by(grantor: &Grantor) -> String {
    match grantor {
        Grantor::Owner => String::new(),
        Grantor::Role(role) => format!(" granted by \"{}\"", printable(role.as_str())),
    }
}

/// Who has what now and had what then, for the entries that differ.
fn acl_difference(was: &Acl, is: &Acl) -> String {
    let only_in = |these: &Acl, those: &Acl, word: &str| {
        let entries = these.entries().iter().filter(|entry| !those.entries().contains(entry));
        let texts: Vec<String> = entries.map(|entry| format!("{word} {}", entry_text(entry))).collect();
        if texts.is_empty() { format!("{word} none") } else { texts.join(", ") }
    };
    format!("{}, {}", only_in(was, is, "was"), only_in(is, was, "is"))
}

fn entry_text(entry: &Entry) -> String {
    let option = if entry.holding.grantable.is_empty() {
        String::new()
    } else {
        format!(" with grant option for {}", entry.holding.grantable)
    };
    format!("{} to {}{option}{}", entry.holding.privileges, entry.grantee, by(&entry.holding.grantor))
}
