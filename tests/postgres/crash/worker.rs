//! The process that is killed: this test program once more, applying a plan of a project with
//! a provider that fails.
//!
//! Not the real binary, which takes no faults; but its engine, its provider and its store.
//! Invariant: it says which boundary it was struck at, and how many it passed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use engine::audit::event::{SessionId, SessionKind, Start, What};
use engine::config;
use engine::config::inputs::Inputs;
use engine::config::sources::Sources;
use engine::config::surroundings::Surroundings;
use engine::credentials::identity::Identity;
use engine::credentials::keyring::Keyring;
use engine::declared::{Declared, SecretSource};
use engine::diagnostic::{Diagnostic, SourceFile};
use engine::ops::apply::trail::Trail;
use engine::ops::apply::{Applied, ApplyRequest, apply};
use engine::plan::saved;
use engine::plan::verify::{self, Demands};
use engine::provider::Quiet;
use engine::secret::Secret;
use engine::signature::Moment;
use engine::signature::roster::Seals;
use engine::state::store::{Opening, Store};
use jiff::tz::TimeZone;
use provider_postgres::Postgres;

use crate::boundary::Watched;
use crate::crash::faulty::{Act, Fault};
use crate::wire::run;

/// At which boundary, from 1; nothing is done without it.
pub(crate) const AT: &str = "ROLEFORM_TEST_FAULT_AT";

/// Applies `plan.bin` of the current directory.
#[test]
fn worker() {
    let Ok(at) = std::env::var(AT) else { return };
    let fault = Fault::new(at.parse().expect("a number"), kill());
    let applied = applied(&fault);
    say(&format!("passed {}", fault.passed()));
    match applied {
        Ok(applied) => say(&format!("applied {}", applied.id)),
        Err(error) => say(&format!("failed {}: {}: {}", error.code, error.summary, error.detail)),
    }
}

/// For the parent, whatever the harness prints around it.
fn say(text: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "\nworker: {text}").expect("the parent listens");
}

fn kill() -> Act {
    Rc::new(|boundary| {
        say(&format!("struck {boundary}"));
        std::process::abort();
    })
}

fn declared() -> Declared {
    let mut sources = Vec::new();
    for entry in fs::read_dir(".").expect("the project").flatten() {
        let path = entry.path().display().to_string();
        if path.ends_with(".hcl") {
            let text = fs::read_to_string(&path).expect("a file of the configuration");
            sources.push(Arc::new(SourceFile::new(path, text)));
        }
    }
    sources.sort();
    let surroundings = Surroundings {
        read: &|_| Err("there are no files here".to_owned()),
        list: &|_| Err("there are no files here".to_owned()),
        environment: &|_| None,
        directory: "/",
        now: "2027-01-15T08:00:00Z",
    };
    config::load(&Sources::single(sources), &Inputs::default(), &surroundings)
        .0
        .expect("it was planned from this")
}

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    i64::try_from(now.as_micros()).expect("a time")
}

fn applied(fault: &Fault) -> Result<Applied, Diagnostic> {
    let declared = declared();
    let mut passwords = BTreeMap::new();
    for resource in declared.resources.values() {
        let SecretSource::Environment(variable) = &resource.admin_password else { panic!("env(…)") };
        let password = std::env::var(variable).expect("the administrator's password");
        passwords.insert(resource.name.clone(), Secret::new(password));
    }
    let home = PathBuf::from(std::env::var("XDG_CONFIG_HOME").expect("a home"));
    let file = fs::read_to_string(home.join("roleform/identity.txt")).expect("an identity");
    let identity = Identity::parse(&Secret::new(file)).expect("an identity").remove(0);
    let bytes = fs::read("plan.bin").expect("a plan");
    let mut wait = |_: &str| false;
    let opening = Opening { directory: Path::new(".roleform"), holder: "worker", wait: &mut wait };
    let mut store = Store::open(opening).expect("the state");
    // The clock is read when an event is told, which is between any two writes of the state.
    let clock = || {
        fault.pass("an event");
        now()
    };
    let trail = Trail::new(SessionId::new(now(), [1; 10]), &clock);
    let start = Start {
        kind: SessionKind::Apply,
        who: "worker".to_owned(),
        host: "test".to_owned(),
        version: "0".to_owned(),
        resources: Vec::new(),
        plan: None,
    };
    trail.tell(What::Started(start));
    let saved = saved::decode(&bytes)?;
    let (moment, seals) = (Moment { now: now(), zone: TimeZone::UTC }, Seals::default());
    let demands = Demands {
        id: None,
        moment: &moment,
        seals: &seals,
        demands: &[],
        policies: &[],
        expiry_seconds: None,
    };
    let request = ApplyRequest {
        plan: &verify::trust(&saved, &bytes, demands)?,
        bytes: &bytes,
        targets: &declared.resources,
        passwords: &passwords,
        keyring: Keyring {
            recipients: &[identity.recipient().expect("its public key")],
            random: &|bytes| getrandom::fill(bytes).expect("random bytes"),
            now: now(),
        },
        trail: &trail,
        progress: &Quiet,
    };
    let postgres = Postgres { lock_wait: Duration::from_secs(60), ..Postgres::default() };
    let provider = Watched::new(postgres, fault.clone());
    run(apply(&provider, &mut store, request, std::future::pending()))
}
