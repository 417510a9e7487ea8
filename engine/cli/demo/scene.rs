//! What the story stands on: the server, the company's directory, and running roleform.
//!
//! Not here: the story (`story`). Invariant: when a scene goes, the server is stopped and
//! both directories are removed, unless `keep` was called.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use tempfile::TempDir;
use throwaway_server::find::{Binaries, Version};
use throwaway_server::options::ServerOptions;
use throwaway_server::server::ThrowawayServer;

use super::client::{self, Answer, Login};
use super::company;
use super::interrupt::Interrupt;
use super::narrator::Narrator;
use crate::terminal::Terminal;

/// The variable that the company's configuration takes the administrator's password from.
pub(crate) const PASSWORD_VARIABLE: &str = "COMPANY_ADMIN_PASSWORD";

/// Everything that the story needs.
pub(crate) struct Scene<'a> {
    /// The server; dropped before the directory.
    pub(crate) server: ThrowawayServer,
    /// The programs that it runs.
    pub(crate) binaries: PathBuf,
    /// Their version.
    pub(crate) version: Version,
    directory: TempDir,
    narrator: Narrator<'a>,
    interrupt: Interrupt,
    colour: bool,
}

/// The demo cannot go on.
pub(crate) fn broken(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::CLI007, "Demo cannot go on", detail)
}

/// An error with the errors behind it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

impl<'a> Scene<'a> {
    /// Starts the server, makes the company's databases and writes its configuration.
    pub(crate) fn set(
        pg_bin: Option<&Path>,
        terminal: &'a Terminal,
        interrupt: Interrupt,
    ) -> Result<Scene<'a>, Diagnostic> {
        let found = Binaries::find(pg_bin, &mut |sentence| terminal.say(&format!("{sentence}\n")))
            .map_err(|error| broken(chain(&error)))?;
        interrupt.check()?;
        let options = ServerOptions::new("roleform-demo").map_err(|error| broken(chain(&error)))?;
        let server = ThrowawayServer::start(&found, options).map_err(|error| broken(chain(&error)))?;
        let directory = tempfile::Builder::new()
            .prefix("roleform-company-")
            .tempdir()
            .map_err(|error| broken(chain(&error)))?;
        let scene = Scene {
            server,
            binaries: found.directory,
            version: found.version,
            directory,
            narrator: Narrator::new(terminal),
            interrupt,
            colour: terminal.out_canvas().colour,
        };
        scene.furnish()?;
        Ok(scene)
    }

    fn furnish(&self) -> Result<(), Diagnostic> {
        company::write(self.directory(), &self.server.address).map_err(|error| broken(chain(&error)))?;
        let statements = company::DATABASES.split_inclusive(';').map(str::trim).filter(|sql| !sql.is_empty());
        let all = statements.map(|sql| ("postgres", sql)).chain(company::CONTENT);
        for (database, sql) in all {
            let superuser = &self.server.superuser;
            let login = Login { user: &superuser.name, password: &superuser.password, database };
            if let Answer::Refused { message, .. } = self.ask(login, sql)? {
                return Err(broken(format!("The company's databases could not be made: {message}.")));
            }
        }
        Ok(())
    }

    /// The directory of the configuration.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Prints a command of roleform and runs it; it must end with this exit code.
    pub(crate) fn roleform(&self, line: &str, expected: i32) -> Result<(), Diagnostic> {
        self.interrupt.check()?;
        self.narrator.command(&format!("roleform {line}"));
        let status = self.command(line)?.status();
        self.interrupt.check()?;
        let status = status.map_err(|error| broken(chain(&error)))?;
        if status.code() == Some(expected) {
            return Ok(());
        }
        Err(broken(format!(
            "`roleform {line}` ended with {status}, and the story needs exit code {expected}."
        )))
    }

    /// Prints a command of roleform, runs it and returns what it prints.
    pub(crate) fn capture(&self, line: &str) -> Result<String, Diagnostic> {
        self.interrupt.check()?;
        self.narrator.command(&format!("roleform {line}"));
        let output = self.command(line)?.stderr(Stdio::inherit()).output();
        self.interrupt.check()?;
        let output = output.map_err(|error| broken(chain(&error)))?;
        if !output.status.success() {
            return Err(broken(format!("`roleform {line}` ended with {}.", output.status)));
        }
        String::from_utf8(output.stdout).map_err(|error| broken(chain(&error)))
    }

    /// Runs a statement as somebody and prints both sides.
    pub(crate) fn statement(&self, login: Login<'_>, sql: &str) -> Result<Answer, Diagnostic> {
        self.interrupt.check()?;
        let sign = if login.user == self.server.superuser.name { "=#" } else { "=>" };
        let answer = self.ask(login, sql)?;
        self.narrator.statement(&format!("{}@{}{sign}", login.user, login.database), sql, &answer);
        Ok(answer)
    }

    /// Leaves everything where it is; says how to end it.
    pub(crate) fn keep(self) -> Result<String, Diagnostic> {
        let directory = self.directory.keep();
        let kept = self.server.keep().map_err(|error| broken(chain(&error)))?;
        let all = kept.directories.iter().chain([&directory]);
        let names: Vec<String> = all.map(|path| path.display().to_string()).collect();
        Ok(format!("kill -INT {}; sleep 2; rm -rf {}", kept.pid, names.join(" ")))
    }

    /// This very binary, in the company's directory. Its identity is the company's too, so
    /// that the demo makes none in the user's own configuration directory.
    fn command(&self, line: &str) -> Result<Command, Diagnostic> {
        let binary = std::env::current_exe().map_err(|error| broken(chain(&error)))?;
        let mut command = Command::new(binary);
        command
            .args(line.split(' '))
            .current_dir(self.directory())
            .env(PASSWORD_VARIABLE, &self.server.superuser.password)
            .env("XDG_CONFIG_HOME", self.directory().join("home"))
            .stdin(Stdio::null());
        if !self.colour {
            command.env("NO_COLOR", "1");
        }
        Ok(command)
    }

    fn ask(&self, login: Login<'_>, sql: &str) -> Result<Answer, Diagnostic> {
        client::ask(&self.server.address, login, sql).map_err(|error| broken(chain(&error)))
    }
}
