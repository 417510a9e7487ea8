//! The functions of the configuration language: one row per function.
//!
//! A row has the name, the parameters with their types, and the code; `evaluate::call`
//! converts arguments before and words errors after. Not here: what evaluates its
//! arguments itself ([`SPECIAL`]), and what Terraform has and roleform not (`refused`). Invariant: nothing random, and time, files and
//! environment only through [`Surroundings`].

mod charset;
mod collection;
mod csv;
mod encoding;
mod fileset;
mod format;
mod hash;
mod ip;
pub(crate) mod json;
mod kind;
mod lookup;
mod number;
mod pattern;
pub(crate) mod refused;
mod set;
mod text;
mod time;
pub(crate) mod world;
mod yaml;

use super::surroundings::Surroundings;
use super::value::Value;
use super::value::types::Type;

/// Why a function has no value.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An argument, by its number from 0, is not acceptable.
    Argument(usize, String),
    /// The call as a whole failed.
    Call(String),
}

impl Fault {
    /// The same as a failure of the call as a whole, as Terraform tells some.
    fn of_call(self) -> Fault {
        match self {
            Fault::Argument(_, text) | Fault::Call(text) => Fault::Call(text),
        }
    }
}

/// The value of a call.
pub(crate) type Answer = Result<Value, Fault>;

/// What an argument is converted to before the function sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Any,
    String,
    Number,
    List,
    Strings,
    Bools,
    Set,
    MapOfStringLists,
}

impl Kind {
    /// The type to convert to.
    pub(crate) fn as_type(self) -> Type {
        match self {
            Kind::Any => Type::Any,
            Kind::String => Type::String,
            Kind::Number => Type::Number,
            Kind::List => Type::list(Type::Any),
            Kind::Strings => Type::list(Type::String),
            Kind::Bools => Type::list(Type::Bool),
            Kind::Set => Type::set(Type::Any),
            Kind::MapOfStringLists => Type::map(Type::list(Type::String)),
        }
    }
}

/// One parameter of a function.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// Terraform's name of it, which messages use.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: Kind,
    /// Whether null is allowed.
    pub(crate) nullable: bool,
}

const fn parameter(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, nullable: false }
}

const fn nullable(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, nullable: true }
}

/// What a function does with sensitive marks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Marks {
    /// Any mark, however deep inside an argument, makes the result sensitive.
    Spread,
    /// Marks on arguments themselves do; those inside stay on what they mark.
    Keep,
    /// The function deals with marks.
    Own,
}

/// One row of the table.
pub(crate) struct Function {
    /// The name in calls.
    pub(crate) name: &'static str,
    /// The parameters that must be given.
    pub(crate) parameters: &'static [Parameter],
    /// What any number of further arguments are.
    pub(crate) rest: Option<Parameter>,
    /// How marks spread.
    pub(crate) marks: Marks,
    /// The code.
    pub(crate) run: fn(&[Value], &Surroundings<'_>) -> Answer,
}

impl Function {
    /// The parameter that an argument, by its number from 0, belongs to.
    pub(crate) fn parameter(&self, at: usize) -> &Parameter {
        const NONE: &Parameter = &parameter("args", Kind::Any);
        self.parameters.get(at).or(self.rest.as_ref()).unwrap_or(NONE)
    }
}

type Run = fn(&[Value], &Surroundings<'_>) -> Answer;

const fn row(name: &'static str, parameters: &'static [Parameter], run: Run) -> Function {
    Function { name, parameters, rest: None, marks: Marks::Spread, run }
}

const fn variadic(
    name: &'static str,
    parameters: &'static [Parameter],
    rest: Parameter,
    run: Run,
) -> Function {
    Function { name, parameters, rest: Some(rest), marks: Marks::Spread, run }
}

const fn keep(function: Function) -> Function {
    Function { marks: Marks::Keep, ..function }
}

const fn own(function: Function) -> Function {
    Function { marks: Marks::Own, ..function }
}

const TABLES: &[&[Function]] = &[
    text::TABLE,
    format::TABLE,
    pattern::TABLE,
    collection::TABLE,
    lookup::TABLE,
    set::TABLE,
    number::TABLE,
    kind::TABLE,
    encoding::TABLE,
    charset::TABLE,
    csv::TABLE,
    yaml::TABLE,
    hash::TABLE,
    ip::TABLE,
    time::TABLE,
    world::TABLE,
    fileset::TABLE,
];

/// The row of a function.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    TABLES.iter().flat_map(|table| table.iter()).find(|function| function.name == name)
}

/// Functions that evaluate their arguments themselves.
pub(crate) const SPECIAL: &[&str] = &["can", "templatefile", "templatestring", "try"];

/// The names of all functions, those with their own evaluation included.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let rows = TABLES.iter().flat_map(|table| table.iter()).map(|function| function.name);
    rows.chain(SPECIAL.iter().copied())
}

/// The name and the parameters of a function, as `LANGUAGE.md` shows them.
#[cfg(test)]
pub(crate) fn signature(name: &str) -> String {
    let special = match name {
        "can" => "expression",
        "try" => "expressions...",
        "templatefile" => "path, vars",
        "templatestring" => "template, vars",
        _ => "",
    };
    let parameters = find(name).map(|function| {
        let fixed = function.parameters.iter().map(|parameter| parameter.name.to_owned());
        let rest = function.rest.iter().map(|parameter| format!("{}...", parameter.name));
        fixed.chain(rest).collect::<Vec<String>>().join(", ")
    });
    format!("{name}({})", parameters.as_deref().unwrap_or(special))
}

/// The longest text that an expression may make, in bytes.
pub(crate) const MAX_TEXT: usize = 16 << 20;

/// Text as a value, when it is not too long.
fn text_value(text: String) -> Answer {
    if text.len() > MAX_TEXT {
        return Err(Fault::Call("the result is longer than 16 MiB".to_owned()));
    }
    Ok(Value::string(&text))
}

/// A string argument. The table declares which those are.
fn string(arguments: &[Value], at: usize) -> &str {
    arguments.get(at).and_then(Value::as_str).unwrap_or_default()
}
