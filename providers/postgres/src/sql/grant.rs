//! GRANT and REVOKE on objects, and what makes them act as the right grantor.
//!
//! A superuser or owner acts as the owner. What another role granted can only be revoked as
//! that role, and `GRANTED BY` takes nobody but the current user (14 to 18; 13 does not know
//! it), hence SET LOCAL ROLE around it. Not here: what belongs together (`coalesce`), who has to
//! act (`acting`).
//! Invariant: after the last statement the session acts as the administrator again, and no
//! statement names more than a thousand objects or is much longer than 64 kB.

use std::collections::{BTreeMap, BTreeSet};

use engine::change::Place;
use engine::name::RoleName;
use engine::object::Object;
use engine::plan::{Statement, Step, Subject};

use super::coalesce::{Deed, Group, Verb};
use super::quote::{grantee, identifier};
use super::{default_privileges, target};
use crate::acting::{Act, Acting, Powers};

/// Most objects that one statement names.
const MOST_OBJECTS: usize = 1_000;
/// Most text, in bytes, that the names of objects in one statement make up; those of grantees
/// a quarter of it.
const MOST_TEXT: usize = 48 * 1024;

/// The statements of groups in one place, in their order, each about its own group. Without powers
/// the administrator is a superuser, who acts as the owner.
pub(super) fn steps(place: &Place, powers: Option<&Powers<'_>>, groups: Vec<Group<'_>>) -> Vec<Step> {
    let mut out = Vec::new();
    for like in groups.chunk_by(|a, b| a.deed.grantor == b.deed.grantor) {
        for (role, parts) in by_actor(powers, like) {
            let as_role = role.map(|role| identifier(role.as_str()));
            for (at, group) in parts.iter().enumerate() {
                let begin = as_role.iter().filter(|_| at == 0).map(|role| format!("SET LOCAL ROLE {role}"));
                let end = as_role.iter().filter(|_| at + 1 == parts.len()).map(|_| "RESET ROLE".to_owned());
                let subject = Subject::grants(place, &group.objects, &group.entries);
                let step = |sql| Step { subject: subject.clone(), statement: Statement::complete(sql) };
                out.extend(begin.chain(texts(group)).chain(end).map(step));
            }
        }
    }
    out
}

/// Groups of one grantor by the role that acts, each on those of its objects on which it does. They do
/// not stand on each other, so their order is free.
fn by_actor<'a>(
    powers: Option<&Powers<'_>>,
    like: &[Group<'a>],
) -> BTreeMap<Option<RoleName>, Vec<Group<'a>>> {
    let mut parts: BTreeMap<Option<RoleName>, Vec<Group<'a>>> = BTreeMap::new();
    for group in like {
        let mut objects: BTreeMap<Option<RoleName>, BTreeSet<&Object>> = BTreeMap::new();
        match powers {
            Some(powers) => {
                for object in &group.objects {
                    objects.entry(actor(powers, group, object)).or_default().insert(object);
                }
            }
            None => drop(objects.insert(group.deed.grantor.role().cloned(), group.objects.clone())),
        }
        for (role, objects) in objects {
            parts.entry(role).or_default().push(Group { objects, ..group.clone() });
        }
    }
    parts
}

/// Who must act on an object in the administrator's place.
fn actor(powers: &Powers<'_>, group: &Group<'_>, object: &Object) -> Option<RoleName> {
    let takes = match group.deed.verb {
        Verb::Revoke | Verb::RevokeOption => true,
        Verb::Grant | Verb::GrantWithOption => false,
    };
    let act = Act { grantor: &group.deed.grantor, privileges: group.deed.privileges, takes };
    match powers.acting(object, act) {
        Acting::As(role) => Some(role),
        // Nobody can: that is said before (`preflight`).
        Acting::Session | Acting::Nobody(_) => None,
    }
}

/// A group as SQL.
pub(super) fn texts(group: &Group<'_>) -> Vec<String> {
    let grantees: Vec<String> = group.grantees.iter().map(|one| grantee(one)).collect();
    let grantees = chunks(&grantees, usize::MAX, MOST_TEXT / 4);
    let mut out = Vec::new();
    for target in default_privileges::targets(&group.objects) {
        for grantees in &grantees {
            let privileges = group.deed.privileges.to_string();
            out.push(format!("{} {}", target.head, form(&group.deed, &privileges, target.keyword, grantees)));
        }
    }
    for target in target::targets(&group.objects) {
        let privileges = target.privileges(group.deed.privileges);
        for names in chunks(&target.names, MOST_OBJECTS, MOST_TEXT) {
            let on = format!("{} {names}", target.keyword);
            out.extend(grantees.iter().map(|grantees| form(&group.deed, &privileges, &on, grantees)));
        }
    }
    out
}

fn form(deed: &Deed, privileges: &str, on: &str, grantees: &str) -> String {
    match deed.verb {
        Verb::Grant => format!("GRANT {privileges} ON {on} TO {grantees}"),
        Verb::GrantWithOption => format!("GRANT {privileges} ON {on} TO {grantees} WITH GRANT OPTION"),
        Verb::RevokeOption => format!("REVOKE GRANT OPTION FOR {privileges} ON {on} FROM {grantees}"),
        Verb::Revoke => format!("REVOKE {privileges} ON {on} FROM {grantees}"),
    }
}

/// Lists of at most so many names and about so many bytes; each has at least one name.
fn chunks(names: &[String], most: usize, bytes: usize) -> Vec<String> {
    let mut lists = Vec::new();
    let mut list = String::new();
    let mut count = 0;
    for name in names {
        if count > 0 && (count == most || list.len() + name.len() > bytes) {
            lists.push(std::mem::take(&mut list));
            count = 0;
        }
        if count > 0 {
            list.push_str(", ");
        }
        list.push_str(name);
        count += 1;
    }
    if count > 0 {
        lists.push(list);
    }
    lists
}
