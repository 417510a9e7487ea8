//! `self` in the postconditions of a role: the role as it is planned.
//!
//! Not here: the conditions (`condition`). Invariant: what is left out is null, what has a
//! default shows it; a password has no value here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::code::Code;
use crate::config::evaluate::{Keys, Scope};
use crate::config::surroundings::Surroundings;
use crate::config::value::types::Type;
use crate::config::value::{Data, Reference, Value};
use crate::declared::{DeclaredRole, RoleKind};
use crate::diagnostic::{Diagnostic, nearest};

/// A scope in which `self` is a role.
pub(super) struct WithSelf<'s> {
    around: &'s dyn Scope,
    own: BTreeMap<Arc<str>, Value>,
}

impl<'s> WithSelf<'s> {
    /// The scope of a block, and the role that the block declares.
    pub(super) fn new(around: &'s dyn Scope, role: &DeclaredRole) -> WithSelf<'s> {
        WithSelf { around, own: attributes(role) }
    }

    /// The same while something about the role is not known.
    pub(super) fn unknown(self) -> WithSelf<'s> {
        let own = self.own.into_keys().map(|name| (name, Value::unknown()));
        WithSelf { own: own.collect(), ..self }
    }
}

impl Scope for WithSelf<'_> {
    fn lookup(&self, root: &str, name: Option<&str>) -> Result<Value, Option<Box<Diagnostic>>> {
        let name = match (root, name) {
            ("self", Some(name)) => name,
            ("self", None) => return Ok(Value::object(self.own.clone())),
            _ => return self.around.lookup(root, name),
        };
        self.own.get(name).cloned().ok_or_else(|| {
            let detail = format!("This object does not have an attribute named \"{name}\".");
            let said = Diagnostic::error(Code::CFG012, "Unsupported attribute", detail);
            Some(Box::new(match nearest(name, self.own.keys().map(AsRef::as_ref)) {
                Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
                None => said,
            }))
        })
    }

    fn keys(&self, root: &str, name: &str) -> Option<Keys> {
        self.around.keys(root, name)
    }

    fn surroundings(&self) -> &Surroundings<'_> {
        self.around.surroundings()
    }
}

fn attributes(role: &DeclaredRole) -> BTreeMap<Arc<str>, Value> {
    let text = |text: Option<&str>| match text {
        Some(text) => Value::string(text),
        None => Value::new(Data::Null(Type::String)),
    };
    let server = Reference::Server { label: role.resource.as_str().into() };
    let own = &role.attributes;
    let settings = role.settings.iter().filter(|((database, _), _)| database.is_none());
    let settings = settings.map(|((_, name), value)| (Arc::from(name.as_str()), Value::string(value)));
    let member_of = role.member_of.iter().map(|membership| Value::string(membership.role.as_str()));
    let kind = match role.kind {
        RoleKind::Managed => "managed",
        RoleKind::External => "external",
    };
    BTreeMap::from(
        [
            ("name", text(Some(role.name.as_str()))),
            ("resource", Value::new(Data::Reference(Arc::new(server)))),
            ("type", text(Some(kind))),
            ("comment", text(role.comment.as_deref())),
            ("valid_until", text(role.valid_until.as_deref())),
            ("login", Value::bool(own.login)),
            ("inherit", Value::bool(own.inherit)),
            ("superuser", Value::bool(own.superuser)),
            ("createdb", Value::bool(own.createdb)),
            ("createrole", Value::bool(own.createrole)),
            ("replication", Value::bool(own.replication)),
            ("bypassrls", Value::bool(own.bypassrls)),
            ("connection_limit", Value::number(i64::from(own.connection_limit))),
            ("member_of", Value::list(Type::String, member_of.collect())),
            ("settings", Value::map(Type::String, settings.collect())),
        ]
        .map(|(name, value)| (Arc::from(name), value)),
    )
}
