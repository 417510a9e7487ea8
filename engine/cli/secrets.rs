//! Passwords of administrators, from where the configuration says.
//!
//! Not here: how stored ones are decrypted (`engine::credentials`). Invariant: a password
//! comes from the one place that was named, never from the next best one; programs run
//! without a shell; no message contains what a place gave.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use engine::code::Code;
use engine::credentials::ledger::Ledger;
use engine::credentials::{Account, seal};
use engine::declared::{DeclaredResource, SecretSource};
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::name::{ResourceName, RoleName};
use engine::secret::Secret;
use engine::state::contents::Contents;
use provider_postgres::connect::administrator;
use provider_postgres::connect::passfile::{self, Login};

use crate::audit::Session;
use crate::error::system_words;
use crate::{files, identity, project};

/// Passwords of administrators, of those resources that have one.
pub(crate) type Passwords = BTreeMap<ResourceName, Secret>;

/// Finds the passwords of the administrators of these resources. All that are missing are
/// reported. What comes out of the credential store is told to the session.
pub(crate) fn passwords<'a>(
    resources: impl IntoIterator<Item = &'a DeclaredResource>,
    contents: &Contents,
    session: &Session,
) -> Result<(Passwords, Diagnostics), Diagnostics> {
    let mut found = Passwords::new();
    let mut diagnostics = Diagnostics::default();
    let resources: Vec<&DeclaredResource> = resources.into_iter().collect();
    let place = Place { contents, session, hidden: &hidden(&resources) };
    for resource in resources {
        match one(resource, &place, &mut diagnostics) {
            Ok(password) => found.extend(password.map(|password| (resource.name.clone(), password))),
            Err(mistake) => diagnostics.push(mistake),
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok((found, diagnostics)) }
}

/// Where passwords are looked for.
struct Place<'a> {
    contents: &'a Contents,
    session: &'a Session,
    /// Variables that hold secrets of others than the program that is run.
    hidden: &'a [String],
}

/// Variables whose values a program that is asked for one password has no business with:
/// other passwords, and values of the configuration's variables.
fn hidden(resources: &[&DeclaredResource]) -> Vec<String> {
    let named = resources.iter().filter_map(|resource| match &resource.admin_password {
        SecretSource::Environment(name) => Some(name.clone()),
        SecretSource::Unset
        | SecretSource::File(_)
        | SecretSource::Command(_)
        | SecretSource::InConfiguration
        | SecretSource::Literal(_) => None,
    });
    named
        .chain(project::environment_variables().into_iter().map(|(name, _)| project::variable(&name)))
        .collect()
}

/// The password of one administrator; `None`: the server may want none.
fn one(
    resource: &DeclaredResource,
    from: &Place<'_>,
    warnings: &mut Diagnostics,
) -> Result<Option<Secret>, Diagnostic> {
    let place = |message| resource.locate(message);
    match &resource.admin_password {
        SecretSource::Environment(name) => environment(name).map(Some).map_err(place),
        SecretSource::File(path) => file(path).map(Some).map_err(place),
        SecretSource::Command(argv) => command(argv, from.hidden).map(Some).map_err(place),
        SecretSource::InConfiguration => Err(withheld(resource)),
        SecretSource::Literal(text) => Ok(Some(Secret::new(text.clone()))),
        SecretSource::Unset => {
            let user = administrator(resource).map_err(|error| *error.diagnostic)?;
            match stored(resource, &user, from).map_err(place)? {
                Some(secret) => Ok(Some(secret)),
                None => Ok(from_password_file(resource, &user, warnings)),
            }
        }
    }
}

/// A plan says only that the configuration has it.
fn withheld(resource: &DeclaredResource) -> Diagnostic {
    let detail = format!(
        "The password of postgres.{} is written in its configuration, which is not here or depends on a variable without a value.",
        resource.name
    );
    nowhere(detail).hint(
        "apply beside the configuration and set ROLEFORM_VAR_ and the variable's name, or use env(\"NAME\") there",
    )
}

/// What `admin set` stored.
fn stored(resource: &DeclaredResource, user: &str, from: &Place<'_>) -> Result<Option<Secret>, Diagnostic> {
    let Ok(role) = RoleName::new(user) else { return Ok(None) };
    let account = Account::Admin { resource: resource.name.clone(), role };
    let ledger = Ledger::read(&from.contents.credentials).map_err(|error| error.diagnostic())?;
    let Some(credential) = ledger.0.get(&account).and_then(|entry| entry.current.as_ref()) else {
        return Ok(None);
    };
    let password = seal::open(credential, &identity::keys(None)?).map_err(|error| error.diagnostic())?;
    from.session.password_read(account.to_string());
    Ok(Some(password))
}

fn nowhere(detail: String) -> Diagnostic {
    Diagnostic::error(Code::CLI005, "Password cannot be had", detail)
}

fn unset(name: &str, how: &str) -> Diagnostic {
    nowhere(format!("The environment variable {name} is {how}."))
        .hint(format!("set {name} before running roleform"))
}

fn environment(name: &str) -> Result<Secret, Diagnostic> {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => Ok(Secret::new(text)),
        Ok(_) => Err(unset(name, "empty")),
        Err(std::env::VarError::NotPresent) => Err(unset(name, "not set")),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(nowhere(format!("The environment variable {name} is not UTF-8.")))
        }
    }
}

fn file(path: &str) -> Result<Secret, Diagnostic> {
    let bytes = fs::read(path)
        .map_err(|error| nowhere(format!("The file \"{path}\" cannot be read: {}.", system_words(&error))))?;
    first_line(bytes).ok_or_else(|| nowhere(format!("The first line of the file \"{path}\" is no password.")))
}

fn command(argv: &[String], hidden: &[String]) -> Result<Secret, Diagnostic> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(nowhere("The list of command([…]) is empty: there is no program to run.".to_owned()));
    };
    let mut asked = Command::new(program);
    for name in hidden {
        asked.env_remove(name);
    }
    let output = asked
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| nowhere(format!("\"{program}\" could not be run: {}.", system_words(&error))))?;
    if !output.status.success() {
        return Err(nowhere(format!("\"{program}\" failed with {}.", output.status)));
    }
    first_line(output.stdout)
        .ok_or_else(|| nowhere(format!("\"{program}\" printed no password on its first line.")))
}

/// The first line of a text, without its line end; `None` when it is empty or no text.
fn first_line(mut bytes: Vec<u8>) -> Option<Secret> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let end = if end > 0 && bytes[end - 1] == b'\r' { end - 1 } else { end };
    // Wiped rather than cut off: what follows may be secret too.
    zeroize::Zeroize::zeroize(&mut bytes[end..]);
    bytes.truncate(end);
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty()).map(Secret::new)
}

/// libpq's password file, which it ignores when others may read it.
fn from_password_file(resource: &DeclaredResource, user: &str, warnings: &mut Diagnostics) -> Option<Secret> {
    let usual = || std::env::home_dir().map(|home| home.join(".pgpass"));
    let path = std::env::var_os("PGPASSFILE").map(PathBuf::from).or_else(usual)?;
    fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
    if files::is_open_to_others(&path).ok()? {
        warnings.push(exposed(&path));
        return None;
    }
    let text = zeroize::Zeroizing::new(fs::read_to_string(&path).ok()?);
    let login =
        Login { host: &resource.host, port: resource.port, database: resource.database.as_str(), user };
    passfile::find(&text, login)
}

fn exposed(path: &Path) -> Diagnostic {
    let detail = format!("\"{}\" can be read by other accounts, so it was not used.", path.display());
    Diagnostic::warning(Code::CLI005, "Password file is open to others", detail)
        .hint(format!("chmod 0600 {}", path.display()))
}
