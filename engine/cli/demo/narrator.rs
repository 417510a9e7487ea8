//! How the story is printed: headings, prose, commands as typed, prompts as in psql.
//!
//! Invariant: without colour it reads the same.

use console::Style;

use super::client::Answer;
use crate::drawing::wrapped;
use crate::terminal::Terminal;

/// Prints the story.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrator<'a> {
    terminal: &'a Terminal,
}

impl<'a> Narrator<'a> {
    /// A narrator to this terminal.
    pub(crate) fn new(terminal: &'a Terminal) -> Narrator<'a> {
        Narrator { terminal }
    }

    /// The heading of an act.
    pub(crate) fn heading(self, text: &str) {
        let rule = "─".repeat(self.width().saturating_sub(text.chars().count() + 4));
        let line = self.paint(Style::new().cyan().bold(), &format!("── {text} {rule}"));
        self.terminal.data(&format!("\n{line}\n"));
    }

    /// A paragraph.
    pub(crate) fn prose(self, text: &str) {
        self.terminal.data(&wrapped(text, "", self.width()));
    }

    /// A file, indented.
    pub(crate) fn file(self, text: &str) {
        let lines = text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n");
        self.terminal.data(&format!("\n{}\n", lines.collect::<String>()));
    }

    /// A command as the user would type it.
    pub(crate) fn command(self, line: &str) {
        let line = self.paint(Style::new().bold(), &format!("$ {line}"));
        self.terminal.data(&format!("\n{line}\n"));
    }

    /// A statement at the prompt of who runs it, and the server's answer.
    pub(crate) fn statement(self, prompt: &str, sql: &str, answer: &Answer) {
        let line = self.paint(Style::new().bold(), &format!("{prompt} {};", sql.trim()));
        let said = match answer {
            Answer::Done(text) => text.clone(),
            Answer::Refused { message, .. } => {
                format!("{}  {message}\n", self.paint(Style::new().red().bold(), "ERROR:"))
            }
        };
        self.terminal.data(&format!("\n{line}\n{said}"));
    }

    fn width(self) -> usize {
        self.terminal.out_canvas().width.min(100)
    }

    fn paint(self, style: Style, text: &str) -> String {
        style.force_styling(self.terminal.out_canvas().colour).apply_to(text).to_string()
    }
}
