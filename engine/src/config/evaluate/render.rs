//! `templatefile` and `templatestring`: templates with names of their own.
//!
//! A template sees the values that it is given and the functions, nothing else of the
//! configuration. Not here: how templates are evaluated (`template`). Invariant: the text
//! is sensitive when the template or anything given to it is, a template renders no other
//! template, and what is wrong inside a sensitive template is not quoted.

use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, FuncCall};
use hcl::edit::template::{Element, Template};

use super::references::template_names;
use super::template::Quoting;
use super::{Evaluator, Failed, Outcome, Scope};
use crate::code::Code;
use crate::config::functions::Fault;
use crate::config::functions::world::read_text;
use crate::config::parse;
use crate::config::surroundings::Surroundings;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::diagnostic::{Diagnostic, SourceFile};

/// The two functions.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Renderer {
    /// `templatefile(path, vars)`.
    File,
    /// `templatestring(template, vars)`.
    Text,
}

impl Renderer {
    /// The name in calls.
    pub(super) fn name(self) -> &'static str {
        match self {
            Renderer::File => "templatefile",
            Renderer::Text => "templatestring",
        }
    }

    fn parameter(self) -> &'static str {
        match self {
            Renderer::File => "path",
            Renderer::Text => "template",
        }
    }
}

/// What a template is given, by name.
type Names = Vec<(Arc<str>, Value)>;

/// The scope of a template: all its names are bound, so that there is nothing to look up.
struct Closed<'a>(&'a Surroundings<'a>);

impl Scope for Closed<'_> {
    fn lookup(&self, root: &str, _: Option<&str>) -> Result<Value, Option<Box<Diagnostic>>> {
        Err(Some(Box::new(missing(root))))
    }

    fn surroundings(&self) -> &Surroundings<'_> {
        self.0
    }
}

fn missing(name: &str) -> Diagnostic {
    let detail = format!("Invalid value for \"vars\" parameter: vars map does not contain key \"{name}\".");
    Diagnostic::error(Code::CFG019, "Invalid function argument", detail)
}

impl Evaluator<'_> {
    /// Calls one of the two.
    pub(super) fn render(&mut self, renderer: Renderer, call: &FuncCall, whole: &Expression) -> Outcome {
        let name = renderer.name();
        if let Some(outer) = self.renderer {
            let detail = match (outer, renderer) {
                (Renderer::Text, Renderer::File) => no_files(name),
                _ => format!(
                    "Call to function \"{name}\" failed: cannot recursively call {name} from inside another template function."
                ),
            };
            return self.fail(whole, Code::CFG019, "Error in function call", detail);
        }
        let mut arguments = call.args.iter();
        let (Some(source), Some(names), None) = (arguments.next(), arguments.next(), arguments.next()) else {
            return self.two_arguments(renderer, call, whole);
        };
        if renderer == Renderer::Text && !is_reference(source) {
            let detail = "Invalid value for \"template\" parameter: the template must be a reference to a value, such as local.greeting; a template that is written here needs no function: \"…${ … }…\".";
            return self.fail(source, Code::CFG019, "Invalid function argument", detail);
        }
        let (given, values) = (self.evaluate(source), self.evaluate(names));
        let (given, values) = (given?, values?);
        let sensitive = given.sensitive || values.has_marks();
        let bound = self.template_values(&values, names)?;
        let text = match convert(&given, &Type::String).map(|value| value.data) {
            Ok(Data::String(text)) => text,
            Ok(Data::Null(_)) => {
                let detail = format!(
                    "Invalid value for \"{}\" parameter: argument must not be null.",
                    renderer.parameter()
                );
                return self.fail(source, Code::CFG019, "Invalid function argument", detail);
            }
            Ok(_) => return Ok(Value::unknown().marked(sensitive)),
            Err(mismatch) => {
                let detail =
                    format!("Invalid value for \"{}\" parameter: {}.", renderer.parameter(), mismatch.text());
                return self.fail(source, Code::CFG019, "Invalid function argument", detail);
            }
        };
        let file = self.template_source(renderer, &text, source)?;
        let Some(bound) = bound else { return Ok(Value::unknown().marked(sensitive)) };
        match self.rendered(renderer, &file, bound) {
            Ok(value) if value.is_null() && renderer == Renderer::Text => {
                let detail = "The result of the template is null, which is not a valid result for a templatestring call.";
                self.fail(whole, Code::CFG020, "Template result is null", detail)
            }
            Ok(value) if renderer == Renderer::Text => {
                self.as_text(&value, whole).map(|text| text.marked(sensitive))
            }
            Ok(value) => Ok(value.marked(sensitive)),
            Err(found) => {
                self.blame(found, given.sensitive, whole);
                Err(Failed)
            }
        }
    }

    fn as_text(&mut self, value: &Value, whole: &Expression) -> Outcome {
        convert(value, &Type::String).or_else(|mismatch| {
            let detail = format!(
                "Call to function \"templatestring\" failed: invalid template result: {}.",
                mismatch.text()
            );
            self.fail(whole, Code::CFG019, "Error in function call", detail)
        })
    }

    fn two_arguments(&mut self, renderer: Renderer, call: &FuncCall, whole: &Expression) -> Outcome {
        let name = renderer.name();
        match call.args.len() {
            given @ (0 | 1) => {
                let missing = if given == 0 { renderer.parameter() } else { "vars" };
                let detail =
                    format!("Function \"{name}\" expects 2 argument(s). Missing value for \"{missing}\".");
                self.fail(whole, Code::CFG018, "Not enough function arguments", detail)
            }
            _ => {
                let detail = format!("Function \"{name}\" expects only 2 argument(s).");
                self.fail(whole, Code::CFG018, "Too many function arguments", detail)
            }
        }
    }

    /// The names of a template with their values; nothing when they are not known.
    fn template_values(&mut self, values: &Value, at: &Expression) -> Result<Option<Names>, Failed> {
        const SUMMARY: &str = "Invalid function argument";
        if values.is_unknown() {
            return Ok(None);
        }
        let Some(entries) = values.entries() else {
            let detail = "Invalid value for \"vars\" parameter: invalid vars value: must be a map.";
            return self.fail(at, Code::CFG019, SUMMARY, detail);
        };
        if let Some(name) = entries.keys().find(|name| !is_name(name)) {
            let shown = if values.sensitive { "(sensitive value)" } else { name.as_ref() };
            let detail = format!(
                "Invalid value for \"vars\" parameter: invalid template variable name \"{shown}\": must start with a letter, followed by zero or more letters, digits, and underscores."
            );
            return self.fail(at, Code::CFG019, SUMMARY, detail);
        }
        // The marks are on the whole result already.
        Ok(Some(entries.iter().map(|(name, value)| (Arc::clone(name), value.unmarked())).collect()))
    }

    fn template_source(
        &mut self,
        renderer: Renderer,
        text: &str,
        at: &Expression,
    ) -> Result<Arc<SourceFile>, Failed> {
        let (path, text) = match renderer {
            Renderer::Text => ("<templatestring argument>".to_owned(), text.to_owned()),
            Renderer::File => match read_text(text, self.scope.surroundings()) {
                Ok(content) => (text.to_owned(), content),
                Err(Fault::Argument(_, problem) | Fault::Call(problem)) => {
                    let detail = format!("Invalid value for \"path\" parameter: {problem}.");
                    return self.fail(at, Code::CFG019, "Invalid function argument", detail);
                }
            },
        };
        Ok(Arc::new(SourceFile::new(path, text)))
    }

    /// The value of a template, or all that is wrong with it.
    fn rendered(
        &mut self,
        renderer: Renderer,
        file: &Arc<SourceFile>,
        bound: Names,
    ) -> Result<Value, Vec<Diagnostic>> {
        let (template, place) = parse::template(file).map_err(|error| vec![error])?;
        let unknown: Vec<Diagnostic> = template_names(&template)
            .into_iter()
            .filter(|name| bound.iter().all(|(bound, _)| *bound != name.root))
            .map(|name| missing(&name.root).at(place.span(Some(name.range))))
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let scope = Closed(self.scope.surroundings());
        let mut inner = Evaluator {
            bound,
            steps: self.steps,
            renderer: Some(renderer),
            ..Evaluator::new(&scope, &place)
        };
        let outcome = inner.whole_template(&template);
        let (steps, said) = (inner.steps, inner.diagnostics.0);
        self.steps = steps;
        outcome.map_err(|Failed| said)
    }

    /// A template that is one interpolation has that value, whatever its type.
    fn whole_template(&mut self, template: &Template) -> Outcome {
        let mut elements = template.iter();
        match (elements.next(), elements.next()) {
            (Some(Element::Interpolation(only)), None) => self.evaluate(&only.expr),
            _ => self.template(template, Quoting::Raw, false),
        }
    }

    /// Passes on what is wrong in a template, with the place of the call.
    fn blame(&mut self, found: Vec<Diagnostic>, sensitive: bool, whole: &Expression) {
        let call = self.place.span(whole.span());
        if sensitive {
            let detail =
                "The template cannot be rendered. It is sensitive, so that what is wrong in it is not shown.";
            self.diagnostics.push(Diagnostic::error(Code::CFG019, "Error in function call", detail).at(call));
            return;
        }
        for said in found {
            let hint = match &said.hint {
                Some(hint) => format!("{hint} The template is rendered at {}.", call.origin()),
                None => format!("The template is rendered at {}.", call.origin()),
            };
            self.diagnostics.push(said.hint(hint));
        }
    }
}

/// What a function that reads files says in a template that is text.
pub(super) fn no_files(name: &str) -> String {
    format!(
        "Call to function \"{name}\" failed: cannot use filesystem access functions like {name} in templatestring templates; consider passing the function result as a template variable instead."
    )
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(unicode_ident::is_xid_start)
        && characters.all(|c| unicode_ident::is_xid_continue(c) || c == '-')
}

/// A name, or something inside what a name stands for.
fn is_reference(expression: &Expression) -> bool {
    match expression {
        Expression::Variable(_) => true,
        Expression::Traversal(traversal) => is_reference(&traversal.expr),
        Expression::Parenthesis(_)
        | Expression::Null(_)
        | Expression::Bool(_)
        | Expression::Number(_)
        | Expression::String(_)
        | Expression::Array(_)
        | Expression::Object(_)
        | Expression::StringTemplate(_)
        | Expression::HeredocTemplate(_)
        | Expression::Conditional(_)
        | Expression::FuncCall(_)
        | Expression::UnaryOp(_)
        | Expression::BinaryOp(_)
        | Expression::ForExpr(_) => false,
    }
}
