//! The store whose files were changed, cut, removed or put back from outside.
//!
//! The law: either it opens with exactly what was committed, or it says that it is
//! damaged and recovery brings back exactly that. It never goes on with less.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;

use crate::audit::check::check;
use crate::audit::trail;
use crate::state::contents::{Changes, Contents, StateWrite};
use crate::state::error::{Damage, StoreError};
use crate::state::store::open::Recovery;
use crate::state::store::tests::{LINEAGE, Place, open, patient, refused, session, write};
use crate::state::store::{Opening, Store};

pub(super) fn recover(directory: &Path) -> Result<(Store, Recovery), StoreError> {
    Store::recover(Opening { directory, holder: "a test", wait: &mut patient })
}

/// A state with some history, a value too large for sled's log, and two sessions.
fn prepared() -> (Place, Contents) {
    let place = Place::new();
    let mut store = place.create();
    for serial in 1..=10 {
        store.commit(&write(serial)).unwrap();
    }
    let large = Changes { put: [(b"large".to_vec(), vec![9; 300_000])].into(), ..Changes::default() };
    trail::append(&mut store, &session(1)).unwrap();
    store.commit(&StateWrite { nodes: large, ..StateWrite::default() }).unwrap();
    trail::append(&mut store, &session(2)).unwrap();
    store.sync().unwrap();
    let contents = store.contents().clone();
    drop(store);
    // Opening once makes sled write its own snapshot.
    drop(place.open().unwrap());
    (place, contents)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Opens a directory or recovers it, and says how it went.
#[track_caller]
fn opens_or_recovers(directory: &Path, contents: &Contents, story: &str) -> bool {
    let (mut store, opened) = match open(directory) {
        Ok(store) => (store, true),
        Err(StoreError::Damaged { snapshot: Some(serial), .. }) => {
            assert_eq!(serial, contents.serial, "{story}");
            let (store, recovery) = recover(directory).unwrap();
            assert_eq!((recovery.serial, recovery.records, recovery.records_lost), (serial, 8, 0), "{story}");
            (store, false)
        }
        Err(error) => panic!("{story}: {error}"),
    };
    assert_eq!(store.contents(), contents, "{story}");
    let checked = check(&mut store, None).unwrap();
    assert_eq!((checked.records, checked.lost, checked.unended), (8, 0, 0), "{story}");
    store.commit(&write(11)).unwrap();
    drop(store);
    assert_eq!(open(directory).unwrap().contents().serial, 11, "{story}");
    opened
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

#[test]
fn any_damage_to_the_database_is_noticed_and_mended() {
    let (place, contents) = prepared();
    let mut dice = Dice(1);
    let (mut opened, mut recovered) = (0, 0);
    for turn in 0..120 {
        let scratch = Place::new();
        copy(&place.directory(), &scratch.directory());
        let files = files(&scratch.file("store"));
        let victim = &files[dice.below(files.len())];
        let mut bytes = fs::read(victim).unwrap();
        let kind = ["flip", "cut", "zeroed", "empty", "removed"][turn % 5];
        let at = dice.below(bytes.len());
        match kind {
            "flip" => bytes[at] ^= 1 << dice.below(8),
            "cut" => bytes.truncate(at),
            "zeroed" => bytes[at..].iter_mut().take(4096).for_each(|byte| *byte = 0),
            _ => bytes.clear(),
        }
        if kind == "removed" {
            fs::remove_file(victim).unwrap()
        } else {
            fs::write(victim, bytes).unwrap()
        }
        let story = format!("turn {turn}: {} {kind} at {at}", victim.file_name().unwrap().display());
        if opens_or_recovers(&scratch.directory(), &contents, &story) { opened += 1 } else { recovered += 1 }
    }
    assert!(opened >= 10 && recovered >= 10, "both ways are seen: {opened} and {recovered}");
}

#[test]
fn an_empty_snapshot_of_sled_is_moved_aside() {
    let (place, contents) = prepared();
    let is_snapshot = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("snap.");
    let snapshot = files(&place.file("store")).into_iter().find(is_snapshot).unwrap();
    fs::write(&snapshot, "").unwrap();
    assert!(opens_or_recovers(&place.directory(), &contents, "empty snapshot"), "no recovery is needed");
    let aside = snapshot.with_file_name(format!("damaged-1.{}", snapshot.file_name().unwrap().display()));
    assert_eq!(fs::read(aside).unwrap(), b"");
}

#[test]
fn a_damaged_file_beside_a_whole_database_is_written_anew() {
    let (place, contents) = prepared();
    for (name, bytes) in [
        ("state.snapshot", None),
        ("state.snapshot", Some(vec![])),
        ("state.snapshot", Some(b"roleform snapshot 1\nnonsense".to_vec())),
        ("audit.log", None),
        ("audit.log", Some(b"roleform auditlog\n".to_vec())),
    ] {
        let scratch = Place::new();
        copy(&place.directory(), &scratch.directory());
        match bytes {
            Some(bytes) => fs::write(scratch.file(name), bytes).unwrap(),
            None => fs::remove_file(scratch.file(name)).unwrap(),
        }
        assert!(opens_or_recovers(&scratch.directory(), &contents, name));
    }
}

#[test]
fn an_older_copy_of_the_database_is_not_taken_for_the_present() {
    let (place, contents) = prepared();
    let older = Place::new();
    let mut store = older.create();
    store.commit(&write(1)).unwrap();
    drop(store);
    fs::remove_dir_all(place.file("store")).unwrap();
    copy(&older.file("store"), &place.file("store"));
    let Err(StoreError::Damaged { damage: Damage::Behind, .. }) = place.open() else { panic!("not noticed") };
    assert!(!opens_or_recovers(&place.directory(), &contents, "older"));
    assert!(place.file("damaged-1.store").is_dir(), "nothing is deleted");
}

#[test]
fn parts_of_different_states_are_not_mixed() {
    let (place, contents) = prepared();
    let other = Place::new();
    let lineage = crate::state::Lineage([8; 16]);
    let directory = other.directory();
    let opening = Opening { directory: &directory, holder: "a test", wait: &mut patient };
    Store::open_or_create(opening, lineage).unwrap().commit(&write(50)).unwrap();
    assert_ne!(lineage, LINEAGE);
    fs::remove_dir_all(place.file("store")).unwrap();
    copy(&other.file("store"), &place.file("store"));
    let Err(StoreError::Damaged { damage: Damage::Mixed, .. }) = place.open() else { panic!("not noticed") };
    assert!(!opens_or_recovers(&place.directory(), &contents, "mixed"));
}

#[test]
fn the_message_says_how_to_recover() {
    let (place, contents) = prepared();
    fs::remove_dir_all(place.file("store")).unwrap();
    refused(
        place.open(),
        &place,
        &expect![[r#"
            STA006: State is damaged
            The state in PROJECT/.roleform cannot be relied upon: its database is gone.
            `roleform state recover` restores it from the snapshot of serial 10 beside it
        "#]],
    );
    let snapshot = fs::read(place.file("state.snapshot")).unwrap();
    fs::remove_file(place.file("state.snapshot")).unwrap();
    let expected = expect![[r#"
        STA006: State is damaged
        The state in PROJECT/.roleform cannot be relied upon: its database is gone.
        move PROJECT/.roleform aside and run `roleform init` and `roleform plan`: roles that exist are adopted again, and nothing in PostgreSQL is lost; passwords stored there can only be rotated
    "#]];
    refused(place.open(), &place, &expected);
    refused(recover(&place.directory()), &place, &expected);
    assert!(!place.file("store").exists(), "no empty database was made");
    fs::write(place.file("state.snapshot"), snapshot).unwrap();
    assert!(!opens_or_recovers(&place.directory(), &contents, "gone"));
}

#[test]
fn a_trail_that_is_lost_goes_on_and_says_so() {
    let (place, contents) = prepared();
    fs::remove_dir_all(place.file("store")).unwrap();
    fs::remove_file(place.file("audit.log")).unwrap();
    let (mut store, recovery) = recover(&place.directory()).unwrap();
    // The snapshot was written before the second session.
    assert_eq!((recovery.records, recovery.records_lost), (0, 4));
    assert_eq!(*store.contents(), contents);
    trail::append(&mut store, &session(3)).unwrap();
    let checked = check(&mut store, None).unwrap();
    assert_eq!((checked.records, checked.lost, checked.head.count), (4, 4, 8));
    assert_eq!(trail::sessions(&store).unwrap().len(), 1);
    drop(store);
    assert_eq!(place.open().unwrap().audit_base().count, 4);
}
