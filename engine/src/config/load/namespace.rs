//! What names stand for in all module instances, computed in the order of dependency.
//!
//! Local values, the heads of role and module blocks (their instances and names), inputs
//! and outputs of modules are settled before what refers to them, with an explicit stack:
//! a chain of references may be as long as it likes. Dependencies are single values, so
//! that two modules may use each other's outputs as long as no value needs itself.
//! Not here: the rest of the blocks (`lower`), how one value is computed (`values`).
//! Invariant: a name is evaluated once; a circle is reported with every edge.

use std::collections::BTreeSet;
use std::sync::Arc;

use hcl::edit::structure::{Block, Structure};

use super::directory::Directories;
use super::instances::{Head, Repetition};
use super::report::Report;
use super::scope::{BlockScope, undeclared_output};
use super::space::{Extent, SpaceId, Spaces};
use crate::code::Code;
use crate::config::evaluate::references::{Name, names};
use crate::config::parse::{Chunk, Place, Tree};
use crate::config::surroundings::Surroundings;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// The names of a configuration and its modules, and their values as far as they are settled.
pub(crate) struct Namespace<'a> {
    /// Files, environment and time.
    pub(crate) surroundings: &'a Surroundings<'a>,
    /// The files.
    pub(crate) directories: Directories,
    /// The module instances that are known so far.
    pub(crate) spaces: Spaces,
    /// What is wrong.
    pub(crate) report: Report,
}

/// Something that other values depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    /// In which module instance.
    pub(crate) space: SpaceId,
    /// What.
    pub(crate) what: What,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A variable of a module.
    Variable(Arc<str>),
    /// A local value.
    Local(Arc<str>),
    /// The instances and names of a role block.
    Role(Arc<str>),
    /// The instances of a resource block.
    Server(Arc<str>),
    /// The instances of a module block.
    Module(Arc<str>),
    /// An output of all instances of a module block; without a name, all outputs.
    Results(Arc<str>, Option<Arc<str>>),
    /// An output of a module.
    Output(Arc<str>),
}

impl What {
    fn text(&self) -> String {
        match self {
            What::Variable(name) => format!("var.{name}"),
            What::Local(name) => format!("local.{name}"),
            What::Role(name) => format!("role.{name}"),
            What::Server(name) => format!("postgres.{name}"),
            What::Module(name) | What::Results(name, None) => format!("module.{name}"),
            What::Results(name, Some(output)) => format!("module.{name}.{output}"),
            What::Output(name) => format!("output.{name}"),
        }
    }
}

/// A node being settled, and what it still waits for.
struct Frame {
    node: Node,
    reached: Span,
    waits: Vec<(Node, Span)>,
    stage: Stage,
    tree: Option<Tree>,
}

/// How far a frame is.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// Waits for what is written.
    Written,
    /// Waits for what came to be known meanwhile: the instances of a module.
    Found,
}

impl Namespace<'_> {
    /// What was found wrong since the last time.
    pub(crate) fn take_report(&mut self) -> Diagnostics {
        std::mem::take(&mut self.report).told(&self.spaces)
    }

    /// Settles all that a block refers to; reports names that are not declared.
    pub(crate) fn prepare(&mut self, space: SpaceId, block: &Block, place: &Place) {
        let mut found = Vec::new();
        collect(block, &mut found);
        self.prepare_names(space, found, place);
    }

    /// Settles names; reports those that are not declared.
    pub(crate) fn prepare_names(&mut self, space: SpaceId, names: Vec<Name>, place: &Place) {
        let mut said = Diagnostics::default();
        let waits = self.waits(space, (names, place), &mut said);
        self.report.hear(space, said);
        self.settle(waits);
    }

    /// Settles every local value, input, output and module, used or not, so that all mistakes
    /// are found.
    pub(crate) fn settle_space(&mut self, space: SpaceId) {
        let here = &self.spaces[space];
        let directory = &here.directory;
        let mut all: Vec<(What, Span)> = Vec::new();
        if let Some(call) = self.spaces.call_span(space) {
            let variables = directory.variables.keys();
            all.extend(variables.map(|name| (What::Variable(Arc::clone(name)), call.clone())));
            let outputs = directory.index.outputs.iter();
            all.extend(outputs.map(|(name, chunk)| (What::Output(Arc::clone(name)), chunk.span())));
        }
        let locals = directory.locals.iter();
        all.extend(locals.map(|(name, local)| (What::Local(Arc::clone(name)), local.span())));
        let calls = directory.calls.iter();
        all.extend(calls.map(|(label, call)| (What::Module(Arc::clone(label)), call.span.clone())));
        self.settle(all.into_iter().map(|(what, span)| (Node { space, what }, span)).collect());
    }

    /// The head of a role; its tree is at hand.
    pub(crate) fn role_head(&mut self, space: SpaceId, label: &Arc<str>, tree: &Tree) -> Option<Head> {
        if !self.spaces[space].heads.contains_key(label) {
            let found = self.head(space, label, tree);
            self.spaces[space].heads.insert(Arc::clone(label), found);
        }
        self.spaces[space].heads.get(label).cloned().flatten()
    }

    /// The instances of a server; its tree is at hand.
    pub(crate) fn server_head(
        &mut self,
        space: SpaceId,
        label: &Arc<str>,
        tree: &Tree,
    ) -> Option<Repetition> {
        if !self.spaces[space].servers.contains_key(label) {
            let found = self.repetition(space, tree);
            self.spaces[space].servers.insert(Arc::clone(label), found);
        }
        self.spaces[space].servers.get(label).cloned().flatten()
    }

    /// Turns names into nodes to wait for; reports those that are not declared.
    fn waits(
        &self,
        space: SpaceId,
        (names, place): (Vec<Name>, &Place),
        said: &mut Diagnostics,
    ) -> Vec<(Node, Span)> {
        let scope = BlockScope::plain(self, space);
        let mut waits = Vec::new();
        for name in names {
            let span = place.span(Some(name.range.clone()));
            // Whether there is a `self` depends on the block: who evaluates it knows.
            if name.root.as_ref() == "self" {
                continue;
            }
            if let Some(problem) = scope.undeclared(&name.root, name.attribute.as_deref()) {
                said.push(problem.at(span));
                continue;
            }
            let what = match (name.root.as_ref(), name.attribute) {
                ("var", Some(label)) => What::Variable(label),
                ("local", Some(label)) => What::Local(label),
                ("role", Some(label)) => What::Role(label),
                ("postgres", Some(label)) => What::Server(label),
                ("module", Some(label)) => {
                    if let Some(member) = &name.member
                        && let Some(problem) = self.unknown_output(space, &label, &member.name)
                    {
                        said.push(problem.at(place.span(Some(name.range.start..member.end))));
                        continue;
                    }
                    What::Results(label, name.member.map(|member| member.name))
                }
                _ => continue,
            };
            waits.push((Node { space, what }, span));
        }
        waits
    }

    /// An output that a module does not have.
    fn unknown_output(&self, space: SpaceId, label: &str, output: &str) -> Option<Diagnostic> {
        let call = self.spaces[space].directory.calls.get(label)?;
        undeclared_output(output, self.directories.get(&call.directory)?)
    }

    fn is_settled(&self, node: &Node) -> bool {
        let space = &self.spaces[node.space];
        match &node.what {
            What::Variable(name) => space.variables.contains_key(name),
            What::Local(name) => space.locals.contains_key(name),
            What::Role(name) => space.heads.contains_key(name),
            What::Server(name) => space.servers.contains_key(name),
            What::Module(name) => space.calls.contains_key(name),
            What::Output(name) => space.outputs.contains_key(name),
            // What it waits for is settled or not; by itself it has no value.
            What::Results(..) => false,
        }
    }

    fn settle(&mut self, roots: Vec<(Node, Span)>) {
        for (root, span) in roots {
            let mut path: Vec<Frame> = Vec::new();
            let mut on_path: BTreeSet<Node> = BTreeSet::new();
            let mut next = Some((root, span));
            loop {
                if let Some((node, span)) = next.take() {
                    if on_path.contains(&node) {
                        self.circle(&path, &node, &span);
                    } else if !self.is_settled(&node) {
                        on_path.insert(node.clone());
                        path.push(self.frame(node, span));
                    }
                }
                let Some(frame) = path.last_mut() else { break };
                next = frame.waits.pop();
                if next.is_some() {
                    continue;
                }
                if frame.stage == Stage::Written {
                    frame.stage = Stage::Found;
                    frame.waits = found(&self.spaces, frame);
                } else if let Some(frame) = path.pop() {
                    on_path.remove(&frame.node);
                    if !self.is_settled(&frame.node) {
                        self.evaluate(&frame.node, frame.tree.as_ref());
                    }
                }
            }
        }
    }

    /// A node with all that it refers to, last first.
    fn frame(&mut self, node: Node, reached: Span) -> Frame {
        let mut said = Diagnostics::default();
        let (tree, mut waits) = self.written(&node, &reached, &mut said);
        self.report.hear(node.space, said);
        waits.reverse();
        Frame { node, reached, waits, stage: Stage::Written, tree }
    }

    /// What a node refers to as written, and its tree when it must be parsed for that.
    fn written(
        &self,
        node: &Node,
        reached: &Span,
        said: &mut Diagnostics,
    ) -> (Option<Tree>, Vec<(Node, Span)>) {
        let here = &self.spaces[node.space];
        let directory = &here.directory;
        let nothing = (None, Vec::new());
        match &node.what {
            What::Local(name) => {
                let Some(local) = directory.locals.get(name) else { return nothing };
                let found = local.expression().map(names).unwrap_or_default();
                (None, self.waits(node.space, (found, &local.tree.place), said))
            }
            What::Role(label) => self.head_of(node, directory.index.roles.get(label), said),
            What::Server(label) => self.head_of(node, directory.index.servers.get(label), said),
            What::Variable(name) => match self.argument(node.space, name) {
                // A sample's variables are unknown, and a missing argument refers to nothing.
                Some((caller, attribute, place)) if here.extent == Extent::Real => {
                    (None, self.waits(caller, (names(&attribute.value), place), &mut Diagnostics::default()))
                }
                _ => nothing,
            },
            What::Module(label) => {
                let Some(call) = directory.calls.get(label) else { return nothing };
                let found = arguments(&call.tree, &["for_each", "count"]);
                (None, self.waits(node.space, (found, &call.tree.place), said))
            }
            What::Results(label, _) => {
                let what = What::Module(Arc::clone(label));
                (None, vec![(Node { space: node.space, what }, reached.clone())])
            }
            What::Output(name) => {
                let Some(tree) = directory.outputs.get(name) else { return nothing };
                let found = arguments(tree, &["value", "sensitive"]);
                (None, self.waits(node.space, (found, &tree.place), said))
            }
        }
    }

    /// What decides which instances a block has, and how they are called.
    fn head_of(
        &self,
        node: &Node,
        chunk: Option<&Chunk>,
        said: &mut Diagnostics,
    ) -> (Option<Tree>, Vec<(Node, Span)>) {
        let tree = chunk.and_then(|chunk| chunk.parse(said));
        let waits = tree.as_ref().map(|tree| {
            let found = arguments(tree, &["for_each", "count", "name"]);
            self.waits(node.space, (found, &tree.place), said)
        });
        (tree, waits.unwrap_or_default())
    }

    /// Reports a circle, and lets everything in it count as failed.
    fn circle(&mut self, path: &[Frame], back_to: &Node, span: &Span) {
        let start = path.iter().position(|frame| frame.node == *back_to).unwrap_or_default();
        let circle = &path[start..];
        let text = |node: &Node| self.spaces.inside(node.space, &node.what.text());
        let targets = circle.iter().skip(1).map(|frame| (text(&frame.node), frame.reached.origin()));
        let targets: Vec<_> = targets.chain([(text(back_to), span.origin())]).collect();
        let edges: Vec<String> = circle
            .iter()
            .zip(targets)
            .map(|(from, (to, origin))| format!("{} refers to {to} ({origin})", text(&from.node)))
            .collect();
        let detail = format!(
            "These values depend on each other, so none of them can be known first: {}.",
            edges.join(", ")
        );
        let place = circle.get(1).map_or(span, |frame| &frame.reached).clone();
        self.report.hear(SpaceId::ROOT, [Diagnostic::error(Code::CFG009, "Cycle", detail).at(place)]);
        for frame in circle {
            self.fail(&frame.node);
        }
    }

    fn fail(&mut self, node: &Node) {
        let space = &mut self.spaces[node.space];
        match &node.what {
            What::Variable(name) => drop(space.variables.insert(Arc::clone(name), None)),
            What::Local(name) => drop(space.locals.insert(Arc::clone(name), None)),
            What::Role(label) => drop(space.heads.insert(Arc::clone(label), None)),
            What::Server(label) => drop(space.servers.insert(Arc::clone(label), None)),
            What::Module(label) => drop(space.calls.insert(Arc::clone(label), None)),
            What::Output(name) => drop(space.outputs.insert(Arc::clone(name), None)),
            What::Results(..) => {}
        }
    }
}

/// What a node turns out to need when what it refers to is known: the outputs of a module's
/// instances.
fn found(spaces: &Spaces, frame: &Frame) -> Vec<(Node, Span)> {
    let What::Results(label, output) = &frame.node.what else { return Vec::new() };
    let Some(Some(instances)) = spaces[frame.node.space].calls.get(label) else { return Vec::new() };
    let mut waits = Vec::new();
    for space in instances.spaces.iter().map(|(_, space)| *space) {
        let all = spaces[space].directory.index.outputs.keys();
        let wanted = all.filter(|name| output.as_ref().is_none_or(|output| output == *name));
        waits.extend(
            wanted.map(|name| (Node { space, what: What::Output(Arc::clone(name)) }, frame.reached.clone())),
        );
    }
    waits.reverse();
    waits
}

/// The names in some arguments of a block.
fn arguments(tree: &Tree, wanted: &[&str]) -> Vec<Name> {
    let attribute = |name: &&str| tree.block().and_then(|block| block.body.get_attribute(name));
    wanted.iter().filter_map(attribute).flat_map(|attribute| names(&attribute.value)).collect()
}

/// Arguments that name blocks or other arguments, which are no values.
pub(crate) const NOT_VALUES: &[&str] = &["ignore_changes", "depends_on", "providers"];

/// Every name in the arguments of a block and of the blocks inside it.
fn collect(block: &Block, found: &mut Vec<Name>) {
    for structure in &block.body {
        match structure {
            Structure::Attribute(attribute) if NOT_VALUES.contains(&attribute.key.as_str()) => {}
            Structure::Attribute(attribute) => found.extend(names(&attribute.value)),
            Structure::Block(inner) => collect(inner, found),
        }
    }
}
