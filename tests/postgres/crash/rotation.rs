//! A rotation, and nothing else, by an administrator who may not see verifiers, killed at every
//! boundary: nobody can see whether it was done.
//!
//! Not here: administrators who see everything (`crash`). Invariant: of the passwords that are
//! kept one logs in, what cannot be known is said, and the next rotation settles it.

use engine::credentials::ledger::Ledger;
use engine::credentials::seal;
use engine::secret::Secret;
use test_support::client::Login;
use test_support::cluster::Cluster;

use crate::crash::picture::Picture;
use crate::crash::stage::Stage;
use crate::crash::{print, strike};

/// Who owns nothing could grant nothing.
const BOSS_OWNS: &str = "ALTER DATABASE {p}{d} OWNER TO {p}boss; ALTER SCHEMA public OWNER TO {p}boss;
    DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^t[0-9]+$'
        LOOP EXECUTE format('ALTER TABLE %I OWNER TO {p}boss', t); END LOOP; END $$";

/// A stage whose administrator is no superuser, but may give the keeper a password.
fn stage<'a>(cluster: &'a Cluster) -> Stage<'a> {
    let mut stage = Stage::new(cluster);
    let boss =
        "CREATE ROLE {p}boss LOGIN CREATEROLE PASSWORD 'b0ss'; GRANT {p}keeper TO {p}boss WITH ADMIN OPTION";
    stage.tenant.sql("postgres", boss);
    for database in ["app", "two"] {
        stage.tenant.sql(database, &BOSS_OWNS.replace("{d}", database));
    }
    let block = stage.project.read("main.server.hcl");
    let username = format!("username = \"{}\"", stage.tenant.cluster.superuser.name);
    stage
        .project
        .write("main.server.hcl", block.replace(&username, &stage.tenant.fill("username = \"{p}boss\"")));
    stage.project.set("MAIN_ADMIN_PASSWORD", "b0ss");
    stage
}

/// How many of the keeper's stored passwords, current and pending, log in; and how many there are.
fn good(stage: &Stage<'_>) -> (usize, usize) {
    let identities = stage.identities();
    let ledger = Ledger::read(&stage.contents().credentials).expect("readable credentials");
    let keeper = stage.tenant.fill("{p}keeper");
    let (_, entry) =
        ledger.0.iter().find(|(account, _)| account.role().as_str() == keeper).expect("it has one");
    let all: Vec<Secret> = entry
        .current
        .iter()
        .chain(&entry.pending)
        .map(|credential| seal::open(credential, &identities).expect("it is ours"))
        .collect();
    let logs_in = |password: &&Secret| {
        let login = Login { role: "keeper", password: password.reveal(), database: "app" };
        stage.tenant.try_as(login, "SELECT 1").is_ok()
    };
    (all.iter().filter(logs_in).count(), all.len())
}

#[test]
fn a_rotation_that_nobody_can_see() {
    let stage = stage(Cluster::newest());
    let (mut boundaries, mut unseen) = (0, 0);
    loop {
        stage.plan(Picture::Ebb);
        let struck = strike(&stage, boundaries + 1);
        let Some(boundary) = struck.at else { break };
        boundaries += 1;
        let story = format!("boundary {boundaries}, {boundary}");
        stage.settle();
        let interrupted = stage.contents().journal.is_some();
        let next = stage.plan(Picture::Ebb);
        assert_eq!(next.stderr.contains("STA091"), interrupted, "{story}: {}", next.block());
        let (good_now, kept) = good(&stage);
        assert_eq!(good_now, 1, "{story}: {good_now} of {kept} log in\n{}", next.block());
        if interrupted {
            assert!(next.stderr.contains("cannot be seen whether"), "{story}: {}", next.block());
            assert_eq!(kept, 2, "{story}");
            unseen += 1;
        }
        stage.project.run(["apply", "plan.bin"]).expect_code(0);
        assert_eq!(good(&stage), (1, 1), "{story}: a rotation settles it");
    }
    stage.whole("nothing else was done");
    print(&format!("a rotation killed at {boundaries} boundaries, {unseen} times without a way to see it"));
}
