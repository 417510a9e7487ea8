//! Reads the blocks of every module instance into declarations.
//!
//! Not here: names (`namespace`), what a kind of block means (`lower`), what only all
//! declarations together show (`whole`). Invariant: a sample declares nothing.

use std::sync::Arc;

use hcl::edit::structure::Attribute;

use super::instances::{Each, Instance};
use super::namespace::Namespace;
use super::scope::BlockScope;
use super::space::{Extent, Shape, SpaceId};
use crate::code::Code;
use crate::config::evaluate::references::names;
use crate::config::lower::depends::depends_on;
use crate::config::lower::moves::{self, Import};
use crate::config::lower::reading::Reading;
use crate::config::lower::{other, policy, role, schema, server, settings};
use crate::config::parse::{Chunk, Tree};
use crate::declared::Declared;
use crate::dependency::Dependency;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::name::AddressPattern;

/// A configuration while it is read.
pub(super) struct Loading<'a> {
    /// Its names.
    pub(super) namespace: Namespace<'a>,
    /// What it declares.
    pub(super) declared: Declared,
    /// What the roles inside of modules depend on, by module.
    pub(super) around: Vec<(AddressPattern, Vec<Dependency>)>,
    /// What is to be taken over.
    pub(super) imports: Vec<Import>,
    /// Whether something is not known, so that there is no declaration.
    pub(super) unknown: bool,
}

impl<'a> Loading<'a> {
    /// Nothing but names was read yet.
    pub(super) fn of(namespace: Namespace<'a>) -> Loading<'a> {
        let declared = Declared::default();
        Loading { namespace, declared, around: Vec::new(), imports: Vec::new(), unknown: false }
    }
}

impl Loading<'_> {
    /// Reads every module instance, callers first.
    pub(super) fn run(&mut self) {
        let mut waiting: Vec<SpaceId> = vec![SpaceId::ROOT];
        while let Some(space) = waiting.pop() {
            self.namespace.settle_space(space);
            self.calls(space);
            self.space(space);
            waiting.extend(self.namespace.spaces.called_by(space));
        }
        for role in self.declared.roles.values_mut() {
            let around = self.around.iter().filter(|(module, _)| module.matches(&role.address));
            role.depends_on.extend(around.flat_map(|(_, found)| found).cloned());
        }
    }

    pub(super) fn index<T: Clone>(&self, space: SpaceId, of: impl Fn(&super::index::Index) -> &T) -> T {
        of(&self.namespace.spaces[space].directory.index).clone()
    }

    fn space(&mut self, space: SpaceId) {
        self.validations(space);
        for chunk in self.index(space, |index| &index.settings) {
            self.settings(space, &chunk);
        }
        for (label, chunk) in self.index(space, |index| &index.servers) {
            self.server(space, &label, &chunk);
        }
        for (label, chunk) in self.index(space, |index| &index.policies) {
            self.policy(space, &label, &chunk);
        }
        for (label, chunk) in self.index(space, |index| &index.roles) {
            self.role(space, &label, &chunk);
        }
        for (label, chunk) in self.index(space, |index| &index.schemas) {
            self.schema(space, &label, &chunk);
        }
        for (label, chunk) in self.index(space, |index| &index.publics) {
            let span = chunk.span();
            let address = self.namespace.spaces[space].block(&label, None);
            let found = self
                .block(space, &chunk, |reading, tree| role::public(reading, tree.block()?, address, span));
            self.declared.publics.extend(found);
        }
        if space == SpaceId::ROOT {
            for (label, chunk) in self.index(space, |index| &index.outputs) {
                let found = self.block(space, &chunk, |reading, tree| other::output(reading, tree.block()?));
                self.declared.outputs.extend(found.map(|found| (label.to_string(), found)));
            }
        }
        for (_, chunk) in self.index(space, |index| &index.checks) {
            self.block(space, &chunk, |reading, tree| {
                other::checks(reading, tree.block()?);
                Some(())
            });
        }
        self.moves(space);
        for chunk in self.index(space, |index| &index.imports) {
            self.import(space, &chunk);
        }
    }

    /// Reports calls whose arguments do not fit, once for all instances of the caller.
    fn calls(&mut self, space: SpaceId) {
        let directory = Arc::clone(&self.namespace.spaces[space].directory);
        for (label, call) in &directory.calls {
            let mut said = Diagnostics::default();
            if let Some(module) = self.namespace.directories.get(&call.directory) {
                call.check(module, &mut said);
            }
            self.namespace.report.hear(space, said);
            let modules = self.namespace.spaces[space].modules.clone();
            let found = self.read(space, &Each::Alone, &call.tree, |reading| {
                Some(depends_on(reading, call.tree.block()?, &modules))
            });
            let inside = AddressPattern::Module(modules.iter().cloned().chain([Arc::clone(label)]).collect());
            self.around.extend(found.map(|found| (inside, found)));
            let here = &self.namespace.spaces[space];
            let unknown = here.calls.get(label).and_then(Option::as_ref).map(|found| found.shape);
            self.unknown |= unknown == Some(Shape::Unknown) && here.extent == Extent::Real;
        }
    }

    /// Blocks about what was there before; their addresses are no values.
    fn moves(&mut self, space: SpaceId) {
        let modules = self.namespace.spaces[space].modules.clone();
        for chunk in self.index(space, |index| &index.removed) {
            let Some(tree) = self.parsed(space, &chunk) else { continue };
            let found = self.read(space, &Each::Alone, &tree, |reading| {
                moves::removed(reading, tree.block()?, (&modules, chunk.span()))
            });
            self.declared.removed.extend(found);
        }
        for chunk in self.index(space, |index| &index.moved) {
            let Some(tree) = self.parsed(space, &chunk) else { continue };
            let found = self.read(space, &Each::Alone, &tree, |reading| {
                moves::moved(reading, tree.block()?, (&modules, chunk.span()))
            });
            self.declared.moved.extend(found);
        }
    }

    fn parsed(&mut self, space: SpaceId, chunk: &Chunk) -> Option<Tree> {
        let mut said = Diagnostics::default();
        let tree = chunk.parse(&mut said);
        self.namespace.report.hear(space, said);
        tree
    }

    /// Parses a block, settles what it refers to, and reads it.
    fn block<T>(
        &mut self,
        space: SpaceId,
        chunk: &Chunk,
        read: impl FnOnce(&mut Reading<'_>, &Tree) -> Option<T>,
    ) -> Option<T> {
        let tree = self.parsed(space, chunk)?;
        self.namespace.prepare(space, tree.block()?, &tree.place);
        self.read(space, &Each::Alone, &tree, |reading| read(reading, &tree))
    }

    /// Reads something in the scope of an instance; nothing comes of it in a sample.
    fn read<T>(
        &mut self,
        space: SpaceId,
        each: &Each,
        tree: &Tree,
        read: impl FnOnce(&mut Reading<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut said = Diagnostics::default();
        let scope = BlockScope::plain(&self.namespace, space).of(each);
        let mut reading = Reading::new(&scope, &tree.place, &mut said);
        let found = read(&mut reading);
        let unknown = reading.unknown;
        self.namespace.report.hear(space, said);
        match self.namespace.spaces[space].extent {
            Extent::Sample => None,
            Extent::Real => {
                self.unknown |= unknown;
                found
            }
        }
    }

    /// The `roleform` block; that of a module can only demand a version.
    pub(super) fn settings(&mut self, space: SpaceId, chunk: &Chunk) {
        if space == SpaceId::ROOT {
            let found =
                self.block(space, chunk, |reading, tree| Some(settings::settings(reading, tree.block()?)));
            self.declared.settings = found.unwrap_or_default();
        } else {
            self.block(space, chunk, |reading, tree| {
                settings::of_module(reading, tree.block()?);
                Some(())
            });
        }
    }

    /// A server; modules are handed theirs.
    pub(super) fn server(&mut self, space: SpaceId, label: &Arc<str>, chunk: &Chunk) {
        if space != SpaceId::ROOT {
            let detail = format!(
                "The server postgres.{label} is declared inside a module. The configuration declares all servers, and hands them to modules."
            );
            let said = Diagnostic::error(Code::CFG002, "Server inside a module", detail).at(chunk.span());
            let hint = "declare it beside the module block; in the module, declare variable \"server\" { type = postgres } and write resource = var.server";
            return self.namespace.report.hear(space, [said.hint(hint)]);
        }
        let Some(tree) = self.parsed(space, chunk) else { return };
        let Some(block) = tree.block() else { return };
        self.namespace.prepare(space, block, &tree.place);
        let Some(found) = self.namespace.server_head(space, label, &tree) else { return };
        self.unknown |= found.shape == Shape::Unknown;
        for each in found.each {
            let (name, span) = (each.step(label), chunk.span());
            let found = self.read(space, &each, &tree, |reading| server::server(reading, block, &name, span));
            self.declared.resources.extend(found.map(|found| (found.name.clone(), found)));
        }
    }

    /// A policy; modules have none, since it would bind whoever calls them.
    pub(super) fn policy(&mut self, space: SpaceId, label: &Arc<str>, chunk: &Chunk) {
        if space != SpaceId::ROOT {
            let detail = format!(
                "The policy \"{label}\" is declared inside a module; policies bind the whole configuration."
            );
            let said = Diagnostic::error(Code::CFG002, "Policy inside a module", detail).at(chunk.span());
            return self.namespace.report.hear(space, [said.hint("declare it beside the module block")]);
        }
        let found = self.block(space, chunk, |reading, tree| policy::policy(reading, tree.block()?, label));
        self.declared.policies.extend(found.map(|found| (label.to_string(), found)));
    }

    /// Reads every instance of a role block.
    fn role(&mut self, space: SpaceId, label: &Arc<str>, chunk: &Chunk) {
        let Some(tree) = self.parsed(space, chunk) else { return };
        let Some(block) = tree.block() else { return };
        self.namespace.prepare(space, block, &tree.place);
        let head = self.namespace.role_head(space, label, &tree);
        let repeated = block.body.has_attribute("for_each") || block.body.has_attribute("count");
        let instances = match head {
            Some(head) => {
                self.unknown |=
                    head.value.has_unknown() && self.namespace.spaces[space].extent == Extent::Real;
                head.instances
            }
            None if repeated => return,
            // The name is wrong; the rest of the block is checked under its label.
            None => vec![Instance { each: Each::Alone, name: None }],
        };
        for Instance { each, name } in instances {
            let address = self.namespace.spaces[space].block(label, each.key());
            let known = name.is_some();
            let name = name.unwrap_or_else(|| Arc::clone(label)).to_string();
            let identity = role::RoleIdentity { address, name, span: chunk.span() };
            let found = self.read(space, &each, &tree, |reading| role::role(reading, block, identity));
            if let Some(found) = found.filter(|_| known) {
                self.declared.roles.insert(found.address.clone(), found);
            }
        }
    }

    /// Reads every instance of a `schema` block.
    fn schema(&mut self, space: SpaceId, label: &Arc<str>, chunk: &Chunk) {
        let Some(tree) = self.parsed(space, chunk) else { return };
        let Some(block) = tree.block() else { return };
        self.namespace.prepare(space, block, &tree.place);
        let found = self.namespace.repetition(space, &tree);
        for each in found.map(|found| found.each).unwrap_or_default() {
            let address = self.namespace.spaces[space].block(label, each.key());
            let found = self
                .read(space, &each, &tree, |reading| schema::schema(reading, block, (address, chunk.span())));
            self.declared.schemas.extend(found.map(|found| (found.address.clone(), found)));
        }
    }

    /// Every instance of an `import` block.
    fn import(&mut self, space: SpaceId, chunk: &Chunk) {
        if space != SpaceId::ROOT {
            let detail =
                "What is taken over is said by the configuration; a module cannot know what a server has.";
            let said = Diagnostic::error(Code::CFG002, "Import inside a module", detail).at(chunk.span());
            let hint = "move the block beside the module block, with to = module.label.role.label";
            return self.namespace.report.hear(space, [said.hint(hint)]);
        }
        let Some(tree) = self.parsed(space, chunk) else { return };
        let Some(block) = tree.block() else { return };
        // The address itself is no value, but its instance keys are.
        let is_address = |attribute: &&Attribute| attribute.key.as_str() == "to";
        let (to, values): (Vec<_>, Vec<_>) = block.body.attributes().partition(is_address);
        let keys = to.iter().flat_map(|to| names(&to.value).into_iter().skip(1));
        let wanted = values.iter().flat_map(|attribute| names(&attribute.value)).chain(keys);
        self.namespace.prepare_names(space, wanted.collect(), &tree.place);
        let found = self.namespace.repetition(space, &tree);
        for each in found.map(|found| found.each).unwrap_or_default() {
            let import = self.read(space, &each, &tree, |reading| moves::import(reading, block));
            self.imports.extend(import);
        }
    }

    fn validations(&mut self, space: SpaceId) {
        let directory = Arc::clone(&self.namespace.spaces[space].directory);
        for (name, variable) in &directory.variables {
            let Some(variable) = variable else { continue };
            let Some(block) = variable.tree.block() else { continue };
            for rule in block.body.get_blocks("validation") {
                self.namespace.prepare(space, rule, &variable.tree.place);
                let value = self.namespace.spaces[space].variables.get(name).and_then(Option::as_ref);
                if value.is_none_or(|value| value.is_unknown()) {
                    continue;
                }
                self.read(space, &Each::Alone, &variable.tree, |reading| {
                    other::validation(reading, rule, (name, &variable.span));
                    Some(())
                });
            }
        }
    }
}
