//! Which blocks there are: every top-level block by kind and name.
//!
//! Not here: what is inside of them. Invariant: names are unique per kind; a block with
//! a syntax error keeps its name, so that references to it are not errors too.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Ident;

use crate::code::Code;
use crate::config::lower::reading::foreign;
use crate::config::parse::scan::TOP_LEVEL;
use crate::config::parse::{Chunk, chunks};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile, Span, nearest};

/// The blocks of one directory.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// `roleform` blocks, at most one.
    pub(crate) settings: Vec<Chunk>,
    /// `variable` blocks.
    pub(crate) variables: BTreeMap<Arc<str>, Chunk>,
    /// `locals` blocks.
    pub(crate) locals: Vec<Chunk>,
    /// `resource "postgres"` blocks.
    pub(crate) servers: BTreeMap<Arc<str>, Chunk>,
    /// `role` blocks.
    pub(crate) roles: BTreeMap<Arc<str>, Chunk>,
    /// `schema` blocks.
    pub(crate) schemas: BTreeMap<Arc<str>, Chunk>,
    /// `public` blocks.
    pub(crate) publics: BTreeMap<Arc<str>, Chunk>,
    /// `output` blocks.
    pub(crate) outputs: BTreeMap<Arc<str>, Chunk>,
    /// `policy` blocks.
    pub(crate) policies: BTreeMap<Arc<str>, Chunk>,
    /// `removed` blocks.
    pub(crate) removed: Vec<Chunk>,
    /// `import` blocks.
    pub(crate) imports: Vec<Chunk>,
    /// `moved` blocks.
    pub(crate) moved: Vec<Chunk>,
    /// `check` blocks.
    pub(crate) checks: BTreeMap<Arc<str>, Chunk>,
    /// `module` blocks.
    pub(crate) modules: BTreeMap<Arc<str>, Chunk>,
}

/// Types of resources.
const RESOURCE_TYPES: &[&str] = &["postgres"];

impl Index {
    /// Reads the heads of all blocks of a file.
    pub(crate) fn read(&mut self, file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) {
        for chunk in chunks(file, diagnostics) {
            self.add(chunk, diagnostics);
        }
    }

    fn add(&mut self, chunk: Chunk, diagnostics: &mut Diagnostics) {
        let wanted: &[&str] = match chunk.kind.as_str() {
            "roleform" | "locals" | "removed" | "moved" | "import" => &[],
            "variable" | "role" | "schema" | "public" | "output" | "module" | "check" | "policy" => &["name"],
            "resource" => &["type", "name"],
            other => {
                let span = Span::new(&chunk.file, chunk.kind_range.clone());
                diagnostics.push(unsupported_block(other, TOP_LEVEL, span));
                return;
            }
        };
        if !labels_fit(&chunk, wanted, diagnostics) {
            return;
        }
        let label: Arc<str> = chunk.labels.last().map_or("", |(label, _)| label.as_str()).into();
        let named = match chunk.kind.as_str() {
            "roleform" => return unique(&mut self.settings, chunk, diagnostics),
            "locals" => return self.locals.push(chunk),
            "removed" => return self.removed.push(chunk),
            "moved" => return self.moved.push(chunk),
            "import" => return self.imports.push(chunk),
            "variable" => &mut self.variables,
            "role" => &mut self.roles,
            "schema" => &mut self.schemas,
            "public" => &mut self.publics,
            "output" => &mut self.outputs,
            "module" => &mut self.modules,
            "check" => &mut self.checks,
            "policy" => &mut self.policies,
            _ => {
                if !resource_type_is_known(&chunk, diagnostics) {
                    return;
                }
                &mut self.servers
            }
        };
        if let Some(first) = named.get(&label) {
            diagnostics.push(duplicate(&chunk, first, &label));
            return;
        }
        named.insert(label, chunk);
    }
}

/// A block type that is not known where it stands.
pub(crate) fn unsupported_block(kind: &str, known: &[&str], span: Span) -> Diagnostic {
    if let Some(detail) = foreign(kind) {
        return Diagnostic::error(Code::CFG002, "Unsupported block type", detail).at(span);
    }
    let detail = format!("Blocks of type \"{kind}\" are not expected here.");
    let said = Diagnostic::error(Code::CFG002, "Unsupported block type", detail).at(span);
    match nearest(kind, known.iter().copied()) {
        Some(near) => said.hint(format!("Did you mean \"{near}\"?")),
        None if kind == "terraform" => said.hint("Did you mean \"roleform\"?"),
        None => said,
    }
}

fn unique(blocks: &mut Vec<Chunk>, chunk: Chunk, diagnostics: &mut Diagnostics) {
    match blocks.first() {
        Some(first) => diagnostics.push(duplicate(&chunk, first, "")),
        None => blocks.push(chunk),
    }
}

fn duplicate(second: &Chunk, first: &Chunk, label: &str) -> Diagnostic {
    let origin = first.span().origin();
    let detail = match label {
        "" => format!(
            "A block \"{}\" already stands at {origin}; there is only one for all files.",
            second.kind
        ),
        _ => format!(
            "A {} named \"{label}\" was already declared at {origin}. Names are shared by all files.",
            second.kind
        ),
    };
    Diagnostic::error(Code::CFG005, "Duplicate declaration", detail).at(second.span())
}

fn labels_fit(chunk: &Chunk, wanted: &[&str], diagnostics: &mut Diagnostics) -> bool {
    if let Some(missing) = wanted.get(chunk.labels.len()) {
        let detail =
            format!("All {} blocks must have {} labels ({}).", chunk.kind, wanted.len(), wanted.join(", "));
        let summary = if *missing == "type" { "Missing type for block" } else { "Missing name for block" };
        diagnostics.push(Diagnostic::error(Code::CFG006, summary, detail).at(chunk.span()));
        return false;
    }
    if let Some((_, range)) = chunk.labels.get(wanted.len()) {
        let detail = match wanted {
            [] => format!("No labels are expected for {} blocks.", chunk.kind),
            _ => format!(
                "Only {} labels ({}) are expected for {} blocks.",
                wanted.len(),
                wanted.join(", "),
                chunk.kind
            ),
        };
        let span = Span::new(&chunk.file, range.clone());
        diagnostics.push(Diagnostic::error(Code::CFG006, "Extraneous label for block", detail).at(span));
        return false;
    }
    for (label, range) in &chunk.labels {
        if Ident::try_new(label.as_str()).is_err() {
            let detail = format!(
                "\"{label}\" is not a name: a name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes."
            );
            let span = Span::new(&chunk.file, range.clone());
            diagnostics.push(Diagnostic::error(Code::CFG006, "Invalid block label", detail).at(span));
            return false;
        }
    }
    true
}

fn resource_type_is_known(chunk: &Chunk, diagnostics: &mut Diagnostics) -> bool {
    let Some((kind, range)) = chunk.labels.first() else { return false };
    if RESOURCE_TYPES.contains(&kind.as_str()) {
        return true;
    }
    let detail = format!("There is no resource type \"{kind}\"; the type of a server is \"postgres\".");
    let span = Span::new(&chunk.file, range.clone());
    diagnostics.push(Diagnostic::error(Code::CFG006, "Unsupported resource type", detail).at(span));
    false
}
