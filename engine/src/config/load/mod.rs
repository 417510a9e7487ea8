//! Reads all files of one directory: names first, then every block.
//!
//! Not here: what single blocks mean (`lower`). Invariant: every file and every block is
//! looked at, whatever is wrong with the others; a role's syntax tree lives only while
//! the role is lowered.

mod constants;
mod constraint;
mod given;
pub(crate) mod index;
mod instances;
pub(crate) mod namespace;
pub(crate) mod scope;
mod variable;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::inputs::Inputs;
use super::lower::reading::Reading;
use super::lower::{other, role, server, settings};
use super::parse::{Chunk, Tree};
use super::surroundings::Surroundings;
use super::value::Value;
use crate::code::Code;
use crate::declared::{Declared, DeclaredRole, RoleKind};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile, Span};
use crate::name::{BlockAddress, ResourceName, RoleName};

use constants::Constants;
use index::Index;
use instances::Instance;
use namespace::Namespace;
use scope::BlockScope;

/// Reads a directory.
pub(crate) fn load(
    sources: &[Arc<SourceFile>],
    inputs: &Inputs,
    surroundings: &Surroundings<'_>,
) -> (Option<Declared>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let namespace = open(sources, inputs, surroundings, &mut diagnostics);
    let mut loading = Loading { namespace, declared: Declared::default(), unknown: false, diagnostics };
    loading.run();
    let Loading { declared, unknown, mut diagnostics, .. } = loading;
    diagnostics.sort();
    let complete = !unknown && !diagnostics.has_errors();
    (complete.then_some(declared), diagnostics)
}

/// Reads what has a name: variables and local values are settled, roles on demand.
pub(crate) fn open<'a>(
    sources: &[Arc<SourceFile>],
    inputs: &Inputs,
    surroundings: &'a Surroundings<'a>,
    diagnostics: &mut Diagnostics,
) -> Namespace<'a> {
    let index = Index::read(sources, diagnostics);
    let constants = Constants { surroundings };
    let variables = variable::variables(&index.variables, inputs, &constants, diagnostics);
    let mut namespace = Namespace {
        surroundings,
        index,
        variables,
        locals: BTreeMap::new(),
        values: BTreeMap::new(),
        heads: BTreeMap::new(),
    };
    namespace.find_locals(diagnostics);
    namespace.settle_locals(diagnostics);
    namespace
}

/// A directory while it is read.
struct Loading<'a> {
    namespace: Namespace<'a>,
    declared: Declared,
    unknown: bool,
    diagnostics: Diagnostics,
}

impl Loading<'_> {
    fn run(&mut self) {
        self.validations();
        for chunk in self.namespace.index.settings.clone() {
            if let Some(found) =
                self.block(&chunk, |reading, tree| Some(settings::settings(reading, tree.block()?)))
            {
                self.declared.settings = found;
            }
        }
        for (label, chunk) in self.namespace.index.servers.clone() {
            let span = chunk.span();
            let found =
                self.block(&chunk, |reading, tree| server::server(reading, tree.block()?, &label, span));
            if let Some(found) = found {
                self.declared.resources.insert(found.name.clone(), found);
            }
        }
        for (label, chunk) in self.namespace.index.roles.clone() {
            self.role(&label, &chunk);
        }
        self.others();
        self.one_block_per_role();
    }

    /// Parses a block, settles what it refers to, and reads it.
    fn block<T>(
        &mut self,
        chunk: &Chunk,
        read: impl FnOnce(&mut Reading<'_>, &Tree) -> Option<T>,
    ) -> Option<T> {
        let tree = chunk.parse(&mut self.diagnostics)?;
        self.namespace.prepare(tree.block()?, &tree.place, &mut self.diagnostics);
        let scope = BlockScope::plain(&self.namespace);
        let mut reading = Reading::new(&scope, &tree.place, &mut self.diagnostics);
        let found = read(&mut reading, &tree);
        self.unknown |= reading.unknown;
        found
    }

    /// Reads every instance of a role block.
    fn role(&mut self, label: &Arc<str>, chunk: &Chunk) {
        let Some(tree) = chunk.parse(&mut self.diagnostics) else { return };
        let Some(block) = tree.block() else { return };
        self.namespace.prepare(block, &tree.place, &mut self.diagnostics);
        let head = self.namespace.role_head(label, &tree, &mut self.diagnostics);
        let repeated = block.body.has_attribute("for_each") || block.body.has_attribute("count");
        let instances = match head {
            Some(head) => {
                self.unknown |= head.value.has_unknown();
                head.instances
            }
            None if repeated => return,
            // The name is wrong; the rest of the block is checked under its label.
            None => vec![Instance { key: None, each: Value::null(), name: None }],
        };
        for instance in instances {
            let scope = match &instance.key {
                Some(key) => BlockScope::instance(&self.namespace, key, &instance.each),
                None => BlockScope::plain(&self.namespace),
            };
            let name = instance.name.clone().unwrap_or_else(|| Arc::clone(label));
            let address = BlockAddress { modules: Vec::new(), label: Arc::clone(label), key: instance.key };
            let identity = role::RoleIdentity { address, name: name.to_string(), span: chunk.span() };
            let mut reading = Reading::new(&scope, &tree.place, &mut self.diagnostics);
            let found = role::role(&mut reading, block, identity);
            self.unknown |= reading.unknown;
            if let (Some(found), Some(_)) = (found, &instance.name) {
                self.declared.roles.insert(found.address.clone(), found);
            }
        }
    }

    fn others(&mut self) {
        for (label, chunk) in self.namespace.index.publics.clone() {
            let span = chunk.span();
            let found =
                self.block(&chunk, |reading, tree| role::public(reading, tree.block()?, &label, span));
            self.declared.publics.extend(found);
        }
        for (label, chunk) in self.namespace.index.outputs.clone() {
            let found = self.block(&chunk, |reading, tree| other::output(reading, tree.block()?));
            if let Some(found) = found {
                self.declared.outputs.insert(label.to_string(), found);
            }
        }
        for chunk in self.namespace.index.removed.clone() {
            let Some(tree) = chunk.parse(&mut self.diagnostics) else { continue };
            let Some(block) = tree.block() else { continue };
            let scope = BlockScope::plain(&self.namespace);
            let mut reading = Reading::new(&scope, &tree.place, &mut self.diagnostics);
            let found = other::removed(&mut reading, block, chunk.span());
            self.declared.removed.extend(found);
        }
        for chunk in self.namespace.index.imports.clone() {
            let Some(tree) = chunk.parse(&mut self.diagnostics) else { continue };
            let Some(block) = tree.block() else { continue };
            let scope = BlockScope::plain(&self.namespace);
            let mut reading = Reading::new(&scope, &tree.place, &mut self.diagnostics);
            if let Some((address, span)) = other::import(&mut reading, block) {
                self.import(address, &span);
            }
        }
        self.removed_are_gone();
    }

    fn import(&mut self, address: BlockAddress, span: &Span) {
        if self.namespace.index.roles.contains_key(&address.label) {
            if !self.declared.imports.insert(address.clone()) {
                let detail = format!("{address} is imported twice.");
                self.diagnostics
                    .push(Diagnostic::error(Code::CFG005, "Duplicate import", detail).at(span.clone()));
            }
            return;
        }
        let detail = format!("{address} is to be imported, but the configuration does not declare it.");
        self.diagnostics
            .push(Diagnostic::error(Code::CFG007, "Import of an undeclared role", detail).at(span.clone()));
    }

    fn removed_are_gone(&mut self) {
        for removed in &self.declared.removed {
            let label = &removed.from.label;
            let still = match &removed.from.key {
                None => self.namespace.index.roles.contains_key(label),
                Some(_) => self.declared.roles.contains_key(&removed.from),
            };
            if still {
                let detail = format!(
                    "{} is still declared; a removed block is for a block that is gone.",
                    removed.from
                );
                let said = Diagnostic::error(Code::CFG005, "Removed role still exists", detail);
                self.diagnostics.push(said.at(removed.span.clone()));
            }
        }
    }

    fn validations(&mut self) {
        let names: Vec<Arc<str>> = self.namespace.variables.keys().cloned().collect();
        for name in names {
            let Some(Some(variable)) = self.namespace.variables.get(&name) else { continue };
            if variable.value.as_ref().is_none_or(|value| value.is_unknown()) {
                continue;
            }
            let (tree, span) = (variable.tree.clone(), variable.span.clone());
            let Some(block) = tree.block() else { continue };
            for rule in block.body.get_blocks("validation") {
                self.namespace.prepare(rule, &tree.place, &mut self.diagnostics);
                let scope = BlockScope::plain(&self.namespace);
                let mut reading = Reading::new(&scope, &tree.place, &mut self.diagnostics);
                other::validation(&mut reading, rule, (&name, &span));
            }
        }
    }

    /// Two blocks must not name one role of one server, and nobody manages the admin.
    fn one_block_per_role(&mut self) {
        let mut seen: BTreeMap<(&ResourceName, &RoleName), &DeclaredRole> = BTreeMap::new();
        for role in self.declared.roles.values() {
            let admin = self
                .declared
                .resources
                .get(&role.resource)
                .and_then(|server| server.admin_username.as_deref());
            if admin == Some(role.name.as_str()) && role.kind == RoleKind::Managed {
                let detail = format!(
                    "{} is the administrator that roleform logs in as on postgres.{}; it cannot manage itself.",
                    role.name, role.resource
                );
                self.diagnostics.push(
                    Diagnostic::error(Code::CFG050, "Administrator as a managed role", detail)
                        .at(role.span.clone()),
                );
            }
            let key = (&role.resource, &role.name);
            let Some(first) = seen.get(&key) else {
                seen.insert(key, role);
                continue;
            };
            let detail = format!(
                "{} and {} are both the role \"{}\" on postgres.{}. The other block is at {}.",
                role.address,
                first.address,
                role.name,
                role.resource,
                first.span.origin()
            );
            let mut said =
                Diagnostic::error(Code::CFG055, "Two blocks for one role", detail).at(role.span.clone());
            if role.address.label == first.address.label {
                said = said.hint("Give each instance a name of its own, like name = \"x_${each.key}\".");
            }
            self.diagnostics.push(said);
        }
    }
}
