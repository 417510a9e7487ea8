//! `fmt`: configuration as `terraform fmt` would write it.
//!
//! Text in, text out: which files, what to print and which exit code is the
//! command's business. The rules are those of Terraform 1.11, found by trying
//! it, and the corpus under tests/language/fmt holds its answers. Only blanks
//! change, but for what `simplify` rewrites. Invariant: what is formatted means
//! the same as before and keeps every comment; where Terraform's own result
//! would not, ours differs from it (listed below).
//!
//! The stages, one file each: `lex` cuts the text into tokens, `grammar` (with
//! `expression` and `template`) refuses what is not HCL and notes the places
//! that may be rewritten, `simplify` rewrites them, `lines` indents, `spacing`
//! decides each gap, `columns` aligns.
//!
//! Where Terraform loses or breaks something and this does not (the `kept` cases):
//! - a block label with an escaped `$${` or `%%{`, or with a `$` or `%` between
//!   other characters, is dropped by Terraform; here it stays;
//! - comments between the type and the labels of a block are dropped by Terraform;
//! - `true`, `false` and `null` as an index (`a[true]`) are dropped by Terraform;
//! - `"${…}"` over several lines is unwrapped by Terraform into something that
//!   no longer parses when a line comment ends one of the lines outside brackets,
//!   or when the first and the last parenthesis are not a pair; here it gets
//!   parentheses;
//! - `"${…}"` that ends with a heredoc or a line comment is unwrapped by Terraform
//!   where more follows on the line; here it stays wrapped;
//! - `a.0 .1` becomes `a.0.1`, which is no index, in Terraform; here `a.0. 1`.
//!
//! As Terraform does, `"${"${a}"}"` loses one sequence each time it is formatted.

mod columns;
mod expression;
mod grammar;
mod lex;
mod lines;
mod simplify;
mod spacing;
mod template;
mod token;

pub mod diff;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, SourceFile, Span};

use lex::Cut;
use token::Token;

/// The text is not HCL, so that it cannot be formatted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where in the text the parser could not go on, in bytes; at most its length.
    pub offset: usize,
    /// Full sentences: what was expected there.
    pub message: &'static str,
}

impl SyntaxError {
    /// The error as a message about one file, which must be the one that was formatted.
    pub fn diagnostic(&self, file: &Arc<SourceFile>) -> Diagnostic {
        let rest = file.text.get(self.offset..).unwrap_or_default();
        let next = rest.chars().next().map_or(0, char::len_utf8);
        Diagnostic::error(Code::CFG001, Code::CFG001.title(), self.message)
            .at(Span::new(file, self.offset..self.offset + next))
    }
}

/// Formats the text of one file.
///
/// # Errors
/// The text is not HCL: the first mistake in it.
pub fn format(source: &str) -> Result<String, SyntaxError> {
    let Cut { tokens, tail } = lex::cut(source);
    let places = grammar::check(&tokens, source.len())?;
    Ok(lay_out(simplify::rewrite(tokens, &places), tail))
}

/// Sets the blanks between tokens, whatever they are, and joins them to text.
fn lay_out(mut tokens: Vec<Token<'_>>, tail: usize) -> String {
    let lines = lines::split(&tokens);
    lines::indent(&mut tokens, &lines);
    spacing::space(&mut tokens, &lines);
    columns::align(&mut tokens, &lines);
    let mut text = String::with_capacity(tokens.iter().map(|t| t.blanks + t.text.len()).sum());
    for token in &tokens {
        text.extend(std::iter::repeat_n(' ', token.blanks));
        text.push_str(&token.text);
    }
    text.extend(std::iter::repeat_n(' ', tail));
    text
}
