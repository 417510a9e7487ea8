//! Reads type constraints: `list(object({ name = string, age = optional(number, 3) }))`.
//!
//! Not here: applying them (`value::constraint`). Invariant: every mistake is reported
//! at its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, FuncCall, Object, ObjectKey};

use crate::code::Code;
use crate::config::evaluate::{Evaluator, Failed};
use crate::config::parse::Place;
use crate::config::value::constraint::{Attribute, Constraint};
use crate::config::value::types::Type;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};

const WORDS: &[&str] =
    &["string", "number", "bool", "any", "list", "set", "map", "tuple", "object", "postgres", "role"];

/// Reads type expressions of one place.
pub(crate) struct TypeReader<'a, 'e> {
    /// Where they stand.
    pub(crate) place: &'a Place,
    /// Evaluates defaults, which are constants.
    pub(crate) constants: &'a mut Evaluator<'e>,
    /// What is wrong.
    pub(crate) diagnostics: &'a mut Diagnostics,
}

impl TypeReader<'_, '_> {
    /// The constraint that an expression stands for.
    pub(crate) fn read(&mut self, expression: &Expression) -> Result<Constraint, Failed> {
        match expression {
            Expression::Parenthesis(inner) => self.read(inner.inner()),
            Expression::Variable(word) => match word.as_str() {
                "string" => Ok(Constraint::Plain(Type::String)),
                "number" => Ok(Constraint::Plain(Type::Number)),
                "bool" => Ok(Constraint::Plain(Type::Bool)),
                "any" => Ok(Constraint::any()),
                // What only roleform has: a server or a role, handed to a module by reference.
                "postgres" => Ok(Constraint::Plain(Type::Server)),
                "role" => Ok(Constraint::Plain(Type::Role)),
                "list" | "set" | "map" => {
                    self.fail(expression, format!("The {} type constructor requires one argument specifying the element type.", word.as_str()))
                }
                "object" => self.fail(expression, "The object type constructor requires one argument specifying the attribute types and values as a map."),
                "tuple" => self.fail(expression, "The tuple type constructor requires one argument specifying the element types as a list."),
                other => {
                    let near = nearest(other, WORDS.iter().copied());
                    let hint = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
                    self.fail(expression, format!("The keyword \"{other}\" is not a valid type specification.{hint}"))
                }
            },
            Expression::FuncCall(call) => self.constructor(call, expression),
            Expression::String(_) => {
                self.fail(expression, "A type is written without quotes, like string or list(string).")
            }
            _ => self.fail(expression, "A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string)."),
        }
    }

    fn fail<T>(&mut self, at: &Expression, detail: impl Into<String>) -> Result<T, Failed> {
        let span = self.place.span(at.span());
        self.diagnostics.push(Diagnostic::error(Code::CFG030, "Invalid type specification", detail).at(span));
        Err(Failed)
    }

    fn constructor(&mut self, call: &FuncCall, whole: &Expression) -> Result<Constraint, Failed> {
        let word = call.name.name.as_str();
        let argument = call.args.get(0).filter(|_| call.args.len() == 1);
        match (word, argument) {
            ("list", Some(element)) => Ok(Constraint::List(Box::new(self.read(element)?))),
            ("set", Some(element)) => Ok(Constraint::Set(Box::new(self.read(element)?))),
            ("map", Some(element)) => Ok(Constraint::Map(Box::new(self.read(element)?))),
            ("tuple", Some(Expression::Array(elements))) => {
                let read: Vec<_> = elements.iter().map(|element| self.read(element)).collect();
                read.into_iter().collect::<Result<_, _>>().map(Constraint::Tuple)
            }
            ("object", Some(Expression::Object(attributes))) => self.attributes(attributes),
            ("tuple", Some(other)) => self.fail(other, "Tuple type constructor requires a list of element types."),
            ("object", Some(other)) => self.fail(other, "Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types."),
            ("list" | "set" | "map" | "tuple" | "object", None) => {
                self.fail(whole, format!("The {word} type constructor requires one argument."))
            }
            ("optional", _) => self.fail(whole, "The keyword \"optional\" is valid only as a modifier for object type attributes."),
            _ => self.fail(whole, format!("Keyword \"{word}\" is not a valid type constructor.")),
        }
    }

    fn attributes(&mut self, object: &Object) -> Result<Constraint, Failed> {
        let mut attributes = BTreeMap::new();
        let mut failed = false;
        for (key, value) in object {
            let name: Arc<str> = match key {
                ObjectKey::Ident(name) => Arc::from(name.as_str()),
                ObjectKey::Expression(Expression::String(text)) => Arc::from(text.value().as_str()),
                ObjectKey::Expression(other) => {
                    let _: Result<(), Failed> =
                        self.fail(other, "Object constructor map keys must be attribute names.");
                    failed = true;
                    continue;
                }
            };
            match self.attribute(value.expr()) {
                Ok(attribute) => drop(attributes.insert(name, attribute)),
                Err(Failed) => failed = true,
            }
        }
        if failed { Err(Failed) } else { Ok(Constraint::Object(attributes)) }
    }

    fn attribute(&mut self, expression: &Expression) -> Result<Attribute, Failed> {
        let call = match expression {
            Expression::FuncCall(call) if call.name.name.as_str() == "optional" => call,
            _ => return Ok(Attribute { constraint: self.read(expression)?, optional: false, default: None }),
        };
        let (Some(of), true) = (call.args.get(0), call.args.len() <= 2) else {
            return self.fail(
                expression,
                "The optional(...) modifier takes the attribute type and, perhaps, a default value.",
            );
        };
        let constraint = self.read(of)?;
        let default = match call.args.get(1) {
            None => None,
            Some(written) => {
                let value = self.constants.evaluate(written)?;
                match constraint.apply(&value) {
                    Ok(value) => Some(value),
                    Err(mismatch) => {
                        let detail = format!(
                            "This default value is not compatible with the attribute's type constraint: {}.",
                            mismatch.text()
                        );
                        return self.fail(written, detail);
                    }
                }
            }
        };
        Ok(Attribute { constraint, optional: true, default })
    }
}
