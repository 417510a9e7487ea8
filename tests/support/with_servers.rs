//! `with-servers COMMAND …`: runs a command with one shared server per tested version.
//!
//! For runners that give each test a process of its own: starting servers per process
//! would cost more than the tests. Ends with the command's exit code.
//! Invariant: the servers end with this process, as all throwaway servers do.

use std::env;
use std::process::{Command, ExitCode};

use test_support::servers::{self, Identity, SERVERS};
use throwaway_server::server::ThrowawayServer;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let program = arguments.next().expect("usage: with-servers COMMAND [ARGUMENT …]");
    let servers: Vec<ThrowawayServer> = servers::chosen().into_iter().map(start).collect();
    let directories = env::join_paths(servers.iter().map(|server| &server.directory));
    let status = Command::new(program)
        .args(arguments)
        .env(SERVERS, directories.expect("test directories have no colons"))
        .status()
        .expect("the command starts");
    drop(servers);
    // No code means death by signal: a failure like any other.
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn start(major: u16) -> ThrowawayServer {
    let server = servers::start(major, Identity::OfTemplate, &[]);
    servers::publish(&server, major).expect("the server's directory takes a file");
    server
}
