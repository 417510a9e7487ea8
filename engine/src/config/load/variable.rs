//! `variable` blocks, and which values a variable accepts.
//!
//! Not here: what was given from outside (`given`) or by a module's caller (`namespace`).
//! Invariant: a variable has a value of its type, or a diagnostic says why not; the value
//! of a sensitive one is never shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::structure::Block;

use super::constants::Constants;
use super::constraint::TypeReader;
use super::given::{Given, Input};
use crate::code::Code;
use crate::config::evaluate::{Evaluator, Failed};
use crate::config::inputs::{Inputs, MissingValues};
use crate::config::lower::reading::{Schema, check};
use crate::config::parse::{Chunk, Place, Tree};
use crate::config::value::constraint::Constraint;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// A declared variable.
pub(crate) struct Variable {
    /// Its block, whose `validation` blocks are checked last.
    pub(crate) tree: Tree,
    /// Where it was declared.
    pub(crate) span: Span,
    /// Whether a text given from outside is the value itself, not an expression.
    pub(crate) literal: bool,
    /// Whether the value must not be shown.
    pub(crate) sensitive: bool,
    /// What it is without a value.
    pub(crate) default: Option<Value>,
    constraint: Constraint,
    nullable: bool,
}

/// Declarations by name; none for one whose declaration is broken.
pub(crate) type Variables = BTreeMap<Arc<str>, Option<Variable>>;

const VARIABLE: Schema = Schema {
    arguments: &["type", "default", "description", "sensitive", "nullable"],
    blocks: &["validation"],
    once: &[],
};

/// Reads declarations.
pub(crate) fn declarations(
    chunks: &BTreeMap<Arc<str>, Chunk>,
    constants: &Constants<'_>,
    diagnostics: &mut Diagnostics,
) -> Variables {
    let declare = |(name, chunk): (&Arc<str>, &Chunk)| {
        let tree = chunk.parse(diagnostics);
        (Arc::clone(name), tree.and_then(|tree| declare(tree, chunk.span(), constants, diagnostics)))
    };
    chunks.iter().map(declare).collect()
}

/// Gives each variable of the configuration its value.
pub(crate) fn values(
    declared: &Variables,
    inputs: &Inputs,
    constants: &Constants<'_>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Arc<str>, Option<Value>> {
    let given = Given::collect(declared, inputs, constants, diagnostics);
    let settle = |(name, variable): (&Arc<str>, &Option<Variable>)| {
        let value = variable.as_ref().and_then(|variable| {
            let settled = variable.given(name, given.values.get(name), inputs.missing);
            settled.unwrap_or_else(|problem| {
                diagnostics.push(problem.at(variable.span.clone()));
                None
            })
        });
        (Arc::clone(name), value)
    };
    declared.iter().map(settle).collect()
}

fn declare(
    tree: Tree,
    span: Span,
    constants: &Constants<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Variable> {
    let block = tree.block()?.clone();
    check(&block, &VARIABLE, &tree.place, diagnostics);
    let mut declaration = Declaration {
        block: &block,
        place: &tree.place,
        constants: Evaluator::new(constants, &tree.place),
        diagnostics,
    };
    let sensitive = declaration.flag("sensitive", false);
    let nullable = declaration.flag("nullable", true);
    let constraint = declaration.constraint();
    let default = declaration.default(constraint.as_ref().ok());
    let found = std::mem::take(&mut declaration.constants.diagnostics);
    diagnostics.extend(found);
    let constraint = constraint.ok()?;
    let primitive = matches!(&constraint, Constraint::Plain(of) if of.is_primitive());
    Some(Variable {
        span,
        literal: primitive || !block.body.has_attribute("type"),
        sensitive: sensitive.ok()?,
        nullable: nullable.ok()?,
        default: default.ok()?,
        constraint,
        tree,
    })
}

/// A `variable` block while it is read.
struct Declaration<'d> {
    block: &'d Block,
    place: &'d Place,
    constants: Evaluator<'d>,
    diagnostics: &'d mut Diagnostics,
}

impl Declaration<'_> {
    fn fail<T>(&mut self, at: &Expression, summary: &str, detail: String) -> Result<T, Failed> {
        let span = self.place.span(at.span());
        self.diagnostics.push(Diagnostic::error(Code::CFG035, summary, detail).at(span));
        Err(Failed)
    }

    fn flag(&mut self, name: &str, default: bool) -> Result<bool, Failed> {
        let Some(attribute) = self.block.body.get_attribute(name) else { return Ok(default) };
        let value = self.constants.evaluate(&attribute.value)?;
        match convert(&value, &Type::Bool).map(|value| value.data) {
            Ok(Data::Bool(flag)) => Ok(flag),
            _ => {
                let detail = format!("Unsuitable value for \"{name}\": bool required.");
                self.fail(&attribute.value, "Unsuitable value type", detail)
            }
        }
    }

    fn constraint(&mut self) -> Result<Constraint, Failed> {
        let Some(attribute) = self.block.body.get_attribute("type") else { return Ok(Constraint::any()) };
        let mut reader =
            TypeReader { place: self.place, constants: &mut self.constants, diagnostics: self.diagnostics };
        reader.read(&attribute.value)
    }

    fn default(&mut self, constraint: Option<&Constraint>) -> Result<Option<Value>, Failed> {
        let Some(attribute) = self.block.body.get_attribute("default") else { return Ok(None) };
        let value = self.constants.evaluate(&attribute.value)?;
        let Some(constraint) = constraint else { return Err(Failed) };
        match constraint.apply(&value) {
            Ok(value) => Ok(Some(value)),
            Err(mismatch) => {
                let why = mismatch.text();
                let detail = format!(
                    "This default value is not compatible with the variable's type constraint: {why}."
                );
                self.fail(&attribute.value, "Invalid default value for variable", detail)
            }
        }
    }
}

impl Variable {
    /// The value of a variable of the configuration: given, or the default; none when it was
    /// wrong and that has been said.
    fn given(
        &self,
        name: &str,
        input: Option<&Result<Input, Failed>>,
        missing: MissingValues,
    ) -> Result<Option<Value>, Diagnostic> {
        match (input, &self.default, missing) {
            (Some(Err(Failed)), ..) => Ok(None),
            (Some(Ok(input)), ..) => {
                self.accept(&format!("var.{name}"), &input.value).map(Some).map_err(|said| {
                    let detail = format!("{} It was given by {}.", said.detail, input.source);
                    Diagnostic { detail, ..said }
                })
            }
            (None, Some(_), _) => Ok(self.absent()),
            (None, None, MissingValues::Unknown) => Ok(Some(Value::unknown().marked(self.sensitive))),
            (None, None, MissingValues::Error) => {
                let detail =
                    format!("The input variable \"{name}\" has no default and no value was given for it.");
                let hint = format!(
                    "Give it one: -var '{name}=…', a line in a .tfvars file, or ROLEFORM_VAR_{name} in the environment."
                );
                Err(Diagnostic::error(Code::CFG031, "No value for required variable", detail).hint(hint))
            }
        }
    }

    /// What it is when no value is given.
    pub(crate) fn absent(&self) -> Option<Value> {
        self.default.clone().map(|value| value.marked(self.sensitive))
    }

    /// A value as the variable has it: converted to its type, null replaced where it must be.
    /// The address is for messages.
    pub(crate) fn accept(&self, address: &str, value: &Value) -> Result<Value, Diagnostic> {
        if value.is_null() && !self.nullable {
            return self.absent().ok_or_else(|| {
                let detail =
                    format!("The value given for {address} is null, and the variable does not allow null.");
                Diagnostic::error(Code::CFG032, "Required variable not set", detail)
            });
        }
        let accepted = self.constraint.apply(value).map_err(|mismatch| {
            // What is wrong inside a sensitive value would show parts of it.
            let hidden = self.sensitive || value.has_marks();
            let why = if hidden { "it does not fit the type".to_owned() } else { mismatch.text() };
            let declared = self.span.origin();
            let detail =
                format!("The given value is not suitable for {address} declared at {declared}: {why}.");
            Diagnostic::error(Code::CFG032, "Invalid value for input variable", detail)
        })?;
        Ok(accepted.marked(self.sensitive))
    }
}
