//! A COMMIT that is lost on the wire, or its answer, each in turn; and one that the server is
//! still busy with when the client is gone.
//!
//! Not here: that the provider asks what became of one (`transaction`). Invariant: what is said
//! of an outcome is what the server has, and the state, the passwords and the next plan follow it.

use std::process::Stdio;

use test_support::cluster::Cluster;

use crate::crash::picture::Picture;
use crate::crash::print;
use crate::crash::stage::Stage;
use crate::crash::world::World;
use test_support::proxy::{Proxy, Rule};

/// What is lost, and how an apply ends that lost it: with nothing done, torn, or not knowing.
const LOSSES: [(Rule, &[&str]); 3] = [
    // The server is asked and says that it committed: all is well.
    (Rule::LoseAnswer, &[]),
    // It says that it did not: before anything else was committed nothing is left.
    (Rule::LoseCommit, &["PGS018", "APL004"]),
    // It cannot be asked.
    (Rule::LoseAnswerForGood, &["APL005", "APL004"]),
];

/// Loses COMMIT number `number`; whether there was one of that number.
fn lose(world: &mut World<'_>, (rule, codes): (Rule, &[&str]), number: usize) -> bool {
    let story = format!("{rule:?}, COMMIT {number}");
    let (lab, hcl) = (&world.lab, world.want.hcl());
    let proxy = Proxy::at_commit(lab.tenant.cluster.address.port, rule, number);
    lab.reach_through(Some(&proxy));
    let made = world.plan();
    let applied = lab.try_apply(&hcl, &made);
    lab.reach_through(None);
    world.witness.whole(&story);
    let passed = proxy.commits() < number;
    match applied {
        Ok(_) => assert!(passed || codes.is_empty(), "{story}: it was applied"),
        Err(error) => {
            assert!(codes.contains(&error.code.name()), "{story}: {}: {}", error.code, error.detail);
            let untouched = error.detail.contains("Nothing changed on any server.");
            let told = lab.recover(&hcl);
            assert_eq!(told.is_none(), untouched, "{story}: {}\n{told:?}", error.detail);
            if untouched {
                world.witness.is(world.want.other(), &story);
            }
            world.passwords_match(&story);
            lab.converge(&hcl);
        }
    }
    world.has_converged(&story);
    world.want = world.want.other();
    !passed
}

#[test]
fn every_commit_is_lost_in_every_way() {
    let mut world = World::new(Cluster::newest());
    let mut lost = 0;
    for loss in LOSSES {
        let commits = (1..).take_while(|number| lose(&mut world, loss, *number)).count();
        assert!(commits > 3, "new roles, two databases and a role to drop are {commits} commits");
        lost += commits;
    }
    print(&format!("{lost} commits lost on the wire, each in another place"));
}

/// Whatever grants something in a database waits at its end, in COMMIT, for a lock of the test's.
const SLOW_COMMIT: &str = "CREATE TABLE granted (tag text);
    CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO public.granted VALUES (tg_tag); END $$;
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM set_config('client_connection_check_interval', '0', true); PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON granted DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait();
    CREATE EVENT TRIGGER note ON ddl_command_end WHEN tag IN ('GRANT') EXECUTE FUNCTION note()";

const IN_COMMIT: &str = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'roleform'
    AND starts_with(datname, '{p}') AND wait_event = 'advisory' AND query LIKE 'COMMIT%'";

#[test]
fn killed_while_the_server_is_in_commit() {
    for database in ["app", "two"] {
        let stage = Stage::new(Cluster::newest());
        stage.plan(Picture::Flow);
        stage.tenant.sql(database, SLOW_COMMIT);
        let mut gate = stage.tenant.cluster.session(&stage.tenant.fill(&format!("{{p}}{database}")));
        gate.run("SELECT pg_advisory_lock(4711)").expect("the lock");
        let mut command = stage.project.command(["apply", "plan.bin"]);
        let mut apply = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("roleform starts");
        stage.until(IN_COMMIT);
        apply.kill().expect("it is at work");
        apply.wait().expect("it ends");
        // Nobody knows yet what will become of it, and that is said.
        let early = stage.project.run(["plan"]).expect_code(1);
        assert!(early.stderr.contains("PGS017") && !early.stderr.contains("STA091"), "{}", early.block());
        assert!(stage.contents().journal.is_some(), "the journal stays");
        // Who waits is told the outcome, whichever comes first.
        let mut patient = stage.project.command(["plan", "-lock-timeout=60s", "-out", "plan.bin"]);
        let waiting = patient.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("roleform starts");
        stage.until(
            "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND datname = '{p}app' AND objid <> 4711",
        );
        gate.run("SELECT pg_advisory_unlock(4711)").expect("the lock is given back");
        let output = waiting.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains("STA091"), "{database}: {told}");
        assert!(!told.contains("nothing was committed"), "{database}: {told}");
        stage.whole(database);
        stage.passwords_match(database);
        stage.tenant.sql(database, "DROP EVENT TRIGGER note");
        stage.plan(Picture::Flow);
        stage.project.run(["apply", "plan.bin"]).expect_code(0);
        stage.is(Picture::Flow, database);
        stage.passwords_match(database);
    }
}
