//! Turns rows of ACL classes into the objects that have them.
//!
//! One `Collector` per place (the server, or one database). A row has, in this order:
//! namespace, whether that is a system schema, whether its objects are listed whole, owner, ACL,
//! names, OIDs, and what the kind needs besides. Not here: which rows there are (`local`, `shared_grants`).
//! Invariant: an object is kept when its kind is listed whole (in system schemas: when selectors
//! name the schema too), or when someone in scope stands in its ACL; never otherwise.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use tokio_postgres::Row;

use engine::acl::{Acl, Grantee, Grantor};
use engine::catalog::{Grants, Held};
use engine::change::Place;
use engine::name::{DatabaseName, RoleName, SchemaName};
use engine::object::{DefaultPrivileges, Object, ObjectKind};
use engine::observed::{Dependent, GrantOptions, Lapses, LeftAlone, Owned, OwnedKind, Scope};
use engine::privilege::PrivilegeSet;
use engine::public::PublicReach;

use super::class::{Class, Judge};
use super::{ReadError, name};

/// The schema of TOAST tables.
const TOAST: &str = "pg_toast";

/// Most possessions of one role that are named one by one, per place.
const MOST_OWNED: usize = 100;

/// What one place holds.
pub(super) struct Collector<'a> {
    pub(super) judge: Judge<'a>,
    /// On what PUBLIC is managed here; `None` for nothing. In system schemas it never is: what
    /// it holds there is PUBLIC's by design, and a new version changes it.
    pub(super) public: Option<&'a PublicReach>,
    /// Who owns the database, and is therefore what `pg_database_owner` stands for.
    pub(super) database_owner: Option<&'a str>,
    /// Whether owners are asked about too, since the administrator may have to act as them.
    pub(super) asks_owners: bool,
    grantors: &'a BTreeSet<RoleName>,
    schemas: HashMap<&'a str, SchemaName>,
    foreign: BTreeSet<(RoleName, &'a str)>,
    pub(super) found: Found,
}

/// What was found in one place.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) grants: Grants,
    /// What PUBLIC holds where it is not managed.
    pub(super) everybody: BTreeMap<Object, PrivilegeSet>,
    /// How many entries somebody made for it where it is.
    pub(super) made_for_public: BTreeMap<Object, u64>,
    /// What belongs to `pg_database_owner`.
    pub(super) of_database_owner: BTreeSet<Object>,
    pub(super) dependents: Vec<Dependent>,
    pub(super) grant_options: GrantOptions,
    pub(super) lapses: Lapses,
    pub(super) left_alone: LeftAlone,
    pub(super) owned: Possessions,
    pub(super) questions: Vec<Question>,
}

/// Whether a grantor that is not the owner could revoke what it granted.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) grantor: RoleName,
    /// Empty for objects that live in no schema.
    pub(super) schema: String,
}

/// One row of a class, and the object behind each of its names.
pub(super) struct ClassRow<'a> {
    pub(super) kind: ObjectKind,
    pub(super) namespace: Option<&'a str>,
    pub(super) system: bool,
    pub(super) listed: bool,
    pub(super) owner: &'a str,
    pub(super) acl: Option<&'a str>,
    pub(super) names: Vec<&'a str>,
    pub(super) oids: Vec<u32>,
}

impl<'a> ClassRow<'a> {
    /// Reads the columns that every kind has.
    pub(super) fn read(kind: ObjectKind, row: &'a Row) -> Result<ClassRow<'a>, ReadError> {
        Ok(ClassRow {
            kind,
            namespace: row.try_get(0)?,
            system: row.try_get(1)?,
            listed: row.try_get(2)?,
            owner: row.try_get(3)?,
            acl: row.try_get(4)?,
            names: row.try_get::<_, Option<Vec<&str>>>(5)?.unwrap_or_default(),
            oids: row.try_get::<_, Option<Vec<u32>>>(6)?.unwrap_or_default(),
        })
    }

    /// The OID of the object at a place; 0 where the kind has none to bind.
    fn oid(&self, place: usize) -> u32 {
        self.oids.get(place).copied().unwrap_or(0)
    }
}

impl<'a> Collector<'a> {
    /// For one database, or (`None`) for what the server shares.
    pub(super) fn new(scope: &'a Scope, database: Option<&'a DatabaseName>) -> Collector<'a> {
        let place = database.map_or(Place::Shared, |database| Place::Database(database.clone()));
        Collector {
            judge: Judge::new(scope),
            public: scope.public.get(&place),
            database_owner: None,
            asks_owners: false,
            grantors: &scope.grantors,
            schemas: HashMap::new(),
            foreign: BTreeSet::new(),
            found: Found {
                place,
                grants: Grants::default(),
                everybody: BTreeMap::new(),
                made_for_public: BTreeMap::new(),
                of_database_owner: BTreeSet::new(),
                dependents: Vec::new(),
                grant_options: BTreeMap::new(),
                lapses: BTreeMap::new(),
                left_alone: LeftAlone::default(),
                owned: Possessions::default(),
                questions: Vec::new(),
            },
        }
    }

    /// All that was found.
    pub(super) fn finish(self) -> Found {
        let question = |(grantor, schema): (RoleName, &str)| Question { grantor, schema: schema.to_owned() };
        Found { questions: self.foreign.into_iter().map(question).collect(), ..self.found }
    }

    /// The schema of a row, one shared text per schema.
    pub(super) fn schema(&mut self, row: &ClassRow<'a>) -> Result<SchemaName, ReadError> {
        let text = row.namespace.unwrap_or_default();
        if let Some(schema) = self.schemas.get(text) {
            return Ok(schema.clone());
        }
        let schema = name(text, SchemaName::new)?;
        self.schemas.insert(text, schema.clone());
        Ok(schema)
    }

    /// Judges the row's ACL and counts what it leaves alone on so many objects.
    pub(super) fn judge(&mut self, row: &ClassRow<'a>, objects: usize) -> Result<Rc<Class>, ReadError> {
        let class = self.judge.class(row).map_err(|source| {
            let first = row.names.first().copied().unwrap_or("(no name)");
            let schema = row.namespace.map(|text| format!("{text}.")).unwrap_or_default();
            ReadError::Acl { on: format!("{} {schema}{first}", row.kind.singular()), source }
        })?;
        if !row.system {
            self.found.left_alone.entries += (class.others + class.of_public) * objects as u64;
            self.found.left_alone.external_entries += class.external * objects as u64;
        }
        Ok(class)
    }

    /// Puts in all objects of a class that belong in; `object` makes the one at a place.
    pub(super) fn insert(
        &mut self,
        row: &ClassRow<'a>,
        class: &Class,
        mut object: impl FnMut(usize) -> Result<Object, ReadError>,
    ) -> Result<(), ReadError> {
        let owner = self.owner(row)?;
        // Columns and TOAST tables belong to whomever their table does.
        let of_its_own = row.kind != ObjectKind::Column && row.namespace != Some(TOAST);
        let owner_in_scope = of_its_own && self.judge.in_scope(row.owner).is_some();
        let public = self.public.filter(|_| !row.system && class.with_public.is_some());
        let kept = row.listed || !class.acl.is_empty();
        // What PUBLIC holds on a relation it holds on columns, on which roles may hold something.
        let has_columns = matches!(row.kind, ObjectKind::Table | ObjectKind::Sequence);
        let for_columns = has_columns && class.with_public.is_some();
        let matters = kept || for_columns || owner_in_scope || public.is_some();
        if !matters && class.dependents.is_empty() {
            return Ok(());
        }
        let possession = match self.found.place {
            Place::Shared => OwnedKind::Shared,
            Place::Database(_) => OwnedKind::Object,
        };
        let mut numbers = [None, None];
        for place in 0..row.names.len().max(row.oids.len()) {
            let object = object(place)?;
            if owner_in_scope {
                self.found.owned.add(&owner, possession, || format!("{} {object}", row.kind.singular()));
            }
            let managed = public.filter(|public| public.covers(&object)).and(class.with_public.as_ref());
            self.found.depend(class, &object);
            self.found.everybody(class, managed.is_some(), &object);
            if !kept && managed.is_none() {
                continue;
            }
            if row.owner == RoleName::DATABASE_OWNER {
                self.found.of_database_owner.insert(object.clone());
            }
            if !class.options.is_empty() {
                self.found.grant_options.insert(object.clone(), Arc::clone(&class.options));
            }
            if !class.lapses.is_empty() {
                self.found.lapses.insert(object.clone(), Arc::clone(&class.lapses));
            }
            let acl = match numbers[usize::from(managed.is_some())] {
                Some(acl) => acl,
                None => {
                    let acl = managed.unwrap_or(&class.acl);
                    self.ask_about(row, acl, &owner);
                    *numbers[usize::from(managed.is_some())].insert(self.found.grants.number(acl.clone()))
                }
            };
            self.found.grants.insert(object, Held { oid: row.oid(place), owner: owner.clone(), acl });
        }
        Ok(())
    }

    /// Puts in a row of default privileges that matters: someone in scope stands in it, or it
    /// replaces what PUBLIC, being in scope, has built in.
    pub(super) fn insert_default(&mut self, class: &Class, default: DefaultPrivileges) {
        let creator = default.creator.clone();
        let object = Object::Default(default);
        let managed = self.public.is_some_and(|public| public.covers(&object));
        if managed && class.of_public > 0 {
            self.found.made_for_public.insert(object.clone(), class.of_public);
        }
        let acl = class.with_public.as_ref().filter(|_| managed).unwrap_or(&class.acl);
        if !acl.is_empty() || (managed && !object.public_default().is_empty()) {
            self.found.grants.insert_acl(object, 0, creator, acl.clone());
        }
    }

    /// Who owns a row's objects. The owner of a database has the privileges of
    /// `pg_database_owner` in it, and no other role has: it stands for that role here, since
    /// what the administrator may do depends on it.
    fn owner(&mut self, row: &ClassRow<'a>) -> Result<RoleName, ReadError> {
        let owner = match self.database_owner {
            Some(owner) if row.owner == RoleName::DATABASE_OWNER => owner,
            _ => row.owner,
        };
        self.judge.role(owner)
    }

    /// Notes which grantors statements would have to act for; owners where they are asked about.
    fn ask_about(&mut self, row: &ClassRow<'a>, acl: &Acl, owner: &RoleName) {
        if self.asks_owners && row.namespace.is_some() {
            self.foreign.insert((owner.clone(), row.namespace.unwrap_or_default()));
        }
        if let Some(schema) = row.namespace {
            self.foreign.extend(self.grantors.iter().map(|grantor| (grantor.clone(), schema)));
        }
        for entry in acl.entries() {
            if let Grantor::Role(grantor) = &entry.holding.grantor {
                self.foreign.insert((grantor.clone(), row.namespace.unwrap_or_default()));
            }
        }
    }
}

impl Found {
    /// Notes what PUBLIC holds on an object where it is not managed, and how much it was given where it is.
    fn everybody(&mut self, class: &Class, managed: bool, object: &Object) {
        let Some(acl) = &class.with_public else { return };
        if !managed {
            self.everybody.insert(object.clone(), acl.privileges_of(&Grantee::Public));
        } else if class.of_public > 0 {
            self.made_for_public.insert(object.clone(), class.of_public);
        }
    }

    /// Notes the grants on an object that stand on a grant option of a role in scope.
    fn depend(&mut self, class: &Class, object: &Object) {
        let database = match &self.place {
            Place::Shared => None,
            Place::Database(database) => Some(database),
        };
        self.dependents.extend(class.dependents.iter().map(|(grantor, grantee, privileges)| Dependent {
            database: database.cloned(),
            object: object.clone(),
            grantor: grantor.clone(),
            grantee: grantee.clone(),
            privileges: *privileges,
        }));
    }
}

/// What roles in scope own in one place: the first hundred by description, the rest by count.
#[derive(Debug, Default)]
pub(super) struct Possessions(BTreeMap<(RoleName, OwnedKind), (Vec<String>, u64)>);

impl Possessions {
    /// Adds one thing.
    pub(super) fn add(&mut self, owner: &RoleName, kind: OwnedKind, describe: impl FnOnce() -> String) {
        let (named, more) = self.0.entry((owner.clone(), kind)).or_default();
        if named.len() < MOST_OWNED {
            named.push(describe());
        } else {
            *more += 1;
        }
    }

    /// All of it by role, with a last entry per role for what was not named.
    pub(super) fn list(self, database: Option<&DatabaseName>) -> impl Iterator<Item = (RoleName, Owned)> {
        self.0.into_iter().flat_map(move |((owner, kind), (mut named, more))| {
            named.sort();
            if more > 0 {
                named.push(format!("{more} more objects"));
            }
            let owned = move |description| Owned { database: database.cloned(), kind, description };
            named.into_iter().map(move |line| (owner.clone(), owned(line)))
        })
    }
}
