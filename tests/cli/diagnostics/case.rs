//! One case: steps that are played in a temporary project.
//!
//! A line that begins with `@` begins a step, the lines below it belong to it. What steps
//! there are stands in `stage`. Invariant: a case is written down as it was read, but for what
//! was printed.

use test_support::servers;

use super::stage::Stage;

/// The steps of a case, and what stands before them.
pub(super) struct Case {
    comment: String,
    steps: Vec<Step>,
}

struct Step {
    /// The line without its `@`.
    line: String,
    /// The lines below it.
    body: String,
}

/// What became of a case.
pub(super) struct Played {
    /// The case with what was printed now.
    pub(super) text: String,
    /// What was printed otherwise than expected.
    pub(super) differences: Vec<String>,
    /// Whether no run said the code.
    pub(super) silent: bool,
}

impl Case {
    /// Reads a case.
    pub(super) fn parse(text: &str) -> Case {
        let mut case = Case { comment: String::new(), steps: Vec::new() };
        for line in text.split_inclusive('\n') {
            match (line.strip_prefix('@'), case.steps.last_mut()) {
                (Some(line), _) => {
                    case.steps.push(Step { line: line.trim_end().to_owned(), body: String::new() });
                }
                (None, Some(step)) => step.body.push_str(line),
                (None, None) => case.comment.push_str(line),
            }
        }
        case
    }

    /// Whether it can be played with the servers of this run (`@needs`).
    pub(super) fn is_possible(&self) -> bool {
        let needs = self.steps.iter().filter_map(|step| step.line.strip_prefix("needs "));
        let newest = servers::chosen().into_iter().max();
        needs.map(|version| version.parse::<u16>().expect("a version")).all(|needed| newest >= Some(needed))
    }

    /// Plays the steps in order.
    pub(super) fn play(self, code: &str) -> Played {
        let mut stage = Stage::new();
        let mut played = Played { text: self.comment, differences: Vec::new(), silent: true };
        for Step { line, body } in self.steps {
            let printed = stage.play(&line, &body);
            played.text.push_str(&format!("@{line}\n"));
            match printed {
                None => played.text.push_str(&body),
                Some(output) => {
                    let block = steady(&output.block());
                    played.silent &= !block.contains(&format!("[{code}]"));
                    if block.trim_end() != body.trim_end() {
                        played.differences.push(format!("@{line}\n{block}instead of\n{body}"));
                    }
                    played.text.push_str(&format!("{}\n", block.trim_end()));
                }
            }
        }
        played
    }
}

/// Digests that were shortened, keys, and numbers that differ get names too.
fn steady(block: &str) -> String {
    block.split('\n').map(steady_line).collect::<Vec<String>>().join("\n")
}

fn steady_line(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let bare = word.trim_end_matches(['.', ',']);
        let number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
        let shortened = word
            .strip_suffix('…')
            .filter(|hex| !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let process = words.last().is_some_and(|before| before == "process");
        words.push(match word {
            _ if number && (process || bare.len() > 15) => format!("[NUMBER]{}", &word[bare.len()..]),
            _ if shortened.is_some() => "[DIGEST]…".to_owned(),
            _ if bare.len() > 50 && word.starts_with("age1") => format!("[KEY]{}", &word[bare.len()..]),
            _ => word.to_owned(),
        });
    }
    words.join(" ")
}
