//! Where servers are found, on made-up directories, and what is refused.

use super::*;
use std::error::Error as _;
use std::os::unix::fs::PermissionsExt;

#[test]
fn versions_are_read() {
    let version = |said| parse_version(said).map(|version| version.to_string());
    let cases = [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some("15.18")),
        ("postgres (PostgreSQL) 18.4\n", Some("18.4")),
        ("postgres (PostgreSQL) 19beta1\n", Some("19.0")),
        ("postgres (EnterpriseDB) 9\n", None),
        ("", None),
    ];
    for (said, expected) in cases {
        assert_eq!(version(said).as_deref(), expected, "{said:?}");
    }
}

#[test]
fn the_newest_installed_version_comes_first() {
    let root = tempfile::tempdir().expect("temporary directory");
    for version in ["9.6", "13", "18", "common", "15"] {
        fs::create_dir_all(root.path().join("usr/lib/postgresql").join(version).join("bin"))
            .expect("directory");
    }
    let found = expand(root.path(), "/usr/lib/postgresql/*/bin");
    let shown: Vec<String> = found
        .iter()
        .map(|path| path.strip_prefix(root.path()).expect("inside").display().to_string())
        .collect();
    let expected: Vec<String> =
        ["18", "15", "13", "9.6"].iter().map(|version| format!("usr/lib/postgresql/{version}/bin")).collect();
    assert_eq!(shown, expected);
}

/// A directory whose `postgres` answers `said`.
fn installation(said: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("temporary directory");
    for program in ["initdb", "postgres"] {
        let path = directory.path().join(program);
        fs::write(&path, format!("#!/bin/sh\necho '{said}'\n")).expect("program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("mode");
    }
    directory
}

#[test]
fn what_does_not_serve_is_refused_with_the_reason() {
    let reason = |directory: &Path| {
        let silence = &mut |_: &str| panic!("nothing is brought when a directory is named");
        let refused = Binaries::find(Some(directory), silence).expect_err("it does not serve");
        refused.source().map(ToString::to_string).expect("the reason")
    };

    let empty = tempfile::tempdir().expect("temporary directory");
    let refused = reason(empty.path());
    assert!(refused.contains("does not hold initdb"), "{refused}");

    let old = installation("postgres (PostgreSQL) 12.3");
    let refused = reason(old.path());
    assert!(refused.contains("holds PostgreSQL 12.3; roleform works with 13"), "{refused}");

    let strange = installation("hello");
    let refused = reason(strange.path());
    assert!(refused.contains("does not run: hello"), "{refused}");
}

#[test]
fn a_named_installation_may_be_its_bin_or_the_directory_above() {
    let silence = &mut |_: &str| panic!("nothing is brought when a directory is named");
    let programs = installation("postgres (PostgreSQL) 17.10");
    let above = tempfile::tempdir().expect("temporary directory");
    let bin = above.path().join("bin");
    fs::rename(programs.path(), &bin).expect("move");
    for named in [above.path(), bin.as_path()] {
        let found = Binaries::find(Some(named), silence).expect("it serves");
        assert_eq!(found.version, Version { major: 17, minor: 10 });
        assert_eq!(found.program("initdb"), fs::canonicalize(&bin).expect("path").join("initdb"));
    }
}
