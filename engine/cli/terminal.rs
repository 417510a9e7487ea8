//! The terminal: data on stdout, talk on stderr, colours and width of each.
//!
//! Not here: what is said (`commands`), how diagnostics look (`drawing`), progress bars
//! (`progress`). Invariant: a reader that went away (`| head`) ends the output and nothing
//! else: the command goes on to its own end and its own exit code.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IsTerminal, Write};

use console::Style;
use engine::code::Code;
use engine::diagnostic::{Diagnostic, Diagnostics};
use engine::render::{Label, Out};

use crate::drawing::{self, Canvas};
use crate::error::system_words;

/// Columns of prose where there is no terminal to ask.
const PLAIN_WIDTH: usize = 100;

/// Columns of messages there: who reads a log wants them in one line.
const UNBROKEN: usize = 10_000;

/// Bytes of labelled text that are printed at once.
const PIECE: usize = 1 << 16;

/// Both output streams.
#[derive(Debug)]
pub(crate) struct Terminal {
    out: Stream,
    err: Stream,
}

/// One output stream.
#[derive(Debug)]
struct Stream {
    is_terminal: bool,
    canvas: Canvas,
    failed: RefCell<Option<io::Error>>,
}

impl Terminal {
    /// Looks at the streams and the environment. `NO_COLOR` and `-no-color` take colour
    /// away; `CLICOLOR_FORCE` gives it to files and pipes.
    pub(crate) fn new(no_color: bool) -> Terminal {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let forced = set("CLICOLOR_FORCE");
        let plain = no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let stream = |is_terminal: bool, term: &console::Term, plain_width: usize| Stream {
            is_terminal,
            canvas: Canvas {
                colour: !plain && (forced || (is_terminal && !dumb)),
                width: if is_terminal { usize::from(term.size().1).clamp(40, 160) } else { plain_width },
            },
            failed: RefCell::new(None),
        };
        Terminal {
            out: stream(io::stdout().is_terminal(), &console::Term::stdout(), PLAIN_WIDTH),
            err: stream(io::stderr().is_terminal(), &console::Term::stderr(), UNBROKEN),
        }
    }

    /// Prints data.
    pub(crate) fn data(&self, text: &str) {
        self.out.write(&mut io::stdout().lock(), text);
    }

    /// Says something beside the data.
    pub(crate) fn say(&self, text: &str) {
        self.err.write(&mut io::stderr().lock(), text);
    }

    /// Draws diagnostics, with their count when there are several.
    pub(crate) fn report(&self, diagnostics: &Diagnostics) {
        if !diagnostics.0.is_empty() {
            self.say(&drawing::draw_all(diagnostics, self.err.canvas));
        }
    }

    /// Prints labelled data, coloured by label. It is complete when the value goes.
    pub(crate) fn painter(&self) -> Painter<'_> {
        Painter { stream: &self.out, waiting: String::new() }
    }

    /// Takes data in any pieces and prints it in large ones.
    pub(crate) fn writer(&self) -> impl Write {
        io::BufWriter::with_capacity(PIECE, Pieces(&self.out))
    }

    /// Why data could not be written, other than that its reader went away.
    pub(crate) fn failure(&self) -> Option<Diagnostic> {
        let failed = self.out.failed.borrow();
        let error = failed.as_ref().filter(|error| error.kind() != ErrorKind::BrokenPipe)?;
        let detail = format!("Standard output took only part of the data: {}.", system_words(error));
        Some(Diagnostic::error(Code::CLI003, "Output cannot be written", detail))
    }

    /// How data is drawn.
    pub(crate) fn out_canvas(&self) -> Canvas {
        self.out.canvas
    }

    /// Whether progress can be drawn over itself.
    pub(crate) fn has_bars(&self) -> bool {
        self.err.is_terminal
    }
}

struct Pieces<'a>(&'a Stream);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_bytes(&mut io::stdout().lock(), bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes labelled text and prints it in large pieces.
pub(crate) struct Painter<'a> {
    stream: &'a Stream,
    waiting: String,
}

impl Painter<'_> {
    fn flush(&mut self) {
        self.stream.write(&mut io::stdout().lock(), &self.waiting);
        self.waiting.clear();
    }
}

impl Out for Painter<'_> {
    fn write(&mut self, label: Label, text: &str) -> io::Result<()> {
        match style(label).filter(|_| self.stream.canvas.colour) {
            None => self.waiting.push_str(text),
            Some(style) => {
                // A line end inside colour would paint the rest of the next line on some terminals.
                let (words, end) = text.split_at(text.trim_end_matches('\n').len());
                let painted = style.force_styling(true).apply_to(words);
                self.waiting.push_str(&format!("{painted}{end}"));
            }
        }
        if self.waiting.len() > PIECE {
            self.flush();
        }
        Ok(())
    }
}

impl Drop for Painter<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Colours of labels: Terraform's, where it has them.
fn style(label: Label) -> Option<Style> {
    match label {
        Label::Plain | Label::Sql => None,
        Label::Heading => Some(Style::new().bold()),
        Label::Add => Some(Style::new().green()),
        Label::Change => Some(Style::new().yellow()),
        Label::Destroy => Some(Style::new().red()),
        Label::Adopt | Label::Code => Some(Style::new().cyan()),
        Label::Forget | Label::Reason | Label::Dim | Label::Comment => Some(Style::new().dim()),
        Label::Hazard => Some(Style::new().red().bold()),
    }
}

impl Stream {
    /// Writes and remembers a failure; after one there is nobody to write to.
    fn write(&self, stream: &mut impl Write, text: &str) {
        self.write_bytes(stream, text.as_bytes());
    }

    fn write_bytes(&self, stream: &mut impl Write, bytes: &[u8]) {
        if self.failed.borrow().is_some() {
            return;
        }
        if let Err(error) = stream.write_all(bytes).and_then(|()| stream.flush()) {
            self.failed.replace(Some(error));
        }
    }
}
