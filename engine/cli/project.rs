//! The configuration's directory: its files, and where variables get their values.
//!
//! `-chdir=DIR` has made it the current directory, so every path is relative to it, as in
//! Terraform. Not here: what the files mean (`engine::config`). Invariant: files come in
//! lexical order, and every file that cannot be read is reported, not just the first.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use engine::code::Code;
use engine::config::sources::Sources;
use engine::diagnostic::{Diagnostic, Diagnostics, SourceFile};

use crate::error::system_words;
use crate::files;

/// Where state lives, beside the configuration.
pub(crate) const STATE_DIRECTORY: &str = ".roleform";

/// Goes to the directory of `-chdir`.
pub(crate) fn enter(directory: &Path) -> Result<(), Diagnostic> {
    std::env::set_current_dir(directory).map_err(|error| files::unreadable(directory, &error))
}

/// All `*.hcl` files, possibly none, with those of the modules that they call.
pub(crate) fn any_sources() -> Result<Sources, Diagnostics> {
    if let Some(json) = names_here(&[".hcl.json"])?.first() {
        let detail = format!("\"{}\": configuration is not read from JSON.", json.display());
        let error = Diagnostic::error(Code::CLI002, "File cannot be read", detail);
        return Err(error.hint("JSON is for values of variables: NAME.auto.tfvars.json").into());
    }
    let root = read_all(&names_here(&[".hcl"])?)?;
    Ok(Sources::gather(root, &|directory| module(Path::new(directory))))
}

/// The `*.hcl` files of a module's directory, or why they cannot be read.
fn module(directory: &Path) -> Result<Vec<Arc<SourceFile>>, String> {
    let names = names_ending(directory, &[".hcl"]).map_err(|error| system_words(&error))?;
    read_all(&names).map_err(|problems| {
        let details: Vec<String> = problems.into_iter().map(|problem| problem.detail).collect();
        details.join(" ")
    })
}

/// All `*.hcl` files; at least one in the configuration's own directory.
pub(crate) fn sources() -> Result<Sources, Diagnostics> {
    let sources = any_sources()?;
    if sources.root.is_empty() {
        let here = std::env::current_dir().map_or_else(|_| ".".to_owned(), |path| path.display().to_string());
        let error = Diagnostic::error(
            Code::CLI004,
            "No configuration files",
            format!("The directory \"{here}\" has no file that ends in .hcl."),
        );
        return Err(error.hint("write main.hcl here, or say where with `-chdir=DIR`").into());
    }
    Ok(sources)
}

/// Files of variables that are read without being named: `terraform.tfvars`,
/// `roleform.tfvars`, then `*.auto.tfvars` in lexical order, each in JSON too. Later ones win.
pub(crate) fn automatic_variable_files() -> Result<Vec<Arc<SourceFile>>, Diagnostics> {
    let all = names_here(&[".tfvars", ".tfvars.json"])?;
    let fixed = ["terraform.tfvars", "terraform.tfvars.json", "roleform.tfvars", "roleform.tfvars.json"];
    let first = fixed.iter().map(PathBuf::from).filter(|name| all.contains(name));
    let automatic = all.iter().filter(|name| is_automatic(&name.to_string_lossy())).cloned();
    read_all(&first.chain(automatic).collect::<Vec<_>>())
}

fn is_automatic(name: &str) -> bool {
    name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")
}

/// What a variable of the configuration is called in the environment, before its name.
const VARIABLE: &str = "ROLEFORM_VAR_";

/// What a variable of the configuration is called in the environment.
pub(crate) fn variable(name: &str) -> String {
    format!("{VARIABLE}{name}")
}

/// `ROLEFORM_VAR_name` of the environment, by name.
pub(crate) fn environment_variables() -> Vec<(String, String)> {
    let named = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str()?.strip_prefix(VARIABLE)?.to_owned();
        Some((name, value.into_string().ok()?))
    });
    let mut values: Vec<(String, String)> = named.collect();
    values.sort();
    values
}

/// Reads one file as a source that spans can point into.
pub(crate) fn source(path: &Path) -> Result<Arc<SourceFile>, Diagnostic> {
    let text = files::read_text(path)?;
    Ok(Arc::new(SourceFile::new(path.display().to_string(), text)))
}

fn read_all(names: &[PathBuf]) -> Result<Vec<Arc<SourceFile>>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut read = Vec::with_capacity(names.len());
    for name in names {
        match source(name) {
            Ok(file) => read.push(file),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.has_errors() { Err(mistakes) } else { Ok(read) }
}

/// Files of the current directory.
fn names_here(endings: &[&str]) -> Result<Vec<PathBuf>, Diagnostic> {
    let here = Path::new(".");
    names_ending(here, endings).map_err(|error| files::unreadable(here, &error))
}

/// Files of a directory, in lexical order, without what editors leave behind.
fn names_ending(directory: &Path, endings: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if is_source(&entry.file_name(), endings) && !entry.path().is_dir() {
            // Paths are as people write them: `main.hcl`, `modules/crm/main.hcl`.
            names.push(if directory == Path::new(".") { entry.file_name().into() } else { entry.path() });
        }
    }
    names.sort();
    Ok(names)
}

/// Whether a file's name ends so and is neither hidden nor an editor's copy (`#x#`, `x~`).
pub(crate) fn is_source(name: &OsStr, endings: &[&str]) -> bool {
    let name = name.to_string_lossy();
    endings.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
        && !name.starts_with(['.', '#'])
}
