//! Versions of what roleform writes: which of each are read, and what is said of any other.
//!
//! One table per kind of bytes, version 1 first; the last is the one that is written. A new
//! version is a new `format_v2.rs` and its reader at the end of a table here. Not here: the bytes
//! (`format_v1.rs` of each kind), whether a whole state directory is ours (`state::store`).
//! Invariant: a version that was released stays in its table.

use crate::audit::event::Event;
use crate::audit::format_v1::{self as event_v1, NotAnEvent};
use crate::credentials::Credential;
use crate::credentials::format_v1::{self as credential_v1, NotACredential, Slot};
use crate::plan::{Plan, format_v1 as plan_v1};
use crate::state::RecordedResource;
use crate::state::format_v1::{self as recorded_v1, StateError};

/// Reads the body of a plan; `None` when the bytes are not one.
pub type ReadPlan = fn(&[u8]) -> Option<Plan>;
/// Reads what is recorded about a server, version byte included.
type ReadRecorded = fn(&[u8]) -> Result<RecordedResource, StateError>;
/// Reads a credential: its key, and its value with the version byte.
type ReadCredential = fn(&[u8], &[u8]) -> Result<(Slot, Credential), NotACredential>;
/// Reads an event of the audit trail, version byte included.
type ReadEvent = fn(&[u8]) -> Result<Event, NotAnEvent>;

const PLANS: &[ReadPlan] = &[plan_v1::read];
const RECORDED: &[ReadRecorded] = &[recorded_v1::decode];
const CREDENTIALS: &[ReadCredential] = &[credential_v1::decode];
const EVENTS: &[ReadEvent] = &[event_v1::decode];

/// A version that is not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OtherVersion {
    /// A later roleform wrote it.
    #[error("format version {found} is of a later roleform; this one reads up to version {newest}")]
    Later {
        /// Its version.
        found: u16,
        /// The last one that is read.
        newest: u16,
    },
    /// Nothing did.
    #[error("format version 0 is of no roleform")]
    Never,
}

fn reader<R: Copy>(readers: &[R], version: u16) -> Result<R, OtherVersion> {
    let place = version.checked_sub(1).ok_or(OtherVersion::Never)?;
    let newest = u16::try_from(readers.len()).unwrap_or(u16::MAX);
    readers.get(usize::from(place)).copied().ok_or(OtherVersion::Later { found: version, newest })
}

/// The reader for plans of a version. Nothing of another version may be looked at: the frame
/// around its body may be another one too.
pub fn plan(version: u16) -> Result<ReadPlan, OtherVersion> {
    reader(PLANS, version)
}

/// Reads what is recorded about a server.
pub fn recorded(bytes: &[u8]) -> Result<RecordedResource, StateError> {
    let version = bytes.first().ok_or(StateError::Damaged)?;
    reader(RECORDED, u16::from(*version))?(bytes)
}

/// Reads a credential.
pub fn credential(key: &[u8], value: &[u8]) -> Result<(Slot, Credential), NotACredential> {
    let version = value.first().ok_or(NotACredential::Malformed)?;
    reader(CREDENTIALS, u16::from(*version))?(key, value)
}

/// Reads an event of the audit trail.
pub fn event(bytes: &[u8]) -> Result<Event, NotAnEvent> {
    let version = bytes.first().ok_or(NotAnEvent::Malformed)?;
    reader(EVENTS, u16::from(*version))?(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a version of each kind, where only version 1 is read.
    #[test]
    fn other_versions_are_refused_by_name() {
        let later =
            |found| format!("format version {found} is of a later roleform; this one reads up to version 1");
        let never = "format version 0 is of no roleform".to_owned();
        for (version, said) in [(0, never), (2, later(2)), (255, later(255))] {
            let bytes = [version, 0, 0];
            let told = [
                plan(u16::from(version)).unwrap_err().to_string(),
                recorded(&bytes).unwrap_err().to_string(),
                credential(b"\x01main\0r\0\0", &bytes).unwrap_err().to_string(),
                event(&bytes).unwrap_err().to_string(),
            ];
            assert!(told.iter().all(|told| *told == said), "{told:?}");
        }
        assert!(plan(1).is_ok_and(|read| read(b"no plan").is_none()));
        assert_eq!(event(&[]), Err(NotAnEvent::Malformed));
    }

    /// The mechanism with three versions: the reader is that of the version.
    #[test]
    fn each_version_has_its_reader() {
        let readers: [fn() -> u8; 3] = [|| 1, || 2, || 3];
        let read = |version| reader(&readers, version).map(|reader| reader());
        assert_eq!([1, 2, 3].map(read), [Ok(1), Ok(2), Ok(3)]);
        assert_eq!(read(4), Err(OtherVersion::Later { found: 4, newest: 3 }));
        assert_eq!(read(0), Err(OtherVersion::Never));
    }
}
