//! The table of expressions: what Terraform answers, and what is answered here.

use super::world;
use crate::config::console::Console;
use crate::config::inputs::Inputs;
use crate::config::sources::Sources;
use crate::diagnostic::Diagnostics;

pub(super) fn ask(text: &str) -> Result<String, Diagnostics> {
    // The console of Terraform takes one line; longer expressions were asked as a local.
    let surroundings = world();
    Console::open(&Sources::default(), &Inputs::default(), &surroundings).0.evaluate(text)
}

/// One entry of the table.
#[derive(Default)]
struct Entry {
    expression: Vec<String>,
    value: Vec<String>,
    error: Vec<String>,
    reason: Option<String>,
    our_value: Vec<String>,
    our_error: Option<String>,
}

const TABLES: [&str; 4] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/language/expressions.txt")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/language/functions.txt")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/language/syntax.txt")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/language/sensitive.txt")),
];

/// What sensitive values of the tables contain, and nothing that is shown.
const SECRET: &str = "s3cr3t";

fn table() -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut current = Entry::default();
    for line in TABLES.iter().flat_map(|text| text.lines().chain([""])) {
        let rest = line.get(2..).unwrap_or_default().to_owned();
        match line.chars().next() {
            Some('>') => current.expression.push(rest),
            Some('=') => current.value.push(rest),
            Some('!') => current.error.push(rest),
            Some('~') => current.reason = Some(rest),
            Some(':') => current.our_value.push(rest),
            Some('?') => current.our_error = Some(rest),
            _ if !current.expression.is_empty() => entries.push(std::mem::take(&mut current)),
            _ => {}
        }
    }
    entries
}

/// What an answer shall be: a value as printed, or an error, with its summary when it is ours.
enum Expected {
    Value(String),
    Error(Option<String>),
}

impl Entry {
    fn expected(&self) -> Expected {
        match (&self.reason, &self.our_error, self.error.is_empty()) {
            (Some(_), Some(summary), _) => Expected::Error(Some(summary.clone())),
            (Some(_), None, _) => Expected::Value(self.our_value.join("\n")),
            (None, _, true) => Expected::Value(self.value.join("\n")),
            (None, _, false) => Expected::Error(None),
        }
    }
}

fn shown(answer: &Result<String, Diagnostics>) -> String {
    match answer {
        Ok(text) => text.clone(),
        Err(found) => found
            .0
            .iter()
            .map(|d| format!("! {}: {}\n{}", d.summary, d.detail, d.hint.as_deref().unwrap_or_default()))
            .collect(),
    }
}

#[test]
fn expressions_have_the_values_that_terraform_gives() {
    let entries = table();
    let mut wrong = Vec::new();
    for entry in &entries {
        let expression = entry.expression.join("\n");
        let answer = ask(&expression);
        let right = match (entry.expected(), &answer) {
            (Expected::Value(expected), Ok(actual)) => expected == *actual,
            (Expected::Error(None), Err(_)) => true,
            (Expected::Error(Some(summary)), Err(found)) => found.0.iter().any(|d| d.summary == summary),
            (Expected::Value(_), Err(_)) | (Expected::Error(_), Ok(_)) => false,
        };
        if !right || shown(&answer).contains(SECRET) {
            let terraform = entry.value.iter().chain(&entry.error).cloned().collect::<Vec<_>>().join("\n");
            wrong.push(format!("{expression}\n--- terraform\n{terraform}\n--- here\n{}\n", shown(&answer)));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let differing = entries.iter().filter(|entry| entry.reason.is_some()).count();
    assert!(entries.len() >= 1_000 && differing <= 30, "{} entries, {differing} differ", entries.len());
}

#[test]
fn most_errors_have_the_summary_that_terraform_gives() {
    let failing: Vec<Entry> =
        table().into_iter().filter(|e| !e.error.is_empty() && e.reason.is_none()).collect();
    let same = |entry: &&Entry| match ask(&entry.expression.join("\n")) {
        Err(found) => found.0.iter().any(|d| Some(&d.summary) == entry.error.first()),
        Ok(_) => false,
    };
    let (count, of) = (failing.iter().filter(same).count(), failing.len());
    assert!(count * 100 >= of * 80, "{count} of {of}");
}
