//! The store whose process is killed, whose disk is full, or that is copied while it is written.
//!
//! The law: what was acknowledged is there afterwards, whole; at most one write more is
//! there too, as whole. The writer is this test program again, in a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::audit::check::check;
use crate::audit::trail;
use crate::state::contents::Contents;
use crate::state::error::StoreError;
use crate::state::store::Store;
use crate::state::store::damage_tests::recover;
use crate::state::store::tests::{Place, create, open, session, write};

const DIRECTORY: &str = "ROLEFORM_TEST_STORE";
const SIZE: &str = "ROLEFORM_TEST_SIZE";
const WRITES: &str = "ROLEFORM_TEST_WRITES";

/// Commits once more, with values of some size, and returns the serial.
fn advance(store: &mut Store, size: usize) -> Result<u64, StoreError> {
    let serial = store.contents().serial + 1;
    let mut write = write(serial);
    write.nodes.put.insert(b"ballast".to_vec(), vec![0; size]);
    trail::append(store, &session(u8::try_from(serial % 251).unwrap()))?;
    store.commit(&write)?;
    Ok(serial)
}

/// Run alone this makes three writes; run by the other tests, it writes until it is
/// stopped or as often as it is told, and tells every acknowledged serial.
#[test]
fn writer() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        let place = Place::new();
        let mut store = place.create();
        let serials: Vec<u64> = (0..3).map(|_| advance(&mut store, 10).unwrap()).collect();
        assert_eq!(serials, [1, 2, 3]);
        return whole(store.contents());
    };
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let size = usize::try_from(number(SIZE).unwrap_or(0)).unwrap();
    let mut output = std::io::stdout();
    let result = create(Path::new(&directory)).and_then(|mut store| {
        for _ in 0..number(WRITES).unwrap_or(u64::MAX) {
            let serial = advance(&mut store, size)?;
            writeln!(output, "\nserial {serial}").unwrap();
        }
        Ok(())
    });
    if let Err(error) = result {
        writeln!(output, "\nfailed {}", error.diagnostic().detail).unwrap();
    }
}

/// The writer in a process of its own.
fn writer_in(program: &mut Command, directory: &Path, size: usize) {
    program.args(["--exact", "state::store::crash_tests::writer", "--nocapture", "--test-threads=1"]);
    program.env(DIRECTORY, directory).env(SIZE, size.to_string());
}

/// The writer, which makes so many writes.
pub(super) fn writer_of(writes: u64, directory: &Path, size: usize) -> Command {
    let mut program = this_program();
    writer_in(&mut program, directory, size);
    program.env(WRITES, writes.to_string());
    program
}

/// The last serial that the writer says was acknowledged.
pub(super) fn acknowledged(output: &str) -> Option<u64> {
    let last = output.lines().filter_map(|line| line.strip_prefix("serial ")).next_back();
    last.map(|serial| serial.parse().unwrap())
}

fn start(program: &mut Command, directory: &Path, size: usize) -> std::process::Child {
    writer_in(program, directory, size);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// Every part tells the same serial.
#[track_caller]
fn whole(contents: &Contents) {
    let serial = contents.serial.to_be_bytes();
    assert!(
        (0..20_u8).all(|key| contents.nodes[&vec![key]] == serial),
        "nodes of serial {}",
        contents.serial
    );
    assert_eq!(contents.credentials[b"role".as_slice()], serial);
    assert_eq!(contents.journal.as_deref(), Some(serial.as_slice()));
    assert_eq!(contents.applied.len() as u64, contents.serial);
}

#[test]
fn acknowledged_writes_survive_a_kill_at_any_moment() {
    let place = Place::new();
    let mut written = 0;
    for round in 0..16_u64 {
        let mut child =
            start(&mut this_program(), &place.directory(), if round % 4 == 3 { 200_000 } else { 10 });
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = written;
        let mut serials = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("serial ").and_then(|serial| serial.parse::<u64>().ok()));
        for serial in serials.by_ref().take(usize::try_from(round % 5).unwrap() * 3 + 1) {
            acknowledged = serial;
        }
        sleep(Duration::from_micros(round * 397));
        child.kill().unwrap();
        // What it still said before it died counts as well.
        acknowledged = serials.last().unwrap_or(acknowledged);
        child.wait().unwrap();
        let mut store = open(&place.directory()).unwrap();
        written = store.contents().serial;
        assert!(
            written == acknowledged || written == acknowledged + 1,
            "round {round}: {acknowledged} was acknowledged and {written} is there"
        );
        whole(store.contents());
        let checked = check(&mut store, None).unwrap();
        assert!(checked.records >= written * 4, "round {round}: a write has its audit records");
    }
    assert!(written >= 16, "{written}");
}

#[test]
fn a_kill_while_it_is_made_leaves_nothing_in_the_way() {
    for round in 0..24_u64 {
        let place = Place::new();
        let mut child = start(&mut this_program(), &place.directory(), 10);
        sleep(Duration::from_micros(round * 613));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut store = place.create();
        let before = store.contents().serial;
        assert_eq!(advance(&mut store, 10).unwrap(), before + 1, "round {round}");
        check(&mut store, None).unwrap();
    }
}

/// As `cp -a` does it: file after file, while they change.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if let Err(error) = fs::copy(&path, &target) {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{}", path.display());
        }
    }
}

#[test]
fn a_copy_taken_meanwhile_opens_or_is_recovered() {
    let place = Place::new();
    let mut child = start(&mut this_program(), &place.directory(), 10);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut serials = lines.filter_map(|line| line.strip_prefix("serial ").map(str::to_owned));
    for round in 0..16 {
        let acknowledged: u64 = serials.next().unwrap().parse().unwrap();
        let directory = place.file(&format!("../copy-{round}"));
        copy(&place.directory(), &directory);
        let mut store = match open(&directory) {
            Err(StoreError::Damaged { snapshot: Some(_), .. }) => recover(&directory).unwrap().0,
            opened => opened.unwrap(),
        };
        assert!(store.contents().serial >= acknowledged, "round {round}: {acknowledged} was acknowledged");
        whole(store.contents());
        check(&mut store, None).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Writes until there is no room, and returns the last serial that was acknowledged.
fn fill_up(program: &mut Command, directory: &Path) -> u64 {
    let output = start(program, directory, 100_000).wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    assert!(output.contains("\nfailed Could not "), "{output}");
    acknowledged(&output).unwrap_or_else(|| panic!("{output}"))
}

#[track_caller]
pub(super) fn nothing_lost(directory: &Path, acknowledged: u64) {
    let mut store = open(directory).unwrap();
    let found = store.contents().serial;
    assert!(found == acknowledged || found == acknowledged + 1, "{acknowledged} acknowledged, {found} found");
    if found > 0 {
        whole(store.contents());
    }
    check(&mut store, None).unwrap();
    assert_eq!(advance(&mut store, 10).unwrap(), found + 1);
}

#[test]
fn a_limit_on_file_sizes_loses_nothing() {
    let place = Place::new();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 6000; exec \"$0\" \"$@\""]);
    limited.arg(std::env::current_exe().unwrap());
    let acknowledged = fill_up(&mut limited, &place.directory());
    nothing_lost(&place.directory(), acknowledged);
}

/// Needs the right to mount, which root has mostly; the limit above serves everywhere.
#[test]
fn a_full_disk_loses_nothing() {
    let place = Place::new();
    let project = place.project.path();
    let mount = |options: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(project).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    };
    let acknowledged = if mount("size=6m,mode=700") {
        fill_up(&mut this_program(), &place.directory())
    } else {
        advance(&mut place.create(), 100_000).unwrap()
    };
    let is_mounted = mount("remount,size=64m,mode=700");
    let result = std::panic::catch_unwind(|| nothing_lost(&place.directory(), acknowledged));
    if is_mounted {
        Command::new("umount").arg(project).status().unwrap();
    }
    result.unwrap();
}
