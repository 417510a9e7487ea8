//! Privileges that a server does not have on what a selector found.
//!
//! Not here: privileges that no version has for a kind (`config::lower::privilege`). Invariant: what the
//! server would refuse, or pass over with a warning, is refused while planning.

use crate::code::Code;
use crate::declared::GrantBlock;
use crate::diagnostic::Diagnostic;
use crate::object::ObjectKind;
use crate::privilege::{Privilege, PrivilegeSet};
use crate::resolve::Question;
use crate::resolve::grants::privileges;
use crate::resolve::select::Found;

/// Why a block cannot grant what it says on what was found.
pub(super) fn refused(
    question: &Question<'_>,
    block: &GrantBlock,
    (kind, found): (ObjectKind, &Found),
) -> Option<Diagnostic> {
    too_new(question, kind, block).or_else(|| of_sequence(question, block, found))
}

/// Columns of sequences can be read, and nothing else.
fn of_sequence(question: &Question<'_>, block: &GrantBlock, found: &Found) -> Option<Diagnostic> {
    let major = question.observed.identity.major();
    let readable = PrivilegeSet::of(&[Privilege::Select]);
    let more = privileges(block, ObjectKind::Column, major).minus(readable);
    (found.has_sequences && !more.is_empty()).then(|| {
        Diagnostic::error(
            Code::CFG053,
            "Privilege does not exist for this kind of object",
            format!("{more} does not exist for a column of a sequence; it has {readable}."),
        )
        .at(block.span.clone())
    })
}

/// A privilege, or a kind of default privileges, that this server is too old for.
fn too_new(question: &Question<'_>, kind: ObjectKind, block: &GrantBlock) -> Option<Diagnostic> {
    let major = question.observed.identity.major();
    let unknown = privileges(block, kind, major).minus(kind.privileges(major));
    let what = if !unknown.is_empty() {
        format!("{unknown} on a {}", kind.singular())
    } else if kind == ObjectKind::Parameter && major < 15 {
        "privileges on parameters".to_owned()
    } else if kind == ObjectKind::LargeObject && major < 18 && !block.future_creators.is_empty() {
        "default privileges on large objects".to_owned()
    } else {
        return None;
    };
    let resource = &question.part.resource.name;
    Some(
        Diagnostic::error(
            Code::PLN030,
            "Server is too old for a privilege",
            format!("{resource} has PostgreSQL {major}, which does not have {what}."),
        )
        .at(block.span.clone()),
    )
}
