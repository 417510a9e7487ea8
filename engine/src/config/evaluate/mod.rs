//! Evaluates syntax trees of hcl-rs with Terraform's semantics.
//!
//! Not here: what names stand for (`Scope`), what functions do (`functions`).
//! Invariant: every error has a code and a span; an expression that fails pushes at
//! least one diagnostic or depends on something that did. Depth is the tree's, which
//! the parser bounds.

mod call;
mod collections;
mod involved;
mod operators;
pub(crate) mod references;
mod render;
mod template;
mod traverse;

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::{Array, Conditional, Expression, Object, ObjectKey};

use self::render::Renderer;
use super::parse::Place;
use super::surroundings::Surroundings;
use super::value::convert::convert;
use super::value::number::Number;
use super::value::types::{Type, type_of};
use super::value::unify::unify;
use super::value::{Data, Value, normal};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Roots whose first attribute belongs to the name.
pub(crate) const ROOTS: &[&str] =
    &["var", "local", "role", "postgres", "module", "each", "count", "path", "self", "terraform"];

/// An expression has no value; why was said in a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

/// A value, or nothing because of a diagnostic.
pub(crate) type Outcome = Result<Value, Failed>;

/// Most expressions that are evaluated for one argument, those in loops each time.
const MAX_STEPS: usize = 2_000_000;

/// What names stand for where an expression is written.
pub(crate) trait Scope {
    /// The value of `root.name`, e.g. of `var.env`. A diagnostic without a span says why
    /// there is none; `None` when that was reported elsewhere.
    fn lookup(&self, root: &str, name: Option<&str>) -> Result<Value, Option<Box<Diagnostic>>>;

    /// The keys of the instances that `root.name` stands for, where it stands for a block.
    fn keys(&self, _root: &str, _name: &str) -> Option<Keys> {
        None
    }

    /// Files, environment and time.
    fn surroundings(&self) -> &Surroundings<'_>;
}

/// What tells the instances of a block apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Nothing: there is one.
    None,
    /// `for_each`.
    Texts,
    /// `count`.
    Numbers,
}

/// Evaluates expressions of one place in one scope.
pub(crate) struct Evaluator<'a> {
    scope: &'a dyn Scope,
    place: &'a Place,
    /// Names bound by `for`, innermost last.
    bound: Vec<(Arc<str>, Value)>,
    /// Expressions evaluated so far; loops in loops are bounded by it.
    steps: usize,
    /// The function whose template this is, when it is one.
    renderer: Option<Renderer>,
    /// Whether it only looks up what a message is about.
    is_looking: bool,
    /// What was found wrong so far.
    pub(crate) diagnostics: Diagnostics,
}

impl<'a> Evaluator<'a> {
    /// An evaluator without bound names.
    pub(crate) fn new(scope: &'a dyn Scope, place: &'a Place) -> Evaluator<'a> {
        let diagnostics = Diagnostics::default();
        let bound = Vec::new();
        Evaluator { scope, place, bound, steps: 0, renderer: None, is_looking: false, diagnostics }
    }

    /// The value of an expression.
    pub(crate) fn evaluate(&mut self, expression: &Expression) -> Outcome {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            let detail = format!(
                "This expression takes more than {MAX_STEPS} steps to evaluate: too many for loops inside each other."
            );
            return self.fail(expression, Code::CFG023, "Expression too costly", detail);
        }
        match expression {
            Expression::Null(_) => Ok(Value::null()),
            Expression::Bool(value) => Ok(Value::bool(*value.value())),
            Expression::Number(_) => self.number(expression),
            Expression::String(text) => Ok(Value::string(text.value())),
            Expression::Array(array) => self.tuple(array),
            Expression::Object(object) => self.object(object),
            Expression::StringTemplate(template) => self.quoted_template(template),
            Expression::HeredocTemplate(heredoc) => self.heredoc_template(heredoc),
            Expression::Parenthesis(inner) => self.evaluate(inner.inner()),
            Expression::Variable(_) => self.traversal(expression, &[]),
            Expression::Conditional(conditional) => self.conditional(conditional, expression),
            Expression::FuncCall(call) => self.call(call, expression),
            Expression::Traversal(traversal) => self.traversal(&traversal.expr, &traversal.operators),
            Expression::UnaryOp(operation) => self.unary(operation),
            Expression::BinaryOp(operation) => self.binary(operation, expression),
            Expression::ForExpr(each) => self.for_expression(each),
        }
    }

    /// Says what is wrong with an expression, and fails.
    fn fail<T>(
        &mut self,
        at: &Expression,
        code: Code,
        summary: &str,
        detail: impl Into<String>,
    ) -> Result<T, Failed> {
        let said = Diagnostic::error(code, summary, detail).at(self.place.span(at.span()));
        self.report(Diagnostic { values: self.values(at, code), ..said })
    }

    fn report<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Failed> {
        self.diagnostics.push(diagnostic);
        Err(Failed)
    }

    /// Reads the digits of the source, since the tree has only a binary float.
    fn number(&mut self, expression: &Expression) -> Outcome {
        let text = self.place.text(expression.span());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.rsplit("*/").next().unwrap_or(rest).trim()),
            None => (false, text),
        };
        match Number::parse(digits) {
            Some(number) => Ok(Value::number(if negative { number.negate() } else { number })),
            None => self.fail(
                expression,
                Code::CFG010,
                "Invalid number literal",
                "This number has too many digits or too large an exponent.",
            ),
        }
    }

    /// All elements, even after one of them failed: each may have something to say.
    fn tuple(&mut self, array: &Array) -> Outcome {
        let items: Vec<Outcome> = array.iter().map(|item| self.evaluate(item)).collect();
        items.into_iter().collect::<Result<Vec<Value>, Failed>>().map(Value::tuple)
    }

    fn object(&mut self, object: &Object) -> Outcome {
        let mut entries = BTreeMap::new();
        let mut failed = false;
        let mut sensitive = false;
        let mut unknown = false;
        for (key, value) in object {
            let key = self.object_key(key);
            let value = self.evaluate(value.expr());
            match (key, value) {
                (Ok(key), Ok(value)) => {
                    sensitive |= key.sensitive;
                    match key.as_str() {
                        Some(text) => drop(entries.insert(Arc::from(text), value)),
                        None => unknown = true,
                    }
                }
                _ => failed = true,
            }
        }
        if failed {
            return Err(Failed);
        }
        Ok(if unknown { Value::unknown() } else { Value::object(entries) }.marked(sensitive))
    }

    fn object_key(&mut self, key: &ObjectKey) -> Outcome {
        let expression = match key {
            ObjectKey::Ident(name) => return Ok(Value::new(Data::String(normal(name.as_str())))),
            ObjectKey::Expression(expression) => expression,
        };
        if let Expression::Null(_) | Expression::Bool(_) = expression {
            // A bare word is a name, even one that is a value elsewhere.
            return Ok(Value::string(self.place.text(expression.span())));
        }
        let value = self.evaluate(expression)?;
        if value.is_null() {
            return self.fail(
                expression,
                Code::CFG020,
                "Null value as key",
                "Can't use a null value as a key.",
            );
        }
        match convert(&value, &Type::String) {
            Ok(key) => Ok(key),
            Err(mismatch) => self.fail(
                expression,
                Code::CFG021,
                "Incorrect key type",
                format!("Can't use this value as a key: {}.", mismatch.text()),
            ),
        }
    }

    /// A condition: known and not null, or unknown. The second is its sensitivity.
    fn condition(&mut self, expression: &Expression) -> Result<(Option<bool>, bool), Failed> {
        let value = self.evaluate(expression)?;
        if value.is_null() {
            return self.fail(
                expression,
                Code::CFG020,
                "Null condition",
                "The condition value is null. Conditions must either be true or false.",
            );
        }
        match convert(&value, &Type::Bool).map(|value| value.data) {
            Ok(Data::Bool(decided)) => Ok((Some(decided), value.sensitive)),
            Ok(_) => Ok((None, value.sensitive)),
            Err(_) => self.fail(
                expression,
                Code::CFG021,
                "Incorrect condition type",
                "The condition expression must be of type bool.",
            ),
        }
    }

    /// Both arms have a say in the type of the result; only the chosen one may fail.
    fn conditional(&mut self, conditional: &Conditional, whole: &Expression) -> Outcome {
        let (condition, sensitive) = self.condition(&conditional.cond_expr)?;
        let Some(condition) = condition else { return Ok(Value::unknown()) };
        let (chosen, other) = match condition {
            true => (&conditional.true_expr, &conditional.false_expr),
            false => (&conditional.false_expr, &conditional.true_expr),
        };
        let value = self.evaluate(chosen)?;
        let said = self.diagnostics.0.len();
        let unchosen = self.evaluate(other).unwrap_or_else(|Failed| Value::unknown());
        self.diagnostics.0.truncate(said);
        let result = match (&value.data, &unchosen.data) {
            (Data::Null(Type::Any), _) => convert(&value, &type_of(&unchosen)).ok(),
            (_, Data::Null(Type::Any) | Data::Unknown) => Some(value.clone()),
            _ => unify(&[type_of(&value), type_of(&unchosen)]).and_then(|of| convert(&value, &of).ok()),
        };
        match result {
            Some(result) => Ok(result.marked(sensitive)),
            None => {
                let (when_true, when_false) =
                    if condition { (&value, &unchosen) } else { (&unchosen, &value) };
                let detail = format!(
                    "The true and false result expressions must have consistent types. {}",
                    operators::difference(when_true, when_false)
                );
                self.fail(whole, Code::CFG015, "Inconsistent conditional result types", detail)
            }
        }
    }
}
