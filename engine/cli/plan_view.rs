//! A plan on the terminal: as text, JSON or Markdown.
//!
//! Not here: what it looks like (`engine::render`). Invariant: `plan` and `show` of the
//! same plan print the same.

use std::path::Path;

use engine::plan::Plan;
use engine::plan::saved::PlanId;
use engine::render::{self, Options};
use engine::signature::roster::Signatory;

use crate::args;
use crate::terminal::Terminal;

/// How a plan is wanted.
pub(crate) struct Wanted {
    form: Form,
    options: Options,
}

#[derive(Clone, Copy)]
enum Form {
    Text,
    Json,
    Markdown,
}

impl Wanted {
    /// As the flags say; `file` holds the plan, if any does.
    pub(crate) fn of(view: &args::View, file: Option<&Path>) -> Wanted {
        let file = file.map(|path| path.display().to_string());
        let options = Options { full: view.full, sql: view.sql, file, ..Options::default() };
        Wanted { form: if view.json { Form::Json } else { Form::Text }, options }
    }

    /// With those who signed and approved it.
    #[must_use]
    pub(crate) fn signed_by(mut self, signatories: Vec<Signatory>) -> Wanted {
        self.options.signatories = signatories;
        self
    }

    /// For pull requests.
    #[must_use]
    pub(crate) fn markdown(self) -> Wanted {
        Wanted { form: Form::Markdown, ..self }
    }
}

/// Prints a plan.
pub(crate) fn show(plan: &Plan, id: PlanId, wanted: &Wanted, terminal: &Terminal) {
    let options = Options { id: Some(id.to_string()), ..wanted.options.clone() };
    // What cannot be written is remembered by the terminal, and told at the end.
    let _ = match wanted.form {
        Form::Text => render::plan::render(plan, &options, &mut terminal.painter()),
        Form::Markdown => render::markdown::render(plan, &options, &mut terminal.painter()),
        Form::Json => render::json::render(plan, &options, &mut terminal.writer()),
    };
}

/// `Plan: 3 to add, 0 to change, 1 to destroy.`, or that there is nothing to do.
pub(crate) fn sums(plan: &Plan) -> String {
    let summary = plan.summary();
    if plan.is_noop() {
        return "No changes.".to_owned();
    }
    let import = match summary.import {
        0 => String::new(),
        some => format!("{some} to import, "),
    };
    format!(
        "Plan: {import}{} to add, {} to change, {} to destroy.",
        summary.add, summary.change, summary.destroy
    )
}
