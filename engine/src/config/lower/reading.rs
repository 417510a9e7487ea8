//! Reads the arguments of a block into plain values, with a place for each.
//!
//! Shared by all kinds of blocks. Invariant: a wrong argument is reported once; what
//! stands in plans is never sensitive; an unknown value is no mistake but no value either.

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::structure::{Attribute, Block, Structure};

use crate::code::Code;
use crate::config::evaluate::{Evaluator, Scope};
use crate::config::load::index::unsupported_block;
use crate::config::parse::Place;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, nearest};

/// What a kind of block may hold.
pub(crate) struct Schema {
    /// Names of arguments.
    pub(crate) arguments: &'static [&'static str],
    /// Types of inner blocks.
    pub(crate) blocks: &'static [&'static str],
    /// Those of them that may stand only once.
    pub(crate) once: &'static [&'static str],
}

/// Reports arguments and blocks that a schema does not know.
pub(crate) fn check(block: &Block, schema: &Schema, place: &Place, diagnostics: &mut Diagnostics) {
    let mut seen: Vec<&str> = Vec::new();
    for structure in &block.body {
        match structure {
            Structure::Attribute(attribute) => {
                let name = attribute.key.as_str();
                if !schema.arguments.contains(&name) {
                    let span = place.span(attribute.key.span());
                    diagnostics.push(unsupported_argument(name, schema, span));
                }
            }
            Structure::Block(inner) => {
                let kind = inner.ident.as_str();
                let span = place.span(inner.ident.span());
                if !schema.blocks.contains(&kind) {
                    diagnostics.push(wrong_block(kind, schema, span));
                } else if schema.once.contains(&kind) && seen.contains(&kind) {
                    let detail = format!("Only one \"{kind}\" block is allowed here.");
                    diagnostics.push(Diagnostic::error(Code::CFG005, "Duplicate block", detail).at(span));
                } else if let Some(label) = inner.labels.first() {
                    let detail = format!("No labels are expected for {kind} blocks.");
                    let span = place.span(label.span());
                    diagnostics
                        .push(Diagnostic::error(Code::CFG006, "Extraneous label for block", detail).at(span));
                }
                seen.push(kind);
            }
        }
    }
}

/// Words of Terraform that have no meaning here, and why.
const FOREIGN: &[(&str, &str)] = &[
    (
        "create_before_destroy",
        "a role is known by its name, so that two of one name cannot exist side by side; changing the name renames the role",
    ),
    ("replace_triggered_by", "roles are changed in place and never replaced"),
    ("provider", "a server is named by reference: resource = postgres.main"),
    ("providers", "a server is handed to a module as a value: resource = postgres.main"),
    ("version", "modules are directories beside the configuration, and git has their versions"),
    ("provisioner", "roleform sends SQL to servers and runs nothing else"),
    ("connection", "how a server is reached stands in its resource block"),
    ("ephemeral", "what is planned must be the same at apply; what must not be shown is sensitive = true"),
    ("deprecated", "a validation block can say what is no longer wanted"),
    ("backend", "the state is kept in .roleform beside the configuration"),
    ("cloud", "the state is kept in .roleform beside the configuration"),
    ("required_providers", "PostgreSQL is built in"),
    ("experiments", "there are none"),
    ("data", "a check looks at what is declared; servers are read by the plan"),
];

/// Why a word of Terraform has no meaning here, when it is one.
pub(crate) fn foreign(word: &str) -> Option<String> {
    let (_, why) = FOREIGN.iter().find(|(foreign, _)| *foreign == word)?;
    Some(format!("\"{word}\" has no meaning in roleform: {why}."))
}

fn unsupported_argument(name: &str, schema: &Schema, span: Span) -> Diagnostic {
    if let Some(detail) = foreign(name) {
        return Diagnostic::error(Code::CFG003, "Unsupported argument", detail).at(span);
    }
    let detail = format!("An argument named \"{name}\" is not expected here.");
    let said = Diagnostic::error(Code::CFG003, "Unsupported argument", detail).at(span);
    if schema.blocks.contains(&name) {
        return said.hint(format!("Did you mean to define a block of type \"{name}\"?"));
    }
    let known = schema.arguments.iter().chain(schema.blocks).copied();
    match nearest(name, known) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None => said,
    }
}

fn wrong_block(kind: &str, schema: &Schema, span: Span) -> Diagnostic {
    if schema.arguments.contains(&kind) {
        let detail = format!("Blocks of type \"{kind}\" are not expected here.");
        return Diagnostic::error(Code::CFG002, "Unsupported block type", detail).at(span).hint(format!(
            "Did you mean to define argument \"{kind}\"? If so, use the equals sign to assign it a value."
        ));
    }
    unsupported_block(kind, schema.blocks, span)
}

/// A value with the place where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Read<T> {
    /// The value.
    pub(crate) value: T,
    /// The place.
    pub(crate) span: Span,
}

/// Reads arguments in one scope, collecting what is wrong.
pub(crate) struct Reading<'r> {
    /// What names stand for.
    pub(crate) scope: &'r dyn Scope,
    /// The file.
    pub(crate) place: &'r Place,
    /// What is wrong.
    pub(crate) diagnostics: &'r mut Diagnostics,
    /// Whether something is not known, so that the block cannot be lowered.
    pub(crate) unknown: bool,
}

impl<'r> Reading<'r> {
    /// A reading in which nothing was found yet.
    pub(crate) fn new(
        scope: &'r dyn Scope,
        place: &'r Place,
        diagnostics: &'r mut Diagnostics,
    ) -> Reading<'r> {
        Reading { scope, place, diagnostics, unknown: false }
    }

    /// Says what is wrong.
    pub(crate) fn error(&mut self, code: Code, summary: &str, detail: impl Into<String>, span: &Span) {
        self.diagnostics.push(Diagnostic::error(code, summary, detail).at(span.clone()));
    }

    /// Says what is wrong with the value of an argument, and what the value comes from.
    pub(crate) fn wrong(
        &mut self,
        (block, name): (&Block, &str),
        code: Code,
        summary: &str,
        detail: impl Into<String>,
    ) {
        let Some(attribute) = block.body.get_attribute(name) else { return };
        let values = Evaluator::new(self.scope, self.place).values(&attribute.value, code);
        let said = Diagnostic::error(code, summary, detail).at(self.span(attribute));
        self.diagnostics.push(Diagnostic { values, ..said });
    }

    /// The place of an argument's value.
    pub(crate) fn span(&self, attribute: &Attribute) -> Span {
        self.place.span(attribute.value.span())
    }

    /// The place of a block: its word and labels.
    pub(crate) fn block_span(&self, block: &Block) -> Span {
        let start = block.ident.span().unwrap_or(0..0);
        let end = block.labels.last().and_then(|label| label.span()).unwrap_or(start.clone());
        self.place.span(Some(start.start..end.end))
    }

    /// The value of an argument, whatever it is: null and what is not known too.
    pub(crate) fn value(&mut self, block: &Block, name: &str) -> Option<Read<Value>> {
        let attribute = block.body.get_attribute(name)?;
        let mut evaluator = Evaluator::new(self.scope, self.place);
        let value = evaluator.evaluate(&attribute.value);
        self.diagnostics.extend(evaluator.diagnostics);
        Some(Read { value: value.ok()?, span: self.span(attribute) })
    }

    /// The value of an argument of any type, sensitive or not. Null counts as absent.
    pub(crate) fn any(&mut self, block: &Block, name: &str) -> Option<Read<Value>> {
        let read = self.value(block, name)?;
        if read.value.has_unknown() {
            self.unknown = true;
            return None;
        }
        (!read.value.is_null()).then_some(read)
    }

    /// The value of an argument that stands in plans.
    pub(crate) fn open(&mut self, block: &Block, name: &str) -> Option<Read<Value>> {
        let read = self.any(block, name)?;
        if read.value.has_marks() {
            let detail = format!(
                "The value of \"{name}\" stands in plans and in the state, so it must not be sensitive."
            );
            self.wrong((block, name), Code::CFG022, "Sensitive value not allowed", detail);
            return None;
        }
        Some(read)
    }

    /// The value of an argument, converted.
    fn typed(&mut self, block: &Block, name: &str, of: &Type) -> Option<Read<Value>> {
        let read = self.open(block, name)?;
        match convert(&read.value, of) {
            Ok(value) => Some(Read { value, span: read.span }),
            Err(mismatch) => {
                let detail = format!("Inappropriate value for attribute \"{name}\": {}.", mismatch.text());
                self.wrong((block, name), Code::CFG021, "Incorrect attribute value type", detail);
                None
            }
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, block: &Block, name: &str) -> Option<Read<String>> {
        let read = self.typed(block, name, &Type::String)?;
        let text = read.value.as_str()?.to_owned();
        Some(Read { value: text, span: read.span })
    }

    /// A truth value.
    pub(crate) fn flag(&mut self, block: &Block, name: &str) -> Option<bool> {
        match self.typed(block, name, &Type::Bool)?.value.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A whole number within bounds.
    pub(crate) fn integer(
        &mut self,
        block: &Block,
        name: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let read = self.typed(block, name, &Type::Number)?;
        let Data::Number(number) = &read.value.data else { return None };
        match number.to_i64().filter(|whole| bounds.contains(whole)) {
            Some(whole) => Some(whole),
            None => {
                let detail = format!(
                    "The value of \"{name}\" must be a whole number from {} to {}.",
                    bounds.start(),
                    bounds.end()
                );
                self.wrong((block, name), Code::CFG057, "Invalid value", detail);
                None
            }
        }
    }

    /// The elements of a list, set or tuple, each with its place where it is written out.
    pub(crate) fn elements(&mut self, block: &Block, name: &str) -> Option<Vec<Read<Value>>> {
        let read = self.open(block, name)?;
        self.elements_of(block, name, &read)
    }

    /// The same for a value that was read already.
    pub(crate) fn elements_of(
        &mut self,
        block: &Block,
        name: &str,
        read: &Read<Value>,
    ) -> Option<Vec<Read<Value>>> {
        let Some(items) = read.value.items() else {
            let detail = format!(
                "Inappropriate value for attribute \"{name}\": a list is required, in square brackets."
            );
            self.wrong((block, name), Code::CFG021, "Incorrect attribute value type", detail);
            return None;
        };
        let written: Vec<Option<std::ops::Range<usize>>> =
            match block.body.get_attribute(name).map(|a| &a.value) {
                Some(Expression::Array(array)) => array.iter().map(hcl::edit::Span::span).collect(),
                _ => Vec::new(),
            };
        let place = |at: usize| match written.get(at) {
            Some(range) if written.len() == items.len() => self.place.span(range.clone()),
            _ => read.span.clone(),
        };
        Some(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| Read { value: item.clone(), span: place(at) })
                .collect(),
        )
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, block: &Block, name: &str) -> Option<Vec<Read<String>>> {
        let elements = self.elements(block, name)?;
        let mut texts = Vec::with_capacity(elements.len());
        for element in elements {
            match convert(&element.value, &Type::String).map(|value| value.data) {
                Ok(Data::String(text)) => texts.push(Read { value: text.to_string(), span: element.span }),
                _ => {
                    let problem = if element.value.is_null() {
                        "an element is null"
                    } else {
                        "a list of strings is required"
                    };
                    let detail = format!("Inappropriate value for attribute \"{name}\": {problem}.");
                    self.error(Code::CFG021, "Incorrect attribute value type", detail, &element.span);
                }
            }
        }
        Some(texts)
    }

    /// Reports a missing argument.
    pub(crate) fn missing(&mut self, block: &Block, name: &str) {
        let span = self.block_span(block);
        let detail = format!("The argument \"{name}\" is required, but no definition was found.");
        self.error(Code::CFG004, "Missing required argument", detail, &span);
    }
}
