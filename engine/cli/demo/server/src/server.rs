//! Starts, stops and removes one throwaway server.
//!
//! The server has a directory of its own (mode 0700, owned by the account it runs
//! under) with the data, the socket and the log. Settings go into its
//! `postgresql.conf`, so that `ALTER SYSTEM` can still change them.
//! Invariant: see the crate; `Drop` returns when the directory is gone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::find::Binaries;
use crate::guard::Guard;
use crate::initdb::{self, Superuser, random_hex};
use crate::options::{Address, Data, Kept, Loopback, PATIENCE, ServerError, ServerOptions, Stop};

/// Longest path of a socket that every system takes (macOS: 104 bytes with the final zero; Linux: 108).
const SOCKET_PATH_MAX: usize = 103;

/// How often a server is started anew because somebody took its port in between.
const PORT_TRIES: usize = 5;

/// A private server; dropping it stops it and removes its files.
#[derive(Debug)]
pub struct ThrowawayServer {
    /// How to reach it.
    pub address: Address,
    /// Who may do everything on it.
    pub superuser: Superuser,
    /// Its directory: data, socket, log.
    pub directory: PathBuf,
    directories: Vec<PathBuf>,
    program: PathBuf,
    account: Account,
    guard: Guard,
    process: Option<Child>,
}

impl ThrowawayServer {
    /// Makes the directory and the data, starts the server and waits until it takes connections.
    pub fn start(binaries: &Binaries, options: ServerOptions) -> Result<ThrowawayServer, ServerError> {
        let account = Account::for_servers()?;
        account.can_enter(&binaries.directory)?;
        account.can_enter(&options.parent)?;
        let mut server = Self::prepare(binaries, &account, &options)?;
        let data = server.data_directory();
        match &options.data {
            Data::New => initdb::initialise(binaries, &account, &options.superuser, &data)?,
            Data::CopyOf(template) => initdb::copy(template, &account, &data)?,
        }
        server.start_on_a_free_port(&options.settings)?;
        Ok(server)
    }

    /// The data directory (PGDATA).
    pub fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Everything the server logged so far.
    pub fn log(&self) -> String {
        fs::read(self.log_file())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Process number of the running server.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Writes a file into the data directory, mode 0600, owned by the server's account.
    pub fn write_file(&self, name: &str, content: &str) -> Result<(), ServerError> {
        let path = self.data_directory().join(name);
        initdb::write_secret(&path, &self.account, content).map_err(|source| self.broken(source))
    }

    /// Makes the server read its configuration files again; returns before it has done so.
    pub fn reload(&mut self) -> Result<(), ServerError> {
        self.guard.signal("HUP").map_err(|source| self.broken(source))
    }

    /// Stops the server and keeps its data. Stopping a stopped server does nothing.
    pub fn stop(&mut self, how: Stop) -> Result<(), ServerError> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let signal = match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        };
        self.guard.signal(signal).map_err(|source| self.broken(source))?;
        let stopped = self.wait_until_gone(&mut process);
        if !matches!(stopped, Ok(())) {
            self.process = Some(process);
        }
        stopped
    }

    /// Starts a stopped server again, on the same data and port.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop(Stop::Fast)?;
        self.launch()?;
        self.wait_until_ready()
    }

    /// Lets the server outlive this process.
    pub fn keep(mut self) -> Result<Kept, ServerError> {
        self.guard.keep().map_err(|source| self.broken(source))?;
        let pid = self.process.take().map_or(0, |process| process.id());
        Ok(Kept { pid, directories: std::mem::take(&mut self.directories) })
    }

    /// The server's directory and its guard, before there is anything to guard.
    fn prepare(
        binaries: &Binaries,
        account: &Account,
        options: &ServerOptions,
    ) -> Result<ThrowawayServer, ServerError> {
        let failed = |source| ServerError::Io { directory: options.parent.clone(), source };
        let parent = fs::canonicalize(&options.parent).map_err(failed)?;
        let directory = make_directory(&parent, &options.name, account).map_err(failed)?;
        let mut directories = vec![directory.clone()];
        if socket_path(&directory, u16::MAX).as_os_str().len() > SOCKET_PATH_MAX {
            let short = make_directory(Path::new("/tmp"), "roleform", account).map_err(failed)?;
            directories.push(short);
        }
        let socket_directory = directories[directories.len() - 1].clone();
        let guard = Guard::start(account, &directory.join("data"), &directories).map_err(failed)?;
        Ok(ThrowawayServer {
            address: Address { socket_directory, port: 5432, loopback: options.loopback },
            superuser: options.superuser.clone(),
            directory,
            directories,
            program: binaries.program("postgres"),
            account: account.clone(),
            guard,
            process: None,
        })
    }

    /// A port that was free may be taken when the server asks for it: then another one.
    fn start_on_a_free_port(&mut self, settings: &[(String, String)]) -> Result<(), ServerError> {
        let original = self.configuration_file();
        let base = fs::read_to_string(&original).map_err(|source| self.broken(source))?;
        for _ in 1..PORT_TRIES {
            match self.start_once(&base, settings) {
                Err(ServerError::Ended { log }) if log.contains("could not bind") => {}
                other => return other,
            }
        }
        self.start_once(&base, settings)
    }

    fn start_once(&mut self, base: &str, settings: &[(String, String)]) -> Result<(), ServerError> {
        if self.address.loopback == Loopback::On {
            self.address.port = free_port().map_err(|source| self.broken(source))?;
        }
        let text = format!("{base}\n{}", self.configuration(settings));
        fs::write(self.configuration_file(), text).map_err(|source| self.broken(source))?;
        self.launch()?;
        self.wait_until_ready()
    }

    fn configuration_file(&self) -> PathBuf {
        self.data_directory().join("postgresql.conf")
    }

    /// Durability is off: whoever throws data away need not wait for disks.
    fn configuration(&self, settings: &[(String, String)]) -> String {
        let listen = match self.address.loopback {
            Loopback::On => "127.0.0.1",
            Loopback::Off => "",
        };
        // Double quotes keep a comma in the path from splitting it.
        let socket_directory = format!("\"{}\"", self.address.socket_directory.display());
        let own = [
            ("listen_addresses", listen.to_owned()),
            ("port", self.address.port.to_string()),
            ("unix_socket_directories", socket_directory),
            ("fsync", "off".to_owned()),
            ("synchronous_commit", "off".to_owned()),
            ("full_page_writes", "off".to_owned()),
        ];
        let own = own.iter().map(|(name, value)| setting(name, value));
        own.chain(settings.iter().map(|(name, value)| setting(name, value))).collect()
    }

    fn launch(&mut self) -> Result<(), ServerError> {
        let log = OpenOptions::new().create(true).append(true).open(self.log_file());
        let process = log.and_then(|log| self.spawn(log)).map_err(|source| self.broken(source))?;
        let watched = self.guard.watch(Some(process.id()));
        self.process = Some(process);
        watched.map_err(|source| self.broken(source))
    }

    fn spawn(&self, log: File) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg("-D").arg(self.data_directory()).current_dir(&self.directory).process_group(0);
        initdb::clear_environment(&mut command);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.account.run_as(&mut command).spawn()
    }

    /// The server writes `ready` into its pid file when it takes connections; pg_ctl waits for the same.
    fn wait_until_ready(&mut self) -> Result<(), ServerError> {
        let pid_file = self.data_directory().join("postmaster.pid");
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let text = fs::read_to_string(&pid_file).unwrap_or_default();
            if text.lines().nth(7).is_some_and(|status| status.trim() == "ready") {
                return Ok(());
            }
            if self.has_ended()? {
                return Err(ServerError::Ended { log: self.end_of_log() });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(ServerError::Late { wanted: "ready", log: self.end_of_log() })
    }

    /// Whether the server has ended by itself.
    fn has_ended(&mut self) -> Result<bool, ServerError> {
        let Some(process) = self.process.as_mut() else { return Ok(true) };
        match process.try_wait() {
            Ok(None) => Ok(false),
            Ok(Some(_)) => {
                self.process = None;
                self.guard.watch(None).map_err(|source| self.broken(source))?;
                Ok(true)
            }
            Err(source) => Err(self.broken(source)),
        }
    }

    fn wait_until_gone(&mut self, process: &mut Child) -> Result<(), ServerError> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if process.try_wait().map_err(|source| self.broken(source))?.is_some() {
                return self.guard.watch(None).map_err(|source| self.broken(source));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(ServerError::Late { wanted: "stopped", log: self.end_of_log() })
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    fn end_of_log(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn broken(&self, source: io::Error) -> ServerError {
        ServerError::Io { directory: self.directory.clone(), source }
    }
}

impl Drop for ThrowawayServer {
    fn drop(&mut self) {
        if self.directories.is_empty() {
            return; // Kept.
        }
        self.guard.release();
        if let Some(mut process) = self.process.take() {
            // Reap it, or the guard would wait for a zombie. It cannot fail: it is our child.
            let _ = process.wait();
        }
        self.guard.join();
        for directory in &self.directories {
            // What the account of the guard could not remove we may; what is gone is gone.
            let _ = fs::remove_dir_all(directory);
        }
    }
}

fn setting(name: &str, value: &str) -> String {
    format!("{name} = '{}'\n", value.replace('\\', "\\\\").replace('\'', "''"))
}

fn socket_path(directory: &Path, port: u16) -> PathBuf {
    directory.join(format!(".s.PGSQL.{port}"))
}

fn make_directory(parent: &Path, name: &str, account: &Account) -> io::Result<PathBuf> {
    let directory = parent.join(format!("{name}-{}", random_hex(4)?));
    DirBuilder::new().mode(0o700).create(&directory)?;
    account.own(&directory)?;
    Ok(directory)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
