//! `roleform graph`: what the configuration declares, and what needs what.
//!
//! Not here: the picture (`engine::graph::picture`). Invariant: no server is asked.

use engine::graph::{cycles, picture};
use engine::render::{graph, json_graph};

use crate::args::{Graph, GraphFormat};
use crate::configuration;
use crate::error::{CommandError, CommandResult, Exit};
use crate::terminal::Terminal;

/// Prints the picture. Cycles are reported and drawn.
pub(crate) fn run(args: &Graph, terminal: &Terminal) -> CommandResult {
    let configuration = configuration::load(&args.variables)?;
    let declared = &configuration.declared;
    let picture = picture::of(declared);
    terminal.data(&match args.format {
        GraphFormat::Dot => graph::dot(&picture),
        GraphFormat::Mermaid => graph::mermaid(&picture),
        GraphFormat::Json => format!("{:#}\n", json_graph::graph(&picture)),
    });
    let mut diagnostics = configuration.warnings;
    diagnostics.extend(cycles::memberships(declared.roles.values()));
    if diagnostics.has_errors() {
        return Err(CommandError { diagnostics });
    }
    terminal.report(&diagnostics);
    Ok(Exit::Done)
}
