//! Expressions over a loaded directory, one at a time: what `console` needs.
//!
//! Not here: prompts and pipes (the binary). Invariant: an expression changes nothing
//! that the next one sees; sensitive values are not shown.

use std::sync::Arc;

use super::evaluate::Evaluator;
use super::evaluate::references::names;
use super::inputs::Inputs;
use super::load::namespace::Namespace;
use super::load::open;
use super::load::scope::BlockScope;
use super::load::space::SpaceId;
use super::parse::expression;
use super::sources::Sources;
use super::surroundings::Surroundings;
use crate::diagnostic::{Diagnostics, SourceFile};

/// The names of a directory, for expressions that people type.
pub struct Console<'a> {
    namespace: Namespace<'a>,
}

impl<'a> Console<'a> {
    /// Reads a directory. What is wrong in it is reported, and the rest can be used.
    pub fn open(
        sources: &Sources,
        inputs: &Inputs,
        surroundings: &'a Surroundings<'a>,
    ) -> (Console<'a>, Diagnostics) {
        let mut namespace = open(sources, inputs, surroundings);
        let diagnostics = namespace.take_report();
        (Console { namespace }, diagnostics)
    }

    /// The value of an expression as `terraform console` prints it, without a final
    /// newline; or what is wrong with it.
    pub fn evaluate(&mut self, text: &str) -> Result<String, Diagnostics> {
        let file = Arc::new(SourceFile::new("<console-input>", text));
        let (tree, place) = expression(&file)?;
        self.namespace.prepare_names(SpaceId::ROOT, names(&tree), &place);
        let mut diagnostics = self.namespace.take_report();
        let scope = BlockScope::plain(&self.namespace, SpaceId::ROOT);
        let mut evaluator = Evaluator::new(&scope, &place);
        let answer = evaluator.console(&tree);
        diagnostics.extend(evaluator.diagnostics);
        diagnostics.sort();
        match answer {
            Ok(text) if !diagnostics.has_errors() => Ok(text),
            _ => Err(diagnostics),
        }
    }
}
