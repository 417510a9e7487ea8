//! One case: steps that are played in a temporary project.
//!
//! A line that begins with `@` begins a step, the lines below it belong to it:
//!
//! ```text
//! @server             the newest server, as postgres.main in main.server.hcl
//! @database NAME      a database on it, called {p}NAME there
//! @sql NAME           statements by the superuser in that database
//! @file NAME          a file of the project
//! @env NAME=VALUE     a variable of the environment; without = it is removed
//! @sh                 a shell script that must succeed; $ROLEFORM is the program
//! @do ARGUMENTS       roleform, which must succeed
//! @other-server       another server takes the place of the first
//! @run ARGUMENTS      roleform, and all that it prints
//! @shell SCRIPT       a shell script of one line, and all that it prints
//! ```
//!
//! `{p}` is the prefix of names on the shared server, and is not in what is printed.
//! Invariant: what a case leaves on a server is its own.

use std::process::Command;

use test_support::cluster::Cluster;
use test_support::project::{Output, TestProject};
use test_support::tenant::Tenant;

use super::super::project;

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

    /// Plays the steps in order.
    pub(super) fn play(self, code: &str) -> Played {
        let mut stage = Stage { project: project(), tenant: None, other: None };
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
        let shortened = word.strip_suffix('…').filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
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

/// Where a case is played.
struct Stage {
    project: TestProject,
    tenant: Option<Tenant<'static>>,
    other: Option<Cluster>,
}

impl Stage {
    /// Plays a step; what it printed, when that is to be compared.
    fn play(&mut self, line: &str, body: &str) -> Option<Output> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = self.fill(rest);
        match verb {
            "server" => self.use_server(),
            "other-server" => {
                let version = self.tenant().cluster.version;
                let stranger = Cluster::stranger(version);
                self.project.use_server("main", &stranger);
                self.other = Some(stranger);
            }
            "database" => drop(self.tenant().database(&rest)),
            "sql" => self.tenant().sql(&rest, body),
            "file" => self.project.write(&rest, self.fill(body)),
            "env" => {
                let (name, value) = rest.split_once('=').unwrap_or((&rest, ""));
                self.project.set(name, value);
            }
            "sh" => drop(self.project.finish(self.shell(&self.fill(body))).expect_code(0)),
            "do" => drop(self.roleform(&rest).expect_code(0)),
            "run" => return Some(self.roleform(&rest)),
            "shell" => return Some(self.project.finish(self.shell(&rest))),
            other => panic!("there is no step @{other}"),
        }
        None
    }

    fn use_server(&mut self) {
        let cluster = Cluster::newest();
        let tenant = cluster.tenant();
        self.project.use_server("main", cluster);
        self.project.use_tenant(&tenant);
        self.tenant = Some(tenant);
    }

    fn tenant(&self) -> &Tenant<'static> {
        self.tenant.as_ref().expect("@server comes first")
    }

    fn fill(&self, text: &str) -> String {
        self.tenant.as_ref().map_or_else(|| text.to_owned(), |tenant| tenant.fill(text))
    }

    fn roleform(&self, arguments: &str) -> Output {
        self.project.run(arguments.split_whitespace())
    }

    fn shell(&self, script: &str) -> Command {
        let roleform = self.project.command::<&str>([]);
        let mut command = Command::new("/bin/sh");
        command.args(["-e", "-c", script]).current_dir(self.project.path("")).env_clear();
        let variables = roleform.get_envs().filter_map(|(name, value)| value.map(|value| (name, value)));
        command.envs(variables).env("ROLEFORM", roleform.get_program());
        command
    }
}
