//! The store on a real directory: what it makes, keeps, refuses and tells.
//!
//! Killed processes are in `crash_tests`, damaged files in `damage_tests`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::{Expect, expect};
use tempfile::TempDir;

use crate::audit::event::{
    Answer, CredentialAction, End, Event, Notice, Outcome, SessionId, SessionKind, Start, Statement, What,
};
use crate::audit::trail;
use crate::digest::Digest;
use crate::plan::saved::PlanId;
use crate::state::Lineage;
use crate::state::contents::{Changes, JournalWrite, StateWrite};
use crate::state::error::StoreError;
use crate::state::store::{Opening, Store};

pub(super) const LINEAGE: Lineage = Lineage([7; 16]);

pub(super) struct Place {
    pub(super) project: TempDir,
}

impl Place {
    pub(super) fn new() -> Place {
        // In memory where that can be had: these tests sync often, and cut no power.
        let project = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Place { project: project.unwrap() }
    }

    pub(super) fn directory(&self) -> PathBuf {
        self.project.path().join(".roleform")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    pub(super) fn create(&self) -> Store {
        create(&self.directory()).unwrap()
    }

    pub(super) fn open(&self) -> Result<Store, StoreError> {
        open(&self.directory())
    }
}

pub(super) fn create(directory: &Path) -> Result<Store, StoreError> {
    Store::open_or_create(Opening { directory, holder: "a test", wait: &mut patient }, LINEAGE)
}

pub(super) fn open(directory: &Path) -> Result<Store, StoreError> {
    Store::open(Opening { directory, holder: "a test", wait: &mut patient })
}

/// Tests that start processes make children that hold sled's lock for a moment.
pub(super) fn patient(holder: &str) -> bool {
    std::thread::sleep(std::time::Duration::from_millis(5));
    holder == "another program"
}

/// A write whose every part tells the serial, so that a torn one shows.
pub(super) fn write(serial: u64) -> StateWrite {
    let value = serial.to_be_bytes().to_vec();
    StateWrite {
        nodes: Changes {
            put: (0..20_u8).map(|key| (vec![key], value.clone())).collect(),
            remove: [b"gone".to_vec()].into(),
        },
        credentials: Changes { put: [(b"role".to_vec(), value.clone())].into(), ..Changes::default() },
        serial: Some(serial),
        applied: Some(PlanId(Digest::of(&[&value]).0)),
        journal: JournalWrite::Put(value),
    }
}

pub(super) fn session(number: u8) -> Vec<Event> {
    let session = SessionId::new(i64::from(number) * 1_000_000, [number; 10]);
    let event = |what| Event { session, at: i64::from(number) * 1_000_000, what };
    let start = Start {
        kind: SessionKind::Apply,
        who: "ana".to_owned(),
        host: "laptop".to_owned(),
        version: "0.1.0".to_owned(),
        resources: vec!["main".to_owned()],
        plan: Some(PlanId([number; 32])),
    };
    let statement = Statement {
        resource: "main".to_owned(),
        database: "app".to_owned(),
        step: Some(0),
        node: "role.reader".to_owned(),
        text: "CREATE ROLE reader".to_owned(),
        duration: 1200,
        answer: Answer::Rows(None),
        notices: vec![Notice { sqlstate: "00000".to_owned(), text: "hello".to_owned() }],
    };
    let end = End {
        outcome: Outcome::Done,
        plan: None,
        serial: u64::from(number),
        code: None,
        text: "Apply complete.".to_owned(),
    };
    vec![
        event(What::Started(start)),
        event(What::Statement(Box::new(statement))),
        event(What::Credential { account: "main/reader".to_owned(), action: CredentialAction::Stored }),
        event(What::Ended(end)),
    ]
}

#[track_caller]
pub(super) fn refused<T>(result: Result<T, StoreError>, place: &Place, expected: &Expect) {
    let Err(error) = result else { panic!("it was not refused") };
    let diagnostic = error.diagnostic();
    let text = format!(
        "{}: {}\n{}\n{}\n",
        diagnostic.code,
        diagnostic.summary,
        diagnostic.detail,
        diagnostic.hint.unwrap_or_default()
    );
    expected.assert_eq(&text.replace(&place.project.path().display().to_string(), "PROJECT"));
}

#[test]
fn what_is_committed_is_read_back() {
    let place = Place::new();
    let mut store = place.create();
    store.commit(&write(1)).unwrap();
    store.commit(&write(2)).unwrap();
    trail::append(&mut store, &session(1)).unwrap();
    let (contents, head) = (store.contents().clone(), store.audit_head());
    let sessions = trail::sessions(&store).unwrap();
    drop(store);
    let mut store = place.open().unwrap();
    assert_eq!(*store.contents(), contents);
    assert_eq!((contents.lineage, contents.serial, contents.revision), (LINEAGE, 2, 2));
    assert_eq!(contents.journal, Some(2_u64.to_be_bytes().to_vec()));
    assert_eq!(store.audit_head(), head);
    assert_eq!(trail::sessions(&store).unwrap(), sessions);
    let events = trail::of(&store, &sessions[0]).unwrap();
    assert_eq!(events.into_iter().map(|linked| linked.event).collect::<Vec<_>>(), session(1));
    let remove = StateWrite {
        nodes: Changes { put: [(b"new".to_vec(), vec![])].into(), remove: [vec![0], vec![1]].into() },
        journal: JournalWrite::Clear,
        ..StateWrite::default()
    };
    store.commit(&remove).unwrap();
    drop(store);
    let contents = place.open().unwrap().contents().clone();
    assert_eq!((contents.nodes.len(), contents.serial, contents.journal), (19, 2, None));
}

#[test]
fn large_values_survive() {
    let place = Place::new();
    let nodes = Changes {
        put: (0..4_u8).map(|key| (vec![key; 300], vec![key; 1 << 20])).collect(),
        ..Changes::default()
    };
    place.create().commit(&StateWrite { nodes: nodes.clone(), ..StateWrite::default() }).unwrap();
    assert_eq!(place.open().unwrap().contents().nodes, nodes.put);
}

#[test]
fn serials_grow_and_plans_are_applied_once() {
    let place = Place::new();
    let mut store = place.create();
    store.commit(&write(5)).unwrap();
    let before = store.contents().clone();
    let same_serial = StateWrite { serial: Some(5), ..StateWrite::default() };
    refused(
        store.commit(&same_serial),
        &place,
        &expect![[r#"
            CLI010: Mistake of roleform itself
            A write of the state was refused: the state has serial 5, so it cannot become 5. Nothing was written.
            report this, and what was run
        "#]],
    );
    let same_plan = StateWrite { serial: Some(6), ..write(5) };
    assert!(matches!(store.commit(&same_plan), Err(StoreError::Refused(_))));
    assert_eq!(*store.contents(), before, "a refused write changes nothing");
    store.commit(&write(6)).unwrap();
}

#[test]
fn nobody_else_can_read_it() {
    let place = Place::new();
    let mut store = place.create();
    store.commit(&write(1)).unwrap();
    drop(store);
    let mut modes = Vec::new();
    let mut folders = vec![place.directory()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::metadata(&path).unwrap();
            modes.push((metadata.is_dir(), metadata.mode() & 0o7777));
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(modes.iter().filter(|(is_dir, _)| !is_dir).all(|(_, mode)| *mode == 0o600), "{modes:?}");
    assert_eq!(fs::metadata(place.directory()).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::metadata(place.file("store")).unwrap().mode() & 0o7777, 0o700);
    fs::set_permissions(place.directory(), fs::Permissions::from_mode(0o750)).unwrap();
    let expected = expect![[r#"
        STA004: State is open to other accounts
        PROJECT/.roleform has mode 0750; only its owner may have access.
        `chmod -R go= PROJECT/.roleform`
    "#]];
    refused(place.open(), &place, &expected);
    refused(create(&place.directory()), &place, &expected);
    refused(Store::peek(&place.directory()), &place, &expected);
}

#[test]
fn showing_makes_nothing() {
    let place = Place::new();
    let expected = expect![[r#"
        STA002: There is no state here
        The directory PROJECT/.roleform does not exist or holds no state.
        `roleform init` makes one; `-chdir` chooses another directory
    "#]];
    refused(place.open(), &place, &expected);
    refused(Store::peek(&place.directory()), &place, &expected);
    assert!(!place.directory().exists());
    fs::create_dir(place.directory()).unwrap();
    refused(place.open(), &place, &expected);
    assert_eq!(fs::read_dir(place.directory()).unwrap().count(), 0);
}

#[test]
fn another_format_is_not_opened() {
    let place = Place::new();
    place.create().commit(&write(1)).unwrap();
    fs::write(place.file("FORMAT"), "roleform state 2\n").unwrap();
    let expected = expect![[r#"
        STA003: State has another format
        The FORMAT file of PROJECT/.roleform says "roleform state 2", which this version of roleform does not know.
        use the version of roleform that wrote it, or move the directory aside: `roleform plan` then starts from what the servers hold
    "#]];
    refused(place.open(), &place, &expected);
    refused(create(&place.directory()), &place, &expected);
    fs::remove_file(place.file("FORMAT")).unwrap();
    let expected = expect![[r#"
        STA003: State has another format
        PROJECT/.roleform holds files but no FORMAT file, so it is not read as a state.
        use the version of roleform that wrote it, or move the directory aside: `roleform plan` then starts from what the servers hold
    "#]];
    refused(create(&place.directory()), &place, &expected);
    fs::write(place.file("FORMAT"), "roleform state 1\n").unwrap();
    assert_eq!(place.open().unwrap().contents().serial, 1);
}

#[test]
fn one_at_a_time_and_the_others_are_told_who() {
    let place = Place::new();
    let mut first = place.create();
    first.commit(&write(3)).unwrap();
    let expected = expect![[r#"
        STA001: State is in use
        The state is held by a test.
        wait for it to end, or give `-lock-timeout=5m` to wait here
    "#]];
    refused(place.open(), &place, &expected);
    assert_eq!(Store::peek(&place.directory()).unwrap().contents.serial, 3, "peeking needs no lock");
    let mut first = Some(first);
    let mut asked = Vec::new();
    let mut wait = |holder: &str| {
        asked.push(holder.to_owned());
        if asked.len() == 3 {
            first = None;
        }
        true
    };
    let directory = place.directory();
    let second = Store::open(Opening { directory: &directory, holder: "the next", wait: &mut wait }).unwrap();
    assert_eq!(asked, ["a test"; 3]);
    assert_eq!(second.contents().serial, 3);
    let Err(StoreError::Locked { holder }) = place.open() else { panic!("it is locked") };
    assert_eq!(holder, "the next");
}

/// Root may write anywhere, so for root this test runs itself again as nobody.
#[test]
fn a_directory_that_cannot_be_written() {
    let place = Place::new();
    place.create().commit(&write(1)).unwrap();
    let directory = std::env::var_os("ROLEFORM_TEST_STORE").map_or(place.directory(), PathBuf::from);
    let is_root = fs::metadata(place.directory()).unwrap().uid() == 0;
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o500)).unwrap();
    if is_root {
        let nobody = 65534;
        std::os::unix::fs::chown(place.project.path(), Some(nobody), None).unwrap();
        for entry in fs::read_dir(&directory).unwrap() {
            std::os::unix::fs::chown(entry.unwrap().path(), Some(nobody), None).unwrap();
        }
        std::os::unix::fs::chown(&directory, Some(nobody), None).unwrap();
        let test = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        fs::copy(std::env::current_exe().unwrap(), &test).unwrap();
        fs::set_permissions(&test, fs::Permissions::from_mode(0o755)).unwrap();
        let mut again = Command::new(&test);
        again.args(["--exact", "state::store::tests::a_directory_that_cannot_be_written"]);
        again.env("ROLEFORM_TEST_STORE", &directory);
        std::os::unix::process::CommandExt::uid(&mut again, nobody);
        let output = again.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    fs::set_permissions(directory.join("lock"), fs::Permissions::from_mode(0o400)).unwrap();
    let Err(StoreError::NotWritable { path, .. }) = open(&directory) else { panic!("it was opened") };
    assert_eq!(path, directory.join("lock"));
    assert_eq!(Store::peek(&directory).unwrap().contents.serial, 1);
    let Err(StoreError::NotWritable { path, .. }) = create(&directory.join("new")) else { panic!("made") };
    assert_eq!(path, directory.join("new"));
}
