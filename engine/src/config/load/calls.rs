//! `module` blocks: where they lead, and whether their arguments fit.
//!
//! Not here: their instances (`instances`) and the values of arguments (`namespace`).
//! Invariant: a call that leaves here has a directory that was read.

use hcl::edit::Span as _;
use hcl::edit::structure::Attribute;

use super::directory::Directory;
use super::index::unsupported_block;
use crate::code::Code;
use crate::config::lower::reading::foreign;
use crate::config::parse::Tree;
use crate::config::sources::{ROOT, SourceProblem, Sources, resolve, source};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, nearest};

/// A `module` block.
pub(crate) struct Call {
    /// The block.
    pub(crate) tree: Tree,
    /// The word and the label.
    pub(crate) span: Span,
    /// Where its source is written.
    pub(crate) source: Span,
    /// The directory that it leads to.
    pub(crate) directory: String,
}

/// Arguments that are about the call, not for the module.
pub(crate) const META: &[&str] = &["source", "for_each", "count", "depends_on"];

/// Reads where a call leads to, seen from the directory where it stands.
pub(crate) fn call(
    tree: Tree,
    (from, span): (&str, Span),
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Call> {
    let Some(attribute) = tree.block()?.body.get_attribute("source") else {
        let detail = "The argument \"source\" is required, but no definition was found.";
        let said = Diagnostic::error(Code::CFG004, "Missing required argument", detail).at(span);
        diagnostics.push(said.hint("say where the module is, like source = \"./modules/crm\""));
        return None;
    };
    let place = tree.place.span(attribute.value.span());
    match directory(&tree, from, sources) {
        Ok(directory) => Some(Call { tree, span, source: place, directory }),
        Err(problem) => {
            diagnostics.push(problem.at(place));
            None
        }
    }
}

fn directory(tree: &Tree, from: &str, sources: &Sources) -> Result<String, Diagnostic> {
    let error = |summary: &str, detail: String| Diagnostic::error(Code::CFG080, summary, detail);
    let Some(written) = source(tree) else {
        let detail = "The source of a module is a text without any ${…}: which files there are must be known before anything is evaluated.";
        return Err(error("Invalid module source", detail.to_owned()));
    };
    let path = resolve(from, written).map_err(|problem| match problem {
        SourceProblem::NotMarkedLocal => error(
            "Invalid module source",
            format!("The source {written:?} does not say where the module is: a path begins with \"./\" or \"../\"."),
        )
        .hint(format!("Did you mean \"./{written}\"?")),
        SourceProblem::Absolute => error(
            "Invalid module source",
            format!("The source {written:?} is an absolute path, which is another on every machine. A path begins with \"./\" or \"../\"."),
        ),
        SourceProblem::Remote => error(
            "Invalid module source",
            format!("The source {written:?} is not a directory: modules are not downloaded. A path begins with \"./\" or \"../\"."),
        )
        .hint("keep the module beside the configuration, as a git subtree or submodule for example"),
    })?;
    match sources.modules.get(&path) {
        Some(Ok(files)) if files.is_empty() => {
            Err(error("Empty module", format!("The directory \"{path}\" has no file that ends in .hcl.")))
        }
        Some(Err(why)) => Err(error(
            "Unreadable module directory",
            format!("The directory \"{path}\" cannot be read: {why}."),
        )),
        None if path != ROOT => {
            let detail = "Modules are nested too deeply here, or there are too many directories of them.";
            Err(Diagnostic::error(Code::CFG023, "Too many modules", detail))
        }
        // That the configuration calls itself is a circle, which others report.
        Some(Ok(_)) | None => Ok(path),
    }
}

impl Call {
    /// The arguments that are values for the module's variables.
    fn inputs(&self) -> impl Iterator<Item = &Attribute> {
        let attributes = self.tree.block().into_iter().flat_map(|block| block.body.attributes());
        attributes.filter(|attribute| !META.contains(&attribute.key.as_str()))
    }

    /// The argument for a variable.
    pub(crate) fn input(&self, variable: &str) -> Option<&Attribute> {
        self.inputs().find(|attribute| attribute.key.as_str() == variable)
    }

    /// Reports arguments that the module has no variable for, and variables without one.
    pub(crate) fn check(&self, module: &Directory, diagnostics: &mut Diagnostics) {
        for attribute in self.inputs() {
            let name = attribute.key.as_str();
            if !module.variables.contains_key(name) {
                let span = self.tree.place.span(attribute.key.span());
                diagnostics.push(unsupported(name, module).at(span));
            }
        }
        for inner in self.tree.block().into_iter().flat_map(|block| block.body.blocks()) {
            let span = self.tree.place.span(inner.ident.span());
            diagnostics.push(unsupported_block(inner.ident.as_str(), &[], span));
        }
        for (name, variable) in &module.variables {
            let required = variable.as_ref().is_some_and(|variable| variable.default.is_none());
            if required && self.input(name).is_none() {
                let detail = format!("The argument \"{name}\" is required, but no definition was found.");
                let said = Diagnostic::error(Code::CFG004, "Missing required argument", detail);
                diagnostics.push(said.at(self.span.clone()));
            }
        }
    }
}

fn unsupported(name: &str, module: &Directory) -> Diagnostic {
    let error = |detail: String| Diagnostic::error(Code::CFG003, "Unsupported argument", detail);
    if let Some(detail) = foreign(name) {
        return error(detail);
    }
    let said = error(format!(
        "An argument named \"{name}\" is not expected here: the module in \"{}\" has no variable of that name.",
        module.path
    ));
    let known = module.variables.keys().map(AsRef::as_ref).chain(META.iter().copied());
    match nearest(name, known) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None => said,
    }
}
