//! Blocks about what was there before: `import`, `removed`, `moved`.
//!
//! Not here: whether the addresses lead anywhere (`load`). Invariant: addresses in a module
//! are seen from that module.

use std::sync::Arc;

use hcl::edit::structure::Block;

use super::address::address;
use super::reading::{Read, Reading, Schema, check};
use crate::code::Code;
use crate::diagnostic::Span;
use crate::moved::{Moved, Removed};
use crate::name::{AddressPattern, BlockAddress};

const REMOVED: Schema =
    Schema { arguments: &["from", "destroy"], blocks: &["lifecycle"], once: &["lifecycle"] };
const LIFECYCLE: Schema = Schema { arguments: &["destroy"], blocks: &[], once: &[] };
const IMPORT: Schema = Schema { arguments: &["for_each", "to", "id"], blocks: &[], once: &[] };
const MOVED: Schema = Schema { arguments: &["from", "to"], blocks: &[], once: &[] };

/// A `removed` block. `destroy` may stand in a `lifecycle` block, as Terraform has it.
pub(crate) fn removed(
    reading: &mut Reading<'_>,
    block: &Block,
    (modules, span): (&[Arc<str>], Span),
) -> Option<Removed> {
    check(block, &REMOVED, reading.place, reading.diagnostics);
    let from = address(reading, block, "from");
    let mut destroy = reading.flag(block, "destroy");
    for lifecycle in block.body.get_blocks("lifecycle") {
        check(lifecycle, &LIFECYCLE, reading.place, reading.diagnostics);
        let inner = reading.flag(lifecycle, "destroy");
        if destroy.is_some() && inner.is_some() {
            let span = reading.block_span(lifecycle);
            let detail = "\"destroy\" stands here both in the removed block and in its lifecycle block.";
            reading.error(Code::CFG005, "Duplicate argument", detail, &span);
        }
        destroy = destroy.or(inner);
    }
    Some(Removed { from: from?.within(modules), destroy: destroy.unwrap_or(true), span })
}

/// An `import` block, or one instance of it.
pub(crate) struct Import {
    /// The role to take over.
    pub(crate) to: BlockAddress,
    /// Its name in PostgreSQL as the block says it, perhaps behind `resource/`.
    pub(crate) id: Option<Read<String>>,
    /// Where the address is written.
    pub(crate) span: Span,
}

/// An `import` block in the scope of one instance.
pub(crate) fn import(reading: &mut Reading<'_>, block: &Block) -> Option<Import> {
    check(block, &IMPORT, reading.place, reading.diagnostics);
    let id = reading.text(block, "id");
    let to = address(reading, block, "to")?;
    let span = block.body.get_attribute("to").map(|attribute| reading.span(attribute))?;
    match to {
        AddressPattern::Block(to) => Some(Import { to, id, span }),
        AddressPattern::Module(_) => {
            let detail = "\"to\" is the address of a role, not of a module.";
            reading.error(Code::CFG008, "Invalid address", detail, &span);
            None
        }
    }
}

/// A `moved` block.
pub(crate) fn moved(
    reading: &mut Reading<'_>,
    block: &Block,
    (modules, span): (&[Arc<str>], Span),
) -> Option<Moved> {
    check(block, &MOVED, reading.place, reading.diagnostics);
    let (from, to) = (address(reading, block, "from"), address(reading, block, "to"));
    let (from, to) = (from?.within(modules), to?.within(modules));
    if matches!(from, AddressPattern::Block(_)) != matches!(to, AddressPattern::Block(_)) {
        let detail = format!("{from} cannot become {to}: a role moves to a role, and a module to a module.");
        reading.error(Code::CFG008, "Invalid address", detail, &span);
        return None;
    }
    Some(Moved { from, to, span })
}
