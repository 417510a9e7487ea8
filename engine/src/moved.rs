//! `moved` and `removed` blocks: what becomes of addresses that are recorded.
//!
//! Not here: reading the blocks (`config`). Invariant: what moves is the address in the
//! state and nothing else; a role is known by its name in PostgreSQL, whatever its address.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::name::{AddressPattern, BlockAddress};
use crate::state::Recorded;

/// The state with the addresses that recorded roles have now.
pub fn recorded(moves: &[Moved], recorded: &Recorded) -> Recorded {
    let mut recorded = recorded.clone();
    for role in recorded.resources.values_mut().flat_map(|resource| resource.roles.values_mut()) {
        // One move may lead to the next; a circle of them leads on no further.
        for _ in moves {
            let Some(address) = moves.iter().find_map(|moved| moved.follow(&role.address)) else { break };
            role.address = address;
        }
    }
    recorded
}

/// A `moved` block: what was recorded under one address belongs to another now.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The address before.
    pub from: AddressPattern,
    /// The address now, of the same form.
    pub to: AddressPattern,
    /// Where the block stands.
    pub span: Span,
}

impl Moved {
    /// The address that a recorded one has become; nothing when it did not move.
    pub fn follow(&self, address: &BlockAddress) -> Option<BlockAddress> {
        match (&self.from, &self.to) {
            (AddressPattern::Block(from), AddressPattern::Block(to)) => {
                let same = from.modules == address.modules && from.label == address.label;
                let key = if from.key == address.key {
                    to.key.clone()
                } else if from.key.is_none() && to.key.is_none() {
                    // All instances move together.
                    address.key.clone()
                } else {
                    return None;
                };
                same.then(|| BlockAddress { key, ..to.clone() })
            }
            (AddressPattern::Module(from), AddressPattern::Module(to)) => {
                let (last, before) = from.split_last()?;
                let (step, rest) = address.modules.strip_prefix(before)?.split_first()?;
                let (new_last, new_before) = to.split_last()?;
                let key = step.strip_prefix(&**last)?;
                if !(key.is_empty() || key.starts_with('[') && !new_last.ends_with(']')) {
                    return None;
                }
                let moved: Arc<str> = format!("{new_last}{key}").into();
                let modules = new_before.iter().cloned().chain([moved]).chain(rest.iter().cloned()).collect();
                Some(BlockAddress { modules, ..address.clone() })
            }
            (AddressPattern::Block(_), AddressPattern::Module(_))
            | (AddressPattern::Module(_), AddressPattern::Block(_)) => None,
        }
    }
}

/// A `removed` block.
#[derive(Clone, Debug)]
pub struct Removed {
    /// The blocks that are gone.
    pub from: AddressPattern,
    /// `destroy = false`: forget, leave in PostgreSQL.
    pub destroy: bool,
    /// Where the block stands.
    pub span: Span,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::name::InstanceKey;

    fn role(modules: &[&str], label: &str, key: Option<&str>) -> BlockAddress {
        let modules = modules.iter().map(|step| Arc::from(*step)).collect();
        BlockAddress { modules, label: label.into(), key: key.map(|key| InstanceKey::Key(key.into())) }
    }

    fn follow(from: AddressPattern, to: AddressPattern, address: &BlockAddress) -> Option<String> {
        let file = Arc::new(SourceFile { path: String::new(), text: String::new() });
        Moved { from, to, span: Span::new(&file, 0..0) }.follow(address).map(|address| address.to_string())
    }

    #[test]
    fn addresses_follow_moves() {
        let block = |modules: &[&str], label, key| AddressPattern::Block(role(modules, label, key));
        let module =
            |steps: &[&str]| AddressPattern::Module(steps.iter().map(|step| Arc::from(*step)).collect());
        for (from, to, address, wanted) in [
            (block(&[], "a", None), block(&[], "b", None), role(&[], "a", None), Some("role.b")),
            (block(&[], "a", None), block(&[], "b", None), role(&[], "a", Some("x")), Some("role.b[\"x\"]")),
            (block(&[], "a", None), block(&[], "a", Some("x")), role(&[], "a", None), Some("role.a[\"x\"]")),
            (block(&[], "a", None), block(&[], "a", Some("x")), role(&[], "a", Some("x")), None),
            (
                block(&[], "a", Some("x")),
                block(&["m"], "b", None),
                role(&[], "a", Some("x")),
                Some("module.m.role.b"),
            ),
            (block(&[], "a", None), block(&[], "b", None), role(&["m"], "a", None), None),
            (module(&["m"]), module(&["n"]), role(&["m", "i"], "a", None), Some("module.n.module.i.role.a")),
            (module(&["m"]), module(&["n"]), role(&["m[0]"], "a", None), Some("module.n[0].role.a")),
            (module(&["m"]), module(&["m[0]"]), role(&["m"], "a", None), Some("module.m[0].role.a")),
            (module(&["m"]), module(&["m[0]"]), role(&["m[1]"], "a", None), None),
            (module(&["m"]), module(&["n"]), role(&["mm"], "a", None), None),
        ] {
            assert_eq!(follow(from, to, &address).as_deref(), wanted, "{address}");
        }
    }
}
