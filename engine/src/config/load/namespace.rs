//! What names stand for in one directory, computed in the order of dependency.
//!
//! Local values and the heads of role blocks (their instances and names) are settled
//! before what refers to them, with an explicit stack: a chain of references may be as
//! long as it likes. Not here: the rest of the blocks (`lower`).
//! Invariant: a name is evaluated once; a circle is reported with every edge.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::structure::{Block, Structure};

use super::index::Index;
use super::instances::{Head, head};
use super::scope::BlockScope;
use super::variable::Variable;
use crate::code::Code;
use crate::config::evaluate::Evaluator;
use crate::config::evaluate::references::{Name, names};
use crate::config::parse::{Place, Tree};
use crate::config::surroundings::Surroundings;
use crate::config::value::Value;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// The names of one directory and their values, as far as they are settled.
pub(crate) struct Namespace<'a> {
    /// Files, environment and time.
    pub(crate) surroundings: &'a Surroundings<'a>,
    /// The blocks.
    pub(crate) index: Index,
    /// Variables; none for one whose declaration is broken.
    pub(crate) variables: BTreeMap<Arc<str>, Option<Variable>>,
    /// Where local values are written.
    pub(crate) locals: BTreeMap<Arc<str>, Local>,
    /// Settled local values; none for one that failed.
    pub(crate) values: BTreeMap<Arc<str>, Option<Value>>,
    /// Settled heads of roles; none for one that failed.
    pub(crate) heads: BTreeMap<Arc<str>, Option<Head>>,
}

/// Where a local value is written: an argument of a `locals` block.
#[derive(Clone)]
pub(crate) struct Local {
    tree: Arc<Tree>,
    position: usize,
}

impl Local {
    fn expression(&self) -> Option<&Expression> {
        let structure = self.tree.block()?.body.get(self.position)?;
        structure.as_attribute().map(|attribute| &attribute.value)
    }
}

/// Something that other values depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Local(Arc<str>),
    Role(Arc<str>),
}

impl Node {
    fn text(&self) -> String {
        match self {
            Node::Local(name) => format!("local.{name}"),
            Node::Role(name) => format!("role.{name}"),
        }
    }
}

/// A node being settled, and what it still waits for.
struct Frame {
    node: Node,
    reached: Span,
    waits: Vec<(Node, Span)>,
    tree: Option<Tree>,
}

/// Largest value of a name, in parts; a part is a text of up to 64 bytes or any other leaf.
const MAX_PARTS: usize = 2_000_000;

/// Deepest value of a name.
const MAX_DEPTH: usize = 100;

impl Namespace<'_> {
    /// Finds the arguments of all `locals` blocks.
    pub(crate) fn find_locals(&mut self, diagnostics: &mut Diagnostics) {
        for chunk in std::mem::take(&mut self.index.locals) {
            let Some(tree) = chunk.parse(diagnostics).map(Arc::new) else { continue };
            let Some(block) = tree.block() else { continue };
            for (position, structure) in block.body.iter().enumerate() {
                match structure {
                    Structure::Attribute(attribute) => {
                        let name: Arc<str> = Arc::from(attribute.key.as_str());
                        let span = tree.place.span(attribute.key.span());
                        let local = Local { tree: Arc::clone(&tree), position };
                        match self.locals.entry(name) {
                            Entry::Vacant(free) => drop(free.insert(local)),
                            Entry::Occupied(taken) => diagnostics.push(duplicate(taken.key(), span)),
                        }
                    }
                    Structure::Block(inner) => {
                        let span = tree.place.span(inner.ident.span());
                        diagnostics.push(super::index::unsupported_block(inner.ident.as_str(), &[], span));
                    }
                }
            }
        }
    }

    /// Settles every local value, used or not, so that all mistakes are found.
    pub(crate) fn settle_locals(&mut self, diagnostics: &mut Diagnostics) {
        let all: Vec<(Node, Span)> = self
            .locals
            .iter()
            .map(|(name, local)| {
                let range = local.expression().and_then(hcl::edit::Span::span);
                (Node::Local(Arc::clone(name)), local.tree.place.span(range))
            })
            .collect();
        self.settle(all, diagnostics);
    }

    /// Settles all that a block refers to; reports names that are not declared.
    pub(crate) fn prepare(&mut self, block: &Block, place: &Place, diagnostics: &mut Diagnostics) {
        let mut found = Vec::new();
        collect(block, &mut found);
        self.prepare_names(found, place, diagnostics);
    }

    /// Settles names; reports those that are not declared.
    pub(crate) fn prepare_names(&mut self, names: Vec<Name>, place: &Place, diagnostics: &mut Diagnostics) {
        let waits = self.waits(names, place, diagnostics);
        self.settle(waits, diagnostics);
    }

    /// The head of a role; its tree is at hand.
    pub(crate) fn role_head(
        &mut self,
        label: &Arc<str>,
        tree: &Tree,
        diagnostics: &mut Diagnostics,
    ) -> Option<Head> {
        if !self.heads.contains_key(label) {
            let found = head(self, label, tree, diagnostics);
            self.heads.insert(Arc::clone(label), found);
        }
        self.heads.get(label).cloned().flatten()
    }

    /// Turns names into nodes to wait for; reports those that are not declared.
    fn waits(&self, names: Vec<Name>, place: &Place, diagnostics: &mut Diagnostics) -> Vec<(Node, Span)> {
        let scope = BlockScope::plain(self);
        let mut waits = Vec::new();
        for name in names {
            let span = place.span(Some(name.range.clone()));
            if let Some(problem) = scope.undeclared(&name.root, name.attribute.as_deref()) {
                diagnostics.push(problem.at(span));
                continue;
            }
            match (name.root.as_ref(), name.attribute) {
                ("local", Some(label)) => waits.push((Node::Local(label), span)),
                ("role", Some(label)) => waits.push((Node::Role(label), span)),
                _ => {}
            }
        }
        waits
    }

    fn is_settled(&self, node: &Node) -> bool {
        match node {
            Node::Local(name) => self.values.contains_key(name),
            Node::Role(name) => self.heads.contains_key(name),
        }
    }

    fn settle(&mut self, roots: Vec<(Node, Span)>, diagnostics: &mut Diagnostics) {
        for (root, span) in roots {
            let mut path: Vec<Frame> = Vec::new();
            let mut on_path: BTreeSet<Node> = BTreeSet::new();
            let mut next = Some((root, span));
            loop {
                if let Some((node, span)) = next.take() {
                    if on_path.contains(&node) {
                        self.circle(&path, &node, &span, diagnostics);
                    } else if !self.is_settled(&node) {
                        on_path.insert(node.clone());
                        path.push(self.frame(node, span, diagnostics));
                    }
                }
                let Some(frame) = path.last_mut() else { break };
                next = frame.waits.pop();
                if next.is_none()
                    && let Some(frame) = path.pop()
                {
                    on_path.remove(&frame.node);
                    self.evaluate(frame, diagnostics);
                }
            }
        }
    }

    /// A node with all that it refers to, last first.
    fn frame(&self, node: Node, reached: Span, diagnostics: &mut Diagnostics) -> Frame {
        let mut frame = Frame { node, reached, waits: Vec::new(), tree: None };
        match &frame.node {
            Node::Local(name) => {
                if let Some(local) = self.locals.get(name) {
                    let found = local.expression().map(names).unwrap_or_default();
                    frame.waits = self.waits(found, &local.tree.place, diagnostics);
                }
            }
            Node::Role(label) => {
                frame.tree = self.index.roles.get(label).and_then(|chunk| chunk.parse(diagnostics));
                if let Some(tree) = &frame.tree {
                    let mut found = Vec::new();
                    for argument in ["for_each", "count", "name"] {
                        let attribute = tree.block().and_then(|block| block.body.get_attribute(argument));
                        found.extend(attribute.into_iter().flat_map(|attribute| names(&attribute.value)));
                    }
                    frame.waits = self.waits(found, &tree.place, diagnostics);
                }
            }
        }
        frame.waits.reverse();
        frame
    }

    fn evaluate(&mut self, frame: Frame, diagnostics: &mut Diagnostics) {
        if self.is_settled(&frame.node) {
            return;
        }
        match frame.node {
            Node::Local(name) => {
                let value = self.local_value(&name, diagnostics);
                self.values.insert(name, value);
            }
            Node::Role(label) => {
                let found = frame.tree.as_ref().and_then(|tree| head(self, &label, tree, diagnostics));
                self.heads.insert(label, found);
            }
        }
    }

    fn local_value(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Value> {
        let local = self.locals.get(name)?;
        let expression = local.expression()?;
        let scope = BlockScope::plain(self);
        let mut evaluator = Evaluator::new(&scope, &local.tree.place);
        let value = evaluator.evaluate(expression).ok();
        diagnostics.extend(evaluator.diagnostics);
        let value = value?;
        let mut left = MAX_PARTS;
        if !within(&value, MAX_DEPTH, &mut left) {
            let detail = format!(
                "The value of local.{name} is nested more than {MAX_DEPTH} levels deep, or has more than {MAX_PARTS} parts."
            );
            let span = local.tree.place.span(expression.span());
            diagnostics.push(Diagnostic::error(Code::CFG023, "Value too large", detail).at(span));
            return None;
        }
        Some(value)
    }

    /// Reports a circle, and lets everything in it count as failed.
    fn circle(&mut self, path: &[Frame], back_to: &Node, span: &Span, diagnostics: &mut Diagnostics) {
        let start = path.iter().position(|frame| frame.node == *back_to).unwrap_or_default();
        let circle = &path[start..];
        let targets = circle.iter().skip(1).map(|frame| (frame.node.text(), frame.reached.origin()));
        let targets: Vec<_> = targets.chain([(back_to.text(), span.origin())]).collect();
        let edges: Vec<String> = circle
            .iter()
            .zip(targets)
            .map(|(from, (to, origin))| format!("{} refers to {to} ({origin})", from.node.text()))
            .collect();
        let detail = format!(
            "These values depend on each other, so none of them can be known first: {}.",
            edges.join(", ")
        );
        let place = circle.get(1).map_or(span, |frame| &frame.reached).clone();
        diagnostics.push(Diagnostic::error(Code::CFG009, "Cycle", detail).at(place));
        for frame in circle {
            match &frame.node {
                Node::Local(name) => drop(self.values.insert(Arc::clone(name), None)),
                Node::Role(label) => drop(self.heads.insert(Arc::clone(label), None)),
            }
        }
    }
}

fn duplicate(name: &str, span: Span) -> Diagnostic {
    let detail =
        format!("A local value named \"{name}\" was already declared. Names are shared by all files.");
    Diagnostic::error(Code::CFG005, "Duplicate declaration", detail).at(span)
}

/// Every name in the arguments of a block and of the blocks inside it.
fn collect(block: &Block, found: &mut Vec<Name>) {
    for structure in &block.body {
        match structure {
            // Arguments that name other arguments, which are no values.
            Structure::Attribute(attribute) if attribute.key.as_str() == "ignore_changes" => {}
            Structure::Attribute(attribute) => found.extend(names(&attribute.value)),
            Structure::Block(inner) => collect(inner, found),
        }
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
