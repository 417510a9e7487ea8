//! `roleform admin import`: the passwords of many administrators at once, from a file that
//! people have already.
//!
//! Not here: how lists of servers are written (`server_list`), password files (the provider's
//! `passfile`). Invariant: a password is stored for a resource of the configuration only, when
//! nothing that the file says of it is otherwise there; none is printed.

use std::io::Read as _;
use std::path::Path;

use engine::code::Code;
use engine::declared::{DeclaredResource, SecretSource};
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::name::printable;
use engine::secret::Secret;
use provider_postgres::connect::passfile::{self, Login};

use super::{Given, account, nowhere, store};
use crate::args::kept::{AdminImport, PasswordFormat};
use crate::error::{CommandResult, Exit, system_words};
use crate::server_list::{self, Format, Server};
use crate::state_directory::Purpose;
use crate::terminal::Terminal;
use crate::{configuration, files, identity};

/// Imports the file.
pub(super) fn run(args: &AdminImport, terminal: &Terminal) -> CommandResult {
    let configuration = configuration::load(&args.variables)?;
    let declared = &configuration.declared;
    let recipients = identity::recipients(&declared.settings.recipients)?;
    let text = read(&args.file)?;
    let list = List::parse(&text, args.format.unwrap_or_else(|| format(&args.file, text.reveal())))?;
    let (mut found, mut without) = (Vec::new(), Vec::new());
    let kept_here = |resource: &&DeclaredResource| resource.admin_password == SecretSource::Unset;
    for resource in declared.resources.values().filter(kept_here) {
        let account = account(resource)?;
        match list.password((resource, account.role().as_str()))? {
            Some(password) => found.push(Given { resource, account, password }),
            None => without.push(format!("postgres.{}", resource.name)),
        }
    }
    if found.is_empty() {
        return Err(nothing(&args.file).into());
    }
    let purpose = Purpose { command: "admin import", timeout: args.lock.lock_timeout, terminal };
    let text = format!("{} stored.", counted(found.len()));
    store(&found, &recipients, (purpose, text))?;
    for given in &found {
        let shown = printable(&given.account.to_string());
        terminal.data(&format!("Stored the password of {shown}, encrypted.\n"));
    }
    if !without.is_empty() {
        terminal.say(&format!("The file has none for {}.", without.join(", ")));
    }
    terminal.report(&exposed(&args.file)?);
    Ok(Exit::Done)
}

fn counted(passwords: usize) -> String {
    if passwords == 1 { "1 password was".to_owned() } else { format!("{passwords} passwords were") }
}

fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}

fn read(file: &Path) -> Result<Secret, Diagnostic> {
    let bytes = if is_standard_input(file) {
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| nowhere(format!("Standard input cannot be read: {}.", system_words(&error))))?;
        std::mem::take(&mut *bytes)
    } else {
        files::read(file)?
    };
    Secret::from_utf8(bytes).ok_or_else(|| nowhere(format!("\"{}\" is not UTF-8 text.", file.display())))
}

/// How a file is written, by its name, else by the first characters that are no comment.
fn format(file: &Path, text: &str) -> PasswordFormat {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let first = first.unwrap_or_default().trim();
    let list = first.strip_prefix('[').map(str::trim_start);
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => PasswordFormat::Csv,
        Some("json") => PasswordFormat::Json,
        Some("conf") => PasswordFormat::Service,
        Some(_) | None => match list {
            _ if first.starts_with('{') => PasswordFormat::Json,
            Some(rest) if rest.is_empty() || rest.starts_with('{') => PasswordFormat::Json,
            Some(_) => PasswordFormat::Service,
            None => PasswordFormat::Passfile,
        },
    }
}

/// What a file has.
enum List<'a> {
    /// A password file: its first line that matches decides.
    PasswordFile(&'a Secret),
    /// Servers that say which they are.
    Servers(Vec<Server>),
}

impl<'a> List<'a> {
    fn parse(text: &'a Secret, format: PasswordFormat) -> Result<List<'a>, Diagnostic> {
        let servers = |format| server_list::servers(text.reveal(), format).map(List::Servers);
        match format {
            PasswordFormat::Passfile => Ok(List::PasswordFile(text)),
            PasswordFormat::Csv => servers(Format::Csv),
            PasswordFormat::Json => servers(Format::Json),
            PasswordFormat::Service => servers(Format::Service),
        }
    }

    /// The password of a resource's administrator.
    fn password(&self, (resource, user): (&DeclaredResource, &str)) -> Result<Option<Secret>, Diagnostic> {
        let (port, database) = (resource.port.to_string(), resource.database.as_str());
        let servers = match self {
            List::PasswordFile(text) => {
                let login = Login { host: &resource.host, port: resource.port, database, user };
                return Ok(passfile::find(text.reveal(), login));
            }
            List::Servers(servers) => servers,
        };
        let facts = [
            ("name", resource.name.as_str()),
            ("host", &resource.host),
            ("port", &port),
            ("database", database),
            ("username", user),
        ];
        let mut passwords =
            servers.iter().filter(|server| server.is(&facts)).filter_map(|server| server.password.as_ref());
        let Some(first) = passwords.next() else { return Ok(None) };
        if passwords.any(|other| other.reveal() != first.reveal()) {
            let detail = format!("The file has several passwords for postgres.{}.", resource.name);
            return Err(
                nowhere(detail).hint("give its entries a name, a host, a port, a database and a user")
            );
        }
        Ok(Some(first.duplicate()))
    }
}

fn nothing(file: &Path) -> Diagnostic {
    let detail = format!(
        "\"{}\" has no password for a resource of the configuration, of those that do not say themselves where it comes from.",
        file.display()
    );
    nowhere(detail).hint(
        "an entry is for a resource when name, host, port, database and user, as far as it has them, are as `roleform inventory list` prints them",
    )
}

/// The file has done its service; others can read it.
fn exposed(file: &Path) -> Result<Diagnostics, Diagnostic> {
    if is_standard_input(file) || !files::is_open_to_others(file)? {
        return Ok(Diagnostics::default());
    }
    let detail = format!("\"{}\" can be read by other accounts.", file.display());
    Ok(Diagnostic::warning(Code::CLI005, "Password file is open to others", detail)
        .hint("remove it, or `chmod 0600` it; the passwords are in the state now")
        .into())
}
