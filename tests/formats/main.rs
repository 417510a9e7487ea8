//! Bytes that are read for ever: fixtures of every format, with what they must mean.
//!
//! Each format has `fixtures/NAME.bin`, its bytes, and `fixtures/NAME.txt`, what is read from
//! them. Not here: damage (`state::store`, `plan::saved`), laws (`tests/properties`).
//! Invariant: a fixture of a released version never changes; `UPDATE_EXPECT=1 cargo test
//! --test formats` rewrites those of a version that nobody has yet.

mod samples;

use std::fs;
use std::path::{Path, PathBuf};

/// One format: a sample as written now, and a reader that says what it read.
pub(crate) struct Format {
    /// The name of its fixtures, with the version.
    pub(crate) name: &'static str,
    /// The bytes of a sample that has something of everything.
    pub(crate) write: fn() -> Vec<u8>,
    /// What bytes mean, and the bytes that their meaning is written as.
    pub(crate) read: fn(&[u8]) -> (String, Vec<u8>),
}

fn fixture(format: &Format, extension: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/formats/fixtures")
        .join(format!("{}.{extension}", format.name))
}

/// Rewrites the fixtures when that was asked for.
fn update(format: &Format) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let bytes = (format.write)();
        let (text, _) = (format.read)(&bytes);
        fs::write(fixture(format, "bin"), bytes).expect("the fixture is written");
        fs::write(fixture(format, "txt"), text).expect("its meaning is written");
    }
}

#[test]
fn what_is_read_is_written_the_same() {
    for format in samples::FORMATS {
        let bytes = (format.write)();
        assert!((format.read)(&bytes).1 == bytes, "{}: what was read is written as other bytes", format.name);
    }
}

#[test]
fn old_bytes_mean_what_they_meant() {
    for format in samples::FORMATS {
        update(format);
        let path = fixture(format, "bin");
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let meant = fs::read_to_string(fixture(format, "txt")).expect("a fixture has a meaning");
        let (text, again) = (format.read)(&bytes);
        assert!(
            text == meant,
            "{} is read as something else now:\n{text}\nand it was:\n{meant}",
            path.display()
        );
        assert!(again == bytes, "{}: what was read is written as other bytes", path.display());
    }
}

#[test]
fn no_format_changes_unnoticed() {
    for format in samples::FORMATS {
        update(format);
        let now = (format.write)();
        let then = fs::read(fixture(format, "bin")).unwrap_or_default();
        let first =
            now.iter().zip(&then).position(|(now, then)| now != then).unwrap_or(now.len().min(then.len()));
        assert!(
            now == then,
            "The bytes of {} changed: {} bytes instead of {}, the first other one at {first}.\n\
             If a version of roleform that writes the old bytes was released, undo the change and write \
             the next format version beside it (engine/ARCHITECTURE.md, \"Change a file format\").\n\
             If none was, or the sample changed: UPDATE_EXPECT=1 cargo test --test formats, and say in \
             state-format.md what is new.",
            format.name,
            now.len(),
            then.len(),
        );
    }
}
