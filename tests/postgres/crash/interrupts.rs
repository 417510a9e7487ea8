//! Ctrl-C at every boundary of an apply, in the middle of its first commit and of its parts.
//!
//! The interrupt itself is given, not the signal. Not here: signals and the real binary
//! (`signals`). Invariant: nothing has changed, or everything has, or it is told that a part has
//! and the next plan does the rest; a commit that has begun is never given up.

use std::cell::RefCell;
use std::rc::Rc;

use test_support::cluster::Cluster;
use tokio::sync::oneshot;

use crate::boundary::Watched;
use crate::crash::faulty::{Act, Fault};
use crate::crash::print;
use crate::crash::world::{World, with_room};
use crate::lab::Lab;
use crate::parts;

/// An interrupt, and the act that gives it.
fn interrupt() -> (Act, impl Future<Output = ()>) {
    let (stop, stopped) = oneshot::channel();
    let stop = RefCell::new(Some(stop));
    let act = move |_: &str| {
        // Nobody listens any more where the run can no longer be stopped.
        let _ = stop.borrow_mut().take().map(|stop| stop.send(()));
    };
    let interrupt = async {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    (Rc::new(act), interrupt)
}

#[test]
fn interrupted_at_every_boundary() {
    with_room(|| {
        let mut world = World::new(Cluster::newest());
        let (mut stops, mut boundaries) = (0, 0);
        loop {
            let made = world.plan();
            let (act, interrupt) = interrupt();
            let (applied, place) = world.apply(&made, (boundaries + 1, act), interrupt);
            let Some(place) = place else {
                applied.expect("nobody interrupted it");
                break;
            };
            boundaries += 1;
            let story = format!("boundary {boundaries}, {place}");
            if let Err(error) = applied {
                assert_eq!(error.code.name(), "APL006", "{story}: {}", error.detail);
                assert!(error.detail.contains("Nothing changed on any server."), "{story}: {}", error.detail);
                world.witness.is(world.want.other(), &story);
                let hcl = world.want.hcl();
                assert!(world.lab.recover(&hcl).is_none(), "{story}: the journal is left");
                stops += 1;
                // The same plan is still good.
                let again = world.lab.try_apply(&hcl, &made);
                again.unwrap_or_else(|error| panic!("{story}: {}", error.detail));
            }
            world.witness.is(world.want, &story);
            world.passwords_match(&story);
            world.want = world.want.other();
        }
        world.has_converged("in the end");
        assert!(stops > 20 && boundaries > stops, "{stops} of {boundaries} stopped it");
        print(&format!("interrupted at {boundaries} boundaries, {stops} of them before the last commits"));
    });
}

#[test]
fn interrupted_around_the_commit_of_each_part() {
    let Some(cluster) = parts::small() else { return };
    with_room(|| {
        let lab = parts::with_tables(&cluster);
        lab.converge(parts::READERS);
        let (mut hcl, mut other) = (parts::writers(), parts::READERS.to_owned());
        // There is a new role on the way back, which is committed before the first part.
        for (at, code, says) in [
            (1, "APL007", "1 of 11 parts"),
            (1, "APL006", "Nothing changed on any server."),
            (12, "APL007", "6 of 11 parts"),
            (2, "APL006", "Nothing changed on any server."),
        ] {
            let made = lab.plan(&hcl);
            let (act, interrupt) = interrupt();
            let provider = Watched::new(Lab::provider(), Fault::among("COMMIT", at, act));
            let applied = lab.apply_until(&provider, (&hcl, &made), interrupt);
            let error = applied.expect_err("it was interrupted");
            let story = format!("{at}: {}: {}", error.code, error.detail);
            assert!(error.code.name() == code && error.detail.contains(says), "{story}");
            let told = lab.recover(&hcl).map(|told| told.detail).unwrap_or_default();
            assert_eq!(told.contains("a part was committed"), code == "APL007", "{story}\n{told}");
            lab.converge(&hcl);
            std::mem::swap(&mut hcl, &mut other);
        }
    });
}
