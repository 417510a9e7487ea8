//! `variable` blocks and their values.
//!
//! Not here: where values come from (`inputs`). Invariant: a variable has a value of its
//! type, or a diagnostic says why not; the value of a sensitive one is never shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::structure::Attribute;

use super::constants::Constants;
use super::constraint::TypeReader;
use crate::code::Code;
use crate::config::evaluate::{Evaluator, Failed};
use crate::config::inputs::{InputArgument, Inputs, MissingValues};
use crate::config::lower::reading::{Schema, check};
use crate::config::parse::{Chunk, Tree, expression, values};
use crate::config::value::constraint::Constraint;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile, Span, nearest};

/// A declared variable.
pub(crate) struct Variable {
    /// Its block, whose `validation` blocks are checked last.
    pub(crate) tree: Tree,
    /// Its value; none when something is wrong with it.
    pub(crate) value: Option<Value>,
    /// Where it was declared.
    pub(crate) span: Span,
    constraint: Constraint,
    literal: bool,
    sensitive: bool,
    nullable: bool,
    default: Option<Value>,
}

/// What a `variable` block may hold.
const VARIABLE: Schema = Schema {
    arguments: &["type", "default", "description", "sensitive", "nullable", "ephemeral"],
    blocks: &["validation"],
    once: &[],
};

/// Reads declarations and gives each variable its value.
pub(crate) fn variables(
    chunks: &BTreeMap<Arc<str>, Chunk>,
    inputs: &Inputs,
    constants: &Constants<'_>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Arc<str>, Option<Variable>> {
    let mut declared: BTreeMap<Arc<str>, Option<Variable>> = chunks
        .iter()
        .map(|(name, chunk)| (Arc::clone(name), declare(chunk, constants, diagnostics)))
        .collect();
    let given = Given::collect(&declared, inputs, constants, diagnostics);
    for (name, variable) in &mut declared {
        if let Some(variable) = variable {
            let input = given.values.get(name);
            variable.value = variable.settle(name, input, inputs.missing, diagnostics);
        }
    }
    declared
}

fn declare(chunk: &Chunk, constants: &Constants<'_>, diagnostics: &mut Diagnostics) -> Option<Variable> {
    let tree = chunk.parse(diagnostics)?;
    let block = tree.block()?.clone();
    check(&block, &VARIABLE, &tree.place, diagnostics);
    let mut evaluator = Evaluator::new(constants, &tree.place);
    let mut flag = |name: &str, default: bool| match block.body.get_attribute(name) {
        None => Ok(default),
        Some(attribute) => match evaluator.evaluate(&attribute.value)?.data {
            Data::Bool(value) => Ok(value),
            _ => Err(Failed),
        },
    };
    let (sensitive, nullable) = (flag("sensitive", false), flag("nullable", true));
    for (name, value) in [("sensitive", sensitive), ("nullable", nullable)] {
        if let (Err(Failed), Some(attribute)) = (value, block.body.get_attribute(name)) {
            let span = tree.place.span(attribute.value.span());
            let detail = format!("Unsuitable value for \"{name}\": bool required.");
            diagnostics.push(Diagnostic::error(Code::CFG035, "Unsuitable value type", detail).at(span));
        }
    }
    let written = block.body.get_attribute("type");
    let constraint = match written {
        None => Ok(Constraint::any()),
        Some(attribute) => {
            let mut reader = TypeReader { place: &tree.place, constants: &mut evaluator, diagnostics };
            reader.read(&attribute.value)
        }
    };
    let default = block.body.get_attribute("default").map(|attribute| {
        let value = evaluator.evaluate(&attribute.value);
        value.and_then(|value| fits(&constraint, &value, attribute, &tree, diagnostics))
    });
    diagnostics.extend(evaluator.diagnostics);
    let (Ok(constraint), Ok(default)) = (constraint, default.transpose()) else { return None };
    let literal = written.is_none() || matches!(&constraint, Constraint::Plain(of) if of.is_primitive());
    Some(Variable {
        value: None,
        span: chunk.span(),
        tree,
        constraint,
        literal,
        sensitive: sensitive.ok()?,
        nullable: nullable.ok()?,
        default,
    })
}

fn fits(
    constraint: &Result<Constraint, Failed>,
    value: &Value,
    attribute: &Attribute,
    tree: &Tree,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Failed> {
    let constraint = constraint.as_ref().map_err(|failed| *failed)?;
    constraint.apply(value).map_err(|mismatch| {
        let detail = format!(
            "This default value is not compatible with the variable's type constraint: {}.",
            mismatch.text()
        );
        let span = tree.place.span(attribute.value.span());
        diagnostics
            .push(Diagnostic::error(Code::CFG035, "Invalid default value for variable", detail).at(span));
        Failed
    })
}

/// A value given from outside.
struct Input {
    value: Value,
    /// Where it was written, for messages.
    source: String,
}

/// The values given from outside, the last one of each variable.
#[derive(Default)]
struct Given {
    values: BTreeMap<Arc<str>, Result<Input, Failed>>,
}

/// How a value for an undeclared variable is taken.
#[derive(Clone, Copy)]
enum Undeclared {
    Warn,
    Refuse,
}

type Declarations = BTreeMap<Arc<str>, Option<Variable>>;

impl Given {
    fn collect(
        declared: &Declarations,
        inputs: &Inputs,
        constants: &Constants<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Given {
        let mut given = Given::default();
        for (name, text) in &inputs.environment {
            if let Some((name, Some(variable))) = declared.get_key_value(name.as_str()) {
                let source = format!("ROLEFORM_VAR_{name}");
                let value = read_text(variable, text, &source, constants, diagnostics);
                given.values.insert(Arc::clone(name), value);
            }
        }
        for file in &inputs.files {
            given.file(file, declared, constants, diagnostics);
        }
        for argument in &inputs.arguments {
            match argument {
                InputArgument::File(file) => given.file(file, declared, constants, diagnostics),
                InputArgument::Value { name, text } => match declared.get_key_value(name.as_str()) {
                    Some((name, Some(variable))) => {
                        let source = format!("-var {name}");
                        let value = read_text(variable, text, &source, constants, diagnostics);
                        given.values.insert(Arc::clone(name), value);
                    }
                    Some((_, None)) => {}
                    None => diagnostics.push(undeclared(name, "-var", declared, Undeclared::Refuse)),
                },
            }
        }
        given
    }

    fn file(
        &mut self,
        file: &Arc<SourceFile>,
        declared: &Declarations,
        constants: &Constants<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        for tree in values(file, diagnostics) {
            let Some(attribute) = tree.attributes().next() else {
                let span = tree.place.span(tree.block().and_then(|block| block.span()));
                let detail = "A file of variable values holds arguments only, one per variable.";
                diagnostics.push(Diagnostic::error(Code::CFG002, "Unexpected block", detail).at(span));
                continue;
            };
            let name = attribute.key.as_str();
            let Some((name, variable)) = declared.get_key_value(name) else {
                let span = tree.place.span(attribute.key.span());
                diagnostics.push(undeclared(name, &file.path, declared, Undeclared::Warn).at(span));
                continue;
            };
            let mut evaluator = Evaluator::new(constants, &tree.place);
            let value = evaluator.evaluate(&attribute.value);
            if variable.as_ref().is_some_and(|variable| variable.sensitive) {
                // The excerpt under a message would show the value.
                evaluator.diagnostics.0.iter_mut().for_each(|said| said.span = None);
            }
            diagnostics.extend(evaluator.diagnostics);
            let source = tree.place.span(attribute.key.span()).origin().to_string();
            self.values.insert(Arc::clone(name), value.map(|value| Input { value, source }));
        }
    }
}

fn undeclared(name: &str, source: &str, declared: &Declarations, how: Undeclared) -> Diagnostic {
    const SUMMARY: &str = "Value for undeclared variable";
    let detail = format!(
        "{source} gives a value for the variable \"{name}\", but the configuration does not declare a variable of that name."
    );
    let said = match how {
        Undeclared::Warn => Diagnostic::warning(Code::CFG034, SUMMARY, detail),
        Undeclared::Refuse => Diagnostic::error(Code::CFG034, SUMMARY, detail),
    };
    match nearest(name, declared.keys().map(|known| known.as_ref())) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None => said,
    }
}

/// A value given as text: itself for primitive types, else an expression.
fn read_text(
    variable: &Variable,
    text: &str,
    source: &str,
    constants: &Constants<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Input, Failed> {
    if variable.literal {
        return Ok(Input { value: Value::string(text), source: source.to_owned() });
    }
    let file = Arc::new(SourceFile { path: source.to_owned(), text: text.to_owned() });
    let mut said = Diagnostics::default();
    let value = match expression(&file) {
        Ok((tree, place)) => {
            let mut evaluator = Evaluator::new(constants, &place);
            let value = evaluator.evaluate(&tree);
            said = evaluator.diagnostics;
            value
        }
        Err(problem) => {
            said.push(problem);
            Err(Failed)
        }
    };
    if variable.sensitive {
        said.0.iter_mut().for_each(|said| said.span = None);
    }
    diagnostics.extend(said);
    value.map(|value| Input { value, source: source.to_owned() })
}

impl Variable {
    /// The value: given, default, or none with a diagnostic.
    fn settle(
        &self,
        name: &str,
        input: Option<&Result<Input, Failed>>,
        missing: MissingValues,
        diagnostics: &mut Diagnostics,
    ) -> Option<Value> {
        let mark = |value: Value| value.marked(self.sensitive);
        let error = |code, summary: &str, detail: String| {
            Diagnostic::error(code, summary, detail).at(self.span.clone())
        };
        match (input, &self.default, missing) {
            (Some(Err(Failed)), ..) => None,
            (Some(Ok(input)), default, _) => {
                if input.value.is_null() && !self.nullable {
                    if let Some(default) = default {
                        return Some(mark(default.clone()));
                    }
                    let detail = format!(
                        "The given value of var.{name} ({}) is null, and the variable does not allow null.",
                        input.source
                    );
                    diagnostics.push(error(Code::CFG032, "Required variable not set", detail));
                    return None;
                }
                match self.constraint.apply(&input.value) {
                    Ok(value) => Some(mark(value)),
                    Err(mismatch) => {
                        let why = if self.sensitive { required(&self.constraint) } else { mismatch.text() };
                        let detail = format!(
                            "The given value is not suitable for var.{name} declared at {}: {why}. It was given by {}.",
                            self.span.origin(),
                            input.source
                        );
                        diagnostics.push(error(Code::CFG032, "Invalid value for input variable", detail));
                        None
                    }
                }
            }
            (None, Some(default), _) => Some(mark(default.clone())),
            (None, None, MissingValues::Unknown) => Some(mark(Value::unknown())),
            (None, None, MissingValues::Error) => {
                let detail =
                    format!("The input variable \"{name}\" has no default and no value was given for it.");
                let hint = format!(
                    "Give it one: -var '{name}=…', a line in a .tfvars file, or ROLEFORM_VAR_{name} in the environment."
                );
                diagnostics.push(error(Code::CFG031, "No value for required variable", detail).hint(hint));
                None
            }
        }
    }
}

fn required(constraint: &Constraint) -> String {
    match constraint.as_type() {
        Type::Any => "another type is required".to_owned(),
        of => format!("{} required", of.friendly()),
    }
}
