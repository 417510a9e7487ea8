//! Catalogs written as text.
//!
//! ```text
//! role reader nologin
//! member ana of reader noinherit
//! grant reader on app table billing.orders: SELECT,INSERT*
//! object app table billing.orders owner app_owner
//! ```
//! Not here: changes (`testing::plan`). Invariant: the order of lines does not matter.

use std::collections::BTreeMap;

use crate::acl::{Acl, Entry, Grantor};
use crate::catalog::{Catalog, Grants, Membership};
use crate::change::Place;
use crate::name::RoleName;
use crate::object::Object;
use crate::testing::words;

/// A catalog in the making: entries per object, owners beside them.
#[derive(Default)]
pub struct Draft {
    catalog: Catalog,
    entries: BTreeMap<Place, BTreeMap<Object, Vec<Entry>>>,
    owners: BTreeMap<(Place, Object), RoleName>,
}

/// Reads a catalog.
pub fn catalog(text: &str) -> Catalog {
    let mut draft = Draft::default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| draft.line(line));
    draft.finish()
}

impl Draft {
    /// Reads one line.
    pub fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').expect("a word and what it is about");
        match word {
            "role" => {
                let (name, attributes) = rest.split_once(' ').unwrap_or((rest, ""));
                self.catalog.roles.insert(words::role_name(name), words::role(attributes));
            }
            "member" => self.member(rest),
            "grant" => {
                let (head, holdings) = rest.rsplit_once(": ").expect("grant … : PRIVILEGES");
                self.grant(head, holdings);
            }
            "object" => {
                let (place, rest) = rest.split_once(' ').expect("object PLACE KIND NAME owner ROLE");
                let (objects, owner) = rest.split_once(" owner ").unwrap_or((rest, "postgres"));
                for object in words::objects(objects) {
                    self.touch(&words::place(place), &object);
                    self.owners.insert((words::place(place), object), words::role_name(owner));
                }
            }
            other => panic!("no such line in a catalog: {other}"),
        }
    }

    fn member(&mut self, text: &str) {
        let (member, rest) = text.split_once(" of ").expect("member MEMBER of ROLE");
        let (role, options) = rest.split_once(' ').unwrap_or((rest, ""));
        let membership = Membership {
            member: words::role_name(member),
            role: words::role_name(role),
            grantor: Grantor::Owner,
        };
        self.catalog.memberships.insert(membership, words::options(options));
    }

    fn grant(&mut self, head: &str, holdings: &str) {
        let (grantees, on) = head.split_once(" on ").expect("GRANTEE on PLACE OBJECTS");
        let (place, objects) = on.split_once(' ').expect("a place and objects");
        for object in words::objects(objects) {
            for grantee in words::expand(grantees) {
                let grantee = words::grantee(&grantee);
                for holding in words::holdings(holdings) {
                    self.hold(&words::place(place), &object, Entry { grantee: grantee.clone(), holding });
                }
            }
        }
    }

    /// Makes an object known.
    pub fn touch(&mut self, place: &Place, object: &Object) {
        self.entries.entry(place.clone()).or_default().entry(object.clone()).or_default();
    }

    /// Adds an entry to an object's ACL.
    pub fn hold(&mut self, place: &Place, object: &Object, entry: Entry) {
        self.entries.entry(place.clone()).or_default().entry(object.clone()).or_default().push(entry);
    }

    /// The catalog so far, for what is no ACL.
    pub fn catalog(&mut self) -> &mut Catalog {
        &mut self.catalog
    }

    /// The catalog.
    pub fn finish(mut self) -> Catalog {
        let owner = words::role_name("postgres");
        for (place, objects) in self.entries {
            let mut grants = Grants::default();
            for (object, entries) in objects {
                let key = (place.clone(), object);
                let owner = self.owners.get(&key).unwrap_or(&owner).clone();
                grants.insert_acl(key.1, 0, owner, Acl::new(entries));
            }
            match place {
                Place::Shared => self.catalog.shared = grants,
                Place::Database(name) => {
                    self.catalog.databases.insert(name, grants);
                }
            }
        }
        self.catalog
    }
}
