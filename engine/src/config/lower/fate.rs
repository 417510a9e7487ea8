//! What a role block says about passwords and about the end: `password`, `lifecycle`.
//!
//! Not here: the role itself (`role`). Invariant: a password written by mistake is never
//! evaluated or repeated.

use std::collections::BTreeSet;

use hcl::edit::expr::Expression;
use hcl::edit::structure::Block;

use super::condition::demand;
use super::duration::duration;
use super::own::WithSelf;
use super::reading::{Reading, Schema, check};
use super::role_value;
use crate::code::Code;
use crate::declared::{DeclaredRole, OnDestroy, OpenSessions, PasswordPolicy};
use crate::diagnostic::nearest;
use crate::ignored::Ignored;

const PASSWORD: Schema = Schema { arguments: &["rotate_after"], blocks: &[], once: &[] };

const LIFECYCLE: Schema = Schema {
    arguments: &["prevent_destroy", "ignore_changes"],
    blocks: &["on_destroy", "precondition", "postcondition"],
    once: &["on_destroy"],
};

const ON_DESTROY: Schema =
    Schema { arguments: &["reassign_owned_to", "drop_owned", "terminate_sessions"], blocks: &[], once: &[] };

/// `password = "none"` or `"unmanaged"`, or a block with `rotate_after`.
pub(super) fn password(reading: &mut Reading<'_>, block: &Block) -> PasswordPolicy {
    let inner = block.body.get_blocks("password").next();
    if let (Some(inner), true) = (inner, block.body.has_attribute("password")) {
        let span = reading.block_span(inner);
        let detail = "\"password\" stands here both as an argument and as a block.";
        reading.error(Code::CFG005, "Duplicate password", detail, &span);
    }
    if let Some(inner) = inner {
        check(inner, &PASSWORD, reading.place, reading.diagnostics);
        let text = reading.text(inner, "rotate_after");
        let seconds = text.and_then(|text| duration(reading, "rotate_after", &text));
        return PasswordPolicy::Generated { rotate_after_seconds: seconds };
    }
    let Some(attribute) = block.body.get_attribute("password") else {
        return PasswordPolicy::WithLogin;
    };
    if let Expression::String(text) = &attribute.value {
        if text.value() == "none" {
            return PasswordPolicy::None;
        }
        if text.value() == "unmanaged" {
            return PasswordPolicy::Unmanaged;
        }
        if text.value() == "generated" {
            return PasswordPolicy::Generated { rotate_after_seconds: None };
        }
    }
    // The value is not shown and not evaluated: it may be a password.
    let span = reading.span(attribute);
    let detail = "The password of a role is generated at apply and never written down: \"password\" is \"none\", \"unmanaged\" or \"generated\", or a block with \"rotate_after\".";
    reading.error(Code::CFG057, "Invalid value", detail, &span);
    PasswordPolicy::Generated { rotate_after_seconds: None }
}

/// What a `lifecycle` block says.
#[derive(Default)]
pub(super) struct Lifecycle {
    /// The role must not be dropped.
    pub(super) prevent_destroy: bool,
    /// What happens to what it owns.
    pub(super) on_destroy: OnDestroy,
    /// What happens to its sessions.
    pub(super) open_sessions: OpenSessions,
    /// Arguments whose drift is left alone.
    pub(super) ignore_changes: BTreeSet<Ignored>,
}

/// The `lifecycle` block.
pub(super) fn lifecycle(reading: &mut Reading<'_>, block: &Block) -> Lifecycle {
    let mut lifecycle = Lifecycle::default();
    for inner in block.body.get_blocks("lifecycle") {
        check(inner, &LIFECYCLE, reading.place, reading.diagnostics);
        lifecycle.prevent_destroy = reading.flag(inner, "prevent_destroy").unwrap_or_default();
        lifecycle.ignore_changes = ignore_changes(reading, inner);
        demand(reading, inner, ("precondition", "Resource precondition failed"));
        for fate in inner.body.get_blocks("on_destroy") {
            lifecycle.on_destroy = on_destroy(reading, fate);
            if reading.flag(fate, "terminate_sessions").unwrap_or_default() {
                lifecycle.open_sessions = OpenSessions::Terminate;
            }
        }
    }
    lifecycle
}

/// The postconditions of a role, in which `self` is the role as it is planned.
pub(super) fn postconditions(reading: &mut Reading<'_>, block: &Block, role: &DeclaredRole) {
    let known = WithSelf::new(reading.scope, role);
    let scope = if reading.unknown { known.unknown() } else { known };
    let mut inside = Reading::new(&scope, reading.place, reading.diagnostics);
    for lifecycle in block.body.get_blocks("lifecycle") {
        demand(&mut inside, lifecycle, ("postcondition", "Resource postcondition failed"));
    }
    reading.unknown |= inside.unknown;
}

fn on_destroy(reading: &mut Reading<'_>, block: &Block) -> OnDestroy {
    check(block, &ON_DESTROY, reading.place, reading.diagnostics);
    let heir = reading.open(block, "reassign_owned_to");
    let drop_owned = reading.flag(block, "drop_owned").unwrap_or_default();
    let Some(heir) = heir else { return if drop_owned { OnDestroy::Drop } else { OnDestroy::Refuse } };
    if drop_owned {
        let detail = "What a role owns is either reassigned or dropped; write one of \"reassign_owned_to\" and \"drop_owned\".";
        reading.error(Code::CFG056, "Two fates for owned objects", detail, &heir.span);
    }
    role_value(reading, &heir, "\"reassign_owned_to\"").map_or(OnDestroy::Refuse, OnDestroy::Reassign)
}

/// Names of arguments, as bare words or texts, or the word `all`; they are not values.
fn ignore_changes(reading: &mut Reading<'_>, block: &Block) -> BTreeSet<Ignored> {
    let Some(attribute) = block.body.get_attribute("ignore_changes") else { return BTreeSet::new() };
    let span = reading.span(attribute);
    let words = match &attribute.value {
        Expression::Array(words) => words,
        Expression::Variable(word) if word.as_str() == "all" => {
            return Ignored::WORDS.iter().map(|(_, part)| *part).collect();
        }
        _ => {
            let detail = "\"ignore_changes\" is a list of names of arguments, or the word all: ignore_changes = [comment].";
            reading.error(Code::CFG021, "Incorrect attribute value type", detail, &span);
            return BTreeSet::new();
        }
    };
    let mut found = BTreeSet::new();
    for word in words {
        let name = match word {
            Expression::Variable(name) => name.as_str().to_owned(),
            Expression::String(text) => text.value().clone(),
            _ => String::new(),
        };
        let span = reading.place.span(hcl::edit::Span::span(word));
        match Ignored::WORDS.iter().find(|(known, _)| *known == name) {
            Some((_, part)) => drop(found.insert(*part)),
            None => {
                let known: Vec<&str> = Ignored::WORDS.iter().map(|(known, _)| *known).collect();
                let near = nearest(&name, known.iter().copied());
                let meant = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
                let detail = format!(
                    "Changes of {name:?} cannot be ignored; possible are {}.{meant}",
                    known.join(", ")
                );
                reading.error(Code::CFG057, "Invalid value", detail, &span);
            }
        }
    }
    found
}
