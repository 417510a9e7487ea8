//! An apply that loses its connections, at every boundary.
//!
//! In this process, which goes on. Not here: a COMMIT that is lost on the wire (`commits`).
//! Invariant: as for kills; and whoever is told that nothing changed finds it so.

use std::rc::Rc;

use test_support::cluster::Cluster;

use crate::crash::every_kind;
use crate::crash::print;
use crate::crash::witness::cut;
use crate::crash::world::{World, with_room};
use crate::wire::aside;

/// Cuts once, checks, and goes on to the picture that was wanted.
fn round(world: &mut World<'static>, at: usize) -> Option<String> {
    let (lab, hcl) = (&world.lab, world.want.hcl());
    let (cluster, sql) = (lab.tenant.cluster, cut(&lab.tenant));
    let made = world.plan();
    let act = Rc::new(move |_: &str| {
        aside(|| cluster.sql("postgres", &sql));
    });
    let (applied, place) = world.apply(&made, (at, act), std::future::pending());
    let boundary = place?;
    let story = format!("boundary {at}, {boundary}");
    world.witness.settle();
    world.witness.whole(&story);
    let interrupted = lab.kept().0.journal.is_some();
    if let Err(error) = applied
        && error.detail.contains("Nothing changed on any server.")
    {
        assert!(!interrupted, "{story}: {}", error.detail);
        world.witness.is(world.want.other(), &story);
    }
    // What was interrupted is told, and nothing else is.
    assert_eq!(lab.recover(&hcl).is_some(), interrupted, "{story}");
    world.witness.whole(&story);
    world.passwords_match(&story);
    let made = world.plan();
    lab.try_apply(&hcl, &made).unwrap_or_else(|error| panic!("{story}: {}", error.detail));
    world.witness.is(world.want, &story);
    world.passwords_match(&story);
    world.want = world.want.other();
    Some(boundary)
}

#[test]
fn disconnected_at_every_boundary() {
    with_room(|| {
        let mut world = World::new(Cluster::newest());
        let mut boundaries = Vec::new();
        while let Some(boundary) = round(&mut world, boundaries.len() + 1) {
            boundaries.push(boundary);
        }
        world.has_converged("the apply that was not struck");
        every_kind(&boundaries);
        print(&format!(
            "disconnected: {} faults injected, one at each boundary of an apply",
            boundaries.len()
        ));
    });
}
