//! Text to syntax trees, one top-level block at a time.
//!
//! A file is cut into chunks (`scan`), each chunk is parsed by hcl-rs on its own and its
//! tree can be dropped when it has been used. Not here: what blocks mean (`load`).
//! Invariant: every syntax error of every chunk is reported, on a character boundary;
//! depth is bounded by the parser (64 levels) and by nothing recursive here.

pub(crate) mod scan;
mod structure;
mod wording;

use std::ops::Range;
use std::sync::Arc;

use hcl::edit::expr::Expression;
use hcl::edit::structure::{Attribute, Block, Body};
use hcl::edit::template::Template;
use hcl::edit::{Span as _, parser};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile, Span};

use scan::{Fault, Item, Scan, scan};

/// Turns positions of one tree into spans of its file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file.
    pub(crate) file: Arc<SourceFile>,
    /// Where the parsed text begins in it.
    pub(crate) base: usize,
}

impl Place {
    /// The span of a node of the tree. Nodes made by the parser always have one.
    pub(crate) fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        Span::new(&self.file, self.shift(range))
    }

    /// The source text of a node.
    pub(crate) fn text(&self, range: Option<Range<usize>>) -> &str {
        let range = range.unwrap_or(0..0);
        self.file.text.get(self.shift(range)).unwrap_or_default()
    }

    fn shift(&self, range: Range<usize>) -> Range<usize> {
        self.base.wrapping_add(range.start)..self.base.wrapping_add(range.end)
    }
}

/// A top-level block before it is parsed.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// The file.
    pub(crate) file: Arc<SourceFile>,
    /// Where the block stands.
    pub(crate) range: Range<usize>,
    /// The first word: `role`, `variable`, …
    pub(crate) kind: String,
    /// Where that word stands.
    pub(crate) kind_range: Range<usize>,
    /// Labels as written between the word and the brace, quotes removed.
    pub(crate) labels: Vec<(String, Range<usize>)>,
    /// Has errors that were reported already.
    pub(crate) broken: bool,
}

/// A parsed chunk.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    body: Body,
    /// Turns its positions into spans.
    pub(crate) place: Place,
}

impl Tree {
    /// The block that the chunk is.
    pub(crate) fn block(&self) -> Option<&Block> {
        self.body.blocks().next()
    }

    /// The arguments, when it is a file of variable values.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.body.attributes()
    }
}

/// Cuts a file into its top-level blocks; reports what cannot be one.
pub(crate) fn chunks(file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) -> Vec<Chunk> {
    let found = scan(&file.text, body_range(file));
    let mut chunks = Vec::with_capacity(found.items.len());
    for item in &found.items {
        let broken = has_fault(&found, item);
        match header(file, item) {
            Some(mut chunk) => {
                if broken {
                    chunk.broken = true;
                    recover(file, item, diagnostics);
                }
                chunks.push(chunk);
            }
            None if broken => {}
            None => diagnostics.push(stray(file, item)),
        }
    }
    report_faults(file, &found, diagnostics);
    chunks
}

/// Parses a file of variable values; reports every syntax error in it.
pub(crate) fn values(file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) -> Vec<Tree> {
    let found = scan(&file.text, body_range(file));
    report_faults(file, &found, diagnostics);
    let whole = found.items.iter().filter(|item| !has_fault(&found, item));
    whole.filter_map(|item| whole_item(file, item).map_err(|e| diagnostics.push(e)).ok()).collect()
}

/// Parses one expression, for `-var` and `console`: the whole of a file is the expression.
pub(crate) fn expression(file: &Arc<SourceFile>) -> Result<(Expression, Place), Diagnostic> {
    let range = body_range(file);
    if let Some(fault) = scan(&file.text, range.clone()).faults.first() {
        let span = Span::new(file, fault.range.clone());
        return Err(Diagnostic::error(Code::CFG001, fault.summary, fault.detail.clone()).at(span));
    }
    // As the value of an argument it may be followed by a comment. Positions in the
    // longer text are two too large, which the base takes back.
    let longer = format!("x={}\n", file.text[range.clone()].trim_end());
    let base = range.start.wrapping_sub(2);
    let body = parser::parse_body(&longer).map_err(|error| syntax(file, base, &longer, &error))?;
    let attribute = body.attributes().next().filter(|_| body.len() == 1);
    match attribute {
        Some(attribute) => Ok((attribute.value.clone(), Place { file: Arc::clone(file), base })),
        None => {
            let detail = "An expression was successfully parsed, but extra characters were found after it.";
            let span = Span::new(file, range);
            Err(Diagnostic::error(Code::CFG001, "Extra characters after expression", detail).at(span))
        }
    }
}

/// Parses a template: the whole of a file is text with interpolations and directives.
pub(crate) fn template(file: &Arc<SourceFile>) -> Result<(Template, Place), Diagnostic> {
    match parser::parse_template(&file.text) {
        Ok(template) => Ok((template, Place { file: Arc::clone(file), base: 0 })),
        Err(error) => Err(syntax(file, 0, &file.text, &error)),
    }
}

impl Chunk {
    /// Parses the chunk; reports every syntax error in it.
    pub(crate) fn parse(&self, diagnostics: &mut Diagnostics) -> Option<Tree> {
        if self.broken {
            return None;
        }
        match parse(&self.file, self.range.clone()) {
            Ok(tree) => Some(tree),
            Err(error) => {
                let before = diagnostics.0.len();
                for item in scan(&self.file.text, self.range.clone()).items {
                    match structure::misbuilt(&self.file.text, &item) {
                        Some(fault) => diagnostics.push(told(&self.file, &fault)),
                        None => recover(&self.file, &item, diagnostics),
                    }
                }
                if diagnostics.0.len() == before {
                    diagnostics.push(error);
                }
                None
            }
        }
    }

    /// The span of the header: the word and its labels.
    pub(crate) fn span(&self) -> Span {
        let end = self.labels.last().map_or(self.kind_range.end, |(_, range)| range.end);
        Span::new(&self.file, self.kind_range.start..end)
    }
}

/// How many broken blocks inside one top-level block are looked into.
const MAX_LOOKS: usize = 64;

/// Everything after a byte order mark.
fn body_range(file: &SourceFile) -> Range<usize> {
    let start = if file.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    start..file.text.len()
}

fn has_fault(found: &Scan, item: &Item) -> bool {
    found.faults.iter().any(|f| f.range.start >= item.range.start && f.range.start < item.range.end.max(1))
}

fn report_faults(file: &Arc<SourceFile>, found: &Scan, diagnostics: &mut Diagnostics) {
    diagnostics.extend(found.faults.iter().map(|fault| told(file, fault)));
}

fn told(file: &Arc<SourceFile>, fault: &Fault) -> Diagnostic {
    let span = Span::new(file, fault.range.clone());
    Diagnostic::error(Code::CFG001, fault.summary, fault.detail.clone()).at(span)
}

/// Parses an item by itself; where the parser only knows that it is wrong, its structure is
/// looked at, and then its value.
fn whole_item(file: &Arc<SourceFile>, item: &Item) -> Result<Tree, Diagnostic> {
    parse(file, item.range.clone()).map_err(|error| {
        if let Some(fault) = structure::misbuilt(&file.text, item) {
            return told(file, &fault);
        }
        match structure::value(&file.text, item) {
            Some(value) if error.summary == wording::UNKNOWN => {
                let (summary, detail) = wording::of_value(&file.text[value.clone()]);
                Diagnostic::error(Code::CFG001, summary, detail).at(Span::new(file, value))
            }
            Some(_) | None => error,
        }
    })
}

fn parse(file: &Arc<SourceFile>, range: Range<usize>) -> Result<Tree, Diagnostic> {
    let text = &file.text[range.clone()];
    match parser::parse_body(text) {
        Ok(body) => Ok(Tree { body, place: Place { file: Arc::clone(file), base: range.start } }),
        Err(error) => Err(syntax(file, range.start, text, &error)),
    }
}

fn syntax(file: &Arc<SourceFile>, base: usize, text: &str, error: &parser::Error) -> Diagnostic {
    let mut offset = error.location().offset().min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let (summary, detail) = wording::reworded(error.message(), text, offset);
    let width = text[offset..].chars().next().map_or(0, char::len_utf8);
    let start = base.wrapping_add(offset);
    let span = Span::new(file, start..start.saturating_add(width));
    Diagnostic::error(Code::CFG001, summary, detail).at(span)
}

/// Parses the parts of a broken item one by one, to find all that is wrong in it.
fn recover(file: &Arc<SourceFile>, item: &Item, diagnostics: &mut Diagnostics) {
    // Blocks that failed are looked into in turn; the list replaces recursion, and the
    // number of looks is bounded because each costs as much as what it looks at.
    let mut pending: Vec<Range<usize>> = item.braces.clone().into_iter().collect();
    for _ in 0..MAX_LOOKS {
        let Some(body) = pending.pop() else { return };
        let is_one_line = !file.text[body.clone()].contains('\n');
        let found = scan(&file.text, body);
        for inner in &found.items {
            if has_fault(&found, inner) {
                pending.extend(inner.braces.clone().filter(|_| is_block(file, inner)));
                continue;
            }
            if let Err(error) = whole_item(file, inner) {
                match &inner.braces {
                    Some(braces) if is_block(file, inner) && has_inner_error(file, braces) => {
                        pending.push(braces.clone());
                    }
                    _ if is_one_line => diagnostics.push(in_one_line(error)),
                    _ => diagnostics.push(error),
                }
            }
        }
    }
}

/// What follows the argument of a block of one line is no argument without its newline.
fn in_one_line(error: Diagnostic) -> Diagnostic {
    match &error.span {
        Some(span) if [wording::MISSING_NEWLINE.0, wording::COMMA.0].contains(&&*error.summary) => {
            let detail = structure::one_line_detail(&span.file.text[span.range.start..]).to_owned();
            Diagnostic { summary: structure::ONE_LINE.to_owned(), detail, ..error }
        }
        Some(_) | None => error,
    }
}

/// Whether some item between these braces cannot be parsed by itself.
fn has_inner_error(file: &Arc<SourceFile>, braces: &Range<usize>) -> bool {
    let inner = scan(&file.text, braces.clone());
    inner.items.iter().any(|item| parse(file, item.range.clone()).is_err())
}

fn is_block(file: &Arc<SourceFile>, item: &Item) -> bool {
    header(file, item).is_some()
}

/// Reads the word and labels of a block; `None` when the item is no block.
fn header(file: &Arc<SourceFile>, item: &Item) -> Option<Chunk> {
    let braces = item.braces.clone()?;
    let open = braces.start.checked_sub(1)?;
    let head = file.text.get(item.range.start..open)?;
    let mut words = Words { text: head, at: 0 };
    let (kind, kind_range) = words.next()?;
    let shift = |range: Range<usize>| range.start + item.range.start..range.end + item.range.start;
    let is_word = kind.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let mut labels = Vec::new();
    while let Some((label, range)) = words.next() {
        labels.push((label, shift(range)));
    }
    let complete = is_word && head[words.at..].trim().is_empty();
    complete.then(|| Chunk {
        file: Arc::clone(file),
        range: item.range.clone(),
        kind,
        kind_range: shift(kind_range),
        labels,
        broken: false,
    })
}

/// The words and quoted labels before a brace.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<(String, Range<usize>)> {
        let rest = self.text[self.at..].trim_start();
        let start = self.text.len() - rest.len();
        if let Some(quoted) = rest.strip_prefix('"') {
            let length = quoted.find('"')?;
            self.at = start + length + 2;
            return Some((quoted[..length].to_owned(), start..self.at));
        }
        let length =
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        if length == 0 {
            return None;
        }
        self.at = start + length;
        Some((rest[..length].to_owned(), start..self.at))
    }
}

/// An item at the top level of a file that is no block.
fn stray(file: &Arc<SourceFile>, item: &Item) -> Diagnostic {
    match whole_item(file, item) {
        Ok(tree) => match tree.attributes().next() {
            Some(attribute) => {
                let detail =
                    format!("An argument named \"{}\" is not expected here.", attribute.key.as_str());
                let span = tree.place.span(attribute.key.span());
                Diagnostic::error(Code::CFG003, "Unsupported argument", detail).at(span)
            }
            None => {
                let span = Span::new(file, item.range.clone());
                Diagnostic::error(Code::CFG001, "Invalid syntax", "This is neither an argument nor a block.")
                    .at(span)
            }
        },
        Err(error) => error,
    }
}
