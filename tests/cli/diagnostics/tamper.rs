//! What is done to a state behind roleform's back.
//!
//! Not here: damage to its files, which a case does itself (`@sh`). Invariant: the store opens
//! as if nothing had happened, so that what is found is found by what reads it.

use std::collections::BTreeMap;
use std::path::Path;

use engine::state::audit_entries::{AuditWrite, SessionRange};
use engine::state::contents::{Changes, Entries, StateWrite};
use engine::state::store::{Opening, Store};

/// The version byte of a format that does not exist yet.
const LATER: u8 = 2;

/// Does to the state in a directory what a step says.
pub(super) fn tamper(directory: &Path, how: &str) {
    let opening = Opening { directory, holder: "a test", wait: &mut |_| false };
    let mut store = Store::open(opening).expect("a state to tamper with");
    let contents = store.contents().clone();
    let changed = match how {
        "edited-record" => store.tamper_with_record(2),
        "later-record" => {
            let records = vec![store.audit_head().extend(vec![LATER, 0])];
            store.append_audit(&AuditWrite { records, ..AuditWrite::default() })
        }
        "hidden-session" => {
            let (key, range) = store.sessions().expect("sessions").pop_first().expect("a session");
            let range = SessionRange { last: None, ..range };
            let sessions = BTreeMap::from([(key, range)]);
            store.append_audit(&AuditWrite { sessions, ..AuditWrite::default() })
        }
        "later-entry" => store.commit(&nodes(later(contents.nodes))),
        "later-credential" => store.commit(&credentials(later(contents.credentials))),
        "swapped-credentials" => store.commit(&credentials(turned(contents.credentials))),
        "last-serial" => store.commit(&StateWrite { serial: Some(u64::MAX), ..StateWrite::default() }),
        other => panic!("there is no @tamper {other}"),
    };
    changed.and_then(|()| store.sync()).expect("the store takes it");
}

fn nodes(put: Entries) -> StateWrite {
    StateWrite { nodes: Changes { put, ..Changes::default() }, ..StateWrite::default() }
}

fn credentials(put: Entries) -> StateWrite {
    StateWrite { credentials: Changes { put, ..Changes::default() }, ..StateWrite::default() }
}

/// Every value as if a later version had written it.
fn later(entries: Entries) -> Entries {
    let mark = |(key, mut value): (Vec<u8>, Vec<u8>)| {
        value[0] = LATER;
        (key, value)
    };
    entries.into_iter().map(mark).collect()
}

/// Every value in the place of the one before it.
fn turned(entries: Entries) -> Entries {
    let (keys, mut values): (Vec<Vec<u8>>, Vec<Vec<u8>>) = entries.into_iter().unzip();
    values.rotate_left(1);
    keys.into_iter().zip(values).collect()
}
