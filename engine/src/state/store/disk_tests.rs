//! The store on a disk that fails: each sync and each write in turn.
//!
//! The law: the process ends by itself, says what it could not keep, and what it acknowledged is
//! there afterwards. Not here: disks that are full for real (`crash_tests`).

use std::time::Duration;

use test_support::disk::{FailingDisk, Fault};
use test_support::process::finish_within;

use crate::state::store::crash_tests::{acknowledged, nothing_lost, writer_of};
use crate::state::store::tests::Place;

/// How long a few writes may take on a busy machine.
const TIME: Duration = Duration::from_secs(30);

/// How many writes it makes.
const WRITES: u64 = 2;

/// Sizes of values: small, so large that sled begins a new segment in the middle of a
/// transaction, and so large that a value becomes a file of its own.
const SIZES: [usize; 3] = [10, 100_000, 200_000];

/// Lets one fail; whether there were so many.
fn strike(disk: &FailingDisk, size: usize, (fault, at): (Fault, usize)) -> bool {
    let place = Place::new();
    let mut writer = writer_of(WRITES, &place.directory(), size);
    disk.fail(&mut writer, fault, at);
    let story = format!("{fault:?} {at}, values of {size} bytes");
    let output = finish_within(&mut writer, TIME).unwrap_or_else(|| panic!("{story}: it hangs"));
    let said = String::from_utf8(output.stdout).unwrap();
    if !disk.has_failed() {
        assert_eq!(acknowledged(&said), Some(WRITES), "{story}: {said}");
        return false;
    }
    let told = said.contains("\nfailed Could not ") || acknowledged(&said) == Some(WRITES);
    assert!(told, "{story}: {said}");
    drop(place.create());
    nothing_lost(&place.directory(), acknowledged(&said).unwrap_or(0));
    true
}

#[test]
#[expect(clippy::print_stderr, reason = "how many faults there were is for people to read")]
fn no_fault_of_a_disk_is_waited_for_or_passed_over() {
    let here = tempfile::tempdir().unwrap();
    let disk = FailingDisk::new(here.path());
    for (size, fault) in SIZES.iter().flat_map(|size| [(*size, Fault::Sync), (*size, Fault::Write)]) {
        let faults = (1..).take_while(|at| strike(&disk, size, (fault, *at))).count();
        assert!(faults > 15, "{faults} faults of {fault:?} with values of {size} bytes");
        eprintln!("{faults} faults of {fault:?} with values of {size} bytes");
    }
}
