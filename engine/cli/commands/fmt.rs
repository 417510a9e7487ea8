//! `roleform fmt`: which files are formatted, and what is printed about them.
//!
//! Behaves as `terraform fmt`: names of files that differ on stdout; exit code 3 with
//! `-check` when there are any, 2 when a file cannot be formatted. Not here: how a text is formatted (`engine::config::format`). Invariant: a
//! file is rewritten whole or not at all, and never one with a mistake in it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::config::format::{diff, format};
use engine::diagnostic::{Diagnostic, Diagnostics, SourceFile};

use crate::args::Fmt;
use crate::error::{CommandResult, Exit, usage};
use crate::files;
use crate::project::{self, is_source};
use crate::terminal::Terminal;

/// Files that are configuration.
const ENDINGS: [&str; 2] = [".hcl", ".tfvars"];

/// Formats what the arguments name.
pub(crate) fn run(args: &Fmt, terminal: &Terminal) -> CommandResult {
    let standard_input = Path::new("-");
    let mut work = Work { args, terminal, differing: 0, mistakes: Diagnostics::default() };
    match args.targets.as_slice() {
        [] => work.directory(Path::new(".")),
        [only] if only == standard_input => {
            work.standard_input().unwrap_or_else(|mistake| work.mistakes.push(mistake));
        }
        several if several.iter().any(|target| target == standard_input) => {
            return Err(usage("\"-\" is standard input and goes with no other file.").into());
        }
        targets => targets.iter().for_each(|target| work.target(target)),
    }
    if work.mistakes.has_errors() {
        terminal.report(&work.mistakes);
        return Ok(Exit::Unreadable);
    }
    Ok(if args.check && work.differing > 0 { Exit::Refused } else { Exit::Done })
}

struct Work<'a> {
    args: &'a Fmt,
    terminal: &'a Terminal,
    differing: usize,
    mistakes: Diagnostics,
}

impl Work<'_> {
    fn target(&mut self, path: &Path) {
        if path.is_dir() {
            self.directory(path);
        } else if path.is_file() && !ends_as_source(path) {
            let detail = format!("\"{}\" ends neither in .hcl nor in .tfvars.", path.display());
            self.mistakes.push(usage(detail).hint("only configuration can be formatted"));
        } else {
            self.file(path);
        }
    }

    fn directory(&mut self, path: &Path) {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut names = match entries {
            Ok(entries) => entries.iter().map(fs::DirEntry::file_name).collect::<Vec<_>>(),
            Err(error) => return self.mistakes.push(files::unreadable(path, &error)),
        };
        names.sort();
        for name in names {
            let inner = if path == Path::new(".") { PathBuf::from(&name) } else { path.join(&name) };
            if inner.is_dir() {
                if self.args.recursive && !name.to_string_lossy().starts_with('.') {
                    self.directory(&inner);
                }
            } else if is_source(&name, &ENDINGS) {
                self.file(&inner);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        if let Err(mistake) = project::source(path).and_then(|source| self.source(path, &source)) {
            self.mistakes.push(mistake);
        }
    }

    fn source(&mut self, path: &Path, source: &Arc<SourceFile>) -> Result<(), Diagnostic> {
        let text = format(&source.text).map_err(|mistake| mistake.diagnostic(source))?;
        if text == source.text {
            return Ok(());
        }
        self.differing += 1;
        if self.args.list {
            self.terminal.data(&format!("{}\n", source.path));
        }
        if self.args.write && !self.args.check {
            files::rewrite(path, &text)?;
        }
        if self.args.diff {
            self.terminal.data(&diff::unified(&source.path, &source.text, &text));
        } else if !self.args.list && !self.args.write && !self.args.check {
            self.terminal.data(&text);
        }
        Ok(())
    }

    /// Formats standard input to standard output.
    fn standard_input(&mut self) -> Result<(), Diagnostic> {
        let mut text = String::new();
        let path = Path::new("<stdin>");
        std::io::stdin().read_to_string(&mut text).map_err(|error| files::unreadable(path, &error))?;
        let source = Arc::new(SourceFile::new(path.display().to_string(), text));
        let formatted = format(&source.text).map_err(|mistake| mistake.diagnostic(&source))?;
        self.differing += usize::from(formatted != source.text);
        if self.args.diff {
            if formatted != source.text {
                self.terminal.data(&diff::unified(&source.path, &source.text, &formatted));
            }
        } else if !self.args.check {
            // What is printed ends with a line end, as Terraform has it; what is written to a file need not.
            let end = if formatted.ends_with('\n') { "" } else { "\n" };
            self.terminal.data(&format!("{formatted}{end}"));
        }
        Ok(())
    }
}

fn ends_as_source(path: &Path) -> bool {
    path.file_name().is_some_and(|name| ENDINGS.iter().any(|ending| name.to_string_lossy().ends_with(ending)))
}
