//! What a configuration declares and what needs what, for people: `roleform graph`.
//!
//! From the configuration alone, so selectors stand for the objects that they will match.
//! Not here: how it is written (`render::graph`), the order of an apply (`graph::order`,
//! which knows the objects). Invariant: an edge goes from what needs to what is needed, and
//! equal declarations give equal pictures.

use std::collections::{BTreeMap, BTreeSet};

use crate::declared::{
    Declared, DeclaredMembership, DeclaredPublic, DeclaredRole, DeclaredSchema, GrantBlock, LargeObjects,
    Patterns, Schemas, Selector,
};
use crate::diagnostic::{Origin, Span};
use crate::name::{BlockAddress, DatabaseName, RoleName, quoted};
use crate::object::ObjectKind;

/// Nodes and edges by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Address to what it is.
    pub nodes: BTreeMap<String, Node>,
    /// Who needs whom.
    pub edges: BTreeSet<(String, String)>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The word for its kind: `role`, `table_grant`, …
    pub kind: String,
    /// Where it is declared.
    pub origin: Origin,
}

/// Draws the picture of a configuration.
pub fn of(declared: &Declared) -> Picture {
    let mut picture = Picture::default();
    for resource in declared.resources.values() {
        let address = format!("postgres.{}", resource.name);
        // A configuration says where; only a plan does not.
        resource.span.iter().for_each(|span| picture.node(address.clone(), "postgres", span));
    }
    for role in declared.roles.values() {
        picture.role(declared, role);
    }
    for schema in declared.schemas.values() {
        picture.schema(declared, schema);
    }
    for public in &declared.publics {
        picture.public(public);
    }
    // What is needed and not declared (a predefined role, say) is no node.
    let Picture { nodes, edges } = &mut picture;
    edges.retain(|(from, to)| nodes.contains_key(from) && nodes.contains_key(to));
    picture
}

/// Who holds the grants of one block.
#[derive(Clone, Copy)]
struct Holder<'a> {
    /// The block.
    address: &'a BlockAddress,
    /// What its next node needs.
    needs: &'a str,
}

impl Picture {
    fn node(&mut self, address: String, kind: &str, span: &Span) {
        self.nodes.entry(address).or_insert_with(|| Node { kind: kind.to_owned(), origin: span.origin() });
    }

    fn edge(&mut self, from: &str, to: &str) {
        self.edges.insert((from.to_owned(), to.to_owned()));
    }

    fn role(&mut self, declared: &Declared, role: &DeclaredRole) {
        let address = role.address.to_string();
        self.node(address.clone(), "role", &role.span);
        self.edge(&address, &format!("postgres.{}", role.resource));
        for membership in &role.member_of {
            self.membership(role, membership);
        }
        for dependency in &role.depends_on {
            let needed = declared.roles.keys().filter(|needed| dependency.on.matches(needed));
            needed.for_each(|needed| self.edge(&address, &needed.to_string()));
        }
        let holder = Holder { address: &role.address, needs: &address };
        for grant in &role.grants {
            self.grant(holder, grant);
            for creator in &grant.future_creators {
                let of_creator = declared
                    .roles
                    .values()
                    .filter(|other| other.resource == role.resource && other.name == *creator);
                let needed: Vec<String> = of_creator.map(|other| other.address.to_string()).collect();
                for path in to_come(grant, creator) {
                    let future = self.held(holder, ("default_privilege", &path), &grant.span);
                    needed.iter().for_each(|creator| self.edge(&future, creator));
                }
            }
        }
    }

    fn membership(&mut self, role: &DeclaredRole, membership: &DeclaredMembership) {
        let address = role.address.of_membership(&membership.role, membership.granted_by.as_ref());
        self.node(address.clone(), "membership", &membership.span);
        self.edge(&address, &role.address.to_string());
        if let Some(block) = &membership.block {
            self.edge(&address, &block.to_string());
        }
    }

    fn schema(&mut self, declared: &Declared, schema: &DeclaredSchema) {
        let address = schema.address.of_kind("schema");
        self.node(address.clone(), "schema", &schema.span);
        self.edge(&address, &format!("postgres.{}", schema.resource));
        let is_owner = |role: &&DeclaredRole| role.resource == schema.resource && role.name == schema.owner;
        let owner = declared.roles.values().find(is_owner);
        owner.into_iter().for_each(|owner| self.edge(&address, &owner.address.to_string()));
    }

    fn public(&mut self, public: &DeclaredPublic) {
        let address = public.address.of_kind("public");
        self.node(address.clone(), "public", &public.span);
        self.edge(&address, &format!("postgres.{}", public.resource));
        for grant in &public.grants {
            self.grant(Holder { address: &public.address, needs: &address }, grant);
        }
    }

    /// A node of a holder.
    fn held(&mut self, holder: Holder<'_>, (kind, path): (&str, &str), span: &Span) -> String {
        let address = format!("{}[{}]", holder.address.of_kind(kind), quoted(path));
        self.node(address.clone(), kind, span);
        self.edge(&address, holder.needs);
        address
    }

    /// A grant on something inside a schema needs USAGE on the schema, and that CONNECT.
    fn grant(&mut self, holder: Holder<'_>, grant: &GrantBlock) {
        let span = &grant.span;
        let connect = grant
            .database
            .as_ref()
            .map(|database| self.held(holder, (ObjectKind::Database.grant_word(), database.as_str()), span));
        let inner = Holder { needs: connect.as_deref().unwrap_or(holder.needs), ..holder };
        for place in places(grant) {
            let usage = self.held(inner, (ObjectKind::Schema.grant_word(), &place), span);
            for (kind, name) in inside(&grant.selector) {
                let innermost = Holder { needs: &usage, ..holder };
                self.held(innermost, (kind.grant_word(), &format!("{place}.{name}")), span);
            }
        }
        for (kind, name) in outside(&grant.selector) {
            let path = match &grant.database {
                Some(database) => format!("{database}.{name}"),
                None => name,
            };
            self.held(inner, (kind.grant_word(), &path), span);
        }
    }
}

/// The schemas of a grant, as paths: `app.billing`, or `app.*` for all.
fn places(grant: &GrantBlock) -> Vec<String> {
    let schemas = match &grant.selector {
        Selector::Schemas(schemas)
        | Selector::InSchemas { schemas, .. }
        | Selector::Columns { schemas, .. } => schemas,
        Selector::Database | Selector::Named { .. } | Selector::LargeObjects(_) => return Vec::new(),
    };
    let database = grant.database.as_ref().map_or("", DatabaseName::as_str);
    match schemas {
        Schemas::All => vec![format!("{database}.*")],
        Schemas::These(these) => these.iter().map(|schema| format!("{database}.{schema}")).collect(),
    }
}

fn patterns(patterns: &Patterns) -> impl Iterator<Item = String> {
    patterns.include.iter().cloned()
}

/// The default privileges of a creator that a grant declares, as paths: `app.billing.tables of dba`.
fn to_come(grant: &GrantBlock, creator: &RoleName) -> Vec<String> {
    let of_kind = |place: String, kind: ObjectKind| format!("{place}.{} of {creator}", kind.plural());
    let database = || grant.database.as_ref().map_or("", DatabaseName::as_str).to_owned();
    match &grant.selector {
        Selector::InSchemas { kind, .. } => {
            places(grant).into_iter().map(|place| of_kind(place, *kind)).collect()
        }
        Selector::Schemas(_) => vec![of_kind(database(), ObjectKind::Schema)],
        Selector::LargeObjects(_) => vec![of_kind(database(), ObjectKind::LargeObject)],
        // Neither has default privileges.
        Selector::Database | Selector::Columns { .. } | Selector::Named { .. } => Vec::new(),
    }
}

/// What is granted inside each schema.
fn inside(selector: &Selector) -> Vec<(ObjectKind, String)> {
    match selector {
        Selector::InSchemas { kind, names, .. } => patterns(names).map(|name| (*kind, name)).collect(),
        Selector::Columns { tables, columns, .. } => {
            let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
            let columns = columns.join(", ");
            patterns(tables).map(|table| (ObjectKind::Column, format!("{table}({columns})"))).collect()
        }
        Selector::Database | Selector::Schemas(_) | Selector::Named { .. } | Selector::LargeObjects(_) => {
            Vec::new()
        }
    }
}

/// What is granted in no schema.
fn outside(selector: &Selector) -> Vec<(ObjectKind, String)> {
    match selector {
        Selector::Named { kind, names } => patterns(names).map(|name| (*kind, name)).collect(),
        Selector::LargeObjects(LargeObjects::All) => vec![(ObjectKind::LargeObject, "*".to_owned())],
        Selector::LargeObjects(LargeObjects::These(oids)) => {
            oids.iter().map(|oid| (ObjectKind::LargeObject, oid.to_string())).collect()
        }
        Selector::Database | Selector::Schemas(_) | Selector::InSchemas { .. } | Selector::Columns { .. } => {
            Vec::new()
        }
    }
}
