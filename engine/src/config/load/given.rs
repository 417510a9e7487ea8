//! Values given for variables from outside, the last one of each.
//!
//! Not here: types and defaults (`variable`). Invariant: what is given for a sensitive
//! variable stands in no message, nor does the line that it stands on.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;

use super::constants::Constants;
use super::variable::{Variable, Variables};
use crate::code::Code;
use crate::config::evaluate::{Evaluator, Failed};
use crate::config::functions::json;
use crate::config::inputs::{InputArgument, Inputs};
use crate::config::parse::{Tree, expression, values};
use crate::config::value::Value;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, SourceFile, Span, nearest};

/// A value given from outside.
pub(crate) struct Input {
    /// The value, not yet converted.
    pub(crate) value: Value,
    /// Where it was written, for messages.
    pub(crate) source: String,
}

/// The last value given for each variable.
pub(crate) struct Given {
    /// By name; failed when it could not be read.
    pub(crate) values: BTreeMap<Arc<str>, Result<Input, Failed>>,
}

/// Reads values in rising precedence.
struct Reader<'r> {
    declared: &'r Variables,
    constants: &'r Constants<'r>,
    diagnostics: &'r mut Diagnostics,
    values: BTreeMap<Arc<str>, Result<Input, Failed>>,
}

impl Given {
    /// Reads all that was given; reports what is given for nothing.
    pub(crate) fn collect(
        declared: &Variables,
        inputs: &Inputs,
        constants: &Constants<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Given {
        let mut reader = Reader { declared, constants, diagnostics, values: BTreeMap::new() };
        for (name, text) in &inputs.environment {
            // The environment may hold values for other configurations.
            if declared.contains_key(name.as_str()) {
                reader.text(name, text, &format!("ROLEFORM_VAR_{name}"));
            }
        }
        for file in &inputs.files {
            reader.file(file);
        }
        for argument in &inputs.arguments {
            match argument {
                InputArgument::File(file) => reader.file(file),
                InputArgument::Value { name, text } if declared.contains_key(name.as_str()) => {
                    reader.text(name, text, &format!("-var {name}"));
                }
                InputArgument::Value { name, .. } => {
                    let said = undeclared(name, "-var", declared);
                    reader.diagnostics.push(said);
                }
            }
        }
        Given { values: reader.values }
    }
}

impl Reader<'_> {
    /// A value given as text: itself for primitive types, else an expression.
    fn text(&mut self, name: &str, text: &str, source: &str) {
        let Some((name, Some(variable))) = self.declared.get_key_value(name) else { return };
        let source = source.to_owned();
        if variable.literal {
            self.values.insert(Arc::clone(name), Ok(Input { value: Value::string(text), source }));
            return;
        }
        let file = Arc::new(SourceFile::new(source.clone(), text));
        let (value, said) = match expression(&file) {
            Err(problem) => (Err(Failed), problem.into()),
            Ok((tree, place)) => {
                let mut evaluator = Evaluator::new(self.constants, &place);
                let value = evaluator.evaluate(&tree);
                (value, evaluator.diagnostics)
            }
        };
        self.say(Some(variable), said);
        self.values.insert(Arc::clone(name), value.map(|value| Input { value, source }));
    }

    fn file(&mut self, file: &Arc<SourceFile>) {
        if file.path.ends_with(".json") {
            return self.json(file);
        }
        let mut said = Diagnostics::default();
        for tree in values(file, &mut said) {
            self.line(file, &tree);
        }
        for diagnostic in said {
            let variable = diagnostic.span.as_ref().and_then(|span| {
                let line = file.text[..span.range.start].rfind('\n').map_or(0, |at| at + 1);
                let name = file.text[line..]
                    .split(|c: char| c.is_whitespace() || c == '=')
                    .find(|word| !word.is_empty());
                self.declared.get(name.unwrap_or_default()).and_then(Option::as_ref)
            });
            self.say(variable, diagnostic.into());
        }
    }

    /// A file of values in JSON: one object, in which texts are no templates.
    fn json(&mut self, file: &Arc<SourceFile>) {
        let span = Span::new(file, 0..0);
        let wrong = |why: &str| {
            let detail = format!("\"{}\" is no JSON object of variable values: {why}.", file.path);
            Diagnostic::error(Code::CFG001, "Invalid JSON", detail).at(span.clone())
        };
        let value = json::decode(file.text.trim_start_matches('\u{feff}'));
        let entries = match value.as_ref().map(Value::entries) {
            Ok(Some(entries)) => entries,
            Ok(None) => return self.diagnostics.push(wrong("it is not in braces")),
            Err(why) => return self.diagnostics.push(wrong(why)),
        };
        for (name, value) in entries {
            match self.declared.get_key_value(name) {
                Some((name, _)) => {
                    let input = Input { value: value.clone(), source: file.path.clone() };
                    self.values.insert(Arc::clone(name), Ok(input));
                }
                None => {
                    let said = undeclared(name, &file.path, self.declared);
                    self.diagnostics
                        .push(Diagnostic { severity: Severity::Warning, ..said }.at(span.clone()));
                }
            }
        }
    }

    /// One argument of a file of values.
    fn line(&mut self, file: &SourceFile, tree: &Tree) {
        let Some(attribute) = tree.attributes().next() else {
            let span = tree.place.span(tree.block().and_then(|block| block.ident.span()));
            let detail = "A file of variable values holds arguments only, one per variable.";
            self.diagnostics.push(Diagnostic::error(Code::CFG002, "Unexpected block", detail).at(span));
            return;
        };
        let span = tree.place.span(attribute.key.span());
        let Some((name, variable)) = self.declared.get_key_value(attribute.key.as_str()) else {
            let said = undeclared(attribute.key.as_str(), &file.path, self.declared);
            let said = Diagnostic { severity: Severity::Warning, ..said };
            self.diagnostics.push(said.at(span));
            return;
        };
        let mut evaluator = Evaluator::new(self.constants, &tree.place);
        let value = evaluator.evaluate(&attribute.value);
        let said = evaluator.diagnostics;
        self.say(variable.as_ref(), said);
        let source = span.origin().to_string();
        self.values.insert(Arc::clone(name), value.map(|value| Input { value, source }));
    }

    /// Passes diagnostics on; the excerpt under one would show a sensitive value.
    fn say(&mut self, variable: Option<&Variable>, mut said: Diagnostics) {
        if variable.is_some_and(|variable| variable.sensitive) {
            for diagnostic in &mut said.0 {
                diagnostic.span = None;
                diagnostic.detail = "The value given for a sensitive variable cannot be read.".to_owned();
            }
        }
        self.diagnostics.extend(said);
    }
}

fn undeclared(name: &str, source: &str, declared: &Variables) -> Diagnostic {
    let detail = format!(
        "{source} gives a value for the variable \"{name}\", but the configuration does not declare a variable of that name."
    );
    let said = Diagnostic::error(Code::CFG034, "Value for undeclared variable", detail);
    match nearest(name, declared.keys().map(|known| known.as_ref())) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None => said,
    }
}
