//! How each kind of name gets its value, when all that it refers to is settled.
//!
//! Not here: the order (`namespace`). Invariant: a value is bounded in depth and size,
//! wherever it came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::structure::Attribute;

use super::instances::{Each, Head, Repetition, head, repetition};
use super::namespace::{Namespace, Node, What};
use super::scope::BlockScope;
use super::space::{Caller, Extent, Instances, Space, SpaceId};
use crate::code::Code;
use crate::config::evaluate::Evaluator;
use crate::config::lower::other;
use crate::config::lower::reading::Reading;
use crate::config::parse::{Place, Tree};
use crate::config::value::Value;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// Largest value of a name, in parts; a part is a text of up to 64 bytes or any other leaf.
const MAX_PARTS: usize = 2_000_000;

/// Deepest value of a name.
const MAX_DEPTH: usize = 100;

/// Most instances of modules in one configuration.
const MAX_SPACES: usize = 10_000;

impl Namespace<'_> {
    /// Gives a node its value.
    pub(super) fn evaluate(&mut self, node: &Node, tree: Option<&Tree>) {
        let space = node.space;
        match &node.what {
            What::Variable(name) => {
                let value = self.input(space, name);
                self.spaces[space].variables.insert(Arc::clone(name), value);
            }
            What::Local(name) => {
                let value = self.local_value(space, name);
                self.spaces[space].locals.insert(Arc::clone(name), value);
            }
            What::Role(label) => {
                let found = tree.and_then(|tree| self.head(space, label, tree));
                self.spaces[space].heads.insert(Arc::clone(label), found);
            }
            What::Server(label) => {
                let found = tree.and_then(|tree| self.repetition(space, tree));
                self.spaces[space].servers.insert(Arc::clone(label), found);
            }
            What::Module(label) => {
                let found = self.instances(space, label);
                self.spaces[space].calls.insert(Arc::clone(label), found);
            }
            What::Output(name) => {
                let value = self.output_value(space, name);
                self.spaces[space].outputs.insert(Arc::clone(name), value);
            }
            What::Results(..) => {}
        }
    }

    /// Evaluates `for_each`, `count` and `name` of a role block.
    pub(super) fn head(&mut self, space: SpaceId, label: &Arc<str>, tree: &Tree) -> Option<Head> {
        let mut said = Diagnostics::default();
        let found = head(&BlockScope::plain(self, space), label, tree, &mut said);
        self.report.hear(space, said);
        found
    }

    /// Evaluates `for_each` and `count` of a block.
    pub(super) fn repetition(&mut self, space: SpaceId, tree: &Tree) -> Option<Repetition> {
        let mut said = Diagnostics::default();
        let found = repetition(&BlockScope::plain(self, space), tree, &mut said);
        self.report.hear(space, said);
        found
    }

    fn local_value(&mut self, space: SpaceId, name: &str) -> Option<Value> {
        let directory = Arc::clone(&self.spaces[space].directory);
        let local = directory.locals.get(name)?;
        let expression = local.expression()?;
        let scope = BlockScope::plain(self, space);
        let mut evaluator = Evaluator::new(&scope, &local.tree.place);
        let value = evaluator.evaluate(expression).ok();
        let said = evaluator.diagnostics;
        self.report.hear(space, said);
        self.bounded(space, value?, (&format!("local.{name}"), local.span()))
    }

    /// The argument of a call for a variable, with the space and the place where it stands.
    pub(super) fn argument(&self, space: SpaceId, name: &str) -> Option<(SpaceId, &Attribute, &Place)> {
        let caller = self.spaces[space].caller.as_ref()?;
        let call = self.spaces[caller.space].directory.calls.get(&caller.label)?;
        Some((caller.space, call.input(name)?, &call.tree.place))
    }

    /// The value of a module's variable.
    fn input(&mut self, space: SpaceId, name: &str) -> Option<Value> {
        let directory = Arc::clone(&self.spaces[space].directory);
        let variable = directory.variables.get(name)?.as_ref()?;
        if self.spaces[space].extent == Extent::Sample {
            return Some(Value::unknown().marked(variable.sensitive));
        }
        let Some((around, attribute, place)) = self.argument(space, name) else {
            // Without a default that is an error, which the check of the call reports.
            return variable.absent();
        };
        let each = self.spaces[space].caller.as_ref().map_or(Each::Alone, |caller| caller.each.clone());
        let span = place.span(attribute.value.span());
        let scope = BlockScope::plain(self, around).of(&each);
        let mut evaluator = Evaluator::new(&scope, place);
        let value = evaluator.evaluate(&attribute.value).ok();
        let mut said = evaluator.diagnostics;
        let address = self.spaces.inside(space, &format!("var.{name}"));
        let accepted = value.and_then(|value| match variable.accept(&address, &value) {
            Ok(value) => Some(value),
            Err(problem) => {
                said.push(problem.at(span.clone()));
                None
            }
        });
        self.report.hear(around, said);
        self.bounded(around, accepted?, (&address, span))
    }

    fn output_value(&mut self, space: SpaceId, name: &str) -> Option<Value> {
        let directory = Arc::clone(&self.spaces[space].directory);
        let tree = directory.outputs.get(name)?;
        let mut said = Diagnostics::default();
        let scope = BlockScope::plain(self, space);
        let mut reading = Reading::new(&scope, &tree.place, &mut said);
        let value = other::result(&mut reading, tree.block()?);
        self.report.hear(space, said);
        let span = tree.place.span(tree.block()?.ident.span());
        self.bounded(space, value?, (&format!("output.{name}"), span))
    }

    /// The instances of a module block: a space for each.
    fn instances(&mut self, space: SpaceId, label: &Arc<str>) -> Option<Instances> {
        let around = Arc::clone(&self.spaces[space].directory);
        let call = around.calls.get(label)?;
        let module = Arc::clone(self.directories.get(&call.directory)?);
        let found = self.repetition(space, &call.tree);
        let Repetition { shape, each } = found?;
        if self.spaces.len() + each.len() > MAX_SPACES {
            let detail =
                format!("With module.{label} there are more than {MAX_SPACES} instances of modules.");
            let problem = Diagnostic::error(Code::CFG023, "Too many module instances", detail);
            self.report.hear(space, [problem.at(call.span.clone())]);
            return None;
        }
        let sample = each.is_empty().then_some(Each::Unknown);
        let mut spaces = Vec::with_capacity(each.len());
        for each in each.into_iter().chain(sample) {
            let caller = Caller { space, label: Arc::clone(label), each: each.clone() };
            let id = self.spaces.add(Space::called(Arc::clone(&module), &self.spaces[space], caller));
            if !matches!(each, Each::Unknown) {
                spaces.push((each, id));
            }
        }
        Some(Instances { shape, spaces })
    }

    /// What `module.label` stands for: the outputs that are settled, of each instance.
    pub(super) fn module_value(&self, space: SpaceId, label: &str) -> Option<Value> {
        let instances = self.spaces[space].calls.get(label)?.as_ref()?;
        let outputs = |id: SpaceId| {
            let space = &self.spaces[id];
            let all = space.directory.index.outputs.keys();
            let values = all.map(|name| {
                // What failed was reported; what nobody asked for is not looked at.
                let value = space.outputs.get(name).cloned().flatten().unwrap_or_else(Value::unknown);
                (Arc::clone(name), value)
            });
            Value::object(values.collect::<BTreeMap<_, _>>())
        };
        Some(instances.shape.value(instances.spaces.iter().map(|(each, id)| (each, outputs(*id)))))
    }

    fn bounded(&mut self, space: SpaceId, value: Value, (name, span): (&str, Span)) -> Option<Value> {
        let mut left = MAX_PARTS;
        if within(&value, MAX_DEPTH, &mut left) {
            return Some(value);
        }
        let detail = format!(
            "The value of {name} is nested more than {MAX_DEPTH} levels deep, or has more than {MAX_PARTS} parts."
        );
        self.report.hear(space, [Diagnostic::error(Code::CFG023, "Value too large", detail).at(span)]);
        None
    }
}

/// Whether a value has at most so many levels and parts.
pub(crate) fn within(value: &Value, depth: usize, left: &mut usize) -> bool {
    let size = 1 + value.as_str().map_or(0, |text| text.len() / 64);
    if depth == 0 || *left < size {
        return false;
    }
    *left -= size;
    let items = value.items().unwrap_or_default().iter();
    let mut inside = items.chain(value.entries().into_iter().flat_map(BTreeMap::values));
    inside.all(|item| within(item, depth - 1, left))
}
