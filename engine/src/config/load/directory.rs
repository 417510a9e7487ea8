//! One directory of files, read once however often it is called as a module.
//!
//! Everything here is the same for all instances. Not here: values (`namespace`).
//! Invariant: a call leads to a directory that was read and does not lead back to its own.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::structure::Structure;

use super::calls::{Call, call};
use super::constants::Constants;
use super::index::{Index, unsupported_block};
use super::variable::{Variables, declarations};
use crate::code::Code;
use crate::config::parse::Tree;
use crate::config::sources::{MAX_DEPTH, ROOT, Sources};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// The files of one directory.
pub(crate) struct Directory {
    /// Where it is, relative to the configuration: `.`, `modules/crm`.
    pub(crate) path: String,
    /// The blocks.
    pub(crate) index: Index,
    /// Declarations of variables; none for one that is broken.
    pub(crate) variables: Variables,
    /// Where local values are written.
    pub(crate) locals: BTreeMap<Arc<str>, Local>,
    /// `output` blocks that can be parsed.
    pub(crate) outputs: BTreeMap<Arc<str>, Tree>,
    /// `module` blocks that can be used.
    pub(crate) calls: BTreeMap<Arc<str>, Call>,
}

/// Directories by path.
pub(crate) type Directories = BTreeMap<String, Arc<Directory>>;

/// Where a local value is written: an argument of a `locals` block.
#[derive(Clone)]
pub(crate) struct Local {
    /// The block.
    pub(crate) tree: Arc<Tree>,
    position: usize,
}

impl Local {
    /// What is written.
    pub(crate) fn expression(&self) -> Option<&Expression> {
        let structure = self.tree.block()?.body.get(self.position)?;
        structure.as_attribute().map(|attribute| &attribute.value)
    }

    /// Where it is written.
    pub(crate) fn span(&self) -> Span {
        self.tree.place.span(self.expression().and_then(hcl::edit::Span::span))
    }
}

/// Reads the configuration's directory and those of all modules.
pub(crate) fn directories(
    sources: &Sources,
    constants: &Constants<'_>,
    diagnostics: &mut Diagnostics,
) -> Directories {
    let mut reader = Reader { sources, constants, diagnostics, read: BTreeMap::new(), way: Vec::new() };
    reader.directory(ROOT);
    reader.read
}

/// Reads directories, callers before what they call.
struct Reader<'r> {
    sources: &'r Sources,
    constants: &'r Constants<'r>,
    diagnostics: &'r mut Diagnostics,
    read: Directories,
    /// The directories between the configuration's and the current one, and how each leads on.
    way: Vec<Step>,
}

/// A call on the way to the current directory.
struct Step {
    from: String,
    to: String,
    span: Span,
}

impl Reader<'_> {
    /// Reads a directory and what it calls. Depth is bounded by `MAX_DEPTH`.
    fn directory(&mut self, path: &str) {
        let files = match self.sources.modules.get(path) {
            Some(Ok(files)) => files,
            _ => &self.sources.root,
        };
        let mut index = Index::default();
        files.iter().for_each(|file| index.read(file, self.diagnostics));
        let mut directory = Directory {
            path: path.to_owned(),
            variables: declarations(&index.variables, self.constants, self.diagnostics),
            locals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            calls: BTreeMap::new(),
            index,
        };
        directory.find_locals(self.diagnostics);
        for (name, chunk) in &directory.index.outputs {
            let tree = chunk.parse(self.diagnostics);
            directory.outputs.extend(tree.map(|tree| (Arc::clone(name), tree)));
        }
        for (label, chunk) in &directory.index.modules {
            let Some(found) = chunk
                .parse(self.diagnostics)
                .and_then(|tree| call(tree, (path, chunk.span()), self.sources, self.diagnostics))
            else {
                continue;
            };
            let step =
                Step { from: path.to_owned(), to: found.directory.clone(), span: found.source.clone() };
            if self.enter(step) {
                directory.calls.insert(Arc::clone(label), found);
            }
        }
        self.read.insert(path.to_owned(), Arc::new(directory));
    }

    /// Reads the directory that a step leads to; not when that leads back.
    fn enter(&mut self, step: Step) -> bool {
        if step.to == step.from || self.way.iter().any(|before| before.from == step.to) {
            self.circle(&step);
            return false;
        }
        if self.way.len() >= MAX_DEPTH {
            let detail = format!("Modules are nested more than {MAX_DEPTH} levels deep here.");
            self.diagnostics
                .push(Diagnostic::error(Code::CFG023, "Modules nested too deeply", detail).at(step.span));
            return false;
        }
        if !self.read.contains_key(&step.to) {
            let to = step.to.clone();
            self.way.push(step);
            self.directory(&to);
            self.way.pop();
        }
        true
    }

    fn circle(&mut self, last: &Step) {
        let start = self.way.iter().position(|step| step.from == last.to).unwrap_or(self.way.len());
        let edges: Vec<String> = self.way[start..]
            .iter()
            .chain([last])
            .map(|step| format!("\"{}\" calls \"{}\" ({})", step.from, step.to, step.span.origin()))
            .collect();
        let detail =
            format!("A module cannot be part of itself, since it would have no end: {}.", edges.join(", "));
        self.diagnostics
            .push(Diagnostic::error(Code::CFG009, "Module calls itself", detail).at(last.span.clone()));
    }
}

impl Directory {
    /// Finds the arguments of all `locals` blocks.
    fn find_locals(&mut self, diagnostics: &mut Diagnostics) {
        for chunk in &self.index.locals {
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
                            Entry::Occupied(taken) => {
                                diagnostics.push(duplicate((taken.key(), taken.get()), span))
                            }
                        }
                    }
                    Structure::Block(inner) => {
                        let span = tree.place.span(inner.ident.span());
                        diagnostics.push(unsupported_block(inner.ident.as_str(), &[], span));
                    }
                }
            }
        }
    }
}

fn duplicate((name, first): (&str, &Local), span: Span) -> Diagnostic {
    let detail = format!(
        "A local value named \"{name}\" was already declared at {}. Names are shared by all files.",
        first.span().origin()
    );
    Diagnostic::error(Code::CFG005, "Duplicate declaration", detail).at(span)
}
