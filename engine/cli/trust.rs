//! What a plan file stands on: signature files beside it, signing keys, the ssh-agent, and the
//! list of allowed signers.
//!
//! Not here: what counts (`engine::signature`). Invariant: a signature file lies beside its
//! plan under a name that follows from the plan's, as `ssh-keygen -Y sign` names it.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::secret::Secret;
use engine::signature::key::{KeyError, SigningKey};
use engine::signature::roster::Seals;
use engine::signature::signers::AllowedSigners;
use engine::signature::{Moment, Purpose, agent};

use crate::error::{system_words, usage};
use crate::files::{self, Target};
use crate::surroundings;

/// What signature files begin with; nothing else is ever removed.
const ARMOR: &[u8] = b"-----BEGIN SSH SIGNATURE-----";

/// How long an agent may take: a person may have to touch a key.
const PATIENCE: Duration = Duration::from_secs(60);

/// Now, and where.
pub(crate) fn moment() -> Moment {
    Moment { now: surroundings::now(), zone: jiff::tz::TimeZone::system() }
}

/// Where the author's signature of a plan is.
pub(crate) fn signature_path(plan: &Path) -> PathBuf {
    with_ending(plan, ".sig")
}

/// Where an approval by a key is: its fingerprint, as letters that any file system takes.
pub(crate) fn approval_path(plan: &Path, fingerprint: &str) -> PathBuf {
    let letters = fingerprint.trim_start_matches("SHA256:").chars().filter(char::is_ascii_alphanumeric);
    with_ending(plan, &format!(".approval-{}.sig", letters.take(16).collect::<String>()))
}

fn with_ending(plan: &Path, ending: &str) -> PathBuf {
    let mut name = plan.file_name().map_or_else(OsString::new, OsString::from);
    name.push(ending);
    plan.with_file_name(name)
}

/// The signature files beside a plan.
pub(crate) fn seals(plan: &Path) -> Result<Seals, Diagnostic> {
    let path = signature_path(plan);
    let signature = if path.exists() { Some(files::read(&path)?) } else { None };
    let mut seals = Seals { signature, ..Seals::default() };
    for path in approvals(plan)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        seals.approvals.insert(name, files::read(&path)?);
    }
    Ok(seals)
}

fn approvals(plan: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let start = with_ending(plan, ".approval-");
    let Some(start) = start.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let directory = match plan.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let unreadable = |error: std::io::Error| files::unreadable(directory, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(start) && name.ends_with(".sig")) {
            found.push(directory.join(name));
        }
    }
    found.sort();
    Ok(found)
}

/// Takes away what was signed about a plan file that is replaced: it fits no other.
pub(crate) fn forget_seals(plan: &Path) -> Result<(), Diagnostic> {
    let mut paths = approvals(plan)?;
    paths.push(signature_path(plan));
    for path in paths {
        if fs::read(&path).is_ok_and(|text| text.starts_with(ARMOR)) {
            fs::remove_file(&path).map_err(|error| files::unreadable(&path, &error))?;
        }
    }
    Ok(())
}

/// The text of an allowed-signers file, found readable.
pub(crate) fn signers(path: &Path) -> Result<(String, AllowedSigners), Diagnostic> {
    let text = files::read_text(path)?;
    let parsed = AllowedSigners::parse(&text).and_then(|signers| {
        let problem = "it names nobody".to_owned();
        if signers.is_empty() {
            Err(engine::signature::signers::SignersError { line: 1, problem })
        } else {
            Ok(signers)
        }
    });
    match parsed {
        Ok(signers) => Ok((text, signers)),
        Err(error) => {
            let detail = format!("\"{}\", {error}.", path.display());
            Err(Diagnostic::error(Code::SIG001, Code::SIG001.title(), detail)
                .hint("`man ssh-keygen`, ALLOWED SIGNERS, tells what its lines look like"))
        }
    }
}

/// Reads the key of `-sign`.
pub(crate) fn key(path: &Path) -> Result<SigningKey, Diagnostic> {
    let text = Secret::from_utf8(files::read(path)?).ok_or(KeyError::Malformed);
    text.and_then(|text| SigningKey::read(&text)).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &KeyError) -> Diagnostic {
    let detail = format!("The key \"{}\" cannot sign: {error}.", path.display());
    Diagnostic::error(Code::SIG002, Code::SIG002.title(), detail)
}

/// Signs a plan file and writes the signature.
pub(crate) fn sign(
    (path, key): (&Path, &SigningKey),
    purpose: Purpose,
    bytes: &[u8],
    target: &Path,
) -> Result<(), Diagnostic> {
    let text = key.sign(purpose, bytes, &ask).map_err(|error| unusable(path, &error))?;
    Target::check(target)?.write(text.as_bytes())
}

/// The plan id that a flag of another command names must be that of this file.
pub(crate) fn unknown_signers() -> Diagnostic {
    usage("\"-require-signature\" needs to know who may sign, and nothing here says so.")
        .hint("say who with `-allowed-signers FILE`, or with `allowed_signers` in the roleform block")
}

#[cfg(unix)]
fn ask(request: &[u8]) -> Result<Vec<u8>, String> {
    use std::os::unix::net::UnixStream;
    let path = std::env::var_os("SSH_AUTH_SOCK").ok_or("SSH_AUTH_SOCK is not set")?;
    let talk = || -> std::io::Result<Vec<u8>> {
        let mut stream = UnixStream::connect(&path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length > agent::LONGEST {
            return Err(std::io::Error::other("its answer is too long"));
        }
        let mut answer = vec![0; length as usize];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    talk().map_err(|error| format!("the agent at {}: {}", Path::new(&path).display(), system_words(&error)))
}

#[cfg(not(unix))]
fn ask(_: &[u8]) -> Result<Vec<u8>, String> {
    Err("agents are asked through unix sockets only".to_owned())
}
