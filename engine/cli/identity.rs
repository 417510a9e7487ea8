//! The user's identity: the private key that reads what was encrypted to its owner.
//!
//! One file per user, made by `init`, outside of every repository. Not here: keys
//! themselves (`engine::credentials`). Invariant: the file is never overwritten, and was
//! never readable by others.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use engine::code::Code;
use engine::credentials::identity::Identity;
use engine::credentials::recipient::Recipient;
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::secret::Secret;

use crate::error::system_words;
use crate::{files, surroundings};

/// Its name in the user's directory.
const NAME: &str = "identity.txt";

/// Keeps a directory out of git, wherever it lies.
pub(crate) const IGNORE_ALL: &str = "# Made by roleform: nothing in here belongs into git.\n*\n";

/// The user's identity file and its public key.
#[derive(Clone)]
pub(crate) struct Own {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What others encrypt to.
    pub(crate) recipient: Recipient,
    /// Whether it was made just now.
    pub(crate) made: bool,
}

/// Where the user's identity is, or will be.
pub(crate) fn place() -> Result<PathBuf, Diagnostic> {
    Ok(surroundings::user_directory()?.join(NAME))
}

/// The user's identity; makes one when there is none.
pub(crate) fn ensure() -> Result<Own, Diagnostic> {
    let path = place()?;
    if let Some(recipient) = own_recipient()? {
        return Ok(Own { path, recipient, made: false });
    }
    let new = Identity::generate();
    write(&path, &new.file).map_err(|error| {
        let detail =
            format!("Your identity \"{}\" cannot be written: {}.", path.display(), system_words(&error));
        Diagnostic::error(Code::CLI003, "Output cannot be written", detail)
            .hint("XDG_CONFIG_HOME names another directory for it")
    })?;
    Ok(Own { path, recipient: new.recipient, made: true })
}

/// The public key of the user's identity; `None` when there is none.
pub(crate) fn own_recipient() -> Result<Option<Recipient>, Diagnostic> {
    let path = place()?;
    if !path.exists() {
        return Ok(None);
    }
    Ok(read(&path)?.iter().find_map(Identity::recipient))
}

/// The keys to decrypt with: those of the file that is named, else the user's own.
pub(crate) fn keys(named: Option<&Path>) -> Result<Vec<Identity>, Diagnostic> {
    match named {
        Some(path) => read(path),
        None => {
            let own = place()?;
            if own.exists() { read(&own) } else { Ok(Vec::new()) }
        }
    }
}

/// Those that passwords are encrypted to: the recipients that are named, or the user when
/// none is.
pub(crate) fn recipients(named: &[String]) -> Result<Vec<Recipient>, Diagnostics> {
    if named.is_empty() {
        return Ok(own_recipient()?.into_iter().collect());
    }
    let mut mistakes = Diagnostics::default();
    let mut recipients = Vec::new();
    for (number, text) in (1..).zip(named) {
        match text.parse::<Recipient>() {
            Ok(recipient) => recipients.push(recipient),
            Err(error) => mistakes.push(error.diagnostic(number)),
        }
    }
    if mistakes.has_errors() { Err(mistakes) } else { Ok(recipients) }
}

fn read(path: &Path) -> Result<Vec<Identity>, Diagnostic> {
    let bytes = files::read(path)?;
    let shown = path.display().to_string();
    if files::is_open_to_others(path)? {
        let detail =
            format!("Other accounts have access to the identity file \"{shown}\", so it is not used.");
        return Err(Diagnostic::error(Code::CRD007, "Identity file is open to others", detail)
            .hint(format!("chmod go= {shown}")));
    }
    let text = Secret::from_utf8(bytes).ok_or_else(|| {
        let detail = format!("The identity file \"{shown}\" is not text.");
        Diagnostic::error(Code::CRD003, "Identity file cannot be used", detail)
    })?;
    Identity::parse(&text).map_err(|error| error.diagnostic(&shown))
}

/// Writes the file beside its place and gives it its name only if nobody has it yet.
fn write(path: &Path, text: &Secret) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    private_directory(directory)?;
    keep_out_of_git(directory)?;
    let mut file = tempfile::Builder::new().prefix(".identity-").tempfile_in(directory)?;
    file.write_all(text.reveal().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    fs::File::open(directory)?.sync_all()
}

/// Writes a `.gitignore` for everything, unless there is one.
pub(crate) fn keep_out_of_git(directory: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).open(directory.join(".gitignore")) {
        Ok(mut file) => file.write_all(IGNORE_ALL.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a directory and those above it, closed to others.
fn private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
