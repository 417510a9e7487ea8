//! `roleform credentials exec`: a program that logs in as a role, without seeing the password.
//!
//! The password is in no environment and in no argument, where other processes of the account
//! could read it for as long as the program runs: it is in a password file, as libpq calls
//! that, to which only PGPASSFILE leads. Not here: reading and auditing it (`credentials`).
//! Invariant: the file is this account's alone, and gone when the program is.

use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use engine::credentials::Credential;
use engine::declared::SslMode;
use engine::diagnostic::Diagnostic;
use engine::secret::Secret;
use provider_postgres::connect::passfile::{self, Login};

use crate::args::kept::CredentialsExec;
use crate::error::{CommandResult, Exit, system_words, usage};
use crate::state_directory::Purpose;
use crate::surroundings;
use crate::terminal::Terminal;

/// Variables of libpq that would lead elsewhere, or to another password.
const MISLEADING: [&str; 4] = ["PGHOSTADDR", "PGSERVICE", "PGPASSWORD", "PGREQUIREAUTH"];

/// Runs the program, and ends as it does.
pub(super) fn run(args: &CredentialsExec, terminal: &Terminal) -> CommandResult {
    let purpose = Purpose { command: "credentials exec", timeout: args.lock.lock_timeout, terminal };
    let (credential, password) = super::read(purpose, &args.role, args.identity.as_deref())?;
    let file = PasswordFile::write(&credential, &password).map_err(|error| {
        usage(format!("The password file for the program cannot be made: {}.", system_words(&error)))
    })?;
    drop(password);
    let (program, arguments) = args.program.split_first().ok_or_else(|| usage("There is no program."))?;
    let mut command = tokio::process::Command::new(program);
    for name in MISLEADING {
        command.env_remove(name);
    }
    let database = args.database.as_deref().unwrap_or(credential.database.as_str());
    command
        .args(arguments)
        .env("PGHOST", &credential.host)
        .env("PGPORT", credential.port.to_string())
        .env("PGDATABASE", database)
        .env("PGUSER", credential.account.role().as_str())
        .env("PGPASSFILE", &file.path)
        .env("PGSSLMODE", credential.sslmode.word());
    match roots(&credential) {
        Some(path) => command.env("PGSSLROOTCERT", path),
        None => command.env_remove("PGSSLROOTCERT"),
    };
    let ended = surroundings::runtime()?.block_on(wait(command));
    let shown = program.to_string_lossy();
    let ended = ended.map_err(|error| not_run(&shown, &error))?;
    Ok(Exit::OfProgram(code(ended)))
}

/// What libpq is to check the server's certificate with, as roleform itself does: a file
/// whatever directory the program goes to, or what the system trusts, where libpq 16 allows that.
fn roots(credential: &Credential) -> Option<PathBuf> {
    match (&credential.sslrootcert, credential.sslmode) {
        (Some(word), _) if word == "system" => Some(PathBuf::from(word)),
        (Some(file), _) => Some(std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file))),
        (None, SslMode::VerifyFull) => Some(PathBuf::from("system")),
        (None, SslMode::Disable | SslMode::Prefer | SslMode::Require | SslMode::VerifyCa) => None,
    }
}

/// Ctrl-C is the program's to hear: it is in the same group of processes.
async fn wait(mut command: tokio::process::Command) -> io::Result<ExitStatus> {
    let mut keyboard = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    let mut program = command.spawn()?;
    loop {
        tokio::select! {
            ended = program.wait() => return ended,
            _ = keyboard.recv() => {}
        }
    }
}

fn not_run(program: &str, error: &io::Error) -> Diagnostic {
    usage(format!("\"{program}\" could not be run: {}.", system_words(error)))
}

/// As shells have it: 128 and the signal, for a program that was killed.
fn code(ended: ExitStatus) -> u8 {
    let signalled = || ended.signal().map(|signal| signal + 128);
    ended.code().or_else(signalled).and_then(|code| u8::try_from(code).ok()).unwrap_or(Exit::Error.code())
}

/// A password file that a child can read while this value lives.
struct PasswordFile {
    path: PathBuf,
    _file: Box<dyn std::any::Any>,
}

impl PasswordFile {
    fn write(credential: &Credential, password: &Secret) -> io::Result<PasswordFile> {
        let login = Login {
            host: &credential.host,
            port: credential.port,
            database: "*",
            user: credential.account.role().as_str(),
        };
        let text = passfile::text(login, password);
        // Where there is one, a directory in memory that is the account's own.
        let directory = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
        let directory = directory.unwrap_or_else(std::env::temp_dir);
        PasswordFile::with(&directory, text.reveal().as_bytes())
    }

    /// Without a name from the start, so that not even `kill -9` leaves it behind.
    #[cfg(target_os = "linux")]
    fn with(directory: &std::path::Path, text: &[u8]) -> io::Result<PasswordFile> {
        use std::os::fd::AsRawFd as _;
        let mut file = tempfile::tempfile_in(directory)?;
        // libpq uses no password file that others may read, name or no name.
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.write_all(text)?;
        let path = PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()));
        Ok(PasswordFile { path, _file: Box::new(file) })
    }

    /// Removed when it is dropped.
    #[cfg(not(target_os = "linux"))]
    fn with(directory: &std::path::Path, text: &[u8]) -> io::Result<PasswordFile> {
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(text)?;
        Ok(PasswordFile { path: file.path().to_owned(), _file: Box::new(file) })
    }
}
