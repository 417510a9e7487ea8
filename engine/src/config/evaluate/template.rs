//! Templates: quoted strings, heredocs, directives, strip markers.
//!
//! The tree of hcl-rs keeps literals inside directives escaped and dedents `<<-` by its
//! own rule; here literals are read again from the source, with Terraform's rules: a
//! strip marker eats the white space of the neighbouring literal, which in a heredoc is
//! one line. Invariant: the result is a string unless the whole is one interpolation.

use std::ops::Range;

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::template::{
    Directive, Element, HeredocTemplate, Interpolation, StringTemplate, Strip, Template,
};

use super::{Evaluator, Failed, Outcome};
use crate::code::Code;
use crate::config::functions::MAX_TEXT;
use crate::config::parse::Place;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::diagnostic::Diagnostic;

/// A template ready to be evaluated: literals by their number.
enum Part<'t> {
    Literal(usize),
    Interpolation(&'t Expression),
    If(&'t Expression, Vec<Part<'t>>, Vec<Part<'t>>),
    For(ForNames<'t>, &'t Expression, Vec<Part<'t>>),
}

#[derive(Clone, Copy)]
struct ForNames<'t> {
    key: Option<&'t str>,
    value: &'t str,
}

/// How literals are written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Quoting {
    /// Between double quotes, with backslash escapes.
    Quoted,
    /// In a heredoc or a template file: only `$${` and `%%{` are escapes.
    Raw,
}

/// One token in reading order: a literal, or something between braces with its markers.
enum Token {
    Literal(usize),
    Sequence { strip_before: bool, strip_after: bool },
}

/// Reads the literals of a template, in order.
struct Reader<'p> {
    place: &'p Place,
    quoting: Quoting,
    literals: Vec<String>,
    tokens: Vec<Token>,
}

/// What evaluating parts writes to.
#[derive(Default)]
struct Text {
    text: String,
    sensitive: bool,
    unknown: bool,
    too_long: bool,
}

impl Evaluator<'_> {
    pub(super) fn quoted_template(&mut self, template: &StringTemplate) -> Outcome {
        if let Some(Element::Interpolation(only)) = template.as_single_element() {
            return self.evaluate(&only.expr);
        }
        self.template(template, Quoting::Quoted, false)
    }

    pub(super) fn heredoc_template(&mut self, heredoc: &HeredocTemplate) -> Outcome {
        let opener = self.place.text(heredoc.span());
        self.template(&heredoc.template, Quoting::Raw, opener.starts_with("<<-"))
    }

    /// Evaluates a template; `flush` takes away the common indentation.
    pub(super) fn template(&mut self, template: &Template, quoting: Quoting, flush: bool) -> Outcome {
        let mut reader = Reader { place: self.place, quoting, literals: Vec::new(), tokens: Vec::new() };
        let parts = reader.read(template);
        // In this order, as Terraform: a line break that a marker ate begins no line.
        reader.strip();
        if flush {
            reader.flush();
        }
        let literals = reader.literals;
        let mut out = Text::default();
        self.parts(&parts, &literals, &mut out)?;
        if out.too_long {
            let span = self.place.span(template.span().or_else(|| template.iter().find_map(|e| e.span())));
            let detail = "The text that this template makes is longer than 16 MiB, which is too long.";
            return self.report(Diagnostic::error(Code::CFG023, "Value too large", detail).at(span));
        }
        let value = if out.unknown { Value::unknown() } else { Value::string(&out.text) };
        Ok(value.marked(out.sensitive))
    }

    fn parts(&mut self, parts: &[Part<'_>], literals: &[String], out: &mut Text) -> Result<(), Failed> {
        let mut failed = false;
        for part in parts {
            failed |= self.part(part, literals, out).is_err();
            if out.text.len() > MAX_TEXT {
                out.text.clear();
                out.too_long = true;
            }
        }
        if failed { Err(Failed) } else { Ok(()) }
    }

    fn part(&mut self, part: &Part<'_>, literals: &[String], out: &mut Text) -> Result<(), Failed> {
        match part {
            Part::Literal(number) => out.text.push_str(&literals[*number]),
            Part::Interpolation(expression) => {
                let value = self.evaluate(expression)?;
                self.interpolate(expression, &value, out)?;
            }
            Part::If(condition, then, otherwise) => {
                let (decided, sensitive) = self.condition(condition)?;
                out.sensitive |= sensitive;
                match decided {
                    Some(true) => self.parts(then, literals, out)?,
                    Some(false) => self.parts(otherwise, literals, out)?,
                    None => out.unknown = true,
                }
            }
            Part::For(names, collection, body) => {
                let value = self.evaluate(collection)?;
                out.sensitive |= value.sensitive;
                let Some(pairs) = self.pairs(&value, collection)? else {
                    out.unknown = true;
                    return Ok(());
                };
                for (key, item) in pairs {
                    let depth = self.bind_names(names.key.map(|name| (name, key)), (names.value, item));
                    let step = self.parts(body, literals, out);
                    self.unbind(depth);
                    step?;
                }
            }
        }
        Ok(())
    }

    fn interpolate(&mut self, at: &Expression, value: &Value, out: &mut Text) -> Result<(), Failed> {
        const SUMMARY: &str = "Invalid template interpolation value";
        if value.is_null() {
            return self.fail(
                at,
                Code::CFG014,
                SUMMARY,
                "The expression result is null. Cannot include a null value in a string template.",
            );
        }
        out.sensitive |= value.sensitive;
        match convert(value, &Type::String) {
            Ok(Value { data: Data::String(text), .. }) => out.text.push_str(&text),
            Ok(_) => out.unknown = true,
            Err(mismatch) => {
                let detail =
                    format!("Cannot include the given value in a string template: {}.", mismatch.text());
                return self.fail(at, Code::CFG014, SUMMARY, detail);
            }
        }
        Ok(())
    }
}

impl Reader<'_> {
    fn read<'t>(&mut self, template: &'t Template) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        for element in template {
            match element {
                Element::Literal(literal) => self.literal(literal.span(), literal.value(), &mut parts),
                Element::Interpolation(Interpolation { expr, strip, .. }) => {
                    self.sequence(*strip);
                    parts.push(Part::Interpolation(expr));
                }
                Element::Directive(directive) => parts.push(self.directive(directive)),
            }
        }
        parts
    }

    fn directive<'t>(&mut self, directive: &'t Directive) -> Part<'t> {
        match directive {
            Directive::If(branch) => {
                self.sequence(branch.if_expr.strip);
                let then = self.read(&branch.if_expr.template);
                let mut otherwise = Vec::new();
                if let Some(branch) = &branch.else_expr {
                    self.sequence(branch.strip);
                    otherwise = self.read(&branch.template);
                }
                self.sequence(branch.endif_expr.strip);
                Part::If(&branch.if_expr.cond_expr, then, otherwise)
            }
            Directive::For(each) => {
                self.sequence(each.for_expr.strip);
                let body = self.read(&each.for_expr.template);
                self.sequence(each.endfor_expr.strip);
                let names = ForNames {
                    key: each.for_expr.key_var.as_ref().map(|name| name.as_str()),
                    value: each.for_expr.value_var.as_str(),
                };
                Part::For(names, &each.for_expr.collection_expr, body)
            }
        }
    }

    fn sequence(&mut self, strip: Strip) {
        self.tokens
            .push(Token::Sequence { strip_before: strip.strip_start(), strip_after: strip.strip_end() });
    }

    /// Reads a literal from the source; a line of a heredoc is a literal of its own.
    fn literal(&mut self, span: Option<Range<usize>>, parsed: &str, parts: &mut Vec<Part<'_>>) {
        let source = match span {
            Some(span) => self.place.text(Some(span)),
            None => parsed,
        };
        let pieces: Vec<&str> = match self.quoting {
            Quoting::Quoted => vec![source],
            Quoting::Raw => source.split_inclusive('\n').collect(),
        };
        for piece in pieces {
            let number = self.literals.len();
            self.literals.push(unescape(piece, self.quoting));
            self.tokens.push(Token::Literal(number));
            parts.push(Part::Literal(number));
        }
    }

    /// Takes the smallest indentation away from every line; blank lines do not count.
    fn flush(&mut self) {
        let mut at_line_start = true;
        let mut starts = Vec::new();
        let mut smallest = usize::MAX;
        for token in &self.tokens {
            match token {
                Token::Literal(number) => {
                    let text = &self.literals[*number];
                    if at_line_start && !(text.trim().is_empty() && text.ends_with('\n')) {
                        smallest = smallest.min(text.chars().take_while(|c| c.is_whitespace()).count());
                        starts.push(*number);
                    }
                    at_line_start = text.ends_with('\n');
                }
                Token::Sequence { .. } => {
                    if at_line_start {
                        smallest = 0;
                    }
                    at_line_start = false;
                }
            }
        }
        for number in starts {
            let text = &mut self.literals[number];
            *text = text.chars().skip(smallest).collect();
        }
    }

    /// Applies the `~` markers to the literals beside them.
    fn strip(&mut self) {
        for at in 0..self.tokens.len() {
            let Token::Sequence { strip_before, strip_after } = self.tokens[at] else { continue };
            let before = at.checked_sub(1).and_then(|at| self.tokens.get(at));
            if let (true, Some(Token::Literal(number))) = (strip_before, before) {
                let text = &mut self.literals[*number];
                text.truncate(text.trim_end().len());
            }
            if let (true, Some(Token::Literal(number))) = (strip_after, self.tokens.get(at + 1)) {
                let text = &mut self.literals[*number];
                *text = text.trim_start().to_owned();
            }
        }
    }
}

/// A literal as meant: escapes resolved. The parser has checked those of quoted strings;
/// inside a directive it has not, and an unknown escape stays as written.
fn unescape(source: &str, quoting: Quoting) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(character) = rest.chars().next() {
        let (text, length) = match character {
            '$' if rest.starts_with("$${") => (Some("${".to_owned()), 3),
            '%' if rest.starts_with("%%{") => (Some("%{".to_owned()), 3),
            '\\' if quoting == Quoting::Quoted => escape(rest),
            _ => (None, character.len_utf8()),
        };
        match text {
            Some(text) => out.push_str(&text),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out
}

/// One backslash escape: what it means and its length; no meaning when it is none.
fn escape(rest: &str) -> (Option<String>, usize) {
    let hex = |digits: usize| {
        let code = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        (code.and_then(char::from_u32).map(String::from), 2 + digits)
    };
    let (text, length) = match rest.as_bytes().get(1) {
        Some(b'n') => (Some("\n".to_owned()), 2),
        Some(b'r') => (Some("\r".to_owned()), 2),
        Some(b't') => (Some("\t".to_owned()), 2),
        Some(b'"') => (Some("\"".to_owned()), 2),
        Some(b'\\') => (Some("\\".to_owned()), 2),
        Some(b'u') => hex(4),
        Some(b'U') => hex(8),
        _ => (None, 1),
    };
    match text {
        Some(text) => (Some(text), length),
        None => (None, 1),
    }
}
