//! Function calls: finding the function, expanding and converting arguments, and the
//! forms that look like functions but evaluate their arguments themselves.
//!
//! Invariant: an argument reaches a function with the type that its row declares, not
//! null unless allowed, and known.

use hcl::edit::Span as _;
use hcl::edit::expr::{Expression, FuncCall};

use super::render::{Renderer, no_files};
use super::{Evaluator, Failed, Outcome};
use crate::code::Code;
use crate::config::functions::{self, Fault, Function, Marks, Parameter, refused};
use crate::config::value::convert::convert;
use crate::config::value::types::type_of;
use crate::config::value::{Value, print};
use crate::diagnostic::{Diagnostic, nearest};

impl Evaluator<'_> {
    pub(super) fn call(&mut self, call: &FuncCall, whole: &Expression) -> Outcome {
        let name = call.name.name.as_str();
        let namespace: Vec<&str> = call.name.namespace.iter().map(|part| part.as_str()).collect();
        match (namespace.as_slice(), name) {
            ([] | ["core"], "try") => return self.attempt(call, whole),
            ([] | ["core"], "can") => return self.can(call, whole),
            ([] | ["core"], "templatefile") => return self.render(Renderer::File, call, whole),
            ([] | ["core"], "templatestring") => return self.render(Renderer::Text, call, whole),
            ([] | ["core"], _) => {}
            (other, _) => {
                let detail = format!("The function namespace \"{}\" is not known.", other.join("::"));
                return self.fail(whole, Code::CFG017, "Unknown function namespace", detail);
            }
        }
        let arguments = self.arguments(call);
        match functions::find(name) {
            Some(function) => self.run(function, &arguments?, whole),
            None => self.report(no_function(name).at(self.place.span(call.name.name.span()))),
        }
    }

    /// The arguments with the place of each; a final `...` is expanded.
    fn arguments<'t>(&mut self, call: &'t FuncCall) -> Result<Vec<(Value, &'t Expression)>, Failed> {
        let evaluated: Vec<(Outcome, &Expression)> =
            call.args.iter().map(|argument| (self.evaluate(argument), argument)).collect();
        let mut arguments = Vec::with_capacity(evaluated.len());
        for (value, at) in evaluated {
            arguments.push((value?, at));
        }
        if !call.args.expand_final() {
            return Ok(arguments);
        }
        let Some((last, at)) = arguments.pop() else { return Ok(arguments) };
        const SUMMARY: &str = "Invalid expanding argument value";
        if last.is_null() {
            let detail = "The expanding argument (indicated by ...) must not be null.";
            return self.fail(at, Code::CFG020, SUMMARY, detail);
        }
        if last.is_unknown() {
            arguments.push((last, at));
            return Ok(arguments);
        }
        let Some(items) = last.items() else {
            let detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type.";
            return self.fail(at, Code::CFG021, SUMMARY, detail);
        };
        arguments.extend(items.iter().map(|item| (item.clone().marked(last.sensitive), at)));
        Ok(arguments)
    }

    fn run(
        &mut self,
        function: &Function,
        arguments: &[(Value, &Expression)],
        whole: &Expression,
    ) -> Outcome {
        if self.renderer == Some(Renderer::Text) && function.name.starts_with("file") {
            let detail = no_files(function.name);
            return self.fail(whole, Code::CFG019, "Error in function call", detail);
        }
        self.count(function, arguments, whole)?;
        let mut sensitive = false;
        let mut unknown = false;
        let mut values = Vec::with_capacity(arguments.len());
        for (at, (value, expression)) in arguments.iter().enumerate() {
            let parameter = function.parameter(at);
            unknown |= value.has_unknown();
            let value = match function.marks {
                Marks::Spread => {
                    sensitive |= value.has_marks();
                    value.unmarked()
                }
                Marks::Keep => {
                    sensitive |= value.sensitive;
                    Value { data: value.data.clone(), sensitive: false }
                }
                Marks::Own => value.clone(),
            };
            values.push(self.argument(parameter, &value, expression)?);
        }
        if unknown {
            return Ok(Value::unknown().marked(sensitive));
        }
        let answer = (function.run)(&values, self.scope.surroundings());
        match answer {
            Ok(value) => Ok(value.marked(sensitive)),
            // What a function says may quote its arguments.
            Err(_) if sensitive => {
                let detail = format!(
                    "Call to function \"{}\" failed. An argument is sensitive, so that the reason is not shown.",
                    function.name
                );
                self.fail(whole, Code::CFG019, "Error in function call", detail)
            }
            Err(Fault::Argument(at, message)) => {
                let parameter = function.parameter(at).name;
                let detail = format!("Invalid value for \"{parameter}\" parameter: {message}.");
                let place = arguments.get(at).map_or(whole, |(_, expression)| *expression);
                self.fail(place, Code::CFG019, "Invalid function argument", detail)
            }
            Err(Fault::Call(message)) => {
                let detail = format!("Call to function \"{}\" failed: {message}.", function.name);
                self.fail(whole, Code::CFG019, "Error in function call", detail)
            }
        }
    }

    fn argument(&mut self, parameter: &Parameter, value: &Value, at: &Expression) -> Outcome {
        let problem = if value.is_null() && !parameter.nullable {
            "argument must not be null".to_owned()
        } else {
            match convert(value, &parameter.kind.as_type()) {
                Ok(value) => return Ok(value),
                Err(mismatch) => mismatch.text(),
            }
        };
        let detail = format!("Invalid value for \"{}\" parameter: {problem}.", parameter.name);
        self.fail(at, Code::CFG019, "Invalid function argument", detail)
    }

    fn count(
        &mut self,
        function: &Function,
        arguments: &[(Value, &Expression)],
        whole: &Expression,
    ) -> Result<(), Failed> {
        let (given, needed) = (arguments.len(), function.parameters.len());
        let name = function.name;
        if given < needed {
            let at_least = if function.rest.is_some() { "at least " } else { "" };
            let missing = function.parameters[given].name;
            let detail = format!(
                "Function \"{name}\" expects {at_least}{needed} argument(s). Missing value for \"{missing}\"."
            );
            return self.fail(whole, Code::CFG018, "Not enough function arguments", detail);
        }
        if function.rest.is_none()
            && let Some((_, extra)) = arguments.get(needed)
        {
            let detail = format!("Function \"{name}\" expects only {needed} argument(s).");
            return self.fail(extra, Code::CFG018, "Too many function arguments", detail);
        }
        Ok(())
    }

    /// `try(a, b, …)`: the first that does not fail.
    fn attempt(&mut self, call: &FuncCall, whole: &Expression) -> Outcome {
        let said = self.diagnostics.0.len();
        for argument in call.args.iter() {
            match self.evaluate(argument) {
                Ok(value) => return Ok(value),
                Err(Failed) => self.diagnostics.0.truncate(said),
            }
        }
        let detail = if call.args.is_empty() {
            "Call to function \"try\" failed: at least one argument is required.".to_owned()
        } else {
            "Call to function \"try\" failed: no expression succeeded.".to_owned()
        };
        self.fail(whole, Code::CFG019, "Error in function call", detail)
    }

    /// `can(a)`: whether it does not fail.
    fn can(&mut self, call: &FuncCall, whole: &Expression) -> Outcome {
        let mut arguments = call.args.iter();
        let argument = match (arguments.next(), arguments.next()) {
            (Some(argument), None) => argument,
            (_, Some(extra)) => {
                let detail = "Function \"can\" expects only 1 argument(s).";
                return self.fail(extra, Code::CFG018, "Too many function arguments", detail);
            }
            (None, None) => {
                let detail = "Function \"can\" expects 1 argument(s). Missing value for \"expression\".";
                return self.fail(whole, Code::CFG018, "Not enough function arguments", detail);
            }
        };
        let said = self.diagnostics.0.len();
        let outcome = self.evaluate(argument);
        self.diagnostics.0.truncate(said);
        Ok(match outcome {
            Ok(value) if value.is_unknown() => Value::unknown(),
            Ok(_) => Value::bool(true),
            Err(Failed) => Value::bool(false),
        })
    }

    /// What `console` prints for an expression; `type(x)` is a word of the console only.
    pub(crate) fn console(&mut self, expression: &Expression) -> Result<String, Failed> {
        if let Expression::FuncCall(call) = expression {
            let only = call.args.get(0).filter(|_| call.args.len() == 1 && call.name.name.as_str() == "type");
            if let Some(argument) = only {
                return Ok(print::type_text(&type_of(&self.evaluate(argument)?), 0));
            }
        }
        self.evaluate(expression).map(|value| print::console(&value))
    }
}

/// There is no such function: a slip, or one that Terraform has.
fn no_function(name: &str) -> Diagnostic {
    if let Some(refused) = refused::find(name) {
        let detail = format!("Terraform's function \"{name}\" is not available here: {}.", refused.why);
        return Diagnostic::error(Code::CFG017, "Function not available", detail).hint(refused.instead);
    }
    let detail = format!("There is no function named \"{name}\".");
    let said = Diagnostic::error(Code::CFG017, "Call to unknown function", detail);
    match nearest(name, functions::names()) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None => said,
    }
}
