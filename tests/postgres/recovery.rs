//! A state that is lost, damaged, closed, open to others, full, or from the future.
//!
//! The real binary on a real state. Not here: damage to single bytes of the database (the
//! store's own tests). Invariant: nothing in PostgreSQL is lost, and whatever is refused says
//! what to do next.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::state::audit_entries::AuditWrite;
use engine::state::contents::{Changes, Entries, StateWrite};
use engine::state::store::{Opening, Store};
use test_support::cluster::Cluster;
use test_support::project::Output;

use crate::crash::picture::Picture;
use crate::crash::print;
use crate::crash::stage::Stage;

#[track_caller]
fn refused(stage: &Stage<'_>, line: &str, says: &str) {
    let output = stage.project.run(line.split(' ')).expect_code(1);
    assert!(output.stderr.contains(says), "{says} is not in:\n{}", output.block());
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
    let mode = fs::metadata(from).expect("a directory").permissions();
    fs::set_permissions(to, mode).expect("its mode");
}

#[test]
fn a_lost_state_loses_nothing_in_postgresql() {
    let stage = Stage::new(Cluster::newest());
    fs::remove_dir_all(stage.project.path(".roleform")).expect("the state is lost");
    refused(&stage, "plan", "STA002");
    stage.project.run(["init"]).expect_code(0);
    refused(&stage, "plan", "PLN001");
    let roles = stage.project.read("roles.hcl").replace("  privileges", "  adopt = true\n  privileges");
    stage.project.write("roles.hcl", roles);
    let adopting = stage.project.run(["plan", "-out", "plan.bin"]).expect_code(0);
    assert!(adopting.stdout.contains("0 to destroy"), "{}", adopting.block());
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    stage.is(Picture::Ebb, "adopted");
    stage.project.run(["plan", "-detailed-exitcode"]).expect_code(0);
    // The passwords are lost with the state, and can be made anew.
    stage.project.run(["plan", "-rotate-password", "-out", "plan.bin"]).expect_code(0);
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    stage.passwords_match("adopted and rotated");
}

/// A name, and what is done to a file.
type Damage = (&'static str, fn(&mut Vec<u8>));

const DAMAGES: [Damage; 4] = [
    ("emptied", Vec::clear),
    ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
    ("zeroed", |bytes| bytes.fill(0)),
    ("flipped", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
    }),
];

#[test]
fn every_file_of_the_state_damaged_in_turn() {
    let stage = Stage::new(Cluster::newest());
    let (state, good) = (stage.project.path(".roleform"), stage.project.path("good"));
    fs::rename(&state, &good).expect("the state is put aside");
    let files = ["FORMAT", "state.snapshot", "audit.log", "store/db", "store/conf"];
    let (mut plain, mut recovered, mut refusals) = (0, 0, 0);
    for file in files {
        for (damage, change) in DAMAGES {
            let _ = fs::remove_dir_all(&state);
            copy(&good, &state);
            let mut bytes = fs::read(state.join(file)).expect("a file of the state");
            change(&mut bytes);
            fs::write(state.join(file), bytes).expect("a damaged file");
            let first = stage.project.run(["plan", "-detailed-exitcode"]);
            match first.code {
                Some(0) => plain += 1,
                Some(1) if first.stderr.contains("STA006") => {
                    stage.project.run(["state", "recover"]).expect_code(0);
                    stage.project.run(["plan", "-detailed-exitcode"]).expect_code(0);
                    recovered += 1;
                }
                // Without FORMAT nothing is touched.
                Some(1) if first.stderr.contains("STA003") || first.stderr.contains("STA002") => {
                    refusals += 1
                }
                _ => panic!("{file} {damage}: {}", first.block()),
            }
        }
    }
    stage.is(Picture::Ebb, "whatever became of the state");
    print(&format!(
        "{} damages: {plain} went unharmed, {recovered} were recovered, {refusals} were refused",
        files.len() * DAMAGES.len()
    ));
}

#[test]
fn a_state_of_another_format_or_open_to_others_is_refused() {
    let stage = Stage::new(Cluster::newest());
    let format = stage.project.path(".roleform/FORMAT");
    let ours = fs::read(&format).expect("a format");
    for later in ["roleform state 2\n", "roleform state 99\nand more\n"] {
        fs::write(&format, later).expect("a later format");
        let before = files(&stage.project.path(".roleform"));
        for line in ["plan", "apply plan.bin", "state list", "session list", "init", "state recover"] {
            refused(&stage, line, "STA003");
        }
        assert!(files(&stage.project.path(".roleform")) == before, "{later}: it was touched");
    }
    fs::write(&format, ours).expect("ours");
    let state = stage.project.path(".roleform");
    for mode in [0o755, 0o770, 0o701] {
        fs::set_permissions(&state, fs::Permissions::from_mode(mode)).expect("its mode");
        for line in ["plan", "apply plan.bin", "credentials show role.keeper"] {
            refused(&stage, line, "STA004");
        }
    }
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).expect("its mode");
    stage.project.run(["plan", "-detailed-exitcode"]).expect_code(0);
}

/// Every file below a directory, with its bytes.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            found.insert(path, bytes);
        }
    }
    found
}

/// The format of the directory is ours, but not that of an entry.
#[test]
fn entries_of_a_later_version_are_refused_and_stay() {
    let stage = Stage::new(Cluster::newest());
    stage.plan(Picture::Flow);
    let (state, good) = (stage.project.path(".roleform"), stage.project.path("good"));
    fs::rename(&state, &good).expect("the state is put aside");
    let later = |entries: &Entries| {
        let of_later = entries.iter().map(|(key, value)| (key.clone(), [&[9], &value[1..]].concat()));
        Changes { put: of_later.collect(), ..Changes::default() }
    };
    let cases: [(&str, &[&str]); 3] = [
        ("STA090", &["plan", "apply plan.bin", "state list"]),
        ("CRD006", &["credentials list", "credentials show role.keeper", "apply plan.bin"]),
        ("AUD002", &["session verify"]),
    ];
    for (code, lines) in cases {
        let _ = fs::remove_dir_all(&state);
        copy(&good, &state);
        let opening = Opening { directory: &state, holder: "a test", wait: &mut |_| true };
        let mut store = Store::open(opening).expect("it is ours");
        let contents = store.contents().clone();
        let (nodes, credentials) = match code {
            "STA090" => (later(&contents.nodes), Changes::default()),
            "CRD006" => (Changes::default(), later(&contents.credentials)),
            _ => Default::default(),
        };
        if code == "AUD002" {
            let records = vec![store.audit_head().extend(vec![9, 0, 0])];
            store.append_audit(&AuditWrite { records, ..AuditWrite::default() }).expect("a record");
        }
        store.commit(&StateWrite { nodes, credentials, ..StateWrite::default() }).expect("a commit");
        let written = store.contents().clone();
        drop(store);
        for line in lines {
            refused(&stage, line, code);
        }
        assert_eq!(stage.contents(), written, "{code}: it was touched");
    }
    stage.is(Picture::Ebb, "whatever was refused");
}

/// The state on a small disk of its own, where mounting is allowed.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn under(stage: &Stage<'_>) -> Option<SmallDisk> {
        let (state, aside) = (stage.project.path(".roleform"), stage.project.path("aside"));
        copy(&state, &aside);
        if !mount(&["-t", "tmpfs", "-o", "size=64m,mode=700", "none", &state.display().to_string()]) {
            return None;
        }
        copy(&aside, &state);
        Some(SmallDisk(state))
    }

    /// Leaves so many free pages.
    fn leave(&self, pages: u64) {
        let size = used(&self.0) + pages * 4096;
        let options = format!("remount,size={size},mode=700");
        assert!(mount(&["-o", &options, &self.0.display().to_string()]), "{options}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // In the way of nobody when it fails, but of whoever removes the directory.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str]) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).stderr(std::process::Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}

fn used(directory: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = fs::read_dir(directory).expect("a directory").flatten();
    let size = |entry: fs::DirEntry| match entry.path().is_dir() {
        true => used(&entry.path()),
        false => entry.metadata().expect("a file").blocks() * 512,
    };
    entries.map(size).sum()
}

/// Without the right to mount: no file can grow at all.
fn without_growth(stage: &Stage<'_>) -> Output {
    let real = stage.project.command(["apply", "plan.bin"]);
    let mut shell = Command::new("/bin/sh");
    // The signal is ignored, so that the write fails instead of ending the process.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
    shell.arg(real.get_program()).args(real.get_args()).current_dir(stage.project.path("")).env_clear();
    shell.envs(real.get_envs().filter_map(|(name, value)| Some((name, value?))));
    stage.project.finish(shell)
}

#[test]
fn a_full_disk_tears_nothing() {
    let stage = Stage::new(Cluster::newest());
    let disk = SmallDisk::under(&stage);
    let (mut want, mut failures) = (Picture::Flow, 0);
    for pages in 0..8 {
        stage.plan(want);
        let output = match &disk {
            Some(disk) => {
                disk.leave(pages);
                let output = stage.project.run(["apply", "plan.bin"]);
                disk.leave(10_000);
                output
            }
            None => without_growth(&stage),
        };
        stage.settle();
        stage.whole("no room");
        if output.code != Some(0) {
            failures += 1;
            assert_eq!(output.code, Some(1), "{}", output.block());
            let told = ["STA008", "APL008"].iter().any(|code| output.stderr.contains(code));
            assert!(told, "{}", output.block());
            stage.plan(want);
            stage.passwords_match("there is room again");
            stage.project.run(["apply", "plan.bin"]).expect_code(0);
        }
        stage.is(want, "in the end");
        stage.passwords_match("in the end");
        want = want.other();
    }
    stage.project.run(["session", "verify"]).expect_code(0);
    assert!(failures > 0, "there was always room");
    print(&format!("{failures} applies without room for the state, none of them torn"));
}

/// As root every file can be written, so the directory is mounted read-only where that is
/// allowed, and otherwise loses its write permission.
#[test]
fn a_read_only_state_is_refused_before_any_work() {
    let stage = Stage::new(Cluster::newest());
    let state = stage.project.path(".roleform");
    let shown = state.display().to_string();
    let mounted = mount(&["--bind", &shown, &shown]) && mount(&["-o", "remount,bind,ro", &shown]);
    if !mounted {
        fs::set_permissions(&state, fs::Permissions::from_mode(0o500)).expect("its mode");
    }
    let outputs =
        ["plan", "apply plan.bin", "state rm role.keeper"].map(|line| stage.project.run(line.split(' ')));
    let looks = ["state list", "credentials list"].map(|line| stage.project.run(line.split(' ')));
    if mounted {
        assert!(Command::new("umount").arg(&state).status().expect("umount").success());
    } else {
        fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).expect("its mode");
    }
    for output in outputs {
        assert!(output.code == Some(1) && output.stderr.contains("STA005"), "{}", output.block());
    }
    for output in looks {
        assert_eq!(output.code, Some(0), "looking needs no right to write: {}", output.block());
    }
    stage.project.run(["plan", "-detailed-exitcode"]).expect_code(0);
}
