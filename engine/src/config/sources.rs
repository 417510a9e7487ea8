//! The files of a configuration: those of its directory and of the modules that it calls.
//!
//! A module's source is a constant, so which directories are needed is known before
//! anything is evaluated. Not here: reading a disk (the caller lends a function) and what
//! is wrong with a call (`load::directory`). Invariant: each directory is read once,
//! however often it is called.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hcl::edit::expr::Expression;

use super::parse::{Tree, chunks};
use crate::diagnostic::{Diagnostics, SourceFile};

/// The files of one directory, in lexical order.
pub type Files = Vec<Arc<SourceFile>>;

/// The files of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Of the configuration's own directory, in lexical order.
    pub root: Files,
    /// Of the directories of modules, by path relative to the configuration; or why a
    /// directory cannot be read.
    pub modules: BTreeMap<String, Result<Files, String>>,
}

/// The configuration's own directory.
pub(crate) const ROOT: &str = ".";

/// Deepest nesting of modules: links between directories may go round without end.
pub(crate) const MAX_DEPTH: usize = 32;

/// Most directories of modules, for the same reason.
const MAX_DIRECTORIES: usize = 1_000;

impl Sources {
    /// Files of one directory without modules.
    pub fn single(root: Files) -> Sources {
        Sources { root, modules: BTreeMap::new() }
    }

    /// Reads the directories of all modules that are called, directly or by other modules.
    /// `read` gives the files of a directory, whose path is relative to the configuration.
    pub fn gather(root: Files, read: &dyn Fn(&str) -> Result<Files, String>) -> Sources {
        let mut sources = Sources::single(root);
        let mut waiting: VecDeque<(String, usize)> =
            called(ROOT, &sources.root).into_iter().map(|path| (path, 1)).collect();
        while let Some((path, depth)) = waiting.pop_front() {
            let full = depth > MAX_DEPTH || sources.modules.len() >= MAX_DIRECTORIES;
            if full || path == ROOT || sources.modules.contains_key(&path) {
                continue;
            }
            let files = read(&path);
            let inner = files.as_ref().map(|files| called(&path, files)).unwrap_or_default();
            waiting.extend(inner.into_iter().map(|path| (path, depth + 1)));
            sources.modules.insert(path, files);
        }
        sources
    }

    /// Every file, those of modules in the order of their directories.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.root.iter().chain(self.modules.values().flatten().flatten())
    }
}

/// Directories of the modules that the files of a directory call.
fn called(directory: &str, files: &[Arc<SourceFile>]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.text.contains("module")) {
        // What is wrong with the file is reported when it is loaded.
        let mut unheard = Diagnostics::default();
        for chunk in chunks(file, &mut unheard).iter().filter(|chunk| chunk.kind == "module") {
            let tree = chunk.parse(&mut unheard);
            found.extend(tree.as_ref().and_then(source).and_then(|source| resolve(directory, source).ok()));
        }
    }
    found
}

/// The source of a `module` block, when it is a constant text.
pub(crate) fn source(tree: &Tree) -> Option<&str> {
    match &tree.block()?.body.get_attribute("source")?.value {
        Expression::String(text) => Some(text.value()),
        _ => None,
    }
}

/// Why a text is no source of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceProblem {
    /// Begins with neither `./` nor `../`, but could.
    NotMarkedLocal,
    /// From the root of the file system.
    Absolute,
    /// A registry, a repository or an archive.
    Remote,
}

/// The directory that a source means, relative to the configuration.
pub(crate) fn resolve(directory: &str, source: &str) -> Result<String, SourceProblem> {
    if source.starts_with('/') {
        return Err(SourceProblem::Absolute);
    }
    if !(matches!(source, "." | "..") || source.starts_with("./") || source.starts_with("../")) {
        let remote = source.contains(':') || source.split('/').next().is_some_and(|host| host.contains('.'));
        return Err(if remote { SourceProblem::Remote } else { SourceProblem::NotMarkedLocal });
    }
    let mut steps: Vec<&str> = Vec::new();
    for step in directory.split('/').chain(source.split('/')) {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => drop(steps.pop()),
            other => steps.push(other),
        }
    }
    Ok(if steps.is_empty() { ROOT.to_owned() } else { steps.join("/") })
}

#[cfg(test)]
mod tests {
    use super::{SourceProblem, resolve};

    #[test]
    fn sources_are_paths_from_the_calling_directory() {
        for (directory, source, wanted) in [
            (".", "./modules/crm", Ok("modules/crm")),
            ("modules/crm", "../base", Ok("modules/base")),
            ("modules/crm", "./inner/", Ok("modules/crm/inner")),
            (".", "../../shared//x/./y", Ok("../../shared/x/y")),
            ("../shared", "..", Ok("..")),
            ("modules", "../", Ok(".")),
            (".", "modules/crm", Err(SourceProblem::NotMarkedLocal)),
            (".", "/etc/crm", Err(SourceProblem::Absolute)),
            (".", "git::https://example.com/x.git", Err(SourceProblem::Remote)),
            (".", "github.com/a/b", Err(SourceProblem::Remote)),
        ] {
            assert_eq!(resolve(directory, source).as_deref(), wanted.as_deref(), "{directory} {source}");
        }
    }
}
