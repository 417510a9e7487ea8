//! A project of the real binary that goes back and forth between two pictures.
//!
//! What its state holds is asked here, what the server has by a `witness`. Invariant: the answers
//! come from the server and from the files, not from what a run printed.

use std::path::Path;
use std::process::Command;

use engine::credentials::identity::Identity;
use engine::secret::Secret;
use engine::state::contents::Contents;
use engine::state::store::Store;
use test_support::cluster::Cluster;
use test_support::project::{Output, TestProject};
use test_support::tenant::Tenant;

use crate::crash::picture::{self, Picture};
use crate::crash::witness::Witness;
use crate::crash::worker;

/// A project and its corner of a server.
pub(crate) struct Stage<'a> {
    pub(crate) tenant: Tenant<'a>,
    pub(crate) project: TestProject,
    witness: Witness<'a>,
}

impl<'a> Stage<'a> {
    /// With the picture `Ebb` applied.
    pub(crate) fn new(cluster: &'a Cluster) -> Stage<'a> {
        let (tenant, mut project) = (cluster.tenant(), TestProject::new(env!("CARGO_BIN_EXE_roleform")));
        picture::databases(&tenant);
        project.use_server("main", cluster);
        let block = project.read("main.server.hcl");
        let home = tenant.fill("\n  database = \"{p}app\"\n  admin {");
        project.write("main.server.hcl", block.replace("\n  admin {", &home));
        project.run(["init"]).expect_code(0);
        let stage = Stage { witness: Witness::new(&tenant), tenant, project };
        stage.plan(Picture::Ebb);
        stage.project.run(["apply", "plan.bin"]).expect_code(0);
        stage
    }

    /// Plans for a picture, with a new password for the keeper. What `plan` printed.
    pub(crate) fn plan(&self, want: Picture) -> Output {
        self.project.write("roles.hcl", self.tenant.fill(&want.hcl()));
        self.project.run(["plan", "-rotate-password=role.keeper", "-out", "plan.bin"]).expect_code(0)
    }

    /// The worker, to be killed at this boundary.
    pub(crate) fn worker(&self, at: usize) -> Command {
        let like = self.project.command([""; 0]);
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "crash::worker::worker", "--nocapture", "--test-threads=1"]);
        command.current_dir(self.project.path("")).env_clear();
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // Unoptimised futures are large, and those of a provider in a provider larger.
        command.env("RUST_MIN_STACK", (16 << 20).to_string());
        command.env(worker::AT, at.to_string());
        command
    }

    /// Waits until a question has an answer with rows.
    pub(crate) fn until(&self, question: &str) {
        self.witness.until(question);
    }

    /// Waits until the server has noticed that a process is gone; no lock is left then.
    pub(crate) fn settle(&self) {
        self.witness.settle();
    }

    /// Each database is as in one of the pictures, as a whole.
    #[track_caller]
    pub(crate) fn whole(&self, story: &str) {
        self.witness.whole(story);
    }

    /// Both databases are as in this picture, with its roles and no others.
    #[track_caller]
    pub(crate) fn is(&self, picture: Picture, story: &str) {
        self.witness.is(picture, story);
    }

    /// What the state holds.
    pub(crate) fn contents(&self) -> Contents {
        Store::peek(Path::new(&self.project.path(".roleform"))).expect("a whole snapshot").contents
    }

    /// The machine's identity.
    pub(crate) fn identities(&self) -> Vec<Identity> {
        let file = self.project.home().join(".config/roleform/identity.txt");
        let file = Secret::new(std::fs::read_to_string(file).expect("an identity"));
        Identity::parse(&file).expect("an identity")
    }

    /// Nothing is pending, every current password logs in, and every role with a password has one.
    #[track_caller]
    pub(crate) fn passwords_match(&self, story: &str) {
        self.witness.passwords_match((&self.contents(), &self.identities()), story);
    }
}
