//! `privileges = […]`: words to a set that the kind of object has.

use hcl::edit::structure::Block;

use super::reading::{Read, Reading};
use crate::code::Code;
use crate::declared::Privileges;
use crate::diagnostic::{Diagnostic, nearest};
use crate::object::ObjectKind;
use crate::privilege::{Privilege, PrivilegeSet};

/// The newest server version whose privileges are known; the provider says at planning
/// when a server is older than a privilege.
const NEWEST: u32 = 18;

/// The privileges of a block, checked against the kind of object that it is about.
pub(super) fn privileges(reading: &mut Reading<'_>, block: &Block, kind: ObjectKind) -> Option<Privileges> {
    let words = reading.texts(block, "privileges")?;
    if words.iter().any(|word| is_all(&word.value)) {
        let Some(other) = words.iter().find(|word| !is_all(&word.value)) else {
            return Some(Privileges::All);
        };
        let detail = "\"ALL\" already contains every other privilege; write it alone.";
        reading.error(Code::CFG052, "Privilege beside ALL", detail, &other.span);
        return None;
    }
    let legal = kind.privileges(NEWEST);
    let mut found = Vec::with_capacity(words.len());
    let mut wrong = false;
    for word in &words {
        match known(reading, word) {
            None => wrong = true,
            Some(privilege) if !legal.contains(privilege) => {
                let detail = format!("{privilege} does not exist for a {}; it has {legal}.", kind.singular());
                reading.error(
                    Code::CFG053,
                    "Privilege does not exist for this kind of object",
                    detail,
                    &word.span,
                );
                wrong = true;
            }
            Some(privilege) => found.push(privilege),
        }
    }
    (!wrong).then(|| Privileges::These(PrivilegeSet::of(&found)))
}

/// Privileges of any kind of object, as policies name them.
pub(super) fn any_kind(reading: &mut Reading<'_>, block: &Block) -> Option<PrivilegeSet> {
    let words = reading.texts(block, "privileges")?;
    let mut found = Some(PrivilegeSet::EMPTY);
    for word in &words {
        let these = if is_all(&word.value) {
            Some(PrivilegeSet::of(Privilege::ALL))
        } else {
            known(reading, word).map(|privilege| PrivilegeSet::of(&[privilege]))
        };
        found = found.zip(these).map(|(all, these)| all.union(these));
    }
    found
}

fn is_all(word: &str) -> bool {
    matches!(word.to_ascii_uppercase().as_str(), "ALL" | "ALL PRIVILEGES")
}

fn known(reading: &mut Reading<'_>, word: &Read<String>) -> Option<Privilege> {
    let found = word.value.parse::<Privilege>().ok();
    if found.is_none() {
        let words = Privilege::ALL.iter().map(|privilege| privilege.word()).chain(["ALL"]);
        let upper = word.value.to_ascii_uppercase();
        let near = nearest(&upper, words);
        let detail = format!("There is no privilege {:?} in PostgreSQL.", word.value);
        let mut said = Diagnostic::error(Code::CFG052, "Unknown privilege", detail).at(word.span.clone());
        if let Some(near) = near {
            said = said.hint(format!("Did you mean \"{near}\"?"));
        }
        reading.diagnostics.push(said);
    }
    found
}
