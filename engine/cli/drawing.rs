//! Draws diagnostics: one line of heading, the place with the source line, detail, hint.
//!
//! miette draws the snippet; heading, detail and hint are ours, since Terraform's readers
//! and scrapers expect `Error: …` lines and ours say `error[CODE]: …` in the same place.
//! Invariant: nothing of the source reaches the terminal raw; what could move the cursor
//! is replaced by as many bytes that cannot, so that spans still fit.

use std::fmt;

use console::Style;
use engine::diagnostic::{Diagnostic, Diagnostics, Involved, Severity, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Canvas {
    /// Whether to colour.
    pub(crate) colour: bool,
    /// Columns to wrap at.
    pub(crate) width: usize,
}

/// All diagnostics in order, with empty lines between; then, when there are several, one
/// line with the count.
pub(crate) fn draw_all(diagnostics: &Diagnostics, canvas: Canvas) -> String {
    let mut parts: Vec<String> = diagnostics.0.iter().map(|diagnostic| draw(diagnostic, canvas)).collect();
    if parts.len() > 1 {
        parts.push(count(diagnostics) + "\n");
    }
    parts.join("\n")
}

/// `2 errors, 1 warning.`
pub(crate) fn count(diagnostics: &Diagnostics) -> String {
    let of = |severity, word: &str| match diagnostics.0.iter().filter(|d| d.severity == severity).count() {
        0 => None,
        1 => Some(format!("1 {word}")),
        many => Some(format!("{many} {word}s")),
    };
    let parts: Vec<String> =
        [of(Severity::Error, "error"), of(Severity::Warning, "warning")].into_iter().flatten().collect();
    format!("{}.", parts.join(", "))
}

/// One diagnostic.
pub(crate) fn draw(diagnostic: &Diagnostic, canvas: Canvas) -> String {
    let (word, style) = match diagnostic.severity {
        Severity::Error => ("error", Style::new().red().bold()),
        Severity::Warning => ("warning", Style::new().yellow().bold()),
    };
    let painted = |style: Style, text: String| style.force_styling(canvas.colour).apply_to(text).to_string();
    let head = painted(style, format!("{word}[{}]", diagnostic.code));
    let mut out = format!("{head}: {}\n", painted(Style::new().bold(), diagnostic.summary.clone()));
    if let Some(span) = &diagnostic.span {
        out.push_str(&with_values(snippet(span, canvas), diagnostic));
    }
    let detail = safe(&diagnostic.detail);
    out.push_str(&wrapped(&detail, "  ", canvas.width));
    if let Some(hint) = &diagnostic.hint {
        let text = wrapped(&safe(hint), "        ", canvas.width);
        let label = painted(Style::new().cyan(), "hint:".to_owned());
        out.push_str(&format!("  {label} {}", text.trim_start()));
    }
    out
}

/// Words wrapped at a width, every line indented; lines that were there stay lines.
pub(crate) fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let room = width.saturating_sub(indent.len()).max(20);
    let mut out = String::new();
    for line in text.lines() {
        let own = &line[..line.len() - line.trim_start().len()];
        let mut column = 0;
        for word in line.split_whitespace() {
            let size = console::measure_text_width(word);
            if column > 0 && column + 1 + size > room {
                out.push('\n');
                column = 0;
            }
            if column == 0 {
                out.push_str(indent);
                out.push_str(own);
                column = own.len();
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += size;
        }
        out.push('\n');
    }
    out
}

/// The place and the line, with the span underlined.
fn snippet(span: &Span, canvas: Canvas) -> String {
    let mut theme = GraphicalTheme::unicode();
    theme.characters = ThemeCharacters { error: String::new(), ..ThemeCharacters::unicode() };
    theme.styles = if canvas.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(canvas.width.max(40))
        .with_context_lines(1)
        .tab_width(4);
    let mut out = String::new();
    let text = same_length(&span.file.text);
    let start = text[..span.range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[span.range.start..].find('\n').map_or(text.len(), |at| span.range.start + at);
    let (from, to) = (span.range.start - start, span.range.end.min(end) - start);
    let shown = Shown {
        name: safe(&span.file.path),
        number: text[..start].matches('\n').count(),
        // What is missing at the end of a line is marked behind it.
        line: if from == to { format!("{} ", &text[start..end]) } else { text[start..end].to_owned() },
        start: from,
        length: (to - from).max(1),
    };
    match handler.render_report(&mut out, &shown) {
        // The first line is the place for a message, which we print ourselves.
        Ok(()) => out.split_once('\n').map_or_else(String::new, |(_, drawn)| drawn.to_owned()),
        Err(fmt::Error) => format!("  --> {}\n", span.origin()),
    }
}

/// The place with a line for each value that has to do with it, in Terraform's form.
fn with_values(drawn: String, diagnostic: &Diagnostic) -> String {
    let Some(at) = drawn.rfind('╰').filter(|_| !diagnostic.values.is_empty()) else { return drawn };
    let line = drawn[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let gutter = &drawn[line..at];
    let mut out = format!("{}{gutter}├────────────────\n", &drawn[..line]);
    for Involved { reference, statement } in &diagnostic.values {
        out.push_str(&format!("{gutter}│ {} {}\n", safe(reference), safe(statement)));
    }
    out.push_str(&drawn[line..]);
    out
}

/// The line where a span starts, with what of the span is on it: a span may be a whole block.
#[derive(Debug)]
struct Shown {
    name: String,
    /// From 0.
    number: usize,
    line: String,
    start: usize,
    length: usize,
}

impl fmt::Display for Shown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new(None, self.start, self.length))))
    }
}

impl SourceCode for Shown {
    /// miette asks twice: without lines around for the place in the heading, and with lines
    /// around for what to show.
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        lines_before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let column = if lines_before == 0 { self.line[..self.start].chars().count() } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.line.as_bytes(),
            SourceSpan::from(0..self.line.len()),
            self.number,
            column,
            1,
        )))
    }
}

fn hostile(character: char) -> bool {
    let reorders = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    reorders || (character.is_control() && !matches!(character, '\n' | '\t'))
}

/// The text with hostile characters replaced by others of the same length in bytes.
fn same_length(text: &str) -> String {
    let replaced = |character: char| match (hostile(character), character.len_utf8()) {
        (false, _) => character,
        (true, 1) if character == '\r' => ' ',
        (true, 1) => '?',
        (true, 2) => '¿',
        (true, _) => '\u{fffd}',
    };
    text.chars().map(replaced).collect()
}

/// A message with hostile characters escaped.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if hostile(character) { out.extend(character.escape_unicode()) } else { out.push(character) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::code::Code;
    use engine::diagnostic::SourceFile;
    use expect_test::{Expect, expect};
    use std::sync::Arc;

    fn check(text: &str, marked: &str, expected: &Expect) {
        let file = Arc::new(SourceFile::new("main.hcl", text));
        let start = text.find(marked).expect("the marked text is in the text");
        let diagnostic = Diagnostic::error(Code::CFG001, "Syntax error", "The detail is so \u{1b}[31m long.")
            .at(Span::new(&file, start..start + marked.len()))
            .hint("did you mean \"something else\", which is long enough to be wrapped at the width?");
        expected.assert_eq(&draw(&diagnostic, Canvas { colour: false, width: 60 }));
    }

    #[test]
    fn one_word() {
        check(
            "a = 1\n  ä = role.analist\nb = 2\n",
            "role.analist",
            &expect![[r#"
                error[CFG001]: Syntax error
                   ╭─[main.hcl:2:7]
                 2 │   ä = role.analist
                   ·       ────────────
                   ╰────
                  The detail is so \u{1b}[31m long.
                  hint: did you mean "something else", which is long enough
                        to be wrapped at the width?
            "#]],
        );
    }

    #[test]
    fn a_block_is_underlined_on_its_first_line() {
        check(
            "role \"x\" {\n  y = 1\n}\n",
            "role \"x\" {\n  y = 1\n}",
            &expect![[r#"
            error[CFG001]: Syntax error
               ╭─[main.hcl:1:1]
             1 │ role "x" {
               · ──────────
               ╰────
              The detail is so \u{1b}[31m long.
              hint: did you mean "something else", which is long enough
                    to be wrapped at the width?
        "#]],
        );
    }

    #[test]
    fn hostile_source_and_tabs() {
        check(
            "\tx = \"\u{1b}[2J\u{202e}\"\r\n",
            "\"\u{1b}[2J\u{202e}\"",
            &expect![[r#"
            error[CFG001]: Syntax error
               ╭─[main.hcl:1:6]
             1 │     x = "?[2J�" 
               ·         ───────
               ╰────
              The detail is so \u{1b}[31m long.
              hint: did you mean "something else", which is long enough
                    to be wrapped at the width?
        "#]],
        );
    }

    #[test]
    fn the_end_of_the_file() {
        let file = Arc::new(SourceFile::new("main.hcl", "a = \n"));
        let diagnostic =
            Diagnostic::warning(Code::CFG001, "Syntax error", "It ends.").at(Span::new(&file, 5..9));
        let all = Diagnostics(vec![
            diagnostic.clone(),
            Diagnostic::error(Code::CLI001, "No", "Not so."),
            diagnostic,
        ]);
        expect![[r#"
            warning[CFG001]: Syntax error
               ╭─[main.hcl:2:1]
             2 │  
               · ─
               ╰────
              It ends.

            error[CLI001]: No
              Not so.

            warning[CFG001]: Syntax error
               ╭─[main.hcl:2:1]
             2 │  
               · ─
               ╰────
              It ends.

            1 error, 2 warnings.
        "#]]
        .assert_eq(&draw_all(&all, Canvas { colour: false, width: 60 }));
    }
}
