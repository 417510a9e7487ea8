//! A directory with a configuration, and the real roleform run in it.
//!
//! Nothing of the developer's machine leaks in: the environment is cleared, home and
//! configuration directories are the project's own, time is UTC, the user is `ana`.
//! Invariant: what a project writes lies in its own temporary directory, and goes with it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};

use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::filters::Filters;
use crate::tenant::Tenant;

/// A configuration directory and its surroundings.
pub struct TestProject {
    temporary: TempDir,
    binary: PathBuf,
    environment: BTreeMap<String, String>,
    filters: Filters,
}

/// What a run printed and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit code; `None` after death by signal.
    pub code: Option<i32>,
    /// As printed, unfiltered.
    pub stdout: String,
    /// As printed, unfiltered.
    pub stderr: String,
    filters: Filters,
}

impl TestProject {
    /// An empty project. `binary` is `env!("CARGO_BIN_EXE_roleform")`, which only test targets know.
    pub fn new(binary: &str) -> TestProject {
        let temporary =
            tempfile::Builder::new().prefix("roleform-").tempdir().expect("a temporary directory");
        let mut project = TestProject {
            binary: PathBuf::from(binary),
            environment: BTreeMap::new(),
            filters: Filters::default(),
            temporary,
        };
        for directory in ["project", "home", "tmp"] {
            fs::create_dir(project.temporary.path().join(directory)).expect("a directory of the project");
        }
        // Programs may print the path as given or with links followed (on macOS /tmp is one).
        for path in [project.path(""), fs::canonicalize(project.path("")).expect("the directory exists")] {
            project.hide(path.display().to_string().trim_end_matches('/'), "[PROJECT]");
        }
        for path in [project.home(), fs::canonicalize(project.home()).expect("the directory exists")] {
            project.hide(&path.display().to_string(), "[HOME]");
        }
        project.fill_environment();
        project
    }

    /// Path of a file of the configuration directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join("project").join(name)
    }

    /// The user's home directory.
    pub fn home(&self) -> PathBuf {
        self.temporary.path().join("home")
    }

    /// Writes a file of the configuration directory, and the directories on its way.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file lies in a directory")).expect("its directories");
        fs::write(path, text).expect("a file of the project");
    }

    /// Reads a file of the configuration directory as text.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Sets an environment variable for the runs that follow.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Replaces `text` by `name` in blocks.
    pub fn hide(&mut self, text: &str, name: &str) {
        self.filters.hide(text, name);
    }

    /// Writes `LABEL.server.hcl`, a `resource` block for the server, and gives runs the admin's password.
    pub fn use_server(&mut self, label: &str, cluster: &Cluster) {
        let variable = format!("{}_ADMIN_PASSWORD", label.to_uppercase());
        let socket = cluster.address.socket_directory.display().to_string();
        let text = format!(
            "resource \"postgres\" \"{label}\" {{\n  host = \"{socket}\"\n  port = {}\n  admin {{\n    \
             username = \"{}\"\n    password = env(\"{variable}\")\n  }}\n}}\n",
            cluster.address.port, cluster.superuser.name,
        );
        self.write(&format!("{label}.server.hcl"), text);
        self.set(&variable, &cluster.superuser.password);
        self.hide(&socket, "[SOCKET]");
        self.hide(&format!("port {}", cluster.address.port), "port [PORT]");
        self.hide(&format!(":{}", cluster.address.port), ":[PORT]");
    }

    /// Shows a tenant's names without their prefix.
    pub fn use_tenant(&mut self, tenant: &Tenant<'_>) {
        self.hide(&tenant.prefix, "");
    }

    /// Runs roleform to its end.
    #[must_use = "a run that nobody looks at proves nothing"]
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        self.finish(self.command(arguments))
    }

    /// Runs a command of this project, e.g. one with standard input, to its end.
    #[must_use = "a run that nobody looks at proves nothing"]
    pub fn finish(&self, mut command: Command) -> Output {
        self.told(command.output().unwrap_or_else(|error| panic!("{}: {error}", self.binary.display())))
    }

    /// Waits for the end of a command that was started with its output piped.
    #[must_use = "a run that nobody looks at proves nothing"]
    pub fn wait(&self, run: Child) -> Output {
        self.told(run.wait_with_output().expect("roleform ends"))
    }

    fn told(&self, output: process::Output) -> Output {
        let text = |bytes| String::from_utf8(bytes).expect("roleform prints UTF-8");
        Output {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            filters: self.filters.clone(),
        }
    }

    /// The command that [`TestProject::run`] runs, for tests that kill it, talk to it or run two at once.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.path("")).stdin(Stdio::null());
        command.env_clear().envs(&self.environment);
        command
    }

    fn fill_environment(&mut self) {
        let below = |directory: &Path| directory.display().to_string();
        let (home, tmp) = (self.home(), self.temporary.path().join("tmp"));
        let directories = [
            ("HOME", home.clone()),
            ("XDG_CONFIG_HOME", home.join(".config")),
            ("XDG_CACHE_HOME", home.join(".cache")),
            ("XDG_DATA_HOME", home.join(".local/share")),
            ("XDG_STATE_HOME", home.join(".local/state")),
            ("TMPDIR", tmp),
        ];
        for (name, directory) in directories {
            self.set(name, &below(&directory));
        }
        let fixed = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("TZ", "UTC"),
            ("LC_ALL", "C.UTF-8"),
            ("USER", "ana"),
            ("LOGNAME", "ana"),
        ];
        for (name, value) in fixed {
            self.set(name, value);
        }
    }
}

impl Output {
    /// Exit code, standard output and standard error as one text that is the same in every run.
    pub fn block(&self) -> String {
        let code = self.code.map_or("killed".to_owned(), |code| code.to_string());
        let stdout = section("stdout", &self.stdout);
        let stderr = section("stderr", &self.stderr);
        self.filters.apply(&format!("exit code: {code}\n{stdout}{stderr}"))
    }

    /// Standard output, filtered.
    pub fn out(&self) -> String {
        self.filters.apply(&self.stdout)
    }

    /// The run itself, when it ended with this exit code; else the test fails and shows it.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Output {
        assert_eq!(self.code, Some(code), "\n{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.block())
    }
}

/// A stream with its heading; a final line without a line end is seen.
fn section(name: &str, text: &str) -> String {
    match text {
        "" => format!("----- {name}: empty\n"),
        _ if text.ends_with('\n') => format!("----- {name}\n{text}"),
        _ => format!("----- {name}\n{text} (no line end)\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_run_is_one_block() {
        let mut project = TestProject::new("/bin/sh");
        project.set("GREETING", "hello");
        project.write("sub/main.hcl", "role {}\n");
        let script = "echo $GREETING from $USER in $PWD; cat sub/main.hcl; printf oops >&2; exit 3";
        let output = project.run(["-c", script]).expect_code(3);
        expect![[r#"
            exit code: 3
            ----- stdout
            hello from ana in [PROJECT]
            role {}
            ----- stderr
            oops (no line end)
        "#]]
        .assert_eq(&output.block());
    }

    #[test]
    fn the_environment_is_the_projects_own() {
        let project = TestProject::new("/bin/sh");
        let output = project.run(["-c", "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^TMPDIR= | sort"]);
        expect![[r#"
            HOME=[HOME]
            LC_ALL=C.UTF-8
            LOGNAME=ana
            PATH=/usr/local/bin:/usr/bin:/bin
            TZ=UTC
            USER=ana
            XDG_CACHE_HOME=[HOME]/.cache
            XDG_CONFIG_HOME=[HOME]/.config
            XDG_DATA_HOME=[HOME]/.local/share
            XDG_STATE_HOME=[HOME]/.local/state
        "#]]
        .assert_eq(&output.out());
    }
}
