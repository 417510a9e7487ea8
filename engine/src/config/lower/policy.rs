//! `policy` blocks.
//!
//! Not here: what rules find (`policy::judge`). Invariant: a rule that could never find anything
//! is a mistake, since whoever wrote it relies on it.

use std::collections::BTreeSet;

use hcl::edit::structure::Block;

use super::membership;
use super::privilege;
use super::reading::{Read, Reading, Schema, check};
use super::role::server_named;
use crate::code::Code;
use crate::config::value::Value;
use crate::declared::Patterns;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::name::ResourceName;
use crate::policy::{Attribute, Counted, DeclaredPolicy, Enforcement, Extent, Policy, Rule, Says, To, What};
use crate::privilege::{Privilege, PrivilegeSet};

const POLICY: Schema = Schema {
    arguments: &["description", "enforcement", "resources"],
    blocks: &["deny", "allow", "protect", "limit"],
    once: &["limit"],
};
const DENY: Schema = Schema {
    arguments: &[
        "roles",
        "except",
        "public",
        "attributes",
        "member_of",
        "privileges",
        "grant_option",
        "databases",
        "schemas",
        "tables",
    ],
    blocks: &[],
    once: &[],
};
const ALLOW: Schema = Schema {
    arguments: &["roles", "except", "public", "privileges", "databases", "schemas", "tables"],
    blocks: &[],
    once: &[],
};
const PROTECT: Schema = Schema { arguments: &["roles", "except"], blocks: &[], once: &[] };
const LIMIT: Schema =
    Schema { arguments: &["drop_roles", "add", "change", "destroy"], blocks: &[], once: &[] };

/// What a rule is on, as arguments.
const EXTENT: [&str; 3] = ["databases", "schemas", "tables"];

/// One policy.
pub(crate) fn policy(reading: &mut Reading<'_>, block: &Block, label: &str) -> Option<DeclaredPolicy> {
    check(block, &POLICY, reading.place, reading.diagnostics);
    let before = reading.diagnostics.0.len();
    let description = reading.text(block, "description").map(|read| read.value);
    let enforcement = enforcement(reading, block);
    let resources = resources(reading, block);
    let (mut rules, mut places) = (Vec::new(), Vec::new());
    for inner in block.body.blocks() {
        let span = reading.block_span(inner);
        for says in rule(reading, inner) {
            rules.push(Rule { origin: span.origin(), says });
            places.push(span.clone());
        }
    }
    if rules.is_empty() && reading.diagnostics.0.len() == before && !reading.unknown {
        let detail = "A policy needs a rule: a deny, allow, protect or limit block.";
        let span = reading.block_span(block);
        reading.error(Code::CFG004, "Missing rule", detail, &span);
    }
    let policy = Policy { name: label.to_owned(), description, enforcement: enforcement?, resources, rules };
    Some(DeclaredPolicy { policy, rules: places })
}

fn enforcement(reading: &mut Reading<'_>, block: &Block) -> Option<Enforcement> {
    let Some(text) = reading.text(block, "enforcement") else {
        return (!block.body.has_attribute("enforcement")).then_some(Enforcement::Deny);
    };
    match text.value.as_str() {
        "deny" => Some(Enforcement::Deny),
        "warn" => Some(Enforcement::Warn),
        other => {
            let near = nearest(other, ["deny", "warn"]);
            let meant = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
            let detail = format!("The enforcement of a policy is \"deny\" or \"warn\".{meant}");
            reading.error(Code::CFG057, "Invalid value", detail, &text.span);
            None
        }
    }
}

fn resources(reading: &mut Reading<'_>, block: &Block) -> BTreeSet<ResourceName> {
    let elements = reading.elements(block, "resources");
    if elements.as_ref().is_some_and(Vec::is_empty) {
        nothing_named(reading, block, "resources");
    }
    elements.unwrap_or_default().into_iter().filter_map(|element| server_named(reading, element)).collect()
}

fn rule(reading: &mut Reading<'_>, block: &Block) -> Vec<Says> {
    match block.ident.as_str() {
        "deny" => deny(reading, block).into_iter().collect(),
        "allow" => allow(reading, block).into_iter().collect(),
        "protect" => protect(reading, block).into_iter().collect(),
        "limit" => limit(reading, block),
        // Reported by the schema.
        _ => Vec::new(),
    }
}

fn deny(reading: &mut Reading<'_>, block: &Block) -> Option<Says> {
    check(block, &DENY, reading.place, reading.diagnostics);
    let has = |name: &&str| block.body.has_attribute(name);
    let about_grants = ["privileges", "grant_option", "public"].iter().chain(&EXTENT).find(|name| has(name));
    let subjects: Vec<&str> =
        ["attributes", "member_of"].iter().filter(|name| has(name)).chain(about_grants).copied().collect();
    match subjects[..] {
        ["attributes"] => {
            let attributes = attributes(reading, block)?;
            Some(Says::NoAttribute { roles: roles(reading, block)?, attributes })
        }
        ["member_of"] => {
            let of = names(reading, block, "member_of")?;
            let of = Patterns { include: of, except: BTreeSet::new() };
            Some(Says::NoMember { roles: roles(reading, block)?, of })
        }
        [_] => deny_grant(reading, block),
        [] => {
            let detail = "A deny block says what it denies: attributes, member_of, privileges, grant_option = true or public = true, possibly on databases, schemas or tables.";
            let span = reading.block_span(block);
            reading.error(Code::CFG004, "Missing argument", detail, &span);
            None
        }
        [first, second, ..] => {
            let detail =
                format!("\"{first}\" and \"{second}\" are about different changes; write two deny blocks.");
            let span = reading.block_span(block);
            reading.error(Code::CFG057, "Invalid combination of arguments", detail, &span);
            None
        }
    }
}

fn deny_grant(reading: &mut Reading<'_>, block: &Block) -> Option<Says> {
    let to = to(reading, block)?;
    let privileges = if block.body.has_attribute("privileges") {
        let privileges = privilege::any_kind(reading, block)?;
        if privileges.is_empty() {
            nothing_named(reading, block, "privileges");
            return None;
        }
        privileges
    } else {
        PrivilegeSet::of(Privilege::ALL)
    };
    let option = reading.flag(block, "grant_option").unwrap_or_default();
    let what = if option { What::GrantOption(privileges) } else { What::Privileges(privileges) };
    Some(Says::NoGrant { to, what, on: extent(reading, block)? })
}

fn allow(reading: &mut Reading<'_>, block: &Block) -> Option<Says> {
    check(block, &ALLOW, reading.place, reading.diagnostics);
    if !block.body.has_attribute("privileges") {
        reading.missing(block, "privileges");
    }
    if !block.body.has_attribute("roles") && !block.body.has_attribute("public") {
        reading.missing(block, "roles");
        return None;
    }
    let (to, privileges) = (to(reading, block), privilege::any_kind(reading, block));
    Some(Says::OnlyGrant { to: to?, privileges: privileges?, on: extent(reading, block)? })
}

fn protect(reading: &mut Reading<'_>, block: &Block) -> Option<Says> {
    check(block, &PROTECT, reading.place, reading.diagnostics);
    if !block.body.has_attribute("roles") {
        reading.missing(block, "roles");
        return None;
    }
    Some(Says::Protect { roles: roles(reading, block)? })
}

fn limit(reading: &mut Reading<'_>, block: &Block) -> Vec<Says> {
    check(block, &LIMIT, reading.place, reading.diagnostics);
    let given: Vec<Counted> =
        Counted::ALL.iter().copied().filter(|of| block.body.has_attribute(of.argument())).collect();
    if given.is_empty() {
        let detail = "A limit block says what it limits: drop_roles, add, change or destroy.";
        let span = reading.block_span(block);
        reading.error(Code::CFG004, "Missing argument", detail, &span);
    }
    let limits = given.into_iter().filter_map(|of| {
        let most = reading.integer(block, of.argument(), 0..=i64::MAX)?;
        Some(Says::Limit { of, most: u64::try_from(most).ok()? })
    });
    limits.collect()
}

/// To whom; `roles` and `public` do not go together.
fn to(reading: &mut Reading<'_>, block: &Block) -> Option<To> {
    let public = reading.flag(block, "public").unwrap_or_default();
    if !public && !block.body.has_attribute("roles") && !block.body.has_attribute("except") {
        return Some(To::Anyone);
    }
    if !public {
        return Some(To::Roles(roles(reading, block)?));
    }
    if block.body.has_attribute("roles") || block.body.has_attribute("except") {
        let detail = "PUBLIC is not one of the roles; write two blocks.";
        let span = reading.block_span(block);
        reading.error(Code::CFG057, "Invalid combination of arguments", detail, &span);
        return None;
    }
    Some(To::Public)
}

/// `roles` and `except`: names in PostgreSQL, globs, and references; without `roles`, all.
fn roles(reading: &mut Reading<'_>, block: &Block) -> Option<Patterns> {
    let include = if block.body.has_attribute("roles") {
        names(reading, block, "roles")?
    } else {
        Patterns::everything().include
    };
    let except =
        if block.body.has_attribute("except") { names(reading, block, "except")? } else { BTreeSet::new() };
    Some(Patterns { include, except })
}

/// Roles by name, glob or reference; at least one.
fn names(reading: &mut Reading<'_>, block: &Block, argument: &str) -> Option<BTreeSet<String>> {
    let elements = reading.elements(block, argument)?;
    if elements.is_empty() {
        nothing_named(reading, block, argument);
        return None;
    }
    let name = |element: &Read<Value>| {
        let (name, block) = membership::role(reading, element)?;
        Some(if block.is_some() { Patterns::exact(name.as_str()) } else { name.to_string() })
    };
    elements.iter().map(name).collect()
}

fn extent(reading: &mut Reading<'_>, block: &Block) -> Option<Extent> {
    let mut of = |argument: &str| -> Option<Option<Patterns>> {
        if !block.body.has_attribute(argument) {
            return Some(None);
        }
        let texts = reading.texts(block, argument)?;
        if texts.is_empty() {
            nothing_named(reading, block, argument);
            return None;
        }
        let include = texts.into_iter().map(|text| text.value).collect();
        Some(Some(Patterns { include, except: BTreeSet::new() }))
    };
    let [databases, schemas, tables] = EXTENT.map(&mut of);
    Some(Extent { databases: databases?, schemas: schemas?, tables: tables? })
}

fn attributes(reading: &mut Reading<'_>, block: &Block) -> Option<BTreeSet<Attribute>> {
    let words = reading.texts(block, "attributes")?;
    if words.is_empty() {
        nothing_named(reading, block, "attributes");
        return None;
    }
    words.iter().map(|word| attribute(reading, word)).collect()
}

fn attribute(reading: &mut Reading<'_>, word: &Read<String>) -> Option<Attribute> {
    let upper = word.value.to_ascii_uppercase();
    let found = Attribute::ALL.iter().copied().find(|attribute| attribute.word() == upper);
    if found.is_none() {
        let words: Vec<&str> = Attribute::ALL.iter().map(|attribute| attribute.word()).collect();
        let detail = format!(
            "{:?} is no attribute that a policy knows; it is one of {}.",
            word.value,
            words.join(", ")
        );
        let mut said = Diagnostic::error(Code::CFG057, "Invalid value", detail).at(word.span.clone());
        if let Some(near) = nearest(&upper, words.iter().copied()) {
            said = said.hint(format!("Did you mean \"{near}\"?"));
        }
        reading.diagnostics.push(said);
    }
    found
}

fn nothing_named(reading: &mut Reading<'_>, block: &Block, argument: &str) {
    let span: Option<Span> = block.body.get_attribute(argument).map(|attribute| reading.span(attribute));
    let span = span.unwrap_or_else(|| reading.block_span(block));
    let detail = format!("An empty list of \"{argument}\" is about nothing; leave it out to mean all.");
    reading.error(Code::CFG057, "Invalid value", detail, &span);
}
