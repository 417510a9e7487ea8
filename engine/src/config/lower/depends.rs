//! `depends_on`: roles and modules that must be complete before.
//!
//! Not here: whether they exist and form no circle (`load::whole`, `graph::cycles`).
//! Invariant: what is named is a role or a module, seen from the outside of all modules.

use std::sync::Arc;

use hcl::edit::expr::Expression;
use hcl::edit::structure::Block;

use super::address::written;
use super::reading::Reading;
use crate::code::Code;
use crate::dependency::Dependency;

/// The dependencies of a block that stands in a module.
pub(crate) fn depends_on(reading: &mut Reading<'_>, block: &Block, modules: &[Arc<str>]) -> Vec<Dependency> {
    let Some(attribute) = block.body.get_attribute("depends_on") else { return Vec::new() };
    let Expression::Array(elements) = &attribute.value else {
        let span = reading.span(attribute);
        let detail = "\"depends_on\" is a list of roles and modules: depends_on = [role.x, module.y].";
        reading.error(Code::CFG021, "Incorrect attribute value type", detail, &span);
        return Vec::new();
    };
    let mut found = Vec::new();
    for element in elements {
        let span = reading.place.span(hcl::edit::Span::span(element));
        if let Some(on) = written(reading, element) {
            found.push(Dependency { on: on.within(modules), span });
        }
    }
    found
}
