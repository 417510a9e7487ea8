//! `state-format.md` against the code: its worked examples are real bytes, and its shell
//! commands check a real state.

use std::fs;
use std::process::Command;

use crate::audit::event::{End, Event, Outcome, SessionId, SessionKind, Start, What};
use crate::audit::trail::{self, append};
use crate::audit::{chain::Head, format_v1, log};
use crate::credentials::format_v1::{Slot, encode, key};
use crate::credentials::{Account, Credential, Sealed};
use crate::declared::SslMode;
use crate::digest::{Digest, hex};
use crate::name::{DatabaseName, ResourceName, RoleName};
use crate::plan::saved::PlanId;
use crate::render::json_audit;
use crate::state::audit_entries::SessionRange;
use crate::state::contents::{Changes, StateWrite};
use crate::state::store::tests::{LINEAGE, Place};

const DOCUMENT: &str = include_str!("../../../../state-format.md");

fn session() -> [Event; 2] {
    let session = SessionId::new(1_800_000_000_000_000, [1; 10]);
    let start = Start {
        kind: SessionKind::Plan,
        who: "ana".to_owned(),
        host: "laptop".to_owned(),
        version: "0.1.0".to_owned(),
        resources: vec!["main".to_owned()],
        plan: None,
    };
    let end =
        End { outcome: Outcome::Done, plan: None, serial: 1, code: None, text: "No changes.".to_owned() };
    [
        Event { session, at: 1_800_000_000_000_000, what: What::Started(start) },
        Event { session, at: 1_800_000_001_500_000, what: What::Ended(end) },
    ]
}

fn credential() -> Credential {
    Credential {
        account: Account::Role {
            resource: ResourceName::new("main").unwrap(),
            role: RoleName::new("reader").unwrap(),
        },
        host: "10.0.3.4".to_owned(),
        port: 5432,
        database: DatabaseName::new("app").unwrap(),
        sslmode: SslMode::VerifyFull,
        sslrootcert: None,
        created_at: 1_800_000_000_000_000,
        plan: Some(PlanId([0xaa; 32])),
        verifier: Some(Digest([0xbb; 32])),
        sealed: Sealed {
            role: RoleName::new("reader").unwrap(),
            recipients: vec!["SHA256:abc".to_owned()],
            ciphertext: b"(age file)".to_vec(),
        },
    }
}

#[test]
fn the_examples_are_what_is_written() {
    let base = Head::genesis(LINEAGE);
    let [first, last] = session();
    let record = base.extend(format_v1::encode(&first));
    let credential = credential();
    let examples = [
        ("genesis", base.digest.to_string()),
        ("session id", first.session.to_string()),
        ("session entry", hex(&SessionRange { first: 1, last: Some(2) }.encode())),
        ("first event", hex(&record.bytes)),
        ("first digest", record.digest.to_string()),
        ("second event", hex(&format_v1::encode(&last))),
        ("audit.log header", hex(&log::header(base))),
        ("frame", hex(&log::frame(&record)[..36])),
        ("current key", hex(&key(&credential, Slot::Current))),
        ("pending key", hex(&key(&credential, Slot::Pending))),
        ("credential", hex(&encode(&credential))),
    ];
    // The document breaks long lines and sets bytes of one field apart.
    let document: String = DOCUMENT.split_whitespace().collect();
    let missing: Vec<String> = examples
        .iter()
        .filter(|(_, bytes)| !document.contains(bytes.as_str()))
        .map(|(name, bytes)| format!("{name}: {bytes}"))
        .collect();
    assert!(missing.is_empty(), "state-format.md lacks\n{}", missing.join("\n"));
}

/// The block of shell commands that begins with this comment.
fn commands(first_line: &str) -> &'static str {
    let blocks = DOCUMENT.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let mut fitting = blocks.filter(|block| block.starts_with(first_line));
    fitting.next().unwrap_or_else(|| panic!("state-format.md has no block {first_line:?}"))
}

fn run(place: &Place, first_line: &str) -> (bool, String) {
    let mut shell = Command::new("sh");
    let lineage = hex(&LINEAGE.0);
    shell.arg("-c").arg(commands(first_line)).env("LINEAGE", lineage).current_dir(place.project.path());
    let output = shell.output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_commands_check_a_real_state() {
    let place = Place::new();
    let mut store = place.create();
    append(&mut store, &session()).unwrap();
    let nodes = Changes { put: [(b"main".to_vec(), vec![1])].into(), ..Changes::default() };
    store.commit(&StateWrite { nodes, serial: Some(1), ..StateWrite::default() }).unwrap();
    append(&mut store, &session()).unwrap();

    let (whole, said) = run(&place, "# snapshot");
    assert!(whole && said.starts_with("whole: "), "{said}");
    let snapshot = place.file("state.snapshot");
    let mut bytes = fs::read(&snapshot).unwrap();
    bytes[100] ^= 1;
    fs::write(&snapshot, bytes).unwrap();
    assert!(!run(&place, "# snapshot").0);

    let lines: Vec<String> = trail::all(&store).unwrap().iter().map(json_audit::record).collect();
    let export = place.project.path().join("trail.jsonl");
    let check = |lines: &[String]| {
        fs::write(&export, lines.join("\n") + "\n").unwrap();
        run(&place, "# audit trail")
    };
    assert_eq!(check(&lines), (true, format!("whole: {}\n", store.audit_head())));
    let edited = [lines[0].clone(), lines[1].replace("\"bytes\":\"A", "\"bytes\":\"B"), lines[2].clone()];
    assert_ne!(edited[1], lines[1]);
    let broken = (false, "broken at record 2\n".to_owned());
    assert_eq!(check(&edited), broken);
    assert_eq!(check(&[lines[0].clone(), lines[2].clone()]), (false, "broken at record 3\n".to_owned()));
    assert!(!check(&lines[1..]).0);
}
