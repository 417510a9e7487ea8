//! The audit trail of a real apply, tampered with record by record, checked with roleform and
//! with sha256sum.
//!
//! Invariant: no change of any record goes unnoticed, by either.

use std::fs;
use std::process::Command;

use test_support::cluster::Cluster;

use crate::crash::picture::Picture;
use crate::crash::print;
use crate::crash::stage::Stage;

const DOCUMENT: &str = include_str!("../../state-format.md");

/// The block of `state-format.md` that checks an exported trail.
fn script() -> &'static str {
    let blocks = DOCUMENT.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let mut fitting = blocks.filter(|block| block.starts_with("# audit trail"));
    fitting.next().expect("state-format.md says how to check a trail by hand")
}

/// A person with the exported lines, a shell and sha256sum.
fn by_hand(stage: &Stage<'_>, lines: &[String]) -> String {
    stage.project.write("trail.jsonl", lines.join("\n") + "\n");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script()).env("LINEAGE", stage.contents().lineage.to_string());
    let output = shell.current_dir(stage.project.path("")).output().expect("a shell");
    String::from_utf8(output.stdout).expect("text")
}

fn trail() -> Stage<'static> {
    let stage = Stage::new(Cluster::newest());
    stage.plan(Picture::Flow);
    stage.project.run(["apply", "plan.bin"]).expect_code(0);
    stage
}

/// The text between `"KEY":"` and the next quote.
fn field<'a>(line: &'a str, key: &str) -> &'a str {
    let start = line.find(&format!("\"{key}\":\"")).expect("the field") + key.len() + 4;
    line[start..].split('"').next().expect("its end")
}

#[test]
fn every_record_edited_removed_and_moved_is_found_by_hand() {
    let stage = trail();
    let export = stage.project.run(["session", "export"]).expect_code(0).stdout;
    let lines: Vec<String> = export.lines().map(str::to_owned).collect();
    let verified = stage.project.run(["session", "verify"]).expect_code(0).stdout;
    let whole = by_hand(&stage, &lines);
    let head = whole.trim_end().strip_prefix("whole: ").unwrap_or_else(|| panic!("{whole}"));
    assert!(verified.contains(&format!("Its head is {head}.")), "{verified}");
    let mut mutations = 0;
    let mut found = |changed: Vec<String>, story: String| {
        let said = by_hand(&stage, &changed);
        assert_ne!(said, whole, "{story}");
        mutations += 1;
    };
    // Each check by hand takes a second, so of a long trail every few records are tried.
    for at in (0..lines.len()).step_by(lines.len().div_ceil(12)) {
        let bytes = field(&lines[at], "bytes");
        let other =
            if bytes.contains('B') { bytes.replacen('B', "C", 1) } else { bytes.replacen('A', "B", 1) };
        let mut edited = lines.clone();
        edited[at] = lines[at].replace(bytes, &other);
        found(edited, format!("record {} edited", at + 1));
        let mut removed = lines.clone();
        removed.remove(at);
        found(removed, format!("record {} removed", at + 1));
        let mut moved = lines.clone();
        moved.swap(at, if at == 0 { 1 } else { at - 1 });
        found(moved, format!("record {} moved", at + 1));
    }
    print(&format!("{mutations} changes of a trail of {} records, each found by sha256sum", lines.len()));
}

/// Where the frames of `audit.log` begin, and where the last one ends (state-format.md, 5).
fn frames(log: &[u8]) -> Vec<usize> {
    let mut at = 58;
    let mut frames = vec![at];
    while at < log.len() {
        let length: [u8; 4] = log[at..at + 4].try_into().expect("four bytes");
        at += 36 + usize::try_from(u32::from_be_bytes(length)).expect("a length");
        frames.push(at);
    }
    frames
}

#[test]
fn every_record_of_the_second_copy_is_watched() {
    let stage = trail();
    let path = stage.project.path(".roleform/audit.log");
    let log = fs::read(&path).expect("the second copy");
    let frames = frames(&log);
    let mut mutations = 0;
    for (number, frame) in frames.windows(2).enumerate() {
        let mut edited = log.clone();
        edited[frame[1] - 1] ^= 1;
        fs::write(&path, &edited).expect("a changed copy");
        let output = stage.project.run(["session", "verify"]).expect_code(1);
        assert!(output.stderr.contains("AUD003"), "record {}: {}", number + 1, output.block());
        assert!(output.stderr.contains(&format!("from record {} on", number + 1)), "{}", output.block());
        mutations += 1;
    }
    fs::write(&path, &log).expect("as it was");
    stage.project.run(["session", "verify"]).expect_code(0);
    print(&format!("{mutations} records changed in audit.log, each named"));
}

#[test]
fn every_statement_is_on_record() {
    let stage = trail();
    let statements = stage.project.run(["show", "-sql", "plan.bin"]).expect_code(0).stdout;
    let export = stage.project.run(["session", "export"]).expect_code(0).stdout;
    let recorded: Vec<&str> =
        export.lines().filter(|line| line.contains("\"event\":\"statement\"")).collect();
    let sent = statements.lines().filter(|line| line.trim_end().ends_with(';')).count();
    assert!(sent > 0 && recorded.len() >= sent, "{sent} statements, {} on record", recorded.len());
    for line in recorded {
        for key in ["resource", "database", "node", "text", "at", "duration"] {
            assert!(line.contains(&format!("\"{key}")), "{key} is not in {line}");
        }
        assert!(!line.contains("SCRAM-SHA-256$"), "{line}");
    }
}
