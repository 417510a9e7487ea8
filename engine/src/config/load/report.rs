//! Diagnostics of all module instances, each told once with the way that leads to it.
//!
//! Not here: what is wrong (whoever says it). Invariant: what several instances of a
//! module have to say about one place is one message.

use std::collections::BTreeMap;

use super::space::{SpaceId, Spaces};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Diagnostics with the module instance that they are about.
#[derive(Default)]
pub(crate) struct Report {
    heard: Vec<(SpaceId, Diagnostic)>,
}

impl Report {
    /// Takes what was said about a module instance.
    pub(crate) fn hear(&mut self, space: SpaceId, said: impl IntoIterator<Item = Diagnostic>) {
        self.heard.extend(said.into_iter().map(|diagnostic| (space, diagnostic)));
    }

    /// All messages in reading order.
    pub(crate) fn told(self, spaces: &Spaces) -> Diagnostics {
        let mut told = Diagnostics::default();
        let mut inside: BTreeMap<_, (Diagnostic, Vec<SpaceId>)> = BTreeMap::new();
        for (space, diagnostic) in self.heard {
            if space == SpaceId::ROOT {
                told.push(diagnostic);
                continue;
            }
            let place = diagnostic.span.as_ref().map(|span| (span.file.path.clone(), span.range.start));
            let key = (place, diagnostic.code, diagnostic.summary.clone(), diagnostic.detail.clone());
            let (_, instances) = inside.entry(key).or_insert_with(|| (diagnostic, Vec::new()));
            if !instances.contains(&space) {
                instances.push(space);
            }
        }
        for (diagnostic, instances) in inside.into_values() {
            let detail = format!("{}\n\n{}", diagnostic.detail, way(&instances, spaces));
            told.push(Diagnostic { detail, ..diagnostic });
        }
        told.sort();
        told
    }
}

/// `This is in module.a.module.b, called at modules/a/main.hcl:3, which is called at main.hcl:8.`
fn way(instances: &[SpaceId], spaces: &Spaces) -> String {
    let Some(first) = instances.first() else { return String::new() };
    let mut text = format!("This is in {}", spaces.address(*first));
    let mut here = *first;
    let mut word = "called at";
    while let (Some(caller), Some(call)) = (&spaces[here].caller, spaces.call_span(here)) {
        text.push_str(&format!(", {word} {}", call.origin()));
        word = "which is called at";
        here = caller.space;
    }
    match instances.len() - 1 {
        0 => text.push('.'),
        1 => text.push_str("; one more instance has it too."),
        more => text.push_str(&format!("; {more} more instances have it too.")),
    }
    text
}
