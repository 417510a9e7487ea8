//! `moved` and `removed` blocks: what becomes of addresses that are recorded.
//!
//! Not here: reading the blocks (`config`). Invariant: what moves is the address in the
//! state and nothing else; a role is known by its name in PostgreSQL, whatever its address.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::code::Code;
use crate::declared::Declared;
use crate::diagnostic::{Diagnostic, Span};
use crate::name::{AddressPattern, BlockAddress, InstanceKey};
use crate::state::Recorded;

/// The state with the addresses that recorded roles have now, and warnings about those whose
/// new address another recorded role has: they keep the old one.
pub fn recorded<'a>(declared: &Declared, recorded: &'a Recorded) -> (Cow<'a, Recorded>, Vec<Diagnostic>) {
    let roles = recorded.resources.values().flat_map(|resource| resource.roles.values());
    let (leaving, staying): (Vec<_>, Vec<_>) =
        roles.map(|role| (&role.address, now(declared, &role.address))).partition(|(_, to)| to.is_some());
    let mut taken: BTreeSet<BlockAddress> = staying.into_iter().map(|(address, _)| address.clone()).collect();
    let mut moves = BTreeMap::new();
    let mut warnings = Vec::new();
    for (from, (to, span)) in leaving.into_iter().filter_map(|(from, to)| Some((from, to?))) {
        if taken.insert(to.clone()) {
            moves.insert(from, to);
        } else {
            warnings.push(blocked(from, &to, span));
        }
    }
    if moves.is_empty() {
        return (Cow::Borrowed(recorded), warnings);
    }
    let mut moved = recorded.clone();
    for role in moved.resources.values_mut().flat_map(|resource| resource.roles.values_mut()) {
        if let Some(to) = moves.get(&role.address) {
            role.address = to.clone();
        }
    }
    (Cow::Owned(moved), warnings)
}

/// Where a recorded address has moved to, and the block that says so last, if a block does.
fn now<'a>(declared: &'a Declared, recorded: &BlockAddress) -> Option<(BlockAddress, Option<&'a Span>)> {
    let mut last: Option<(BlockAddress, Option<&Span>)> = None;
    // One move may lead to the next; a circle of them leads on no further.
    for _ in &declared.moved {
        let here = last.as_ref().map_or(recorded, |(address, _)| address);
        let mut moves = declared.moved.iter();
        let Some(next) = moves.find_map(|moved| Some((moved.follow(here)?, Some(&moved.span)))) else {
            break;
        };
        last = Some(next);
    }
    last.or_else(|| Some((counted(declared, recorded)?, None)))
}

/// Without a word, as in Terraform: a block that gets `count`, or loses it, is its first instance.
fn counted(declared: &Declared, recorded: &BlockAddress) -> Option<BlockAddress> {
    let key = match recorded.key {
        None => Some(InstanceKey::Index(0)),
        Some(InstanceKey::Index(0)) => None,
        Some(InstanceKey::Index(_) | InstanceKey::Key(_)) => return None,
    };
    let to = BlockAddress { key, ..recorded.clone() };
    (!declared.roles.contains_key(recorded) && declared.roles.contains_key(&to)).then_some(to)
}

fn blocked(from: &BlockAddress, to: &BlockAddress, span: Option<&Span>) -> Diagnostic {
    let detail = format!(
        "{from} could not move to {to}, where the state has another role. It stays where it is, and what is not declared there is planned to be dropped."
    );
    let warning = Diagnostic::warning(Code::PLN041, "Unresolved address change", detail)
        .hint("if that is not wanted, decide with `roleform state rm` which of the two is meant, and make a new plan");
    Diagnostic { span: span.cloned(), ..warning }
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

    fn role(modules: &[&str], label: &str, key: Option<&str>) -> BlockAddress {
        let modules = modules.iter().map(|step| Arc::from(*step)).collect();
        BlockAddress { modules, label: label.into(), key: key.map(|key| InstanceKey::Key(key.into())) }
    }

    fn follow(from: AddressPattern, to: AddressPattern, address: &BlockAddress) -> Option<String> {
        let file = Arc::new(SourceFile::new(String::new(), String::new()));
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
