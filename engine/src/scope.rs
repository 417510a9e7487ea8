//! Which names a run may look at and change on one server.
//!
//! From the configuration, the state and the command line's choice; the server has not been
//! asked yet. Not here: the choice itself (`choice`), what is found in scope (`observed`).
//! Invariant: a role is in scope exactly if the run's selection includes its block, declared
//! or remembered, and the kind of run lets it take part.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Place;
use crate::choice::Selection;
use crate::declared::{
    Declared, DeclaredPublic, DeclaredResource, DeclaredRole, DeclaredSchema, GrantBlock, Implied, Patterns,
    RoleKind, Schemas, Selector,
};
use crate::name::{BlockAddress, DatabaseName, Name, RoleName, SchemaName, SchemaPath};
use crate::object::{Object, ObjectKind, is_custom_parameter};
use crate::observed::{NamedColumn, Scope};
use crate::plan::Mode;
use crate::public::{self, PublicReach};
use crate::state::{RecordedResource, RecordedRole};

/// One server's part of a run.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The whole configuration.
    pub declared: &'a Declared,
    /// The server's block.
    pub resource: &'a DeclaredResource,
    /// What the state says about the server.
    pub recorded: Option<&'a RecordedResource>,
    /// What takes part.
    pub selection: &'a Selection,
    /// What kind of run it is.
    pub mode: Mode,
}

impl<'a> Part<'a> {
    /// The declared roles that are to be as declared: those that take part, and none when
    /// everything goes or when the state only learns what is so.
    pub fn declared_roles(self) -> impl Iterator<Item = &'a DeclaredRole> {
        let wanted = match self.mode {
            Mode::Normal => true,
            Mode::Destroy | Mode::RefreshOnly => false,
        };
        let roles = self.declared.roles.values().filter(move |_| wanted);
        roles.filter(move |role| role.resource == self.resource.name && self.selection.role(&role.address))
    }

    /// The recorded roles that take part and are not to be forgotten.
    pub fn recorded_roles(self) -> impl Iterator<Item = (&'a RoleName, &'a RecordedRole)> {
        self.remembered().filter(move |(_, role)| !self.is_forgotten(&role.address))
    }

    /// The recorded roles that a `removed` block leaves in PostgreSQL.
    pub fn forgotten_roles(self) -> impl Iterator<Item = (&'a RoleName, &'a RecordedRole)> {
        self.remembered().filter(move |(_, role)| self.is_forgotten(&role.address))
    }

    /// The `public` blocks that take part. They belong to the whole of a configuration, not to
    /// chosen roles.
    pub fn publics(self) -> impl Iterator<Item = &'a DeclaredPublic> {
        let wanted = self.mode == Mode::Normal && self.selection.has_public();
        self.declared.publics.iter().filter(move |public| wanted && public.resource == self.resource.name)
    }

    /// The `schema` blocks that take part.
    pub fn declared_schemas(self) -> impl Iterator<Item = &'a DeclaredSchema> {
        let wanted = self.mode == Mode::Normal;
        let schemas = self.declared.schemas.values();
        schemas.filter(move |schema| {
            wanted && schema.resource == self.resource.name && self.selection.schema(&schema.address)
        })
    }

    /// The recorded owners of schemas that take part.
    pub fn recorded_schemas(self) -> impl Iterator<Item = (&'a SchemaPath, &'a BlockAddress)> {
        let recorded = self.recorded.into_iter().flat_map(|resource| &resource.schemas);
        recorded.filter(move |(_, address)| self.selection.schema(address))
    }

    fn remembered(self) -> impl Iterator<Item = (&'a RoleName, &'a RecordedRole)> {
        let recorded = self.recorded.into_iter().flat_map(|resource| &resource.roles);
        recorded.filter(move |(_, role)| self.selection.role(&role.address))
    }

    fn is_forgotten(self, address: &BlockAddress) -> bool {
        match self.mode {
            Mode::RefreshOnly => false,
            Mode::Normal | Mode::Destroy => {
                self.declared.removed.iter().any(|removed| !removed.destroy && removed.from.matches(address))
            }
        }
    }

    /// The scope of the run on this server.
    pub fn scope(self) -> Scope {
        let mut scope = Scope::default();
        let mut leaving = BTreeSet::new();
        let mut add = |name: &RoleName, kind: RoleKind| {
            match kind {
                RoleKind::Managed => scope.managed.insert(name.clone()),
                RoleKind::External => scope.external.insert(name.clone()),
            };
        };
        let declared: BTreeSet<&RoleName> = self.declared_roles().map(|role| &role.name).collect();
        let moving = self.moving();
        self.declared_roles().for_each(|role| add(&role.name, role.kind));
        for (name, recorded) in self.recorded_roles() {
            let renamed = moving.get(name);
            let kind = match self.mode {
                Mode::RefreshOnly => recorded.kind,
                // What was managed and is external now loses what it was given; what is dropped
                // needs all that it holds: both are looked at whole.
                Mode::Normal | Mode::Destroy if declared.contains(name) || renamed.is_some() => recorded.kind,
                Mode::Normal | Mode::Destroy => RoleKind::Managed,
            };
            add(name, kind);
            // It is one role, whatever name it is looked at by.
            if let Some(role) = renamed {
                add(&role.name, kind);
                add(name, role.kind);
            }
            let drops = match self.mode {
                Mode::RefreshOnly => false,
                Mode::Normal | Mode::Destroy => !declared.contains(name),
            };
            leaving.extend(drops.then(|| name.clone()));
        }
        scope.leaving = leaving;
        // A role that was external and is managed now is looked at whole.
        let managed = scope.managed.clone();
        scope.external.retain(|name| !managed.contains(name));
        for role in self.declared_roles() {
            role.grants.iter().for_each(|grant| widen(&mut scope, grant));
            scope.databases.extend(role.settings.keys().filter_map(|(database, _)| database.clone()));
        }
        for grant in self.publics().flat_map(|public| &public.grants) {
            widen(&mut scope, grant);
            let places = [Some(Place::Shared), grant.database.clone().map(Place::Database)];
            let unresolved = |place| (place, PublicReach::Unresolved);
            scope.public.extend(places.into_iter().flatten().map(unresolved));
        }
        self.add_schemas(&mut scope);
        if self.selection.has_public() {
            given_to_public(&mut scope, self.recorded);
        }
        scope
    }
}

impl<'a> Part<'a> {
    /// Blocks that have another name now than their recorded role, by its name; it will be renamed if it is
    /// there. A name that another block declares stays with its role, unless that block comes from another
    /// name itself.
    pub(crate) fn moving(self) -> BTreeMap<&'a RoleName, &'a DeclaredRole> {
        let by_address: BTreeMap<&BlockAddress, &DeclaredRole> =
            self.declared_roles().map(|role| (&role.address, role)).collect();
        let by_name: BTreeMap<&RoleName, &DeclaredRole> =
            self.declared_roles().map(|role| (&role.name, role)).collect();
        let other_name = |(old, remembered): (&'a RoleName, &RecordedRole)| {
            let role = *by_address.get(&remembered.address)?;
            (role.name != *old).then_some((old, role))
        };
        let mut moving: BTreeMap<&RoleName, &DeclaredRole> =
            self.recorded_roles().filter_map(other_name).collect();
        let leaving: BTreeSet<&BlockAddress> = moving.values().map(|role| &role.address).collect();
        moving.retain(|old, _| by_name.get(old).is_none_or(|other| leaving.contains(&other.address)));
        moving
    }
}

impl Part<'_> {
    /// Schemas that shall belong to somebody, or whose owners the state shall learn.
    fn add_schemas(self, scope: &mut Scope) {
        scope.schemas.extend(self.declared_schemas().map(|schema| schema.path.clone()));
        if self.mode == Mode::RefreshOnly {
            scope.schemas.extend(self.recorded_schemas().map(|(path, _)| path.clone()));
        }
        scope.databases.extend(scope.schemas.iter().map(|path| path.database.clone()));
        if !scope.schemas.is_empty() {
            scope.kinds.extend([ObjectKind::Database, ObjectKind::Schema]);
        }
    }
}

/// The name that a pattern without open signs is.
pub(crate) fn exact_name(pattern: &str) -> Option<Name> {
    Name::new(&Patterns::name(pattern)?).ok()
}

/// What was given to PUBLIC beyond what it has built in is looked at, whether it is still
/// declared or not.
fn given_to_public(scope: &mut Scope, recorded: Option<&RecordedResource>) {
    let Some(recorded) = recorded else { return };
    for (place, objects) in public::given(&recorded.catalog) {
        scope.kinds.extend(objects.iter().map(Object::kind));
        if let Place::Database(database) = &place {
            scope.databases.insert(database.clone());
        }
        scope.public.insert(place, PublicReach::Unresolved);
    }
}

fn widen(scope: &mut Scope, grant: &GrantBlock) {
    scope.databases.extend(grant.database.clone());
    scope.kinds.extend([ObjectKind::Database, ObjectKind::Schema]);
    scope.system_schemas.extend(named_of_system(grant));
    scope.grantors.extend(grant.granted_by.clone());
    match &grant.selector {
        Selector::Database | Selector::Schemas(_) => {}
        Selector::InSchemas { kind, names, .. } => {
            scope.kinds.insert(*kind);
            if *kind == ObjectKind::Type {
                scope.types.extend(names.include.iter().filter_map(|pattern| exact_name(pattern)));
            }
            if *kind == ObjectKind::Table {
                widen_behind(scope, grant);
            }
        }
        Selector::Columns { schemas, tables, columns } => {
            // Sequences have columns, too.
            scope.kinds.extend([ObjectKind::Table, ObjectKind::Sequence]);
            let named =
                grant.database.iter().flat_map(|name| named_columns(name, (schemas, tables), columns));
            scope.columns.extend(named);
        }
        Selector::Named { kind, names } => {
            scope.kinds.insert(*kind);
            if *kind == ObjectKind::Parameter {
                let names = names.include.iter().filter_map(|pattern| exact_name(pattern));
                scope.parameters.extend(names.filter(|name| is_custom_parameter(name.as_str())));
            }
        }
        Selector::LargeObjects(_) => {
            scope.kinds.insert(ObjectKind::LargeObject);
        }
    }
}

/// Schemas of the system that a selector names.
fn named_of_system(grant: &GrantBlock) -> Vec<SchemaPath> {
    let (Selector::Schemas(schemas)
    | Selector::InSchemas { schemas, .. }
    | Selector::Columns { schemas, .. }) = &grant.selector
    else {
        return Vec::new();
    };
    let (Schemas::These(names), Some(database)) = (schemas, &grant.database) else { return Vec::new() };
    let named = names.iter().filter(|name| name.is_system());
    named.map(|name| SchemaPath { database: database.clone(), schema: name.clone() }).collect()
}

/// The columns that a selector names, of the tables that it names or, with a pattern, of any.
fn named_columns(
    database: &DatabaseName,
    (schemas, tables): (&Schemas, &Patterns),
    columns: &BTreeSet<Name>,
) -> Vec<NamedColumn> {
    let schemas: BTreeSet<Option<&SchemaName>> = match schemas {
        Schemas::All => BTreeSet::from([None]),
        Schemas::These(names) => names.iter().map(Some).collect(),
    };
    let relations: BTreeSet<Option<Name>> =
        tables.include.iter().map(|pattern| exact_name(pattern)).collect();
    let mut named = Vec::new();
    for schema in schemas {
        for relation in &relations {
            named.extend(columns.iter().map(|column| NamedColumn {
                database: database.clone(),
                schema: schema.cloned(),
                relation: relation.clone(),
                column: column.clone(),
            }));
        }
    }
    named
}

/// The sequences behind column defaults, which may come along.
fn widen_behind(scope: &mut Scope, grant: &GrantBlock) {
    if grant.implied == Implied::Everything {
        scope.kinds.insert(ObjectKind::Sequence);
    }
}
