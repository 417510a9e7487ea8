//! The scope of an expression in a block: the names of its module instance, and `each` or `count`.
//!
//! Invariant: a name that is not declared is explained with the nearest one that is.

use std::sync::Arc;

use super::directory::Directory;
use super::instances::Each;
use super::namespace::Namespace;
use super::space::{Space, SpaceId};
use crate::code::Code;
use crate::config::evaluate::{Keys, ROOTS, Scope};
use crate::config::sources::ROOT;
use crate::config::surroundings::Surroundings;
use crate::config::value::{Data, Value};
use crate::diagnostic::{Diagnostic, nearest};

/// The names that an expression in a block can use.
pub(crate) struct BlockScope<'n> {
    namespace: &'n Namespace<'n>,
    space: SpaceId,
    each: Each,
}

type Problem = Box<Diagnostic>;

impl<'n> BlockScope<'n> {
    /// In a module instance, outside of `for_each` and `count`.
    pub(crate) fn plain(namespace: &'n Namespace<'_>, space: SpaceId) -> BlockScope<'n> {
        BlockScope { namespace, space, each: Each::Alone }
    }

    /// The same place inside an instance of a block.
    pub(crate) fn of(&self, each: &Each) -> BlockScope<'n> {
        BlockScope { namespace: self.namespace, space: self.space, each: each.clone() }
    }

    /// The module instance.
    pub(crate) fn space(&self) -> &'n Space {
        &self.namespace.spaces[self.space]
    }

    /// Why a name cannot be used anywhere in this directory, if so.
    pub(crate) fn undeclared(&self, root: &str, name: Option<&str>) -> Option<Diagnostic> {
        let Some(name) = name else {
            return match ROOTS.contains(&root) {
                true => Some(incomplete(root)),
                false => Some(unknown_root(root)),
            };
        };
        let space = &self.space().directory;
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
                let said = undeclared("Reference to undeclared resource", detail, name, space.index.servers.keys());
                match self.space == SpaceId::ROOT {
                    true => said,
                    false => said.hint("Servers are declared by the configuration and handed to a module as a value: a variable of type postgres, and resource = var.server here."),
                }
            }),
            "module" => (!space.index.modules.contains_key(name)).then(|| {
                let detail = format!("No module call named \"{name}\" is declared here.");
                undeclared("Reference to undeclared module", detail, name, space.index.modules.keys())
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
            "self" => {
                let detail = "The \"self\" object is available only in the postcondition of a role.";
                Some(Diagnostic::error(Code::CFG008, "Invalid \"self\" reference", detail))
            }
            "terraform" => {
                let detail = "There is no \"terraform\" object here: roleform has no workspaces.";
                let said = Diagnostic::error(Code::CFG008, "Invalid reference", detail);
                Some(said.hint("give each environment a directory or a .tfvars file, and name it with a variable"))
            }
            other => Some(unknown_root(other)),
        }
    }
}

/// An output that a module does not have.
pub(crate) fn undeclared_output(name: &str, module: &Directory) -> Option<Diagnostic> {
    let known = &module.index.outputs;
    (!known.contains_key(name)).then(|| {
        // The words of the evaluator, so that what is found twice is told once.
        let detail = format!("This object does not have an attribute named \"{name}\".");
        let said = Diagnostic::error(Code::CFG012, "Unsupported attribute", detail);
        match nearest(name, known.keys().map(AsRef::as_ref)) {
            Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
            None => said,
        }
    })
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
        "There is no value named \"{root}\" here. References begin with var, local, role, postgres, module, each, count or path; text stands in double quotes."
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
        let space = self.space();
        let name = name.unwrap_or_default();
        match root {
            "var" => space.variables.get(name).cloned().flatten().ok_or(None),
            "local" => space.locals.get(name).cloned().flatten().ok_or(None),
            "role" => {
                space.heads.get(name).and_then(Option::as_ref).map(|head| head.value.clone()).ok_or(None)
            }
            "module" => self.namespace.module_value(self.space, name).ok_or(None),
            "postgres" => {
                let found = space.servers.get(name).and_then(Option::as_ref);
                found.map(|found| found.servers(name)).ok_or(None)
            }
            "path" if name == "module" => Ok(Value::string(&space.directory.path)),
            "path" => Ok(Value::string(ROOT)),
            "each" => match (&self.each, name) {
                (Each::Key(key, _), "key") => Ok(Value::new(Data::String(Arc::clone(key)))),
                (Each::Key(_, value), _) => Ok(value.clone()),
                (Each::Unknown, _) => Ok(Value::unknown()),
                (Each::Alone | Each::Index(_), _) => Err(Some(Box::new(Diagnostic::error(
                    Code::CFG008,
                    "Reference to \"each\" in context without for_each",
                    "The \"each\" object can be used only in \"resource\", \"module\", \"role\" and \"import\" blocks, and only when the \"for_each\" argument is set.",
                )))),
            },
            _ => match &self.each {
                Each::Index(index) => Ok(Value::number(i64::from(*index))),
                Each::Unknown => Ok(Value::unknown()),
                Each::Alone | Each::Key(..) => Err(Some(Box::new(Diagnostic::error(
                    Code::CFG008,
                    "Reference to \"count\" in non-counted context",
                    "The \"count\" object can only be used in \"resource\", \"module\" and \"role\" blocks, and only when the \"count\" argument is set.",
                )))),
            },
        }
    }

    fn keys(&self, root: &str, name: &str) -> Option<Keys> {
        let space = self.space();
        let shape = match root {
            "role" => space.heads.get(name)?.as_ref()?.shape,
            "postgres" => space.servers.get(name)?.as_ref()?.shape,
            "module" => space.calls.get(name)?.as_ref()?.shape,
            _ => return None,
        };
        shape.keys()
    }

    fn surroundings(&self) -> &Surroundings<'_> {
        self.namespace.surroundings
    }
}
