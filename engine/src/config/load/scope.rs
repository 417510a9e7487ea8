//! The scope of an expression in a block: the namespace, and `each` or `count`.
//!
//! Invariant: a name that is not declared is explained with the nearest one that is.

use std::sync::Arc;

use super::namespace::Namespace;
use crate::code::Code;
use crate::config::evaluate::{ROOTS, Scope};
use crate::config::surroundings::Surroundings;
use crate::config::value::{Data, Reference, Value};
use crate::diagnostic::{Diagnostic, nearest};
use crate::name::InstanceKey;

/// The names that an expression in a block can use.
pub(crate) struct BlockScope<'n> {
    namespace: &'n Namespace<'n>,
    instance: Option<(InstanceKey, Value)>,
}

type Problem = Box<Diagnostic>;

impl<'n> BlockScope<'n> {
    /// Outside of `for_each` and `count`.
    pub(crate) fn plain(namespace: &'n Namespace<'_>) -> BlockScope<'n> {
        BlockScope { namespace, instance: None }
    }

    /// Inside an instance; the value is `each.value`.
    pub(crate) fn instance(namespace: &'n Namespace<'_>, key: &InstanceKey, value: &Value) -> BlockScope<'n> {
        BlockScope { namespace, instance: Some((key.clone(), value.clone())) }
    }

    /// Why a name cannot be used anywhere in this directory, if so.
    pub(crate) fn undeclared(&self, root: &str, name: Option<&str>) -> Option<Diagnostic> {
        let Some(name) = name else {
            return match ROOTS.contains(&root) {
                true => Some(incomplete(root)),
                false => Some(unknown_root(root)),
            };
        };
        let space = self.namespace;
        match root {
            "var" => (!space.variables.contains_key(name)).then(|| {
                let detail = format!("An input variable with the name \"{name}\" has not been declared. This variable can be declared with a variable \"{name}\" {{}} block.");
                undeclared("Reference to undeclared input variable", detail, name, space.variables.keys())
            }),
            "local" => (!space.locals.contains_key(name)).then(|| {
                let detail = format!("A local value with the name \"{name}\" has not been declared.");
                undeclared("Reference to undeclared local value", detail, name, space.locals.keys())
            }),
            "role" => (!space.index.roles.contains_key(name)).then(|| {
                let detail = format!("A role \"{name}\" has not been declared in this configuration.");
                undeclared("Reference to undeclared role", detail, name, space.index.roles.keys())
            }),
            "postgres" => (!space.index.servers.contains_key(name)).then(|| {
                let detail = format!("A resource \"postgres\" \"{name}\" has not been declared in this configuration.");
                undeclared("Reference to undeclared resource", detail, name, space.index.servers.keys())
            }),
            "each" => (!matches!(name, "key" | "value")).then(|| {
                let detail = format!("The \"each\" object does not have an attribute named \"{name}\". The supported attributes are each.key and each.value.");
                Diagnostic::error(Code::CFG008, "Invalid \"each\" attribute", detail)
            }),
            "count" => (name != "index").then(|| {
                let detail = format!("The \"count\" object does not have an attribute named \"{name}\". The only supported attribute is count.index.");
                Diagnostic::error(Code::CFG008, "Invalid \"count\" attribute", detail)
            }),
            "path" => (!matches!(name, "module" | "root")).then(|| {
                let detail = format!("The \"path\" object does not have an attribute named \"{name}\". The supported attributes are path.module and path.root.");
                Diagnostic::error(Code::CFG008, "Invalid \"path\" attribute", detail)
            }),
            "self" | "terraform" | "module" => {
                let detail = format!("The \"{root}\" object is not available here.");
                Some(Diagnostic::error(Code::CFG008, "Invalid reference", detail))
            }
            other => Some(unknown_root(other)),
        }
    }
}

fn undeclared<'k>(
    summary: &str,
    detail: String,
    name: &str,
    known: impl Iterator<Item = &'k Arc<str>>,
) -> Diagnostic {
    let said = Diagnostic::error(Code::CFG007, summary, detail);
    match nearest(name, known.map(|known| known.as_ref())) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None => said,
    }
}

fn incomplete(root: &str) -> Diagnostic {
    let detail = format!(
        "The \"{root}\" object cannot be accessed directly. Instead, access one of its attributes, as in {root}.name."
    );
    Diagnostic::error(Code::CFG008, "Invalid reference", detail)
}

fn unknown_root(root: &str) -> Diagnostic {
    let detail = format!(
        "There is no value named \"{root}\" here. References begin with var, local, role, postgres, each, count or path; text stands in double quotes."
    );
    let said = Diagnostic::error(Code::CFG008, "Invalid reference", detail);
    match nearest(root, ROOTS.iter().copied()) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None => said,
    }
}

impl Scope for BlockScope<'_> {
    fn lookup(&self, root: &str, name: Option<&str>) -> Result<Value, Option<Problem>> {
        if let Some(problem) = self.undeclared(root, name) {
            return Err(Some(Box::new(problem)));
        }
        let space = self.namespace;
        let name = name.unwrap_or_default();
        match root {
            "var" => {
                space.variables.get(name).and_then(Option::as_ref).and_then(|v| v.value.clone()).ok_or(None)
            }
            "local" => space.values.get(name).cloned().flatten().ok_or(None),
            "role" => {
                space.heads.get(name).and_then(Option::as_ref).map(|head| head.value.clone()).ok_or(None)
            }
            "postgres" => {
                let label = space.index.servers.get_key_value(name).map(|(label, _)| Arc::clone(label));
                label
                    .map(|label| Value::new(Data::Reference(Arc::new(Reference::Server { label }))))
                    .ok_or(None)
            }
            "path" => Ok(Value::string(".")),
            "each" => match (&self.instance, name) {
                (Some((InstanceKey::Key(key), _)), "key") => Ok(Value::new(Data::String(Arc::clone(key)))),
                (Some((InstanceKey::Key(_), value)), _) => Ok(value.clone()),
                _ => Err(Some(Box::new(Diagnostic::error(
                    Code::CFG008,
                    "Reference to \"each\" in context without for_each",
                    "The \"each\" object can be used only in \"role\" blocks, and only when the \"for_each\" argument is set.",
                )))),
            },
            _ => match &self.instance {
                Some((InstanceKey::Index(index), _)) => Ok(Value::number(i64::from(*index))),
                _ => Err(Some(Box::new(Diagnostic::error(
                    Code::CFG008,
                    "Reference to \"count\" in non-counted context",
                    "The \"count\" object can only be used in \"role\" blocks, and only when the \"count\" argument is set.",
                )))),
            },
        }
    }

    fn surroundings(&self) -> &Surroundings<'_> {
        self.namespace.surroundings
    }
}
