//! Where a case is played, and the steps that it may have.
//!
//! ```text
//! @server             the newest server, as postgres.main in main.server.hcl
//! @private            a server of the case's own instead, to configure and to stop
//! @install FILES      files of the project go into its data directory, and it starts anew
//! @other-server       another server takes the place of the first
//! @database NAME      a database on it, called {p}NAME there
//! @sql NAME           statements by the superuser in that database
//! @session NAME       the same in a session that stays open
//! @login ROLE NAME    a session of a role whose password is `x` stays open
//! @listen             no server at all, at port {port}: a line for each answer
//! @file NAME          a file of the project
//! @env NAME=VALUE     a variable of the environment; without = it is empty
//! @sh                 a shell script that must succeed; $ROLEFORM is the program
//! @do ARGUMENTS       roleform, which must succeed
//! @run ARGUMENTS      roleform, and all that it prints
//! @shell SCRIPT       a shell script of one line, and all that it prints
//! ```
//!
//! `{p}` is the prefix of names on the shared server, and is not in what is printed; `{port}`
//! is the server's port. Invariant: what a case leaves on a shared server is its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use test_support::client::{Login, Session};
use test_support::cluster::Cluster;
use test_support::project::{Output, TestProject};
use test_support::tenant::Tenant;

use super::super::project;

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
        }
    }

    /// Plays a step; what it printed, when that is to be compared.
    pub(super) fn play(&mut self, line: &str, body: &str) -> Option<Output> {
        let line = self.fill(line);
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb {
            "server" => self.use_server(Server::Shared(Cluster::newest())),
            "private" => {
                let cluster = Cluster::private(Cluster::newest().version, &[]);
                self.use_server(Server::Private(Box::new(cluster)));
            }
            "install" => self.install(rest),
            "other-server" => {
                let stranger = Cluster::stranger(self.cluster().version);
                self.project.use_server("main", &stranger);
                self.other = Some(stranger);
            }
            "database" => drop(self.tenant().database(rest)),
            "sql" => self.tenant().sql(rest, body),
            "session" => {
                let session = self.cluster().session(&self.database(rest));
                self.keep(session, body);
            }
            "login" => {
                let (role, database) = rest.split_once(' ').expect("a role and a database");
                let database = self.database(database);
                let login = Login { role, password: "x", database: &database };
                let session = Session::open(&self.cluster().address, login);
                self.keep(session.unwrap_or_else(|error| panic!("{error}")), body);
            }
            "listen" => self.listen(body),
            "file" => self.project.write(rest, self.fill(body)),
            "env" => {
                let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
                self.project.set(name, value);
            }
            "sh" => drop(self.project.finish(self.shell(&self.fill(body))).expect_code(0)),
            "do" => drop(self.roleform(rest).expect_code(0)),
            "run" => return Some(self.roleform(rest)),
            "shell" => return Some(self.project.finish(self.shell(rest))),
            other => panic!("there is no step @{other}"),
        }
        None
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
