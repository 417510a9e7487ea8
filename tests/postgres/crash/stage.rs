//! Two databases, four roles, and a configuration that goes back and forth between two
//! pictures, so that every apply makes a role, drops one, renames one, grants, revokes and rotates.
//!
//! What must be true of a server and a state after any fault is asked here. Invariant: the
//! answers come from the server and from the files, not from what a run printed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use engine::credentials::identity::Identity;
use engine::credentials::ledger::Ledger;
use engine::credentials::{Account, seal};
use engine::secret::Secret;
use engine::state::contents::Contents;
use engine::state::store::Store;
use test_support::client::Login;
use test_support::cluster::Cluster;
use test_support::project::{Output, TestProject};
use test_support::tenant::Tenant;

use crate::crash::worker;

/// The two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picture {
    /// `keeper` reads; there is `ebb`, and the tide is `low`.
    Ebb,
    /// `keeper` reads and writes; there is `flow`, and the tide is `high`.
    Flow,
}

impl Picture {
    pub(crate) fn other(self) -> Picture {
        match self {
            Picture::Ebb => Picture::Flow,
            Picture::Flow => Picture::Ebb,
        }
    }

    fn hcl(self) -> String {
        let (privileges, guest, tide) = match self {
            Picture::Ebb => ("\"SELECT\"", "ebb", "low"),
            Picture::Flow => ("\"SELECT\", \"INSERT\"", "flow", "high"),
        };
        let role = |label: &str, name: &str, privileges: &str| {
            format!(
                "role \"{label}\" {{\n  resource = postgres.main\n  name = \"{{p}}{name}\"\n  \
                 scopes = [\"{{p}}app\", \"{{p}}two\"]\n  privileges = [{privileges}]\n}}\n"
            )
        };
        let read = "\"SELECT\"";
        role("keeper", "keeper", privileges) + &role(guest, guest, read) + &role("tide", tide, read)
    }

    /// Who may do what on each table, as `grants` prints it.
    fn grants(self) -> &'static str {
        match self {
            Picture::Ebb => "ebb SELECT, keeper SELECT, low SELECT",
            Picture::Flow => "flow SELECT, high SELECT, keeper INSERT,SELECT",
        }
    }
}

/// A project and its corner of a server.
pub(crate) struct Stage<'a> {
    pub(crate) tenant: Tenant<'a>,
    pub(crate) project: TestProject,
}

const TABLES: &str =
    "DO $$ BEGIN FOR i IN 1..20 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$";

impl<'a> Stage<'a> {
    /// With the picture `Ebb` applied.
    pub(crate) fn new(cluster: &'a Cluster) -> Stage<'a> {
        let (tenant, mut project) = (cluster.tenant(), TestProject::new(env!("CARGO_BIN_EXE_roleform")));
        for database in ["app", "two"] {
            tenant.database(database);
            tenant.sql(database, TABLES);
        }
        project.use_server("main", cluster);
        let block = project.read("main.server.hcl");
        let home = tenant.fill("\n  database = \"{p}app\"\n  admin {");
        project.write("main.server.hcl", block.replace("\n  admin {", &home));
        project.run(["init"]).expect_code(0);
        let stage = Stage { tenant, project };
        stage.plan(Picture::Ebb);
        stage.project.run(["apply", "plan.bin"]).expect_code(0);
        stage
    }

    /// Plans for a picture, with a new password for the keeper. What `plan` printed.
    pub(crate) fn plan(&self, want: Picture) -> Output {
        self.project.write("roles.hcl", self.tenant.fill(&want.hcl()));
        self.project.run(["plan", "-rotate-password=role.keeper", "-out", "plan.bin"]).expect_code(0)
    }

    /// The worker, to be struck at this boundary by a kill, or by the loss of its connections.
    pub(crate) fn worker(&self, at: usize, how: &str) -> Command {
        let like = self.project.command([""; 0]);
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "crash::worker::worker", "--nocapture", "--test-threads=1"]);
        command.current_dir(self.project.path("")).env_clear();
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // Unoptimised futures are large, and those of a provider in a provider larger.
        command.env("RUST_MIN_STACK", (16 << 20).to_string());
        let cluster = self.tenant.cluster;
        let address = &cluster.address;
        let (socket, user) = (address.socket_directory.display(), &cluster.superuser);
        command.env(worker::AT, at.to_string()).env(worker::HOW, how);
        command.env(worker::SERVER, format!("{socket}\n{}\n{}\n{}", address.port, user.name, user.password));
        command
    }

    /// The statement that ends every connection of roleform to the tenant's databases.
    pub(crate) fn cut(&self) -> String {
        format!("SELECT pg_terminate_backend(pid) FROM ({}) roleform", self.tenant.fill(SESSIONS))
    }

    /// Waits until the server has noticed that a process is gone; no lock is left then.
    pub(crate) fn settle(&self) {
        while !self.tenant.query("postgres", SESSIONS).is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let locks = "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                     WHERE locktype = 'advisory' AND starts_with(datname, '{p}')";
        assert!(self.tenant.query("postgres", locks).is_empty(), "a lock is left");
    }

    fn grants(&self, database: &str) -> String {
        let held = "SELECT string_agg(DISTINCT held, ' | ') FROM (
            SELECT oid, string_agg(grantee || ' ' || privileges, ', ' ORDER BY grantee) AS held FROM (
                SELECT c.oid, substr(a.grantee::regrole::text, 8) AS grantee, string_agg(privilege_type, ',' ORDER BY privilege_type) AS privileges
                FROM pg_class c LEFT JOIN LATERAL aclexplode(relacl) a ON starts_with(a.grantee::regrole::text, '{p}')
                WHERE relkind = 'r' AND relname ~ '^t[0-9]+$' GROUP BY c.oid, a.grantee) each
            GROUP BY oid) tables";
        self.tenant.query(database, held)[0][0].clone().unwrap_or_default()
    }

    /// Each database is as in one of the pictures, as a whole.
    #[track_caller]
    pub(crate) fn whole(&self, story: &str) {
        for database in ["app", "two"] {
            let held = self.grants(database);
            let whole = [Picture::Ebb, Picture::Flow].iter().any(|picture| held == picture.grants());
            assert!(whole, "{story}: half a change in {database}: {held}");
        }
    }

    /// Both databases are as in this picture, with its roles and no others.
    #[track_caller]
    pub(crate) fn is(&self, picture: Picture, story: &str) {
        for database in ["app", "two"] {
            assert_eq!(self.grants(database), picture.grants(), "{story}: {database}");
        }
        let roles = "SELECT string_agg(substr(rolname, 8), ' ' ORDER BY rolname) FROM pg_roles WHERE starts_with(rolname, '{p}')";
        let expected = match picture {
            Picture::Ebb => "ebb keeper low",
            Picture::Flow => "flow high keeper",
        };
        assert_eq!(self.tenant.query("postgres", roles)[0][0].as_deref(), Some(expected), "{story}");
    }

    /// What the state holds.
    pub(crate) fn contents(&self) -> Contents {
        Store::peek(Path::new(&self.project.path(".roleform"))).expect("a whole snapshot").contents
    }

    /// Nothing is pending, every current password logs in, and every role with a password has one.
    #[track_caller]
    pub(crate) fn passwords_match(&self, story: &str) {
        let contents = self.contents();
        assert!(contents.journal.is_none(), "{story}: the journal is left");
        let file = self.project.home().join(".config/roleform/identity.txt");
        let file = Secret::new(std::fs::read_to_string(file).expect("an identity"));
        let identities = Identity::parse(&file).expect("an identity");
        let ledger = Ledger::read(&contents.credentials).expect("readable credentials");
        let can_login =
            "SELECT rolname FROM pg_authid WHERE starts_with(rolname, '{p}') AND rolpassword IS NOT NULL";
        let logins = self.tenant.query("postgres", can_login);
        for (account, entry) in &ledger.0 {
            assert!(entry.pending.is_empty(), "{story}: {account} is pending");
            assert!(matches!(account, Account::Role { .. }), "{account}");
            let current = entry.current.as_ref().expect("no pending one, so a current one");
            let password = seal::open(current, &identities).expect("it is ours");
            let role = account.role().as_str().strip_prefix(&self.tenant.prefix).expect("the tenant's");
            let login = Login { role, password: password.reveal(), database: "app" };
            // A role that is about to be dropped may log in, and has no access any more.
            let tried = self.tenant.try_as(login, "SELECT 1");
            tried.unwrap_or_else(|error| panic!("{story}: {account} cannot log in: {error}"));
        }
        assert_eq!(logins.len(), ledger.0.len(), "{story}: {logins:?}");
    }
}

const SESSIONS: &str =
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'roleform' AND starts_with(datname, '{p}')";
