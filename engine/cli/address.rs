//! Addresses as people type them: `role.team["billing"]`, `module.crm.role.reader`, `analytics_ro`.
//!
//! Not here: how they are printed (`engine::name::BlockAddress`). Invariant: what
//! `BlockAddress` and `AddressPattern` print is read back as the same address.

use std::sync::Arc;

use engine::choice::Target;
use engine::name::{AddressPattern, BlockAddress, InstanceKey, ResourceName};

/// Reads the address of a role's block, or of a module with all in it. The word `role.` may
/// be left out.
pub(crate) fn parse(text: &str) -> Result<AddressPattern, String> {
    let wrong = || {
        "an address looks like role.analytics_ro, role.team[\"billing\"], module.crm or module.crm.role.reader"
            .to_owned()
    };
    match block(text).ok_or_else(wrong)? {
        Target::Blocks(pattern) => Ok(pattern),
        Target::Schemas(_) | Target::Resource(_) => Err(wrong()),
    }
}

/// Reads what `state` commands name: the block of a role or schema, or a module.
pub(crate) fn parse_block(text: &str) -> Result<Target, String> {
    block(text).ok_or_else(|| {
        "an address looks like role.analytics_ro, role.team[\"billing\"], schema.billing or module.crm"
            .to_owned()
    })
}

fn block(text: &str) -> Option<Target> {
    let mut rest = text;
    let mut modules = Vec::new();
    while let Some(after) = rest.strip_prefix("module.") {
        let (_, next) = step(after)?;
        modules.push(Arc::from(&after[..after.len() - next.len()]));
        if next.is_empty() {
            return Some(Target::Blocks(AddressPattern::Module(modules)));
        }
        rest = next.strip_prefix('.')?;
    }
    let (rest, target): (_, fn(AddressPattern) -> Target) = match rest.strip_prefix("schema.") {
        Some(rest) => (rest, Target::Schemas),
        None => (rest.strip_prefix("role.").unwrap_or(rest), Target::Blocks),
    };
    let (Step { label, key }, "") = step(rest)? else { return None };
    Some(target(AddressPattern::Block(BlockAddress { modules, label: Arc::from(label), key })))
}

/// Reads what `-target` and `-exclude` name: a role, a schema, a module, a resource.
pub(crate) fn parse_target(text: &str) -> Result<Target, String> {
    let wrong = || {
        "an address looks like role.analytics_ro, role.team[\"billing\"], schema.billing, module.crm or postgres.main"
            .to_owned()
    };
    if let Some(label) = text.strip_prefix("postgres.") {
        return ResourceName::new(label).map(Target::Resource).map_err(|_| wrong());
    }
    block(text).ok_or_else(wrong)
}

/// Reads the label of a resource. The word `postgres.` may be left out.
pub(crate) fn parse_resource(text: &str) -> &str {
    text.strip_prefix("postgres.").unwrap_or(text)
}

struct Step<'a> {
    label: &'a str,
    key: Option<InstanceKey>,
}

/// A label with its key, and what follows.
fn step(text: &str) -> Option<(Step<'_>, &str)> {
    let is_label = |next: char| next.is_alphanumeric() || next == '_' || next == '-';
    let end = text.find(|next| !is_label(next)).unwrap_or(text.len());
    let (label, rest) = text.split_at(end);
    if label.is_empty() {
        return None;
    }
    let Some(inner) = rest.strip_prefix('[') else {
        return Some((Step { label, key: None }, rest));
    };
    let (key, rest) = if let Some(quoted) = inner.strip_prefix('"') {
        let (key, rest) = unquote(quoted)?;
        (InstanceKey::Key(Arc::from(key)), rest)
    } else {
        let end = inner.find(']')?;
        (InstanceKey::Index(inner[..end].parse().ok()?), &inner[end..])
    };
    Some((Step { label, key: Some(key) }, rest.strip_prefix(']')?))
}

/// The text up to the closing quote, with the escapes of `engine::name::quoted` undone.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let next = rest.chars().next()?;
        rest = &rest[next.len_utf8()..];
        match next {
            '"' => return Some((out, rest)),
            '\\' => match rest.strip_prefix("u{") {
                Some(code) => {
                    let (digits, after) = code.split_once('}')?;
                    out.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                    rest = after;
                }
                None => {
                    let escaped = rest.chars().next()?;
                    out.push(escaped);
                    rest = &rest[escaped.len_utf8()..];
                }
            },
            plain => out.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_addresses_are_read_back() {
        let keys = [
            None,
            Some(InstanceKey::Index(12)),
            Some(InstanceKey::Key(Arc::from("billing"))),
            Some(InstanceKey::Key(Arc::from("a\"]\\ \u{1b}.b"))),
        ];
        for key in keys {
            for modules in
                [vec![], vec![Arc::from("crm")], vec![Arc::from("crm[\"eu.x\"]"), Arc::from("a[0]")]]
            {
                let address = BlockAddress { modules, label: Arc::from("te-am_1"), key: key.clone() };
                assert_eq!(parse(&address.to_string()), Ok(AddressPattern::Block(address)));
            }
        }
        assert_eq!(parse("reader"), Ok(AddressPattern::Block(BlockAddress::root("reader"))));
        assert_eq!(parse("role"), Ok(AddressPattern::Block(BlockAddress::root("role"))));
        let module = AddressPattern::Module(vec![Arc::from("a[\"x.y\"]"), Arc::from("b")]);
        assert_eq!(parse("module.a[\"x.y\"].module.b"), Ok(module));
    }

    #[test]
    fn printed_targets_are_read_back() {
        let targets = [
            "role.a",
            "role.a[\"b\"]",
            "module.crm[\"eu\"].module.x",
            "postgres.main",
            "schema.a",
            "module.m.schema.a[\"b\"]",
        ];
        for text in targets {
            assert_eq!(parse_target(text).map(|target| target.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(parse_target("reader"), parse_target("role.reader"));
        for wrong in ["", "module.", "postgres.", "role.a.b"] {
            assert!(parse_target(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for wrong in [
            "",
            "role.",
            "role.a.b",
            "schema.a",
            "role.a[",
            "role.a[x]",
            "role.a[\"x]",
            "module.x.",
            "module.",
            "a b",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
