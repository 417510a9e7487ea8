//! A laboratory that goes back and forth between the pictures, with a provider that acts at a
//! boundary.
//!
//! What the faults have in common that need no process of their own. Not here: what they do.
//! Invariant: boundaries are those of the killed apply (`worker`): what a server is asked, and
//! every event.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use engine::diagnostic::Diagnostic;
use engine::name::{AddressPattern, BlockAddress};
use engine::ops::apply::Applied;
use engine::plan::Plan;
use engine::resolve::{Options, Rotate};
use test_support::cluster::Cluster;

use crate::boundary::Watched;
use crate::crash::faulty::{Act, Fault};
use crate::crash::picture::{self, Picture};
use crate::crash::witness::Witness;
use crate::lab::Lab;

/// A laboratory, who looks at its server, and where it goes.
pub(crate) struct World<'a> {
    pub(crate) lab: Lab<'a>,
    pub(crate) witness: Witness<'a>,
    pub(crate) want: Picture,
}

impl<'a> World<'a> {
    /// With the picture `Ebb` applied, on the way to `Flow`.
    pub(crate) fn new(cluster: &'a Cluster) -> World<'a> {
        let lab = Lab::new(cluster).at_home_in("{p}app");
        picture::databases(&lab.tenant);
        lab.converge(&Picture::Ebb.hcl());
        World { witness: Witness::new(&lab.tenant), lab, want: Picture::Flow }
    }

    /// Plans for what is wanted, with a new password for the keeper.
    pub(crate) fn plan(&self) -> Plan {
        let keeper = AddressPattern::Block(BlockAddress::root("keeper"));
        let options = Options { rotate: Rotate::These(BTreeSet::from([keeper])), ..Options::default() };
        let made = self.lab.try_plan(&self.want.hcl(), options);
        made.unwrap_or_else(|messages| panic!("no plan: {messages}"))
    }

    /// Applies with an act at a boundary; its name, when it was reached.
    pub(crate) fn apply(
        &self,
        made: &Plan,
        (at, act): (usize, Act),
        interrupt: impl Future<Output = ()>,
    ) -> (Result<Applied, Diagnostic>, Option<String>) {
        let place = Rc::new(RefCell::new(None));
        let noted = Rc::clone(&place);
        let noting: Act = Rc::new(move |boundary| {
            noted.replace(Some(boundary.to_owned()));
            act(boundary);
        });
        let fault = Fault::new(at, noting);
        let events = fault.clone();
        self.lab.at_events(Some(Rc::new(move || events.pass("an event"))));
        let provider = Watched::new(Lab::provider(), fault);
        let applied = self.lab.apply_until(&provider, (&self.want.hcl(), made), interrupt);
        self.lab.at_events(None);
        let place = place.borrow_mut().take();
        (applied, place)
    }

    /// What was wanted is there, the next plan is empty, and passwords are right.
    #[track_caller]
    pub(crate) fn has_converged(&self, story: &str) {
        self.witness.is(self.want, story);
        assert!(self.lab.plan(&self.want.hcl()).is_noop(), "{story}: the next plan is not empty");
        self.passwords_match(story);
    }

    /// Nothing is pending, and every password logs in.
    #[track_caller]
    pub(crate) fn passwords_match(&self, story: &str) {
        let (contents, identities) = self.lab.kept();
        self.witness.passwords_match((&contents, identities), story);
    }
}

/// Unoptimised futures are large, and those of a provider in a provider larger.
pub(crate) fn with_room(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let room = std::thread::Builder::new().stack_size(16 << 20);
        room.spawn_scoped(scope, test).expect("a thread").join().expect("the test");
    });
}
