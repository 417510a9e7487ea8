//! The configuration of the directory, loaded, with a digest of all that it was made of.
//!
//! Not here: what it means (`engine::config`), which files there are (`project`).
//! Invariant: equal files and variables give equal digests.

use std::fs;
use std::io::Read;
use std::path::Path;

use engine::config;
use engine::config::console::Console;
use engine::config::inputs::{InputArgument, Inputs, MissingValues};
use engine::config::sources::Sources;
use engine::config::surroundings::Surroundings;
use engine::declared::Declared;
use engine::diagnostic::{Diagnostics, SourceFile};
use engine::digest::Digest;

use crate::error::{CommandResult, system_words};
use crate::variable_flags::{VariableFlag, VariableFlags};
use crate::{project, surroundings, time};

/// A configuration without mistakes.
pub(crate) struct Configuration {
    /// What it declares.
    pub(crate) declared: Declared,
    /// Of files and variables.
    pub(crate) digest: [u8; 32],
    /// What is worth saying about it.
    pub(crate) warnings: Diagnostics,
}

/// Loads the configuration; every value must be known.
pub(crate) fn load(flags: &VariableFlags) -> Result<Configuration, Diagnostics> {
    let (sources, inputs) = read(flags, MissingValues::Error)?;
    let (declared, diagnostics) = evaluate(&sources, &inputs);
    match declared {
        Some(declared) => {
            Ok(Configuration { declared, digest: digest(&sources, &inputs), warnings: diagnostics })
        }
        None => Err(diagnostics),
    }
}

/// What of the configuration binds an apply; `None` where there is no configuration.
pub(crate) fn standing() -> Result<Option<(Declared, Diagnostics)>, Diagnostics> {
    let sources = project::any_sources()?;
    if sources.root.is_empty() {
        return Ok(None);
    }
    let inputs = inputs(&VariableFlags::default(), MissingValues::Unknown)?;
    let (declared, found) = look_around(|surroundings| config::standing(&sources, &inputs, surroundings));
    match declared {
        Some(declared) => Ok(Some((declared, found))),
        None => Err(found),
    }
}

/// Everything that can be said about the configuration without values for its variables.
pub(crate) fn check(flags: &VariableFlags) -> Diagnostics {
    match read(flags, MissingValues::Unknown) {
        Ok((sources, inputs)) => evaluate(&sources, &inputs).1,
        Err(diagnostics) => diagnostics,
    }
}

/// Lends the names of the configuration, which may be empty or wrong, to `use_it`.
pub(crate) fn console(
    flags: &VariableFlags,
    use_it: impl FnOnce(&mut Console<'_>, Diagnostics) -> CommandResult,
) -> CommandResult {
    let sources = project::any_sources()?;
    let inputs = inputs(flags, MissingValues::Unknown)?;
    look_around(|surroundings| {
        let (mut console, diagnostics) = Console::open(&sources, &inputs, surroundings);
        use_it(&mut console, diagnostics)
    })
}

fn read(flags: &VariableFlags, missing: MissingValues) -> Result<(Sources, Inputs), Diagnostics> {
    Ok((project::sources()?, inputs(flags, missing)?))
}

fn inputs(flags: &VariableFlags, missing: MissingValues) -> Result<Inputs, Diagnostics> {
    let mut arguments = Vec::with_capacity(flags.0.len());
    for flag in &flags.0 {
        arguments.push(match flag {
            VariableFlag::Value { name, text } => {
                InputArgument::Value { name: name.clone(), text: text.clone() }
            }
            VariableFlag::File(path) => InputArgument::File(project::source(path)?),
        });
    }
    let environment = project::environment_variables().into_iter().collect();
    let files = project::automatic_variable_files()?;
    Ok(Inputs { environment, files, arguments, missing })
}

fn evaluate(sources: &Sources, inputs: &Inputs) -> (Option<Declared>, Diagnostics) {
    look_around(|surroundings| config::load(sources, inputs, surroundings))
}

/// Lends files, environment and time, as this process sees them.
fn look_around<T>(look: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    let directory = std::env::current_dir().unwrap_or_default();
    look(&Surroundings {
        read: &|path| read_bounded(Path::new(path)),
        list: &|path| names(Path::new(path)).map_err(|error| system_words(&error)),
        directory: &directory.to_string_lossy(),
        environment: &|name| std::env::var(name).ok(),
        now: &time::rfc3339(surroundings::now()),
    })
}

/// Longest file that an expression may read, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Some files have no end: no more is read than an expression may hold.
fn read_bounded(path: &Path) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|error| system_words(&error))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| system_words(&error))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err("it is longer than 16 MiB".to_owned());
    }
    Ok(bytes)
}

fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let slash = if entry.path().is_dir() { "/" } else { "" };
        names.push(format!("{}{slash}", entry.file_name().to_string_lossy()));
    }
    names.sort();
    Ok(names)
}

/// Each piece stands behind its length, so that no two lists of pieces look alike.
fn digest(sources: &Sources, inputs: &Inputs) -> [u8; 32] {
    let mut bytes = Vec::new();
    let mut add = |piece: &str| {
        bytes.extend((piece.len() as u64).to_be_bytes());
        bytes.extend(piece.as_bytes());
    };
    let mut file =
        |kind: &str, file: &SourceFile| [kind, &file.path, &file.text].into_iter().for_each(&mut add);
    sources.files().for_each(|source| file("source", source));
    inputs.files.iter().for_each(|source| file("variables", source));
    for argument in &inputs.arguments {
        match argument {
            InputArgument::Value { name, text } => ["value", name, text].into_iter().for_each(&mut add),
            InputArgument::File(source) => {
                ["file", &source.path, &source.text].into_iter().for_each(&mut add)
            }
        }
    }
    for (name, text) in &inputs.environment {
        ["environment", name, text].into_iter().for_each(&mut add);
    }
    Digest::of(&[&bytes]).0
}
