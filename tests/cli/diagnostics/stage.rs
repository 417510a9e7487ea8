//! Where a case is played, and the steps that it may have.
//!
//! ```text
//! @needs VERSION      the case is left out where the newest server of the run is older
//! @server             the newest server, as postgres.main in main.server.hcl
//! @private SETTINGS   a server of the case's own instead, to configure and to stop
//! @install FILES      files of the project go into its data directory, and it starts anew
//! @other-server       another server takes the place of the first
//! @wire NUMBER        a wire to it: the answer to that COMMIT is lost, and then nobody is let in
//! @database NAME      a database on it, called {p}NAME there
//! @sql NAME           statements by the superuser in that database
//! @session NAME       the same in a session that stays open
//! @login ROLE NAME    a session of a role whose password is `x` stays open
//! @listen             no server at all, at port {port}: a line for each answer
//! @file NAME          a file of the project
//! @env NAME=VALUE     a variable of the environment; without = it is empty
//! @tamper HOW         the state is changed behind roleform's back (`tamper`)
//! @sh                 a shell script that must succeed; $ROLEFORM is the program
//! @do ARGUMENTS       roleform, which must succeed
//! @run ARGUMENTS      roleform, and all that it prints
//! @interrupt ARGS     roleform, interrupted when it waits for a session, and all that it prints
//! @meanwhile SCRIPT   a shell script for when the next @run waits for a session, which ends then
//! @shell SCRIPT       a shell script of one line, and all that it prints
//! ```
//!
//! `{p}` is the prefix of names on the shared server, and is not in what is printed; `{port}`
//! is the server's port. Invariant: what a case leaves on a shared server is its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use test_support::client::{Login, Session};
use test_support::cluster::Cluster;
use test_support::process;
use test_support::project::{Output, TestProject};
use test_support::proxy::{Proxy, Rule};
use test_support::tenant::Tenant;

use super::super::project;
use super::tamper::tamper;

/// The server of a case.
enum Server {
    Shared(&'static Cluster),
    Private(Box<Cluster>),
}

impl Server {
    fn cluster(&self) -> &Cluster {
        match self {
            Server::Shared(cluster) => cluster,
            Server::Private(cluster) => cluster,
        }
    }
}

/// Where a case is played.
pub(super) struct Stage {
    project: TestProject,
    /// Before the server: sessions end first.
    sessions: Vec<Session>,
    server: Option<Server>,
    /// The stranger that has taken the server's place.
    other: Option<Cluster>,
    prefix: String,
    port: String,
    /// What happens when the next run waits.
    meanwhile: Option<String>,
}

impl Stage {
    /// An empty project.
    pub(super) fn new() -> Stage {
        Stage {
            project: project(),
            sessions: Vec::new(),
            server: None,
            other: None,
            prefix: "{p}".to_owned(),
            port: "{port}".to_owned(),
            meanwhile: None,
        }
    }

    /// Plays a step; what it printed, when that is to be compared.
    pub(super) fn play(&mut self, line: &str, body: &str) -> Option<Output> {
        let line = self.fill(line);
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb {
            "run" => Some(self.run(rest)),
            "interrupt" => Some(self.run_until_it_waits(rest, |_, pid| {
                assert!(process::signal("INT", pid), "it waits");
            })),
            "shell" => Some(self.project.finish(self.shell(rest))),
            _ => {
                self.arrange((verb, rest), body);
                None
            }
        }
    }

    /// Plays a step that prints nothing.
    fn arrange(&mut self, (verb, rest): (&str, &str), body: &str) {
        match verb {
            "server" => self.use_server(Server::Shared(Cluster::newest())),
            "private" => {
                let settings: Vec<(&str, &str)> =
                    rest.split_whitespace().filter_map(|setting| setting.split_once('=')).collect();
                let cluster = Cluster::private(Cluster::newest().version, &settings);
                self.use_server(Server::Private(Box::new(cluster)));
            }
            "install" => self.install(rest),
            "other-server" => {
                let stranger = Cluster::stranger(self.cluster().version);
                self.project.use_server("main", &stranger);
                self.other = Some(stranger);
            }
            "wire" => self.lay_wire(rest.parse().expect("the number of a COMMIT")),
            "database" => drop(self.tenant().database(rest)),
            "sql" => self.tenant().sql(rest, body),
            "session" => {
                let session = self.cluster().session(&self.database(rest));
                self.keep(session, body);
            }
            "login" => self.login(rest, body),
            "listen" => self.listen(body),
            "file" => self.project.write(rest, self.fill(body)),
            "env" => {
                let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
                self.project.set(name, value);
            }
            "tamper" => tamper(&self.project.path(".roleform"), rest),
            "meanwhile" => self.meanwhile = Some(rest.to_owned()),
            "sh" => drop(self.project.finish(self.shell(&self.fill(body))).expect_code(0)),
            "do" => drop(self.roleform(rest).expect_code(0)),
            // Asked before (`Case::is_possible`).
            "needs" => {}
            other => panic!("there is no step @{other}"),
        }
    }

    fn run(&mut self, arguments: &str) -> Output {
        let Some(script) = self.meanwhile.take() else { return self.roleform(arguments) };
        self.run_until_it_waits(arguments, |stage, _| {
            drop(stage.project.finish(stage.shell(&script)).expect_code(0));
            stage.sessions.clear();
        })
    }

    fn login(&mut self, who: &str, statements: &str) {
        let (role, database) = who.split_once(' ').expect("a role and a database");
        let database = self.database(database);
        let login = Login { role, password: "x", database: &database };
        let session = Session::open(&self.cluster().address, login);
        self.keep(session.unwrap_or_else(|error| panic!("{error}")), statements);
    }

    fn use_server(&mut self, server: Server) {
        let cluster = server.cluster();
        let tenant = cluster.tenant();
        self.project.use_server("main", cluster);
        self.project.use_tenant(&tenant);
        self.port = cluster.address.port.to_string();
        self.prefix = tenant.prefix;
        self.server = Some(server);
    }

    fn install(&mut self, files: &str) {
        let Some(Server::Private(cluster)) = &mut self.server else { panic!("@private comes first") };
        for file in files.split(' ') {
            cluster.write_file(file, &self.project.read(file));
        }
        cluster.restart();
    }

    fn keep(&mut self, mut session: Session, statements: &str) {
        session.run(&self.fill(statements)).unwrap_or_else(|error| panic!("{error}\n{statements}"));
        self.sessions.push(session);
    }

    fn listen(&mut self, answers: &str) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        self.port = listener.local_addr().expect("an address").port().to_string();
        self.project.hide(&format!(":{}", self.port), ":[PORT]");
        let answers: Vec<Vec<u8>> = answers.lines().map(bytes).collect();
        // Ends with the process: nobody else can get at this listener.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let answers = answers.clone();
                thread::spawn(move || answer(client, &answers));
            }
        });
    }

    fn lay_wire(&mut self, commit: usize) {
        let port = self.cluster().address.port;
        let wire = Proxy::at_commit(port, Rule::LoseAnswerForGood, commit);
        self.project.hide(&format!(":{}", wire.port), ":[PORT]");
        let block = self.project.read("main.server.hcl");
        let (_, rest) = block.split_once(&format!("port = {port}\n")).expect("the server's block");
        let reached = format!("host = \"127.0.0.1\"\n  port = {}\n{rest}", wire.port);
        self.project.write("main.server.hcl", format!("resource \"postgres\" \"main\" {{\n  {reached}"));
    }

    /// Runs roleform, and does something when a statement of it waits for another session.
    fn run_until_it_waits(&mut self, arguments: &str, act: impl FnOnce(&mut Stage, u32)) -> Output {
        let mut command = self.project.command(arguments.split_whitespace());
        let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("roleform starts");
        let waits = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'roleform' \
                     AND starts_with(datname, '{p}') AND wait_event_type = 'Lock'";
        while self.tenant().query("postgres", waits).is_empty() {
            thread::sleep(Duration::from_millis(20));
        }
        act(self, run.id());
        self.project.wait(run)
    }

    fn cluster(&self) -> &Cluster {
        self.server.as_ref().expect("@server comes first").cluster()
    }

    fn tenant(&self) -> Tenant<'_> {
        Tenant { cluster: self.cluster(), prefix: self.prefix.clone() }
    }

    fn database(&self, short: &str) -> String {
        if short == "postgres" { short.to_owned() } else { format!("{}{short}", self.prefix) }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{p}", &self.prefix).replace("{port}", &self.port)
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

/// Gives an answer to each of the first messages, whatever they say, and then none.
fn answer(mut client: TcpStream, answers: &[Vec<u8>]) {
    let mut heard = [0; 4096];
    let mut answers = answers.iter();
    while let Ok(1..) = client.read(&mut heard) {
        if let Some(answer) = answers.next() {
            // Whoever has gone hears nothing.
            let _ = client.write_all(answer);
        }
    }
}

/// A line with `\xNN` for a byte.
fn bytes(line: &str) -> Vec<u8> {
    let mut parts = line.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
        bytes.extend(rest.bytes());
    }
    bytes
}
